"""The journal's memory in a worker process: requests are noted in microseconds, and written down by a thread about once a second.

It is bounded whatever the database does: when nothing can be written for long, the oldest entries are given up. What is written
down holds no personal values: see ``digest``.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Event, Thread
from typing import NamedTuple

from lrs_bridge.errors import LrsBridgeError, Unavailable

log = logging.getLogger(__name__)

MOST_ENTRIES = 10_000
SECONDS_BETWEEN = 1.0
SECONDS_TO_STOP = 5.0
LONGEST_TEXT = 300
EXTENSION = "lrs_bridge_journal"
"""Where a worker's journal is found among its application's extensions."""


class Entry(NamedTuple):
    """One request. ``key`` is the one it named, right or wrong, empty when none; ``version`` its version header, empty when
    missing, None where none is needed; ``alternate`` the content type of a request in the alternate syntax, else empty. ``code``
    and what follows tell why it was refused. ``of_attempt`` says that the key is that of an attempt at a course that we
    launched, and was recognised as such.
    """

    tenant: str
    key: str
    at: datetime
    method: str
    resource: str
    version: str | None
    status: int
    code: str | None = None
    field: str | None = None
    rule: str | None = None
    message: str | None = None
    origin: str | None = None
    user_agent: str | None = None
    alternate: str = ""
    of_attempt: bool = False


class Journal:
    """The buffer of one worker process. Safe for threads; noting never waits."""

    def __init__(self, *, most: int = MOST_ENTRIES) -> None:
        self._noted: deque[Entry] = deque(maxlen=most)
        self._held: list[Entry] = []
        self._most = most

    def note(
        self,
        tenant: str,
        key: str,
        at: datetime,
        *,
        method: str,
        resource: str,
        version: str | None,
        status: int,
        error: LrsBridgeError | None = None,
        origin: str | None = None,
        user_agent: str | None = None,
        alternate: str = "",
        of_attempt: bool = False,
    ) -> None:
        """Notes a request that was answered. ``resource`` is its name, empty for an address that leads nowhere."""
        self._noted.append(
            Entry(
                tenant[:64],
                key[:100],
                at,
                method[:10],
                resource[:100],
                version and version[:40],
                status,
                error.code if error else None,
                error.field[:LONGEST_TEXT] if error and error.field else None,
                error.rule if error else None,
                error.message[:LONGEST_TEXT] if error else None,
                origin and origin[:200],
                user_agent and user_agent[:200],
                alternate[:40],
                of_attempt,
            )
        )

    def take(self) -> list[Entry]:
        """What was noted since the last time, oldest first, which is then the caller's."""
        taken, self._held = self._held, []
        while self._noted:
            taken.append(self._noted.popleft())
        return taken

    def give_back(self, entries: Sequence[Entry]) -> None:
        """Takes back what could not be written down, as much of it as there is room for, newest first."""
        self._held = list(entries[-self._most :])


class Flusher:
    """Writes the journal down in a thread of its own, with the same courage after every failure."""

    def __init__(self, journal: Journal, write: Callable[[Sequence[Entry]], None], *, every: float = SECONDS_BETWEEN) -> None:
        self._journal = journal
        self._write = write
        self._every = every
        self._stopping = Event()
        self._failing = False
        self._thread = Thread(target=self._run, name="lrs-journal", daemon=True)

    def start(self) -> None:
        """Starts the thread; to be called in the process that serves, not in one that forks it."""
        self._thread.start()

    def stop(self) -> None:
        """Writes down what is left and ends the thread, for at most five seconds."""
        self._stopping.set()
        self._thread.join(SECONDS_TO_STOP)

    def flush(self) -> None:
        """Writes down what there is. Never raises: while the database does not answer, entries are kept for the next time; those
        that it does not take are given up, so that they can't stand in the way of others.
        """
        entries = self._journal.take()
        if not entries:
            return
        try:
            self._write(entries)
        except Unavailable:
            self._journal.give_back(entries)
            if not self._failing:
                log.warning("the journal of requests can't be written while the database does not answer")
            self._failing = True
        except Exception:  # whatever is wrong with these, requests must not suffer, nor the entries that follow
            log.exception("%s requests are left out of the journal", len(entries))
        else:
            self._failing = False

    def _run(self) -> None:
        while not self._stopping.wait(self._every):
            self.flush()
        self.flush()
