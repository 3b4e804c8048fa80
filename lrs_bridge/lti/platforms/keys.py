"""Keys by which learning platforms know us: RSA of 2048 bits, RS256, published as a JWK Set, encrypted at rest.

1EdTech Security Framework 1.0, 5.1.1 to 5.1.3 (RS256, keys of at least 2048 bits, named by ``kid``) and 6.3 (key sets); RFC 7517;
RFC 7638 (``kid`` is the key's thumbprint). At rest: AES-256-GCM, tenant and ``kid`` bound to it, so that a sealed key moved to
another row does not open. Left out: other algorithms, which platforms need not take.
"""

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwt
from joserfc.jwk import RSAKey

from lrs_bridge.errors import Unavailable

ALGORITHM = "RS256"
BITS = 2048
NONCE_BYTES = 12
PURPOSE = "lti tool keys"
PUBLISHED_ON = timedelta(days=7)
"""How long a retired key stays published: platforms keep key sets for hours or days, and what it signed may be on its way."""
_PUBLIC_MEMBERS = ("kty", "n", "e")


class UnusableToolKey(Unavailable):
    """There is no key to sign to platforms with, or the master key is not the one that it was sealed with."""

    code = "tool_key_unusable"


class KeyState(StrEnum):
    """Where a key is in its life: published already, signing, or published still."""

    NEXT = "next"
    CURRENT = "current"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class ToolKey:
    """A private key that this service signs with as a tool."""

    kid: str
    key: RSAKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A tool key as it is kept. ``published_until`` is a retired key's alone."""

    tenant: str
    kid: str
    state: KeyState
    public_jwk: dict[str, Any]
    sealed: str = field(repr=False)
    created_at: datetime
    published_until: datetime | None = None


def public_jwk(key: RSAKey) -> dict[str, str]:
    """The public half as it is published."""
    members = key.as_dict(private=False)
    return {**{name: str(members[name]) for name in _PUBLIC_MEMBERS}, "kid": key.thumbprint(), "use": "sig", "alg": ALGORITHM}


def public_pem(jwk: dict[str, Any]) -> str:
    """A published key as PEM, for platforms that take no key set's address."""
    return RSAKey.import_key(jwk).as_pem(private=False).decode()


def seal(key: RSAKey, *, sealing_key: bytes, tenant: str, nonce: bytes) -> str:
    """The private key encrypted. ``nonce`` is ``NONCE_BYTES`` random bytes, never used again with this sealing key."""
    content = msgspec.json.encode(key.as_dict(private=True))
    return base64.b64encode(nonce + AESGCM(sealing_key).encrypt(nonce, content, _binding(tenant, key.thumbprint()))).decode()


@lru_cache(maxsize=256)
def unseal(sealed: str, *, sealing_key: bytes, tenant: str, kid: str) -> ToolKey:
    """The private key; opened once per process. Raises UnusableToolKey."""
    try:
        raw = base64.b64decode(sealed, validate=True)
        content = AESGCM(sealing_key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _binding(tenant, kid))
    except (InvalidTag, ValueError) as error:
        message = f"the LTI key {kid} of {tenant} can't be opened: LRS_BRIDGE_MASTER_KEY is not the one it was encrypted with"
        raise UnusableToolKey(message, field="LRS_BRIDGE_MASTER_KEY") from error
    return ToolKey(kid, RSAKey.import_key(msgspec.json.decode(content)))


def _binding(tenant: str, kid: str) -> bytes:
    return f"{tenant}\0{kid}".encode()


def sign_jwt(tool_key: ToolKey, claims: dict[str, Any]) -> str:
    """The claims as a compact JWS whose header names the key (Security Framework 1.0, 5.1.3)."""
    header = {"typ": "JWT", "alg": ALGORITHM, "kid": tool_key.kid}
    return jwt.encode(header, claims, tool_key.key, algorithms=[ALGORITHM])


def is_published(key: KeptKey, now: datetime) -> bool:
    """Whether the key belongs in the published set."""
    return key.published_until is None or key.published_until > now
