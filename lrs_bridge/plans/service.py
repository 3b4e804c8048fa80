"""Use cases of plans and activity records: what residents work towards, what they have done, and how records change."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from lrs_bridge.completion import Outcome
from lrs_bridge.db import Session
from lrs_bridge.errors import Forbidden, Invalid, NotFound
from lrs_bridge.people import service as people
from lrs_bridge.people.access import SIGNERS, Action, Role
from lrs_bridge.people.person import Person, Relation
from lrs_bridge.plans import store
from lrs_bridge.plans.claim import Claim, storable
from lrs_bridge.plans.courses import store as courses
from lrs_bridge.plans.intake.service import PlanSink, Touch, reassess_courses, write
from lrs_bridge.plans.mix import Share, mix_of
from lrs_bridge.plans.objective import Activity, EvidenceRule, Mode, Objective, Plan
from lrs_bridge.plans.record import NOTE, Event, Evidence, Head, Record, State
from lrs_bridge.plans.standing import Verdict, nearest_miss
from lrs_bridge.plans.transition import RESIDENT, Act, take
from lrs_bridge.ports import SystemSigner

__all__ = ["PlanSink"]

LONGEST_NOTE = 4000
CLAIMS_SHOWN = 500


# Plans


def add_objective(session: Session, tenant: str, objective: Objective, *, objective_id: UUID) -> None:
    """Registers a version of a learning objective; doing so twice changes nothing."""
    store.insert_objective(session, tenant, objective_id, objective)


def add_activity(session: Session, tenant: str, activity: Activity) -> None:
    """Registers a learning activity; doing so twice changes nothing."""
    store.insert_activity(session, tenant, activity)


def serve_objective(session: Session, tenant: str, objective_id: UUID, activity_ids: Sequence[UUID]) -> None:
    """Lets activities serve an objective, in this order, in plans that are assigned from now on."""
    store.insert_objective_activities(session, tenant, objective_id, activity_ids)


def assign_plan(
    session: Session, tenant: str, plan: Plan, objective_ids: Sequence[UUID], *, signer: SystemSigner, now: datetime
) -> int:
    """Gives a person a plan and a planned record for each activity that has none yet.

    Completions that had come before the plan count at once; gives how many activities they completed.
    """
    store.lock_directory(session, tenant)
    store.insert_plan(session, tenant, plan, objective_ids, now)
    store.lock_persons(session, tenant, [plan.person_id])
    missing = store.find_missing_activities(session, tenant, plan.person_id)
    created = {head.record_id: head for head in (Head(uuid4(), plan.person_id, activity_id) for activity_id in missing)}
    write(session, tenant, [], store.Changes(created), now=now)
    course_ids = store.find_claimed_courses(session, tenant, plan.person_id)
    return reassess_courses(session, tenant, {plan.person_id}, course_ids, Touch(), signer=signer, now=now)


def search_activities(session: Session, tenant: str, words: str = "", limit: int = 200) -> list[Activity]:
    """Learning activities whose title holds the words, by title."""
    return store.search_activities(session, tenant, words.strip(), limit)


@dataclass(frozen=True, slots=True)
class PlanPage:
    """A person's plans, the current record of each activity in them by activity id, and what sources have claimed, newest first.

    ``persons`` are the names of signers and others whom the records mention.
    """

    person: Person
    plans: tuple[Plan, ...]
    records: dict[UUID, Record]
    claims: tuple[Claim, ...]
    persons: dict[UUID, Person]


def plan_of(session: Session, tenant: str, person_id: UUID, *, viewer_id: UUID, now: datetime) -> PlanPage:
    """Everything on a person's plan page. Raises NotFound unless the viewer may see it."""
    _may_view(session, tenant, viewer_id, person_id, now)
    plans = store.find_plans(session, tenant, person_id)
    in_plans = {i for plan in plans for planned in plan.objectives for i in planned.activity_ids}
    heads = [head for head in store.find_heads_of(session, tenant, person_id) if head.activity_id in in_plans]
    records = _records(session, tenant, heads)
    claims = store.find_claims_about(session, tenant, person_id, CLAIMS_SHOWN)
    return PlanPage(
        person=people.get_person(session, tenant, person_id),
        plans=tuple(plans),
        records={record.activity.activity_id: record for record in records},
        claims=tuple(claims),
        persons=people.persons(session, tenant, mentioned(records)),
    )


