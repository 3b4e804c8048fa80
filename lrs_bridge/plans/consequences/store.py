"""Completions by their source's ids, and the records that rest on them."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from lrs_bridge.db import Session
from lrs_bridge.plans.claim import Claim
from lrs_bridge.plans.consequences.effects import Use
from lrs_bridge.plans.store import find_heads, read_claim
from lrs_bridge.plans.tables import completion, record_evidence


def find_claims(session: Session, tenant: str, source: str, ids: Sequence[str]) -> dict[str, Claim]:
    """The claims with these ids, by id; nobody is kept from changing them."""
    query = select(completion).where(
        completion.c.tenant_id == tenant, completion.c.source == source, completion.c.source_id.in_(ids)
    )
    return {row.source_id: read_claim(row) for row in session.execute(query)}


def find_uses(session: Session, tenant: str, source: str, ids: Sequence[str]) -> dict[str, list[Use]]:
    """The records for which each of these ids is evidence, in the order in which they came to it."""
    query = select(record_evidence.c.source_id, record_evidence.c.record_id, record_evidence.c.record_revision).where(
        record_evidence.c.tenant_id == tenant, record_evidence.c.source == source, record_evidence.c.source_id.in_(ids)
    )
    newest: dict[tuple[str, UUID], int] = {}
    for row in session.execute(query.order_by(record_evidence.c.record_revision, record_evidence.c.record_id)):
        newest[row.source_id, row.record_id] = row.record_revision
    heads = {head.record_id: head for head in find_heads(session, tenant, {record for _, record in newest})}
    uses: dict[str, list[Use]] = defaultdict(list)
    for (source_id, record_id), revision in newest.items():
        uses[source_id].append(Use(heads[record_id], revision))
    return uses
