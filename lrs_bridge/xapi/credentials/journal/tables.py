"""The tables of what keys asked."""

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Index, Integer, SmallInteger, String, Table, Uuid

from lrs_bridge.db import UtcDateTime, metadata

credential_request = Table(
    "credential_request",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("request_id", Uuid, primary_key=True),
    Column("key", String(100), nullable=False, comment="empty when it is none of ours"),
    Column("at", UtcDateTime, nullable=False),
    Column("rejected", Boolean, nullable=False),
    Column("method", String(10), nullable=False),
    Column("resource", String(100), nullable=False),
    Column("version", String(20), nullable=False, comment="as the header names it; empty: none"),
    Column("status", SmallInteger, nullable=False),
    Column("code", String(40)),
    Column("field", String(300)),
    Column("rule", String(200)),
    Column("message", String(300)),
    Column("origin", String(200)),
    Column("program", String(60), nullable=False),
    Column("alternate", String(40), nullable=False, comment="content type of a request in the alternate syntax"),
    Column("named", String(100), nullable=False, comment="the unknown key that it named"),
    Index("ix_credential_request_newest", "tenant_id", "key", "rejected", "at"),
)

credential_use = Table(
    "credential_use",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("key", String(100), primary_key=True),
    Column("hour", UtcDateTime, primary_key=True),
    Column("version", String(20), primary_key=True),
    Column("program", String(60), primary_key=True),
    Column("requests", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("alternate", Integer, nullable=False),
    Column("alternate_text", Integer, nullable=False),
    ForeignKeyConstraint(["tenant_id", "key"], ["credential.tenant_id", "credential.key"]),
)
