"""Queries of the signing room."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from lrs_bridge.db import Session
from lrs_bridge.signing.chain import Link
from lrs_bridge.signing.ledger import EMPTY, Entry, Head
from lrs_bridge.signing.tables import attestation, signing_key

PAGE = 500


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A signing key as it is kept: the public half in clear, the private half sealed (see ``keys``)."""

    tenant: str
    kid: str
    algorithm: str
    public_jwk: dict[str, Any]
    sealed: bytes
    created_at: datetime
    retired_at: datetime | None


def current_key(session: Session, tenant: str) -> StoredKey | None:
    """The key that the tenant signs with now."""
    mine = (signing_key.c.tenant_id == tenant) & signing_key.c.retired_at.is_(None)
    newest = select(signing_key).where(mine).order_by(signing_key.c.created_at.desc(), signing_key.c.kid).limit(1)
    row = session.execute(newest).one_or_none()
    return _key(row) if row else None


def all_keys(session: Session, tenants: Collection[str]) -> list[StoredKey]:
    """Every key that these tenants have or had, oldest first."""
    query = select(signing_key).where(signing_key.c.tenant_id.in_(tenants))
    return [_key(row) for row in session.execute(query.order_by(signing_key.c.created_at, signing_key.c.kid))]


def add_key(session: Session, key: StoredKey) -> None:
    """Keeps a new key."""
    row = {
        "tenant_id": key.tenant,
        "kid": key.kid,
        "algorithm": key.algorithm,
        "public_jwk": key.public_jwk,
        "private_encrypted": key.sealed,
        "created_at": key.created_at,
        "retired_at": key.retired_at,
    }
    session.execute(insert(signing_key), row)


def retire_keys(session: Session, tenant: str, *, now: datetime) -> None:
    """Stops the tenant's keys from signing; they stay, since what they signed is still checked with them."""
    in_use = (signing_key.c.tenant_id == tenant) & signing_key.c.retired_at.is_(None)
    session.execute(update(signing_key).where(in_use).values(retired_at=now))


def head(session: Session, tenant: str) -> Head:
    """The newest entry's place; right only while the ledger's lock is held."""
    newest = (
        select(attestation.c.sequence, attestation.c.chain_hash, attestation.c.issued_at)
        .where(attestation.c.tenant_id == tenant)
        .order_by(attestation.c.sequence.desc())
        .limit(1)
    )
    row = session.execute(newest).one_or_none()
    return Head(row.sequence, row.chain_hash, row.issued_at) if row else EMPTY


def add_entries(session: Session, entries: Iterable[Entry]) -> None:
    """Appends to the ledger."""
    session.execute(insert(attestation), [_row(entry) for entry in entries])


def find_entry(session: Session, tenants: Collection[str], attestation_id: UUID) -> Entry | None:
    """The attestation with this id in one of these tenants' ledgers."""
    mine = attestation.c.tenant_id.in_(tenants) & (attestation.c.attestation_id == attestation_id)
    row = session.execute(select(attestation).where(mine).limit(1)).one_or_none()
    return _entry(row) if row else None


def find_at(session: Session, tenant: str, sequence: int) -> Entry | None:
    """The entry at a place of the tenant's ledger."""
    place = (attestation.c.tenant_id == tenant) & (attestation.c.sequence == sequence)
    row = session.execute(select(attestation).where(place)).one_or_none()
    return _entry(row) if row else None


def entries_of(session: Session, tenant: str, record_ids: Collection[UUID]) -> list[Entry]:
    """The entries that attest these records: one at most for each."""
    query = select(attestation).where(attestation.c.tenant_id == tenant, attestation.c.record_id.in_(record_ids))
    return [_entry(row) for row in session.execute(query)]


def links(session: Session, tenant: str, *, first: int, last: int) -> list[Link]:
    """What is published of the entries from one sequence number to another, both included, in order."""
    place = attestation.c.sequence
    mine = (attestation.c.tenant_id == tenant) & place.between(first, last)
    query = select(place, attestation.c.payload_digest, attestation.c.chain_hash).where(mine).order_by(place)
    return [Link(row.sequence, row.payload_digest, row.chain_hash) for row in session.execute(query)]


def entries(session: Session, tenant: str, *, first: int, last: int | None = None) -> Iterator[Entry]:
    """Entries from one sequence number to another (both included), in order, fetched page by page."""
    for page in pages(session, tenant, first=first, last=last):
        yield from page


def pages(session: Session, tenant: str, *, first: int = 0, last: int | None = None) -> Iterator[list[Entry]]:
    """The same, a page at a time."""
    after = first - 1
    while page := _page(session, tenant, after, last):
        yield page
        after = page[-1].sequence


def _page(session: Session, tenant: str, after: int, last: int | None) -> list[Entry]:
    query = select(attestation).where(attestation.c.tenant_id == tenant, attestation.c.sequence > after)
    if last is not None:
        query = query.where(attestation.c.sequence <= last)
    return [_entry(row) for row in session.execute(query.order_by(attestation.c.sequence).limit(PAGE))]


def _key(row: Row[Any]) -> StoredKey:
    return StoredKey(
        tenant=row.tenant_id,
        kid=row.kid,
        algorithm=row.algorithm,
        public_jwk=row.public_jwk,
        sealed=bytes(row.private_encrypted),
        created_at=row.created_at,
        retired_at=row.retired_at,
    )


def _row(entry: Entry) -> dict[str, Any]:
    row = {name: getattr(entry, name) for name in Entry.__slots__}
    return {"tenant_id": row.pop("tenant"), **row}


def _entry(row: Row[Any]) -> Entry:
    columns = row._asdict()
    return Entry(tenant=columns.pop("tenant_id"), **columns)
