"""The tables of forwardings and pulls.

What waits to be forwarded has no row here: the statement table is the log, and a cursor tells the rest.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from lrs_bridge.db import Json, UtcDateTime, metadata

_queued = text("queued")

relay = Table(
    "relay",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("relay_id", Uuid, primary_key=True),
    Column("direction", String(12), nullable=False),
    Column("name", String(100), nullable=False),
    Column("endpoint", String(1000), nullable=False),
    Column("key", String(200), nullable=False),
    Column("sealed_secret", Text, nullable=False),
    Column("version", String(10), nullable=False),
    Column("filter", Json, nullable=False),
    Column("state", String(12), nullable=False),
    Column("assigned", Boolean, nullable=False, comment="whether stored and authority go out"),
    Column("stall_minutes", Integer, nullable=False),
    Column("credential_key", String(100), comment="what a pull stores with"),
    Column("cursor", BigInteger, nullable=False, comment="the last statement that a forwarding is done with"),
    Column("since", UtcDateTime, comment="until when a pull has seen all"),
    Column("more", Text, comment="the next page of a pull's sweep"),
    Column("bound", UtcDateTime, comment="until when that sweep is whole"),
    Column("relayed", BigInteger, nullable=False),
    Column("refused_in_row", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("retry_at", UtcDateTime),
    Column("troubles", Json, nullable=False),
    Column("moved_at", UtcDateTime, nullable=False),
    Column("stall_told", Boolean, nullable=False),
    Column("leased_by", String(100)),
    Column("leased_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("tenant_id", "name"),
)

dead_letter = Table(
    "relay_dead_letter",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("relay_id", Uuid, primary_key=True),
    Column("letter_id", Uuid, primary_key=True),
    Column("statement_id", String(64)),
    Column("reason", String(600), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("queued", Boolean, nullable=False),
    ForeignKeyConstraint(["tenant_id", "relay_id"], ["relay.tenant_id", "relay.relay_id"]),
    Index("ix_relay_dead_letter_order", "tenant_id", "relay_id", "last_at"),
    Index("ix_relay_dead_letter_queued", "tenant_id", "relay_id", postgresql_where=_queued, sqlite_where=_queued),
    comment="statements that were refused; their content is not kept here",
)
