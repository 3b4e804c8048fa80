"""Tables of badges. Rows are only ever added, so that no index in a status list is used twice."""

from sqlalchemy import Column, ForeignKeyConstraint, Integer, String, Table, Text, UniqueConstraint, Uuid

from lrs_bridge.db import UtcDateTime, metadata

open_badge = Table(
    "open_badge",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("attestation_id", Uuid, primary_key=True),
    Column("list_number", Integer, nullable=False, comment="which of the organisation's status lists, from 1"),
    Column("list_index", Integer, nullable=False, comment="which of its bits, drawn at random"),
    Column("jws", Text, nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    UniqueConstraint("tenant_id", "list_number", "list_index"),
    ForeignKeyConstraint(["tenant_id", "attestation_id"], ["attestation.tenant_id", "attestation.attestation_id"]),
)
