"""What stands on the work list."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lrs_bridge.identity import Identifier
from lrs_bridge.plans.claim import Claim

DIGEST_KEY = re.compile(r"[0-9a-f]{64}")
UUID_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Topic(StrEnum):
    """What is missing before a completion can count."""

    PERSON = "person"
    COURSE = "course"
    MAPPING = "mapping"


@dataclass(frozen=True, slots=True)
class Entry:
    """Completions that wait for the same thing. ``key`` names it within its topic.

    ``title`` is what the sources say that it is called, or None; ``subject`` is its identifier, IRI or title.
    """

    topic: Topic
    key: str
    subject: str
    title: str | None
    count: int
    first_at: datetime
    last_at: datetime
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the work list: entries, the page's number from 1, and how many pages there are."""

    entries: tuple[Entry, ...]
    number: int
    pages: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many entries each list has."""

    person: int
    course: int
    mapping: int
    aside: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """One entry with the newest of the completions behind it."""

    entry: Entry
    claims: tuple[Claim, ...]
    learner: Identifier | None = None
    course_id: UUID | None = None
    is_aside: bool = False


def is_key(topic: Topic, text: str) -> bool:
    """Whether the text may name an entry: a digest, or for courses without a mapping the course's id."""
    return (UUID_KEY if topic is Topic.MAPPING else DIGEST_KEY).fullmatch(text) is not None


def pages_of(count: int, size: int) -> int:
    """How many pages ``count`` entries fill; an empty list has one."""
    return max(1, -(-count // size))
