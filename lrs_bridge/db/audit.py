"""The audit log: who did what to which thing, when, from which state to which. Rows are only ever added."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, Index, String, Table, Uuid, insert, select

from lrs_bridge.db.engine import Session
from lrs_bridge.db.metadata import metadata
from lrs_bridge.db.types import Json, UtcDateTime

audit_event = Table(
    "audit_event",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("action", String(80), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("detail", Json, nullable=False),
    Index(None, "tenant_id", "subject", "at"),
    Index(None, "tenant_id", "at"),
)


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """``actor`` is ``person:<id>``, ``credential:<key>`` or ``system``; ``subject`` is ``<kind>:<id>``; ``action`` a verb phrase
    like ``record.sign``; ``detail`` holds what changed, old and new, never a secret.
    """

    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any] = field(default_factory=dict)
    event_id: UUID = field(default_factory=uuid4)


def record(session: Session, tenant: str, *events: AuditEvent) -> None:
    """Adds events to the tenant's log, in the transaction that does what they tell of."""
    if events:
        rows = [
            {
                "tenant_id": tenant,
                "event_id": event.event_id,
                "at": event.at,
                "actor": event.actor,
                "action": event.action,
                "subject": event.subject,
                "detail": event.detail,
            }
            for event in events
        ]
        session.execute(insert(audit_event), rows)


def find(session: Session, tenant: str, *, subject: str | None = None, limit: int = 200) -> list[AuditEvent]:
    """The tenant's newest events first, all or those of one subject."""
    query = select(audit_event).where(audit_event.c.tenant_id == tenant)
    if subject is not None:
        query = query.where(audit_event.c.subject == subject)
    rows = session.execute(query.order_by(audit_event.c.at.desc(), audit_event.c.event_id).limit(limit))
    return [AuditEvent(r.at, r.actor, r.action, r.subject, r.detail, r.event_id) for r in rows]
