"""The use cases of a cmi5 LMS: courses kept, learners registered, AUs launched, waived and abandoned.

Whoever hosts courses calls these, in a transaction of theirs.
"""

import secrets
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from lrs_bridge.cmi5 import session as sessions
from lrs_bridge.cmi5 import store
from lrs_bridge.cmi5.course import AssignableUnit, CourseStructure
from lrs_bridge.cmi5.following.service import Enrolment, Outlets, get_course, get_enrolment, say, settle, take_locks
from lrs_bridge.cmi5.launch import Launch, actor_of, first_preferences, launch_data, launch_url, whole_url
from lrs_bridge.cmi5.move_on import COURSE, NOTHING_YET, AuProgress, is_satisfied
from lrs_bridge.cmi5.naming import auth_token, fetch_token, hash_of, key_of, parse_fetch_token, unit_activity
from lrs_bridge.cmi5.outcome import SOURCE
from lrs_bridge.cmi5.session import OPEN, AuSession, State
from lrs_bridge.cmi5.store import Course, Registration
from lrs_bridge.cmi5.vocabulary import LAUNCH_DATA, LEARNER_PREFERENCES, LaunchMode, MoveOn
from lrs_bridge.completion import Outcome
from lrs_bridge.db import Session
from lrs_bridge.errors import Conflict, Invalid, NotFound, PreconditionFailed
from lrs_bridge.identity import Account
from lrs_bridge.xapi.credentials.credential import NO_HASH, SECRET_BYTES, matches
from lrs_bridge.xapi.documents import service as documents
from lrs_bridge.xapi.documents.conditions import Condition
from lrs_bridge.xapi.documents.key import Context, Kind
from lrs_bridge.xapi.model.references import agent_key

__all__ = ["Course", "Launch", "Outlets", "Registration"]

ASSERTED_BY = "Courses played here"
"""The name of the source, as readers of evidence and mappings see it."""
AT_A_TIME = 50
LONGEST_REASON = 1000
JSON = "application/json"

ALREADY_USED = {"error-code": "1", "error-text": "The authorization token has already been returned, or the session has ended."}
NOT_VALID = {"error-code": "2", "error-text": "There is no such authorization token."}
"""What a fetch URL answers when it gives no token (8.2.3.2)."""


# Courses and registrations


def keep_course(
    session: Session,
    tenant: str,
    course_id: UUID,
    structure: CourseStructure,
    *,
    iri: str,
    now: datetime,
    asserted_by: str = ASSERTED_BY,
) -> None:
    """Keeps one version of a course; one that is there stays as it is.

    ``iri`` is the course's own, the same for all its versions: it is the course's id in Satisfied statements and completions, and
    ids of AUs and blocks begin with it. ``asserted_by`` is whom completions are shown to come from. Raises Invalid when the IRI
    is the publisher's (9.4).
    """
    if iri == structure.id:
        raise Invalid("the course's own IRI must not be the publisher's id", field="iri", rule="cmi5 9.4")
    store.add_course(session, tenant, Course(course_id, iri, asserted_by, structure), now)


def register(
    session: Session,
    tenant: str,
    registration: UUID,
    *,
    course_id: UUID,
    learner: Account,
    outlets: Outlets,
    now: datetime,
    learner_name: str | None = None,
) -> None:
    """Enrols a learner in a version of a course; what is satisfied from the beginning is told at once (9.6.1).

    The same again changes nothing. Raises NotFound for an unknown course, Conflict when the registration is another one.
    """
    take_locks(session, tenant, outlets, now)
    get_course(session, tenant, course_id)
    new = Registration(tenant, registration, course_id, learner, learner_name, now, outcome=None, evidence=None)
    if store.add_registration(session, new):
        settle(session, get_enrolment(session, tenant, registration), None, outlets, now)
        return
    known = get_enrolment(session, tenant, registration).registration
    if (known.course_id, known.learner) != (course_id, learner):
        raise Conflict(f"the registration {registration} is of another learner or course", field="registration")


def find_registration(session: Session, tenant: str, registration: UUID) -> Registration | None:
    """The registration, None when there is none."""
    return store.find_registration(session, tenant, registration)


def check_registration(session: Session, tenant: str, registration: UUID, iri: str, learner: Account) -> None:
    """Raises NotFound unless there is the registration, and Conflict unless it is the learner's, in the course of that IRI."""
    found = store.find_registration(session, tenant, registration)
    if found is None:
        raise NotFound(f"there is no registration {registration}", field="registration")
    if (get_course(session, tenant, found.course_id).iri, found.learner) != (iri, learner):
        raise Conflict(f"the registration {registration} is of another learner or course", field="registration")


def hold_registrations(session: Session, tenant: str, registrations: Collection[UUID]) -> None:
    """Holds off whoever else changes these registrations; those that are not there are ignored."""
    store.hold_registrations(session, tenant, registrations)


