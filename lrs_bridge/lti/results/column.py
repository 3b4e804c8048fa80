"""A column of a platform's gradebook whose results are brought here, and when it is asked again.

Assignment and Grade Services 2.0, 3.3. Results carry no time, and no platform tells of changes: they are asked for time
and again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from uuid import UUID

PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=6)
LEASE = timedelta(minutes=5)
"""How long whoever asks may take before another one does."""


@dataclass(frozen=True, slots=True)
class Column:
    """``is_own`` is for the columns that our scores go to. ``issuer`` and ``platform_name`` are the platform's."""

    tenant: str
    line_item_id: UUID
    link_id: UUID
    platform_id: UUID
    issuer: str
    platform_name: str
    url: str
    label: str
    is_own: bool
    asked_at: datetime | None
    next_at: datetime
    failures: int
    reason: str | None


def in_turn(waiting: Iterable[Sequence[Column]]) -> list[Column]:
    """What waits of each platform as one list, in which each has its turn: those first where asking did not fail last."""
    placed = [
        ((bool(columns[0].failures), turn, column.next_at), column) for columns in waiting for turn, column in enumerate(columns)
    ]
    return [column for _, column in sorted(placed, key=itemgetter(0))]


def pause(failures: int, spread: float) -> timedelta:
    """How long to wait until the next time: five minutes, and twice as long after each failure in a row, to six hours.

    ``spread`` is a random number from 0 to 1 that takes up to a quarter away, so that not all are asked at once.
    """
    return min(PAUSE * (1 << min(failures, 20)), LONGEST_PAUSE) * (1 - spread / 4)
