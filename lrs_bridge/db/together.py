"""Writes of several requests in one: what comes while a commit is under way waits for it, and then goes together.

A commit costs the database the same for ten rows as for one (docs/adr/0021-quiet-commits.md).
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from lrs_bridge.db.engine import Engine, Session, write_at_once

MOST = 16
"""So many go together."""
LINGER_SECONDS = 2.0
"""So long a thread that writes waits for more, before it ends."""
New = TypeVar("New")
Kept = TypeVar("Kept")


class _Entry(Generic[New, Kept]):
    """One that is to be kept, and whose thread waits until that has been tried."""

    def __init__(self, new: New) -> None:
        self.new = new
        self.kept: Kept | None = None
        self._gate = threading.Lock()
        self._gate.acquire()

    def wait(self) -> None:
        self._gate.acquire()

    def wake(self) -> None:
        self._gate.release()


class Together(Generic[New, Kept]):
    """Keeps what comes by ``write``: one statement that changes nothing when it is run again, and tells what became of each.

    A thread writes, which there is as long as there is something to do: it has the next statement on its way before those
    that wait for the last one go on.
    """

    def __init__(self, write: Callable[[Session, Sequence[New]], Sequence[Kept]]) -> None:
        self._write = write
        self._arrival = threading.Condition()
        self._waiting: list[_Entry[New, Kept]] = []
        self._has_writer = False

    def keep(self, engine: Engine, new: New) -> Kept:
        """What became of it, once it is committed, as with ``write_at_once``. What fails together is tried again by itself."""
        own: _Entry[New, Kept] = _Entry(new)
        with self._arrival:
            self._waiting.append(own)
            if self._has_writer:
                self._arrival.notify()
            else:
                threading.Thread(target=self._write_all, args=(engine,), name="together", daemon=True).start()
                self._has_writer = True
        own.wait()
        if own.kept is None:
            (own.kept,) = write_at_once(engine, lambda session: self._write(session, [new]))
        return own.kept

    def _write_all(self, engine: Engine) -> None:
        while entries := self._next():
            with suppress(Exception):  # each tries again by itself, and tells its own request
                kept = write_at_once(engine, lambda session: self._write(session, [entry.new for entry in entries]))
                for entry, own in zip(entries, kept, strict=True):
                    entry.kept = own
            for entry in entries:
                entry.wake()

    def _next(self) -> list[_Entry[New, Kept]]:
        """Those that wait, once there are any; none when nothing comes any more, and the thread is to end."""
        with self._arrival:
            if not self._waiting:
                self._arrival.wait(LINGER_SECONDS)
            entries, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            self._has_writer = bool(entries)
            return entries