def forget(session: Session, tenant: str, registrations: Collection[UUID]) -> None:
    """Erases registrations with their sessions, whose keys are good for nothing from then on."""
    store.delete_registrations(session, tenant, registrations)


# Sessions


def launch(
    session: Session,
    tenant: str,
    registration: UUID,
    unit: int,
    *,
    outlets: Outlets,
    now: datetime,
    mode: LaunchMode = LaunchMode.NORMAL,
    files_url: str | None = None,
    return_url: str | None = None,
    language: str | None = None,
) -> Launch:
    """Begins a session of the AU at that place, counted from 0. Sessions of the registration that are open are abandoned (9.3.6).

    ``files_url`` is where the root of the package is, with a slash at its end, for AUs with relative URLs. ``language`` becomes
    the learner's preference when none is known (11). Raises NotFound, and Invalid for a relative URL without ``files_url``.
    """
    take_locks(session, tenant, outlets, now)
    enrolment = get_enrolment(session, tenant, registration)
    found = _get_unit(enrolment, unit)
    whole = whole_url(found, files_url)
    for each in store.find_sessions(session, tenant, registration):
        if each.state in OPEN:
            _abandon(session, enrolment, each, outlets, now)
    begun = _begin(enrolment, unit, mode, outlets.new_id(), now)
    secret = secrets.token_hex(SECRET_BYTES)
    store.add_session(session, begun, hash_of(secret))
    _write_launch_data(session, enrolment, begun, return_url, now)
    if language is not None:
        _write_first_preferences(session, enrolment, language, now)
    told = enrolment.speech.launched(outlets.new_id(), found, begun.session_id, mode=mode, url=whole, at=now)
    say(session, enrolment, [told], outlets, now)
    url = launch_url(
        whole,
        endpoint=f"{outlets.public_url}/xapi/",
        fetch=f"{outlets.public_url}/cmi5/fetch/{fetch_token(key_of(tenant, begun.session_id), secret)}",
        learner=enrolment.registration.learner,
        registration=registration,
        activity_id=begun.activity_id,
    )
    return Launch(url, found.launch_method, begun.session_id, begun.activity_id)


def fetch(session: Session, token: str, *, now: datetime) -> dict[str, str]:
    """What a POST to a fetch URL is answered with: the auth-token, once, or an error of 8.2.3."""
    named = parse_fetch_token(token)
    kept = store.find_secrets(session, named[0], named[1]) if named else None
    if not matches(named[2] if named else "", kept.fetch_hash if kept else NO_HASH) or named is None:
        return NOT_VALID
    tenant, session_id, _ = named
    found = store.find_session(session, tenant, session_id)
    secret = secrets.token_hex(SECRET_BYTES)
    if found is None or found.state is not State.LAUNCHED:
        return ALREADY_USED
    if not store.keep_secret(session, tenant, session_id, hash_of(secret), now):
        return ALREADY_USED
    return {"auth-token": auth_token(key_of(tenant, session_id), secret)}


def waive(session: Session, tenant: str, registration: UUID, unit: int, reason: str, *, outlets: Outlets, now: datetime) -> None:
    """Waives an AU, for a reason in words (9.3.7), once; a second time changes nothing.

    Raises NotFound, and Invalid without a reason.
    """
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise Invalid(f"a reason has 1 to {LONGEST_REASON} characters", field="reason", rule="cmi5 9.5.5.2")
    take_locks(session, tenant, outlets, now)
    enrolment = get_enrolment(session, tenant, registration)
    found = _get_unit(enrolment, unit)
    progress = store.find_progress(session, tenant, registration).get(unit, NOTHING_YET)
    if progress.waived:
        return
    changed = AuProgress(progress.completed, progress.passed, progress.failed, True, progress.ended, progress.score)
    store.keep_progress(session, tenant, registration, unit, changed, now=now)
    session_id = outlets.new_id()
    told = enrolment.speech.waived(outlets.new_id(), found, session_id, reason=reason.strip(), at=now)
    say(session, enrolment, [told], outlets, now)
    settle(session, enrolment, session_id, outlets, now)


def abandon(session: Session, tenant: str, session_id: UUID, *, outlets: Outlets, now: datetime) -> None:
    """Abandons a session (9.3.6); one that has ended stays as it is. Raises NotFound."""
    take_locks(session, tenant, outlets, now)
    found = get_session(session, tenant, session_id)
    enrolment = get_enrolment(session, tenant, found.registration)
    found = get_session(session, tenant, session_id)  # as it is now that nobody else changes it
    if found.state in OPEN:
        _abandon(session, enrolment, found, outlets, now)


def abandon_forgotten(session: Session, tenant: str, *, outlets: Outlets, now: datetime) -> int:
    """Abandons sessions that have not been heard of for MOST_IDLE, some at a time; how many."""
    some = store.find_unheard(session, tenant, now - sessions.MOST_IDLE, AT_A_TIME)
    for session_id in sorted(some):
        abandon(session, tenant, session_id, outlets=outlets, now=now)
    return len(some)


