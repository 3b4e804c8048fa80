"""What a completion does: it is kept, recognised, judged together with everything else its person has done, and applied.

Order of locks, the same everywhere: the directory (shared by receivers, alone for those who change what is known), then persons,
then the ledger of signatures.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import TypeVar
from uuid import UUID, uuid4

import msgspec

from lrs_bridge.completion import Completion, Retraction, SourceKey
from lrs_bridge.db import Lock, Session, audit
from lrs_bridge.people import service as people
from lrs_bridge.people.access import SIGNERS
from lrs_bridge.plans import store
from lrs_bridge.plans.assessment import News
from lrs_bridge.plans.claim import Claim, claim_of, learner_of, storable
from lrs_bridge.plans.courses import store as courses
from lrs_bridge.plans.intake import store as recognition
from lrs_bridge.plans.launchables.service import tell_platforms
from lrs_bridge.plans.mapping import Mapping
from lrs_bridge.plans.record import Event, Evidence, Head, was_signed_on
from lrs_bridge.plans.ruling import Case, Ruling, rule
from lrs_bridge.plans.standing import Grounds, find_grounds
from lrs_bridge.plans.transition import Act, Step, take
from lrs_bridge.ports import DueSignature, SystemSigner

COMPLETION = "completion"
RESTATED = "restated by its source"

HandIn = TypeVar("HandIn", Completion, Retraction)


class PlanSink:
    """Where doors hand in completions; implements ``ports.CompletionSink``."""

    def __init__(self, signer: SystemSigner) -> None:
        self._signer = signer

    def receive(self, session: Session, completions: Sequence[Completion], *, now: datetime) -> None:
        """Keeps each completion once by its key and applies it, or leaves it on the work list. Replays change nothing."""
        for tenant, some in _by_tenant(completions):
            _receive(session, tenant, some, self._signer, now)

    def locks(self, tenant: str) -> tuple[Lock, ...]:
        """What ``receive`` and ``retract`` hold from their beginning."""
        return (store.directory_lock(tenant),)

    def retract(self, session: Session, retractions: Sequence[Retraction], *, now: datetime) -> None:
        """Takes completions back; unknown keys are ignored, since the claim may never have been a completion."""
        for tenant, some in _by_tenant(retractions):
            _retract(session, tenant, some, self._signer, now)


def _by_tenant(given: Sequence[HandIn]) -> list[tuple[str, list[HandIn]]]:
    in_order = sorted(given, key=lambda each: each.key.tenant)
    return [(tenant, list(some)) for tenant, some in groupby(in_order, key=lambda each: each.key.tenant)]


def _receive(session: Session, tenant: str, completions: list[Completion], signer: SystemSigner, now: datetime) -> None:
    store.share_directory(session, tenant)
    claims = _recognise(session, tenant, completions, now)
    unseen = store.insert_claims(session, tenant, claims)
    fresh: list[Claim] = []
    again: list[Claim] = []
    for claim in claims:
        (fresh if claim.key in unseen else again).append(claim)
        unseen.discard(claim.key)  # a second one with the same key in the same batch
    revised, touched = _revise(session, tenant, again, now)
    news = Touch(fresh=frozenset(claim.key for claim in [*fresh, *revised]), corrected=touched)
    reassess(session, tenant, [*fresh, *revised], news, signer=signer, now=now)


def _recognise(session: Session, tenant: str, completions: list[Completion], now: datetime) -> list[Claim]:
    learners = [learner_of(completion) for completion in completions]
    persons, course_ids = recognition.recognise(session, tenant, set(learners), {each.activity for each in completions})
    return [
        claim_of(
            completion,
            learner,
            received_at=now,
            person_id=persons.get(learner),
            course_id=course_ids.get(completion.activity),
        )
        for completion, learner in zip(completions, learners, strict=True)
    ]


def _revise(session: Session, tenant: str, claims: list[Claim], now: datetime) -> tuple[list[Claim], frozenset[UUID]]:
    """Those of the known claims that now say something else, and the records for which they were evidence."""
    stored = store.find_claims(session, tenant, {claim.key for claim in claims})
    _lock_concerned(session, tenant, stored.values())
    revised: dict[SourceKey, Claim] = {}
    touched: set[UUID] = set()
    for claim in claims:
        old = revised.get(claim.key) or stored[claim.key]
        if claim.outcome == old.outcome or old.retracted_at:
            continue
        store.revise_claim(session, tenant, old, claim)
        revised[claim.key] = msgspec.structs.replace(
            claim, person_id=old.person_id, course_id=old.course_id, revision=old.revision + 1
        )
        touched |= {record for record, _ in store.retract_evidence(session, tenant, claim.key, RESTATED, now)}
    return list(revised.values()), frozenset(touched)


def _retract(session: Session, tenant: str, retractions: list[Retraction], signer: SystemSigner, now: datetime) -> None:
    store.share_directory(session, tenant)
    stored = store.find_claims(session, tenant, {retraction.key for retraction in retractions})
    _lock_concerned(session, tenant, stored.values())
    withdrawn: list[Claim] = []
    touched: dict[UUID, int] = {}
    reason = ""
    for retraction in retractions:
        claim = stored.pop(retraction.key, None)
        if claim is None or claim.retracted_at:
            continue
        reason = storable(retraction.reason)
        store.retract_claim(session, tenant, claim.key, reason, now)
        for record, added in store.retract_evidence(session, tenant, claim.key, reason, now):
            touched[record] = min(added, touched.get(record, added))
        withdrawn.append(claim)
    reassess(session, tenant, withdrawn, Touch(withdrawn=touched, reason=reason), signer=signer, now=now)


def _lock_concerned(session: Session, tenant: str, claims: Collection[Claim]) -> None:
    """Nobody signs on, or attaches, what is being restated or taken back."""
    store.lock_persons(session, tenant, sorted({claim.person_id for claim in claims if claim.person_id}))


@dataclass(frozen=True, slots=True)
class Applied:
    """What a new link did: how many waiting completions it applied to, and how many activities these completed."""

    completions: int
    activities: int


def apply_waiting(session: Session, tenant: str, claims: Collection[Claim], *, signer: SystemSigner, now: datetime) -> Applied:
    """Judges completions that have just been recognised, as if they had arrived now."""
    fresh = frozenset(claim.key for claim in claims)
    completed = reassess(session, tenant, claims, Touch(fresh=fresh), signer=signer, now=now)
    return Applied(len(claims), completed)


# Records follow


@dataclass(frozen=True, slots=True)
class Touch:
    """What happened to the claims that a reassessment starts from.

    ``corrected`` are the records whose evidence was restated; ``withdrawn`` those whose evidence was taken back, each with the
    revision that had the earliest of it added.
    """

    fresh: frozenset[SourceKey] = frozenset()
    corrected: frozenset[UUID] = frozenset()
    withdrawn: dict[UUID, int] = field(default_factory=dict)
    reason: str | None = None

    def news_for(self, head: Head, *, renewable: bool) -> News:
        """What of it concerns one record."""
        added = self.withdrawn.get(head.record_id)
        return News(
            fresh=self.fresh if renewable else frozenset(),
            corrected=head.record_id in self.corrected,
            withdrawn=added is not None and was_signed_on(added, head.signed_revision),
        )


def reassess(
    session: Session, tenant: str, claims: Collection[Claim], touch: Touch, *, signer: SystemSigner, now: datetime
) -> int:
    """Judges anew every record that these claims may concern, and lets records be sent and signed. Gives how many completed."""
    person_ids = {claim.person_id for claim in claims if claim.person_id}
    course_ids = {claim.course_id for claim in claims if claim.course_id}
    return reassess_courses(session, tenant, person_ids, course_ids, touch, signer=signer, now=now)


def reassess_courses(
    session: Session,
    tenant: str,
    person_ids: Collection[UUID],
    course_ids: Collection[UUID],
    touch: Touch,
    *,
    signer: SystemSigner,
    now: datetime,
) -> int:
    """Judges anew every record of these persons that these courses may concern; else as ``reassess``."""
    if not person_ids or not course_ids:
        return 0
    activity_ids = {m.activity_id for m in courses.find_mappings_of_courses(session, tenant, course_ids)}
    touched = store.find_heads(session, tenant, touch.corrected | touch.withdrawn.keys())
    activity_ids |= {head.activity_id for head in touched}
    if not activity_ids:
        return 0
    store.lock_persons(session, tenant, sorted(person_ids))
    act = Act(now, comment=touch.reason)
    rulings = [
        rule(case, touch.news_for(case.head, renewable=renewable), act, successor_id=uuid4())
        for case, renewable in _cases(session, tenant, person_ids, activity_ids)
    ]
    return _carry_out(session, tenant, rulings, signer, now)


def _cases(
    session: Session, tenant: str, person_ids: Collection[UUID], activity_ids: Collection[UUID]
) -> list[tuple[Case, bool]]:
    """Every record in question, and whether a mapping that is in force is met."""
    heads = store.find_current_heads(session, tenant, person_ids, activity_ids)
    in_force = courses.find_mappings_of_activities(session, tenant, activity_ids)
    own = courses.find_mappings(session, tenant, {head.mapping_id for head in heads if head.mapping_id})
    course_ids = {mapping.course_id for mapping in [*in_force, *own.values()]}
    claims = store.find_claims_in_courses(session, tenant, person_ids, course_ids)
    attached = store.find_attached(session, tenant, person_ids, activity_ids)
    noted = store.find_noted(session, tenant, [head.record_id for head in heads])
    return [
        _case(head, in_force, own, claims.get(head.person_id, []), attached, noted_at=noted.get(head.record_id)) for head in heads
    ]


def _case(
    head: Head,
    in_force: list[Mapping],
    own: dict[UUID, Mapping],
    claims: list[Claim],
    attached: set[store.Attached],
    *,
    noted_at: datetime | None,
) -> tuple[Case, bool]:
    """A record holds on to the version of the mapping that it was completed under, also when that is not in force any more."""
    mappings = [mapping for mapping in in_force if mapping.activity_id == head.activity_id]
    former = [own[head.mapping_id]] if head.mapping_id else []
    course_ids = {mapping.course_id for mapping in [*mappings, *former]}
    relevant = tuple(claim for claim in claims if claim.course_id in course_ids)
    present = find_grounds(relevant, mappings)
    grounds: Grounds | None = present or find_grounds(relevant, former)
    unattached = tuple(
        claim for claim in relevant if (head.person_id, head.activity_id, claim.key, claim.revision) not in attached
    )
    return Case(head, relevant, unattached, grounds, noted_at), present is not None


def _carry_out(session: Session, tenant: str, rulings: list[Ruling], signer: SystemSigner, now: datetime) -> int:
    """Writes the rulings, sends what a supervisor is to sign, and lets the system sign what it may."""
    completed = [(ruling.completed, ruling.by_system) for ruling in rulings if ruling.completed]
    sent, due = _hand_on(session, tenant, completed, now)
    heads = [head for ruling in rulings for head in ruling.heads[:1]]
    created = {head.record_id: head for ruling in rulings for head in ruling.heads[1:]}
    changed = {head.record_id: head for head, ruling in zip(heads, rulings, strict=True) if ruling.steps or ruling.evidence}
    revisions = {head.record_id: head.revision for head in [*heads, *created.values()]}
    for step in sent:
        (created if step.head.record_id in created else changed)[step.head.record_id] = step.head
    steps = [step for ruling in rulings for step in ruling.steps] + sent
    evidence = [(record, evidence_of(claim, now, revisions[record])) for ruling in rulings for record, claim in ruling.evidence]
    write(session, tenant, steps, store.Changes(created, changed, evidence=evidence), now=now)
    if due:
        signer.sign_due(session, tenant, due, now=now)
    return len(completed)


def _hand_on(
    session: Session, tenant: str, completed: list[tuple[Head, bool]], now: datetime
) -> tuple[list[Step], list[DueSignature]]:
    """The steps that send records to those who may sign them, if there are any; and the signatures that are due.

    The system signs in the course owner's name, so never what is the owner's own: nobody signs their own.
    """
    mappings = courses.find_mappings(session, tenant, {head.mapping_id for head, _ in completed if head.mapping_id})
    taught = courses.find_courses(session, tenant, {mapping.course_id for mapping in mappings.values()})
    due: list[DueSignature] = []
    to_send: list[Head] = []
    for head, by_system in completed:
        assert head.mapping_id is not None  # noqa: S101  what is completed here rests on a course
        owner_id = taught[mappings[head.mapping_id].course_id].owner_id
        if by_system and owner_id != head.person_id:
            due.append(DueSignature(head.record_id, head.mapping_id, owner_id))
        else:
            to_send.append(head)
    followed = {
        person_id
        for person_id in {head.person_id for head in to_send}
        if any(r.person.person_id != person_id for r in people.related(session, tenant, person_id, now, SIGNERS))
    }
    return [take(head, Event.SEND, Act(now)) for head in to_send if head.person_id in followed], due


def evidence_of(claim: Claim, now: datetime, record_revision: int) -> Evidence:
    """A claim as evidence: what it says now, kept beside the record whatever its source says later."""
    return Evidence(
        evidence_id=uuid4(),
        kind=COMPLETION,
        source=claim.key.source,
        source_id=claim.key.id,
        asserted_by=claim.asserted_by,
        activity_iri=claim.course_iri,
        outcome=claim.outcome,
        occurred_at=claim.occurred_at,
        received_at=claim.received_at,
        digest=claim.digest,
        retracted_at=None,
        retraction_reason=None,
        added_at=now,
        revision=claim.revision,
        record_revision=record_revision,
    )


def write(session: Session, tenant: str, steps: Sequence[Step], changes: store.Changes, *, now: datetime) -> None:
    """Saves records with the history and the audit trail of the steps that they took, and tells learning platforms of them."""
    changes.events += [(step.head.record_id, step.event) for step in steps]
    store.save(session, tenant, changes)
    tell_platforms(session, tenant, [*changes.changed.values(), *changes.created.values()], now=now)
    audit.record(session, tenant, *(_audited(step) for step in steps))


def _audited(step: Step) -> audit.AuditEvent:
    line = step.event
    actor = f"person:{line.actor_id}" if line.actor_id else "system"
    detail = {"from": line.from_state, "to": line.to_state, "role": line.actor_role, "comment": line.comment}
    told = {name: str(value) for name, value in detail.items() if value}
    return audit.AuditEvent(line.at, actor, f"record.{line.event}", f"record:{step.head.record_id}", told)
