"""Statements for the busiest paths: put together once, then given to the database as they are (``wire`` on PostgreSQL).

What SQLAlchemy does for each execution (cache keys, result metadata, types) costs several times what a small query does itself.
Rows come as plain tuples, so this is for numbers, texts, truth values and UUIDs; as values also times, bytes, lists and JSON.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar, cast
from uuid import UUID

import orjson
import psycopg
from sqlalchemy import ColumnElement, CompoundSelect, Connection, Dialect, Select, Table, TextClause, bindparam
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import NullType

from lrs_bridge.db.copying import copy_lines
from lrs_bridge.db.wire import Row, Wire, rows

T = TypeVar("T")
Fixed = tuple[tuple[str, Any], ...]
Runnable = Select[Any] | CompoundSelect[Any] | TextClause

_BOUNDARY = "rows_that_are_new"
_SAME_KEY = ("23505", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE")
_WIRE = "lrs_bridge_wire"


class Prepared:
    """A statement with named parameters that is compiled once for each kind of database, and planned once by it."""

    def __init__(self, statement: Runnable) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Fixed]] = {}

    def all(self, session: Connection, values: Mapping[str, Any]) -> list[Row]:
        """The rows for these values, of which those that the statement does not name are left alone."""
        text, fixed = self._for(session.dialect)
        if session.dialect.name == "postgresql":
            given = [values.get(name, value) for name, value in fixed]
            return on_wire(session, text, lambda wire: rows(wire.ask(text, given)))
        named = {name: _for_sqlite(values.get(name, value)) for name, value in fixed}
        found: list[Row] = _on_sqlite(session, text, named).fetchall()
        return found

    def explain(self, session: Connection, values: Mapping[str, Any]) -> list[str]:
        """PostgreSQL's plan for these values, line by line, with what running it took."""
        text, fixed = self._for(session.dialect)
        given = [values.get(name, value) for name, value in fixed]
        return [str(line) for (line,) in on_wire(session, text, lambda wire: rows(wire.explain(text, given)))]

    def _for(self, dialect: Dialect) -> tuple[str, Fixed]:
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = _compiled(self._statement, dialect)
        return self._compiled[dialect.name]


class AnyOf(ColumnElement[bool]):
    """Whether a column's value is in a list that is bound as one parameter, so that lists of any length share a plan."""

    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.values_ = bindparam(name, type_=NullType())


@compiles(AnyOf, "postgresql")
def _any_of_array(element: AnyOf, compiler: SQLCompiler, **more: Any) -> str:
    return f"{compiler.process(element.column, **more)} = any({compiler.process(element.values_, **more)})"


@compiles(AnyOf, "sqlite")
def _any_of_json(element: AnyOf, compiler: SQLCompiler, **more: Any) -> str:
    values = compiler.process(element.values_, **more)
    return f"{compiler.process(element.column, **more)} in (select value from json_each({values}))"  # noqa: S608  names of ours


def _compiled(statement: Runnable, dialect: Dialect) -> tuple[str, Fixed]:
    """The text, and its parameters in their order, each with the value that it has when none is given."""
    style = {"paramstyle": "named" if dialect.name == "sqlite" else "numeric_dollar"}
    compiled = statement.compile(dialect=type(dialect)(**style))
    assert isinstance(compiled, SQLCompiler)  # noqa: S101  what runs are queries
    names = compiled.positiontup or tuple(compiled.params)
    return str(compiled), tuple((name, compiled.params[name]) for name in names)


def as_uuid(value: Any) -> UUID:
    """A UUID from a row that came directly: SQLite keeps them as text."""
    return value if isinstance(value, UUID) else UUID(value)


def insert_new(session: Connection, table: Table, columns: Sequence[str], new: Sequence[Sequence[Any]]) -> list[bool]:
    """Inserts the rows whose unique keys are not there yet; tells of each whether it went in.

    Several rows go in at once (on PostgreSQL by COPY), which takes all or none: when a key is there already they go one after the
    other. Rows that others may insert at the same time are given in the order of their keys, or they may deadlock.
    """
    if len(new) > 1 and _all_went_in(session, table, columns, new):
        return [True] * len(new)
    if session.dialect.name == "postgresql":
        text = _insert(table, tuple(columns), "$") + _UNLESS_THERE
        return on_wire(session, text, lambda wire: [wire.ask(text, row).command_tuples == 1 for row in new])
    text = _insert(table, tuple(columns), "?") + _UNLESS_THERE
    return [_on_sqlite(session, text, row).rowcount == 1 for row in _rows_for_sqlite(new)]


