"""The secrets by which other LRSs know us, at rest: AES-256-GCM under a key of the master key's, bound to tenant and relay."""

import base64
import binascii
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lrs_bridge.settings import Secret
from lrs_bridge.web.keys import derived_key
from lrs_bridge.xapi.relay.reply import Cause, RelayFailed

NONCE_BYTES = 12
PURPOSE = "secrets of other learning record stores"


def seal(master_key: Secret, nonce: bytes, secret: str, *, tenant: str, relay_id: UUID) -> str:
    """The secret, to be opened only for this relay. ``nonce`` is NONCE_BYTES random bytes, never used again."""
    cipher = AESGCM(derived_key(master_key, PURPOSE))
    return base64.b64encode(nonce + cipher.encrypt(nonce, secret.encode(), _binding(tenant, relay_id))).decode()


def unseal(master_key: Secret, sealed: str, *, tenant: str, relay_id: UUID) -> str:
    """The secret. Raises RelayFailed when it was sealed with another master key."""
    cipher = AESGCM(derived_key(master_key, PURPOSE))
    try:
        raw = base64.b64decode(sealed, validate=True)
        return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _binding(tenant, relay_id)).decode()
    except (binascii.Error, InvalidTag, ValueError) as error:
        message = "the secret can't be opened: LRS_BRIDGE_MASTER_KEY is not the one it was encrypted with; enter the secret anew"
        raise RelayFailed(message, cause=Cause.SECRET_UNREADABLE) from error


def _binding(tenant: str, relay_id: UUID) -> bytes:
    return f"{tenant}\n{relay_id}".encode()
