"""Keys for the web's own purposes, each derived from the master key (HKDF-SHA-256, RFC 5869)."""

from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lrs_bridge.settings import Secret

KEY_BYTES = 32


@lru_cache(maxsize=64)
def derived_key(master_key: Secret, purpose: str) -> bytes:
    """A key for one purpose, from which neither the master key nor another purpose's key follows.

    Without a master key the result is no secret; ``lrs-bridge serve`` refuses to start then.
    """
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=f"lrs-bridge {purpose}".encode()).derive(master_key.value)
