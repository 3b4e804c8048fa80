"""The LRS's queries. A statement is one row, and one more in ``statement_related`` for whatever else it refers to."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    String,
    Uuid,
    bindparam,
    func,
    select,
    text,
    update,
)
from sqlalchemy.exc import OperationalError

from lrs_bridge.db import AnyOf, Lock, Prepared, Session, as_uuid, insert_new, named
from lrs_bridge.xapi.model.references import References, agents_of, references_of, registration_reference
from lrs_bridge.xapi.statements.sequence import stored_at
from lrs_bridge.xapi.statements.tables import statement, statement_related, statement_target


class NewStatement(NamedTuple):
    """A row of the statement table; the names are the columns'."""

    tenant_id: str
    seq: int
    statement_id: UUID
    credential_key: str
    actor_ref: int | None
    verb_ref: int
    object_ref: int | None
    registration: UUID | None
    target_id: UUID | None
    voids: bool
    voided: bool
    payload: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """What is known of a statement that points at another, or is pointed at."""

    seq: int
    statement_id: UUID
    target_id: UUID | None
    voids: bool
    credential_key: str


# --- statements: storing ---------------------------------------------------------------------------------------------------


def locks(tenant: str, *, exclusive: bool, began_at: datetime) -> tuple[Lock, Lock]:
    """What a transaction that stores statements holds until it ends.

    The first keeps statements and those that point at them from being stored past each other: without it a statement and the one
    that voids it, stored at the same time, would not see each other. Whoever stores holds it shared; whoever stores a statement
    that points at another holds it alone. The second tells ``oldest_unseen`` that a transaction is open which may store what it
    numbers from ``began_at`` on.
    """
    return named(f"xapi:links:{tenant}", shared=not exclusive), Lock((_WRITERS, _second(began_at)), shared=True)


_WRITERS = 0x78415049
"""The first half of the advisory locks that open writers hold; the second is the second in which each began."""
_SECONDS_FROM = datetime(2020, 1, 1, tzinfo=UTC)
_OLDEST_WRITER = text(
    "select min(objid::bigint) from pg_locks where locktype = 'advisory' and classid = :writers and objsubid = 2 "
    "and database = (select oid from pg_database where datname = current_database())"
)


