"""Tables of persons, their identifiers and relations, and of logging in."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Table, Text, Uuid

from lrs_bridge.db import UtcDateTime, metadata

TENANT = String(64)
NAME = String(200)


def _of_person(column: str = "person_id") -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", column], ["person.tenant_id", "person.person_id"])


tenant = Table(
    "tenant",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("name", NAME, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("language", String(2), nullable=False),
    Column("contact", String(500)),
)

person = Table(
    "person",
    metadata,
    Column("tenant_id", TENANT, ForeignKey("tenant.tenant_id"), primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    Column("name", NAME, nullable=False),
    Column("name_key", NAME, nullable=False),
    Column("language", String(2)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("blocked_at", UtcDateTime),
    Index(None, "tenant_id", "name_key"),
)

person_identifier = Table(
    "person_identifier",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("issuer", String(2048), primary_key=True),
    Column("value", String(2048), primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("linked_at", UtcDateTime, nullable=False),
    _of_person(),
    Index(None, "tenant_id", "person_id"),
)

employment = Table(
    "employment",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    Column("department", NAME, primary_key=True),
    Column("position", NAME, primary_key=True),
    Column("starts_on", Date, primary_key=True),
    Column("ends_on", Date),
    _of_person(),
)

role_relation = Table(
    "role_relation",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("resident_id", Uuid, primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    Column("role", String(20), primary_key=True),
    Column("starts_on", Date, primary_key=True),
    Column("ends_on", Date),
    _of_person("resident_id"),
    _of_person(),
    Index(None, "tenant_id", "person_id"),
    CheckConstraint("resident_id <> person_id", name="not_to_oneself"),
)

tenant_role = Table(
    "tenant_role",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    Column("role", String(20), primary_key=True),
    Column("starts_on", Date, primary_key=True),
    Column("ends_on", Date),
    _of_person(),
)

local_account = Table(
    "local_account",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("username", String(100), primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("password_hash", String(300), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    _of_person(),
)

login_throttle = Table(
    "login_throttle",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),  # empty for addresses: one that guesses is slowed in every tenant
    Column("scope", String(10), primary_key=True),
    Column("subject", String(100), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
)

login_session = Table(
    "login_session",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("session_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("provider", String(64), nullable=False),
    Column("signed_in_at", UtcDateTime, nullable=False),
    Column("sealed_id_token", Text),
    _of_person(),
    Index(None, "tenant_id", "person_id"),
    Index(None, "tenant_id", "signed_in_at"),
)

unknown_login = Table(
    "unknown_login",
    metadata,
    Column("tenant_id", TENANT, ForeignKey("tenant.tenant_id"), primary_key=True),
    Column("issuer", String(1000), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("provider", String(64), nullable=False),
    Column("name", NAME),
    Column("hpr_number", String(20)),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("times", Integer, nullable=False),
)
