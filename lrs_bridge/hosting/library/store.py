"""Hosted courses and their versions in the database."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, insert, select, update

from lrs_bridge.db import Session
from lrs_bridge.hosting.hosted import HostedCourse, Policy
from lrs_bridge.hosting.tables import hosted_course, hosted_version
from lrs_bridge.plans.tables import course


def insert_hosted(session: Session, tenant: str, new: HostedCourse) -> None:
    """Adds a hosted course."""
    values = {"tenant_id": tenant, "hosted_id": new.hosted_id, "course_id": new.course_id, "added_at": new.added_at}
    session.execute(insert(hosted_course), {**values, **_policy(new.policy)})


def set_policy(session: Session, tenant: str, hosted_id: UUID, policy: Policy) -> None:
    """Keeps how the course is taken from now on."""
    query = update(hosted_course).where(hosted_course.c.tenant_id == tenant, hosted_course.c.hosted_id == hosted_id)
    session.execute(query.values(_policy(policy)))


def _policy(policy: Policy) -> dict[str, Any]:
    return {
        "most_attempts": policy.most_attempts,
        "is_open": policy.is_open,
        "review_on": policy.review_on,
        "finish_completes": policy.finish_completes,
    }


def find_hosted(session: Session, tenant: str, ids: Collection[UUID]) -> dict[UUID, HostedCourse]:
    """The hosted courses with those ids."""
    query = select(hosted_course).where(hosted_course.c.tenant_id == tenant, hosted_course.c.hosted_id.in_(ids))
    return {row.hosted_id: _hosted(row) for row in session.execute(query)}


def find_by_courses(session: Session, tenant: str, course_ids: Collection[UUID]) -> dict[UUID, HostedCourse]:
    """Those of the register's courses that are hosted here, by course."""
    query = select(hosted_course).where(hosted_course.c.tenant_id == tenant, hosted_course.c.course_id.in_(course_ids))
    return {row.course_id: _hosted(row) for row in session.execute(query)}


def search(  # noqa: PLR0917  a page of a search
    session: Session, tenant: str, words: str, owner_id: UUID | None, limit: int, offset: int = 0
) -> list[tuple[HostedCourse, str, UUID]]:
    """Hosted courses whose title holds the words, by title, each with its title and owner; of one owner unless None."""
    query = _titled(tenant)
    if words:
        query = query.where(course.c.title.icontains(words, autoescape=True))
    if owner_id is not None:
        query = query.where(course.c.owner_id == owner_id)
    rows = session.execute(query.order_by(course.c.title, course.c.course_id).limit(limit).offset(offset))
    return [(_hosted(row), row.title, row.owner_id) for row in rows]


def _titled(tenant: str) -> Select[Any]:
    joined = hosted_course.join(
        course, (course.c.tenant_id == hosted_course.c.tenant_id) & (course.c.course_id == hosted_course.c.course_id)
    )
    return select(hosted_course, course.c.title, course.c.owner_id).select_from(joined).where(hosted_course.c.tenant_id == tenant)


def _hosted(row: Row[Any]) -> HostedCourse:
    policy = Policy(row.most_attempts, row.is_open, row.review_on, row.finish_completes)
    return HostedCourse(row.hosted_id, row.course_id, policy, row.added_at)


def insert_version(  # noqa: PLR0917  a row
    session: Session, tenant: str, hosted_id: UUID, number: int, package_id: UUID, now: datetime, added_by: UUID | None
) -> None:
    """Adds a version."""
    values = {"hosted_id": hosted_id, "number": number, "package_id": package_id, "added_at": now, "added_by": added_by}
    session.execute(insert(hosted_version), {"tenant_id": tenant, **values})


def find_versions(session: Session, tenant: str, hosted_ids: Collection[UUID]) -> list[tuple[UUID, int, UUID, datetime]]:
    """All versions of these courses: course, number, package, and when it was added; the newest first."""
    query = select(hosted_version).where(hosted_version.c.tenant_id == tenant, hosted_version.c.hosted_id.in_(hosted_ids))
    rows = session.execute(query.order_by(hosted_version.c.hosted_id, hosted_version.c.number.desc()))
    return [(row.hosted_id, row.number, row.package_id, row.added_at) for row in rows]


def newest_number(session: Session, tenant: str, hosted_id: UUID) -> int:
    """The number of the newest version, 0 when there is none."""
    query = select(func.max(hosted_version.c.number)).where(
        hosted_version.c.tenant_id == tenant, hosted_version.c.hosted_id == hosted_id
    )
    return session.execute(query).scalar() or 0
