"""A connection that each thread keeps: taking one out of the pool and giving it back costs as much as a small query.

PostgreSQL only, where its connections commit by themselves, so that nothing of one use is left for the next.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event


class KeptConnections:
    """The connections of one engine, made with ``isolation_level`` AUTOCOMMIT. They are closed when it is disposed of."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._own = threading.local()
        self._all: set[Connection] = set()
        event.listen(engine, "engine_disposed", lambda _engine: self._close())

    @contextmanager
    def one(self) -> Iterator[Connection]:
        """The thread's connection; another one while that is in use further up. One that broke is not used again."""
        kept: Connection | None = getattr(self._own, "connection", None)
        self._own.connection = None
        if kept is None or kept.closed or kept.invalidated:
            kept = self._engine.connect()
            self._all.add(kept)
        try:
            yield kept
        except BaseException:
            self._forget(kept)
            raise
        if kept.in_transaction():
            kept.rollback()
        spare = self._own.connection
        self._own.connection = kept
        if spare is not None:
            self._forget(spare)

    def _forget(self, connection: Connection) -> None:
        self._all.discard(connection)
        connection.close()

    def _close(self) -> None:
        while self._all:
            connection = self._all.pop()
            connection.invalidate()  # its pool is gone, so nobody would ever close what went back there
            connection.close()
