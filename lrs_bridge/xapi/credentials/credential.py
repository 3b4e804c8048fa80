"""The keys of learning systems: what one may do, and how its secret is checked.

Source: xAPI 1.0.3, Communication 4.0 (Basic authentication) and 4.2 (the scopes' names and meaning), Data 2.4.9 (authority). A
key begins with its tenant's id, so that a request names its tenant before anything is looked up. Secrets are long and random, so
one SHA-256 is enough to keep them by; a password's slow hash would only slow the LRS down.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from lrs_bridge.errors import Forbidden, Invalid, Unauthenticated

SECRET_BYTES = 32


class Scope(StrEnum):
    """What a credential may be allowed to do."""

    WRITE = "statements/write"
    READ_MINE = "statements/read/mine"
    READ = "statements/read"
    STATE = "state"
    DEFINE = "define"
    PROFILE = "profile"
    ALL_READ = "all/read"
    ALL = "all"


_SCOPE_RULE = "xAPI 1.0.3 Communication 4.2"
_WRITERS = frozenset({Scope.WRITE, Scope.ALL})
_READERS = frozenset({Scope.READ, Scope.ALL_READ, Scope.ALL})


@dataclass(frozen=True, slots=True)
class Credential:
    """A learning system's key. ``name`` is what users are shown as the source of its completions.

    ``expires_at`` and ``revoked_at`` are None while the key has no end.
    """

    tenant: str
    key: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Whether the key works at that instant."""
        ends = [end for end in (self.expires_at, self.revoked_at) if end is not None]
        return all(now < end for end in ends)

    def require_write(self) -> None:
        """Raises Forbidden unless statements may be stored with this key."""
        if not self.scopes & _WRITERS:
            raise Forbidden("this key may not store statements", field="Authorization", rule=_SCOPE_RULE)

    def writer_to_read(self) -> str | None:
        """Whose statements may be read: this key's own when it is returned, all when None. Raises Forbidden when none may."""
        if self.scopes & _READERS:
            return None
        if Scope.READ_MINE in self.scopes:
            return self.key
        raise Forbidden("this key may not read statements", field="Authorization", rule=_SCOPE_RULE)

    def require_documents(self, scope: Scope, *, write: bool) -> None:
        """Raises Forbidden unless documents of this kind (STATE or PROFILE) may be read, or written."""
        suffices = {scope, Scope.ALL} if write else {scope, Scope.ALL, Scope.ALL_READ}
        if not self.scopes & suffices:
            verb = "write" if write else "read"
            raise Forbidden(f"this key may not {verb} {scope} documents", field="Authorization", rule=_SCOPE_RULE)

    def authority(self, home_page: str) -> dict[str, Any]:
        """The Agent that vouches for what this key stores: an account of this service."""
        return {"objectType": "Agent", "name": self.name, "account": {"homePage": home_page, "name": self.key}}


def parse_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """The scopes of these names. Raises Invalid for an unknown one, and when there is none."""
    wanted = frozenset(names)
    unknown = sorted(wanted - {scope.value for scope in Scope})
    if unknown:
        known = ", ".join(Scope)
        raise Invalid(f"{unknown[0]} is no scope; there are {known}", field="scopes", rule=_SCOPE_RULE)
    if not wanted:
        raise Invalid("a key needs at least one scope", field="scopes")
    return frozenset(Scope(name) for name in wanted)


def tenant_of(key: str) -> str:
    """The tenant that a key claims to be of; empty when it is no key of ours."""
    return key.rpartition(".")[0]


def secret_hash(secret: str) -> str:
    """What is kept of a secret: its SHA-256 sum in hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matches(secret: str, kept_hash: str) -> bool:
    """Whether the secret is the one that the hash was kept of, in constant time."""
    return hmac.compare_digest(secret_hash(secret), kept_hash)


def parse_basic(header: str | None) -> tuple[str, str]:
    """Key and secret of an Authorization header (RFC 7617). Raises Unauthenticated when it has none."""
    scheme, _, encoded = (header or "").strip().partition(" ")
    if scheme.lower() != "basic":
        raise Unauthenticated("Basic authentication with a key and its secret is needed", field="Authorization")
    try:
        key, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise Unauthenticated("the Basic credentials can't be read", field="Authorization") from error
    if not colon or "\x00" in key:
        raise Unauthenticated("the Basic credentials must be a key, a colon and a secret", field="Authorization")
    return key, secret
