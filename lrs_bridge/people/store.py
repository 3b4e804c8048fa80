"""Queries over persons, identifiers, relations and logins. Every one carries the tenant."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, bindparam, delete, exists, insert, or_, select, update

from lrs_bridge.db import AnyOf, Prepared, Session, as_uuid, insert_ignore
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.people.access import Role, TenantRole
from lrs_bridge.people.period import Period
from lrs_bridge.people.person import Account, Person, Relation, Tenant, TenantKind, UnknownLogin, known_as, search_key
from lrs_bridge.people.tables import (
    employment,
    local_account,
    login_session,
    login_throttle,
    person,
    person_identifier,
    role_relation,
    tenant,
    tenant_role,
    unknown_login,
)
from lrs_bridge.people.throttle import Attempts, Scope

T = TypeVar("T")

BATCH = 5000  # identifiers a query: both databases limit the number of parameters


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A browser session that has not been ended."""

    session_id: UUID
    person_id: UUID
    provider: str
    signed_in_at: datetime
    sealed_id_token: str | None


# Tenants


def insert_tenant(session: Session, new: Tenant) -> None:
    """Adds the tenant unless it is there."""
    values = {"tenant_id": new.tenant, "name": new.name, "kind": new.kind, "language": new.language, "contact": new.contact}
    session.execute(insert_ignore(session, tenant).values(values))


def find_tenants(session: Session, tenant_id: str | None = None) -> list[Tenant]:
    """All tenants by name, or the one."""
    query = select(tenant).order_by(tenant.c.name)
    if tenant_id is not None:
        query = query.where(tenant.c.tenant_id == tenant_id)
    return [Tenant(r.tenant_id, r.name, TenantKind(r.kind), r.language, r.contact) for r in session.execute(query)]


# Persons


def _person(row: Row[Any]) -> Person:
    return Person(row.person_id, row.name, row.language)


def insert_person(session: Session, tenant_id: str, new: Person, now: datetime) -> None:
    """Adds the person unless the id is there."""
    values = {"tenant_id": tenant_id, "person_id": new.person_id, "name": new.name, "language": new.language}
    key = {"name_key": search_key(new.name), "created_at": now}
    session.execute(insert_ignore(session, person).values(values | key))


def find_persons_by_id(session: Session, tenant_id: str, ids: Collection[UUID]) -> dict[UUID, Person]:
    """Those of the ids that exist in the tenant."""
    found: dict[UUID, Person] = {}
    for some in _batches(ids):
        rows = session.execute(select(person).where(person.c.tenant_id == tenant_id, person.c.person_id.in_(some)))
        found |= {row.person_id: _person(row) for row in rows}
    return found


def search_persons(session: Session, tenant_id: str, text: str, limit: int) -> list[Person]:
    """Persons by a part of the name, or by the whole value of an identifier."""
    mailbox = known_as(Identifier(IdentifierKind.MBOX, "", f"mailto:{text}"))
    of_identifier = exists().where(
        person_identifier.c.tenant_id == person.c.tenant_id,
        person_identifier.c.person_id == person.c.person_id,
        person_identifier.c.value.in_({text, text.lower(), mailbox.value}),
    )
    by_name = person.c.name_key.contains(search_key(text), autoescape=True)
    query = select(person).where(person.c.tenant_id == tenant_id, or_(by_name, of_identifier))
    return [_person(row) for row in session.execute(query.order_by(person.c.name_key, person.c.person_id).limit(limit))]


def update_language(session: Session, tenant_id: str, person_id: UUID, language: str) -> None:
    """Keeps the person's choice of language."""
    session.execute(update(person).where(_is(tenant_id, person_id)).values(language=language))


def update_blocked(session: Session, tenant_id: str, person_id: UUID, blocked_at: datetime | None) -> None:
    """Blocks the person from logging in, or lets in again (None)."""
    session.execute(update(person).where(_is(tenant_id, person_id)).values(blocked_at=blocked_at))


def is_blocked(session: Session, tenant_id: str, person_id: UUID) -> bool:
    """Whether the person may not log in; unknown persons may not."""
    row = session.execute(select(person.c.blocked_at).where(_is(tenant_id, person_id))).one_or_none()
    return row is None or row.blocked_at is not None


def _is(tenant_id: str, person_id: UUID) -> ColumnElement[bool]:
    return and_(person.c.tenant_id == tenant_id, person.c.person_id == person_id)


# Identifiers


def insert_identifiers(
    session: Session, tenant_id: str, identifiers: Iterable[Identifier], person_id: UUID, now: datetime
) -> None:
    """Links those that are free; what is taken stays with its person."""
    rows = [
        {"tenant_id": tenant_id, "kind": i.kind, "issuer": i.issuer, "value": i.value, "person_id": person_id, "linked_at": now}
        for i in identifiers
    ]
    session.execute(insert_ignore(session, person_identifier), rows)


