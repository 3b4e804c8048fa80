"""Writers of a SQLite database take turns, in the order in which the kernel wakes them.

SQLite has one writer at a time, and those who wait look again after ever longer naps: with eight of them most of the time passes
in sleep. A lock on a file beside the database wakes the next one at once, whichever process it is in.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from lrs_bridge.errors import Unavailable

SUFFIX = "-writer"
MOST_SECONDS = 20


class Turns:
    """The turns at one database; ``path`` is its file, None when it is in memory."""

    def __init__(self, path: str | None) -> None:
        self._path = None if path is None else path + SUFFIX
        self._threads = threading.Lock()
        self._file: int | None = None

    @contextmanager
    def one(self) -> Iterator[None]:
        """Waits for its turn and has it until the end of the block. Raises Unavailable when it waited for too long."""
        if not self._threads.acquire(timeout=MOST_SECONDS):
            raise Unavailable("the database is too busy right now; try again")
        try:
            self._take()
            try:
                yield
            finally:
                self._give_back()
        finally:
            self._threads.release()

    def _take(self) -> None:
        if self._path is None:
            return
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def _give_back(self) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
