"""Transactions, and the named locks that they hold. The locks are PostgreSQL's: on SQLite the one writer holds everything.

Take several in one order everywhere, or two transactions may wait for each other.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from lrs_bridge.db.direct import command

_HELD = "lrs_bridge_locks"


@dataclass(frozen=True, slots=True)
class Lock:
    """``key`` is one 64-bit number, or two 32-bit ones for locks that are counted by the second. ``shared`` ones keep out only
    those that are not.
    """

    key: tuple[int] | tuple[int, int]
    shared: bool = False

    @property
    def sql(self) -> str:
        """The call that takes it."""
        kind = "_shared" if self.shared else ""
        return f"pg_advisory_xact_lock{kind}({', '.join(map(str, self.key))})"


def named(name: str, *, shared: bool = False) -> Lock:
    """The lock of that name."""
    return Lock((int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True),), shared)


@contextmanager
def transaction(session: Connection, locks: Sequence[Lock]) -> Iterator[None]:
    """A transaction that commits at its end. On PostgreSQL it begins and takes the locks in one exchange with the server.

    When it fails, the connection is to be rolled back or given up.
    """
    command(session, _beginning(locks) if session.dialect.name == "postgresql" else "begin immediate")
    notes = session.info
    notes[_HELD] = set(locks)
    try:
        yield
    finally:
        notes.pop(_HELD, None)
    command(session, "commit")


@contextmanager
def snapshot(session: Connection) -> Iterator[None]:
    """Whatever is read sees SQLite as it was at the first query, and PostgreSQL as it is at each, which costs no transaction."""
    if session.dialect.name == "postgresql":
        yield
        return
    command(session, "begin")
    yield
    command(session, "commit")


def _beginning(locks: Sequence[Lock]) -> str:
    return f"begin isolation level read committed{f'; {_taking(locks)}' if locks else ''}"


def hold(session: Connection, *locks: Lock) -> None:
    """Holds the locks from now on; those that the transaction began with cost nothing."""
    if session.dialect.name != "postgresql":
        return
    held = session.info.get(_HELD, set())
    missing = [lock for lock in locks if lock not in held]
    if missing:
        command(session, _taking(missing))
        held.update(missing)


def _taking(locks: Sequence[Lock]) -> str:
    return "select " + ", ".join(lock.sql for lock in locks)
