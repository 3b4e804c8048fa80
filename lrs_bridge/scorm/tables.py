"""SCORM attempts: the sittings of each, what its SCOs have set, and every commit as it came."""

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, Text, Uuid

from lrs_bridge.db import Json, UtcDateTime, metadata

ITEM = String(250)

scorm_session = Table(
    "scorm_session",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("attempt_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("mode", String(40), nullable=False, comment="normal, browse or review"),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("end", String(40), comment="terminated, superseded or timed_out"),
    Column("user_agent", String(300), nullable=False),
)
Index(
    "ix_scorm_session_open",
    scorm_session.c.tenant_id,
    scorm_session.c.opened_at,
    sqlite_where=scorm_session.c.ended_at.is_(None),
    postgresql_where=scorm_session.c.ended_at.is_(None),
)

# What each SCO has set, by its item's identifier: its commits merged, up to the one that is named.
scorm_sco = Table(
    "scorm_sco",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("attempt_id", Uuid, primary_key=True),
    Column("item", ITEM, primary_key=True),
    Column("cmi", Json, nullable=False),
    Column("session", Integer, nullable=False, comment="of the newest commit in it"),
    Column("sequence", Integer, nullable=False, comment="of the newest commit in it"),
    Column("seconds", Float, nullable=False, comment="that sittings before this one took"),
    Column("session_seconds", Float, nullable=False, comment="that the newest sitting took so far"),
    Column("is_terminated", Boolean, nullable=False),
    Column("told", Json, nullable=False, comment="what statements have told of it so far"),
)

# Where an attempt stands as a whole; the texts are the player's own.
scorm_position = Table(
    "scorm_position",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("attempt_id", Uuid, primary_key=True),
    Column("session", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("current", ITEM),
    Column("sequencing", Text),
    Column("globals", Text),
)

# Every commit as it came. No foreign key: each would lock its sitting's row, and who may commit was shown by a ticket.
# A body of less than a page stays in its row: PostgreSQL would put it beside, above two kilobytes, at the price of a second row.
scorm_commit = Table(
    "scorm_commit",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("attempt_id", Uuid, primary_key=True),
    Column("session", Integer, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("item", ITEM, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("body", Text, nullable=False, comment="as it came"),
    postgresql_with={"toast_tuple_target": 8160},
)

# What attempts came to, as it was handed on: the bytes that evidence digests were made of.
scorm_result = Table(
    "scorm_result",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("attempt_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("document", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