def _may_view(session: Session, tenant: str, viewer_id: UUID, person_id: UUID, now: datetime) -> None:
    if not people.may(session, tenant, viewer_id, Action.VIEW_PLAN, person_id, now):
        raise NotFound("there is no such plan, or you may not see it", rule="plans are seen by those who follow the resident")


@dataclass(frozen=True, slots=True)
class Followed:
    """A resident as seen by someone who follows them."""

    person: Person
    roles: tuple[Role, ...]
    mix: tuple[Share, ...]
    states: dict[State, int]


def residents_followed_by(session: Session, tenant: str, person_id: UUID, now: datetime) -> list[Followed]:
    """The residents whom this person follows today, by name, each with how far they have come."""
    relations = people.residents_of(session, tenant, person_id, now)
    found = {relation.person.person_id: relation.person for relation in relations}
    counts = store.count_states(session, tenant, found.keys())
    return [_followed(person, relations, counts.get(person.person_id, [])) for person in found.values()]


def _followed(person: Person, relations: list[Relation], counts: list[tuple[Mode, State]]) -> Followed:
    roles = tuple(relation.role for relation in relations if relation.person.person_id == person.person_id)
    states = [state for _, state in counts]
    return Followed(person, roles, mix_of(counts), {state: states.count(state) for state in State if state in states})


# Records


def lock_record(session: Session, tenant: str, record_id: UUID) -> None:
    """Waits for others who change the person's records, and keeps them waiting till the transaction ends. Raises NotFound."""
    store.lock_persons(session, tenant, [_head(session, tenant, record_id).person_id])


def get_record(session: Session, tenant: str, record_id: UUID) -> Record:
    """The record with all that belongs to it. Raises NotFound. Authorisation is the caller's."""
    return _records(session, tenant, [_head(session, tenant, record_id)])[0]


def view_record(session: Session, tenant: str, record_id: UUID, *, viewer_id: UUID, now: datetime) -> Record:
    """The record. Raises NotFound when there is none, or when the viewer may not see the person's plan."""
    record = get_record(session, tenant, record_id)
    _may_view(session, tenant, viewer_id, record.person_id, now)
    return record


def shortfall(session: Session, tenant: str, record: Record) -> Verdict | None:
    """Why what courses have reported does not complete a planned activity; None when nothing is reported, or nothing lacks."""
    if record.state is not State.PLANNED:
        return None
    mappings = courses.find_mappings_of_activities(session, tenant, [record.activity.activity_id])
    course_ids = {mapping.course_id for mapping in mappings}
    claims = store.find_claims_in_courses(session, tenant, [record.person_id], course_ids)
    return nearest_miss(claims.get(record.person_id, ()), mappings)


def _head(session: Session, tenant: str, record_id: UUID) -> Head:
    found = store.find_heads(session, tenant, [record_id])
    if not found:
        raise NotFound("there is no such activity record", field="record_id")
    return found[0]


