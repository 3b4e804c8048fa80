"""Completions that wait, grouped by what they wait for."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, select

from lrs_bridge.db import Session, insert_ignore
from lrs_bridge.plans.claim import Claim
from lrs_bridge.plans.store import read_claim
from lrs_bridge.plans.tables import completion, course_mapping, set_aside
from lrs_bridge.plans.worklist.entry import Entry, Topic

KEY: dict[Topic, ColumnElement[Any]] = {
    Topic.PERSON: completion.c.learner_key,
    Topic.COURSE: completion.c.course_key,
    Topic.MAPPING: completion.c.course_id,
}
SUBJECT: dict[Topic, ColumnElement[Any]] = {
    Topic.PERSON: completion.c.learner_value,
    Topic.COURSE: completion.c.course_iri,
    Topic.MAPPING: completion.c.course_iri,
}
TITLE: dict[Topic, ColumnElement[Any]] = {
    Topic.PERSON: completion.c.learner_name,
    Topic.COURSE: completion.c.course_name,
    Topic.MAPPING: completion.c.course_name,
}


@dataclass(frozen=True, slots=True)
class Slice:
    """Which entries of a list: those at hand or those set aside, and which of them."""

    limit: int
    offset: int = 0
    aside: bool = False


def _waiting(tenant: str, topic: Topic) -> list[ColumnElement[bool]]:
    """Completions that wait for this, and have not been taken back. A missing person is asked for before a missing mapping."""
    of_tenant = completion.c.tenant_id == tenant
    standing = completion.c.retracted_at.is_(None)
    if topic is Topic.PERSON:
        return [of_tenant, completion.c.person_id.is_(None), standing]
    if topic is Topic.COURSE:
        return [of_tenant, completion.c.course_id.is_(None), standing]
    mapped = select(course_mapping.c.course_id).where(course_mapping.c.tenant_id == tenant, course_mapping.c.retired_at.is_(None))
    return [of_tenant, completion.c.course_id.is_not(None), completion.c.course_id.not_in(mapped), standing]


def _aside_keys(tenant: str, topic: Topic) -> Select[Any]:
    return select(set_aside.c.key).where(set_aside.c.tenant_id == tenant, set_aside.c.topic == topic)


def _in_slice(tenant: str, topic: Topic, *, aside: bool) -> list[ColumnElement[bool]]:
    if topic is Topic.MAPPING:
        return []
    keys = _aside_keys(tenant, topic)
    return [KEY[topic].in_(keys) if aside else KEY[topic].not_in(keys)]


def find_entries(session: Session, tenant: str, topic: Topic, part: Slice) -> list[Entry]:
    """Groups of waiting completions, those seen last first."""
    wanted = [*_waiting(tenant, topic), *_in_slice(tenant, topic, aside=part.aside)]
    query = _grouped(topic).where(*wanted).order_by(func.max(completion.c.received_at).desc(), KEY[topic])
    return _entries(session, tenant, topic, query.limit(part.limit).offset(part.offset))


def find_entry(session: Session, tenant: str, topic: Topic, key: str) -> Entry | None:
    """The group with this key, or None when nothing waits there."""
    query = _grouped(topic).where(*_waiting(tenant, topic), KEY[topic] == _typed(topic, key))
    return next(iter(_entries(session, tenant, topic, query)), None)


def _grouped(topic: Topic) -> Select[Any]:
    return select(
        KEY[topic].label("key"),
        func.min(SUBJECT[topic]).label("subject"),
        func.max(TITLE[topic]).label("title"),
        func.count().label("number"),
        func.min(completion.c.received_at, type_=completion.c.received_at.type).label("first_at"),
        func.max(completion.c.received_at, type_=completion.c.received_at.type).label("last_at"),
    ).group_by(KEY[topic])


def _entries(session: Session, tenant: str, topic: Topic, query: Select[Any]) -> list[Entry]:
    rows = session.execute(query).all()
    sources = _sources(session, tenant, topic, [row.key for row in rows])
    return [
        Entry(topic, str(row.key), row.subject, row.title, row.number, row.first_at, row.last_at, sources[row.key])
        for row in rows
    ]


def _sources(session: Session, tenant: str, topic: Topic, keys: Collection[Any]) -> dict[Any, tuple[str, ...]]:
    query = select(KEY[topic], completion.c.asserted_by).where(*_waiting(tenant, topic), KEY[topic].in_(keys)).distinct()
    found: dict[Any, list[str]] = defaultdict(list)
    for key, source in session.execute(query):
        found[key].append(source)
    return {key: tuple(sorted(found[key])) for key in keys}


def count_entries(session: Session, tenant: str, topic: Topic, *, aside: bool = False) -> int:
    """How many groups there are."""
    query = select(func.count(KEY[topic].distinct())).where(*_waiting(tenant, topic), *_in_slice(tenant, topic, aside=aside))
    return session.execute(query).scalar_one()


def _typed(topic: Topic, key: str) -> str | UUID:
    return UUID(key) if topic is Topic.MAPPING else key


def find_waiting_claims(session: Session, tenant: str, topic: Topic, key: str, limit: int) -> list[Claim]:
    """The newest completions in a group."""
    query = select(completion).where(*_waiting(tenant, topic), KEY[topic] == _typed(topic, key))
    order = (completion.c.received_at.desc(), completion.c.source, completion.c.source_id)
    return [read_claim(row) for row in session.execute(query.order_by(*order).limit(limit))]


def insert_set_aside(session: Session, tenant: str, topic: Topic, key: str, *, actor_id: UUID, now: datetime) -> None:
    """Takes a group off the list."""
    row = {"tenant_id": tenant, "topic": topic, "key": key, "set_at": now, "actor_id": actor_id}
    session.execute(insert_ignore(session, set_aside), row)


def delete_set_aside(session: Session, tenant: str, topic: Topic, key: str) -> int:
    """Puts a group back on the list; 0 when it was not set aside."""
    statement = delete(set_aside).where(set_aside.c.tenant_id == tenant, set_aside.c.topic == topic, set_aside.c.key == key)
    return session.execute(statement).rowcount


def is_set_aside(session: Session, tenant: str, topic: Topic, key: str) -> bool:
    """Whether the group is off the list."""
    return session.execute(_aside_keys(tenant, topic).where(set_aside.c.key == key)).first() is not None
