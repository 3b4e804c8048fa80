"""Writes of several requests in one: what comes while a commit is under way waits for it, and then goes together.

A commit costs the database the same for ten rows as for one (docs/adr/0021-quiet-commits.md).
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from lrs_bridge.db.engine import Engine, Session, write_at_once

MOST = 16
"""So many go together."""
New = TypeVar("New")
Kept = TypeVar("Kept")


class _Entry(Generic[New, Kept]):
    """One that is to be kept, and whose thread waits until it is, or until it is the ``first`` of those that wait."""

    def __init__(self, new: New) -> None:
        self.new = new
        self.first = False
        self.kept: Kept | None = None
        self._gate = threading.Lock()
        self._gate.acquire()

    def wait(self) -> None:
        self._gate.acquire()

    def wake(self) -> None:
        self._gate.release()


class Together(Generic[New, Kept]):
    """Keeps what comes by ``write``: one statement that changes nothing when it is run again, and tells what became of each."""

    def __init__(self, write: Callable[[Session, Sequence[New]], Sequence[Kept]]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._waiting: list[_Entry[New, Kept]] = []
        self._is_writing = False

    def keep(self, engine: Engine, new: New) -> Kept:
        """What became of it, once it is committed, as with ``write_at_once``. What fails together is tried again by itself."""
        own: _Entry[New, Kept] = _Entry(new)
        with self._lock:
            self._waiting.append(own)
            own.first, self._is_writing = not self._is_writing, True
        if not own.first:
            own.wait()
        if own.first:
            self._write_waiting(engine)
        if own.kept is None:
            (own.kept,) = write_at_once(engine, lambda session: self._write(session, [new]))
        return own.kept

    def _write_waiting(self, engine: Engine) -> None:
        """Writes for all that wait, the caller first; then whoever has come meanwhile does."""
        with self._lock:
            entries, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        try:
            kept = write_at_once(engine, lambda session: self._write(session, [entry.new for entry in entries]))
            for entry, own in zip(entries, kept, strict=True):
                entry.kept = own
        except Exception:
            if len(entries) == 1:
                raise
        finally:
            self._pass_on(entries[1:])

    def _pass_on(self, done: Iterable[_Entry[New, Kept]]) -> None:
        with self._lock:
            self._is_writing = bool(self._waiting)
            following = self._waiting[:1]
            for entry in following:
                entry.first = True
        for entry in (*done, *following):
            entry.wake()
