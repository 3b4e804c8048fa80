"""The secrets shared with platforms of LTI 1.1, at rest: AES-256-GCM under a key of the master key's.

Each is bound to its tenant and platform.
"""

import base64
import binascii
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lrs_bridge.errors import Unavailable
from lrs_bridge.settings import Secret
from lrs_bridge.web.keys import derived_key

NONCE_BYTES = 12
PURPOSE = "lti 1.1 secrets"


class SecretUnreadable(Unavailable):
    """The secret was sealed with another master key."""

    code = "secret_unreadable"


def seal(master_key: Secret, nonce: bytes, secret: str, *, tenant: str, platform_id: UUID) -> str:
    """The secret, to be opened only for this platform. ``nonce`` is NONCE_BYTES random bytes, never used again."""
    cipher = AESGCM(derived_key(master_key, PURPOSE))
    return base64.b64encode(nonce + cipher.encrypt(nonce, secret.encode(), _binding(tenant, platform_id))).decode()


def unseal(master_key: Secret, sealed: str | None, *, tenant: str, platform_id: UUID) -> str:
    """The secret. Raises SecretUnreadable when it was sealed with another master key, or there is none."""
    cipher = AESGCM(derived_key(master_key, PURPOSE))
    try:
        raw = base64.b64decode(sealed or "", validate=True)
        return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _binding(tenant, platform_id)).decode()
    except (binascii.Error, InvalidTag, ValueError) as error:
        message = (
            "the platform's secret can't be opened: LRS_BRIDGE_MASTER_KEY is not the one it was encrypted with; give it a new one"
        )
        raise SecretUnreadable(message) from error


def _binding(tenant: str, platform_id: UUID) -> bytes:
    return f"{tenant}\n{platform_id}".encode()
