"""The numbers that put statements in order: when each was stored, to the microsecond, made unique by the worker's own bits.

A number is ``microseconds since 1970 << 10 | worker``, 63 bits in all, so ``stored``, ``since``, ``until``, paging and order are
all ranges of one column. Source: xAPI 1.0.3, Data 2.4.8 and Communication 2.1.3 (since is exclusive, until inclusive).
"""

import threading
from datetime import UTC, datetime, timedelta

WORKER_BITS = 10
LARGEST_NUMBER = 2**63 - 1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Sequence:
    """Numbers for one worker, each larger than all before, whatever the clock does."""

    def __init__(self, worker: int) -> None:
        self._worker = worker % (1 << WORKER_BITS)
        self._last = 0
        self._lock = threading.Lock()

    def take(self, now: datetime, count: int) -> list[int]:
        """``count`` numbers from ``now`` on, a microsecond apart."""
        with self._lock:
            first = max(microseconds(now), self._last + 1)
            self._last = first + count - 1
        return [tick << WORKER_BITS | self._worker for tick in range(first, first + count)]

    def follow(self, number: int) -> None:
        """Lets every number from now on be larger than this one, too."""
        with self._lock:
            self._last = max(self._last, number >> WORKER_BITS)


def microseconds(at: datetime) -> int:
    """Whole microseconds since 1970, negative before."""
    return (at - _EPOCH) // _MICROSECOND


def stored_at(number: int) -> datetime:
    """The instant that a number was made for, in UTC."""
    return _EPOCH + (number >> WORKER_BITS) * _MICROSECOND


def first_after(at: datetime) -> int:
    """The least number of a statement stored after that instant, kept within what a column holds.

    It begins a page that is to hold what was stored ``since`` then, and ends one that reaches ``until`` then.
    """
    return min(max((microseconds(at) + 1) << WORKER_BITS, 0), LARGEST_NUMBER)
