"""Scores on their way out: what an answer means for one, and when it is tried again.

Assignment and Grade Services 2.0, 3.4.9 (a timestamp that is not newer: 409); RFC 9110 15. Moodle answers 200 where 204 is meant.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from operator import itemgetter
from uuid import UUID

from lrs_bridge.lti.advantage.grades import Grade
from lrs_bridge.lti.platforms.platform import Version

MOST_REFUSALS = 12
"""So often a score is tried that is refused for the sake of our key or our rights there, which somebody may mend meanwhile."""
LEASE = timedelta(seconds=120)
"""How long whoever sends a score may take before another one does."""
SEND_SECONDS = 75
"""How long all calls of a send may take together, so that it is over before the lease is."""
_PAUSES = (2, 5, 15, 60, 300, 900, 1800, 3600)
_RIGHTS = frozenset({401, 403})
_LATER = frozenset({408, 425, 429})


class State(StrEnum):
    """Where a score is on its way."""

    WAITING = "waiting"
    SENT = "sent"
    NEWER_THERE = "newer_there"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A score in the outbox. ``number`` counts those of the same user and link; ``at`` goes out as its timestamp."""

    tenant: str
    score_id: UUID
    platform_id: UUID
    link_id: UUID
    subject: str
    number: int
    grade: Grade
    at: datetime
    state: State
    attempts: int
    next_at: datetime
    sent_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A score that is to be sent now, and where to. ``line_item_url`` is None while the column is still to be made at
    ``line_items_url``; ``outcome_url`` and ``sourcedid`` are LTI 1.1's place for it.
    """

    score: Outgoing
    version: Version
    title: str
    line_item_url: str | None
    line_items_url: str | None
    outcome_url: str | None
    sourcedid: str | None


def in_turn(waiting: Iterable[Sequence[Post]]) -> list[Post]:
    """What waits for each platform as one list, in which each has its turn: those first whose first one was not tried in vain."""
    placed = [
        ((bool(posts[0].score.attempts), turn, post.score.next_at, post.score.at), post)
        for posts in waiting
        for turn, post in enumerate(posts)
    ]
    return [post for _, post in sorted(placed, key=itemgetter(0))]


def state_after(status: int | None, attempts: int) -> State:
    """Where an answer of that status leaves a score that was tried so often; None stands for no answer at all."""
    if status is None or status in _LATER or status >= 500:  # noqa: PLR2004  the class of server errors
        return State.WAITING
    if 200 <= status < 300:  # noqa: PLR2004  the class of success
        return State.SENT
    if status == 409:  # noqa: PLR2004  Conflict
        return State.NEWER_THERE
    if status in _RIGHTS and attempts < MOST_REFUSALS:
        return State.WAITING
    return State.FAILED


def is_silence(status: int | None, attempts: int) -> bool:
    """Whether it is the platform that is away, so that nothing else goes there for a while.

    Not after a score was tried in vain so often that the pauses grow no more: by then it may be this one's address alone.
    """
    return status is None and attempts <= len(_PAUSES)


def pause(attempts: int, spread: float, asked: timedelta | None = None) -> timedelta:
    """How long to wait after so many attempts: 2, 5, 15 seconds … to an hour, and never less than was asked.

    ``spread`` is a random number from 0 to 1 that takes up to half of the wait away, so that many do not return at once.
    """
    seconds = _PAUSES[min(max(attempts - 1, 0), len(_PAUSES) - 1)] * (1 - spread / 2)
    return max(timedelta(seconds=seconds), asked or timedelta())
