"""The LRS's queries. A statement is one row, and one more in ``statement_related`` for whatever else it refers to."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import product
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    String,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    null,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.exc import OperationalError

from lrs_bridge.db import AnyOf, Lock, Prepared, Session, Size, as_uuid, insert_new, named
from lrs_bridge.xapi.model.references import ACTIVITY, AGENT, MEMBER, VERB, References, agents_of, reference, references_of
from lrs_bridge.xapi.statements.query import Query
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


SMALL = 16 * 1024
"""Payloads of up to so many bytes come with the rows; larger ones are asked for one by one, while there is room for them."""
MOST_PAGE_BYTES = 8 * 1024 * 1024
"""A page ends with the statement that fills it, however few it holds."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page's statements in order, and whether there are more."""

    found: list["Found"]
    more: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A stored statement. ``evidence`` is the payload of the one that met the filters: itself, or one that it points at."""

    seq: int
    payload: str
    evidence: str


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
        plain = [refs.actor, refs.verb, refs.object, registration_reference(tenant, refs.registration)]
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


def registration_reference(tenant: str, registration: UUID | None) -> int | None:
    """The number under which a target's registration is noted."""
    return None if registration is None else reference(tenant, "registration", str(registration))


def _these(tenant: str, ids: Collection[UUID]) -> tuple[ColumnElement[bool], ...]:
    return statement.c.tenant_id == tenant, statement.c.statement_id.in_(ids)


def _links(session: Session, where: Iterable[ColumnElement[bool]]) -> list[Link]:
    return [Link(*row) for row in session.execute(_LINK.where(*where))]


# --- statements: reading ---------------------------------------------------------------------------------------------------


def find_one(session: Session, tenant: str, id: UUID, *, voided: bool | None, writer: str | None) -> Found | None:
    """The statement of that id: voided or not as asked (None: either), and of that writer unless None."""
    rows = _ONE.all(session, {"tenant": tenant, "id": id})
    if not rows:
        return None
    seq, payload, is_voided, key = rows[0]
    if (voided is not None and bool(is_voided) != voided) or (writer is not None and key != writer):
        return None
    return Found(seq, payload, payload)


_TENANT = bindparam("tenant", type_=String)
_COUNT = bindparam("count", type_=Integer)
_ONE = Prepared(
    select(statement.c.seq, statement.c.payload, statement.c.voided, statement.c.credential_key).where(
        statement.c.tenant_id == _TENANT, statement.c.statement_id == bindparam("id", type_=Uuid(native_uuid=True))
    )
)


def find_page(session: Session, tenant: str, query: Query, *, writer: str | None, voided: bool = False) -> Sheet:
    """The statements that the query asks for, in its order, as many as its limit and MOST_PAGE_BYTES let through.

    They are found by hashes: the caller confirms each by its evidence. With ``voided`` those that were voided are among them.
    """
    form = _form(query, writer=writer, voided=voided)
    rows = {row[0]: row for row in _page_query(form).all(session, _page_values(tenant, query, writer))}
    numbers = sorted(rows, reverse=not query.ascending)
    found: list[Found] = []
    size = 0
    looked_at = 0
    for seq in numbers[: query.limit]:
        looked_at += 1
        one = _whole(session, tenant, rows[seq])
        if one is None:
            continue
        found.append(one)
        size += len(one.payload)
        if size > MOST_PAGE_BYTES:
            break
    return Sheet(found, more=bool(found) and len(numbers) > looked_at)


def _whole(session: Session, tenant: str, row: tuple[Any, ...]) -> Found | None:
    """A row of the page's query with its texts, those that were too large to come along included; None if erased meanwhile."""
    seq, payload, witness, evidence = row
    payload = payload or _payload_of(session, tenant, seq)
    if witness is not None:
        evidence = evidence or _payload_of(session, tenant, witness)
    return Found(seq, payload, evidence or payload) if payload else None


def _payload_of(session: Session, tenant: str, seq: int) -> str | None:
    rows = _PAYLOAD.all(session, {"tenant": tenant, "seq": seq})
    return rows[0][0] if rows else None


