"""The queries of holds: which records rest on what, and the claims and evidence that go when their source goes."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Table, delete, select

from lrs_bridge.completion import SourceKey
from lrs_bridge.db import Session
from lrs_bridge.plans import store
from lrs_bridge.plans.record import State
from lrs_bridge.plans.tables import activity_record, completion, completion_revision, record_evidence


def lock_claims(session: Session, tenant: str, keys: Collection[SourceKey]) -> None:
    """Keeps these claims, and the records of the persons whom they speak of, as they are until the transaction ends.

    In the order in which claims are taken back, so that neither waits for the other in a circle.
    """
    store.share_directory(session, tenant)
    claims = store.find_claims(session, tenant, keys)
    store.lock_persons(session, tenant, sorted({claim.person_id for claim in claims.values() if claim.person_id}))


def find_states_resting_on(session: Session, tenant: str, source: str, ids: Collection[str]) -> list[tuple[str, State, bool]]:
    """Each of the ids that is evidence, with the state of a record that it is evidence of, and whether it was taken back."""
    query = (
        select(record_evidence.c.source_id, activity_record.c.state, record_evidence.c.retracted_at)
        .join(
            activity_record,
            (activity_record.c.tenant_id == tenant) & (activity_record.c.record_id == record_evidence.c.record_id),
        )
        .where(
            record_evidence.c.tenant_id == tenant,
            record_evidence.c.source == source,
            record_evidence.c.source_id.in_(ids),
        )
    )
    return [(row.source_id, State(row.state), row.retracted_at is not None) for row in session.execute(query)]


def delete_claims(session: Session, tenant: str, source: str, ids: Collection[str]) -> int:
    """Deletes the claims of these ids with their history, and the evidence that was made of them; gives how many claims."""
    for table in (record_evidence, completion_revision):
        session.execute(delete(table).where(*_these(table, tenant, source, ids)))
    return session.execute(delete(completion).where(*_these(completion, tenant, source, ids))).rowcount


def _these(table: Table, tenant: str, source: str, ids: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    return table.c.tenant_id == tenant, table.c.source == source, table.c.source_id.in_(ids)
