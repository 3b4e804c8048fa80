"""An AU's session: from its launch to its end, and in which order an AU may tell of it.

Source: AICC cmi5 "Quartz", 1st edition: 7.1 (first and last statement, cmi5 allowed statements between them), 9.3 (order within
a session and within a registration, by timestamp), 9.3.6 and 9.3.8 (what is refused after the end), 10.2.2 (launch modes), 11
(preferences are read first; CATAPULT 11.0.0.0-3). After Terminated there is a time in which statements may still arrive that
were made before it: pages send several at once when they close, and these overtake each other. Otherwise timestamps are
compared to the second, since content writes some with fractions and some without.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lrs_bridge.cmi5.move_on import AuProgress
from lrs_bridge.cmi5.vocabulary import LaunchMode, MoveOn
from lrs_bridge.completion import Score
from lrs_bridge.errors import Forbidden

GRACE = timedelta(seconds=60)
"""For how long after Terminated statements are awaited that were made before it (9.3.8)."""
MOST_IDLE = timedelta(hours=24)
"""A session from which nothing was heard for so long is abandoned."""


class State(StrEnum):
    """Where a session stands."""

    LAUNCHED = "launched"
    ACTIVE = "active"
    TERMINATED = "terminated"
    ABANDONED = "abandoned"


OPEN = frozenset({State.LAUNCHED, State.ACTIVE})


class Event(StrEnum):
    """What moves a session on. ALLOWED is any cmi5 allowed statement; ABANDONED comes from the LMS."""

    INITIALIZED = "initialized"
    COMPLETED = "completed"
    PASSED = "passed"
    FAILED = "failed"
    TERMINATED = "terminated"
    ALLOWED = "allowed"
    ABANDONED = "abandoned"


JUDGED = frozenset({Event.PASSED, Event.FAILED})
_ENDING = frozenset({Event.TERMINATED, Event.ABANDONED})
SATISFYING = JUDGED | {Event.COMPLETED}
"""What belongs to satisfaction, and so has no place in Browse and Review (10.2.2)."""

TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.LAUNCHED, Event.INITIALIZED): State.ACTIVE,
    (State.LAUNCHED, Event.ABANDONED): State.ABANDONED,
    (State.ACTIVE, Event.COMPLETED): State.ACTIVE,
    (State.ACTIVE, Event.PASSED): State.ACTIVE,
    (State.ACTIVE, Event.FAILED): State.ACTIVE,
    (State.ACTIVE, Event.ALLOWED): State.ACTIVE,
    (State.ACTIVE, Event.TERMINATED): State.TERMINATED,
    (State.ACTIVE, Event.ABANDONED): State.ABANDONED,
    # what was made before the end and arrives after it
    (State.TERMINATED, Event.COMPLETED): State.TERMINATED,
    (State.TERMINATED, Event.PASSED): State.TERMINATED,
    (State.TERMINATED, Event.FAILED): State.TERMINATED,
    (State.TERMINATED, Event.ALLOWED): State.TERMINATED,
}


@dataclass(frozen=True, slots=True)
class AuSession:
    """One launch of an AU.

    ``activity_id`` is ours, ``publisher_id`` the course's. ``initialized_at``, ``latest_at`` and ``terminated_at`` are timestamps
    as the AU said them; ``launched_at``, ``seen_at`` (when it was last heard of) and ``ended_at`` are ours.
    """

    tenant: str
    session_id: UUID
    registration: UUID
    unit: int
    activity_id: str
    publisher_id: str
    mode: LaunchMode
    move_on: MoveOn
    mastery_score: float | None
    state: State
    launched_at: datetime
    seen_at: datetime
    preferences_read: bool = False
    judged: bool = False
    initialized_at: datetime | None = None
    latest_at: datetime | None = None
    terminated_at: datetime | None = None
    ended_at: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether nothing more is taken from it (9.3.6, 9.3.8)."""
        if self.state is State.TERMINATED and self.ended_at is not None:
            return now >= self.ended_at + GRACE
        return self.state is State.ABANDONED

    def is_forgotten(self, now: datetime) -> bool:
        """Whether it is open and has not been heard of for so long that it is to be abandoned."""
        return self.state in OPEN and now >= self.seen_at + MOST_IDLE


def check_open(session: AuSession, now: datetime) -> None:
    """Raises Forbidden when nothing more is taken from the session."""
    if session.is_over(now):
        clause = "9.3.6" if session.state is State.ABANDONED else "9.3.8"
        raise _refused(f"the session was {session.state}; nothing more is taken from it", clause)


