"""The outbox of scores, and the links and members that they are for. Queries are set-based."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, insert, or_, select, update

from lrs_bridge.db import Session, hold, named
from lrs_bridge.lti.advantage.grades import LINE_ITEM_SCOPE, SCORE_SCOPE, Grade
from lrs_bridge.lti.platforms.platform import Product, Version
from lrs_bridge.lti.platforms.platform import State as PlatformState
from lrs_bridge.lti.scores.delivery import Outgoing, Post, State
from lrs_bridge.lti.tables import link, member, platform, score

LONGEST_REASON = 600


@dataclass(frozen=True, slots=True)
class Recipient:
    """A user to whom something is placed, at one link, and whether scores of theirs have somewhere to go.

    ``points_only`` is for Basic Outcomes, which know no progress.
    """

    platform_id: UUID
    link_id: UUID
    subject: str
    person_id: UUID | None
    has_place: bool
    points_only: bool


def find_placed(session: Session, tenant: str, kind: str, ids: Collection[str]) -> set[str]:
    """Those of the ids that are placed anywhere."""
    query = select(link.c.target_id).where(link.c.tenant_id == tenant, link.c.kind == kind, link.c.target_id.in_(ids))
    return set(session.execute(query.distinct()).scalars())


_COLUMNS = (
    member.c.link_id,
    member.c.subject,
    member.c.person_id,
    member.c.outcome_url,
    member.c.sourcedid,
    link.c.platform_id,
    link.c.lineitem_url,
    link.c.lineitems_url,
    link.c.scopes,
    platform.c.product,
)
MAKE_THEIR_OWN = frozenset({Product.MOODLE.value, Product.CANVAS.value, Product.BLACKBOARD.value})
"""These make a link's column themselves, unless its teacher wants none."""


def _members(tenant: str) -> Select[Any]:
    of_platform = and_(platform.c.tenant_id == tenant, platform.c.platform_id == link.c.platform_id)
    of_link = and_(member.c.tenant_id == tenant, member.c.link_id == link.c.link_id)
    joined = link.join(member, of_link).join(platform, of_platform)
    return select(*_COLUMNS).select_from(joined).where(link.c.tenant_id == tenant)


def find_recipients(session: Session, tenant: str, kind: str, id: str, person_ids: Collection[UUID]) -> list[Recipient]:
    """The learners among these persons who have it placed before them, once per link, in a fixed order."""
    query = _members(tenant).where(
        link.c.kind == kind, link.c.target_id == id, member.c.person_id.in_(person_ids), member.c.is_learner
    )
    return [_recipient(row) for row in session.execute(query.order_by(member.c.link_id, member.c.subject))]


def find_recipient(session: Session, tenant: str, link_id: UUID, subject: str) -> Recipient | None:
    """The member of a link with that id, None when there is none."""
    query = _members(tenant).where(link.c.link_id == link_id, member.c.subject == subject)
    row = session.execute(query).one_or_none()
    return None if row is None else _recipient(row)


def _recipient(row: Row[Any]) -> Recipient:
    by_basic_outcomes = bool(row.outcome_url and row.sourcedid)
    may_make = row.lineitems_url and LINE_ITEM_SCOPE in row.scopes and row.product not in MAKE_THEIR_OWN
    by_services = SCORE_SCOPE in row.scopes and bool(row.lineitem_url or may_make)
    return Recipient(
        platform_id=row.platform_id,
        link_id=row.link_id,
        subject=row.subject,
        person_id=row.person_id,
        has_place=by_basic_outcomes or by_services,
        points_only=by_basic_outcomes and not by_services,
    )


# The outbox


def lock_outbox(session: Session, tenant: str, link_id: UUID, subjects: Collection[str]) -> None:
    """Makes scores of these users of a link be numbered one after the other.

    Of each user by itself: who changes records holds these persons already, and may go on to the ledger, where others may have
    come from who are to queue scores of other persons.
    """
    hold(session, *(named(f"lti scores:{tenant}:{link_id}:{subject}") for subject in sorted(set(subjects))))


