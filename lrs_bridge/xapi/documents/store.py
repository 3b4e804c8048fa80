"""The queries of documents, and of what statements say about activities and agents."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, and_, delete, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lrs_bridge.db import Session, lock
from lrs_bridge.xapi.documents.key import Context, DocumentKey, agent_ref, folded
from lrs_bridge.xapi.documents.tables import document
from lrs_bridge.xapi.model.references import ACTIVITY, AGENT, reference
from lrs_bridge.xapi.statements.tables import statement

_CHANGED = ("content", "content_type", "tag", "updated_at")
_AT_A_TIME = 10  # payloads in memory: one may be as large as the settings allow


@dataclass(frozen=True, slots=True)
class Document:
    """A stored document. ``tag`` is the SHA-1 sum of the content."""

    content: bytes
    content_type: str
    tag: str
    updated_at: datetime


# Documents


def lock_document(session: Session, key: DocumentKey) -> None:
    """Keeps others from storing this document until the transaction ends, whether or not it is there."""
    lock(session, f"xapi:document:{key.context.tenant}:{key.digest().hex()}")


def find_document(session: Session, key: DocumentKey, *, to_change: bool = False) -> Document | None:
    """The document, or None. ``to_change`` holds its row, so that nobody erases it before it is stored anew."""
    query = select(*(document.c[name] for name in _CHANGED)).where(_is(key))
    row = session.execute(query.with_for_update() if to_change else query).one_or_none()
    return None if row is None else Document(bytes(row.content), row.content_type, row.tag, row.updated_at)


def save_document(session: Session, key: DocumentKey, new: Document) -> None:
    """Stores the document in the place of what was there."""
    context = key.context
    values = {
        "tenant_id": context.tenant,
        "digest": key.digest(),
        "kind": context.kind,
        "context_ref": context.ref(),
        "activity": context.activity,
        "agent_ref": context.agent_ref(),
        "agent": context.agent,
        "registration": context.registration,
        "document_id": key.id,
        "content": new.content,
        "content_type": new.content_type,
        "tag": new.tag,
        "updated_at": new.updated_at,
    }
    change = {name: values[name] for name in _CHANGED}
    columns = [document.c.tenant_id, document.c.digest]
    if session.dialect.name == "postgresql":
        session.execute(postgres_insert(document).values(values).on_conflict_do_update(index_elements=columns, set_=change))
    else:
        session.execute(sqlite_insert(document).values(values).on_conflict_do_update(index_elements=columns, set_=change))


def remove_document(session: Session, key: DocumentKey) -> None:
    """Deletes the document, if it is there."""
    session.execute(delete(document).where(_is(key)))


def find_ids(session: Session, context: Context, since: datetime | None) -> list[tuple[str, datetime]]:
    """The ids of the context's documents that changed after ``since``, and when, the latest first."""
    query = select(document.c.document_id, document.c.updated_at).where(_in(context))
    if since is not None:
        query = query.where(document.c.updated_at > since)
    rows = session.execute(query.order_by(document.c.updated_at.desc(), document.c.document_id))
    return [(row.document_id, row.updated_at) for row in rows]


def remove_documents(session: Session, context: Context) -> int:
    """Deletes all documents of the context; how many there were."""
    return session.execute(delete(document).where(_in(context))).rowcount


def find_of_agents(session: Session, tenant: str, agents: Collection[str]) -> list[bytes]:
    """The digests of all documents about these agents (agent keys), however their mailboxes are spelled."""
    wanted = {folded(agent) for agent in agents}
    refs = [agent_ref(tenant, agent) for agent in wanted]
    query = select(document.c.digest, document.c.agent).where(document.c.tenant_id == tenant, document.c.agent_ref.in_(refs))
    return [row.digest for row in session.execute(query) if folded(row.agent) in wanted]


def remove_by_digest(session: Session, tenant: str, digests: Collection[bytes]) -> None:
    """Deletes the documents of these digests."""
    some = list(digests)
    for start in range(0, len(some), 500):
        batch = some[start : start + 500]
        session.execute(delete(document).where(document.c.tenant_id == tenant, document.c.digest.in_(batch)))


def _is(key: DocumentKey) -> ColumnElement[bool]:
    return and_(document.c.tenant_id == key.context.tenant, document.c.digest == key.digest())


def _in(context: Context) -> ColumnElement[bool]:
    """All of the context, by its number and itself; without a registration those of every registration (2.3)."""
    conditions = [
        document.c.tenant_id == context.tenant,
        document.c.context_ref == context.ref(),
        document.c.kind == context.kind,
        document.c.activity.is_not_distinct_from(context.activity),
        document.c.agent.is_not_distinct_from(context.agent),
    ]
    if context.registration is not None:
        conditions.append(document.c.registration == context.registration)
    return and_(*conditions)


# What statements say


def statements_about(session: Session, tenant: str, activity: str, writers: Collection[str], limit: int) -> Iterator[Any]:
    """Statements that may have the Activity as object, by these keys, newest first: the latest and the first ``limit`` of them.

    The caller confirms each. Between the two, whoever says something new is heard, and whoever said all at the very beginning.
    """
    about = _by(tenant, writers, statement.c.object_ref == reference(tenant, ACTIVITY, activity))
    latest, first = about.order_by(statement.c.seq.desc()).limit(limit), about.order_by(statement.c.seq).limit(limit)
    return _values(session, tenant, {*session.execute(latest).scalars(), *session.execute(first).scalars()})


def statements_by(session: Session, tenant: str, agent: str, writers: Collection[str], limit: int) -> Iterator[Any]:
    """The latest statements that may have the agent of this key as actor, by these keys, newest first, ``limit`` at most."""
    by = _by(tenant, writers, statement.c.actor_ref == reference(tenant, AGENT, agent))
    return _values(session, tenant, session.execute(by.order_by(statement.c.seq.desc()).limit(limit)).scalars())


def _by(tenant: str, writers: Collection[str], refers: ColumnElement[bool]) -> Select[Any]:
    """The numbers of statements by these keys that are not voided."""
    mine = statement.c.credential_key.in_(writers)
    return select(statement.c.seq).where(refers, statement.c.tenant_id == tenant, mine, ~statement.c.voided)


def _values(session: Session, tenant: str, seqs: Iterable[int]) -> Iterator[Any]:
    newest_first = sorted(seqs, reverse=True)
    for start in range(0, len(newest_first), _AT_A_TIME):
        some = statement.c.seq.in_(newest_first[start : start + _AT_A_TIME])
        query = select(statement.c.payload).where(statement.c.tenant_id == tenant, some).order_by(statement.c.seq.desc())
        yield from (orjson.loads(payload) for payload in session.execute(query).scalars())
