"""The LRS's queries. On PostgreSQL storing a statement is one row; SQLite, which has no arrays, keeps a link table beside it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    exists,
    func,
    insert,
    null,
    or_,
    select,
    text,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.exc import OperationalError

from lrs_bridge.db import Session, insert_ignore
from lrs_bridge.xapi.model.references import ACTIVITY, AGENT, MEMBER, VERB, reference
from lrs_bridge.xapi.statements.query import Query
from lrs_bridge.xapi.statements.sequence import stored_at
from lrs_bridge.xapi.statements.tables import statement, statement_related, statement_target

BATCH = 5000  # ids a query: both databases limit the number of parameters


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
    related: Sequence[int]
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


@dataclass(frozen=True, slots=True)
class Found:
    """A stored statement. ``evidence`` is the payload of the one that met the filters: itself, or one that it points at."""

    seq: int
    payload: str
    evidence: str


# --- statements: storing ---------------------------------------------------------------------------------------------------


def lock_links(session: Session, tenant: str, *, exclusive: bool, began_at: datetime) -> None:
    """Keeps statements and those that point at them from being stored past each other, until the transaction ends.

    Without it a statement and the one that voids it, stored at the same time, would not see each other. Whoever stores holds it
    shared; whoever stores a statement that points at another holds it alone. It also tells ``oldest_unseen`` that a transaction
    is open which may store what it numbers from ``began_at`` on. SQLite has one writer at a time and needs neither.
    """
    if session.dialect.name == "postgresql":
        values = {"name": f"xapi:links:{tenant}", "writers": _WRITERS, "second": _second(began_at)}
        session.execute(_LOCK_ALONE if exclusive else _LOCK_SHARED, values)


_WRITERS = 0x78415049
"""The first half of the advisory locks that open writers hold; the second is the second in which each began."""
_SECONDS_FROM = datetime(2020, 1, 1, tzinfo=UTC)
_LOCK_ALONE, _LOCK_SHARED = (
    text(
        f"select pg_advisory_xact_lock{kind}(hashtextextended(:name, 0)), "
        "pg_advisory_xact_lock_shared(cast(:writers as integer), cast(:second as integer))"
    )
    for kind in ("", "_shared")
)
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
    newest = session.execute(select(func.max(statement.c.seq)).where(statement.c.tenant_id == tenant)).scalar_one()
    return stored_at(newest or 0)


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


def insert_new(session: Session, rows: Iterable[NewStatement]) -> set[UUID]:
    """Inserts the rows whose statement id is new and returns those ids.

    Rows go in by id, so that two batches with the same statements wait for each other instead of deadlocking.
    """
    ordered = sorted(rows, key=lambda row: row.statement_id)
    if not ordered:
        return set()
    has_arrays = session.dialect.name == "postgresql"
    values = [row._asdict() if has_arrays else row._asdict() | {"related": None} for row in ordered]
    query = insert_ignore(session, statement).returning(statement.c.statement_id)
    new = set(session.execute(query, values).scalars())
    if not has_arrays:
        links = [
            {"tenant_id": row.tenant_id, "ref": ref, "seq": row.seq}
            for row in ordered
            if row.statement_id in new
            for ref in row.related
        ]
        if links:
            session.execute(insert(statement_related), links)
    return new


def payloads(session: Session, tenant: str, ids: Collection[UUID]) -> dict[UUID, str]:
    """The stored JSON of each of these statements that is there."""
    query = select(statement.c.statement_id, statement.c.payload).where(*_these(tenant, ids))
    return {row.statement_id: row.payload for row in session.execute(query)}


def links(session: Session, tenant: str, ids: Collection[UUID]) -> list[Link]:
    """The statements with these ids, as far as they are there."""
    return _links(session, _these(tenant, ids)) if ids else []


def referrers(session: Session, tenant: str, ids: Collection[UUID]) -> list[Link]:
    """The statements that point at these ids."""
    some = list(ids)
    batches = (some[start : start + BATCH] for start in range(0, len(some), BATCH))
    return [
        link for batch in batches for link in _links(session, (statement.c.tenant_id == tenant, statement.c.target_id.in_(batch)))
    ]


def mark_voided(session: Session, tenant: str, ids: Collection[UUID]) -> None:
    """Marks the statements with these ids as voided; those that void others stay as they are."""
    if ids:
        session.execute(update(statement).where(*_these(tenant, ids), ~statement.c.voids).values(voided=True))


def add_targets(session: Session, tenant: str, pairs: Iterable[tuple[int, int]]) -> None:
    """Notes which statement points at which, by their numbers; what is noted already stays."""
    rows = [{"tenant_id": tenant, "seq": seq, "target_seq": target} for seq, target in sorted(pairs)]
    if rows:
        session.execute(insert_ignore(session, statement_target), rows)


def _these(tenant: str, ids: Collection[UUID]) -> tuple[ColumnElement[bool], ...]:
    return statement.c.tenant_id == tenant, statement.c.statement_id.in_(ids)


def _links(session: Session, where: Iterable[ColumnElement[bool]]) -> list[Link]:
    query = select(statement.c.seq, statement.c.statement_id, statement.c.target_id, statement.c.voids).where(*where)
    return [Link(*row) for row in session.execute(query)]


# --- statements: reading ---------------------------------------------------------------------------------------------------


def find_one(session: Session, tenant: str, id: UUID, *, voided: bool | None, writer: str | None) -> Found | None:
    """The statement of that id: voided or not as asked (None: either), and of that writer unless None."""
    query = select(statement.c.seq, statement.c.payload).where(*_these(tenant, [id]))
    if voided is not None:
        query = query.where(statement.c.voided == voided)
    if writer is not None:
        query = query.where(statement.c.credential_key == writer)
    row = session.execute(query).one_or_none()
    return None if row is None else Found(row.seq, row.payload, row.payload)


def find_page(session: Session, tenant: str, query: Query, *, writer: str | None) -> list[Found]:
    """The statements that the query asks for, in its order, and one more than its limit when there are more.

    They are found by hashes: the caller confirms each by its evidence.
    """
    low, high = query.numbers()
    values = {
        "tenant": tenant,
        "low": low,
        "high": high,
        "count": query.limit + 1,
        "writer": writer,
        "verb": query.verb and reference(tenant, VERB, query.verb),
        "agent": query.agent and reference(tenant, AGENT, query.agent),
        "member": query.agent and reference(tenant, MEMBER, query.agent),
        "activity": query.activity and reference(tenant, ACTIVITY, query.activity),
        "registration": query.registration,
    }
    form = _Form(
        has_arrays=session.dialect.name == "postgresql",
        ascending=query.ascending,
        writer=writer is not None,
        verb=query.verb is not None,
        agent=query.agent is not None,
        activity=query.activity is not None,
        registration=query.registration is not None,
        related_agents=query.related_agents,
        related_activities=query.related_activities,
    )
    if form.has_arrays and (form.related_agents or form.related_activities):
        session.execute(_PLAN_BY_VALUE)
    rows = session.execute(_page_query(form), values)
    return [Found(row.seq, row.payload, row.evidence or row.payload) for row in rows]


@dataclass(frozen=True, slots=True)
class _Form:
    """All that a page's SQL depends on; its values are bound, so that each form is put together once."""

    has_arrays: bool
    ascending: bool
    writer: bool
    verb: bool
    agent: bool
    activity: bool
    registration: bool
    related_agents: bool
    related_activities: bool

    @property
    def filters(self) -> bool:
        """Whether statements are chosen by anything but time."""
        return self.verb or self.agent or self.activity or self.registration


