"""Tables of the transparency log. Rows are only ever added."""

from sqlalchemy import BigInteger, Column, LargeBinary, String, Table, Text

from lrs_bridge.db import metadata

log_leaf = Table(
    "log_leaf",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("nodes", LargeBinary, nullable=False, comment="hashes of the leaf and of each subtree that it completes, upwards"),
)

log_checkpoint = Table(
    "log_checkpoint",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("jws", Text, nullable=False),
)