def find_last(session: Session, tenant: str, link_id: UUID, subjects: Collection[str]) -> dict[str, Outgoing]:
    """By subject: the newest score of a link."""
    newest = (
        select(score.c.subject, func.max(score.c.number).label("number"))
        .where(score.c.tenant_id == tenant, score.c.link_id == link_id, score.c.subject.in_(subjects))
        .group_by(score.c.subject)
        .subquery()
    )
    query = select(score).join(newest, and_(score.c.subject == newest.c.subject, score.c.number == newest.c.number))
    rows = session.execute(query.where(score.c.tenant_id == tenant, score.c.link_id == link_id))
    return {row.subject: outgoing(row) for row in rows}


def insert_score(session: Session, new: Outgoing) -> None:
    """Adds a score to the outbox."""
    row = {
        "tenant_id": new.tenant,
        "score_id": new.score_id,
        "platform_id": new.platform_id,
        "link_id": new.link_id,
        "subject": new.subject,
        "number": new.number,
        "activity_progress": new.grade.activity_progress,
        "grading_progress": new.grade.grading_progress,
        "score_given": new.grade.given,
        "score_maximum": new.grade.maximum,
        "comment": new.grade.comment,
        "at": new.at,
        "state": new.state,
        "attempts": new.attempts,
        "next_at": new.next_at,
    }
    session.execute(insert(score), row)


def find_platforms_due(session: Session, now: datetime, without: Collection[UUID]) -> list[tuple[str, UUID]]:
    """The platforms that run and have something waiting whose time has come, by tenant and id; not those ``without``."""
    waits = exists().where(
        score.c.tenant_id == platform.c.tenant_id,
        score.c.platform_id == platform.c.platform_id,
        score.c.state == State.WAITING,
        score.c.next_at <= now,
    )
    query = select(platform.c.tenant_id, platform.c.platform_id).where(platform.c.state == PlatformState.RUNNING, waits)
    found = session.execute(query.order_by(platform.c.tenant_id, platform.c.platform_id))
    return [(row.tenant_id, row.platform_id) for row in found if row.platform_id not in without]


def find_due(session: Session, tenant: str, platform_id: UUID, now: datetime, limit: int) -> list[Post]:
    """What may be sent to a platform now, the earliest first: of each user and link the lowest number that waits.

    Where the column is still to be made, one score of the link goes first, so that no two are made.
    """
    earlier = score.alias("earlier")
    first = ~exists().where(
        earlier.c.tenant_id == score.c.tenant_id,
        earlier.c.link_id == score.c.link_id,
        earlier.c.subject == score.c.subject,
        earlier.c.number < score.c.number,
        earlier.c.state == State.WAITING,
    )
    other = score.alias("other")
    makes_it = exists().where(
        other.c.tenant_id == score.c.tenant_id,
        other.c.link_id == score.c.link_id,
        other.c.state == State.WAITING,
        other.c.attempts > 0,
        other.c.next_at > now,
    )
    has_column = or_(link.c.lineitem_url.is_not(None), member.c.outcome_url.is_not(None))
    query = _posts().where(
        score.c.tenant_id == tenant,
        score.c.platform_id == platform_id,
        score.c.state == State.WAITING,
        score.c.next_at <= now,
        first,
        or_(has_column, ~makes_it),
    )
    return [_post(row) for row in session.execute(query.order_by(score.c.next_at, score.c.at).limit(limit))]


def _posts() -> Select[Any]:
    joined = (
        score.join(platform, and_(platform.c.tenant_id == score.c.tenant_id, platform.c.platform_id == score.c.platform_id))
        .join(link, and_(link.c.tenant_id == score.c.tenant_id, link.c.link_id == score.c.link_id))
        .outerjoin(
            member,
            and_(
                member.c.tenant_id == score.c.tenant_id,
                member.c.link_id == score.c.link_id,
                member.c.subject == score.c.subject,
            ),
        )
    )
    return select(
        score,
        platform.c.version,
        link.c.title,
        link.c.lineitem_url,
        link.c.lineitems_url,
        member.c.outcome_url,
        member.c.sourcedid,
    ).select_from(joined)


