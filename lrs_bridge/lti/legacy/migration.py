"""Whether a platform proves that a launch by LTI 1.3 was something by LTI 1.1 before.

LTI 1.1 to 1.3 Migration Guide: the claim ``lti1p1``, whose ``oauth_consumer_key_sign`` is made with the old secret over values of
the ID token. The signature is left out by some platforms and wrong with others (Canvas signs another nonce), so its failing
refuses nothing: such a claim is a request, which an administrator answers.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from lrs_bridge.lti.launch.launch import Migration

LONGEST_ID = 255


def claimed_consumer_key(claim: Any) -> str | None:
    """The old consumer key that a claim names, None when it names none."""
    return _text(claim, "oauth_consumer_key")


def read_migration(
    claim: Any, claims: Mapping[str, Any], *, client_id: str, deployment_id: str, secret: str | None
) -> Migration | None:
    """What this was under LTI 1.1, None when the claim names no consumer key. ``claims`` are those of the verified ID token.

    ``proven`` when the claim is signed with ``secret``: the old one of that key in the same tenant, None when there is none.
    """
    key = claimed_consumer_key(claim)
    if key is None:
        return None
    said = _text(claim, "oauth_consumer_key_sign", LONGEST_ID)
    proven = False
    if secret and said is not None:
        parts = (key, deployment_id, claims.get("iss"), client_id, claims.get("exp"), claims.get("nonce"))
        proven = hmac.compare_digest(said.encode(), migration_signature(parts, secret).encode())
    return Migration(key, _text(claim, "user_id"), _text(claim, "resource_link_id"), proven)


def migration_signature(parts: tuple[Any, ...], secret: str) -> str:
    """HMAC-SHA256 over the parts with ampersands between, in base 64 (Migration Guide, ``oauth_consumer_key_sign``)."""
    base = "&".join(map(str, parts))
    return base64.b64encode(hmac.digest(secret.encode(), base.encode(), hashlib.sha256)).decode()


def _text(claim: Any, name: str, longest: int = LONGEST_ID) -> str | None:
    value = claim.get(name) if isinstance(claim, Mapping) else None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and value and len(value) <= longest and "\x00" not in value else None
