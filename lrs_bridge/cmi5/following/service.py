"""What follows when something has changed in a registration: Satisfied is told, the completion handed in, hosting informed."""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from lrs_bridge.cmi5 import store
from lrs_bridge.cmi5.course import Block, CourseStructure
from lrs_bridge.cmi5.move_on import COURSE, newly_satisfied
from lrs_bridge.cmi5.naming import key_of
from lrs_bridge.cmi5.outcome import outcome_of, to_completion
from lrs_bridge.cmi5.saying import Speech, Value
from lrs_bridge.cmi5.store import Course, Registration
from lrs_bridge.completion import Outcome
from lrs_bridge.db import Session, hold
from lrs_bridge.errors import NotFound
from lrs_bridge.ports import AttemptNews, CompletionSink
from lrs_bridge.xapi.statements import service as statements
from lrs_bridge.xapi.statements.outcome import SOURCE as STATEMENTS
from lrs_bridge.xapi.statements.own import service as own

ACCOUNT = "cmi5"
"""The name of the account of this service that vouches for what the LMS says."""
NOTHING = Outcome(completion=False)
"""What every registration begins with."""


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where the service is, and who hears of what happens."""

    public_url: str
    sink: CompletionSink
    news: AttemptNews
    new_id: Callable[[], UUID] = uuid4


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A registration that is held, with its course."""

    registration: Registration
    course: Course

    @property
    def tenant(self) -> str:
        """The tenant whose it is."""
        return self.registration.tenant

    @property
    def id(self) -> UUID:
        """The registration's id."""
        return self.registration.registration

    @property
    def speech(self) -> Speech:
        """What the LMS says of it."""
        return Speech(self.registration.learner, self.id, self.course.iri)


def take_locks(session: Session, tenant: str, outlets: Outlets, now: datetime) -> None:
    """Takes what storing statements and completions needs before a registration is held: everybody takes them in this order."""
    hold(session, *statements.locks_for((), tenant, now), *outlets.sink.locks(tenant))


def get_enrolment(session: Session, tenant: str, registration: UUID) -> Enrolment:
    """The registration, held until the transaction ends, and its course. Raises NotFound."""
    found = store.find_registration(session, tenant, registration, to_change=True)
    if found is None:
        raise NotFound(f"there is no registration {registration}", field="registration")
    return Enrolment(found, get_course(session, tenant, found.course_id))


def get_course(session: Session, tenant: str, course_id: UUID) -> Course:
    """The course. Raises NotFound."""
    found = store.find_course(session, tenant, course_id)
    if found is None:
        raise NotFound(f"there is no course {course_id}", field="course")
    return found


def say(session: Session, enrolment: Enrolment, values: Sequence[Value], outlets: Outlets, now: datetime) -> None:
    """Stores statements of the LMS, under the registration's key, so that its AUs may read them."""
    own.say(
        session,
        enrolment.tenant,
        values,
        key=key_of(enrolment.tenant, enrolment.id),
        public_url=outlets.public_url,
        sink=outlets.sink,
        now=now,
    )


def settle(session: Session, enrolment: Enrolment, session_id: UUID | None, outlets: Outlets, now: datetime) -> int:
    """Looks anew at what is satisfied and achieved, and tells of what is new; how many completions were handed in.

    ``session_id`` is that of the session which led here, None outside of one, where a new one stands in its place (9.3.9).
    """
    tenant, structure = enrolment.tenant, enrolment.course.structure
    progress = store.find_progress(session, tenant, enrolment.id)
    already = store.find_satisfied(session, tenant, enrolment.id)
    fresh = newly_satisfied(structure, progress, already)
    evidence = enrolment.registration.evidence
    if fresh:
        by = session_id or outlets.new_id()
        evidence = _tell_satisfied(session, enrolment, fresh, session_id=by, outlets=outlets, now=now) or evidence
    outcome = outcome_of(structure, progress, satisfied=COURSE in already or COURSE in fresh)
    if outcome == (enrolment.registration.outcome or NOTHING):
        return 0
    store.keep_outcome(session, tenant, enrolment.id, outcome)
    handed_in = _hand_in(session, enrolment, outcome, evidence=evidence, outlets=outlets, now=now)
    outlets.news.attempt_changed(session, tenant, enrolment.id, outcome, now=now)
    return handed_in


def _tell_satisfied(
    session: Session, enrolment: Enrolment, fresh: Collection[int], *, session_id: UUID, outlets: Outlets, now: datetime
) -> str | None:
    """Tells of blocks and of the course, which comes last; the course's statement as stored, None when it is not among them."""
    structure = enrolment.course.structure
    blocks = structure.blocks()
    subjects: list[Block | CourseStructure] = [structure if place == COURSE else blocks[place] for place in fresh]
    values = [enrolment.speech.satisfied(outlets.new_id(), subject, session_id, at=now) for subject in subjects]
    say(session, enrolment, values, outlets, now)
    store.add_satisfied(session, enrolment.tenant, enrolment.id, fresh, now)
    if COURSE not in fresh:
        return None
    stored = statements.evidence_bytes(session, enrolment.tenant, STATEMENTS, values[-1]["id"])
    assert stored is not None  # noqa: S101  it was stored a moment ago
    evidence = stored.decode()
    store.keep_evidence(session, enrolment.tenant, enrolment.id, evidence)
    return evidence


def _hand_in(
    session: Session, enrolment: Enrolment, outcome: Outcome, *, evidence: str | None, outlets: Outlets, now: datetime
) -> int:
    registration, course = enrolment.registration, enrolment.course
    completion = to_completion(
        outcome,
        tenant=enrolment.tenant,
        registration=enrolment.id,
        learner=registration.learner,
        learner_name=registration.learner_name,
        course_iri=course.iri,
        course_name=next(iter(course.structure.title.values())) or None,
        occurred_at=now,
        asserted_by=course.asserted_by,
        evidence="sha-256:" + hashlib.sha256((evidence or "").encode()).hexdigest(),
    )
    if completion is None:
        return 0
    outlets.sink.receive(session, [completion], now=now)
    return 1
