"""The 70:20:10 picture: how many activities of each mode are planned and how many are done, and the columns that show it.

All lengths are in the units of the picture's own coordinate system.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from lrs_bridge.plans.objective import Mode
from lrs_bridge.plans.record import State

DONE = frozenset({State.DONE, State.SENT, State.SIGNED, State.CONTESTED})
"""States in which the resident has done the activity, whether or not anyone has signed it."""

WIDTH = 360
HEIGHT = 220
BASELINE = 172
TALLEST = 144
GROUP_WIDTH = WIDTH // len(Mode)
COLUMN_WIDTH = 38
GAP = 6


@dataclass(frozen=True, slots=True)
class Share:
    """One mode's part: counts, and whole per cents of all planned and of all done."""

    mode: Mode
    planned: int
    done: int
    signed: int
    planned_percent: int
    done_percent: int


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the picture: the planned or the done activities of a mode, as high as their share of all such."""

    mode: Mode
    done: bool
    x: int
    y: int
    height: int
    count: int
    percent: int

    @property
    def middle(self) -> int:
        """Where a label is centred."""
        return self.x + COLUMN_WIDTH // 2


def mix_of(activities: Iterable[tuple[Mode, State]]) -> tuple[Share, ...]:
    """The shares in the order 70, 20, 10; every activity once. Per cents of one row add up to 100, or to 0 of nothing."""
    every = list(activities)
    planned = [sum(mode is m for mode, _ in every) for m in Mode]
    done = [sum(mode is m and state in DONE for mode, state in every) for m in Mode]
    signed = [sum(mode is m and state is State.SIGNED for mode, state in every) for m in Mode]
    rows = zip(Mode, planned, done, signed, percents(planned), percents(done), strict=True)
    return tuple(Share(*row) for row in rows)


def percents(counts: list[int]) -> list[int]:
    """Whole per cents that add up to 100, by largest remainder (the first of equals); all 0 when there is nothing."""
    everything = sum(counts)
    if not everything:
        return [0] * len(counts)
    parts = [100 * count // everything for count in counts]
    by_remainder = sorted(range(len(counts)), key=lambda i: -(100 * counts[i] % everything))
    for i in by_remainder[: 100 - sum(parts)]:
        parts[i] += 1
    return parts


def columns(shares: Iterable[Share]) -> tuple[Column, ...]:
    """Two columns for each mode, planned and done, side by side in the order of the shares."""
    every = tuple(shares)
    return tuple(
        Column(share.mode, done, _left(position, done=done), BASELINE - height, height, count, percent)
        for position, share in enumerate(every)
        for done, count, percent in ((False, share.planned, share.planned_percent), (True, share.done, share.done_percent))
        for height in (height_of(percent, every),)
    )


def _left(position: int, *, done: bool) -> int:
    first = position * GROUP_WIDTH + (GROUP_WIDTH - GAP) // 2 - COLUMN_WIDTH
    return first + (COLUMN_WIDTH + GAP) * done


def height_of(percent: int, shares: Iterable[Share]) -> int:
    """How high a share stands above the base line, where the highest of the shares and of the rule of thumb is the tallest."""
    highest = max(int(Mode.ON_THE_JOB), *(max(share.planned_percent, share.done_percent) for share in shares))
    return TALLEST * percent // highest


def group_middle(position: int) -> int:
    """Where the label of a mode is centred."""
    return position * GROUP_WIDTH + GROUP_WIDTH // 2
