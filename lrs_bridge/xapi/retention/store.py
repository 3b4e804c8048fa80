"""The queries of retention: what may have to go, its removal from every table, and the tombstones."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, func, insert, or_, select, update

from lrs_bridge.db import Session, hold
from lrs_bridge.xapi.model.references import AGENT, VERB, reference
from lrs_bridge.xapi.retention.policy import Erasure, Policy
from lrs_bridge.xapi.retention.selection import Selection
from lrs_bridge.xapi.retention.tables import erasure, retention_policy, tombstone
from lrs_bridge.xapi.statements import store as statements
from lrs_bridge.xapi.statements.log.store import find_stretch
from lrs_bridge.xapi.statements.sequence import LARGEST_NUMBER, first_after
from lrs_bridge.xapi.statements.tables import statement, statement_related, statement_target

BATCH = 200  # statements a page, and a transaction: storing waits for no more than that


class Candidate(NamedTuple):
    """A statement that may have to go."""

    seq: int
    statement_id: UUID
    target_id: UUID | None
    voids: bool
    payload: str
    digest: bytes


# Statements


def find_candidates(session: Session, tenant: str, selection: Selection, beyond: int) -> list[Candidate]:
    """The next statements, by number, that may be what is selected; the caller looks at each.

    Verbs and identifiers are looked for by their hashes; identifiers also in the text itself, since senders do not agree on the
    case of an address, and since no hash tells of the agents in SubStatements. A text with a backslash in it may spell any
    letter by its number (RFC 8259 7), so it is always looked at. There are fewer than BATCH when they are large.
    """
    columns = statement.c
    high = LARGEST_NUMBER if selection.before is None else first_after(selection.before)
    where = [columns.tenant_id == tenant, columns.seq > beyond, columns.seq < high]
    if selection.verb is not None:
        where.append(columns.verb_ref == reference(tenant, VERB, selection.verb))
    if selection.identifiers:
        where.append(_may_know(tenant, selection))
    stretch = find_stretch(session, *where, ascending=True, limit=BATCH)
    if stretch is None:
        return []
    query = select(columns.seq, columns.statement_id, columns.target_id, columns.voids, columns.payload, columns.digest)
    these = columns.tenant_id == tenant, columns.seq.in_(stretch.numbers)  # texts are searched once
    return [Candidate(*row) for row in session.execute(query.where(*these).order_by(columns.seq))]


def _may_know(tenant: str, selection: Selection) -> ColumnElement[bool]:
    refs = [reference(tenant, AGENT, key) for key in sorted(selection.agent_keys())]
    texts = [statement.c.payload.icontains(text, autoescape=True) for text in sorted(selection.texts())]
    escapes = statement.c.payload.contains("\\", autoescape=True)
    return or_(statement.c.actor_ref.in_(refs), statement.c.object_ref.in_(refs), escapes, *texts)


def newest(session: Session, tenant: str) -> int:
    """The number of the statement that was stored last, 0 when there is none."""
    return session.execute(select(func.max(statement.c.seq)).where(statement.c.tenant_id == tenant)).scalar_one() or 0


def find_present(session: Session, tenant: str, ids: Collection[UUID]) -> set[UUID]:
    """Those of the ids under which a statement is stored."""
    query = select(statement.c.statement_id).where(statement.c.tenant_id == tenant, statement.c.statement_id.in_(ids))
    return set(session.execute(query).scalars())


def lock_links(session: Session, tenant: str, now: datetime) -> None:
    """Keeps statements from being stored meanwhile: one that came to point at what goes would point at nothing."""
    hold(session, statements.locks(tenant, exclusive=True, began_at=now)[0])


def hold_off(session: Session, tenant: str, now: datetime) -> None:
    """Lets no erasure of the tenant's statements happen from now on until the transaction ends."""
    hold(session, statements.locks(tenant, exclusive=False, began_at=now)[0])


def delete_statements(session: Session, tenant: str, seqs: Collection[int]) -> set[UUID]:
    """Deletes the statements with these numbers and all that points at them; gives the ids of those that were there."""
    pointing = statement_target.c.tenant_id == tenant, statement_target.c.seq.in_(seqs)
    pointed = statement_target.c.tenant_id == tenant, statement_target.c.target_seq.in_(seqs)
    for where in (pointing, pointed):
        session.execute(delete(statement_target).where(*where))
    _delete_links(session, tenant, seqs)
    gone = delete(statement).where(statement.c.tenant_id == tenant, statement.c.seq.in_(seqs))
    return set(session.execute(gone.returning(statement.c.statement_id)).scalars())