def _second(at: datetime) -> int:
    """Whole seconds since 2020, which fit a lock's 32 bits until 2088."""
    return max((at - _SECONDS_FROM) // timedelta(seconds=1), 0)


def oldest_unseen(session: Session, tenant: str | None, now: datetime) -> datetime:
    """The instant before which every statement of the tenant is visible to who reads after this, ``now`` if no writer is open.

    On PostgreSQL it is when the oldest open writer began. On SQLite nobody tells when a writer began, so while there is one it is
    when the newest visible statement was stored: writers follow each other, and so do their numbers.
    """
    if session.dialect.name == "postgresql":
        second = session.execute(_OLDEST_WRITER, {"writers": _WRITERS}).scalar_one()
        return now if second is None else _SECONDS_FROM + timedelta(seconds=second)
    if not _has_sqlite_writer(session):
        return now
    return stored_at(newest(session, tenant) or 0)


def newest(session: Session, tenant: str | None) -> int | None:
    """The largest number of the tenant's statements."""
    found: int | None = session.execute(select(func.max(statement.c.seq)).where(statement.c.tenant_id == tenant)).scalar_one()
    return found


def _has_sqlite_writer(session: Session) -> bool:
    """Whether another transaction writes right now: asks for its lock, which this one then holds for the moment that is left."""
    wait = session.exec_driver_sql("pragma busy_timeout").scalar_one()
    session.exec_driver_sql("pragma busy_timeout = 0")
    try:
        session.exec_driver_sql("delete from statement where 0")
    except OperationalError:
        return True
    finally:
        session.exec_driver_sql(f"pragma busy_timeout = {int(wait)}")
    return False


@dataclass(frozen=True, slots=True)
class Inserted:
    """``new`` are the ids that were not there yet, ``pointing`` the stored statements that point at one of those given."""

    new: frozenset[UUID]
    pointing: list[Link]


def insert_statements(
    session: Session, tenant: str, rows: Sequence[NewStatement], related: Mapping[int, Sequence[int]]
) -> Inserted:
    """Inserts the rows whose statement id is new. ``related`` are what else they refer to, by the number of their row.

    Rows go in by id, so that two batches with the same statements wait for each other instead of deadlocking.
    """
    ordered = sorted(rows, key=_by_id)
    if session.dialect.name == "postgresql" and len(ordered) == 1:
        return _insert_one(session, ordered[0], related[ordered[0].seq])
    inserted = insert_new(session, statement, NewStatement._fields, ordered)
    new = [row for row, is_new in zip(ordered, inserted, strict=True) if is_new]
    links = [(tenant, ref, row.seq) for row in new for ref in related[row.seq]]
    if links:
        insert_new(session, statement_related, ("tenant_id", "ref", "seq"), sorted(links))
    return Inserted(frozenset(row.statement_id for row in new), referrers(session, tenant, [row.statement_id for row in ordered]))


_by_id = attrgetter("statement_id.int")


def _insert_one(session: Session, row: NewStatement, related: Sequence[int]) -> Inserted:
    """On PostgreSQL: the row and its links, unless its id is there, and who points at it, in one exchange with the server."""
    first, *pointing = _ADD_ONE.all(session, row._asdict() | {"related": list(related)})
    new = frozenset([row.statement_id]) if first[0] is not None else frozenset()
    return Inserted(new, [_link(link) for link in pointing])


_ADD_ONE = Prepared(
    text(
        f"with added as (insert into statement ({', '.join(NewStatement._fields)}) "  # noqa: S608  names of ours
        f"values ({', '.join(f':{name}' for name in NewStatement._fields)}) on conflict do nothing returning seq), "
        "linked as (insert into statement_related (tenant_id, ref, seq) "
        "select :tenant_id, unnest(cast(:related as bigint[])), seq from added) "
        "select (select seq from added) as seq, null as statement_id, null as target_id, null as voids, null as key "
        "union all select seq, statement_id, target_id, voids, credential_key from statement "
        "where tenant_id = :tenant_id and target_id = :statement_id"
    )
)


def payloads(session: Session, tenant: str, ids: Collection[UUID]) -> dict[UUID, str]:
    """The stored JSON of each of these statements that is there."""
    query = select(statement.c.statement_id, statement.c.payload).where(*_these(tenant, ids))
    return {row.statement_id: row.payload for row in session.execute(query)}


def links(session: Session, tenant: str, ids: Collection[UUID]) -> list[Link]:
    """The statements with these ids, as far as they are there."""
    return _links(session, _these(tenant, ids)) if ids else []


def referrers(session: Session, tenant: str, ids: Collection[UUID]) -> list[Link]:
    """The statements that point at these ids."""
    return [_link(row) for row in _POINTING.all(session, {"tenant": tenant, "ids": list(ids)})]


_LINK = select(*(statement.c[name] for name in ("seq", "statement_id", "target_id", "voids", "credential_key")))
_POINTING = Prepared(_LINK.where(statement.c.tenant_id == bindparam("tenant"), AnyOf(statement.c.target_id, "ids")))


def _link(row: tuple[Any, ...]) -> Link:
    seq, statement_id, target_id, voids, key = row
    return Link(seq, as_uuid(statement_id), target_id and as_uuid(target_id), bool(voids), key)


def mark_voided(session: Session, tenant: str, ids: Collection[UUID]) -> None:
    """Marks the statements with these ids as voided; those that void others stay as they are."""
    if ids:
        session.execute(update(statement).where(*_these(tenant, ids), ~statement.c.voids).values(voided=True))


def add_targets(session: Session, tenant: str, pairs: Iterable[tuple[int, int]]) -> None:
    """Notes which statement points at which, by their numbers, so that it is found by what its target refers to."""
    wanted = sorted(pairs)
    refs = _refs(session, tenant, {target for _, target in wanted})
    rows = {(tenant, ref, seq, target): is_related for seq, target in wanted for ref, is_related in refs.get(target, {}).items()}
    if rows:
        columns = ("tenant_id", "ref", "seq", "target_seq", "related")
        insert_new(session, statement_target, columns, [(*key, is_related) for key, is_related in sorted(rows.items())])


def _refs(session: Session, tenant: str, numbers: Collection[int]) -> dict[int, dict[int, bool]]:
    """What the statements with these numbers refer to, and whether only the wider filters find them by it."""
    found: dict[int, dict[int, bool]] = {}
    for seq, refs in references(session, tenant, numbers).items():
        attempt = None if refs.registration is None else registration_reference(tenant, refs.registration)
        plain = [refs.actor, refs.verb, refs.object, attempt]
        found[seq] = dict.fromkeys(refs.related, True) | {ref: False for ref in plain if ref is not None}
    return found


def references(session: Session, tenant: str, numbers: Collection[int]) -> dict[int, References]:
    """What the statements with these numbers refer to, read from what is stored of them."""
    query = select(statement.c.seq, statement.c.payload).where(statement.c.tenant_id == tenant, statement.c.seq.in_(numbers))
    found = {}
    for seq, payload in session.execute(query):
        value = orjson.loads(payload)
        found[seq] = references_of(tenant, value, agents_of(tenant, value["authority"]))
    return found


def _these(tenant: str, ids: Collection[UUID]) -> tuple[ColumnElement[bool], ...]:
    return statement.c.tenant_id == tenant, statement.c.statement_id.in_(ids)


def _links(session: Session, where: Iterable[ColumnElement[bool]]) -> list[Link]:
    return [Link(*row) for row in session.execute(_LINK.where(*where))]


def find_one(session: Session, tenant: str, id: UUID, *, voided: bool | None, writer: str | None) -> tuple[int, str] | None:
    """Number and payload of the statement of that id: voided or not as asked (None: either), and of that writer unless None."""
    rows = _ONE.all(session, {"tenant": tenant, "id": id})
    if not rows:
        return None
    seq, payload, is_voided, key = rows[0]
    if (voided is not None and bool(is_voided) != voided) or (writer is not None and key != writer):
        return None
    return seq, payload


_TENANT = bindparam("tenant", type_=String)
_ONE = Prepared(
    select(statement.c.seq, statement.c.payload, statement.c.voided, statement.c.credential_key).where(
        statement.c.tenant_id == _TENANT, statement.c.statement_id == bindparam("id", type_=Uuid(native_uuid=True))
    )
)
