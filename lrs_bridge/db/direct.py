"""Statements for the busiest paths: put together once, then given to the driver as they are.

What SQLAlchemy does for each execution (cache keys, result metadata, types) costs several times what a small query does itself.
Rows come as plain tuples and values go as the driver takes them, so this is for numbers, texts and the types named in ``value``.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
import psycopg
from sqlalchemy import ColumnElement, CompoundSelect, Connection, Dialect, Select, Table, TextClause, bindparam
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import NullType

Row = tuple[Any, ...]
Runnable = Select[Any] | CompoundSelect[Any] | TextClause

_BOUNDARY = "rows_that_are_new"
_SAME_KEY = "23505"


class Prepared:
    """A statement with named parameters that is compiled once for each kind of database.

    ``by_value`` has PostgreSQL plan each execution for its values: for statements of which some values are rare and some are
    everywhere.
    """

    def __init__(self, statement: Runnable, *, by_value: bool = False) -> None:
        self._statement = statement
        self._by_value = by_value
        self._compiled: dict[str, tuple[str, Mapping[str, Any]]] = {}

    def all(self, session: Connection, values: Mapping[str, Any]) -> list[Row]:
        """The rows for these values, of which those that the statement does not name are left alone."""
        text, given = self._put_together(session, values)
        found: list[Row] = execute(session, text, given, by_value=self._by_value).fetchall()
        return found

    def explain(self, session: Connection, values: Mapping[str, Any]) -> list[str]:
        """PostgreSQL's plan for these values, line by line, with what running it took."""
        text, given = self._put_together(session, values)
        rows = execute(session, f"explain (analyze, buffers, costs off, summary off) {text}", given, by_value=True).fetchall()
        return [str(line) for (line,) in rows]

    def _put_together(self, session: Connection, values: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        name = session.dialect.name
        if name not in self._compiled:
            self._compiled[name] = _compiled(self._statement, session.dialect)
        text, fixed = self._compiled[name]
        given = {key: values.get(key, value) for key, value in fixed.items()}
        return text, {key: _for_sqlite(value) for key, value in given.items()} if name == "sqlite" else given


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


def _compiled(statement: Runnable, dialect: Dialect) -> tuple[str, Mapping[str, Any]]:
    style = {"paramstyle": "named" if dialect.name == "sqlite" else "pyformat"}
    compiled = statement.compile(dialect=type(dialect)(**style))
    return str(compiled), compiled.params


def as_uuid(value: Any) -> UUID:
    """A UUID from a row that came directly: SQLite keeps them as text."""
    return value if isinstance(value, UUID) else UUID(value)


def insert_new(session: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[bool]:
    """Inserts the rows whose unique keys are not there yet; tells of each whether it went in.

    On PostgreSQL several rows go in by COPY, the fastest way, which takes all or none: when a key is there already they go one
    after the other. Rows that others may insert at the same time are given in the order of their keys, or they may deadlock.
    """
    if session.dialect.name == "postgresql":
        if len(rows) > 1 and _copied(session, table, columns, rows):
            return [True] * len(rows)
        text, values = _insert(table, tuple(columns), "%s"), [[_for_postgres(value) for value in row] for row in rows]
    else:
        text, values = _insert(table, tuple(columns), "?"), [[_for_sqlite(value) for value in row] for row in rows]
    return [execute(session, text, one).rowcount == 1 for one in values]


@lru_cache(maxsize=256)
def _insert(table: Table, columns: tuple[str, ...], mark: str) -> str:
    return f"insert into {table.name} ({', '.join(columns)}) values ({', '.join([mark] * len(columns))}) on conflict do nothing"  # noqa: S608  names of ours


def _copied(session: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bool:
    """Whether all rows were new, and so are there now; else none is."""
    execute(session, f"savepoint {_BOUNDARY}", ())
    try:
        _copy(session, f"copy {table.name} ({', '.join(columns)}) from stdin", rows)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _SAME_KEY:
            raise
        execute(session, f"rollback to savepoint {_BOUNDARY}", ())
        return False
    execute(session, f"release savepoint {_BOUNDARY}", ())
    return True


def _copy(session: Connection, text: str, rows: Sequence[Sequence[Any]]) -> None:
    lines = "".join(["\t".join([_copy_text(value) for value in row]) + "\n" for row in rows])
    driver = session.connection.driver_connection
    try:
        with driver.cursor().copy(text) as copy:  # type: ignore[union-attr]
            copy.write(lines.encode())
    except psycopg.Error as error:
        raise _wrapped(session, text, error) from error


def _copy_text(value: Any) -> str:
    """A value in COPY's text format."""
    written = _COPY_TEXTS.get(type(value))
    return _escaped(str(value)) if written is None else written(value)


def _escaped(text: str) -> str:
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if "\n" in text or "\r" in text or "\t" in text:
        text = text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return text


_COPY_TEXTS: dict[type, Callable[[Any], str]] = {
    str: _escaped,
    int: str,
    type(None): lambda _none: "\\N",
    bool: lambda truth: "t" if truth else "f",
    bytes: lambda octets: "\\\\x" + octets.hex(),
    datetime: lambda at: str(at.astimezone(UTC)),
    dict: lambda value: _escaped(orjson.dumps(value).decode()),
    tuple: lambda numbers: f"{{{','.join(map(str, numbers))}}}",
}


def _for_sqlite(value: Any) -> Any:
    kind = type(value)
    if kind is UUID:
        return value.hex
    if kind is datetime:
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if kind is list:
        return orjson.dumps([_for_sqlite(one) for one in value]).decode()
    return orjson.dumps(value).decode() if kind is dict else value


def _for_postgres(value: Any) -> Any:
    kind = type(value)
    if kind is tuple:
        return list(value)
    return orjson.dumps(value).decode() if kind is dict else value


def execute(session: Connection, text: str, values: Any = None, *, by_value: bool = False) -> Any:
    """The driver's cursor after it has run the text. Raises DBAPIError, as SQLAlchemy does."""
    driver: Any = session.connection.driver_connection
    try:
        if by_value and session.dialect.name == "postgresql":
            return driver.execute(text, values, prepare=False)
        return driver.execute(text) if values is None else driver.execute(text, values)
    except (psycopg.Error, sqlite3.Error) as error:
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
