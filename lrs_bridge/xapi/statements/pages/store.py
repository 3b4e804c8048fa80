"""Pages of the statements that fit a query, found by the hashes of what they refer to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import msgspec
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
    union_all,
)

from lrs_bridge.db import AnyOf, Prepared, Session, Size
from lrs_bridge.xapi.model.references import ACTIVITY, AGENT, MEMBER, VERB, reference, registration_reference
from lrs_bridge.xapi.statements.query import Query
from lrs_bridge.xapi.statements.tables import statement, statement_related, statement_target

SMALL = 16 * 1024
"""Payloads of up to so many bytes come with the rows; larger ones are asked for one by one, while there is room for them."""
MOST_PAGE_BYTES = 8 * 1024 * 1024
"""A page ends with the statement that fills it, however few it holds."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page's statements in order. ``last`` is the number up to which was looked, None when there are no more beyond it."""

    found: list["Found"]
    last: int | None


class Found(msgspec.Struct, frozen=True, gc=False):
    """A stored statement. ``evidence`` is the payload of the one that met the filters: itself, or one that it points at."""

    seq: int
    payload: str
    evidence: str


_TENANT = bindparam("tenant", type_=String)
_COUNT = bindparam("count", type_=Integer)


def find_page(session: Session, tenant: str, query: Query, *, writer: str | None, voided: bool = False) -> Sheet:
    """The statements that the query asks for, in its order, as many as its limit and MOST_PAGE_BYTES let through.

    They are found by hashes: the caller confirms each by its evidence. With ``voided`` those that were voided are among them.
    """
    form = _form(query, writer=writer, voided=voided)
    rows = {row[0]: row for row in _page_query(form).all(session, _page_values(tenant, query, writer))}
    numbers = sorted(rows, reverse=not query.ascending)
    payloads = _Payloads(session, tenant, [rows[seq] for seq in numbers[: query.limit]])
    found: list[Found] = []
    size = 0
    looked_at = numbers[: query.limit]
    for last in looked_at:
        payload, evidence = payloads.of(rows[last])
        if payload is None:  # erased meanwhile
            continue
        found.append(Found(last, payload, evidence or payload))
        size += len(payload)
        if size > MOST_PAGE_BYTES:
            break
    return Sheet(found, last if looked_at and last != numbers[-1] else None)


class _Payloads:
    """The texts that a page needs. Small ones come together, large ones one by one, while there is room for them."""

    def __init__(self, session: Session, tenant: str, rows: Sequence[tuple[Any, ...]]) -> None:
        self._session, self._tenant = session, tenant
        missing = {seq for seq, payload, _ in rows if payload is None} | {witness for *_, witness in rows if witness is not None}
        found = _SMALL_PAYLOADS.all(session, {"tenant": tenant, "numbers": sorted(missing)}) if missing else []
        self._small: dict[int, str | None] = {seq: payload for seq, payload in found}  # noqa: C416  of what type, dict() does not tell

    def of(self, row: tuple[Any, ...]) -> tuple[str | None, str | None]:
        """The payload of a row's statement, and of the statement that met the filters in its place."""
        seq, payload, witness = row
        return payload or self._one(seq), None if witness is None else self._one(witness)

    def _one(self, seq: int) -> str | None:
        if self._small.get(seq) is not None:
            return self._small[seq]
        rows = _PAYLOAD.all(self._session, {"tenant": self._tenant, "seq": seq})
        return rows[0][0] if rows else None


def _if_small(s: FromClause) -> ColumnElement[Any]:
    return case((Size(s.c.payload) <= SMALL, s.c.payload)).label("payload")


_PAYLOAD = Prepared(
    select(statement.c.payload).where(statement.c.tenant_id == _TENANT, statement.c.seq == bindparam("seq", type_=BigInteger))
)
_SMALL_PAYLOADS = Prepared(
    select(statement.c.seq, _if_small(statement)).where(statement.c.tenant_id == _TENANT, AnyOf(statement.c.seq, "numbers"))
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
    query = select(s.c.seq, _if_small(s), _NO_WITNESS).where(s.c.tenant_id == _TENANT, *_in_range(s.c.seq))
    query = query.where(*_readable(form, s), *_plain_filters(form, s), *(way.is_met_by(s) for way in ways))
    return query.order_by(_order(form, s.c.seq)).limit(_COUNT)


def _search_through_links(form: _Form, linked: _Way, others: Iterable[_Way]) -> Select[Any]:
    s, link = statement.alias("s"), statement_related.alias("link")
    fits = (*_readable(form, s), *_plain_filters(form, s), *(way.is_met_by(s) for way in others))
    query = select(link.c.seq, _NO_PAYLOAD, _NO_WITNESS).where(
        link.c.tenant_id == _TENANT,
        link.c.ref == bindparam(linked.value, type_=BigInteger),
        *_in_range(link.c.seq),
        _met(link, s, s.c.seq == link.c.seq, *fits),
    )
    return query.order_by(_order(form, link.c.seq)).limit(_COUNT)


def _search_through_targets(form: _Form, driver: str) -> Select[Any]:
    r, s, to = statement.alias("r"), statement.alias("s"), statement_target.alias("to")
    query = select(to.c.seq, _NO_PAYLOAD, func.max(to.c.target_seq).label("witness")).where(
        to.c.tenant_id == _TENANT,
        _noted(form, driver, to),
        *_in_range(to.c.seq),
        _met(to, r, r.c.seq == to.c.seq, *_readable(form, r)),
    )
    # a pointer must not tell its writer what stands in somebody else's statement
    own = (s.c.credential_key == bindparam("writer"),) if form.writer else ()
    conditions = (*_plain_filters(form, s), *own)
    if conditions:
        query = query.where(_met(to, s, s.c.seq == to.c.target_seq, *conditions))
    if form.activity and driver != "activity":  # the one that fewest meet leads, the other must hold as well
        also = statement_target.alias("also")
        same = [also.c[name] == to.c[name] for name in ("seq", "target_seq")]
        query = query.where(_met(to, also, *same, _noted(form, "activity", also)))
    return query.group_by(to.c.seq).order_by(_order(form, to.c.seq)).limit(_COUNT)  # it may reach several that fit


_NO_WITNESS = null().cast(BigInteger).label("witness")
_NO_PAYLOAD = null().cast(Text).label("payload")


def _met(outer: FromClause, inner: FromClause, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the inner table has a row for the outer's that meets the conditions.

    The offset has PostgreSQL look for it row by row. It would otherwise join the tables the way that it takes for the fastest,
    which is a walk through all statements as long as it knows little of them.
    """
    found: Select[Any] = select(literal_column("1")).select_from(inner).where(inner.c.tenant_id == outer.c.tenant_id, *conditions)
    return exists(found.correlate(outer).offset(0))


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
