"""Plans, completions and activity records in the database. Queries are set-based: their number does not grow with the rows."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Row, Select, Update, bindparam, func, insert, select, update

from lrs_bridge.completion import SourceKey
from lrs_bridge.db import Lock, Session, hold, insert_ignore, insert_new, lock, named
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.plans.claim import Claim, course_key, learner_key, outcome_from_json, outcome_to_json
from lrs_bridge.plans.objective import Activity, EvidenceRule, Kind, Mode, Objective, Plan, PlannedObjective
from lrs_bridge.plans.record import NOTE, Event, Evidence, Head, RecordEvent, State
from lrs_bridge.plans.tables import (
    activity,
    activity_record,
    completion,
    completion_revision,
    objective,
    objective_activity,
    plan,
    plan_objective,
    record_event,
    record_evidence,
)

BATCH = 5000
T = TypeVar("T")


def _batches(values: Iterable[T]) -> Iterator[list[T]]:
    """Databases limit how many values one query may name."""
    every = list(values)
    return (every[start : start + BATCH] for start in range(0, len(every), BATCH))


# Locks


def share_directory(session: Session, tenant: str) -> None:
    """Holds off changes to who and what is known (see ``lock_directory``); many may share it."""
    hold(session, directory_lock(tenant))


def directory_lock(tenant: str) -> Lock:
    """What ``share_directory`` holds."""
    return named(_directory(tenant), shared=True)


def lock_directory(session: Session, tenant: str) -> None:
    """Waits for all who share the directory, and holds off new ones.

    Without it a completion that arrives while its course is being linked could miss the link, and be missed by it.
    """
    lock(session, _directory(tenant))


def _directory(tenant: str) -> str:
    return f"directory:{tenant}"


def lock_persons(session: Session, tenant: str, person_ids: Collection[UUID]) -> None:
    """Makes changes to these persons' records wait for each other: a person's plans are the lock on their records."""
    for some in _batches(person_ids):
        query = select(plan.c.plan_id).where(plan.c.tenant_id == tenant, plan.c.person_id.in_(some))
        session.execute(query.order_by(plan.c.person_id, plan.c.plan_id).with_for_update(key_share=True)).all()


# Plans


def insert_objective(session: Session, tenant: str, objective_id: UUID, new: Objective) -> None:
    """Adds an objective unless it is there."""
    row = {"tenant_id": tenant, "objective_id": objective_id, **asdict(new)}
    session.execute(insert_ignore(session, objective), row)


def insert_activity(session: Session, tenant: str, new: Activity) -> None:
    """Adds a learning activity unless it is there."""
    session.execute(insert_ignore(session, activity), {"tenant_id": tenant, **asdict(new)})


def insert_objective_activities(session: Session, tenant: str, objective_id: UUID, activity_ids: Sequence[UUID]) -> None:
    """Lets activities serve an objective, in this order."""
    links = [{"activity_id": activity_id, "position": position} for position, activity_id in enumerate(activity_ids)]
    if links:
        rows = [{"tenant_id": tenant, "objective_id": objective_id, **link} for link in links]
        session.execute(insert_ignore(session, objective_activity), rows)


def insert_plan(session: Session, tenant: str, new: Plan, objective_ids: Sequence[UUID], now: datetime) -> None:
    """Adds a plan with its objectives in this order, unless it is there."""
    row = {"plan_id": new.plan_id, "person_id": new.person_id, "title": new.title, "assigned_at": now}
    session.execute(insert_ignore(session, plan), {"tenant_id": tenant, **row})
    links = [{"objective_id": objective_id, "position": position} for position, objective_id in enumerate(objective_ids)]
    if links:
        rows = [{"tenant_id": tenant, "plan_id": new.plan_id, **link} for link in links]
        session.execute(insert_ignore(session, plan_objective), rows)


def _plan_lines(tenant: str, *columns: Any) -> Select[Any]:
    """Plan, objective, activity: one row for every activity in every plan, with gaps where a plan or an objective is empty."""
    return (
        select(*columns)
        .select_from(plan)
        .outerjoin(plan_objective, (plan_objective.c.tenant_id == tenant) & (plan_objective.c.plan_id == plan.c.plan_id))
        .outerjoin(objective, (objective.c.tenant_id == tenant) & (objective.c.objective_id == plan_objective.c.objective_id))
        .outerjoin(
            objective_activity,
            (objective_activity.c.tenant_id == tenant) & (objective_activity.c.objective_id == objective.c.objective_id),
        )
        .where(plan.c.tenant_id == tenant)
    )


def find_plans(session: Session, tenant: str, person_id: UUID) -> list[Plan]:
    """The person's plans with objectives and activities, in the order in which they were assigned."""
    columns = (plan.c.plan_id, plan.c.title.label("plan_title"), objective, objective_activity.c.activity_id)
    query = _plan_lines(tenant, *columns).where(plan.c.person_id == person_id)
    order = (plan.c.assigned_at, plan.c.plan_id, plan_objective.c.position, objective_activity.c.position)
    plans: dict[UUID, tuple[str, dict[UUID, tuple[Objective, list[UUID]]]]] = {}
    for row in session.execute(query.order_by(*order)):
        _, objectives = plans.setdefault(row.plan_id, (row.plan_title, {}))
        if not row.objective_id:
            continue
        _, activity_ids = objectives.setdefault(row.objective_id, (_objective(row), []))
        if row.activity_id:
            activity_ids.append(row.activity_id)
    return [
        Plan(plan_id, person_id, title, tuple(PlannedObjective(i, o, tuple(ids)) for i, (o, ids) in objectives.items()))
        for plan_id, (title, objectives) in plans.items()
    ]


