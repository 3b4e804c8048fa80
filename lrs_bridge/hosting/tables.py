"""Hosted courses, their versions, the attempts at them, and where they were dispatched to."""

from sqlalchemy import (
    Boolean,
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
WORD = String(40)
TITLE = String(300)

hosted_course = Table(
    "hosted_course",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("hosted_id", Uuid, primary_key=True),
    Column("course_id", Uuid, nullable=False),
    Column("review_on", Date, comment="when its owner looks at it anew"),
    Column("most_attempts", Integer, comment="of one learner; NULL: any number"),
    Column("is_open", Boolean, nullable=False, comment="whether new attempts begin"),
    Column("finish_completes", Boolean, nullable=False, comment="whether a course that tells no status is completed once ended"),
    Column("added_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["tenant_id", "course_id"], ["course.tenant_id", "course.course_id"]),
    UniqueConstraint("tenant_id", "course_id"),
)

hosted_version = Table(
    "hosted_version",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("hosted_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("package_id", Uuid, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("added_by", Uuid),
    ForeignKeyConstraint(["tenant_id", "hosted_id"], ["hosted_course.tenant_id", "hosted_course.hosted_id"]),
    ForeignKeyConstraint(["tenant_id", "package_id"], ["package.tenant_id", "package.package_id"]),
    UniqueConstraint("tenant_id", "package_id"),
)

dispatch_destination = Table(
    "dispatch_destination",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("destination_id", Uuid, primary_key=True),
    Column("hosted_id", Uuid, nullable=False),
    Column("name", TITLE, nullable=False),
    Column("edition", WORD, nullable=False, comment="of the package that is imported there"),
    Column("hides_learners", Boolean, nullable=False, comment="whether ids come as digests, and no names"),
    Column("most_learners", Integer, comment="NULL: any number"),
    Column("added_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    ForeignKeyConstraint(["tenant_id", "hosted_id"], ["hosted_course.tenant_id", "hosted_course.hosted_id"]),
    Index(None, "tenant_id", "hosted_id"),
)

# One learner's go at a course; its id is the registration of xAPI.
attempt = Table(
    "attempt",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("attempt_id", Uuid, primary_key=True),
    Column("hosted_id", Uuid, nullable=False),
    Column("package_id", Uuid, nullable=False),
    Column("learner_key", String(64), nullable=False),
    Column("learner_kind", WORD, nullable=False),
    Column("learner_issuer", Text, nullable=False),
    Column("learner_value", Text, nullable=False),
    Column("learner_name", TITLE, nullable=False),
    Column("person_id", Uuid, comment="of ours, if the learner is one"),
    Column("destination_id", Uuid, comment="where it is dispatched to, if it is"),
    Column("number", Integer, nullable=False, comment="of the learner's attempts at this course"),
    Column("mode", WORD, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime, comment="once another attempt took its place"),
    Column("outcome", Json, nullable=False),
    Column("progress", Float, comment="from 0 to 1, where it is known"),
    ForeignKeyConstraint(["tenant_id", "hosted_id"], ["hosted_course.tenant_id", "hosted_course.hosted_id"]),
    ForeignKeyConstraint(["tenant_id", "package_id"], ["package.tenant_id", "package.package_id"]),
    ForeignKeyConstraint(["tenant_id", "person_id"], ["person.tenant_id", "person.person_id"]),
    UniqueConstraint("tenant_id", "hosted_id", "learner_key", "mode", "number"),
    Index(None, "tenant_id", "hosted_id", "changed_at"),
    Index(None, "tenant_id", "person_id"),
)
