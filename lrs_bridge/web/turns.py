"""Turns at the application: a worker has many threads, of which few are in Flask at a time.

Python runs one thread of a process at a time: a few that wait for the database by turns keep it busy, and more only hold each
other up. What waits for a write that many share (``db.Together``) is before this, and costs no turn.
"""

from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import Any

AT_ONCE = 3
"""Measured with ``bench.lrs``; docs/adr/0003-wsgi-server.md."""


class Turns:
    """The application, for so many requests at once; others wait."""

    def __init__(self, application: Callable[..., Iterable[bytes]], at_once: int = AT_ONCE) -> None:
        self._application = application
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(at_once):
            self._free.put(None)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """The application's answer. A body that is sent piece by piece afterwards holds no turn."""
        self._free.get()
        try:
            return self._application(environ, start_response)
        finally:
            self._free.put(None)
