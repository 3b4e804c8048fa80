"""Connections that are kept ready: taking one out of SQLAlchemy's pool and giving it back costs as much as a small query.

SQLAlchemy takes it that they commit by themselves. Who wants a transaction begins and ends it (``transactions.transaction``).
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event

AUTOCOMMIT = "AUTOCOMMIT"


def is_kept(connection: Connection) -> bool:
    """Whether it is one of these, whose transactions are not SQLAlchemy's."""
    return connection.get_execution_options().get("isolation_level") == AUTOCOMMIT


class KeptConnections:
    """The connections of one engine, made with ``isolation_level`` AUTOCOMMIT: no more than are in use at once ever were.

    They belong to no thread, as threads come and go. They are closed when the engine is disposed of.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level=AUTOCOMMIT)
        self._ready: deque[Connection] = deque()
        event.listen(engine, "engine_disposed", lambda _engine: self._close())

    @contextmanager
    def one(self) -> Iterator[Connection]:
        """A connection that nobody else uses meanwhile. One that broke, or whose work failed, is not used again."""
        connection = self._take()
        try:
            yield connection
        except BaseException:
            if connection.invalidated:  # the server went away, and the others' connections with it
                self._close()
            connection.close()
            raise
        if connection.in_transaction():
            connection.rollback()
        self._ready.append(connection)

    def _take(self) -> Connection:
        try:
            return self._ready.pop()
        except IndexError:
            return self._engine.connect()

    def _close(self) -> None:
        while self._ready:
            connection = self._ready.pop()
            connection.invalidate()  # its pool is gone, so nobody would ever close what went back there
            connection.close()
