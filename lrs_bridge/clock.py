"""The service's clock: the time of day, which never runs back while the process lives.

What is stored is numbered by it, and those who follow an LRS are told until when their answers are whole: after an administrator
or a time server has set the clock back, what comes next would otherwise lie in what they have read already.
"""

import threading
from datetime import UTC, datetime, timedelta
from time import monotonic


class SteadyClock:
    """Calling it gives the time in UTC: what the wall says, or what has passed since it last did, whichever is later."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last, self._at = datetime.now(UTC), monotonic()

    def __call__(self) -> datetime:
        """Now."""
        return self.read(datetime.now(UTC), monotonic())

    def read(self, wall: datetime, ticks: float) -> datetime:
        """The time when the wall shows ``wall`` and ``ticks`` seconds have passed since some fixed moment."""
        with self._lock:
            self._last = max(wall, self._last + timedelta(seconds=max(ticks - self._at, 0.0)))
            self._at = ticks
            return self._last
