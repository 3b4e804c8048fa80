"""Tables of plans, courses, completions and activity records."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from lrs_bridge.db import Json, UtcDateTime, metadata

TENANT = String(64)
KEY = String(64)
WORD = String(40)
TITLE = String(300)
DIGEST = String(72)


def _belongs_to(table: str, *columns: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", *columns], [f"{table}.tenant_id", *(f"{table}.{column}" for column in columns)])


objective = Table(
    "learning_objective",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("objective_id", Uuid, primary_key=True),
    Column("code", WORD, nullable=False),
    Column("version", WORD, nullable=False),
    Column("title", Text, nullable=False),
    Column("theme", TITLE, nullable=False),
    UniqueConstraint("tenant_id", "code", "version"),
)

activity = Table(
    "learning_activity",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("activity_id", Uuid, primary_key=True),
    Column("title", TITLE, nullable=False),
    Column("kind", WORD, nullable=False),
    Column("mode", String(2), nullable=False),
    Column("rule", WORD, nullable=False),
    CheckConstraint("mode in ('70', '20', '10')", name="mode"),
    Index(None, "tenant_id", "title"),
)

objective_activity = Table(
    "objective_activity",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("objective_id", Uuid, primary_key=True),
    Column("activity_id", Uuid, primary_key=True),
    Column("position", Integer, nullable=False),
    _belongs_to("learning_objective", "objective_id"),
    _belongs_to("learning_activity", "activity_id"),
    Index(None, "tenant_id", "activity_id"),
)

plan = Table(
    "objective_plan",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("title", TITLE, nullable=False),
    Column("assigned_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["tenant_id", "person_id"], ["person.tenant_id", "person.person_id"]),
    Index(None, "tenant_id", "person_id"),
)

plan_objective = Table(
    "plan_objective",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    Column("objective_id", Uuid, primary_key=True),
    Column("position", Integer, nullable=False),
    _belongs_to("objective_plan", "plan_id"),
    _belongs_to("learning_objective", "objective_id"),
    Index(None, "tenant_id", "objective_id"),
)

course = Table(
    "course",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("course_id", Uuid, primary_key=True),
    Column("iri", Text, nullable=False),
    Column("title", TITLE, nullable=False),
    Column("version", WORD, nullable=False),
    Column("owner_id", Uuid, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["tenant_id", "owner_id"], ["person.tenant_id", "person.person_id"]),
    Index(None, "tenant_id", "title"),
)

# Every IRI that a course is known by, its own included: one look-up finds it, one key keeps IRIs from naming two courses.
course_alias = Table(
    "course_alias",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("course_key", KEY, primary_key=True),
    Column("iri", Text, nullable=False),
    Column("course_id", Uuid, nullable=False),
    Column("known_to", TITLE, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    _belongs_to("course", "course_id"),
    Index(None, "tenant_id", "course_id"),
)

course_mapping = Table(
    "course_mapping",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("mapping_id", Uuid, primary_key=True),
    Column("course_id", Uuid, nullable=False),
    Column("activity_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("policy", WORD, nullable=False),
    Column("requirement", WORD, nullable=False),
    Column("minimum_score", Float),
    Column("validity_months", Integer),
    Column("sources", Json, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("retired_at", UtcDateTime),
    _belongs_to("course", "course_id"),
    _belongs_to("learning_activity", "activity_id"),
    UniqueConstraint("tenant_id", "course_id", "activity_id", "version"),
)

completion = Table(
    "completion",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("source", WORD, primary_key=True),
    Column("source_id", String(200), primary_key=True),
    Column("learner_key", KEY, nullable=False),
    Column("learner_kind", WORD, nullable=False),
    Column("learner_issuer", Text, nullable=False),
    Column("learner_value", Text, nullable=False),
    Column("learner_name", TITLE),
    Column("course_key", KEY, nullable=False),
    Column("course_iri", Text, nullable=False),
    Column("course_name", TITLE),
    Column("registration", Uuid),
    Column("outcome", Json, nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("asserted_by", TITLE, nullable=False),
    Column("digest", DIGEST),
    Column("person_id", Uuid),
    Column("course_id", Uuid),
    Column("revision", Integer, nullable=False),
    Column("retracted_at", UtcDateTime),
    Column("retraction_reason", Text),
)
Index(
    "ix_completion_known_person",
    completion.c.tenant_id,
    completion.c.person_id,
    completion.c.course_id,
    sqlite_where=completion.c.person_id.is_not(None),
    postgresql_where=completion.c.person_id.is_not(None),
)
Index(
    "ix_completion_known_course",
    completion.c.tenant_id,
    completion.c.course_id,
    sqlite_where=completion.c.course_id.is_not(None),
    postgresql_where=completion.c.course_id.is_not(None),
)
Index(
    "ix_completion_unknown_person",
    completion.c.tenant_id,
    completion.c.learner_key,
    sqlite_where=completion.c.person_id.is_(None),
    postgresql_where=completion.c.person_id.is_(None),
)
Index(
    "ix_completion_unknown_course",
    completion.c.tenant_id,
    completion.c.course_key,
    sqlite_where=completion.c.course_id.is_(None),
    postgresql_where=completion.c.course_id.is_(None),
)

# What a completion said before its source restated it.
completion_revision = Table(
    "completion_revision",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("source", WORD, primary_key=True),
    Column("source_id", String(200), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("outcome", Json, nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("digest", DIGEST),
    Column("replaced_at", UtcDateTime, nullable=False),
    _belongs_to("completion", "source", "source_id"),
)

# Unknown persons and courses that an administrator does not want to see on the work list.
set_aside = Table(
    "set_aside",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("topic", WORD, primary_key=True),
    Column("key", KEY, primary_key=True),
    Column("set_at", UtcDateTime, nullable=False),
    Column("actor_id", Uuid, nullable=False),
)

activity_record = Table(
    "activity_record",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("record_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("activity_id", Uuid, nullable=False),
    Column("state", WORD, nullable=False),
    Column("note", Text),
    Column("done_at", UtcDateTime),
    Column("sent_at", UtcDateTime),
    Column("signer_id", Uuid),
    Column("closed_at", UtcDateTime),
    Column("mapping_id", Uuid),
    Column("valid_until", Date),
    Column("supersedes", Uuid),
    Column("superseded_by", Uuid),
    Column("revision", Integer, nullable=False),
    Column("signed_revision", Integer),
    _belongs_to("learning_activity", "activity_id"),
    _belongs_to("course_mapping", "mapping_id"),
    ForeignKeyConstraint(["tenant_id", "person_id"], ["person.tenant_id", "person.person_id"]),
    Index(None, "tenant_id", "state", "sent_at"),
)
Index(
    "uq_activity_record_current",
    activity_record.c.tenant_id,
    activity_record.c.person_id,
    activity_record.c.activity_id,
    unique=True,
    sqlite_where=activity_record.c.superseded_by.is_(None),
    postgresql_where=activity_record.c.superseded_by.is_(None),
)

record_evidence = Table(
    "record_evidence",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("evidence_id", Uuid, primary_key=True),
    Column("record_id", Uuid, nullable=False),
    Column("kind", WORD, nullable=False),
    Column("source", WORD, nullable=False),
    Column("source_id", String(200), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("asserted_by", TITLE, nullable=False),
    Column("activity_iri", Text),
    Column("outcome", Json, nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("digest", DIGEST),
    Column("text", Text),
    Column("added_at", UtcDateTime, nullable=False),
    Column("record_revision", Integer, nullable=False),
    Column("retracted_at", UtcDateTime),
    Column("retraction_reason", Text),
    _belongs_to("activity_record", "record_id"),
    UniqueConstraint("tenant_id", "record_id", "source", "source_id", "revision"),
    Index(None, "tenant_id", "source", "source_id"),
)

record_event = Table(
    "record_event",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("record_id", Uuid, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("event", WORD, nullable=False),
    Column("from_state", WORD, nullable=False),
    Column("to_state", WORD, nullable=False),
    Column("actor_id", Uuid),
    Column("actor_role", WORD, nullable=False),
    Column("on_behalf_of", Uuid),
    Column("comment", Text),
    Column("at", UtcDateTime, nullable=False),
    _belongs_to("activity_record", "record_id"),
    Index(None, "tenant_id", "actor_id", "at"),
)
