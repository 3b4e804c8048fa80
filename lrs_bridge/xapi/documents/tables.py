"""The table of documents: states and profiles."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, Text, Uuid, text

from lrs_bridge.db import UtcDateTime, metadata

_of_agent = text("agent_ref is not null")

document = Table(
    "document",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("digest", LargeBinary(32), primary_key=True, comment="SHA-256 of what the document is about, and its id"),
    Column("kind", String(20), nullable=False),
    Column("context_ref", BigInteger, nullable=False, comment="hash of kind, activity and agent"),
    Column("activity", Text),
    Column("agent_ref", BigInteger, comment="hash of the agent, whatever the case of a mailbox"),
    Column("agent", Text),
    Column("registration", Uuid),
    Column("document_id", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("tag", String(40), nullable=False, comment="SHA-1 of the content, the ETag"),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_document_context", "tenant_id", "context_ref", "updated_at"),
    Index("ix_document_agent", "tenant_id", "agent_ref", postgresql_where=_of_agent, sqlite_where=_of_agent),
)
