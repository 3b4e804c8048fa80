"""What a forwarding and a pull are, and how each of them fares.

A forwarding takes this LRS's statements to another one, a pull brings another one's here. Both are relays: an address with a key,
a filter, a state that an administrator or a refusal sets, and a cursor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from lrs_bridge.errors import Invalid
from lrs_bridge.web.outbound import ForbiddenAddress, Network, check_written, parse_url
from lrs_bridge.xapi.model.version import Version
from lrs_bridge.xapi.relay.filter import Filter
from lrs_bridge.xapi.relay.reply import Cause
from lrs_bridge.xapi.relay.sweep import Cursor

LONGEST_NAME = 100
LONGEST_ENDPOINT = 1000
LONGEST_KEY = 200
LONGEST_SECRET = 1000
STALL_MINUTES = 15
MOST_STALL_MINUTES = 7 * 24 * 60
MAX_REFUSED_IN_ROW = 200
"""So many statements refused one after the other, with none taken between, are taken for a fault of the set-up, not of each."""
KEPT_TROUBLES = 10


class Direction(StrEnum):
    """Which way statements go."""

    FORWARDING = "forwarding"
    PULL = "pull"


class State(StrEnum):
    """What was decided about a relay: by an administrator (PAUSED) or by the other LRS (REFUSED)."""

    RUNNING = "running"
    PAUSED = "paused"
    REFUSED = "refused"


class Light(StrEnum):
    """How a relay fares, as it is shown."""

    RUNNING = "running"
    TROUBLED = "troubled"
    STALLED = "stalled"
    REFUSED = "refused"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that went wrong with the relay as a whole."""

    at: datetime
    cause: Cause
    message: str
    status: int | None = None

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {"at": self.at.isoformat(), "cause": self.cause.value, "message": self.message, "status": self.status}


def trouble_from_json(kept: Mapping[str, Any]) -> Trouble:
    """The trouble that ``to_json`` was made of."""
    return Trouble(datetime.fromisoformat(kept["at"]), Cause(kept["cause"]), kept["message"], kept["status"])