def advance(
    session: AuSession, progress: AuProgress, event: Event, *, at: datetime, score: Score | None, now: datetime
) -> tuple[AuSession, AuProgress]:
    """Session and progress of its AU after a statement with the timestamp ``at``, which tells of the event.

    Raises Forbidden, and changes nothing, when the statement comes out of order.
    """
    _check_first(session, event)
    _check_mode(session, event)
    state = TRANSITIONS.get((session.state, event))
    if state is None:
        raise _refused(f"{event} is told once in a session", "9.3")
    _check_repeated(session, progress, event)
    _check_time(session, event, at)
    changed = replace(
        session,
        state=state,
        seen_at=max(session.seen_at, now),
        latest_at=max(session.latest_at or at, at),
        judged=session.judged or event in JUDGED,
        initialized_at=at if event is Event.INITIALIZED else session.initialized_at,
    )
    if event is Event.TERMINATED:
        changed = replace(changed, terminated_at=at, ended_at=now)
    return changed, _progressed(session, progress, event, score)


def abandon(session: AuSession, progress: AuProgress, now: datetime) -> tuple[AuSession, AuProgress]:
    """Session and progress of its AU, once it is abandoned. Raises Forbidden when it has ended (9.3: one Abandoned each)."""
    if (session.state, Event.ABANDONED) not in TRANSITIONS:
        raise _refused(f"the session was {session.state}", "9.3.6")
    began = session.state is State.ACTIVE
    changed = replace(session, state=State.ABANDONED, ended_at=now)
    return changed, _progressed(session, progress, Event.ABANDONED, None) if began else progress


def lasted(session: AuSession) -> timedelta:
    """How long the session took, as far as is known: from its launch until it was last heard of (9.5.4.2)."""
    return max(session.seen_at - session.launched_at, timedelta(0))


def _check_first(session: AuSession, event: Event) -> None:
    if session.state is not State.LAUNCHED:
        return
    if event is not Event.INITIALIZED:
        raise _refused("the first statement of a session is Initialized", "9.3.2")
    if not session.preferences_read:
        raise _refused("the learner's preferences are read before Initialized", "11")


def _check_mode(session: AuSession, event: Event) -> None:
    if session.mode is not LaunchMode.NORMAL and event in SATISFYING:
        raise _refused(f"{event} is not told in launch mode {session.mode}", "10.2.2")


def _check_repeated(session: AuSession, progress: AuProgress, event: Event) -> None:
    if event is Event.COMPLETED and progress.completed:
        raise _refused("Completed is told once in a registration", "9.3.3")
    if event in JUDGED and progress.passed:
        clause = "9.3.4" if event is Event.PASSED else "9.3"
        raise _refused(f"{event} is not told after Passed in a registration", clause)
    if event in JUDGED and session.judged:
        raise _refused("Passed or Failed is told once in a session", "9.3")


def _check_time(session: AuSession, event: Event, at: datetime) -> None:
    if session.initialized_at and _second(at) < _second(session.initialized_at):
        raise _refused("its timestamp is before that of Initialized, which is the first", "9.3", "timestamp")
    if event is Event.TERMINATED and session.latest_at and _second(at) < _second(session.latest_at):
        raise _refused("Terminated is the last, but another statement's timestamp is later", "9.3", "timestamp")
    if session.terminated_at and at > session.terminated_at:
        raise _refused("the session was terminated before that", "9.3.8", "timestamp")


def _progressed(session: AuSession, progress: AuProgress, event: Event, score: Score | None) -> AuProgress:
    return AuProgress(
        completed=progress.completed or event is Event.COMPLETED,
        passed=progress.passed or event is Event.PASSED,
        failed=progress.failed or event is Event.FAILED,
        waived=progress.waived,
        ended=progress.ended or (event in _ENDING and session.mode is LaunchMode.NORMAL),
        score=better(progress.score, score) if event in JUDGED else progress.score,
    )


def better(first: Score | None, second: Score | None) -> Score | None:
    """The score with the larger share; one whose share is not known comes last."""
    return max((first, second), key=_rank)


def _rank(score: Score | None) -> float:
    share = score.share() if score else None
    return float("-inf") if share is None else share


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _refused(message: str, clause: str, field: str = "verb.id") -> Forbidden:
    return Forbidden(message, field=field, rule=f"cmi5 {clause}")
