"""The table of credentials."""

from sqlalchemy import Column, String, Table

from lrs_bridge.db import Json, UtcDateTime, metadata

credential = Table(
    "credential",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("key", String(100), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("scopes", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)
