"""Whether badges still hold: Bitstring Status List v1.0 (W3C), with the one purpose of revocation.

Left out: suspension, since Open Badges 3.0 allows a credential one status only; sizes other than one bit, messages, and ``ttl``:
``validUntil`` says it.
"""

import base64
import gzip
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

LENGTH: Final = 131_072
"""Entries of a list: the least that the clause on herd privacy allows (6.1)."""
FILLED: Final = LENGTH // 2
"""So many badges, and the next list begins: a free index is found at random, in two draws on average at most."""
VALID: Final = timedelta(days=1)
"""How long a list that was fetched may be used: so long can an old copy hide that something was revoked."""
CONTEXT: Final = "https://www.w3.org/ns/credentials/v2"
PURPOSE: Final = "revocation"
"""What a set bit means, and that is for good (2.2)."""


def list_url(issuer_url: str, number: int) -> str:
    """Where a list is published. Numbers count from 1."""
    return f"{issuer_url}/status/{number}"


def entry(issuer_url: str, number: int, index: int) -> dict[str, str]:
    """What a badge says of where its status is found (2.1)."""
    url = list_url(issuer_url, number)
    return {
        "id": f"{url}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": PURPOSE,
        "statusListIndex": str(index),
        "statusListCredential": url,
    }


def encode(indexes: Collection[int]) -> str:
    """The list with these bits set: the first bit is the leftmost, compressed, in base64url after a ``u`` (3.3)."""
    bits = bytearray(LENGTH // 8)
    for index in indexes:
        bits[index // 8] |= 0x80 >> index % 8
    return "u" + base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).rstrip(b"=").decode()


def list_claims(did: str, url: str, indexes: Collection[int], at: datetime) -> dict[str, Any]:
    """The list as a credential of its own (2.2), as the claims of a JWT; ``at`` is an instant in UTC."""
    begins, ends = at.replace(microsecond=0), at.replace(microsecond=0) + VALID
    return {
        "@context": [CONTEXT],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": did,
        "validFrom": instant(begins),
        "validUntil": instant(ends),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": PURPOSE,
            "encodedList": encode(indexes),
        },
        "iss": did,
        "jti": url,
        "sub": f"{url}#list",
        "nbf": int(begins.timestamp()),
        "exp": int(ends.timestamp()),
    }


def instant(at: datetime) -> str:
    """An instant in UTC as credentials spell it, to the second, as the claims of a JWT are."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