_PAYLOAD = Prepared(
    select(statement.c.payload).where(statement.c.tenant_id == _TENANT, statement.c.seq == bindparam("seq", type_=BigInteger))
)


def explain_page(session: Session, tenant: str, query: Query) -> list[str]:
    """PostgreSQL's plan for the page, and what running it took."""
    prepared = _page_query(_form(query, writer=None, voided=False))
    return prepared.explain(session, _page_values(tenant, query, None))


def _form(query: Query, *, writer: str | None, voided: bool) -> "_Form":
    return _Form(
        ascending=query.ascending,
        writer=writer is not None,
        verb=query.verb is not None,
        agent=query.agent is not None,
        activity=query.activity is not None,
        registration=query.registration is not None,
        related_agents=query.related_agents,
        related_activities=query.related_activities,
        voided=voided,
    )


def _page_values(tenant: str, query: Query, writer: str | None) -> dict[str, Any]:
    low, high = query.numbers()
    values: dict[str, Any] = {"tenant": tenant, "low": low, "high": high, "count": query.limit + 1, "writer": writer}
    if query.verb is not None:
        values["verb"] = reference(tenant, VERB, query.verb)
    if query.agent is not None:
        values["agent"], values["member"] = (reference(tenant, kind, query.agent) for kind in (AGENT, MEMBER))
    if query.activity is not None:
        values["activity"] = reference(tenant, ACTIVITY, query.activity)
    if query.registration is not None:
        values["registration"] = query.registration
        values["attempt"] = registration_reference(tenant, query.registration)
    return values


@dataclass(frozen=True, slots=True)
class _Form:
    """All that a page's SQL depends on; its values are bound, so that each form is put together once."""

    ascending: bool
    writer: bool
    verb: bool
    agent: bool
    activity: bool
    registration: bool
    related_agents: bool
    related_activities: bool
    voided: bool

    @property
    def drivers(self) -> tuple[str, ...]:
        """The filter by which pointing statements are looked up: the one that fewest of them meet. Agents are members, too."""
        if self.agent:
            return ("agent",) if self.related_agents else ("agent", "member")
        filters = {"attempt": self.registration, "activity": self.activity, "verb": self.verb}
        return tuple(name for name, is_set in filters.items() if is_set)[:1]


@lru_cache(maxsize=512)
def _page_query(form: _Form) -> Prepared:
    """One ordered and limited search per index that can answer; whoever reads puts them together by number.

    A statement that points at one which meets the filters meets them too (Communication 2.1.3, Filter Conditions for
    StatementRefs), itself subject to the range only; that is the last search.
    """
    searches = [_direct_search(form, ways) for ways in _alternatives(form)]
    searches += [_search_through_targets(form, driver) for driver in form.drivers]
    return Prepared(searches[0] if len(searches) == 1 else union_all(*(select(search.subquery()) for search in searches)))


def _order(form: _Form, seq: ColumnElement[int]) -> ColumnElement[int]:
    return seq.asc() if form.ascending else seq.desc()


@dataclass(frozen=True, slots=True)
class _Way:
    """One way of meeting a filter: the bound ``value`` stands in a column, or among what is related when that is None."""

    value: str
    column: str | None = None

    def is_met_by(self, s: FromClause) -> ColumnElement[bool]:
        """The condition on a statement."""
        value = bindparam(self.value, type_=BigInteger)
        if self.column is not None:
            return s.c[self.column] == value
        link = statement_related.alias()
        return _met(s, link, link.c.ref == value, link.c.seq == s.c.seq)


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
    linked = next((way for way in ways if way.column is None), None)
    if linked is not None:
        return _search_through_links(form, linked, [way for way in ways if way is not linked])
    s = statement.alias("s")
    query = select(s.c.seq, _if_small(s), *_NO_WITNESS).where(s.c.tenant_id == _TENANT, *_in_range(s.c.seq))
    query = query.where(*_readable(form, s), *_plain_filters(form, s), *(way.is_met_by(s) for way in ways))
    return query.order_by(_order(form, s.c.seq)).limit(_COUNT)


