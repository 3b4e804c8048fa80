"""Engines and transactions: SQLite as the embedded default, PostgreSQL as the server, one behaviour.

``transact`` and ``read`` are called at the edge only (views, CLI); everything below takes the open ``Session`` and never
commits. Queries are SQLAlchemy Core throughout, so a session is a connection with its transaction.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from typing import Any, NoReturn, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lrs_bridge.db.kept import KeptConnections, is_kept
from lrs_bridge.db.transactions import Lock, hold, named, snapshot, transaction
from lrs_bridge.db.turns import Turns
from lrs_bridge.errors import Unavailable

__all__ = ["Engine", "Session", "insert_ignore", "lock", "open_engine", "read", "transact"]

Session = Connection
T = TypeVar("T")

ATTEMPTS = 8
RETRYABLE_SQLSTATES = {"40001", "40P01"}  # serialisation failure, deadlock detected
SQLITE_BUSY_SECONDS = 20
SQLITE_MAPPED_BYTES = 64 << 20


def open_engine(url: str, *, pool_size: int = 8) -> Engine:
    """An engine for a SQLAlchemy URL; plain ``postgresql://`` means psycopg 3."""
    parsed = make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        waiting = {"timeout": SQLITE_BUSY_SECONDS}
        pool = {} if _in_memory(parsed) else {"pool_size": pool_size, "pool_use_lifo": True}  # the last writer's pages are warm
        engine = create_engine(parsed, connect_args=waiting, hide_parameters=True, **pool)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=20,
        isolation_level="READ COMMITTED",
        hide_parameters=True,  # an error in the log names no person
        connect_args={"prepare_threshold": None},  # what is worth preparing is prepared in ``wire``
    )
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    """What is prepared is planned once, not for each value: such statements follow one index whatever they look for."""
    connection.execute("set plan_cache_mode = force_generic_plan")
    connection.commit()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late; ours is explicit
    for pragma in (
        "journal_mode=wal",
        "synchronous=full",
        "foreign_keys=on",
        "temp_store=memory",
        f"mmap_size={SQLITE_MAPPED_BYTES}",
    ):
        connection.execute(f"pragma {pragma}")


def _begin_sqlite(session: Session) -> None:
    if not is_kept(session):  # else it has begun
        session.exec_driver_sql("BEGIN IMMEDIATE")


def transact(engine: Engine, work: Callable[[Session], T], *, locks: Sequence[Lock] = ()) -> T:
    """Runs ``work`` in one transaction, holding ``locks`` from its beginning, and commits; runs it again when the database asks.

    A connection that broke while it lay in the pool, or in the middle of the work, is replaced and the work run again, since
    nothing was committed. One that breaks during the commit leaves it open what became of that, so the caller is told. Every
    exception rolls back. Raises Unavailable when the database can't be reached or stays too busy.
    """
    for attempt in range(1, ATTEMPTS + 1):
        committing = False
        try:
            with _writing(engine, locks) as session:
                result = work(session)
                committing = True
            return result  # noqa: TRY300  what follows is about failures
        except (DBAPIError, PoolTimeout) as error:
            if _is_retryable(error):
                if attempt == ATTEMPTS:
                    raise Unavailable("the database is too busy right now; try again") from error
                time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311  spreads retries, no secret
            elif committing or attempt > 1 or not _is_broken(error):
                _give_up(error)
    raise AssertionError("unreachable")


def read(engine: Engine, work: Callable[[Session], T]) -> T:
    """Runs ``work``, which only reads, so that it never waits for a writer; once more if its connection turns out to be broken.

    On PostgreSQL each query sees what is committed when it begins, as in a transaction, without the cost of one.
    """
    for attempt in (1, 2):
        try:
            with _reading(engine) as session:
                return work(session)
        except (DBAPIError, PoolTimeout) as error:
            if attempt > 1 or not _is_broken(error):
                _give_up(error)
    raise AssertionError("unreachable")


def write_at_once(engine: Engine, work: Callable[[Session], T]) -> T:
    """Runs ``work``, which writes by one statement that changes nothing when it is run again.

    On PostgreSQL it commits by itself, in one exchange with the server; on SQLite it is a transaction like others.
    """
    return read(engine, work) if engine.dialect.name == "postgresql" else transact(engine, work)


@contextmanager
def _writing(engine: Engine, locks: Sequence[Lock]) -> Iterator[Session]:
    with _turn(engine), _kept(engine).one() as session, transaction(session, locks):
        yield session


def _turn(engine: Engine) -> AbstractContextManager[None]:
    return nullcontext() if engine.dialect.name == "postgresql" else _turns(engine).one()


@lru_cache(maxsize=16)
def _turns(engine: Engine) -> Turns:
    return Turns(None if _in_memory(engine.url) else engine.url.database)


def _in_memory(url: URL) -> bool:
    return url.database in (None, "", ":memory:")


@contextmanager
def _reading(engine: Engine) -> Iterator[Session]:
    with _kept(engine).one() as session, snapshot(session):
        yield session


@lru_cache(maxsize=16)
def _kept(engine: Engine) -> KeptConnections:
    return KeptConnections(engine)


def lock(session: Session, *names: str) -> None:
    """Holds a named lock until the transaction ends. SQLite has one writer at a time, so there it holds already.

    Take several locks in sorted order, and the ledger's last.
    """
    hold(session, *map(named, names))


def _is_retryable(error: Exception) -> bool:
    if not isinstance(error, DBAPIError):
        return False
    if getattr(error.orig, "sqlstate", None) in RETRYABLE_SQLSTATES:
        return True
    return str(getattr(error.orig, "sqlite_errorname", "")).startswith("SQLITE_BUSY")


def _is_broken(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _give_up(error: Exception) -> NoReturn:
    """Tells the caller of a failure that can't be mended here: Unavailable, or the error itself when it is not the database's."""
    if _is_unavailable(error):
        raise Unavailable("the database can't be reached right now; try again") from error
    raise error


def _is_unavailable(error: Exception) -> bool:
    """Whether the failure is the database's, not the statement's: no connection, shutting down, out of space."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    sqlite_name = getattr(error.orig, "sqlite_errorname", None)
    if sqlite_name is not None:
        return str(sqlite_name).startswith(("SQLITE_FULL", "SQLITE_CANTOPEN", "SQLITE_IOERR"))
    sqlstate = getattr(error.orig, "sqlstate", None)
    if sqlstate is None:  # psycopg gives no state when there was no server to give one
        return isinstance(error, OperationalError)
    return str(sqlstate)[:2] in {"08", "53", "57"}  # connection, resources, operator intervention


def insert_ignore(session: Session, table: Table) -> SqliteInsert | PostgresInsert:
    """An INSERT that leaves out rows whose unique key is already there; ``returning`` tells which ones went in.

    On PostgreSQL it waits for a concurrent transaction that inserts the same key, and then sees the outcome.
    """
    if session.dialect.name == "postgresql":
        return postgres_insert(table).on_conflict_do_nothing()
    return sqlite_insert(table).on_conflict_do_nothing()