def _records(session: Session, tenant: str, heads: Sequence[Head]) -> list[Record]:
    """Puts records together, in the given order, with the same few queries for one as for many."""
    if not heads:
        return []
    ids = [head.record_id for head in heads]
    activities = store.find_activities(session, tenant, {head.activity_id for head in heads})
    objectives = store.find_objectives_of(session, tenant, {head.person_id for head in heads})
    mappings = courses.find_mappings(session, tenant, {head.mapping_id for head in heads if head.mapping_id})
    taught = courses.find_courses(session, tenant, {mapping.course_id for mapping in mappings.values()})
    evidence = store.find_evidence(session, tenant, ids)
    events = store.find_events(session, tenant, ids)

    def record(head: Head) -> Record:
        mapping = mappings[head.mapping_id] if head.mapping_id else None
        return Record(
            record_id=head.record_id,
            person_id=head.person_id,
            activity=activities[head.activity_id],
            objectives=tuple(objectives.get((head.person_id, head.activity_id), ())),
            state=head.state,
            note=head.note,
            done_at=head.done_at,
            sent_at=head.sent_at,
            signer_id=head.signer_id,
            closed_at=head.closed_at,
            mapping=mapping,
            course=taught[mapping.course_id] if mapping else None,
            evidence=tuple(evidence.get(head.record_id, ())),
            events=tuple(events.get(head.record_id, ())),
            supersedes=head.supersedes,
            superseded_by=head.superseded_by,
            valid_until=head.valid_until,
            revision=head.revision,
            signed_revision=head.signed_revision,
        )

    return [record(head) for head in heads]


def mentioned(records: Collection[Record]) -> set[UUID]:
    """Everyone who acts in the records: whom they were sent to, who signed, in whose name."""
    signers = {record.signer_id for record in records}
    acts = {person for record in records for event in record.events for person in (event.actor_id, event.on_behalf_of)}
    return {person for person in signers | acts if person}


def apply_event(
    session: Session,
    tenant: str,
    record_id: UUID,
    event: Event,
    *,
    actor_id: UUID | None,
    actor_role: str,
    on_behalf_of: UUID | None = None,
    comment: str | None = None,
    signer_id: UUID | None = None,
    now: datetime,
) -> Record:
    """The one way in which people and signatures change a record; writes its history and the audit trail.

    ``signer_id`` says whom a record is sent to. Raises Conflict when the event is illegal in the record's state, NotFound.
    """
    lock_record(session, tenant, record_id)
    act = Act(now, actor_id, actor_role, on_behalf_of, _comment(comment))
    step = take(_head(session, tenant, record_id), event, act)
    head = replace(step.head, signer_id=signer_id) if event is Event.SEND else step.head
    write(session, tenant, [step], store.Changes(changed={record_id: head}), now=now)
    return get_record(session, tenant, record_id)


def _comment(text: str | None) -> str | None:
    words = storable(text or "").strip()
    if len(words) > LONGEST_NOTE:
        raise Invalid(f"a comment has at most {LONGEST_NOTE} characters", field="comment")
    return words or None


def mark_done(session: Session, tenant: str, record_id: UUID, *, actor_id: UUID, note: str, now: datetime) -> Record:
    """The resident registers an activity as done, in words that become evidence.

    Raises Invalid without words, or for an activity that only a course's completion can show; Forbidden for others' records.
    """
    _own_record(session, tenant, record_id, actor_id, now)
    words = _comment(note)
    if words is None:
        raise Invalid("say in a few words what you did", field="note")
    lock_record(session, tenant, record_id)
    head = _head(session, tenant, record_id)
    if store.find_activities(session, tenant, [head.activity_id])[head.activity_id].rule is EvidenceRule.COMPLETION:
        raise Invalid("this activity is done by completing its course", field="record_id", rule="evidence rule")
    step = take(head, Event.COMPLETE, Act(now, actor_id, RESIDENT))
    noted = replace(step.head, note=words)
    evidence = [(record_id, _note(people.get_person(session, tenant, actor_id), words, now, step.head.revision))]
    write(session, tenant, [step], store.Changes(changed={record_id: noted}, evidence=evidence), now=now)
    return get_record(session, tenant, record_id)


def _note(author: Person, words: str, now: datetime, record_revision: int) -> Evidence:
    evidence_id = uuid4()
    return Evidence(
        evidence_id=evidence_id,
        kind=NOTE,
        source=NOTE,
        source_id=str(evidence_id),
        asserted_by=author.name,
        activity_iri=None,
        outcome=Outcome(),
        occurred_at=now,
        received_at=now,
        digest="sha-256:" + hashlib.sha256(words.encode()).hexdigest(),
        retracted_at=None,
        retraction_reason=None,
        added_at=now,
        text=words,
        record_revision=record_revision,
    )


