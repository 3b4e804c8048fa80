"""The table of imports: how far each file has come."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table

from lrs_bridge.db import UtcDateTime, metadata

statement_import = Table(
    "statement_import",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("digest", LargeBinary(32), primary_key=True, comment="SHA-256 of the file"),
    Column("credential_key", String(100), nullable=False),
    Column("dealt_with", BigInteger, nullable=False, comment="how many statements from the file's beginning"),
    Column("stored", Integer, nullable=False),
    Column("present", Integer, nullable=False, comment="were there already"),
    Column("refused", Integer, nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)
