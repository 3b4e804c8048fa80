"""Attachments: which statement names which content. The bytes are files (store), one for each content of a tenant."""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, LargeBinary, String, Table, Text, Uuid

from lrs_bridge.db import UtcDateTime, metadata

attachment_content = Table(
    "attachment_content",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("sha256", LargeBinary(32), primary_key=True),
    Column("length", BigInteger, nullable=False, comment="bytes"),
    Column("stored_at", UtcDateTime, nullable=False),
)

attachment = Table(
    "attachment",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("statement_id", Uuid, primary_key=True),
    Column("sha2", String(128), primary_key=True, comment="as the statement spells it, whichever SHA-2 it is"),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("content_type", Text, nullable=False, comment="as the statement says"),
    ForeignKeyConstraint(["tenant_id", "sha256"], ["attachment_content.tenant_id", "attachment_content.sha256"]),
    Index("ix_attachment_sha256", "tenant_id", "sha256"),
)
