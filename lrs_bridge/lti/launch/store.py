"""Queries over launches: what was used once, links and their members, and the sessions that launches begin."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import ColumnElement, Row, and_, delete, insert, select, update

from lrs_bridge.db import Session, insert_ignore
from lrs_bridge.lti.launch.launch import Launch
from lrs_bridge.lti.launch.roles import is_author, is_learner, is_teacher
from lrs_bridge.lti.placement.place import Place, place_key
from lrs_bridge.lti.tables import link, member, used
from lrs_bridge.lti.tables import session as lti_session

NAME = 200


@dataclass(frozen=True, slots=True)
class LaunchSession:
    """A session that a launch began. ``secret_key`` is the sum of its secret."""

    tenant: str
    session_id: str
    secret_key: str
    platform_id: UUID
    link_id: UUID | None
    person_id: UUID | None
    launch: Launch
    content: dict[str, Any]
    opened_at: datetime


# Used once


def use(session: Session, tenant: str, value_key: str, now: datetime) -> bool:
    """Notes that a value is used; whether it had not been before, to the knowledge of any process."""
    row = {"tenant_id": tenant, "value_key": value_key, "used_at": now}
    return session.execute(insert_ignore(session, used).values(row).returning(used.c.value_key)).first() is not None


def delete_used_before(session: Session, tenant: str, before: datetime) -> None:
    """Forgets what is too old to be accepted anyway."""
    session.execute(delete(used).where(used.c.tenant_id == tenant, used.c.used_at < before))


# Links and members


def keep_link(session: Session, tenant: str, platform_id: UUID, launch: Launch, place: Place, *, now: datetime) -> UUID:
    """The id of the link that was launched, as it is said to be now. Services that this launch does not offer stay known."""
    key = place_key(launch)
    row = {
        "tenant_id": tenant,
        "link_id": uuid4(),
        "platform_id": platform_id,
        "place_key": key,
        "deployment_id": launch.deployment_id,
        "scopes": [],
        "first_at": now,
    }
    said = _said(launch, place, now)
    where = and_(link.c.tenant_id == tenant, link.c.platform_id == platform_id, link.c.place_key == key)
    known = session.execute(select(link).where(where)).one_or_none()
    if known is None:
        session.execute(insert_ignore(session, link).values(row | said))
        known = session.execute(select(link).where(where)).one()
    if _tells_more(said, known, now):  # a whole course may launch one link at once, and would wait for its row
        session.execute(update(link).where(where).values({name: value for name, value in said.items() if value is not None}))
    found: UUID = known.link_id
    return found


def _tells_more(said: dict[str, Any], known: Row[Any], now: datetime) -> bool:
    """Whether there is news in what a launch says of its link; that it was launched, to the minute."""
    if now - known.last_at > timedelta(minutes=1):
        return True
    return any(value not in (None, getattr(known, name)) for name, value in said.items() if name != "last_at")


def _said(launch: Launch, place: Place, now: datetime) -> dict[str, Any]:
    course, resource, grades = launch.course, launch.resource_link, launch.grades
    said: dict[str, Any] = {
        "context_id": course.id if course else None,
        "context_title": _short(course.title or course.label) if course else None,
        "resource_link_id": resource.id if resource else None,
        "title": _short(resource.title) if resource else None,
        "kind": place.kind,
        "target_id": place.id,
        "lineitems_url": grades.lineitems_url if grades else None,
        "lineitem_url": grades.lineitem_url if grades else None,
        "memberships_url": launch.memberships_url,
        "groups_url": launch.groups_url,
        "last_at": now,
    }
    return said | ({"scopes": list(grades.scopes)} if grades else {})


def _short(text: str | None) -> str | None:
    return text.replace("\x00", "")[:NAME] if text else None


def keep_member(session: Session, tenant: str, link_id: UUID, launch: Launch, *, person_id: UUID | None, now: datetime) -> None:
    """Notes that somebody has the link before them; ``learner`` as of this launch."""
    key = {"tenant_id": tenant, "link_id": link_id, "subject": launch.subject}
    outcome = launch.basic_outcome
    said: dict[str, Any] = {
        "person_id": person_id,
        "name": _short(launch.name),
        "is_learner": is_learner_of(launch),
        "last_at": now,
    }
    if outcome:
        said |= {"sourcedid": outcome.sourcedid, "outcome_url": outcome.url}
    where = and_(member.c.tenant_id == tenant, member.c.link_id == link_id, member.c.subject == launch.subject)
    if session.execute(update(member).where(where).values(said)).rowcount == 0:
        session.execute(insert_ignore(session, member).values(key | said))


def is_learner_of(launch: Launch) -> bool:
    """Whether scores go out for this user: platforms refuse those of people who only teach."""
    return is_learner(launch.roles) or not (is_teacher(launch.roles) or is_author(launch.roles))


# Sessions


def insert_session(session: Session, new: LaunchSession) -> None:
    """Adds a session."""
    row = {
        "tenant_id": new.tenant,
        "session_id": new.session_id,
        "secret_key": new.secret_key,
        "platform_id": new.platform_id,
        "link_id": new.link_id,
        "person_id": new.person_id,
        "launch": msgspec.to_builtins(new.launch),
        "data": new.content,
        "opened_at": new.opened_at,
    }
    session.execute(insert(lti_session), row)


def find_session(session: Session, session_id: str) -> LaunchSession | None:
    """The session of that id, which is random and no two tenants have."""
    row = session.execute(select(lti_session).where(lti_session.c.session_id == session_id)).one_or_none()
    return None if row is None else _session(row)


def update_content(session: Session, tenant: str, session_id: str, content: dict[str, Any]) -> None:
    """Keeps what pages want to find again."""
    session.execute(update(lti_session).where(_is(tenant, session_id)).values(data=content))


def update_person(session: Session, tenant: str, platform_id: UUID, subject: str, *, person_id: UUID) -> list[UUID]:
    """Lets the user's open sessions and links know who the user is; gives those links."""
    of_platform = select(link.c.link_id).where(link.c.tenant_id == tenant, link.c.platform_id == platform_id)
    where = and_(member.c.tenant_id == tenant, member.c.subject == subject, member.c.link_id.in_(of_platform))
    session.execute(update(member).where(where).values(person_id=person_id))
    said = lti_session.c.launch["subject"].as_string() == subject
    mine = and_(lti_session.c.tenant_id == tenant, lti_session.c.platform_id == platform_id, lti_session.c.person_id.is_(None))
    session.execute(update(lti_session).where(mine, said).values(person_id=person_id))
    return list(session.execute(select(member.c.link_id).where(where, member.c.is_learner)).scalars())


def find_link_place(session: Session, tenant: str, link_id: UUID) -> Place:
    """What is placed at a link."""
    row = session.execute(
        select(link.c.kind, link.c.target_id).where(link.c.tenant_id == tenant, link.c.link_id == link_id)
    ).one()
    return Place(row.kind, row.target_id)


def delete_sessions_before(session: Session, tenant: str, before: datetime) -> None:
    """Forgets sessions past their lifetime."""
    session.execute(delete(lti_session).where(lti_session.c.tenant_id == tenant, lti_session.c.opened_at < before))


def _is(tenant: str, session_id: str) -> ColumnElement[bool]:
    return and_(lti_session.c.tenant_id == tenant, lti_session.c.session_id == session_id)


def _session(row: Row[Any]) -> LaunchSession:
    return LaunchSession(
        tenant=row.tenant_id,
        session_id=row.session_id,
        secret_key=row.secret_key,
        platform_id=row.platform_id,
        link_id=row.link_id,
        person_id=row.person_id,
        launch=msgspec.convert(row.launch, Launch),
        content=dict(row.data),
        opened_at=row.opened_at,
    )
