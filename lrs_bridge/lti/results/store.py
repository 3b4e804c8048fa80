"""Columns of gradebooks and the results that they gave."""

import hashlib
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, Select, Text, and_, cast, exists, insert, or_, select, update

from lrs_bridge.db import Session, insert_ignore
from lrs_bridge.lti.advantage.grades import LINE_ITEM_READ_SCOPE, LINE_ITEM_SCOPE, RESULT_SCOPE, Grade
from lrs_bridge.lti.platforms.platform import State as PlatformState
from lrs_bridge.lti.platforms.platform import Version
from lrs_bridge.lti.results.column import Column
from lrs_bridge.lti.scores.delivery import State as ScoreState
from lrs_bridge.lti.tables import line_item, link, platform, result, score

NAME = 200
REASON = 600
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """A link with the gradebook of its course."""

    link_id: UUID
    platform_id: UUID
    title: str
    context_title: str
    lineitems_url: str
    may_list: bool
    may_read: bool


def find_places(session: Session, tenant: str, platform_id: UUID) -> list[Place]:
    """The links of a platform whose launches told of a gradebook, by course and title."""
    query = select(link).where(link.c.tenant_id == tenant, link.c.platform_id == platform_id, link.c.lineitems_url.is_not(None))
    rows = session.execute(query.order_by(link.c.context_title, link.c.title, link.c.link_id))
    return [_place(row) for row in rows]


def find_place(session: Session, tenant: str, link_id: UUID) -> Place | None:
    """The link with that id and a gradebook, or None."""
    query = select(link).where(link.c.tenant_id == tenant, link.c.link_id == link_id, link.c.lineitems_url.is_not(None))
    row = session.execute(query).one_or_none()
    return None if row is None else _place(row)


def _place(row: Row[Any]) -> Place:
    return Place(
        row.link_id,
        row.platform_id,
        row.title or "",
        row.context_title or "",
        row.lineitems_url,
        may_list=not {LINE_ITEM_SCOPE, LINE_ITEM_READ_SCOPE}.isdisjoint(row.scopes),
        may_read=RESULT_SCOPE in row.scopes,
    )


# Columns


@dataclass(frozen=True, slots=True)
class OwnColumn:
    """A column that our scores go to."""

    tenant: str
    platform_id: UUID
    link_id: UUID
    url: str
    title: str


def find_own_unknown(session: Session, limit: int) -> list[OwnColumn]:
    """The columns that our scores go to, whose results are ours to read, and that are not known yet."""
    known = exists().where(
        line_item.c.tenant_id == link.c.tenant_id,
        line_item.c.platform_id == link.c.platform_id,
        line_item.c.url == link.c.lineitem_url,
    )
    joined = link.join(platform, and_(platform.c.tenant_id == link.c.tenant_id, platform.c.platform_id == link.c.platform_id))
    query = (
        select(link.c.tenant_id, link.c.platform_id, link.c.link_id, link.c.lineitem_url, link.c.title)
        .select_from(joined)
        .where(
            link.c.lineitem_url.is_not(None),
            cast(link.c.scopes, Text).contains(f'"{RESULT_SCOPE}"', autoescape=True),
            platform.c.version == Version.V1P3,
            ~known,
        )
        .order_by(link.c.last_at.desc(), link.c.link_id)
        .limit(limit)
    )
    rows = session.execute(query)
    return [OwnColumn(row.tenant_id, row.platform_id, row.link_id, row.lineitem_url, row.title or "") for row in rows]


def is_own(session: Session, tenant: str, platform_id: UUID, url: str) -> bool:
    """Whether our scores for the platform go to the column at that address."""
    here = and_(link.c.tenant_id == tenant, link.c.platform_id == platform_id, link.c.lineitem_url == url)
    return bool(session.execute(select(exists().where(here))).scalar_one())


def watch(session: Session, tenant: str, place: Place, url: str, label: str, *, is_own: bool, now: datetime) -> UUID:
    """The id of the platform's column at that address, which is asked for results from now on."""
    insert_column(session, tenant, place.platform_id, place.link_id, url, label, is_own=is_own, now=now)
    here = and_(line_item.c.tenant_id == tenant, line_item.c.platform_id == place.platform_id, line_item.c.url_key == _key(url))
    session.execute(update(line_item).where(here, ~line_item.c.is_watched).values(is_watched=True, next_at=now, failures=0))
    found: UUID = session.execute(select(line_item.c.line_item_id).where(here)).scalar_one()
    return found


