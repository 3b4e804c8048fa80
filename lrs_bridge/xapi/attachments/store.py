"""Which statements have which contents. The contents are files (``files.store``).

Rows and files are kept together by a lock of the tenant's: shared by who names content, held alone by who removes some. SQLite
has one writer at a time and needs none.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, select

from lrs_bridge.db import Session, hold, insert_ignore, named
from lrs_bridge.xapi.attachments.tables import attachment, attachment_content

T = TypeVar("T")

BATCH = 5000  # keys a query: both databases limit the number of parameters


@dataclass(frozen=True, slots=True)
class Kept:
    """An attachment of a statement whose content is here. ``sha2`` and ``content_type`` are as the statement says."""

    statement_id: UUID
    sha2: str
    content_type: str
    sha256: bytes
    length: int


def lock_shared(session: Session, tenant: str) -> None:
    """Keeps content from being removed until the transaction, which names some, ends."""
    hold(session, named(f"xapi:attachments:{tenant}", shared=True))


def lock_alone(session: Session, tenant: str) -> None:
    """Keeps content from being named until the transaction, which removes some, ends."""
    hold(session, named(f"xapi:attachments:{tenant}"))


def insert(session: Session, tenant: str, kept: Collection[Kept], *, now: datetime) -> None:
    """Notes which statements have which content; what is noted already stays."""
    contents = {one.sha256: one.length for one in kept}
    rows = [
        {"tenant_id": tenant, "sha256": sha256, "length": length, "stored_at": now} for sha256, length in sorted(contents.items())
    ]
    session.execute(insert_ignore(session, attachment_content), rows)
    names = [
        {
            "tenant_id": tenant,
            "statement_id": one.statement_id,
            "sha2": one.sha2,
            "sha256": one.sha256,
            "content_type": one.content_type,
        }
        for one in kept
    ]
    session.execute(insert_ignore(session, attachment), names)


def find(session: Session, tenant: str, statement_ids: Iterable[UUID]) -> list[Kept]:
    """What these statements have here, in no order."""
    query = select(
        attachment.c.statement_id,
        attachment.c.sha2,
        attachment.c.content_type,
        attachment.c.sha256,
        attachment_content.c.length,
    ).join(
        attachment_content,
        (attachment_content.c.tenant_id == attachment.c.tenant_id) & (attachment_content.c.sha256 == attachment.c.sha256),
    )
    return [Kept(*row) for ids in _batches(statement_ids) for row in session.execute(query.where(*_of(tenant, ids)))]


def delete_names(session: Session, tenant: str, statement_ids: Iterable[UUID]) -> set[bytes]:
    """Removes what these statements have, and returns what that was; content stays."""
    removed: set[bytes] = set()
    for ids in _batches(statement_ids):
        query = delete(attachment).where(*_of(tenant, ids)).returning(attachment.c.sha256)
        removed.update(session.execute(query).scalars())
    return removed


def delete_unnamed(session: Session, tenant: str, sha256s: Iterable[bytes]) -> int:
    """Removes those contents that no statement has any longer, and tells how many."""
    named = exists().where(attachment.c.tenant_id == tenant, attachment.c.sha256 == attachment_content.c.sha256)
    removed = 0
    for some in _batches(sha256s):
        query = delete(attachment_content).where(*_among(tenant, some), ~named)
        removed += session.execute(query).rowcount
    return removed


def known(session: Session, tenant: str, sha256s: Iterable[bytes]) -> set[bytes]:
    """Those of these contents that some statement has."""
    query = select(attachment_content.c.sha256)
    return {sha256 for some in _batches(sha256s) for sha256 in session.execute(query.where(*_among(tenant, some))).scalars()}


def _of(tenant: str, ids: Collection[UUID]) -> tuple[ColumnElement[bool], ...]:
    return attachment.c.tenant_id == tenant, attachment.c.statement_id.in_(ids)


def _among(tenant: str, sha256s: Collection[bytes]) -> tuple[ColumnElement[bool], ...]:
    return attachment_content.c.tenant_id == tenant, attachment_content.c.sha256.in_(sha256s)


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    some = list(items)
    return (some[start : start + BATCH] for start in range(0, len(some), BATCH))