def find_owners(session: Session, tenant_id: str, identifiers: Collection[Identifier]) -> dict[Identifier, UUID]:
    """Whose each identifier is, for those that are somebody's. Reads along the primary key."""
    wanted = set(identifiers)
    parts = {name: list({str(getattr(identifier, name)) for identifier in wanted}) for name in ("kind", "issuer", "value")}
    rows = _OWNERS.all(session, {"tenant": tenant_id, **parts})
    owners = ((Identifier(IdentifierKind(kind), issuer, value), as_uuid(person_id)) for kind, issuer, value, person_id in rows)
    return {identifier: owner for identifier, owner in owners if identifier in wanted}


_OWNERS = Prepared(
    select(person_identifier.c.kind, person_identifier.c.issuer, person_identifier.c.value, person_identifier.c.person_id).where(
        person_identifier.c.tenant_id == bindparam("tenant"),
        *(AnyOf(person_identifier.c[name], name) for name in ("kind", "issuer", "value")),
    )
)


def find_identifiers(session: Session, tenant_id: str, person_id: UUID) -> list[Identifier]:
    """All identifiers of one person, in a fixed order."""
    columns = person_identifier.c
    rows = session.execute(
        select(columns.kind, columns.issuer, columns.value)
        .where(columns.tenant_id == tenant_id, columns.person_id == person_id)
        .order_by(columns.kind, columns.issuer, columns.value)
    )
    return [Identifier(IdentifierKind(r.kind), r.issuer, r.value) for r in rows]


# Employments and roles


def insert_employment(
    session: Session, tenant_id: str, person_id: UUID, department: str, position: str, *, period: Period
) -> None:
    """Adds the employment unless it is there."""
    values = {"tenant_id": tenant_id, "person_id": person_id, "department": department, "position": position}
    dates = {"starts_on": period.starts_on, "ends_on": period.ends_on}
    session.execute(insert_ignore(session, employment).values(values | dates))


def insert_role_relation(
    session: Session, tenant_id: str, resident_id: UUID, person_id: UUID, role: Role, *, period: Period
) -> None:
    """Adds the relation unless one that starts the same day is there."""
    values = {"tenant_id": tenant_id, "resident_id": resident_id, "person_id": person_id, "role": role}
    dates = {"starts_on": period.starts_on, "ends_on": period.ends_on}
    session.execute(insert_ignore(session, role_relation).values(values | dates))


def insert_tenant_role(session: Session, tenant_id: str, person_id: UUID, role: TenantRole, period: Period) -> None:
    """Adds the role unless one that starts the same day is there."""
    values = {"tenant_id": tenant_id, "person_id": person_id, "role": role}
    dates = {"starts_on": period.starts_on, "ends_on": period.ends_on}
    session.execute(insert_ignore(session, tenant_role).values(values | dates))


def _relation_holds(day: date) -> ColumnElement[bool]:
    return and_(role_relation.c.starts_on <= day, or_(role_relation.c.ends_on.is_(None), role_relation.c.ends_on >= day))


def find_followers(session: Session, tenant_id: str, resident_id: UUID, day: date, roles: Collection[Role]) -> list[Relation]:
    """Who follows the resident on that day, by name."""
    other = and_(person.c.tenant_id == role_relation.c.tenant_id, person.c.person_id == role_relation.c.person_id)
    query = (
        select(person, role_relation.c.role)
        .join(role_relation, other)
        .where(role_relation.c.tenant_id == tenant_id, role_relation.c.resident_id == resident_id)
        .where(_relation_holds(day), role_relation.c.role.in_(roles))
        .order_by(person.c.name_key, person.c.person_id, role_relation.c.role)
        .distinct()
    )
    return [Relation(_person(row), Role(row.role)) for row in session.execute(query)]


def find_followed(session: Session, tenant_id: str, person_id: UUID, day: date, roles: Collection[Role]) -> list[Relation]:
    """Whom the person follows on that day, by name."""
    other = and_(person.c.tenant_id == role_relation.c.tenant_id, person.c.person_id == role_relation.c.resident_id)
    query = (
        select(person, role_relation.c.role)
        .join(role_relation, other)
        .where(role_relation.c.tenant_id == tenant_id, role_relation.c.person_id == person_id)
        .where(_relation_holds(day), role_relation.c.role.in_(roles))
        .order_by(person.c.name_key, person.c.person_id, role_relation.c.role)
        .distinct()
    )
    return [Relation(_person(row), Role(row.role)) for row in session.execute(query)]


