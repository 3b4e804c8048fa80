"""PostgreSQL spoken to by libpq itself: SQL as text with ``$1`` …, values as text, rows as tuples.

psycopg's cursors cost several times what a small query does; ``psycopg.pq`` is libpq without them. Connections stay psycopg's,
and what runs here is part of whatever transaction they are in.
"""

import select
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from uuid import UUID

import orjson
import psycopg
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.sql import Literal

Row = tuple[Any, ...]

PLANS_LAST_SECONDS = 2.0

_GOOD = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK, ExecStatus.EMPTY_QUERY)


class Wire:
    """One connection; what it has prepared stays prepared for as long as it lives."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._psycopg = connection
        self._conn: PGconn = connection.pgconn
        self._names: dict[str, bytes] = {}
        self._planned_at = monotonic()

    def run(self, text: str) -> None:
        """Runs commands without values, several with semicolons between them, in one exchange."""
        self._begin_if_due()
        _checked(self._conn.exec_(text.encode()))

    def ask(self, text: str, values: Sequence[Any]) -> PGresult:
        """The answer to one statement, which is prepared when it is asked for the first time."""
        self._begin_if_due()
        self._forget_plans_if_old()
        given: list[Any] = [_written(value) for value in values]
        return _checked(self._conn.exec_prepared(self._names.get(text) or self._prepare(text), given))

    def explain(self, text: str, values: Sequence[Any]) -> PGresult:
        """The plan by which ``ask`` answers, with what running it took."""
        name = self._names.get(text) or self._prepare(text)
        given = ", ".join("null" if value is None else _literal(value) for value in map(_written, values))
        asked = f"explain (analyze, buffers, costs off, summary off) execute {name.decode()} ({given})"
        return _checked(self._conn.exec_(asked.encode()))

    def copy(self, text: str, lines: bytes) -> None:
        """Gives the lines to a ``COPY … FROM STDIN``."""
        self._begin_if_due()
        begun = self._conn.exec_(text.encode())
        if begun.status != ExecStatus.COPY_IN:
            raise _failure(begun)
        self._conn.put_copy_data(lines)
        self._conn.put_copy_end()
        self._wait()
        ended = self._conn.get_result()
        while self._conn.get_result() is not None:
            pass
        if ended is None:
            raise psycopg.OperationalError("the connection broke")
        _checked(ended)

    def _begin_if_due(self) -> None:
        """A connection that does not commit by itself begins a transaction with the first thing it is asked."""
        if not self._psycopg.autocommit and self._conn.transaction_status == TransactionStatus.IDLE:
            self._psycopg.execute("")

    def _forget_plans_if_old(self) -> None:
        """Plans follow a table that grows: what is best for a few rows is not for a million, and nobody analyses every second."""
        now = monotonic()
        if now - self._planned_at > PLANS_LAST_SECONDS:
            self._planned_at = now
            _checked(self._conn.exec_(b"discard plans"))

    def _prepare(self, text: str) -> bytes:
        name = f"lrs_bridge_{len(self._names)}".encode()
        _checked(self._conn.prepare(name, text.encode()))
        self._names[text] = name
        return name

    def _wait(self) -> None:
        """Until all is sent and an answer is there; other threads run meanwhile, which they don't in ``get_result``."""
        ready = select.poll()
        ready.register(self._conn.socket, select.POLLIN | select.POLLOUT)
        while self._conn.flush():
            if any(event & select.POLLIN for _, event in ready.poll()):
                self._conn.consume_input()
        ready.modify(self._conn.socket, select.POLLIN)
        while self._conn.is_busy():
            ready.poll()
            self._conn.consume_input()


def rows(result: PGresult) -> list[Row]:
    """The rows of an answer. Whole numbers, truth values, UUIDs and texts are what they are; all else is PostgreSQL's text."""
    columns = [(column, _READ.get(result.ftype(column), bytes.decode)) for column in range(result.nfields)]
    get = result.get_value
    return [
        tuple([None if (value := get(row, column)) is None else read(value) for column, read in columns])
        for row in range(result.ntuples)
    ]


_READ: dict[int, Callable[[bytes], Any]] = {
    16: b"t".__eq__,
    20: int,
    21: int,
    23: int,
    2950: lambda value: UUID(value.decode()),
}


def _written(value: Any) -> bytes | None:
    """A value as PostgreSQL reads it. Raises DataError for a text with NUL, which ends texts there."""
    write = _WRITE.get(type(value))
    return str(value).encode() if write is None else write(value)


def _literal(value: bytes) -> str:
    return Literal(value.decode()).as_string()


def _text(value: str) -> bytes:
    if "\0" in value:
        raise psycopg.DataError("PostgreSQL has no place for NUL in a text")
    return value.encode()


def _array(items: Sequence[Any]) -> bytes:
    """Numbers, UUIDs and texts; in quotation marks all but numbers."""
    return b"{%b}" % b",".join([str(item).encode() if type(item) is int else _quoted(str(item)) for item in items])


def _quoted(item: str) -> bytes:
    return b'"%b"' % _text(item).replace(b"\\", b"\\\\").replace(b'"', b'\\"')


_WRITE: dict[type, Callable[[Any], bytes | None]] = {
    str: _text,
    type(None): lambda _none: None,
    bool: lambda truth: b"t" if truth else b"f",
    bytes: lambda octets: b"\\x" + octets.hex().encode(),
    datetime: lambda at: str(at.astimezone(UTC)).encode(),
    dict: orjson.dumps,
    list: _array,
    tuple: _array,
}


def _checked(result: PGresult) -> PGresult:
    if result.status not in _GOOD:
        raise _failure(result)
    return result


def _failure(result: PGresult) -> psycopg.Error:
    """The error that psycopg has for the answer's state, without the values that PostgreSQL tells beside it."""
    state = (result.error_field(DiagnosticField.SQLSTATE) or b"").decode()
    message = result.error_field(DiagnosticField.MESSAGE_PRIMARY) or result.error_message
    try:
        kind = psycopg.errors.lookup(state)
    except KeyError:
        kind = psycopg.OperationalError
    return kind(message.decode("utf-8", "replace").strip())
