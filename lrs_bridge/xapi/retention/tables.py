"""Tables of retention and erasure: policies, what was erased by whom, and a tombstone for each statement that is gone."""

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Index, Integer, LargeBinary, String, Table, Text, Uuid

from lrs_bridge.db import UtcDateTime, metadata

TENANT = String(64)

retention_policy = Table(
    "retention_policy",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("older_than_days", Integer, nullable=False, comment="counted from when the LRS stored the statement"),
    Column("verb", Text),
    Column("activity", Text, comment="what the IRI of the object begins with"),
    Column("person_id", Uuid),
    Column("enabled", Boolean, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("last_run_at", UtcDateTime),
    ForeignKeyConstraint(["tenant_id", "person_id"], ["person.tenant_id", "person.person_id"]),
)

erasure = Table(
    "erasure",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("erasure_id", Uuid, primary_key=True),
    Column("reason", String(200), nullable=False, comment="policy:<name> or request"),
    Column("actor", String(200), nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("erased", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("claims", Integer, nullable=False),
    Column("documents", Integer, nullable=False),
    Index(None, "tenant_id", "began_at"),
)

tombstone = Table(
    "statement_tombstone",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("statement_id", Uuid, primary_key=True),
    Column("digest", LargeBinary(32), nullable=False, comment="SHA-256 of what was erased"),
    Column("erased_at", UtcDateTime, nullable=False),
    Column("erasure_id", Uuid, nullable=False),
    ForeignKeyConstraint(["tenant_id", "erasure_id"], ["erasure.tenant_id", "erasure.erasure_id"]),
)
