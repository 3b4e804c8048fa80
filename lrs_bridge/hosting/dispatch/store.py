"""Destinations in the database."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from lrs_bridge.db import Session
from lrs_bridge.hosting.destination import Destination
from lrs_bridge.hosting.tables import dispatch_destination
from lrs_bridge.scorm.dispatch.package import Edition


def insert_destination(session: Session, tenant: str, new: Destination) -> None:
    """Adds a destination."""
    values = {
        "tenant_id": tenant,
        "destination_id": new.destination_id,
        "hosted_id": new.hosted_id,
        "name": new.name,
        "edition": new.edition,
        "hides_learners": new.hides_learners,
        "most_learners": new.most_learners,
        "added_at": new.added_at,
    }
    session.execute(insert(dispatch_destination), values)


def find_destination(session: Session, tenant: str, destination_id: UUID) -> Destination | None:
    """The destination with that id, or None."""
    query = select(dispatch_destination).where(
        dispatch_destination.c.tenant_id == tenant, dispatch_destination.c.destination_id == destination_id
    )
    row = session.execute(query).one_or_none()
    return None if row is None else _destination(row)


def find_destinations(session: Session, tenant: str, hosted_id: UUID) -> list[Destination]:
    """The destinations of a course, by name."""
    query = select(dispatch_destination).where(
        dispatch_destination.c.tenant_id == tenant, dispatch_destination.c.hosted_id == hosted_id
    )
    return [_destination(row) for row in session.execute(query.order_by(dispatch_destination.c.name))]


def end_destination(session: Session, tenant: str, destination_id: UUID, at: datetime) -> bool:
    """Ends a destination; whether it was open."""
    query = update(dispatch_destination).where(
        dispatch_destination.c.tenant_id == tenant,
        dispatch_destination.c.destination_id == destination_id,
        dispatch_destination.c.ended_at.is_(None),
    )
    return session.execute(query.values(ended_at=at)).rowcount == 1


def _destination(row: Row[Any]) -> Destination:
    return Destination(
        row.destination_id,
        row.hosted_id,
        row.name,
        Edition(row.edition),
        row.hides_learners,
        row.most_learners,
        row.added_at,
        row.ended_at,
    )
