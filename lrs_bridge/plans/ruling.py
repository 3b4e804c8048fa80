"""The steps that an activity record takes when its person's completions change, and which record new evidence belongs to."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from lrs_bridge.plans.assessment import News, assess
from lrs_bridge.plans.claim import Claim
from lrs_bridge.plans.record import Event, Head
from lrs_bridge.plans.standing import Grounds
from lrs_bridge.plans.transition import Act, Step, rest_on, successor, take
from lrs_bridge.plans.validity import local_day


@dataclass(frozen=True, slots=True)
class Case:
    """A record, everything that is claimed about its activity, what of it is not evidence yet, and what it may rest on.

    ``noted_at`` is when its resident said in own words that it is done, and still does; None without such words.
    """

    head: Head
    claims: tuple[Claim, ...]
    unattached: tuple[Claim, ...]
    grounds: Grounds | None
    noted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """``heads`` are the records as they are now (the first is the case's own, a second one is new); ``completed`` is the one
    that is now to be signed or sent, if any; ``by_system`` says that the system may sign it.
    """

    heads: tuple[Head, ...]
    steps: tuple[Step, ...] = ()
    evidence: tuple[tuple[UUID, Claim], ...] = ()
    completed: Head | None = None
    by_system: bool = False


def rule(case: Case, news: News, act: Act, *, successor_id: UUID) -> Ruling:
    """Decides what the news means for the case. ``successor_id`` is the id of the new record, should there be one."""
    done_on = local_day(case.grounds.renewed_at) if case.grounds else None
    signed_for = local_day(case.head.done_at) if case.head.done_at else None
    event = assess(case.head, case.grounds, case.claims, news, done_on=done_on, signed_for=signed_for)
    if event is Event.SUPERSEDE and case.grounds and done_on:
        return _supersede(case, case.grounds, done_on, act, successor_id)
    if event is Event.COMPLETE and case.grounds and done_on:
        return _complete(case, case.grounds, done_on, act)
    evidence = _for(case.head, case.unattached)
    if event is None:
        return Ruling((_grown(case.head) if evidence else case.head,), evidence=evidence)
    steps = [take(case.head, event, act)]
    if event is Event.RETRACT and case.noted_at:
        steps.append(_own_word(steps[0].head, case.noted_at, act))
    return Ruling((steps[-1].head,), tuple(steps), evidence)


def _grown(head: Head) -> Head:
    """Evidence comes without a step: what a reader has seen of the record is not all of it any more."""
    return replace(head, revision=head.revision + 1)


def _own_word(head: Head, noted_at: datetime, act: Act) -> Step:
    """What a course said is taken back, and the resident's own word stands."""
    return take(replace(head, done_at=noted_at), Event.COMPLETE, Act(act.at))


def _for(head: Head, claims: tuple[Claim, ...]) -> tuple[tuple[UUID, Claim], ...]:
    return tuple((head.record_id, claim) for claim in claims)


def _complete(case: Case, grounds: Grounds, done_on: date, act: Act) -> Ruling:
    step = take(rest_on(case.head, grounds, done_on), Event.COMPLETE, act)
    return Ruling((step.head,), (step,), _for(case.head, case.unattached), completed=step.head, by_system=grounds.by_system)


def _supersede(case: Case, grounds: Grounds, done_on: date, act: Act, successor_id: UUID) -> Ruling:
    """The new record rests on the attempts that meet the mapping, also where the old one did."""
    left = take(case.head, Event.SUPERSEDE, act)
    old = replace(left.head, superseded_by=successor_id)
    new = take(rest_on(successor(case.head, successor_id), grounds, done_on), Event.COMPLETE, act)
    claims = tuple(c for c in case.claims if grounds.rest_on(c) or c in case.unattached)
    return Ruling((old, new.head), (left, new), _for(new.head, claims), completed=new.head, by_system=grounds.by_system)
