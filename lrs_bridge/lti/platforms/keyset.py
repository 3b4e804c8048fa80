"""Key sets of platforms, as far as they must be understood to be kept (RFC 7517 5). Left out: what keys are."""

from collections.abc import Mapping
from typing import Any

from lrs_bridge.web.reply import CallFailed, Trouble

KeySet = dict[str, Any]
"""A JWK Set: its ``keys`` are a list of objects."""


def parse_key_set(document: Any) -> KeySet:
    """The document as a key set; members of the list that are no objects are left out. Raises CallFailed for another document."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise CallFailed("its answer is not a key set: it has no list of keys", cause=Trouble.ODD_ANSWER)
    return {"keys": [key for key in listed if isinstance(key, dict)]}


def has_key(found: Mapping[str, Any], kid: str | None) -> bool:
    """Whether the set has the key of that name, or any when none is named."""
    return any(kid is None or key.get("kid") == kid for key in found["keys"])


def usable_keys(found: Mapping[str, Any]) -> int:
    """How many of the keys can check an RS256 signature."""
    return sum(key.get("kty") == "RSA" and key.get("use", "sig") == "sig" for key in found["keys"])
