"""The table of credentials."""

from sqlalchemy import Column, Integer, String, Table

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
    Column("origins", Json, comment="of pages that may use the key; NULL: any"),
    Column("requests_per_minute", Integer, comment="NULL: unlimited"),
    Column("note", String(500)),
    Column("vouched_by", Json, comment="the authority that the administrator gave; NULL: the key's own account"),
    Column("earlier_secret_hash", String(64), comment="of the secret that was replaced"),
    Column("earlier_until", UtcDateTime, comment="when that one ends"),
)
