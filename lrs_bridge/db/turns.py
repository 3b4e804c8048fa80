"""Writers of a SQLite database take turns, in the order in which the kernel wakes them.

SQLite has one writer at a time, and those who wait look again after ever longer naps: with eight of them most of the time passes
in sleep. A lock on a file beside the database wakes the next one at once, whichever process it is in.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SUFFIX = "-writer"


class Turns:
    """The turns at one database; ``path`` is its file, None when it is in memory."""

    def __init__(self, path: str | None) -> None:
        self._path = None if path is None else path + SUFFIX
        self._threads = threading.Lock()
        self._file: int | None = None

    @contextmanager
    def one(self) -> Iterator[None]:
        """Waits for its turn and has it until the end of the block."""
        with self._threads:
            if self._path is None:
                yield
                return
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
