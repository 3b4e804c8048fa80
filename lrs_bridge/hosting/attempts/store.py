"""Attempts in the database."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, select, update

from lrs_bridge.completion import Outcome
from lrs_bridge.db import Session
from lrs_bridge.hosting.hosted import Attempt, Mode
from lrs_bridge.hosting.tables import attempt
from lrs_bridge.identity import Account, Identifier, IdentifierKind, identifier_of
from lrs_bridge.plans.claim import learner_key, outcome_from_json, outcome_to_json


def insert_attempt(session: Session, tenant: str, new: Attempt) -> None:
    """Adds an attempt."""
    learner = identifier_of(new.learner)
    values = {
        "tenant_id": tenant,
        "attempt_id": new.attempt_id,
        "hosted_id": new.hosted_id,
        "package_id": new.package_id,
        "learner_key": learner_key(learner),
        "learner_kind": IdentifierKind.ACCOUNT,
        "learner_issuer": learner.issuer,
        "learner_value": learner.value,
        "learner_name": new.learner_name,
        "person_id": new.person_id,
        "destination_id": new.destination_id,
        "number": new.number,
        "mode": new.mode,
        "opened_at": new.opened_at,
        "changed_at": new.changed_at,
        "outcome": outcome_to_json(new.outcome),
        "progress": new.progress,
    }
    session.execute(insert(attempt), values)


def find_attempts(session: Session, tenant: str, ids: Collection[UUID]) -> dict[UUID, Attempt]:
    """The attempts with those ids."""
    query = select(attempt).where(attempt.c.tenant_id == tenant, attempt.c.attempt_id.in_(ids))
    return {row.attempt_id: _attempt(row) for row in session.execute(query)}


def find_of_learner(session: Session, tenant: str, hosted_id: UUID, learner: Account, mode: Mode) -> list[Attempt]:
    """One learner's attempts at a course, the newest first."""
    query = select(attempt).where(
        attempt.c.tenant_id == tenant,
        attempt.c.hosted_id == hosted_id,
        attempt.c.learner_key == learner_key(identifier_of(learner)),
        attempt.c.mode == mode,
    )
    return [_attempt(row) for row in session.execute(query.order_by(attempt.c.number.desc()))]


def find_of_identifiers(session: Session, tenant: str, identifiers: Collection[Identifier]) -> list[UUID]:
    """The ids of all attempts of whoever is known by one of these, in every mode."""
    keys = [learner_key(each) for each in identifiers]
    query = select(attempt.c.attempt_id).where(attempt.c.tenant_id == tenant, attempt.c.learner_key.in_(keys))
    return list(session.execute(query.order_by(attempt.c.attempt_id)).scalars())


def find_older_previews(session: Session, tenant: str, newest: Attempt, keep: int) -> list[UUID]:
    """The ids of previews of the course, but for the newest ``keep``: of the learner, or of all learners of a destination."""
    theirs = attempt.c.learner_key == learner_key(identifier_of(newest.learner))
    if newest.destination_id is not None:
        theirs = attempt.c.destination_id == newest.destination_id
    query = select(attempt.c.attempt_id).where(
        attempt.c.tenant_id == tenant, attempt.c.hosted_id == newest.hosted_id, attempt.c.mode == Mode.BROWSE, theirs
    )
    newest_first = query.order_by(attempt.c.opened_at.desc(), attempt.c.number.desc())
    return list(session.execute(newest_first.offset(keep)).scalars())


def find_of_persons(
    session: Session, tenant: str, person_ids: Collection[UUID], hosted_ids: Collection[UUID] | None = None
) -> list[Attempt]:
    """What these persons have tried for credit, of these courses or all; the newest first."""
    query = select(attempt).where(
        attempt.c.tenant_id == tenant, attempt.c.person_id.in_(person_ids), attempt.c.mode == Mode.NORMAL
    )
    if hosted_ids is not None:
        query = query.where(attempt.c.hosted_id.in_(hosted_ids))
    return [_attempt(row) for row in session.execute(query.order_by(attempt.c.changed_at.desc()))]


def find_newest(session: Session, tenant: str, hosted_id: UUID, limit: int, offset: int = 0) -> list[Attempt]:
    """The attempts at a course in which something has happened last."""
    query = select(attempt).where(attempt.c.tenant_id == tenant, attempt.c.hosted_id == hosted_id)
    rows = session.execute(query.order_by(attempt.c.changed_at.desc(), attempt.c.attempt_id).limit(limit).offset(offset))
    return [_attempt(row) for row in rows]


def count_learners(session: Session, tenant: str, destination_id: UUID) -> int:
    """How many learners of a destination have begun."""
    query = select(func.count(attempt.c.learner_key.distinct())).where(
        attempt.c.tenant_id == tenant, attempt.c.destination_id == destination_id
    )
    return session.execute(query).scalar_one()


def set_outcome(  # noqa: PLR0917  a row's changes
    session: Session, tenant: str, attempt_id: UUID, outcome: Outcome, progress: float | None, now: datetime
) -> None:
    """Keeps how far the attempt has come."""
    _change(session, tenant, attempt_id, outcome=outcome_to_json(outcome), progress=progress, changed_at=now)


def close(session: Session, tenant: str, attempt_id: UUID, now: datetime) -> None:
    """Ends the attempt: another takes its place."""
    _change(session, tenant, attempt_id, closed_at=now)


def delete_attempts(session: Session, tenant: str, ids: Collection[UUID]) -> int:
    """Deletes attempts; how many there were."""
    return session.execute(delete(attempt).where(attempt.c.tenant_id == tenant, attempt.c.attempt_id.in_(ids))).rowcount


def _change(session: Session, tenant: str, attempt_id: UUID, **values: Any) -> None:
    query = update(attempt).where(attempt.c.tenant_id == tenant, attempt.c.attempt_id == attempt_id)
    session.execute(query.values(values))


def _attempt(row: Row[Any]) -> Attempt:
    return Attempt(
        attempt_id=row.attempt_id,
        hosted_id=row.hosted_id,
        package_id=row.package_id,
        learner=Account(row.learner_issuer, row.learner_value),
        learner_name=row.learner_name,
        person_id=row.person_id,
        destination_id=row.destination_id,
        number=row.number,
        mode=Mode(row.mode),
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        closed_at=row.closed_at,
        outcome=outcome_from_json(row.outcome),
        progress=row.progress,
    )
