"""Writers of a SQLite database take turns.

SQLite has one writer at a time, and those who wait look again after ever longer naps: with eight of them most of the time passes
in sleep. Here the threads of a process queue for a lock, and the first of each process for another on a file beside the database.
It only makes things faster: SQLite's own lock decides, so whoever can't have a turn goes on without one.
"""

import fcntl
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lrs_bridge.errors import Unavailable

SUFFIX = "-writer"
MOST_SECONDS = 20
NAP_SECONDS = 0.0005

log = logging.getLogger(__name__)


class Turns:
    """The turns at one database; ``path`` is its file, None when it is in memory."""

    def __init__(self, path: str | None) -> None:
        self._path = None if path is None else Path(path)
        self._threads = threading.Lock()
        self._never = threading.Event()  # what is waited for between two looks at the file
        self._file: int | None = None

    @contextmanager
    def one(self) -> Iterator[None]:
        """Waits for its turn and has it until the end of the block. Raises Unavailable when it waited for too long."""
        end = time.monotonic() + MOST_SECONDS
        if not self._threads.acquire(timeout=MOST_SECONDS):
            raise _too_busy()
        try:
            self._take(end)
            try:
                yield
            finally:
                self._give_back()
        finally:
            self._threads.release()

    def _take(self, end: float) -> None:
        if self._file is None and not self._open():
            return
        assert self._file is not None  # noqa: S101
        while not _locked(self._file):
            if time.monotonic() > end:
                raise _too_busy()
            self._never.wait(NAP_SECONDS)

    def _open(self) -> bool:
        """Whether the file of turns is there now. Its owner and mode are the database's, whoever of its users makes it."""
        if self._path is None or not self._path.exists():
            return False
        try:
            database = self._path.stat()
            file = os.open(f"{self._path}{SUFFIX}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with suppress(PermissionError):  # somebody else made it, and so did this
                os.fchmod(file, database.st_mode & 0o777)
                os.fchown(file, database.st_uid, database.st_gid)
        except OSError as error:
            log.warning("writers of the database take no turns: %s", error)
            self._path = None
            return False
        self._file = file
        return True

    def _give_back(self) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _too_busy() -> Unavailable:
    return Unavailable("the database is too busy right now; try again")
