"""The LRS's tables. A statement is one row; what it refers to stands in the row as 64-bit numbers (model.references)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from lrs_bridge.db import metadata

# References are made with the tenant as key, and ids and registrations are UUIDs, so these indexes need no tenant column.
_registered = text("registration is not null")
_pointing = text("target_id is not null")

statement = Table(
    "statement",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False, comment="when it was stored (xapi.sequence)"),
    Column("statement_id", Uuid, nullable=False),
    Column("credential_key", String(100), nullable=False, comment="who stored it"),
    Column("actor_ref", BigInteger),
    Column("verb_ref", BigInteger, nullable=False),
    Column("object_ref", BigInteger),
    Column("registration", Uuid),
    Column("target_id", Uuid, comment="the statement that its object points at"),
    Column("voids", Boolean, nullable=False, comment="whether it voids its target"),
    Column("voided", Boolean, nullable=False),
    Column("payload", Text, nullable=False, comment="the JSON, exactly as it is returned"),
    Column("digest", LargeBinary(32), nullable=False, comment="SHA-256 of the payload in UTF-8"),
    UniqueConstraint("tenant_id", "statement_id"),
    Index("ix_statement_actor", "actor_ref", "seq"),
    Index("ix_statement_verb", "verb_ref", "seq"),
    Index("ix_statement_object", "object_ref", "seq"),
    Index("ix_statement_registration", "registration", "seq", postgresql_where=_registered, sqlite_where=_registered),
    Index("ix_statement_target", "tenant_id", "target_id", postgresql_where=_pointing, sqlite_where=_pointing),
)

statement_related = Table(
    "statement_related",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("ref", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    comment="what a statement refers to beside its actor, verb and object, members of groups included",
    sqlite_with_rowid=False,
)

statement_target = Table(
    "statement_target",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("ref", BigInteger, primary_key=True, autoincrement=False, comment="what the target refers to"),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("target_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("related", Boolean, nullable=False, comment="whether only the wider filters find the target by it"),
    Index("ix_statement_target_seq", "tenant_id", "seq"),
    Index("ix_statement_target_target_seq", "tenant_id", "target_seq"),
    ForeignKeyConstraint(["tenant_id", "seq"], ["statement.tenant_id", "statement.seq"]),
    ForeignKeyConstraint(["tenant_id", "target_seq"], ["statement.tenant_id", "statement.seq"]),
    comment="what a statement can be found by because it points, directly or through others, at one that refers to it",
    sqlite_with_rowid=False,
)
