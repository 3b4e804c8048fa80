"""Named locks that a transaction holds until it ends. PostgreSQL only: SQLite has one writer at a time, who holds everything.

Take several in one order everywhere, or two transactions may wait for each other.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from lrs_bridge.db.direct import execute

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


def begin_with(session: Connection, locks: Sequence[Lock]) -> None:
    """Begins a transaction on PostgreSQL that holds the locks, in one exchange with the server."""
    take = f"; {_taking(locks)}" if locks else ""
    execute(session, f"begin isolation level read committed{take}", by_value=True)
    _note(session, locks)


def hold(session: Connection, *locks: Lock) -> None:
    """Holds the locks from now on; those that the transaction began with cost nothing."""
    if session.dialect.name != "postgresql":
        return
    missing = [lock for lock in locks if lock not in _held(session)]
    if missing:
        execute(session, _taking(missing), by_value=True)
        _note(session, missing)


def _taking(locks: Sequence[Lock]) -> str:
    return "select " + ", ".join(lock.sql for lock in locks)


def _held(session: Connection) -> frozenset[Lock]:
    """What this very transaction holds: the connection's notes outlive its transactions."""
    transaction, locks = session.info.get(_HELD, (None, frozenset()))
    return locks if transaction is session.get_transaction() else frozenset()


def _note(session: Connection, locks: Iterable[Lock]) -> None:
    session.info[_HELD] = (session.get_transaction(), _held(session) | frozenset(locks))