def _objective(row: Row[Any]) -> Objective:
    return Objective(row.code, row.version, row.title, row.theme)


def find_objectives_of(session: Session, tenant: str, person_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], list[Objective]]:
    """What each activity serves in each person's plans, by person and activity; an objective once, by code."""
    columns = (plan.c.person_id, objective_activity.c.activity_id, objective)
    query = (
        _plan_lines(tenant, *columns)
        .where(plan.c.person_id.in_(person_ids), objective_activity.c.activity_id.is_not(None))
        .distinct()
    )
    found: dict[tuple[UUID, UUID], list[Objective]] = defaultdict(list)
    for row in session.execute(query.order_by(objective.c.code, objective.c.version)):
        found[row.person_id, row.activity_id].append(_objective(row))
    return found


def _activity(row: Row[Any]) -> Activity:
    return Activity(row.activity_id, row.title, Kind(row.kind), Mode(row.mode), EvidenceRule(row.rule))


def find_activities(session: Session, tenant: str, ids: Collection[UUID]) -> dict[UUID, Activity]:
    """The learning activities with those ids."""
    query = select(activity).where(activity.c.tenant_id == tenant, activity.c.activity_id.in_(ids))
    return {row.activity_id: _activity(row) for row in session.execute(query)}


def search_activities(session: Session, tenant: str, words: str, limit: int) -> list[Activity]:
    """Learning activities whose title holds the words, by title."""
    query = select(activity).where(activity.c.tenant_id == tenant, activity.c.title.icontains(words, autoescape=True))
    return [_activity(row) for row in session.execute(query.order_by(activity.c.title, activity.c.activity_id).limit(limit))]


def find_missing_activities(session: Session, tenant: str, person_id: UUID) -> list[UUID]:
    """Activities in the person's plans of which there is no record yet."""
    recorded = select(activity_record.c.activity_id).where(
        activity_record.c.tenant_id == tenant, activity_record.c.person_id == person_id
    )
    query = _plan_lines(tenant, objective_activity.c.activity_id).where(
        plan.c.person_id == person_id,
        objective_activity.c.activity_id.is_not(None),
        objective_activity.c.activity_id.not_in(recorded),
    )
    return sorted(set(session.execute(query).scalars()))


# Completions


def insert_claims(session: Session, tenant: str, claims: Collection[Claim]) -> set[SourceKey]:
    """Adds the claims whose keys are new, in one statement; gives those keys."""
    ordered = sorted(claims, key=lambda claim: (claim.key.source, claim.key.id))  # two batches wait instead of deadlocking
    inserted = insert_new(session, completion, _CLAIM_COLUMNS, [_claim_row(tenant, claim) for claim in ordered])
    return {claim.key for claim, is_new in zip(ordered, inserted, strict=True) if is_new}


_CLAIM_COLUMNS = (
    "tenant_id",
    "source",
    "source_id",
    "learner_key",
    "learner_kind",
    "learner_issuer",
    "learner_value",
    "learner_name",
    "course_key",
    "course_iri",
    "course_name",
    "registration",
    "outcome",
    "occurred_at",
    "received_at",
    "asserted_by",
    "digest",
    "person_id",
    "course_id",
    "revision",
)