def _delete_links(session: Session, tenant: str, seqs: Collection[int]) -> None:
    link = statement_related.c
    refs = statements.references(session, tenant, seqs)
    rows = [{"of_ref": ref, "of_seq": seq} for seq, found in refs.items() for ref in found.related]
    if rows:
        these = link.tenant_id == tenant, link.ref == bindparam("of_ref"), link.seq == bindparam("of_seq")
        session.execute(delete(statement_related).where(*these), rows)


# Tombstones


def insert_tombstones(session: Session, tenant: str, erasure_id: UUID, gone: Sequence[Candidate], at: datetime) -> None:
    """Leaves what is to be known of erased statements: id, digest, when, by which erasure."""
    rows = [
        {
            "tenant_id": tenant,
            "statement_id": each.statement_id,
            "digest": each.digest,
            "erased_at": at,
            "erasure_id": erasure_id,
        }
        for each in gone
    ]
    if rows:
        session.execute(insert(tombstone), rows)


def find_erased(session: Session, tenant: str, ids: Collection[UUID]) -> set[UUID]:
    """Those of the ids under which a statement was erased."""
    query = select(tombstone.c.statement_id).where(tombstone.c.tenant_id == tenant, tombstone.c.statement_id.in_(ids))
    return set(session.execute(query).scalars())


# Erasures


def has_erasures(session: Session, tenant: str) -> bool:
    """Whether anything was ever erased, or is about to be."""
    return bool(session.execute(select(exists().where(erasure.c.tenant_id == tenant))).scalar_one())


def insert_erasure(session: Session, tenant: str, erasure_id: UUID, *, reason: str, actor: str, at: datetime) -> None:
    """A run begins."""
    counts = dict.fromkeys(("erased", "held", "claims", "documents"), 0)
    row = {"tenant_id": tenant, "erasure_id": erasure_id, "reason": reason, "actor": actor, "began_at": at}
    session.execute(insert(erasure), {**row, **counts})


def add_to_erasure(
    session: Session, tenant: str, erasure_id: UUID, totals: dict[str, int], *, ended_at: datetime | None = None
) -> None:
    """Counts on, in the transaction that does what is counted."""
    values: dict[str, Any] = {name: erasure.c[name] + count for name, count in totals.items()}
    where = and_(erasure.c.tenant_id == tenant, erasure.c.erasure_id == erasure_id)
    session.execute(update(erasure).where(where).values(**values, ended_at=ended_at))


def find_erasures(session: Session, tenant: str, limit: int) -> list[Erasure]:
    """The newest runs first."""
    columns = (erasure.c.reason, erasure.c.actor, erasure.c.began_at, erasure.c.ended_at, erasure.c.erased, erasure.c.held)
    query = select(*columns).where(erasure.c.tenant_id == tenant).order_by(erasure.c.began_at.desc()).limit(limit)
    return [Erasure(*row) for row in session.execute(query)]


# Policies


def insert_policy(session: Session, new: Policy) -> None:
    """Adds a policy; the name must be free."""
    row = {
        "tenant_id": new.tenant,
        "name": new.name,
        "older_than_days": new.older_than_days,
        "verb": new.verb,
        "activity": new.activity,
        "person_id": new.person_id,
        "enabled": new.enabled,
        "added_at": new.added_at,
    }
    session.execute(insert(retention_policy), row)


def find_policies(session: Session, tenant: str) -> list[Policy]:
    """The tenant's policies by name."""
    query = select(retention_policy).where(retention_policy.c.tenant_id == tenant).order_by(retention_policy.c.name)
    return [_policy(row) for row in session.execute(query)]


def _policy(row: Any) -> Policy:
    return Policy(
        tenant=row.tenant_id,
        name=row.name,
        older_than_days=row.older_than_days,
        added_at=row.added_at,
        verb=row.verb,
        activity=row.activity,
        person_id=row.person_id,
        enabled=row.enabled,
        last_run_at=row.last_run_at,
    )


def _one_policy(tenant: str, name: str) -> ColumnElement[bool]:
    return and_(retention_policy.c.tenant_id == tenant, retention_policy.c.name == name)


def delete_policy(session: Session, tenant: str, name: str) -> bool:
    """Whether there was a policy of that name."""
    return session.execute(delete(retention_policy).where(_one_policy(tenant, name))).rowcount == 1


def update_policy(session: Session, tenant: str, name: str, **values: Any) -> bool:
    """Changes columns of a policy; whether there was one of that name."""
    return session.execute(update(retention_policy).where(_one_policy(tenant, name)).values(**values)).rowcount == 1