def _begin(enrolment: Enrolment, place: int, mode: LaunchMode, session_id: UUID, now: datetime) -> AuSession:
    unit = _get_unit(enrolment, place)
    return AuSession(
        tenant=enrolment.tenant,
        session_id=session_id,
        registration=enrolment.id,
        unit=place,
        activity_id=unit_activity(enrolment.course.iri, unit.id),
        publisher_id=unit.id,
        mode=mode,
        move_on=unit.move_on,
        mastery_score=unit.mastery_score,
        state=State.LAUNCHED,
        launched_at=now,
        seen_at=now,
    )


def _abandon(session: Session, enrolment: Enrolment, found: AuSession, outlets: Outlets, now: datetime) -> None:
    before = store.find_progress(session, enrolment.tenant, enrolment.id).get(found.unit, NOTHING_YET)
    ended, progress = sessions.abandon(found, before, now)
    store.keep_session(session, ended)
    unit = _get_unit(enrolment, found.unit)
    told = enrolment.speech.abandoned(outlets.new_id(), unit, found.session_id, lasted=sessions.lasted(found), at=now)
    say(session, enrolment, [told], outlets, now)
    if progress != before:
        store.keep_progress(session, enrolment.tenant, enrolment.id, found.unit, progress, now=now)
        settle(session, enrolment, None, outlets, now)


def _write_launch_data(session: Session, enrolment: Enrolment, begun: AuSession, return_url: str | None, now: datetime) -> None:
    unit = _get_unit(enrolment, begun.unit)
    agent = agent_key(actor_of(enrolment.registration.learner))
    context = Context(enrolment.tenant, Kind.STATE, begun.activity_id, agent, enrolment.id)
    content = orjson.dumps(launch_data(unit, begun.session_id, begun.mode, return_url))
    documents.put_document(session, context.key(LAUNCH_DATA), content, JSON, now=now, condition=Condition())


def _write_first_preferences(session: Session, enrolment: Enrolment, language: str, now: datetime) -> None:
    agent = agent_key(actor_of(enrolment.registration.learner))
    key = Context(enrolment.tenant, Kind.AGENT_PROFILE, agent=agent).key(LEARNER_PREFERENCES)
    absent = Condition(if_none_match=frozenset({"*"}))
    with suppress(PreconditionFailed):
        documents.put_document(session, key, orjson.dumps(first_preferences(language)), JSON, now=now, condition=absent)


def _get_unit(enrolment: Enrolment, unit: int) -> AssignableUnit:
    units = enrolment.course.structure.units()
    if not 0 <= unit < len(units):
        raise NotFound(f"the course has {len(units)} AUs; there is none at {unit}, counted from 0", field="au")
    return units[unit]


def get_session(session: Session, tenant: str, session_id: UUID) -> AuSession:
    """The session. Raises NotFound."""
    found = store.find_session(session, tenant, session_id)
    if found is None:
        raise NotFound(f"there is no session {session_id}", field="session")
    return found


# Looking


@dataclass(frozen=True, slots=True)
class UnitStanding:
    """How an AU stands in a registration."""

    publisher_id: str
    activity_id: str
    move_on: MoveOn
    progress: AuProgress
    satisfied: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How a registration stands. ``units`` are in the course's order, ``sessions`` in that of their launches."""

    registration: Registration
    outcome: Outcome
    satisfied_at: datetime | None
    units: tuple[UnitStanding, ...]
    sessions: tuple[AuSession, ...]


def standing(session: Session, tenant: str, registration: UUID) -> Standing:
    """How the registration stands. Raises NotFound."""
    found = store.find_registration(session, tenant, registration)
    if found is None:
        raise NotFound(f"there is no registration {registration}", field="registration")
    course = get_course(session, tenant, found.course_id)
    progress = store.find_progress(session, tenant, registration)
    return Standing(
        found,
        found.outcome or Outcome(completion=False),
        store.find_satisfied(session, tenant, registration).get(COURSE),
        tuple(
            _unit_standing(course, each, progress.get(place, NOTHING_YET)) for place, each in enumerate(course.structure.units())
        ),
        tuple(store.find_sessions(session, tenant, registration)),
    )


def _unit_standing(course: Course, unit: AssignableUnit, progress: AuProgress) -> UnitStanding:
    satisfied = is_satisfied(unit.move_on, progress)
    return UnitStanding(unit.id, unit_activity(course.iri, unit.id), unit.move_on, progress, satisfied)


class SatisfiedEvidence:
    """Reads the Satisfied statements that completions rest on; implements ``ports.EvidenceSource`` for the source ``cmi5``."""

    def evidence_bytes(self, session: Session, tenant: str, source: str, id: str) -> bytes | None:
        """The statement as it was stored, or None when there is no such registration, or it is not satisfied."""
        if source != SOURCE:
            return None
        try:
            registration = UUID(id)
        except ValueError:
            return None
        found = store.find_registration(session, tenant, registration)
        return None if found is None or found.evidence is None else found.evidence.encode()
