"""The database: engines, transactions, column types, the audit log and migrations."""

from lrs_bridge.db.direct import AnyOf, Prepared, as_uuid, insert_new
from lrs_bridge.db.engine import Engine, Session, insert_ignore, lock, open_engine, read, transact, write_at_once
from lrs_bridge.db.metadata import metadata
from lrs_bridge.db.together import Together
from lrs_bridge.db.transactions import Lock, hold, named
from lrs_bridge.db.types import Json, Size, UtcDateTime

__all__ = [
    "AnyOf",
    "Engine",
    "Json",
    "Lock",
    "Prepared",
    "Session",
    "Size",
    "Together",
    "UtcDateTime",
    "as_uuid",
    "hold",
    "insert_ignore",
    "insert_new",
    "lock",
    "metadata",
    "named",
    "open_engine",
    "read",
    "transact",
    "write_at_once",
]