@lru_cache(maxsize=512)
def _page_query(form: _Form) -> Select[Any]:
    """One ordered and limited search per index that can answer, put together by number.

    A statement that points at one which meets the filters meets them too (Communication 2.1.3, Filter Conditions for
    StatementRefs), itself subject to the range only; that is the last search.
    """
    searches = [_direct_search(form, ways) for ways in _alternatives(form)]
    if form.filters:
        searches.append(_search_through_targets(form))
    if len(searches) == 1:
        chosen = searches[0].subquery("chosen")
    else:
        found = union_all(*(select(search.subquery()) for search in searches)).subquery("found")
        grouped = select(found.c.seq, func.min(found.c.witness).label("witness")).group_by(found.c.seq)
        chosen = grouped.order_by(_order(form, found.c.seq)).limit(_COUNT).subquery("chosen")
    own, other = statement.alias("own"), statement.alias("other")
    return (
        select(own.c.seq, own.c.payload, other.c.payload.label("evidence"))
        .select_from(chosen)
        .join(own, and_(own.c.tenant_id == _TENANT, own.c.seq == chosen.c.seq))
        .outerjoin(other, and_(other.c.tenant_id == _TENANT, other.c.seq == chosen.c.witness))
        .order_by(_order(form, own.c.seq))
    )


_TENANT = bindparam("tenant", type_=String)
_COUNT = bindparam("count", type_=Integer)

# Whether a context activity stands in three statements or in all of them decides how to look for it, so the plan that PostgreSQL
# keeps for any value would be wrong for some.
_PLAN_BY_VALUE = text("set local plan_cache_mode = force_custom_plan")


