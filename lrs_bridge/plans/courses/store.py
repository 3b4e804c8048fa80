"""Courses, their aliases and their mappings in the database."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, bindparam, func, insert, select, update

from lrs_bridge.db import AnyOf, Prepared, Session, as_uuid, insert_ignore
from lrs_bridge.plans.claim import course_key
from lrs_bridge.plans.mapping import Alias, Course, Mapping, Policy, Requirement
from lrs_bridge.plans.tables import course, course_alias, course_mapping

BATCH = 5000


def _course(row: Row[Any]) -> Course:
    return Course(row.course_id, row.iri, row.title, row.version, row.owner_id)


def _mapping(row: Row[Any]) -> Mapping:
    return Mapping(
        row.mapping_id,
        row.course_id,
        row.activity_id,
        Policy(row.policy),
        Requirement(row.requirement),
        row.minimum_score,
        row.validity_months,
        row.version,
        tuple(row.sources),
    )


def insert_course(session: Session, tenant: str, new: Course, now: datetime) -> None:
    """Adds a course, without its aliases."""
    row = {"course_id": new.course_id, "iri": new.iri, "title": new.title, "version": new.version, "owner_id": new.owner_id}
    session.execute(insert_ignore(session, course), {"tenant_id": tenant, **row, "added_at": now})


def insert_alias(session: Session, tenant: str, course_id: UUID, alias: Alias, now: datetime) -> None:
    """Adds an IRI unless it is some course's already."""
    row = {"course_key": course_key(alias.iri), "iri": alias.iri, "course_id": course_id, "known_to": alias.known_to}
    session.execute(insert_ignore(session, course_alias), {"tenant_id": tenant, **row, "added_at": now})


def find_course_ids(session: Session, tenant: str, iris: Collection[str]) -> dict[str, UUID]:
    """Which course each IRI names, for those that name one."""
    keys = {course_key(iri): iri for iri in iris}
    rows = _COURSES_BY_KEY.all(session, {"tenant": tenant, "keys": list(keys)})
    return {keys[key]: as_uuid(course_id) for key, course_id in rows}


_COURSES_BY_KEY = Prepared(
    select(course_alias.c.course_key, course_alias.c.course_id).where(
        course_alias.c.tenant_id == bindparam("tenant"), AnyOf(course_alias.c.course_key, "keys")
    )
)


def find_courses(session: Session, tenant: str, ids: Collection[UUID]) -> dict[UUID, Course]:
    """The courses with those ids."""
    query = select(course).where(course.c.tenant_id == tenant, course.c.course_id.in_(ids))
    return {row.course_id: _course(row) for row in session.execute(query)}


def search_courses(session: Session, tenant: str, text: str, limit: int, offset: int) -> list[Course]:
    """Courses whose title or one of whose IRIs holds the text, by title."""
    query = select(course).where(course.c.tenant_id == tenant, *_matches(tenant, text))
    rows = session.execute(query.order_by(course.c.title, course.c.course_id).limit(limit).offset(offset))
    return [_course(row) for row in rows]


def _matches(tenant: str, text: str) -> list[Any]:
    if not text:
        return []
    by_iri = select(course_alias.c.course_id).where(
        course_alias.c.tenant_id == tenant, course_alias.c.iri.icontains(text, autoescape=True)
    )
    return [course.c.title.icontains(text, autoescape=True) | course.c.course_id.in_(by_iri)]


def find_aliases(session: Session, tenant: str, course_ids: Collection[UUID]) -> dict[UUID, list[Alias]]:
    """The IRIs of each course, the oldest first."""
    query = select(course_alias).where(course_alias.c.tenant_id == tenant, course_alias.c.course_id.in_(course_ids))
    found: dict[UUID, list[Alias]] = defaultdict(list)
    for row in session.execute(query.order_by(course_alias.c.added_at, course_alias.c.iri)):
        found[row.course_id].append(Alias(row.iri, row.known_to))
    return found


def _current(tenant: str) -> Select[Any]:
    return select(course_mapping).where(course_mapping.c.tenant_id == tenant, course_mapping.c.retired_at.is_(None))


def find_mappings_of_courses(session: Session, tenant: str, course_ids: Collection[UUID]) -> list[Mapping]:
    """The mappings of these courses that are in force."""
    query = _current(tenant).where(course_mapping.c.course_id.in_(course_ids))
    return [_mapping(row) for row in session.execute(query.order_by(course_mapping.c.mapping_id))]


def find_mappings_of_activities(session: Session, tenant: str, activity_ids: Collection[UUID]) -> list[Mapping]:
    """The mappings to these activities that are in force."""
    query = _current(tenant).where(course_mapping.c.activity_id.in_(activity_ids))
    return [_mapping(row) for row in session.execute(query.order_by(course_mapping.c.mapping_id))]


def find_mappings(session: Session, tenant: str, mapping_ids: Collection[UUID]) -> dict[UUID, Mapping]:
    """Mappings by id, in force or not."""
    query = select(course_mapping).where(course_mapping.c.tenant_id == tenant, course_mapping.c.mapping_id.in_(mapping_ids))
    return {row.mapping_id: _mapping(row) for row in session.execute(query)}


def find_history(session: Session, tenant: str, course_id: UUID) -> list[tuple[Mapping, datetime, datetime | None]]:
    """Every version of a course's mappings, the newest first: the mapping, since when, and until when it was in force."""
    query = select(course_mapping).where(course_mapping.c.tenant_id == tenant, course_mapping.c.course_id == course_id)
    rows = session.execute(query.order_by(course_mapping.c.added_at.desc(), course_mapping.c.version.desc()))
    return [(_mapping(row), row.added_at, row.retired_at) for row in rows]


def newest_version(session: Session, tenant: str, course_id: UUID, activity_id: UUID) -> int:
    """The number of the newest version of this mapping, 0 when there has been none."""
    query = select(func.max(course_mapping.c.version)).where(
        course_mapping.c.tenant_id == tenant,
        course_mapping.c.course_id == course_id,
        course_mapping.c.activity_id == activity_id,
    )
    return session.execute(query).scalar() or 0


def retire_mappings(session: Session, tenant: str, course_id: UUID, activity_id: UUID, now: datetime) -> int:
    """Takes the mapping out of force; the number of versions that this concerned."""
    query = update(course_mapping).where(
        course_mapping.c.tenant_id == tenant,
        course_mapping.c.course_id == course_id,
        course_mapping.c.activity_id == activity_id,
        course_mapping.c.retired_at.is_(None),
    )
    return session.execute(query.values(retired_at=now)).rowcount


def insert_mapping(session: Session, tenant: str, new: Mapping, now: datetime) -> None:
    """Adds a version of a mapping."""
    row = {
        "mapping_id": new.mapping_id,
        "course_id": new.course_id,
        "activity_id": new.activity_id,
        "version": new.version,
        "policy": new.policy,
        "requirement": new.requirement,
        "minimum_score": new.minimum_score,
        "validity_months": new.validity_months,
        "sources": list(new.sources),
    }
    session.execute(insert(course_mapping), {"tenant_id": tenant, **row, "added_at": now})
