"""Searches among the statements that read a bounded number of rows, each along an index; and what stands around one statement."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, func, or_, select, union_all

from lrs_bridge.db import Session, Size
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.people.tables import person_identifier
from lrs_bridge.xapi.browser.search import Criteria, Value
from lrs_bridge.xapi.model.references import ACTIVITY, AGENT, MEMBER, VERB, reference
from lrs_bridge.xapi.statements.log.store import find_stretch
from lrs_bridge.xapi.statements.tables import statement, statement_related

LARGEST_TOLD = 256 * 1024
"""Statements of up to so many bytes are told in a sentence on pages that hold many."""
MOST_LOOKED_AT = 10_000
"""How many statements that one index gives are looked at for what no index answers along with it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored statement with what the store knows of it."""

    seq: int
    statement_id: UUID
    credential_key: str
    registration: UUID | None
    target_id: UUID | None
    voids: bool
    voided: bool
    payload: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers that were found, in the order asked for. ``stopped_at`` is where the search broke off, None when it did not.

    Of what lies beyond it nothing is known: the next search begins there.
    """

    found: tuple[int, ...]
    stopped_at: int | None = None


def find_numbers(session: Session, tenant: str, criteria: Criteria, *, limit: int, ascending: bool) -> Numbers:
    """The first ``limit`` statements that meet the criteria (by their hashes), the newest first or ``ascending``."""
    if criteria.is_hopeless:
        return Numbers(())
    looking = _Search(tenant, criteria, ascending=ascending)
    found = tuple(session.execute(looking.first(limit)).scalars())
    stopped_at = session.execute(looking.stop()).scalar() if looking.may_break_off(len(found), limit) else None
    if stopped_at is None:
        return Numbers(found)
    known = tuple(seq for seq in found if (seq <= stopped_at if ascending else seq >= stopped_at))
    return Numbers(known, stopped_at if len(known) < limit else None)


class _Search:
    """The SQL of one search: ordered and bounded look-ups, one for each value in the most telling index, and filters on those."""

    def __init__(self, tenant: str, criteria: Criteria, *, ascending: bool) -> None:
        self._tenant, self._criteria, self._ascending = tenant, criteria, ascending
        given = [name for name in (*_INDEXED, "source", "voided") if getattr(criteria, name) is not None]
        self._index = next((name for name in given if name in _INDEXED), None)
        self.filters = tuple(name for name in given if name != self._index)

    def may_break_off(self, found: int, limit: int) -> bool:
        """Whether so many found may not be all that there is up to the last one: one look-up may have ended before another."""
        return bool(self.filters) and (found < limit or len(self._look_ups(limit)) > 1)

    def first(self, limit: int) -> Select[Any]:
        """The numbers of the first statements that fit."""
        bound = MOST_LOOKED_AT if self.filters else limit
        looked = union_all(*(select(one.subquery()) for one in self._look_ups(bound))).subquery("looked")
        fitting = [getattr(self, f"_fits_{name}")(looked) for name in self.filters]
        query = select(looked.c.seq).where(*fitting).distinct()
        return query.order_by(self._order(looked.c.seq)).limit(limit)

    def stop(self) -> Select[Any]:
        """How far all look-ups have been that did not come to their end; null when all came to it."""
        far, near = (func.max, func.min) if self._ascending else (func.min, func.max)
        looked = [one.subquery() for one in self._look_ups(MOST_LOOKED_AT)]
        ends = union_all(*(select(far(one.c.seq).label("seq"), func.count().label("number")) for one in looked)).subquery("ends")
        return select(near(ends.c.seq)).where(ends.c.number >= MOST_LOOKED_AT)

    def _order(self, seq: ColumnElement[int]) -> ColumnElement[int]:
        return seq.asc() if self._ascending else seq.desc()

    # What an index gives

    def _look_ups(self, bound: int) -> list[Select[Any]]:
        match self._index:
            case "agents":
                refs = self._refs(AGENT, self._criteria.agents)
                by_column = [self._by(column == ref, bound) for column in (_S.actor_ref, _S.object_ref) for ref in refs]
                return by_column + self._by_link(self._refs(MEMBER, self._criteria.agents), bound)
            case "registration":
                return [self._by(_S.registration == self._criteria.registration, bound)]
            case "courses":
                refs = self._refs(ACTIVITY, self._criteria.courses)
                inside = self._by_link(refs, bound) if self._criteria.inside else []
                return [self._by(_S.object_ref == ref, bound) for ref in refs] + inside
            case "verbs":
                return [self._by(_S.verb_ref == ref, bound) for ref in self._refs(VERB, self._criteria.verbs)]
        return [self._by(_S.seq >= 0, bound)]

    def _refs(self, kind: str, values: Collection[Value] | None) -> list[int]:
        return [reference(self._tenant, kind, value.key) for value in values or ()]

    def _by(self, condition: ColumnElement[bool], bound: int) -> Select[Any]:
        query = select(*self._columns(statement)).where(_S.tenant_id == self._tenant, *self._in_range(_S.seq), condition)
        return query.order_by(self._order(_S.seq)).limit(bound)

    def _by_link(self, refs: Sequence[int], bound: int) -> list[Select[Any]]:
        """The statements that refer to these numbers elsewhere than in their own columns."""
        link = statement_related.c
        joined = select(*self._columns(statement)).join(
            statement_related, and_(link.tenant_id == _S.tenant_id, link.seq == _S.seq)
        )
        ordered = joined.where(link.tenant_id == self._tenant, *self._in_range(link.seq)).order_by(self._order(link.seq))
        return [ordered.where(link.ref == ref).limit(bound) for ref in refs]

    def _columns(self, source: FromClause) -> list[ColumnElement[Any]]:
        names = ("tenant_id", "seq", "verb_ref", "object_ref", "registration", "credential_key", "voided")
        return [source.c[name] for name in names]

    def _in_range(self, seq: ColumnElement[int]) -> tuple[ColumnElement[bool], ...]:
        return seq >= self._criteria.low, seq < self._criteria.high

    # What is left to fit

    def _fits_registration(self, looked: FromClause) -> ColumnElement[bool]:
        return looked.c.registration == self._criteria.registration

    def _fits_courses(self, looked: FromClause) -> ColumnElement[bool]:
        refs = self._refs(ACTIVITY, self._criteria.courses)
        direct: ColumnElement[bool] = looked.c.object_ref.in_(refs)
        if not self._criteria.inside:
            return direct
        link = statement_related.c
        return or_(direct, exists().where(link.tenant_id == self._tenant, link.ref.in_(refs), link.seq == looked.c.seq))

    def _fits_verbs(self, looked: FromClause) -> ColumnElement[bool]:
        return looked.c.verb_ref.in_(self._refs(VERB, self._criteria.verbs))

    def _fits_source(self, looked: FromClause) -> ColumnElement[bool]:
        return looked.c.credential_key == self._criteria.source

    def _fits_voided(self, looked: FromClause) -> ColumnElement[bool]:
        return looked.c.voided == self._criteria.voided