def find_roles_towards(session: Session, tenant_id: str, person_id: UUID, resident_id: UUID, day: date) -> frozenset[Role]:
    """The person's roles towards the resident on that day."""
    query = select(role_relation.c.role).where(
        role_relation.c.tenant_id == tenant_id,
        role_relation.c.resident_id == resident_id,
        role_relation.c.person_id == person_id,
        _relation_holds(day),
    )
    return frozenset(Role(role) for role in session.scalars(query))


def find_roles_of(session: Session, tenant_id: str, person_id: UUID, day: date) -> frozenset[Role]:
    """The roles that the person has towards anybody on that day."""
    query = select(role_relation.c.role).where(
        role_relation.c.tenant_id == tenant_id, role_relation.c.person_id == person_id, _relation_holds(day)
    )
    return frozenset(Role(role) for role in session.scalars(query.distinct()))


def is_or_was_resident(session: Session, tenant_id: str, person_id: UUID) -> bool:
    """Whether anybody follows, followed or will follow the person."""
    query = select(role_relation.c.role).where(role_relation.c.tenant_id == tenant_id, role_relation.c.resident_id == person_id)
    return session.execute(query.limit(1)).first() is not None


def find_with_role(session: Session, tenant_id: str, role: TenantRole, day: date) -> list[UUID]:
    """Who has the role on that day, whoever has had it for longest first."""
    query = select(tenant_role.c.person_id).where(
        tenant_role.c.tenant_id == tenant_id,
        tenant_role.c.role == role,
        tenant_role.c.starts_on <= day,
        or_(tenant_role.c.ends_on.is_(None), tenant_role.c.ends_on >= day),
    )
    return list(session.execute(query.order_by(tenant_role.c.starts_on, tenant_role.c.person_id)).scalars())


def find_tenant_roles(session: Session, tenant_id: str, person_id: UUID, day: date) -> frozenset[TenantRole]:
    """The person's roles in the tenant on that day."""
    query = select(tenant_role.c.role).where(
        tenant_role.c.tenant_id == tenant_id,
        tenant_role.c.person_id == person_id,
        tenant_role.c.starts_on <= day,
        or_(tenant_role.c.ends_on.is_(None), tenant_role.c.ends_on >= day),
    )
    return frozenset(TenantRole(role) for role in session.scalars(query))


# Local accounts


def find_account(session: Session, tenant_id: str, username: str) -> Account | None:
    """The local account of that user name (in its stored form), unless its person is blocked."""
    whose = and_(person.c.tenant_id == local_account.c.tenant_id, person.c.person_id == local_account.c.person_id)
    query = (
        select(local_account)
        .join(person, whose)
        .where(local_account.c.tenant_id == tenant_id, local_account.c.username == username, person.c.blocked_at.is_(None))
    )
    row = session.execute(query).one_or_none()
    return None if row is None else Account(row.username, row.person_id, row.password_hash)


def find_any_account(session: Session, tenant_id: str, username: str) -> Account | None:
    """The local account of that user name, blocked or not."""
    query = select(local_account).where(local_account.c.tenant_id == tenant_id, local_account.c.username == username)
    row = session.execute(query).one_or_none()
    return None if row is None else Account(row.username, row.person_id, row.password_hash)


def insert_account(session: Session, tenant_id: str, account: Account, now: datetime) -> None:
    """Adds a local account."""
    values = {"tenant_id": tenant_id, "username": account.username, "person_id": account.person_id}
    secret = {"password_hash": account.password_hash, "changed_at": now}
    session.execute(insert(local_account).values(values | secret))


def update_password(session: Session, tenant_id: str, account: Account, now: datetime) -> None:
    """Replaces the password hash of a local account."""
    session.execute(
        update(local_account)
        .where(local_account.c.tenant_id == tenant_id, local_account.c.username == account.username)
        .values(password_hash=account.password_hash, changed_at=now)
    )


# Throttle


def get_attempts(session: Session, tenant_id: str, scope: Scope, subject: str) -> Attempts | None:
    """The failures counted so far."""
    columns = login_throttle.c
    query = select(columns.failures, columns.last_at).where(_throttled(tenant_id, scope, subject))
    row = session.execute(query).one_or_none()
    return None if row is None else Attempts(row.failures, row.last_at)


def put_attempts(session: Session, tenant_id: str, scope: Scope, subject: str, attempts: Attempts) -> None:
    """Keeps the count. The caller holds the throttle's lock."""
    values = {"failures": attempts.failures, "last_at": attempts.last_at}
    key = {"tenant_id": tenant_id, "scope": scope, "subject": subject}
    session.execute(insert_ignore(session, login_throttle).values(key | values))
    session.execute(update(login_throttle).where(_throttled(tenant_id, scope, subject)).values(values))


