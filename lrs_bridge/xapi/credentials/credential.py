"""The keys of learning systems: what one may do, and how its secret is checked.

Source: xAPI 1.0.3, Communication 4.2 (the scopes' names and meaning), Data 2.4.9 (authority). A key begins with its tenant's id,
so that a request names its tenant before anything is looked up. Secrets are long and random, so one SHA-256 is enough to keep
them by; a password's slow hash would only slow the LRS down.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from lrs_bridge.errors import Forbidden, Invalid
from lrs_bridge.identity import Account, Mbox
from lrs_bridge.ports import SessionPass

SECRET_BYTES = 32
NO_HASH = "0" * 64
"""Stands for the hash of a secret where there is none, so that checking takes the same time."""


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
_DEFINERS = frozenset({Scope.DEFINE, Scope.ALL})
_IMPLIED = {
    Scope.ALL: frozenset(Scope),
    Scope.ALL_READ: frozenset({Scope.READ, Scope.READ_MINE}),
    Scope.READ: frozenset({Scope.READ_MINE}),
}


@dataclass(frozen=True, slots=True)
class Authority:
    """Who vouches for what a key stores, where the administrator says so: under which name, and by which identifier.

    Without an ``ifi`` it is the key's account of this service.
    """

    name: str
    ifi: Mbox | Account | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """A learning system's key. ``name`` is what users are shown as the source of its completions.

    ``expires_at`` and ``revoked_at`` are None while the key has no end; a credential that was recognised by a token, or by a
    secret that is being replaced, ends when that does. ``origins`` are those of the pages that may use the key, all when empty.
    ``requests_per_minute`` is None for no limit. ``note`` is the administrator's own. ``launched`` is there when it is good for
    one session of content that we launched, whose rules then hold.
    """

    tenant: str
    key: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    origins: tuple[str, ...] = ()
    requests_per_minute: int | None = None
    note: str = ""
    vouched_by: Authority | None = None
    launched: SessionPass | None = None

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

    def may_define(self) -> bool:
        """Whether what statements say of activities may change what the LRS tells of them (scope ``define``)."""
        return bool(self.scopes & _DEFINERS)

    def authority(self, home_page: str) -> dict[str, Any]:
        """The Agent that vouches for what this key stores: as the administrator said, or else an account of this service."""
        said = self.vouched_by or Authority(self.name)
        match said.ifi:
            case Mbox(mbox):
                return {"objectType": "Agent", "name": said.name, "mbox": mbox}
            case Account(of, name):
                return {"objectType": "Agent", "name": said.name, "account": {"homePage": of, "name": name}}
        return {"objectType": "Agent", "name": said.name, "account": {"homePage": home_page, "name": self.key}}


@dataclass(frozen=True, slots=True)
class Kept:
    """A credential with what is kept of its secret, and of the one before while that still works."""

    credential: Credential
    secret_hash: str
    earlier_secret_hash: str | None = None
    earlier_until: datetime | None = None

    def verified(self, secret: str, now: datetime) -> Credential | None:
        """The credential when the secret is right and the key has not ended; None otherwise."""
        found = self.credential
        if not matches(secret, self.secret_hash):
            if not matches(secret, self.earlier_secret_hash or NO_HASH):
                return None
            found = until(found, self.earlier_until or now)
        return found if found.is_valid(now) else None


def until(credential: Credential, end: datetime) -> Credential:
    """The credential, ending no later than that."""
    ends = (end, credential.expires_at or end)
    return replace(credential, expires_at=min(ends))


OF_A_SESSION = frozenset({Scope.WRITE, Scope.READ_MINE, Scope.STATE, Scope.PROFILE})
"""What content that we launched may do, within the rules of its session."""


def of_session(found: SessionPass) -> Credential:
    """The credential of a session of content that we launched."""
    return Credential(found.tenant, found.key, found.name, OF_A_SESSION, found.begun_at, expires_at=found.ends_at, launched=found)


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


def narrowed(asked: Iterable[str], granted: frozenset[Scope]) -> frozenset[Scope]:
    """Those of the scopes asked for that the granted ones hold or imply; unknown names are left out."""
    held = granted.union(*(_IMPLIED.get(scope, frozenset()) for scope in granted))
    return held & frozenset(asked)


def common(some: frozenset[Scope], others: frozenset[Scope]) -> frozenset[Scope]:
    """The scopes of either that the other holds or implies as well."""
    return narrowed(some, others) | narrowed(others, some)


def tenant_of(key: str) -> str:
    """The tenant that a key claims to be of; empty when it is no key of ours."""
    return key.rpartition(".")[0]


def secret_hash(secret: str) -> str:
    """What is kept of a secret: its SHA-256 sum in hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matches(secret: str, kept_hash: str) -> bool:
    """Whether the secret is the one that the hash was kept of, in constant time."""
    return hmac.compare_digest(secret_hash(secret), kept_hash)