def _key(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


def insert_column(  # noqa: PLR0917  the columns
    session: Session, tenant: str, platform_id: UUID, link_id: UUID, url: str, label: str, *, is_own: bool, now: datetime
) -> bool:
    """Asks for a column's results from now on, unless the platform has one at that address already; whether it had none."""
    row = {
        "tenant_id": tenant,
        "line_item_id": uuid4(),
        "platform_id": platform_id,
        "link_id": link_id,
        "url_key": _key(url),
        "url": url,
        "label": label[:NAME] or url[:NAME],
        "is_own": is_own,
        "is_watched": True,
        "added_at": now,
        "next_at": now,
        "failures": 0,
    }
    added = insert_ignore(session, line_item).values(row).returning(line_item.c.line_item_id)
    return session.execute(added).first() is not None


def unwatch(session: Session, tenant: str, line_item_id: UUID) -> bool:
    """Asks for the column's results no more; whether there is such a column."""
    done = session.execute(update(line_item).where(_is(tenant, line_item_id)).values(is_watched=False, reason=None))
    return done.rowcount == 1


def _columns() -> Select[Any]:
    its_platform = and_(platform.c.tenant_id == line_item.c.tenant_id, platform.c.platform_id == line_item.c.platform_id)
    columns = (platform.c.issuer, platform.c.name.label("platform_name"))
    return select(line_item, *columns).join_from(line_item, platform, its_platform).where(line_item.c.is_watched)


def find_platforms_due(session: Session, now: datetime, without: Collection[UUID]) -> list[tuple[str, UUID]]:
    """The platforms that run and have a column whose turn it is, by tenant and id; not those ``without``."""
    waits = exists().where(
        line_item.c.tenant_id == platform.c.tenant_id,
        line_item.c.platform_id == platform.c.platform_id,
        line_item.c.is_watched,
        line_item.c.next_at <= now,
    )
    query = select(platform.c.tenant_id, platform.c.platform_id).where(platform.c.state == PlatformState.RUNNING, waits)
    found = session.execute(query.order_by(platform.c.tenant_id, platform.c.platform_id))
    return [(row.tenant_id, row.platform_id) for row in found if row.platform_id not in without]


def find_due(session: Session, tenant: str, platform_id: UUID, now: datetime, limit: int) -> list[Column]:
    """The columns of a platform whose turn it is: those first that did not fail last, then those that have waited longest."""
    query = _columns().where(line_item.c.tenant_id == tenant, line_item.c.platform_id == platform_id, line_item.c.next_at <= now)
    ordered = query.order_by(line_item.c.failures, line_item.c.next_at, line_item.c.line_item_id)
    return [_column(row) for row in session.execute(ordered.limit(limit))]


def put_off(session: Session, tenant: str, platform_id: UUID, *, until: datetime, now: datetime) -> None:
    """Lets every column of a platform whose turn it is wait until then."""
    mine = and_(line_item.c.tenant_id == tenant, line_item.c.platform_id == platform_id, line_item.c.next_at <= now)
    session.execute(update(line_item).where(mine).values(next_at=until))


def list_columns(session: Session, tenant: str, platform_id: UUID) -> list[Column]:
    """The columns of a platform that are asked for results, by label."""
    query = _columns().where(line_item.c.tenant_id == tenant, line_item.c.platform_id == platform_id)
    return [_column(row) for row in session.execute(query.order_by(line_item.c.label, line_item.c.line_item_id))]


def find_column(session: Session, tenant: str, line_item_id: UUID) -> Column | None:
    """The column with that id if it is asked for results, else None."""
    row = session.execute(_columns().where(_is(tenant, line_item_id))).one_or_none()
    return None if row is None else _column(row)


def claim(session: Session, column: Column, *, until: datetime) -> bool:
    """Takes the column for whoever asks, until then; whether nobody else has meanwhile."""
    where = and_(_is(column.tenant, column.line_item_id), line_item.c.next_at == column.next_at)
    return session.execute(update(line_item).where(where).values(next_at=until)).rowcount == 1


def settle(session: Session, column: Column, *, asked_at: datetime | None, next_at: datetime, reason: str | None) -> None:
    """Notes how asking went: ``asked_at`` is None when it failed."""
    values: dict[str, Any] = {"next_at": next_at, "reason": reason[:REASON] if reason else None}
    values |= {"failures": column.failures + 1} if asked_at is None else {"failures": 0, "asked_at": asked_at}
    session.execute(update(line_item).where(_is(column.tenant, column.line_item_id)).values(values))


def lock_column(session: Session, tenant: str, line_item_id: UUID) -> None:
    """Makes keepers of one column's results wait for each other."""
    session.execute(select(line_item.c.line_item_id).where(_is(tenant, line_item_id)).with_for_update()).all()


# Results


@dataclass(frozen=True, slots=True)
class Kept:
    """A result that was kept. ``counts`` while it is a completion that was not taken back."""

    key: str
    number: int
    document: str
    counts: bool


def find_kept(session: Session, tenant: str, line_item_id: UUID, keys: Collection[str]) -> dict[str, list[Kept]]:
    """By key: everything that was kept of a column, the oldest first."""
    found: dict[str, list[Kept]] = defaultdict(list)
    wanted = sorted(keys)
    for start in range(0, len(wanted), BATCH):
        query = select(result.c.result_key, result.c.number, result.c.document, result.c.counts).where(
            result.c.tenant_id == tenant,
            result.c.line_item_id == line_item_id,
            result.c.result_key.in_(wanted[start : start + BATCH]),
        )
        for row in session.execute(query.order_by(result.c.number)):
            found[row.result_key].append(Kept(*row))
    return found


def insert_result(  # noqa: PLR0917  the columns
    session: Session, column: Column, kept: Kept, subject: str, digest: str, now: datetime
) -> None:
    """Keeps what a platform said."""
    row = {
        "tenant_id": column.tenant,
        "result_key": kept.key,
        "number": kept.number,
        "line_item_id": column.line_item_id,
        "subject": subject,
        "document": kept.document,
        "digest": digest,
        "counts": kept.counts,
        "seen_at": now,
    }
    session.execute(insert(result), row)


def discount(session: Session, tenant: str, kept: Kept) -> None:
    """Notes that a result's completion was taken back."""
    where = and_(result.c.tenant_id == tenant, result.c.result_key == kept.key, result.c.number == kept.number)
    session.execute(update(result).where(where).values(counts=False))


def find_document(session: Session, tenant: str, key: str, number: int) -> str | None:
    """What a platform said, as it was received; None when nothing is kept under that key and number."""
    query = select(result.c.document).where(result.c.tenant_id == tenant, result.c.result_key == key, result.c.number == number)
    return session.execute(query).scalar_one_or_none()


def find_sent(session: Session, tenant: str, platform_id: UUID, url: str) -> dict[str, list[Grade]]:
    """By subject: the points that were sent last to the column at that address, and those that may be there by now."""
    joined = score.join(link, and_(link.c.tenant_id == score.c.tenant_id, link.c.link_id == score.c.link_id))
    is_there = score.c.state.in_((ScoreState.SENT, ScoreState.NEWER_THERE))
    on_the_way = and_(score.c.state == ScoreState.WAITING, score.c.attempts > 0)
    query = (
        select(score)
        .select_from(joined)
        .where(link.c.tenant_id == tenant, link.c.platform_id == platform_id, link.c.lineitem_url == url)
        .where(score.c.score_given.is_not(None), or_(is_there, on_the_way))
    )
    last: dict[str, Grade] = {}
    coming: dict[str, list[Grade]] = defaultdict(list)
    for row in session.execute(query.order_by(score.c.at, score.c.number)):
        grade = Grade(row.activity_progress, row.grading_progress, row.score_given, row.score_maximum)
        if row.state == ScoreState.WAITING:
            coming[row.subject].append(grade)
        else:
            last[row.subject] = grade
    return {subject: [*([last[subject]] if subject in last else []), *coming[subject]] for subject in last.keys() | coming.keys()}


def _is(tenant: str, line_item_id: UUID) -> ColumnElement[bool]:
    return and_(line_item.c.tenant_id == tenant, line_item.c.line_item_id == line_item_id)


def _column(row: Row[Any]) -> Column:
    return Column(
        tenant=row.tenant_id,
        line_item_id=row.line_item_id,
        link_id=row.link_id,
        platform_id=row.platform_id,
        issuer=row.issuer,
        platform_name=row.platform_name,
        url=row.url,
        label=row.label,
        is_own=row.is_own,
        asked_at=row.asked_at,
        next_at=row.next_at,
        failures=row.failures,
        reason=row.reason,
    )
