"""ID tokens at rest: AES-256-GCM, bound to the person. They may hold a citizen's number, so they are not kept in the open.

Kept at all because providers ask for the token back at logout (OpenID Connect RP-Initiated Logout 1.0, ``id_token_hint``).
"""

import base64
import binascii
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


def seal(key: bytes, nonce: bytes, text: str, person_id: UUID) -> str:
    """The text, readable only with the key and for this person. ``nonce`` is 12 random bytes, never used again."""
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, text.encode(), person_id.bytes)).decode()


def unseal(key: bytes, sealed: str, person_id: UUID) -> str | None:
    """The text, or None when the key has changed since: a logout goes on without it."""
    try:
        raw = base64.b64decode(sealed, validate=True)
        return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], person_id.bytes).decode()
    except (binascii.Error, InvalidTag, ValueError):
        return None