@dataclass(frozen=True, slots=True)
class Relay:
    """A forwarding or a pull. ``endpoint`` ends without a slash and without ``/statements``.

    ``moved_at`` is when it last got on, or was last set going; ``retry_at`` until when it waits. A forwarding's ``cursor`` is the
    number of the last statement that is done with, and ``assigned`` whether ``stored`` and ``authority`` go out with it. A pull's
    statements are stored with ``credential_key``.
    """

    tenant: str
    relay_id: UUID
    direction: Direction
    name: str
    endpoint: str
    key: str
    sealed_secret: str = field(repr=False)
    version: Version
    filter: Filter
    state: State
    assigned: bool
    stall_minutes: int
    credential_key: str | None
    cursor: int
    sweep: Cursor
    relayed: int
    refused_in_row: int
    failures: int
    retry_at: datetime | None
    troubles: tuple[Trouble, ...]
    moved_at: datetime
    stall_told: bool
    created_at: datetime

    def is_due(self, now: datetime) -> bool:
        """Whether a worker should see to it."""
        return self.state is State.RUNNING and (self.retry_at is None or self.retry_at <= now)

    def is_stalled(self, now: datetime, waiting_since: datetime | None) -> bool:
        """Whether it should have got on and didn't. A forwarding may stand still when nothing waits; a pull asks all the time."""
        if self.state is not State.RUNNING or (self.direction is Direction.FORWARDING and waiting_since is None):
            return False
        since = self.moved_at if waiting_since is None else max(self.moved_at, waiting_since)
        return now - since > timedelta(minutes=self.stall_minutes)

    def light(self, now: datetime, waiting_since: datetime | None) -> Light:
        """How it fares."""
        if self.state is not State.RUNNING:
            return Light(self.state.value)
        if self.is_stalled(now, waiting_since):
            return Light.STALLED
        return Light.TROUBLED if self.failures else Light.RUNNING

    def with_trouble(self, new: Trouble) -> tuple[Trouble, ...]:
        """The newest troubles, this one first; one that repeats the last takes its place."""
        same = bool(self.troubles) and (self.troubles[0].cause, self.troubles[0].message) == (new.cause, new.message)
        return (new, *self.troubles[1 if same else 0 :])[:KEPT_TROUBLES]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A statement that was refused by the LRS it was meant for. ``queued`` once it is to be tried again.

    ``statement_id`` is as its sender spells it, None when it has none; ``letter_id`` names the letter.
    """

    letter_id: UUID
    statement_id: str | None
    reason: str
    attempts: int
    first_at: datetime
    last_at: datetime
    queued: bool


@dataclass(frozen=True, slots=True)
class Setup:
    """What an administrator decides about a relay. ``secret`` is None where the one that is kept stays."""

    name: str
    endpoint: str
    key: str
    secret: str | None = field(repr=False)
    version: Version
    filter: Filter
    assigned: bool = True
    stall_minutes: int = STALL_MINUTES


def parse_setup(
    *, name: str, endpoint: str, key: str, secret: str | None, version: str, filter: Filter, assigned: bool, stall_minutes: str
) -> Setup:
    """A set-up from what somebody wrote. Raises Invalid naming the field."""
    return Setup(
        name=_text("name", name, LONGEST_NAME),
        endpoint=parse_endpoint(endpoint),
        key=_parse_key(key),
        secret=None if secret is None else _text("secret", secret, LONGEST_SECRET),
        version=_version(version),
        filter=filter,
        assigned=assigned,
        stall_minutes=_minutes(stall_minutes),
    )


def check_secret(old: Relay, new: Setup) -> None:
    """Raises Invalid when the secret that is kept would be told to another address, or of another key, than it was given for."""
    if new.secret is None and (new.endpoint, new.key) != (old.endpoint, old.key):
        raise Invalid("another address or key needs its secret", field="secret")


def require_allowed(endpoint: str, allowed: Sequence[Network]) -> None:
    """Raises Invalid for an address that this service will never connect to; names are looked up when it does."""
    try:
        check_written(endpoint, allowed=allowed)
    except ForbiddenAddress as error:
        raise Invalid(error.message, field="endpoint", rule=error.rule) from error


def parse_endpoint(text: str) -> str:
    """The address below which another LRS has its resources, from one that may name its statements resource.

    Raises Invalid when it is no http or https address, or holds a password, a query or a fragment.
    """
    written = _text("endpoint", text, LONGEST_ENDPOINT)
    try:
        parse_url(written)
    except Invalid as error:
        raise Invalid(error.message, field="endpoint") from error
    parts = urlsplit(written)
    if parts.query or parts.fragment or any(character.isspace() for character in written):
        raise Invalid("the address must have no ? and no # in it", field="endpoint")
    path = parts.path.rstrip("/").removesuffix("/statements").rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def told_as(troubles: Sequence[Trouble]) -> list[dict[str, Any]]:
    """The troubles as they are kept."""
    return [trouble.to_json() for trouble in troubles]


def _text(name: str, written: str, longest: int) -> str:
    text = written.strip()
    if not 0 < len(text) <= longest or any(ord(character) < ord(" ") for character in text):
        raise Invalid(f"write 1 to {longest} characters on one line", field=name)
    return text


def _parse_key(written: str) -> str:
    key = _text("key", written, LONGEST_KEY)
    if ":" in key:
        raise Invalid("a key has no colon in it (RFC 7617 2)", field="key", rule="RFC 7617 2")
    return key


def _version(written: str) -> Version:
    try:
        return Version(written.strip())
    except ValueError as error:
        raise Invalid(f"the version is one of {', '.join(Version)}", field="version") from error


def _minutes(written: str) -> int:
    text = written.strip()
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text[:9]) <= MOST_STALL_MINUTES:
        raise Invalid(f"write a whole number of minutes, 1 to {MOST_STALL_MINUTES}", field="stall_minutes")
    return int(text)
