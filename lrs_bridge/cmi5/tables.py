"""Tables of cmi5: courses, registrations, how far each has come, and the sessions of AUs."""

from sqlalchemy import Boolean, Column, Float, ForeignKeyConstraint, Index, Integer, String, Table, Text, Uuid, text

from lrs_bridge.db import Json, UtcDateTime, metadata

TENANT = String(64)
WORD = String(40)
NAME = String(255)
KEY = String(64)  # SHA-256 in hexadecimal digits
_open = text("state in ('launched', 'active')")


def _of_registration() -> ForeignKeyConstraint:
    columns = ["tenant_id", "registration"]
    return ForeignKeyConstraint(columns, [f"cmi5_registration.{name}" for name in columns])


# One version of a course's package; its structure never changes.
course = Table(
    "cmi5_course",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("course_id", Uuid, primary_key=True),
    Column("iri", Text, nullable=False, comment="the course's own; ids of AUs and blocks begin with it"),
    Column("asserted_by", NAME, nullable=False, comment="whom completions are shown to come from"),
    Column("structure", Text, nullable=False, comment="course.CourseStructure in JSON"),
    Column("added_at", UtcDateTime, nullable=False),
)

# A learner's enrolment. Whoever changes anything of it holds its row.
registration = Table(
    "cmi5_registration",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("registration", Uuid, primary_key=True),
    Column("course_id", Uuid, nullable=False),
    Column("account_home_page", Text, nullable=False),
    Column("account_name", Text, nullable=False),
    Column("learner_name", NAME),
    Column("registered_at", UtcDateTime, nullable=False),
    Column("outcome", Json, comment="as it was told last"),
    Column("evidence", Text, comment="the Satisfied statement of the course, as stored"),
    Index(None, "tenant_id", "course_id"),
    ForeignKeyConstraint(["tenant_id", "course_id"], ["cmi5_course.tenant_id", "cmi5_course.course_id"]),
)

# An AU in a registration, once something is known of it. ``unit`` is its place among the AUs, from 0.
au_state = Table(
    "cmi5_au_state",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("registration", Uuid, primary_key=True),
    Column("unit", Integer, primary_key=True, autoincrement=False),
    Column("completed", Boolean, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("failed", Boolean, nullable=False),
    Column("waived", Boolean, nullable=False),
    Column("ended", Boolean, nullable=False, comment="a session in launch mode Normal was begun and ended"),
    Column("score", Json, comment="the best that was judged"),
    Column("changed_at", UtcDateTime, nullable=False),
    _of_registration(),
)

# What was told to be satisfied. ``block`` is its place among the blocks, from 0; -1 is the course.
satisfied = Table(
    "cmi5_satisfied",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("registration", Uuid, primary_key=True),
    Column("block", Integer, primary_key=True, autoincrement=False),
    Column("satisfied_at", UtcDateTime, nullable=False),
    _of_registration(),
)

# The launch of an AU. Times marked so are the AU's own.
au_session = Table(
    "cmi5_session",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("session_id", Uuid, primary_key=True),
    Column("registration", Uuid, nullable=False),
    Column("unit", Integer, nullable=False),
    Column("activity_id", Text, nullable=False),
    Column("publisher_id", Text, nullable=False),
    Column("mode", WORD, nullable=False),
    Column("move_on", WORD, nullable=False),
    Column("mastery_score", Float),
    Column("state", WORD, nullable=False),
    Column("launched_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("preferences_read", Boolean, nullable=False),
    Column("judged", Boolean, nullable=False),
    Column("initialized_at", UtcDateTime, comment="as the AU says"),
    Column("latest_at", UtcDateTime, comment="the latest timestamp that the AU said"),
    Column("terminated_at", UtcDateTime, comment="as the AU says"),
    Column("ended_at", UtcDateTime),
    Column("fetch_hash", KEY, nullable=False, comment="of the fetch URL's secret"),
    Column("fetched_at", UtcDateTime),
    Column("secret_hash", KEY, comment="of the auth-token's secret, once it was fetched"),
    Index(None, "tenant_id", "registration"),
    Index("ix_cmi5_session_open", "tenant_id", "seen_at", postgresql_where=_open, sqlite_where=_open),
    _of_registration(),
)
