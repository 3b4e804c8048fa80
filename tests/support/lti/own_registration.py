"""The tests' own platform registers tools (LTI Dynamic Registration 1.0)."""

import json
from urllib.parse import urlsplit

from tests.support.lti.own_claims import DEEP_LINKING, RESOURCE_LINK
from tests.support.lti.own_services import SCOPES, Asked, Refused


def configuration_of(platform) -> dict:
    """What it tells of itself at its openid_configuration address."""
    messages = [{"type": RESOURCE_LINK}, {"type": DEEP_LINKING}]
    return {
        "issuer": platform.issuer,
        "token_endpoint": platform.token_url,
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "jwks_uri": platform.jwks_url,
        "authorization_endpoint": platform.authorization_url,
        "registration_endpoint": f"{platform.url}/registration",
        "scopes_supported": ["openid", *SCOPES.values()],
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email"],
        "https://purl.imsglobal.org/spec/lti-platform-configuration": {
            "product_family_code": platform.product,
            "version": "4.1 (of the tests)",
            "messages_supported": messages,
            "variables": ["Context.id"],
        },
    }


def register(platform, asked: Asked) -> dict:
    """Registers the tool, with Moodle's checks; the answer. Raises Refused."""
    token = asked.headers.get("authorization", "").removeprefix("Bearer ")
    if platform.needs_registration_token and token != platform.needs_registration_token:
        raise Refused(401, "the registration token is wrong")
    if not platform.needs_registration_token and token:
        raise Refused(400, "there was no registration token to send")
    wanted = json.loads(asked.body)
    tool = wanted["https://purl.imsglobal.org/spec/lti-tool-configuration"]
    if tool["domain"] != urlsplit(tool["target_link_uri"]).netloc:
        raise Refused(400, "domain_targetlinkuri_mismatch")
    needed = {"response_types": "id_token", "grant_types": "client_credentials"}
    if any(value not in wanted.get(name, []) for name, value in needed.items()):
        raise Refused(400, "invalid_client_metadata")
    if wanted.get("token_endpoint_auth_method") != "private_key_jwt" or wanted.get("application_type") != "web":
        raise Refused(400, "invalid_client_metadata")
    platform.registrations.append(wanted)
    platform.tool_url = wanted["initiate_login_uri"].removesuffix("/lti/login")
    platform.tool_keys_url = wanted.get("jwks_uri", "")
    platform.client_id = f"registered-{len(platform.registrations)}"
    answer = {**wanted, "client_id": platform.client_id}
    answer["https://purl.imsglobal.org/spec/lti-tool-configuration"] = {**tool, "deployment_id": platform.deployment_id}
    return answer