def _claim_row(tenant: str, claim: Claim) -> tuple[Any, ...]:
    """The claim's values, in the order of _CLAIM_COLUMNS."""
    return (
        tenant,
        claim.key.source,
        claim.key.id,
        learner_key(claim.learner),
        claim.learner.kind.value,
        claim.learner.issuer,
        claim.learner.value,
        claim.learner_name,
        course_key(claim.course_iri),
        claim.course_iri,
        claim.course_name,
        claim.registration,
        outcome_to_json(claim.outcome),
        claim.occurred_at,
        claim.received_at,
        claim.asserted_by,
        claim.digest,
        claim.person_id,
        claim.course_id,
        claim.revision,
    )


def read_claim(row: Row[Any]) -> Claim:
    """A row of the completion table as a value."""
    return Claim(
        key=SourceKey(row.tenant_id, row.source, row.source_id),
        learner=Identifier(IdentifierKind(row.learner_kind), row.learner_issuer, row.learner_value),
        learner_name=row.learner_name,
        course_iri=row.course_iri,
        course_name=row.course_name,
        registration=row.registration,
        outcome=outcome_from_json(row.outcome),
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        asserted_by=row.asserted_by,
        digest=row.digest,
        person_id=row.person_id,
        course_id=row.course_id,
        revision=row.revision,
        retracted_at=row.retracted_at,
        retraction_reason=row.retraction_reason,
    )


def _by_source(keys: Iterable[SourceKey]) -> Iterator[tuple[str, list[str]]]:
    grouped: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        grouped[key.source].append(key.id)
    return ((source, ids) for source, every in sorted(grouped.items()) for ids in _batches(every))


def find_claims(session: Session, tenant: str, keys: Iterable[SourceKey]) -> dict[SourceKey, Claim]:
    """The claims with those keys, locked against others who would change them."""
    found = []
    for source, ids in _by_source(keys):
        query = select(completion).where(
            completion.c.tenant_id == tenant, completion.c.source == source, completion.c.source_id.in_(ids)
        )
        found += [read_claim(row) for row in session.execute(query.order_by(completion.c.source_id).with_for_update())]
    return {claim.key: claim for claim in found}


def find_claims_in_courses(
    session: Session, tenant: str, person_ids: Collection[UUID], course_ids: Collection[UUID]
) -> dict[UUID, list[Claim]]:
    """By person: everything that is claimed, and not retracted, about the persons in the courses."""
    found: dict[UUID, list[Claim]] = defaultdict(list)
    for some in _batches(person_ids):
        query = select(completion).where(
            completion.c.tenant_id == tenant,
            completion.c.person_id.in_(some),
            completion.c.course_id.in_(course_ids),
            completion.c.retracted_at.is_(None),
        )
        for row in session.execute(query):
            found[row.person_id].append(read_claim(row))
    return found


def find_claims_about(session: Session, tenant: str, person_id: UUID, limit: int) -> list[Claim]:
    """The newest claims about a person, retracted ones included."""
    query = select(completion).where(completion.c.tenant_id == tenant, completion.c.person_id == person_id)
    order = (completion.c.occurred_at.desc(), completion.c.source, completion.c.source_id)
    return [read_claim(row) for row in session.execute(query.order_by(*order).limit(limit))]


def find_claimed_courses(session: Session, tenant: str, person_id: UUID) -> set[UUID]:
    """Every course in which something is claimed, and not retracted, about the person."""
    query = select(completion.c.course_id).where(
        completion.c.tenant_id == tenant,
        completion.c.person_id == person_id,
        completion.c.course_id.is_not(None),
        completion.c.retracted_at.is_(None),
    )
    return set(session.execute(query.distinct()).scalars())


def _one_claim(statement: Update, tenant: str, key: SourceKey) -> Update:
    return statement.where(completion.c.tenant_id == tenant, completion.c.source == key.source, completion.c.source_id == key.id)


def revise_claim(session: Session, tenant: str, old: Claim, new: Claim) -> None:
    """Keeps what the claim said in its history and writes what it says now."""
    history = {
        "tenant_id": tenant,
        "source": old.key.source,
        "source_id": old.key.id,
        "revision": old.revision,
        "outcome": outcome_to_json(old.outcome),
        "occurred_at": old.occurred_at,
        "digest": old.digest,
        "replaced_at": new.received_at,
    }
    session.execute(insert(completion_revision), history)
    now = {"outcome": outcome_to_json(new.outcome), "occurred_at": new.occurred_at, "received_at": new.received_at}
    statement = update(completion).values(**now, digest=new.digest, revision=old.revision + 1)
    session.execute(_one_claim(statement, tenant, old.key))