def _order(form: _Form, seq: ColumnElement[int]) -> ColumnElement[int]:
    return seq.asc() if form.ascending else seq.desc()


@dataclass(frozen=True, slots=True)
class _Way:
    """One way of meeting a filter: the bound ``value`` stands in a column, or in ``related`` when that is None."""

    value: str
    column: str | None = None

    def is_met_by(self, form: _Form, s: FromClause) -> ColumnElement[bool]:
        """The condition on a statement, or on what has its columns."""
        value = bindparam(self.value, type_=BigInteger)
        if self.column is not None:
            return s.c[self.column] == value
        if form.has_arrays:
            return s.c.related.op("@>")(array([value]))
        link = statement_related.alias()
        return exists().where(link.c.tenant_id == s.c.tenant_id, link.c.ref == value, link.c.seq == s.c.seq)


def _alternatives(form: _Form) -> list[tuple[_Way, ...]]:
    """The ways of meeting the agent filter and the activity filter together, each with an index of its own."""
    agent: list[_Way] = []
    activity: list[_Way] = []
    if form.agent:
        agent = [_Way("agent", "actor_ref"), _Way("agent", "object_ref"), _Way("agent" if form.related_agents else "member")]
    if form.activity:
        activity = [_Way("activity", "object_ref"), *([_Way("activity")] if form.related_activities else [])]
    return list(product(*(ways for ways in (agent, activity) if ways)))


def _direct_search(form: _Form, ways: tuple[_Way, ...]) -> Select[Any]:
    related = next((way for way in ways if way.column is None), None)
    s = statement.alias("s") if related is None else _referring(form, related)
    conditions = [way.is_met_by(form, s) for way in ways if way is not related]
    query = select(s.c.seq, null().cast(BigInteger).label("witness")).where(
        s.c.tenant_id == _TENANT, *_in_range(s.c.seq), *_readable(form, s), *_plain_filters(form, s), *conditions
    )
    return query.order_by(_order(form, s.c.seq)).limit(_COUNT)


def _referring(form: _Form, way: _Way) -> FromClause:
    """The statements that refer to a value, looked up by that.

    Members of groups are asked for with every agent and mostly found nowhere: the offset keeps PostgreSQL from going through
    all statements, newest first, in the hope of one.
    """
    if not form.has_arrays:
        link = statement_related.alias("link")
        joined = and_(link.c.tenant_id == statement.c.tenant_id, link.c.seq == statement.c.seq)
        value = bindparam(way.value, type_=BigInteger)
        return select(statement).join(link, joined).where(link.c.tenant_id == _TENANT, link.c.ref == value).subquery("s")
    query = select(statement).where(statement.c.tenant_id == _TENANT, way.is_met_by(form, statement))
    return (query.offset(0) if way.value == "member" else query).subquery("s")


def _search_through_targets(form: _Form) -> Select[Any]:
    r, s, to = statement.alias("r"), statement.alias("s"), statement_target.alias("to")
    either = or_(*(and_(true(), *(way.is_met_by(form, s) for way in ways)) for ways in _alternatives(form)))
    query = (
        select(to.c.seq, to.c.target_seq.label("witness"))
        .join(s, and_(s.c.tenant_id == to.c.tenant_id, s.c.seq == to.c.target_seq))
        .join(r, and_(r.c.tenant_id == to.c.tenant_id, r.c.seq == to.c.seq))
        .where(to.c.tenant_id == _TENANT, *_in_range(to.c.seq), *_readable(form, r), *_plain_filters(form, s), either)
    )
    if form.writer:  # else a pointer would tell its writer what stands in somebody else's statement
        query = query.where(s.c.credential_key == bindparam("writer"))
    return query.order_by(_order(form, to.c.seq)).limit(_COUNT)


def _in_range(seq: ColumnElement[int]) -> tuple[ColumnElement[bool], ...]:
    return seq >= bindparam("low", type_=BigInteger), seq < bindparam("high", type_=BigInteger)


def _readable(form: _Form, s: FromClause) -> tuple[ColumnElement[bool], ...]:
    return (~s.c.voided, s.c.credential_key == bindparam("writer")) if form.writer else (~s.c.voided,)


def _plain_filters(form: _Form, s: FromClause) -> list[ColumnElement[bool]]:
    """The filters that one column answers."""
    filters = []
    if form.verb:
        filters.append(s.c.verb_ref == bindparam("verb", type_=BigInteger))
    if form.registration:
        filters.append(s.c.registration == bindparam("registration", type_=Uuid()))
    return filters