def delete_attempts(session: Session, tenant_id: str, scope: Scope, subject: str) -> None:
    """Forgets one count."""
    session.execute(delete(login_throttle).where(_throttled(tenant_id, scope, subject)))


def delete_attempts_before(session: Session, tenant_id: str, at: datetime) -> None:
    """Forgets all counts whose last failure is older."""
    session.execute(delete(login_throttle).where(login_throttle.c.tenant_id == tenant_id, login_throttle.c.last_at < at))


def _throttled(tenant_id: str, scope: Scope, subject: str) -> ColumnElement[bool]:
    columns = login_throttle.c
    return and_(columns.tenant_id == tenant_id, columns.scope == scope, columns.subject == subject)


# Sessions


def insert_session(session: Session, tenant_id: str, new: OpenSession) -> None:
    """Opens a browser session."""
    session.execute(
        insert(login_session).values(
            tenant_id=tenant_id,
            session_id=new.session_id,
            person_id=new.person_id,
            provider=new.provider,
            signed_in_at=new.signed_in_at,
            sealed_id_token=new.sealed_id_token,
        )
    )


def find_session(session: Session, tenant_id: str, session_id: UUID) -> OpenSession | None:
    """The session, if it is open."""
    columns = login_session.c
    row = session.execute(
        select(login_session).where(columns.tenant_id == tenant_id, columns.session_id == session_id)
    ).one_or_none()
    return (
        None if row is None else OpenSession(row.session_id, row.person_id, row.provider, row.signed_in_at, row.sealed_id_token)
    )


def find_session_ids(session: Session, tenant_id: str, person_id: UUID) -> frozenset[UUID]:
    """The person's open sessions."""
    columns = login_session.c
    query = select(columns.session_id).where(columns.tenant_id == tenant_id, columns.person_id == person_id)
    return frozenset(session.scalars(query))


def delete_session(session: Session, tenant_id: str, session_id: UUID) -> None:
    """Ends one session."""
    columns = login_session.c
    session.execute(delete(login_session).where(columns.tenant_id == tenant_id, columns.session_id == session_id))


def delete_sessions_of(session: Session, tenant_id: str, person_id: UUID) -> None:
    """Ends all sessions of a person."""
    columns = login_session.c
    session.execute(delete(login_session).where(columns.tenant_id == tenant_id, columns.person_id == person_id))


def delete_sessions_before(session: Session, tenant_id: str, at: datetime) -> None:
    """Ends the sessions that were opened earlier."""
    columns = login_session.c
    session.execute(delete(login_session).where(columns.tenant_id == tenant_id, columns.signed_in_at < at))


# Unknown logins


def count_unknown_login(session: Session, tenant_id: str, login: UnknownLogin) -> None:
    """Adds the login to the list, or counts it once more with what it now claims."""
    columns = unknown_login.c
    key = {"tenant_id": tenant_id, "issuer": login.subject.issuer, "subject": login.subject.value}
    claims = {"provider": login.provider, "name": login.name, "hpr_number": login.hpr_number, "last_at": login.last_at}
    session.execute(insert_ignore(session, unknown_login).values(key | claims | {"first_at": login.first_at, "times": 0}))
    same = and_(columns.tenant_id == tenant_id, columns.issuer == login.subject.issuer, columns.subject == login.subject.value)
    session.execute(update(unknown_login).where(same).values(claims | {"times": columns.times + 1}))


def find_unknown_logins(session: Session, tenant_id: str, limit: int) -> list[UnknownLogin]:
    """The list, newest first."""
    columns = unknown_login.c
    query = select(unknown_login).where(columns.tenant_id == tenant_id).order_by(columns.last_at.desc()).limit(limit)
    return [
        UnknownLogin(
            Identifier(IdentifierKind.OIDC_SUBJECT, r.issuer, r.subject),
            r.provider,
            r.name,
            r.hpr_number,
            r.first_at,
            r.last_at,
            r.times,
        )
        for r in session.execute(query)
    ]


def delete_unknown_login(session: Session, tenant_id: str, subject: Identifier) -> None:
    """Takes a login off the list: the subject is known now, or set aside."""
    columns = unknown_login.c
    session.execute(
        delete(unknown_login).where(
            columns.tenant_id == tenant_id, columns.issuer == subject.issuer, columns.subject == subject.value
        )
    )


def _batches(items: Collection[T]) -> Iterable[list[T]]:
    in_order = list(items)
    return (in_order[start : start + BATCH] for start in range(0, len(in_order), BATCH))