def retract_claim(session: Session, tenant: str, key: SourceKey, reason: str, at: datetime) -> None:
    """Marks the claim as taken back."""
    statement = update(completion).values(retracted_at=at, retraction_reason=reason)
    session.execute(_one_claim(statement, tenant, key))


def assign_person(session: Session, tenant: str, learners: Collection[Identifier], person_id: UUID) -> list[Claim]:
    """Gives the waiting claims under these identifiers to the person, and returns them."""
    statement = (
        update(completion)
        .where(
            completion.c.tenant_id == tenant,
            completion.c.learner_key.in_([learner_key(learner) for learner in learners]),
            completion.c.person_id.is_(None),
        )
        .values(person_id=person_id)
    )
    return [read_claim(row) for row in session.execute(statement.returning(completion))]


def assign_course(session: Session, tenant: str, iri: str, course_id: UUID) -> list[Claim]:
    """Gives the waiting claims about this IRI to the course, and returns them."""
    statement = (
        update(completion)
        .where(completion.c.tenant_id == tenant, completion.c.course_key == course_key(iri), completion.c.course_id.is_(None))
        .values(course_id=course_id)
    )
    return [read_claim(row) for row in session.execute(statement.returning(completion))]


def find_claims_of_course(session: Session, tenant: str, course_id: UUID) -> list[Claim]:
    """Claims about recognised persons in the course that have not been taken back."""
    query = select(completion).where(
        completion.c.tenant_id == tenant,
        completion.c.course_id == course_id,
        completion.c.person_id.is_not(None),
        completion.c.retracted_at.is_(None),
    )
    return [read_claim(row) for row in session.execute(query)]


# Records


@dataclass(slots=True)
class Changes:
    """What one use case writes about records: new and changed heads by id, and the lines that are added."""

    created: dict[UUID, Head] = field(default_factory=dict)
    changed: dict[UUID, Head] = field(default_factory=dict)
    events: list[tuple[UUID, RecordEvent]] = field(default_factory=list)
    evidence: list[tuple[UUID, Evidence]] = field(default_factory=list)


def save(session: Session, tenant: str, changes: Changes) -> None:
    """Writes it all, in the order that keeps one current record per person and activity."""
    if changes.changed:
        statement = update(activity_record).where(
            activity_record.c.tenant_id == bindparam("of_tenant"), activity_record.c.record_id == bindparam("of_record")
        )
        rows = [{"of_tenant": tenant, "of_record": i, **_head_row(head)} for i, head in sorted(changes.changed.items())]
        session.execute(statement, rows)
    if changes.created:
        rows = [{"tenant_id": tenant, "record_id": i, **_head_row(head)} for i, head in changes.created.items()]
        session.execute(insert(activity_record), rows)
    if changes.evidence:
        rows = [{"tenant_id": tenant, "record_id": i, **_evidence_row(item)} for i, item in changes.evidence]
        session.execute(insert(record_evidence), rows)
    if changes.events:
        rows = [{"tenant_id": tenant, "record_id": i, **asdict(event)} for i, event in changes.events]
        session.execute(insert(record_event), rows)


def _head_row(head: Head) -> dict[str, Any]:
    row = asdict(head)
    del row["record_id"]
    return row


def _evidence_row(item: Evidence) -> dict[str, Any]:
    return {**asdict(item), "outcome": outcome_to_json(item.outcome)}


def _head(row: Row[Any]) -> Head:
    return Head(
        row.record_id,
        row.person_id,
        row.activity_id,
        State(row.state),
        row.note,
        row.done_at,
        row.sent_at,
        row.signer_id,
        row.closed_at,
        row.mapping_id,
        row.valid_until,
        row.supersedes,
        row.superseded_by,
        row.revision,
        row.signed_revision,
    )


def _heads(session: Session, query: Select[Any]) -> list[Head]:
    return [_head(row) for row in session.execute(query)]


def find_heads(session: Session, tenant: str, record_ids: Collection[UUID]) -> list[Head]:
    """The records with those ids."""
    query = select(activity_record).where(activity_record.c.tenant_id == tenant, activity_record.c.record_id.in_(record_ids))
    return _heads(session, query)


