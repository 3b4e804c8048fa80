"""Signing keys: P-256, named by their RFC 7638 thumbprint, published as a JWK Set (RFC 7517), encrypted at rest.

A private key is sealed with AES-256-GCM under a key that HKDF derives from the service's master key; tenant and ``kid`` are
bound to it, so a sealed key moved to another row does not open. A published key names the tenant that signs with it, so
that one tenant's key can't speak for another.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from lrs_bridge.errors import Invalid, Unavailable
from lrs_bridge.settings import Secret
from lrs_bridge.signing.strict_json import parse_json

ALGORITHM = "ES256"
CURVE = "P-256"
NONCE_BYTES = 12
PURPOSE = b"lrs-bridge: signing keys at rest, version 1"
PUBLIC_MEMBERS = ("kty", "crv", "x", "y")


class UnusableKey(Unavailable):
    """No private key can be opened: the master key is missing or is not the one that the keys were sealed with."""

    code = "signing_key_unusable"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signatures of one tenant are checked with."""

    kid: str
    tenant: str
    key: ECKey


KeyRing = Mapping[str, PublicKey]
"""Public keys by ``kid``."""


def public_jwk(key: ECKey, *, tenant: str) -> dict[str, str]:
    """The public half as it is published."""
    members = {name: str(key.as_dict(private=False)[name]) for name in PUBLIC_MEMBERS}
    return {**members, "kid": key.thumbprint(), "use": "sig", "alg": ALGORITHM, "tenant": tenant}


def seal(key: ECKey, *, master_key: Secret, tenant: str, nonce: bytes) -> bytes:
    """The private key encrypted: the nonce (``NONCE_BYTES``, never used before) followed by the ciphertext."""
    content = msgspec.json.encode(key.as_dict(private=True))
    return nonce + _cipher(master_key).encrypt(nonce, content, _binding(tenant, key.thumbprint()))


@lru_cache(maxsize=256)
def unseal(sealed: bytes, *, master_key: Secret, tenant: str, kid: str) -> ECKey:
    """The private key; opened once per process. Raises UnusableKey."""
    nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        content = _cipher(master_key).decrypt(nonce, ciphertext, _binding(tenant, kid))
    except (InvalidTag, ValueError) as error:
        raise UnusableKey(
            f"the signing key {kid} of {tenant} can't be opened: LRS_BRIDGE_MASTER_KEY is not the one it was encrypted with",
            field="LRS_BRIDGE_MASTER_KEY",
        ) from error
    return ECKey.import_key(msgspec.json.decode(content))


def key_ring(jwks: Iterable[Mapping[str, Any]]) -> dict[str, PublicKey]:
    """The keys of a set that can check attestations; keys of other kinds are passed over.

    Raises Invalid for a private key, for a ``kid`` that is not the key's thumbprint, and when no key is left.
    """
    ring = {key.kid: key for key in map(_public_key, filter(_is_ours, jwks))}
    if not ring:
        raise Invalid("there is no key to check attestations with", field="keys", rule="RFC 7517")
    return ring


def parse_jwks(document: bytes) -> dict[str, PublicKey]:
    """Reads a JWK Set document. Raises Invalid as ``key_ring`` does, and when it is not a JWK Set."""
    value = parse_json(document)
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise Invalid("not a JWK Set: it has no list of keys", field="keys", rule="RFC 7517 5")
    return key_ring(keys)


def _is_ours(jwk: Mapping[str, Any]) -> bool:
    return jwk.get("kty") == "EC" and jwk.get("alg") == ALGORITHM and isinstance(jwk.get("tenant"), str)


def _public_key(jwk: Mapping[str, Any]) -> PublicKey:
    if "d" in jwk:
        raise Invalid("the key set contains a private key: do not use or pass it on", field="keys", rule="RFC 7517 9.2")
    if jwk.get("crv") != CURVE:
        raise Invalid(f"a key is on another curve than {CURVE}", field="keys", rule="RFC 7518 3.4")
    try:
        key = ECKey.import_key({name: jwk[name] for name in PUBLIC_MEMBERS})
        thumbprint = key.thumbprint()
    except (JoseError, KeyError, ValueError, TypeError) as error:
        raise Invalid("a key of the set is not a valid public key", field="keys", rule="RFC 7518 6.2") from error
    if jwk.get("kid") != thumbprint:
        raise Invalid("a key's kid is not its thumbprint", field="keys", rule="RFC 7638")
    return PublicKey(thumbprint, jwk["tenant"], key)


def _cipher(master_key: Secret) -> AESGCM:
    if not master_key:
        raise UnusableKey("LRS_BRIDGE_MASTER_KEY is not set, and signing needs it", field="LRS_BRIDGE_MASTER_KEY")
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(master_key.value))


def _binding(tenant: str, kid: str) -> bytes:
    return f"{tenant}\n{kid}".encode()
