"""Queries of badges."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select

from lrs_bridge.db import Session
from lrs_bridge.signing.badges.badge import Place
from lrs_bridge.signing.badges.tables import open_badge
from lrs_bridge.signing.tables import attestation


def find_badge(session: Session, tenant: str, attestation_id: UUID) -> str | None:
    """The badge of an attestation as it was issued."""
    mine = (open_badge.c.tenant_id == tenant) & (open_badge.c.attestation_id == attestation_id)
    return session.execute(select(open_badge.c.jws).where(mine)).scalar_one_or_none()


def add_badge(session: Session, tenant: str, attestation_id: UUID, place: Place, jws: str, *, now: datetime) -> None:
    """Keeps a badge, and its place for good."""
    row = {"tenant_id": tenant, "attestation_id": attestation_id, "jws": jws, "issued_at": now}
    session.execute(insert(open_badge), row | {"list_number": place.number, "list_index": place.index})


def last_list(session: Session, tenant: str) -> tuple[int, int]:
    """The number of the newest status list and how many badges are in it; (0, 0) when there is none."""
    newest = (
        select(open_badge.c.list_number, func.count())
        .where(open_badge.c.tenant_id == tenant)
        .group_by(open_badge.c.list_number)
        .order_by(open_badge.c.list_number.desc())
        .limit(1)
    )
    row = session.execute(newest).one_or_none()
    return (row[0], row[1]) if row else (0, 0)


def is_taken(session: Session, tenant: str, place: Place) -> bool:
    """Whether a badge has that place."""
    columns = open_badge.c
    mine = (columns.tenant_id == tenant) & (columns.list_number == place.number) & (columns.list_index == place.index)
    return session.execute(select(columns.list_index).where(mine)).first() is not None


def indexes_of(session: Session, tenant: str, number: int, record_ids: Collection[UUID]) -> set[int]:
    """The places, in one list, of the badges of these records."""
    columns = open_badge.c
    same = (attestation.c.tenant_id == columns.tenant_id) & (attestation.c.attestation_id == columns.attestation_id)
    mine = (columns.tenant_id == tenant) & (columns.list_number == number) & attestation.c.record_id.in_(record_ids)
    return set(session.execute(select(columns.list_index).join(attestation, same).where(mine)).scalars())
