"""ID tokens as learning platforms make them, for tests: right ones, and such as are wrong in one way."""

from datetime import UTC, datetime

from joserfc import jwt
from joserfc.jwk import RSAKey

from lrs_bridge.lti.launch.launch import MessageType

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
PUBLIC = "https://tool.example.no"
ISSUER, CLIENT, DEPLOYMENT, NONCE = "https://lms.example.no", "client-1", "7", "the nonce"
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
PLAIN = ["iss", "aud", "azp", "sub", "iat", "exp", "nbf", "nonce", "name", "email", "given_name", "family_name", "locale"]
KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})


def claims(**changes):
    """A resource link's claims; a change to None leaves a claim out, and short names are LTI's."""
    base = {
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": "42",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 60,
        "nonce": NONCE,
        LTI + "version": "1.3.0",
        LTI + "message_type": MessageType.RESOURCE_LINK.value,
        LTI + "deployment_id": DEPLOYMENT,
        LTI + "target_link_uri": f"{PUBLIC}/lti/launch",
        LTI + "roles": ["Learner"],
        LTI + "resource_link": {"id": "link-1", "title": "Smittevern"},
        LTI + "context": {"id": "course-1", "title": "LIS1"},
    }
    named = {name if name in PLAIN or ":" in name else LTI + name: value for name, value in changes.items()}
    return {name: value for name, value in (base | named).items() if value is not None}


def token(given, key=KEY, **header):
    """The compact form, signed."""
    return jwt.encode({"alg": "RS256", "kid": key.kid} | header, given, key, algorithms=["RS256", "HS256", "none", "PS256"])


def key_set(*keys):
    """The platform's key set."""
    return {"keys": [key.as_dict(private=False) for key in keys or (KEY,)]}
