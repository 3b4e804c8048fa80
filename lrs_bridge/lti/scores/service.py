"""Scores for platforms: queued in the transaction that changes a standing, sent afterwards, in order, until they are there.

Of one user and link only the lowest number that waits goes out; a permanent failure steps aside, is shown, and can be sent again.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from lrs_bridge.db import Session, audit
from lrs_bridge.errors import NotFound
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.lti.scores import store
from lrs_bridge.lti.scores.delivery import LEASE, Outgoing, Post, State, in_turn, is_silence, pause, state_after
from lrs_bridge.lti.scores.score import NOTHING_YET, grade_of, time_of
from lrs_bridge.lti.scores.store import Count, Recipient, Shown
from lrs_bridge.ports import Standing

__all__ = ["Count", "Shown"]

KEPT_SENT = 500
"""Of each platform: how many sent scores stay to be shown, beside each user's newest."""
SHOWN = 100
AT_A_TIME = 5
"""How many scores go to one platform before the others have their turn again."""
BATCH = 500


# Queued


def links_of(session: Session, tenant: str, kind: str, ids: Collection[str]) -> set[str]:
    """Those of these launchables that are placed in some course. One query; it is asked at every change of a record."""
    return store.find_placed(session, tenant, kind, ids)


def note_standings(
    session: Session, tenant: str, kind: str, id: str, standings: Mapping[UUID, Standing], *, now: datetime
) -> int:
    """Queues a score for everybody, by person, who has it placed before them and whose platform learns something; how many."""
    recipients = store.find_recipients(session, tenant, kind, id, list(standings))
    queued = 0
    for link_id, some in sorted(store.subjects_of(recipients).items()):
        wanted = [(one, standings[one.person_id]) for one in some if one.has_place and one.person_id]
        queued += _enqueue(session, tenant, link_id, wanted, now)
    return queued


def enqueue_for(session: Session, tenant: str, link_id: UUID, subject: str, standing: Standing, *, now: datetime) -> bool:
    """Queues a score for one member of a link, unless the platform was told just that, or takes none; whether it did."""
    one = store.find_recipient(session, tenant, link_id, subject)
    if one is None or not one.has_place:
        return False
    return _enqueue(session, tenant, link_id, [(one, standing)], now) == 1


def _enqueue(session: Session, tenant: str, link_id: UUID, wanted: Collection[tuple[Recipient, Standing]], now: datetime) -> int:
    if not wanted:
        return 0
    subjects = [one.subject for one, _ in wanted]
    store.lock_outbox(session, tenant, link_id, subjects)
    last = store.find_last(session, tenant, link_id, subjects)
    new = [score for one, standing in wanted if (score := _next(tenant, one, standing, last.get(one.subject), now)) is not None]
    for score in new:
        store.insert_score(session, score)
    return len(new)


def _next(tenant: str, one: Recipient, standing: Standing, last: Outgoing | None, now: datetime) -> Outgoing | None:
    grade, before = grade_of(standing), last.grade if last else NOTHING_YET
    if grade is None or grade == before:
        return None
    if one.points_only and grade.given is None and before.given is None:
        return None
    return Outgoing(
        tenant=tenant,
        score_id=uuid4(),
        platform_id=one.platform_id,
        link_id=one.link_id,
        subject=one.subject,
        number=last.number + 1 if last else 1,
        grade=grade,
        at=time_of(now, last.at if last else None),
        state=State.WAITING,
        attempts=0,
        next_at=now,
    )


# Sent


def due(session: Session, now: datetime, *, without: Collection[UUID] = ()) -> list[Post]:
    """The next scores that may go out, of any tenant: a few for each platform in turn, but for those ``without``."""
    waiting = store.find_platforms_due(session, now, without)
    return in_turn([store.find_due(session, tenant, platform_id, now, AT_A_TIME) for tenant, platform_id in waiting])


def take(session: Session, post: Post, *, now: datetime, lease: timedelta = LEASE) -> Post | None:
    """Takes a score to send it and gives it back as it is then; None when somebody else has taken it.

    Whoever dies with it lets another one send it after the lease.
    """
    until = now + lease
    if not store.claim(session, post.score, until=until):
        return None
    return replace(post, score=replace(post.score, next_at=until, attempts=post.score.attempts + 1, reason=None))


def settle(
    session: Session,
    one: Outgoing,
    status: int | None,
    *,
    reason: str | None,
    spread: float,
    asked: timedelta | None = None,
    now: datetime,
) -> State | None:
    """Notes what came of sending a score that was taken: the answer's status, None when no answer came, and why it failed.

    A platform that does not answer gets nothing else until then either; one that does gets what was put off. None when the
    lease is over and the score is somebody else's by now: nothing is noted then.
    """
    state = state_after(status, one.attempts)
    next_at = now + pause(one.attempts, spread, asked) if state is State.WAITING else now
    sent_at = now if state in (State.SENT, State.NEWER_THERE) else None
    if not store.settle(session, one, state, next_at, sent_at, reason if sent_at is None else None):
        return None
    if is_silence(status, one.attempts):
        store.put_off(session, one.tenant, one.platform_id, until=next_at, now=now)
    if sent_at is not None:
        store.bring_forward(session, one.tenant, one.platform_id, now)
        store.delete_overtaken(session, one.tenant, one.platform_id, state, KEPT_SENT)
    return state


def keep_line_item(session: Session, tenant: str, link_id: UUID, url: str) -> None:
    """Keeps where the scores of a link go, from now on."""
    store.keep_line_item(session, tenant, link_id, url)


# Seen to by administrators


def scores_of(session: Session, tenant: str, platform_id: UUID, states: Collection[State], limit: int = SHOWN) -> list[Shown]:
    """A platform's scores in these states, the newest first."""
    return store.list_scores(session, tenant, platform_id, states, limit)


def resend(session: Session, tenant: str, platform_id: UUID, score_id: UUID | None, *, by: str, now: datetime) -> int:
    """Sends a score that failed or waits once more at once, or all of a platform's; how many. Raises NotFound.

    What a newer score has overtaken is not sent: where no times are compared it would stand in that one's place.
    """
    platforms.get_platform(session, tenant, platform_id)
    failed = store.find_failed(session, tenant, platform_id, score_id)
    if score_id is not None and not failed:
        raise NotFound("there is no such score that waits or has failed", field="score_id")
    for link_id in sorted({one.link_id for one in failed}):
        store.lock_outbox(session, tenant, link_id, [one.subject for one in failed if one.link_id == link_id])
    again: list[UUID] = []
    for start in range(0, len(failed), BATCH):
        again += store.requeue(session, tenant, [one.score_id for one in failed[start : start + BATCH]], now)
    store.bring_forward(session, tenant, platform_id, now)
    detail = {"scores": len(again)} | ({"score": str(score_id)} if score_id else {})
    audit.record(session, tenant, audit.AuditEvent(now, by, "lti_score.resend", f"lti_platform:{platform_id}", detail))
    return len(again)


def counts(session: Session) -> list[Count]:
    """Of each tenant with scores that wait or have failed: how many, and since when."""
    return store.count(session)
