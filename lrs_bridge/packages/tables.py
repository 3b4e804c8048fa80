"""Packages: what was uploaded, and which of its paths has which content. The bytes are files (``files.store``)."""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, LargeBinary, String, Table, Text, Uuid

from lrs_bridge.db import Json, UtcDateTime, metadata

package = Table(
    "package",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("package_id", Uuid, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("edition", String(40), nullable=False, comment="of its standard, as users call it"),
    Column("tool", String(100), comment="what made it, where that can be told"),
    Column("title", String(300), nullable=False),
    Column("structure", Text, nullable=False, comment="JSON: what its manifest says"),
    Column("notices", Json, nullable=False),
    Column("file_name", String(300), nullable=False),
    Column("sha256", LargeBinary(32), nullable=False, comment="of what was uploaded"),
    Column("length", BigInteger, nullable=False, comment="bytes that were uploaded"),
    Column("added_at", UtcDateTime, nullable=False),
    Column("added_by", Uuid),
)

package_file = Table(
    "package_file",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("package_id", Uuid, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("length", BigInteger, nullable=False),
    ForeignKeyConstraint(["tenant_id", "package_id"], ["package.tenant_id", "package.package_id"]),
    Index(None, "tenant_id", "sha256"),
)
