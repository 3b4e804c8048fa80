"""The table of bearer tokens."""

from sqlalchemy import Column, ForeignKeyConstraint, String, Table

from lrs_bridge.db import Json, UtcDateTime, metadata

credential_token = Table(
    "credential_token",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("key", String(100), primary_key=True),
    Column("token_hash", String(64), primary_key=True),
    Column("scopes", Json, nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["tenant_id", "key"], ["credential.tenant_id", "credential.key"]),
)