def _post(row: Row[Any]) -> Post:
    return Post(
        outgoing(row),
        Version(row.version),
        row.title or "",
        row.lineitem_url,
        row.lineitems_url,
        row.outcome_url,
        row.sourcedid,
    )


def claim(session: Session, one: Outgoing, *, until: datetime) -> bool:
    """Takes the score for this sender until then; whether nobody else has meanwhile."""
    where = and_(_is(one.tenant, one.score_id), score.c.state == State.WAITING, score.c.next_at == one.next_at)
    taken = session.execute(update(score).where(where).values(next_at=until, attempts=score.c.attempts + 1, reason=None))
    return taken.rowcount == 1


def settle(  # noqa: PLR0917  the columns
    session: Session, one: Outgoing, state: State, next_at: datetime, sent_at: datetime | None, reason: str | None
) -> bool:
    """Notes how the attempt went; whether the score was still its sender's, who had it until ``one.next_at``."""
    values = {"state": state, "next_at": next_at, "sent_at": sent_at, "reason": reason[:LONGEST_REASON] if reason else None}
    where = and_(_is(one.tenant, one.score_id), score.c.state == State.WAITING, score.c.next_at == one.next_at)
    return session.execute(update(score).where(where).values(values)).rowcount == 1


def put_off(session: Session, tenant: str, platform_id: UUID, *, until: datetime, now: datetime) -> None:
    """Lets everything that could go to a platform now wait until then."""
    where = and_(_waits_for(tenant, platform_id), score.c.next_at <= now)
    session.execute(update(score).where(where).values(next_at=until))


def bring_forward(session: Session, tenant: str, platform_id: UUID, now: datetime) -> None:
    """Lets what was put off, and not tried itself, go to a platform now."""
    where = and_(_waits_for(tenant, platform_id), score.c.attempts == 0, score.c.next_at > now)
    session.execute(update(score).where(where).values(next_at=now))


def _waits_for(tenant: str, platform_id: UUID) -> ColumnElement[bool]:
    return and_(score.c.tenant_id == tenant, score.c.platform_id == platform_id, score.c.state == State.WAITING)


def find_failed(session: Session, tenant: str, platform_id: UUID, score_id: UUID | None) -> list[Outgoing]:
    """The scores of a platform that failed, or wait after they were tried in vain: all or that one.

    One that somebody is sending has no reason of a failure.
    """
    query = select(score).where(score.c.tenant_id == tenant, score.c.platform_id == platform_id)
    query = query.where(or_(score.c.state == State.FAILED, and_(score.c.state == State.WAITING, score.c.reason.is_not(None))))
    if score_id is not None:
        query = query.where(score.c.score_id == score_id)
    return [outgoing(row) for row in session.execute(query.order_by(score.c.link_id, score.c.subject, score.c.number))]


def requeue(session: Session, tenant: str, score_ids: Collection[UUID], now: datetime) -> list[UUID]:
    """Lets these scores, which failed or were tried in vain, go out at once; gives those that do.

    One that a newer score of the same user and link has overtaken, which was sent, is to be, or is among these, is noted as such.
    """
    newer = score.alias("newer")
    is_overtaken = exists().where(
        newer.c.tenant_id == score.c.tenant_id,
        newer.c.link_id == score.c.link_id,
        newer.c.subject == score.c.subject,
        newer.c.number > score.c.number,
        or_(newer.c.state != State.FAILED, newer.c.score_id.in_(score_ids)),
    )
    given = and_(score.c.tenant_id == tenant, score.c.score_id.in_(score_ids))
    still = or_(score.c.state == State.FAILED, and_(score.c.state == State.WAITING, score.c.reason.is_not(None)))
    overtaken = {"state": State.NEWER_THERE, "sent_at": now, "reason": None}
    session.execute(update(score).where(given, still, is_overtaken).values(overtaken))
    fresh = {"state": State.WAITING, "attempts": 0, "next_at": now, "reason": None}
    return list(session.execute(update(score).where(given, still).values(fresh).returning(score.c.score_id)).scalars())


