"""The database: engines, transactions, column types, the audit log and migrations."""

from lrs_bridge.db.engine import Engine, Session, insert_ignore, lock, open_engine, read, transact
from lrs_bridge.db.metadata import metadata
from lrs_bridge.db.types import Json, UtcDateTime

__all__ = ["Engine", "Json", "Session", "UtcDateTime", "insert_ignore", "lock", "metadata", "open_engine", "read", "transact"]