def _current(tenant: str) -> Select[Any]:
    return select(activity_record).where(activity_record.c.tenant_id == tenant, activity_record.c.superseded_by.is_(None))


def find_current_heads(session: Session, tenant: str, person_ids: Collection[UUID], activity_ids: Collection[UUID]) -> list[Head]:
    """The current records of these persons and activities, in a fixed order."""
    found: list[Head] = []
    for some in _batches(person_ids):
        query = _current(tenant).where(activity_record.c.person_id.in_(some), activity_record.c.activity_id.in_(activity_ids))
        found += _heads(session, query.order_by(activity_record.c.person_id, activity_record.c.activity_id))
    return found


def find_heads_of(session: Session, tenant: str, person_id: UUID) -> list[Head]:
    """The person's current records."""
    return _heads(session, _current(tenant).where(activity_record.c.person_id == person_id))


def find_contested_heads(session: Session, tenant: str, person_ids: Collection[UUID]) -> list[Head]:
    """Contested records of these persons."""
    query = _current(tenant).where(activity_record.c.state == State.CONTESTED, activity_record.c.person_id.in_(person_ids))
    return _heads(session, query)


def find_sent_heads(session: Session, tenant: str, person_ids: Collection[UUID], signer_id: UUID) -> list[Head]:
    """Records of these persons that wait for this signer or for nobody in particular, the oldest first."""
    query = _current(tenant).where(
        activity_record.c.state == State.SENT,
        activity_record.c.person_id.in_(person_ids),
        activity_record.c.signer_id.is_(None) | (activity_record.c.signer_id == signer_id),
    )
    return _heads(session, query.order_by(activity_record.c.sent_at, activity_record.c.record_id))


def find_decided_heads(session: Session, tenant: str, actor_id: UUID, limit: int) -> list[Head]:
    """Records that this person signed, returned or upheld, the latest decision first."""
    events = [Event.SIGN, Event.RETURN, Event.UPHOLD]
    query = (
        select(record_event.c.record_id)
        .where(record_event.c.tenant_id == tenant, record_event.c.actor_id == actor_id, record_event.c.event.in_(events))
        .order_by(record_event.c.at.desc(), record_event.c.sequence.desc())
        .limit(limit)
    )
    ids = list(dict.fromkeys(session.execute(query).scalars()))
    heads = {head.record_id: head for head in find_heads(session, tenant, ids)}
    return [heads[i] for i in ids]


def find_record_ids(session: Session, tenant: str, states: Collection[State], page: int = 1000) -> Iterator[list[UUID]]:
    """The ids of the records in these states, a page at a time."""
    query = select(activity_record.c.record_id).where(activity_record.c.tenant_id == tenant, activity_record.c.state.in_(states))
    query = query.order_by(activity_record.c.record_id).limit(page)
    found = list(session.scalars(query))
    while found:
        yield found
        found = list(session.scalars(query.where(activity_record.c.record_id > found[-1])))


def count_states(session: Session, tenant: str, person_ids: Collection[UUID]) -> dict[UUID, list[tuple[Mode, State]]]:
    """By person: mode and state of each current record."""
    found: dict[UUID, list[tuple[Mode, State]]] = defaultdict(list)
    query = (
        select(activity_record.c.person_id, activity.c.mode, activity_record.c.state)
        .join(activity, (activity.c.tenant_id == tenant) & (activity.c.activity_id == activity_record.c.activity_id))
        .where(
            activity_record.c.tenant_id == tenant,
            activity_record.c.superseded_by.is_(None),
            activity_record.c.person_id.in_(person_ids),
        )
    )
    for person_id, mode, state in session.execute(query):
        found[person_id].append((Mode(mode), State(state)))
    return found


# Evidence and history


def find_evidence(session: Session, tenant: str, record_ids: Collection[UUID]) -> dict[UUID, list[Evidence]]:
    """The evidence of each record in the order in which it was added."""
    query = select(record_evidence).where(record_evidence.c.tenant_id == tenant, record_evidence.c.record_id.in_(record_ids))
    columns = record_evidence.c
    order = (columns.record_revision, columns.added_at, columns.occurred_at, columns.source_id)
    found: dict[UUID, list[Evidence]] = defaultdict(list)
    for row in session.execute(query.order_by(*order)):
        found[row.record_id].append(_evidence(row))
    return found