def delete_overtaken(session: Session, tenant: str, platform_id: UUID, state: State, limit: int) -> None:
    """Forgets settled scores beyond the newest so many of a platform, but never the newest of a user and link."""
    mine = and_(score.c.tenant_id == tenant, score.c.platform_id == platform_id, score.c.state == state)
    kept = select(score.c.score_id).where(mine).order_by(score.c.at.desc(), score.c.score_id).limit(limit)
    newer = score.alias("newer")
    has_newer = exists().where(
        newer.c.tenant_id == score.c.tenant_id,
        newer.c.link_id == score.c.link_id,
        newer.c.subject == score.c.subject,
        newer.c.number > score.c.number,
    )
    session.execute(score.delete().where(mine, score.c.score_id.not_in(kept), has_newer))


def keep_line_item(session: Session, tenant: str, link_id: UUID, url: str) -> None:
    """Keeps where the column of a link is, unless that is known already."""
    where = and_(link.c.tenant_id == tenant, link.c.link_id == link_id, link.c.lineitem_url.is_(None))
    session.execute(update(link).where(where).values(lineitem_url=url))


@dataclass(frozen=True, slots=True)
class Shown:
    """A score as a page lists it."""

    score: Outgoing
    title: str
    person_id: UUID | None


def list_scores(session: Session, tenant: str, platform_id: UUID, states: Collection[State], limit: int) -> list[Shown]:
    """A platform's scores in these states, the newest first."""
    query = (
        _posts()
        .add_columns(member.c.person_id)
        .where(score.c.tenant_id == tenant, score.c.platform_id == platform_id, score.c.state.in_(states))
        .order_by(score.c.at.desc(), score.c.score_id)
    )
    return [Shown(outgoing(row), row.title or "", row.person_id) for row in session.execute(query.limit(limit))]


@dataclass(frozen=True, slots=True)
class Count:
    """How many scores of a tenant wait and have failed, and since when the oldest waits."""

    tenant: str
    waiting: int
    failed: int
    waiting_since: datetime | None


def count(session: Session) -> list[Count]:
    """Of each tenant that has any that wait or have failed."""
    query = select(score.c.tenant_id, score.c.state, func.count(), func.min(score.c.at)).where(
        score.c.state.in_((State.WAITING, State.FAILED))
    )
    found: dict[str, dict[str, tuple[int, datetime]]] = {}
    for tenant, state, number, since in session.execute(query.group_by(score.c.tenant_id, score.c.state)):
        found.setdefault(tenant, {})[state] = number, since
    return [_count(tenant, by_state) for tenant, by_state in sorted(found.items())]


def _count(tenant: str, by_state: dict[str, tuple[int, datetime]]) -> Count:
    waiting, since = by_state.get(State.WAITING, (0, None))
    failed, _ = by_state.get(State.FAILED, (0, None))
    return Count(tenant, waiting, failed, since)


def _is(tenant: str, score_id: UUID) -> ColumnElement[bool]:
    return and_(score.c.tenant_id == tenant, score.c.score_id == score_id)


def outgoing(row: Row[Any]) -> Outgoing:
    """A row of the outbox as a value."""
    return Outgoing(
        tenant=row.tenant_id,
        score_id=row.score_id,
        platform_id=row.platform_id,
        link_id=row.link_id,
        subject=row.subject,
        number=row.number,
        grade=Grade(row.activity_progress, row.grading_progress, row.score_given, row.score_maximum, row.comment),
        at=row.at,
        state=State(row.state),
        attempts=row.attempts,
        next_at=row.next_at,
        sent_at=row.sent_at,
        reason=row.reason,
    )


def subjects_of(recipients: Iterable[Recipient]) -> dict[UUID, list[Recipient]]:
    """The recipients by link."""
    grouped: dict[UUID, list[Recipient]] = {}
    for one in recipients:
        grouped.setdefault(one.link_id, []).append(one)
    return grouped
