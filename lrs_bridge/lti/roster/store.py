"""Queries over what is placed in a course and who is known to have it before them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update

from lrs_bridge.db import Session, insert_ignore
from lrs_bridge.lti.advantage.members import Member
from lrs_bridge.lti.launch.roles import LEARNER
from lrs_bridge.lti.placement.place import Place
from lrs_bridge.lti.tables import link, member


@dataclass(frozen=True, slots=True)
class Placed:
    """A link in a course, and the services of the platform that tell who is there."""

    link_id: UUID
    platform_id: UUID
    place: Place
    title: str | None
    course_title: str | None
    resource_link_id: str | None
    memberships_url: str | None
    groups_url: str | None


def find_placed(session: Session, tenant: str, link_id: UUID) -> Placed | None:
    """The link, or None."""
    return _placed(session, link.c.tenant_id == tenant, link.c.link_id == link_id)


def find_by_key(session: Session, tenant: str, platform_id: UUID, key: str) -> Placed | None:
    """The link at that place of the platform's, or None."""
    return _placed(session, link.c.tenant_id == tenant, link.c.platform_id == platform_id, link.c.place_key == key)


def _placed(session: Session, *where: ColumnElement[bool]) -> Placed | None:
    row = session.execute(select(link).where(*where)).one_or_none()
    if row is None:
        return None
    return Placed(
        link_id=row.link_id,
        platform_id=row.platform_id,
        place=Place(row.kind, row.target_id),
        title=row.title,
        course_title=row.context_title,
        resource_link_id=row.resource_link_id,
        memberships_url=row.memberships_url,
        groups_url=row.groups_url,
    )


def find_learners(session: Session, tenant: str, link_id: UUID) -> list[Member]:
    """Learners who have opened the link themselves, or stood on its roster before."""
    where = and_(member.c.tenant_id == tenant, member.c.link_id == link_id, member.c.is_learner)
    rows = session.execute(select(member.c.subject, member.c.name).where(where))
    return [Member(row.subject, (LEARNER,), is_active=True, name=row.name) for row in rows]


def find_subjects(session: Session, tenant: str, link_id: UUID) -> dict[str, UUID | None]:
    """Everybody who is known to have the link before them, with the person whom they are known as."""
    where = and_(member.c.tenant_id == tenant, member.c.link_id == link_id)
    return {row.subject: row.person_id for row in session.execute(select(member.c.subject, member.c.person_id).where(where))}


def keep_learners(
    session: Session, tenant: str, link_id: UUID, learners: Collection[Member], persons: dict[str, UUID], *, now: datetime
) -> None:
    """Notes that these learners have the link before them, and who they are as far as that is known."""
    rows = [
        {
            "tenant_id": tenant,
            "link_id": link_id,
            "subject": each.subject,
            "person_id": persons.get(each.subject),
            "name": each.name[:200].replace("\x00", "") if each.name else None,
            "is_learner": True,
            "last_at": now,
        }
        for each in learners
    ]
    if rows:
        session.execute(insert_ignore(session, member), rows)
    for subject, person_id in persons.items():
        where = and_(member.c.tenant_id == tenant, member.c.link_id == link_id, member.c.subject == subject)
        session.execute(update(member).where(where).values(person_id=person_id))