def _evidence(row: Row[Any]) -> Evidence:
    return Evidence(
        evidence_id=row.evidence_id,
        kind=row.kind,
        source=row.source,
        source_id=row.source_id,
        asserted_by=row.asserted_by,
        activity_iri=row.activity_iri,
        outcome=outcome_from_json(row.outcome),
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        digest=row.digest,
        retracted_at=row.retracted_at,
        retraction_reason=row.retraction_reason,
        added_at=row.added_at,
        text=row.text,
        revision=row.revision,
        record_revision=row.record_revision,
    )


def find_note(session: Session, tenant: str, source_id: str) -> str | None:
    """The words of a note, or None when there is no such note."""
    query = select(record_evidence.c.text).where(
        record_evidence.c.tenant_id == tenant, record_evidence.c.source == NOTE, record_evidence.c.source_id == source_id
    )
    return session.execute(query).scalar()


Attached = tuple[UUID, UUID, SourceKey, int]
"""Person, activity, the completion's key and its revision."""


def find_attached(session: Session, tenant: str, person_ids: Collection[UUID], activity_ids: Collection[UUID]) -> set[Attached]:
    """Which claims are evidence already, on a current or a superseded record."""
    found: set[Attached] = set()
    for some in _batches(person_ids):
        query = (
            select(
                activity_record.c.person_id,
                activity_record.c.activity_id,
                record_evidence.c.source,
                record_evidence.c.source_id,
                record_evidence.c.revision,
            )
            .join(
                record_evidence,
                (record_evidence.c.tenant_id == tenant) & (record_evidence.c.record_id == activity_record.c.record_id),
            )
            .where(
                activity_record.c.tenant_id == tenant,
                activity_record.c.person_id.in_(some),
                activity_record.c.activity_id.in_(activity_ids),
            )
        )
        rows = session.execute(query)
        found |= {(person, what, SourceKey(tenant, source, key), revision) for person, what, source, key, revision in rows}
    return found


def find_noted(session: Session, tenant: str, record_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When each record's resident first said in own words that it is done, for those where such words stand."""
    found: dict[UUID, datetime] = {}
    for some in _batches(record_ids):
        query = (
            select(record_evidence.c.record_id, func.min(record_evidence.c.occurred_at, type_=record_evidence.c.occurred_at.type))
            .where(
                record_evidence.c.tenant_id == tenant,
                record_evidence.c.record_id.in_(some),
                record_evidence.c.kind == NOTE,
                record_evidence.c.retracted_at.is_(None),
            )
            .group_by(record_evidence.c.record_id)
        )
        found |= {row[0]: row[1] for row in session.execute(query)}
    return found


def retract_evidence(session: Session, tenant: str, key: SourceKey, reason: str, at: datetime) -> list[tuple[UUID, int]]:
    """Marks a completion as taken back wherever it is evidence; gives the record ids, each with the revision that had it added.

    The records come to their next revision: what a reader has seen of them is not so any more. Their persons must be locked.
    """
    statement = (
        update(record_evidence)
        .where(
            record_evidence.c.tenant_id == tenant,
            record_evidence.c.source == key.source,
            record_evidence.c.source_id == key.id,
            record_evidence.c.retracted_at.is_(None),
        )
        .values(retracted_at=at, retraction_reason=reason)
    )
    rows = session.execute(statement.returning(record_evidence.c.record_id, record_evidence.c.record_revision)).all()
    touched = {row.record_id for row in rows}
    if touched:
        grown = update(activity_record).where(activity_record.c.tenant_id == tenant, activity_record.c.record_id.in_(touched))
        session.execute(grown.values(revision=activity_record.c.revision + 1))
    return [(row.record_id, row.record_revision) for row in rows]


def find_events(session: Session, tenant: str, record_ids: Collection[UUID]) -> dict[UUID, list[RecordEvent]]:
    """The history of each record, the oldest first."""
    query = select(record_event).where(record_event.c.tenant_id == tenant, record_event.c.record_id.in_(record_ids))
    found: dict[UUID, list[RecordEvent]] = defaultdict(list)
    for row in session.execute(query.order_by(record_event.c.record_id, record_event.c.sequence)):
        found[row.record_id].append(_event(row))
    return found


def _event(row: Row[Any]) -> RecordEvent:
    return RecordEvent(
        row.sequence,
        Event(row.event),
        State(row.from_state),
        State(row.to_state),
        row.actor_id,
        row.actor_role,
        row.on_behalf_of,
        row.comment,
        row.at,
    )
