"""The queries of cmi5."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, Table, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lrs_bridge.cmi5.course import CourseStructure
from lrs_bridge.cmi5.move_on import AuProgress
from lrs_bridge.cmi5.session import OPEN, AuSession, State
from lrs_bridge.cmi5.tables import au_session, au_state, course, registration, satisfied
from lrs_bridge.cmi5.vocabulary import LaunchMode, MoveOn
from lrs_bridge.completion import Outcome, Score
from lrs_bridge.db import Session, insert_ignore
from lrs_bridge.identity import Account

_STRUCTURE = msgspec.json.Decoder(CourseStructure)
_SESSION = tuple(AuSession.__dataclass_fields__)
_PROGRESS = AuProgress.__struct_fields__


@dataclass(frozen=True, slots=True)
class Course:
    """One version of a course. ``iri`` is what ids of its AUs and blocks begin with."""

    course_id: UUID
    iri: str
    asserted_by: str
    structure: CourseStructure


@dataclass(frozen=True, slots=True)
class Registration:
    """A learner's enrolment in a course. ``outcome`` is what was told last of it, None when nothing was."""

    tenant: str
    registration: UUID
    course_id: UUID
    learner: Account
    learner_name: str | None
    registered_at: datetime
    outcome: Outcome | None
    evidence: str | None


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is kept of a session's secrets."""

    fetch_hash: str
    fetched_at: datetime | None
    secret_hash: str | None


# Courses


def add_course(session: Session, tenant: str, new: Course, now: datetime) -> bool:
    """Keeps a course, unless its id is there; whether it is new."""
    values = {
        "tenant_id": tenant,
        "course_id": new.course_id,
        "iri": new.iri,
        "asserted_by": new.asserted_by,
        "structure": msgspec.json.encode(new.structure).decode(),
        "added_at": now,
    }
    query = insert_ignore(session, course).values(values).returning(course.c.course_id)
    return session.execute(query).one_or_none() is not None


def find_course(session: Session, tenant: str, course_id: UUID) -> Course | None:
    """The course of that id."""
    row = session.execute(select(course).where(course.c.tenant_id == tenant, course.c.course_id == course_id)).one_or_none()
    return None if row is None else Course(row.course_id, row.iri, row.asserted_by, _STRUCTURE.decode(row.structure))


# Registrations


def add_registration(session: Session, new: Registration) -> bool:
    """Keeps a registration, unless its id is there; whether it is new."""
    values = {
        "tenant_id": new.tenant,
        "registration": new.registration,
        "course_id": new.course_id,
        "account_home_page": new.learner.home_page,
        "account_name": new.learner.name,
        "learner_name": new.learner_name,
        "registered_at": new.registered_at,
    }
    query = insert_ignore(session, registration).values(values).returning(registration.c.registration)
    return session.execute(query).one_or_none() is not None


def find_registration(session: Session, tenant: str, id: UUID, *, to_change: bool = False) -> Registration | None:
    """The registration; ``to_change`` holds it, and with it all that hangs on it, until the transaction ends."""
    query = select(registration).where(*_of(registration, tenant, id))
    row = session.execute(query.with_for_update() if to_change else query).one_or_none()
    return None if row is None else _registration(row)


def _registration(row: Row[Any]) -> Registration:
    return Registration(
        row.tenant_id,
        row.registration,
        row.course_id,
        Account(row.account_home_page, row.account_name),
        row.learner_name,
        row.registered_at,
        None if row.outcome is None else msgspec.convert(row.outcome, Outcome),
        row.evidence,
    )


def keep_outcome(session: Session, tenant: str, id: UUID, outcome: Outcome) -> None:
    """Keeps what was told of the registration."""
    told = msgspec.to_builtins(outcome)
    session.execute(update(registration).where(*_of(registration, tenant, id)).values(outcome=told))


def keep_evidence(session: Session, tenant: str, id: UUID, evidence: str) -> None:
    """Keeps the Satisfied statement that the registration's completion rests on."""
    session.execute(update(registration).where(*_of(registration, tenant, id)).values(evidence=evidence))


def hold_registrations(session: Session, tenant: str, ids: Collection[UUID]) -> None:
    """Holds those of the registrations that are there, until the transaction ends."""
    query = select(registration.c.registration).where(registration.c.tenant_id == tenant, registration.c.registration.in_(ids))
    session.execute(query.order_by(registration.c.registration).with_for_update()).all()


def delete_registrations(session: Session, tenant: str, ids: Collection[UUID]) -> None:
    """Deletes registrations with all that hangs on them."""
    for table in (au_session, satisfied, au_state, registration):
        session.execute(delete(table).where(table.c.tenant_id == tenant, table.c.registration.in_(ids)))


# How far it has come


def find_progress(session: Session, tenant: str, id: UUID) -> dict[int, AuProgress]:
    """The progress of each AU of which something is known, by its place."""
    rows = session.execute(select(au_state).where(*_of(au_state, tenant, id)))
    return {row.unit: _progress(row) for row in rows}