_S = statement.c
_INDEXED = ("agents", "registration", "courses", "verbs")


# What stands around a statement


def find_by_numbers(session: Session, tenant: str, numbers: Collection[int]) -> list[Stored]:
    """The statements with these numbers, the newest first."""
    return _stored(session, select(statement).where(_S.tenant_id == tenant, _S.seq.in_(numbers)).order_by(_S.seq.desc()))


def as_many_as_fit(session: Session, tenant: str, numbers: tuple[int, ...], *, ascending: bool) -> tuple[int, ...]:
    """The first of the numbers, in their order: fewer when their statements are large."""
    these = _S.tenant_id == tenant, _S.seq.in_(numbers)
    stretch = find_stretch(session, *these, ascending=ascending, limit=len(numbers)) if numbers else None
    if stretch is None:
        return numbers
    return tuple(seq for seq in numbers if (seq <= stretch.last if ascending else seq >= stretch.last))


def find_payloads(session: Session, tenant: str, ids: Collection[UUID]) -> dict[UUID, str]:
    """The JSON of those of these statements that are no larger than LARGEST_TOLD."""
    where = _S.tenant_id == tenant, _S.statement_id.in_(ids), Size(_S.payload) <= LARGEST_TOLD
    return {row.statement_id: row.payload for row in session.execute(select(_S.statement_id, _S.payload).where(*where))}


def find_one(session: Session, tenant: str, statement_id: UUID) -> Stored | None:
    """The statement with this id, voided or not."""
    found = _stored(session, select(statement).where(_S.tenant_id == tenant, _S.statement_id == statement_id))
    return next(iter(found), None)


def find_pointing_at(session: Session, tenant: str, statement_id: UUID, limit: int) -> list[Stored]:
    """Statements whose object is this one, the oldest first; fewer than ``limit`` when they are large."""
    return _first(session, _S.tenant_id == tenant, _S.target_id == statement_id, ascending=True, limit=limit)


def find_attempt(session: Session, tenant: str, registration: UUID, around: int, limit: int) -> list[Stored]:
    """Statements of one registration: the last ones up to the number ``around``, and those that follow it; the oldest first.

    There are fewer than ``limit`` on a side when they are large.
    """
    of_it = _S.tenant_id == tenant, _S.registration == registration
    before = _first(session, *of_it, _S.seq <= around, ascending=False, limit=limit)
    after = _first(session, *of_it, _S.seq > around, ascending=True, limit=limit)
    return [*reversed(before), *after]


def _first(session: Session, *where: ColumnElement[bool], ascending: bool, limit: int) -> list[Stored]:
    stretch = find_stretch(session, *where, ascending=ascending, limit=limit)
    if stretch is None:
        return []
    within, order = (_S.seq <= stretch.last, _S.seq.asc()) if ascending else (_S.seq >= stretch.last, _S.seq.desc())
    return _stored(session, select(statement).where(*where, within).order_by(order))


def _stored(session: Session, query: Select[Any]) -> list[Stored]:
    return [
        Stored(
            row.seq,
            row.statement_id,
            row.credential_key,
            row.registration,
            row.target_id,
            row.voids,
            row.voided,
            row.payload,
            row.digest,
        )
        for row in session.execute(query)
    ]


def find_identifiers(session: Session, tenant: str, person_ids: Collection[UUID]) -> list[Identifier]:
    """Everything that these persons are known by."""
    columns = person_identifier.c
    query = select(columns.kind, columns.issuer, columns.value).where(
        columns.tenant_id == tenant, columns.person_id.in_(person_ids)
    )
    rows = session.execute(query.order_by(columns.kind, columns.issuer, columns.value))
    return [Identifier(IdentifierKind(row.kind), row.issuer, row.value) for row in rows]