def _search_through_links(form: _Form, linked: _Way, others: Iterable[_Way]) -> Select[Any]:
    s, link = statement.alias("s"), statement_related.alias("link")
    fits = (*_readable(form, s), *_plain_filters(form, s), *(way.is_met_by(s) for way in others))
    query = select(link.c.seq, _payload(link, link.c.seq), *_NO_WITNESS).where(
        link.c.tenant_id == _TENANT,
        link.c.ref == bindparam(linked.value, type_=BigInteger),
        *_in_range(link.c.seq),
        _met(link, s, s.c.seq == link.c.seq, *fits),
    )
    return query.order_by(_order(form, link.c.seq)).limit(_COUNT)


def _search_through_targets(form: _Form, driver: str) -> Select[Any]:
    r, s, to = statement.alias("r"), statement.alias("s"), statement_target.alias("to")
    evidence = _payload(to, to.c.target_seq).label("evidence")
    query = select(to.c.seq, _payload(to, to.c.seq), to.c.target_seq.label("witness"), evidence)
    # a pointer must not tell its writer what stands in somebody else's statement
    own = (s.c.credential_key == bindparam("writer"),) if form.writer else ()
    query = query.where(
        to.c.tenant_id == _TENANT,
        _noted(form, driver, to),
        *_in_range(to.c.seq),
        _met(to, r, r.c.seq == to.c.seq, *_readable(form, r)),
        _met(to, s, s.c.seq == to.c.target_seq, *_plain_filters(form, s), *own),
    )
    if form.activity and driver != "activity":  # the one that fewest meet leads, the other must hold as well
        also = statement_target.alias("also")
        same = [also.c[name] == to.c[name] for name in ("seq", "target_seq")]
        query = query.where(_met(to, also, *same, _noted(form, "activity", also)))
    return query.order_by(_order(form, to.c.seq)).limit(_COUNT)


_NO_WITNESS = null().cast(BigInteger).label("witness"), null().cast(Text).label("evidence")


def _met(outer: FromClause, inner: FromClause, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the inner table has a row for the outer's that meets the conditions.

    The offset has PostgreSQL look for it row by row. It would otherwise join the tables the way that it takes for the fastest,
    which is a walk through all statements as long as it knows little of them.
    """
    found: Select[Any] = select(literal_column("1")).select_from(inner).where(inner.c.tenant_id == outer.c.tenant_id, *conditions)
    return exists(found.correlate(outer).offset(0))


def _payload(outer: FromClause, seq: ColumnElement[int]) -> ColumnElement[Any]:
    """The payload of the statement of that number, if it is small."""
    one = statement.alias()
    query = select(_if_small(one)).where(one.c.tenant_id == outer.c.tenant_id, one.c.seq == seq)
    return query.correlate(outer).scalar_subquery().label("payload")


def _if_small(s: FromClause) -> ColumnElement[Any]:
    return case((Size(s.c.payload) <= SMALL, s.c.payload)).label("payload")


def _noted(form: _Form, filter_: str, to: FromClause) -> ColumnElement[bool]:
    """That the target refers to what the filter asks for, in a way that it accepts."""
    is_it = to.c.ref == bindparam(filter_, type_=BigInteger)
    narrow = (filter_ == "agent" and not form.related_agents) or (filter_ == "activity" and not form.related_activities)
    return and_(is_it, ~to.c.related) if narrow else is_it


def _in_range(seq: ColumnElement[int]) -> tuple[ColumnElement[bool], ...]:
    return seq >= bindparam("low", type_=BigInteger), seq < bindparam("high", type_=BigInteger)


def _readable(form: _Form, s: FromClause) -> tuple[ColumnElement[bool], ...]:
    allowed = (s.c.credential_key == bindparam("writer"),) if form.writer else ()
    return allowed if form.voided else (~s.c.voided, *allowed)


def _plain_filters(form: _Form, s: FromClause) -> list[ColumnElement[bool]]:
    """The filters that one column answers."""
    filters = []
    if form.verb:
        filters.append(s.c.verb_ref == bindparam("verb", type_=BigInteger))
    if form.registration:
        filters.append(s.c.registration == bindparam("registration", type_=Uuid()))
    return filters