def send_record(
    session: Session, tenant: str, record_id: UUID, *, actor_id: UUID, signer_id: UUID | None, comment: str | None, now: datetime
) -> Record:
    """The resident asks for a signature: of one of those who may sign today, or (None) of any of them.

    Raises Invalid when nobody may, or the one who was chosen may not.
    """
    record = _own_record(session, tenant, record_id, actor_id, now)
    may_sign = {person.person_id for person in signers_of(session, tenant, record.person_id, now)}
    if not may_sign:
        raise Invalid("you have nobody who may sign; ask your leader to register a supervisor", field="signer_id")
    if signer_id is not None and signer_id not in may_sign:
        raise Invalid("choose one of your supervisors", field="signer_id", rule="signers follow the resident today")
    return apply_event(
        session,
        tenant,
        record_id,
        Event.SEND,
        actor_id=actor_id,
        actor_role=RESIDENT,
        comment=comment,
        signer_id=signer_id,
        now=now,
    )


def signers_of(session: Session, tenant: str, person_id: UUID, now: datetime) -> list[Person]:
    """Who may sign for the resident today, each once, by name."""
    relations = people.related(session, tenant, person_id, now, SIGNERS)
    return list({relation.person.person_id: relation.person for relation in relations}.values())


def recall_record(session: Session, tenant: str, record_id: UUID, *, actor_id: UUID, now: datetime) -> Record:
    """The resident takes a record back that was sent for signing."""
    _own_record(session, tenant, record_id, actor_id, now)
    return apply_event(session, tenant, record_id, Event.RECALL, actor_id=actor_id, actor_role=RESIDENT, now=now)


def _own_record(session: Session, tenant: str, record_id: UUID, actor_id: UUID, now: datetime) -> Record:
    record = view_record(session, tenant, record_id, viewer_id=actor_id, now=now)
    if not people.may(session, tenant, actor_id, Action.SEND_RECORD, record.person_id, now):
        raise Forbidden("only the resident can do this", rule="residents register their own activities")
    return record


def records_for_signer(session: Session, tenant: str, signer_id: UUID, at: datetime) -> list[Record]:
    """What waits for this person's signature now: sent to them, or to nobody in particular, by residents whom they may sign
    for; the oldest first, never their own.
    """
    residents = people.residents_of(session, tenant, signer_id, at, SIGNERS)
    ids = {relation.person.person_id for relation in residents} - {signer_id}
    return _records(session, tenant, store.find_sent_heads(session, tenant, ids, signer_id))


def contested_for_signer(session: Session, tenant: str, signer_id: UUID, at: datetime) -> list[Record]:
    """Contested records of residents whom this person may sign for now, the one that was contested first before the others;
    never their own.
    """
    residents = people.residents_of(session, tenant, signer_id, at, SIGNERS)
    ids = {relation.person.person_id for relation in residents} - {signer_id}
    return sorted(_records(session, tenant, store.find_contested_heads(session, tenant, ids)), key=_contested)


def _contested(record: Record) -> tuple[datetime, UUID]:
    contest = record.last(Event.CONTEST)
    return contest.at if contest else datetime.max.replace(tzinfo=UTC), record.record_id


def records_decided_by(session: Session, tenant: str, signer_id: UUID, limit: int = 50) -> list[Record]:
    """What this person has signed, returned or upheld, the latest first."""
    return _records(session, tenant, store.find_decided_heads(session, tenant, signer_id, limit))


def record_ids_in(session: Session, tenant: str, states: Collection[State]) -> Iterator[list[UUID]]:
    """The ids of all records that are in one of these states, a page at a time."""
    return store.find_record_ids(session, tenant, states)


class NoteEvidence:
    """Reads the notes that residents wrote; implements ``ports.EvidenceSource`` for the source ``note``."""

    def evidence_bytes(self, session: Session, tenant: str, source: str, id: str) -> bytes | None:
        """The note in UTF-8, or None when there is none under that id."""
        if source != NOTE:
            return None
        words = store.find_note(session, tenant, id)
        return None if words is None else words.encode()