def _progress(row: Row[Any]) -> AuProgress:
    score = None if row.score is None else msgspec.convert(row.score, Score)
    return AuProgress(row.completed, row.passed, row.failed, row.waived, row.ended, score)


def keep_progress(session: Session, tenant: str, id: UUID, unit: int, progress: AuProgress, *, now: datetime) -> None:
    """Keeps how far the AU has come."""
    told = {name: getattr(progress, name) for name in _PROGRESS}
    told["score"] = None if progress.score is None else msgspec.to_builtins(progress.score)
    values = {"tenant_id": tenant, "registration": id, "unit": unit, **told, "changed_at": now}
    keys = ["tenant_id", "registration", "unit"]
    changed = {name: values[name] for name in (*_PROGRESS, "changed_at")}
    if session.dialect.name == "postgresql":
        session.execute(postgres_insert(au_state).values(values).on_conflict_do_update(index_elements=keys, set_=changed))
    else:
        session.execute(sqlite_insert(au_state).values(values).on_conflict_do_update(index_elements=keys, set_=changed))


def find_satisfied(session: Session, tenant: str, id: UUID) -> dict[int, datetime]:
    """The blocks, by their places, and the course (-1) that were told to be satisfied, and when."""
    query = select(satisfied.c.block, satisfied.c.satisfied_at).where(*_of(satisfied, tenant, id))
    return {row.block: row.satisfied_at for row in session.execute(query)}


def add_satisfied(session: Session, tenant: str, id: UUID, blocks: Collection[int], now: datetime) -> None:
    """Notes that these are satisfied."""
    rows = [{"tenant_id": tenant, "registration": id, "block": block, "satisfied_at": now} for block in blocks]
    session.execute(insert(satisfied), rows)


# Sessions


def add_session(session: Session, new: AuSession, fetch_hash: str) -> None:
    """Keeps a new session."""
    session.execute(insert(au_session), {**_session_values(new), "fetch_hash": fetch_hash})


def find_session(session: Session, tenant: str, session_id: UUID) -> AuSession | None:
    """The session of that id."""
    row = session.execute(select(au_session).where(*_this(tenant, session_id))).one_or_none()
    return None if row is None else _session(row)


def find_secrets(session: Session, tenant: str, session_id: UUID) -> Secrets | None:
    """What is kept of the session's secrets."""
    query = select(au_session.c.fetch_hash, au_session.c.fetched_at, au_session.c.secret_hash).where(*_this(tenant, session_id))
    row = session.execute(query).one_or_none()
    return None if row is None else Secrets(row.fetch_hash, row.fetched_at, row.secret_hash)


def keep_secret(session: Session, tenant: str, session_id: UUID, secret_hash: str, now: datetime) -> bool:
    """Keeps the secret of the session's auth-token; whether it is the first one."""
    query = update(au_session).where(*_this(tenant, session_id), au_session.c.fetched_at.is_(None))
    return session.execute(query.values(fetched_at=now, secret_hash=secret_hash)).rowcount == 1


def note_preferences(session: Session, tenant: str, session_id: UUID) -> None:
    """Notes that the AU has read its learner's preferences."""
    session.execute(update(au_session).where(*_this(tenant, session_id)).values(preferences_read=True))


def keep_session(session: Session, changed: AuSession) -> None:
    """Keeps what became of a session."""
    values = _session_values(changed)
    session.execute(update(au_session).where(*_this(changed.tenant, changed.session_id)).values(values))


def find_sessions(session: Session, tenant: str, id: UUID) -> list[AuSession]:
    """The sessions of a registration, in the order in which they were launched."""
    query = select(au_session).where(*_of(au_session, tenant, id)).order_by(au_session.c.launched_at, au_session.c.session_id)
    return [_session(row) for row in session.execute(query)]


def find_unheard(session: Session, tenant: str, before: datetime, limit: int) -> list[UUID]:
    """Open sessions that were last heard of before then, the oldest first."""
    query = select(au_session.c.session_id).where(
        au_session.c.tenant_id == tenant, au_session.c.state.in_(OPEN), au_session.c.seen_at <= before
    )
    return list(session.execute(query.order_by(au_session.c.seen_at).limit(limit)).scalars())


def _session(row: Row[Any]) -> AuSession:
    found = {name: getattr(row, name) for name in _SESSION if name != "tenant"}
    typed = {"mode": LaunchMode(row.mode), "move_on": MoveOn(row.move_on), "state": State(row.state)}
    return AuSession(tenant=row.tenant_id, **found | typed)


def _session_values(of: AuSession) -> dict[str, Any]:
    values = {name: getattr(of, name) for name in _SESSION}
    values["tenant_id"] = values.pop("tenant")
    return values


def _this(tenant: str, session_id: UUID) -> tuple[Any, ...]:
    return au_session.c.tenant_id == tenant, au_session.c.session_id == session_id


def _of(table: Table, tenant: str, id: UUID) -> tuple[Any, ...]:
    return table.c.tenant_id == tenant, table.c.registration == id
