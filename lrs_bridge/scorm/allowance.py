"""How much an attempt may send and keep: enough for any course, and an end for one that never stops.

No standard bounds what a course sets. Players send what has changed once a second at most, and gather more while the server is
slow: a sitting that goes on for hours keeps megabytes. What is counted here, in each worker process, costs the database nothing;
it is asked how much is kept of an attempt only once a worker has seen a good part of the limit come.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final
from uuid import UUID

from lrs_bridge.errors import TooLarge, TooManyRequests
from lrs_bridge.scorm.commit import RULE

EXTENSION: Final = "lrs_bridge_allowances"
"""Where the application keeps the worker's memory."""
AT_ONCE: Final = 1000
PER_MINUTE: Final = 300
"""Commits that are taken of an attempt: so many at once when it was quiet, then so many a minute."""
ROW_BYTES: Final = 200
"""What the database needs for a commit besides what came."""
LOOK_AFTER: Final = 16 * 1024 * 1024
MOST_KNOWN: Final = 4096
PREVIEW_SHARE: Final = 8
"""What counts for nothing may keep an eighth."""

Key = tuple[str, UUID]
"""Tenant and attempt."""


class CommitTooSoon(TooManyRequests):
    """The attempt's commits are spent for now; ``retry_after`` is in whole seconds, at least 1."""

    def __init__(self, retry_after: int) -> None:
        message = f"a course may send {PER_MINUTE} commits a minute; this one is taken in {retry_after} s"
        super().__init__(message, field="sequence", rule=RULE)
        self.retry_after = retry_after


class AttemptFull(TooLarge):
    """The attempt keeps as much as it may."""

    def __init__(self, most: int) -> None:
        super().__init__(f"this attempt keeps as much as it may, {most} bytes; nothing more is taken", field="body", rule=RULE)


def most_of(most_bytes: int, *, counts: bool) -> int:
    """How much of an attempt is kept; ``counts`` says that it is no preview."""
    return most_bytes if counts else most_bytes // PREVIEW_SHARE


@dataclass(slots=True)
class _Attempt:
    """``level`` is how many commits may come at ``at``; ``kept`` what the database told, ``since`` what has come since then."""

    level: float
    at: datetime
    kept: int = 0
    since: int = 0


class Allowances:
    """The memory of one worker process. Safe for threads. What it forgets begins anew, as after a restart."""

    def __init__(self) -> None:
        self._known: dict[Key, _Attempt] = {}
        self._lock = Lock()

    def admit(self, key: Key, length: int, most: int, now: datetime) -> bool:
        """Counts one commit; whether it is time to ask how much is kept, and to ``learn`` it.

        Raises CommitTooSoon, and AttemptFull for an attempt that keeps ``most`` bytes.
        """
        with self._lock:
            found = self._find(key, now)
            found.level = min(found.level + max((now - found.at).total_seconds(), 0.0) * PER_MINUTE / 60, AT_ONCE)
            found.at = now
            length += ROW_BYTES
            if found.kept + found.since + length > most:
                raise AttemptFull(most)
            if found.level < 1:
                raise CommitTooSoon(max(math.ceil((1 - found.level) * 60 / PER_MINUTE), 1))
            found.level -= 1
            found.since += length
            return found.since >= min(LOOK_AFTER, most // 8)

    def learn(self, key: Key, kept: int, length: int, now: datetime) -> None:
        """So much is kept of the attempt, whichever worker kept it, without the commit of that length that is on its way."""
        with self._lock:
            found = self._find(key, now)
            found.kept, found.since = kept, length + ROW_BYTES

    def _find(self, key: Key, now: datetime) -> _Attempt:
        found = self._known.pop(key, None) or _Attempt(AT_ONCE, now)
        self._known[key] = found  # the one that came last stands last
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
        return found
