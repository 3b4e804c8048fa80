"""Calls to OpenID providers, each with a time limit, none following redirects. Never made inside a transaction."""

import json
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwk
from joserfc.errors import JoseError
from requests import RequestException, Session

from lrs_bridge.errors import UpstreamFailed
from lrs_bridge.people.oidc import LoginRefused, LoginRequest, Metadata, Provider, parse_metadata

TIMEOUT_SECONDS = 10
DISCOVERY_PATH = "/.well-known/openid-configuration"
KEPT_SECONDS = 600
ASSERTION_SECONDS = 60

_kept: dict[str, tuple[float, Metadata]] = {}


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a code was redeemed for: an ID token that nobody has checked, and the provider's keys to check it with."""

    unverified_id_token: str
    jwks: Any


def discover(provider: Provider) -> Metadata:
    """What the provider says of itself, at most ten minutes old. Raises UpstreamFailed."""
    kept_at, metadata = _kept.get(provider.issuer, (0.0, None))
    if metadata is not None and time.monotonic() - kept_at < KEPT_SECONDS:
        return metadata
    document = _get_json(provider, provider.issuer.rstrip("/") + DISCOVERY_PATH)
    metadata = parse_metadata(document, provider.issuer)
    _kept[provider.issuer] = (time.monotonic(), metadata)
    return metadata


def authorization_url(provider: Provider, metadata: Metadata, asked: LoginRequest, redirect_uri: str) -> str:
    """Where the browser goes to log in; the request is pushed first (RFC 9126) where the provider takes that."""
    extra = {"acr_values": " ".join(provider.acr_values)} if provider.acr_values else {}
    with _session(provider, metadata, redirect_uri) as session:
        url, _state = session.create_authorization_url(
            metadata.authorization_endpoint, state=asked.state, code_verifier=asked.verifier, nonce=asked.nonce, **extra
        )
        if metadata.pushed_authorization_endpoint is None:
            return str(url)
        return _pushed(session, provider, metadata, url)


def _pushed(session: OAuth2Session, provider: Provider, metadata: Metadata, url: str) -> str:
    query = url.partition("?")[2]
    auth = session.client_auth(session.token_endpoint_auth_method)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        answer = session.post(
            metadata.pushed_authorization_endpoint, data=query, headers=headers, auth=auth, allow_redirects=False
        )
        request_uri = answer.json()["request_uri"] if answer.ok else None
    except (RequestException, ValueError, KeyError, TypeError) as error:
        raise UpstreamFailed(f"{provider.name} could not take the login request") from error
    if not isinstance(request_uri, str):
        raise UpstreamFailed(f"{provider.name} did not take the login request")
    separator = "&" if "?" in metadata.authorization_endpoint else "?"
    reference = urlencode({"client_id": provider.client_id, "request_uri": request_uri})
    return f"{metadata.authorization_endpoint}{separator}{reference}"


def redeem(provider: Provider, metadata: Metadata, code: str, asked: LoginRequest, redirect_uri: str) -> Tokens:
    """Redeems a code, with the verifier that proves the login began here (RFC 7636 4.5). Raises LoginRefused, UpstreamFailed."""
    with _session(provider, metadata, redirect_uri) as session:
        try:
            token = session.fetch_token(
                metadata.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=asked.verifier,
                redirect_uri=redirect_uri,
                allow_redirects=False,
            )
        except OAuthError as error:
            raise LoginRefused(f"{provider.name} did not accept the code", rule="RFC 6749 5.2") from error
        except (RequestException, ValueError) as error:
            raise UpstreamFailed(f"{provider.name} does not answer") from error
    if not isinstance(token.get("id_token"), str):
        raise UpstreamFailed(f"{provider.name} gave no ID token", field="id_token")
    return Tokens(token["id_token"], _get_json(provider, metadata.jwks_uri))


def _session(provider: Provider, metadata: Metadata, redirect_uri: str) -> OAuth2Session:
    key = _private_key(provider) if provider.private_key_jwt else None
    session = OAuth2Session(
        provider.client_id,
        key or provider.secret.value.decode(),
        token_endpoint_auth_method="private_key_jwt" if key else "client_secret_basic",
        scope=" ".join(provider.scopes),
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        default_timeout=TIMEOUT_SECONDS,
    )
    if key:
        claims = {"aud": metadata.issuer, "exp": int(time.time()) + ASSERTION_SECONDS}
        session.register_client_auth_method(PrivateKeyJWT(claims=claims, alg=_algorithm(key), headers={"kid": key.kid}))
    return session


def _private_key(provider: Provider) -> Any:
    """The client's private key: a JWK as JSON, in the environment."""
    try:
        return jwk.import_key(json.loads(provider.secret.value))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise UpstreamFailed(f"the private key for {provider.name} is not a JWK", field="client_key_env") from error


def _algorithm(key: Any) -> str:
    named = key.as_dict().get("alg")
    return str(named) if named else {"RSA": "RS256", "EC": "ES256"}.get(key.key_type, "EdDSA")


def _get_json(provider: Provider, url: str) -> Any:
    try:
        with Session() as session:
            answer = session.get(url, timeout=TIMEOUT_SECONDS, allow_redirects=False, headers={"Accept": "application/json"})
        if answer.status_code == HTTPStatus.OK:
            return answer.json()
    except (RequestException, ValueError) as error:
        raise UpstreamFailed(f"{provider.name} does not answer") from error
    raise UpstreamFailed(f"{provider.name} answered with status {answer.status_code}")


def end_session_url(provider: Provider, metadata: Metadata, id_token: str | None, return_to: str) -> str | None:
    """Where the provider ends its session (RP-Initiated Logout 1.0); None where it does not offer that."""
    if metadata.end_session_endpoint is None:
        return None
    asked = {"client_id": provider.client_id, "post_logout_redirect_uri": return_to}
    if id_token:
        asked["id_token_hint"] = id_token
    separator = "&" if "?" in metadata.end_session_endpoint else "?"
    return f"{metadata.end_session_endpoint}{separator}{urlencode(asked)}"
