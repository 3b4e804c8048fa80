"""What becomes of a batch of noted requests: the lines that are kept, and the counts for the compatibility report.

Of each key the newest requests and the refused ones are kept; of requests under unknown keys the newest only. All of it is
bounded per batch and in the store, so that neither a busy key nor a guesser can fill the database. No personal values are kept:
what looks like an e-mail address or a long number is left out of texts, and of a caller's program only the family is told.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple

from lrs_bridge.xapi.credentials.authorization import our_key
from lrs_bridge.xapi.credentials.journal.buffer import Entry
from lrs_bridge.xapi.credentials.journal.client_family import family

RECENT = 50
"""Accepted requests that are kept of each key."""
REJECTED = 500
"""Refused requests that are kept of each key, and of all unknown keys of a tenant together."""
UNKNOWN = ""
"""The key under which requests are kept that named none of ours."""

_VERSION = re.compile(r"(0\.9[05]?|1\.0(\.[0-9])?|1\.1(\.[0-9])?|2\.0(\.[0-9])?)", re.ASCII)
_PERSONAL = re.compile(r"(?:mailto:)?[^\s\"'<>,;:]+@[^\s\"'<>,;]+|(?<![0-9A-Fa-f-])[0-9]{6,}(?![0-9A-Fa-f-])")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+|null", re.ASCII)
_UNKEPT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_LEAST_REFUSAL = HTTPStatus.BAD_REQUEST.value
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


class Kind(NamedTuple):
    """What requests are counted by: hour, version header (empty when missing, ``other`` when it is no version) and program."""

    key: str
    hour: datetime
    version: str
    program: str


@dataclass(slots=True)
class Count:
    """How many requests of a kind there were, were refused, came in the alternate syntax, and of these as ``text/plain``."""

    requests: int = 0
    rejected: int = 0
    alternate: int = 0
    alternate_text: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One request as it is kept and shown. ``named`` is the unknown key that it named, if any."""

    key: str
    at: datetime
    method: str
    resource: str
    version: str
    status: int
    code: str | None
    field: str | None
    rule: str | None
    message: str | None
    origin: str | None
    program: str
    alternate: str
    named: str = ""

    @property
    def rejected(self) -> bool:
        """Whether it is one that somebody should look at."""
        return is_rejection(self.status, self.method, self.resource)


def is_rejection(status: int, method: str, resource: str) -> bool:
    """Whether an answer is a refusal. Not finding what one reads is none: clients ask for documents that are not there yet."""
    if status < _LEAST_REFUSAL:
        return False
    return not (status == HTTPStatus.NOT_FOUND and method in ("GET", "HEAD") and resource)


def lines_of(entries: Sequence[Entry], known: Collection[str]) -> list[Line]:
    """The requests worth keeping of one tenant's, oldest first: the newest of each key, and the refused, within bounds."""
    left: dict[tuple[str, bool], int] = {}
    kept = []
    for entry in reversed(entries):
        key = entry.key if entry.of_attempt or entry.key in known else UNKNOWN
        rejected = is_rejection(entry.status, entry.method, entry.resource)
        kind = key, rejected
        left[kind] = number = left.get(kind, 0) + 1
        if number <= (REJECTED if rejected else RECENT):
            kept.append(_line(entry, key))
    return kept[::-1]


def counts_of(entries: Iterable[Entry], known: Collection[str]) -> dict[Kind, Count]:
    """One tenant's requests under known keys, counted; those that need no version are left out."""
    alike = Counter(_counted(entry) for entry in entries if entry.key in known and entry.version is not None)
    counts: dict[Kind, Count] = {}
    for (key, day, hour, version, user_agent, rejected, alternate), number in alike.items():
        at = datetime.fromordinal(day).replace(hour=hour, tzinfo=UTC)
        count = counts.setdefault(Kind(key, at, version_of(version), family(user_agent)), Count())
        count.requests += number
        count.rejected += number * rejected
        count.alternate += number * bool(alternate)
        count.alternate_text += number * alternate.startswith("text/plain")
    return counts


def _counted(entry: Entry) -> tuple[str, int, int, str, str | None, bool, str]:
    """What of a request decides where it is counted: there are many alike."""
    at, rejected = entry.at, is_rejection(entry.status, entry.method, entry.resource)
    return entry.key, at.toordinal(), at.hour, entry.version or "", entry.user_agent, rejected, entry.alternate


@lru_cache(maxsize=256)
def version_of(header: str) -> str:
    """The version that a header names: empty when there is none, ``other`` when it is none that ever was."""
    said = header.strip()
    return said if not said or _VERSION.fullmatch(said) else "other"


def without_persons(text: str | None) -> str | None:
    """The text with nothing in it that looks like an e-mail address or a long number, and nothing that no database takes."""
    return text and _PERSONAL.sub("…", _UNKEPT.sub("\ufffd", text))


def _line(entry: Entry, key: str) -> Line:
    return Line(
        key=key,
        at=entry.at,
        method=entry.method if entry.method in _METHODS else "other",
        resource=without_persons(entry.resource) or "",
        version=version_of(entry.version or ""),
        status=entry.status,
        code=entry.code,
        field=without_persons(entry.field),
        rule=without_persons(entry.rule and entry.rule[:200]),
        message=without_persons(entry.message),
        origin=entry.origin if entry.origin and _ORIGIN.fullmatch(entry.origin) else None,
        program=family(entry.user_agent),
        alternate=without_persons(entry.alternate) or "",
        named="" if key else our_key(entry.key),
    )