_UNLESS_THERE = " on conflict do nothing"


@lru_cache(maxsize=256)
def _insert(table: Table, columns: tuple[str, ...], mark: str) -> str:
    marks = [mark if mark == "?" else f"{mark}{number}" for number in range(1, len(columns) + 1)]
    return f"insert into {table.name} ({', '.join(columns)}) values ({', '.join(marks)})"  # noqa: S608  names of ours


def _all_went_in(session: Connection, table: Table, columns: Sequence[str], new: Sequence[Sequence[Any]]) -> bool:
    """Whether all rows were new, and so are there now; else none is."""
    command(session, f"savepoint {_BOUNDARY}")
    try:
        _insert_all(session, table, columns, new)
    except DBAPIError as error:
        if _kind(error) not in _SAME_KEY:
            raise
        command(session, f"rollback to savepoint {_BOUNDARY}")
        return False
    command(session, f"release savepoint {_BOUNDARY}")
    return True


def _insert_all(session: Connection, table: Table, columns: Sequence[str], new: Sequence[Sequence[Any]]) -> None:
    if session.dialect.name == "postgresql":
        text, lines = f"copy {table.name} ({', '.join(columns)}) from stdin", copy_lines(new)
        on_wire(session, text, lambda wire: wire.copy(text, lines))
    else:
        _on_sqlite(session, _insert(table, tuple(columns), "?"), _rows_for_sqlite(new), many=True)


def _kind(error: DBAPIError) -> str | None:
    kind: str | None = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return kind


def _rows_for_sqlite(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    return [[_for_sqlite(value) for value in row] for row in rows]


def _for_sqlite(value: Any) -> Any:
    write = _FOR_SQLITE.get(type(value))
    return value if write is None else write(value)


_FOR_SQLITE: dict[type, Callable[[Any], Any]] = {
    UUID: lambda uuid: uuid.hex,
    datetime: lambda at: at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
    list: lambda values: orjson.dumps([_for_sqlite(value) for value in values]).decode(),
    dict: lambda value: orjson.dumps(value).decode(),
}


def command(session: Connection, text: str) -> None:
    """Runs a command that has no values; on PostgreSQL several with semicolons between them, in one exchange."""
    if session.dialect.name == "postgresql":
        on_wire(session, text, lambda wire: wire.run(text))
    else:
        _on_sqlite(session, text, ())


def on_wire(session: Connection, text: str, work: Callable[[Wire], T]) -> T:
    """What the work gives that runs ``text`` on the session's connection to PostgreSQL. Raises DBAPIError, as SQLAlchemy does."""
    wire = session.info.get(_WIRE)
    if wire is None:
        wire = session.info[_WIRE] = Wire(session.connection.driver_connection)  # type: ignore[arg-type]
    try:
        return work(wire)
    except psycopg.Error as error:
        raise _wrapped(session, text, error) from error


def _on_sqlite(session: Connection, text: str, values: Any, *, many: bool = False) -> sqlite3.Cursor:
    driver = cast(sqlite3.Connection, session.connection.driver_connection)
    try:
        return driver.executemany(text, values) if many else driver.execute(text, values)
    except sqlite3.Error as error:
        raise _wrapped(session, text, error) from error


def _wrapped(session: Connection, text: str, error: psycopg.Error | sqlite3.Error) -> DBAPIError:
    """The driver's error as SQLAlchemy raises it, so that it means the same to ``transact`` and ``read``; no values are shown."""
    broken = session.dialect.is_disconnect(error, session.connection.driver_connection, None)  # type: ignore[arg-type]
    if broken:
        session.invalidate(error)
    base = sqlite3.Error if isinstance(error, sqlite3.Error) else psycopg.Error
    wrapped = DBAPIError.instance(
        text, None, error, base, hide_parameters=True, connection_invalidated=broken, dialect=session.dialect
    )
    assert isinstance(wrapped, DBAPIError)  # noqa: S101  what drivers raise is no error of ours
    return wrapped
