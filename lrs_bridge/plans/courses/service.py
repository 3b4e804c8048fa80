"""Use cases of the course register. Whatever waited for a course, an alias or a mapping is applied in the same transaction."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from lrs_bridge.db import Session, audit
from lrs_bridge.errors import Conflict, Forbidden, Invalid, NotFound
from lrs_bridge.people import service as people
from lrs_bridge.people.access import Action
from lrs_bridge.people.person import Person
from lrs_bridge.plans import store as plans
from lrs_bridge.plans.claim import storable
from lrs_bridge.plans.courses import store
from lrs_bridge.plans.intake.service import Applied, Touch, apply_waiting, reassess
from lrs_bridge.plans.mapping import Alias, Course, Mapping, Terms
from lrs_bridge.plans.objective import Activity
from lrs_bridge.ports import SystemSigner

LONGEST_TITLE = 300
LONGEST_VERSION = 40


@dataclass(frozen=True, slots=True)
class Editor:
    """Who changes the register, when, and what signs the activities that the change completes."""

    person_id: UUID
    signer: SystemSigner
    now: datetime


def add_course(session: Session, tenant: str, course: Course, *, known_to: str, editor: Editor) -> Applied:
    """Registers a course under its own IRI; ``known_to`` names the system that uses it (may be empty).

    Completions that waited for the IRI become the course's. Raises Invalid, NotFound for an unknown owner, and Conflict when
    the IRI names another course.
    """
    check_editor(session, tenant, editor, course)
    if not 0 < len(course.title.strip()) <= LONGEST_TITLE:
        raise Invalid(f"a course has a title of at most {LONGEST_TITLE} characters", field="title")
    if not 0 < len(course.version.strip()) <= LONGEST_VERSION:
        raise Invalid(f"a course has a version of at most {LONGEST_VERSION} characters", field="version")
    people.get_person(session, tenant, course.owner_id)
    store.insert_course(session, tenant, course, editor.now)
    audit.record(session, tenant, _audited(editor, "course.add", course.course_id, iri=course.iri, title=course.title))
    return add_alias(session, tenant, course.course_id, Alias(course.iri, known_to), editor=editor)


def add_alias(session: Session, tenant: str, course_id: UUID, alias: Alias, *, editor: Editor) -> Applied:
    """Makes a course known under another IRI, and applies the completions that waited for it.

    Raises NotFound for an unknown course and Conflict when the IRI names another course. Doing so twice changes nothing.
    """
    check_editor(session, tenant, editor, get_course(session, tenant, course_id))
    plans.lock_directory(session, tenant)
    store.insert_alias(session, tenant, course_id, Alias(alias.iri, storable(alias.known_to)[:LONGEST_TITLE]), editor.now)
    if store.find_course_ids(session, tenant, [alias.iri])[alias.iri] != course_id:
        raise Conflict("this address belongs to another course", field="iri", rule="one address, one course")
    claims = plans.assign_course(session, tenant, alias.iri, course_id)
    audit.record(session, tenant, _audited(editor, "course.alias", course_id, iri=alias.iri, applied=len(claims)))
    return apply_waiting(session, tenant, claims, signer=editor.signer, now=editor.now)


def map_course(
    session: Session,
    tenant: str,
    course_id: UUID,
    activity_id: UUID,
    *,
    terms: Terms,
    editor: Editor,
    mapping_id: UUID | None = None,
) -> Applied:
    """Says what completing the course does for the activity: a new version when it was mapped before, unless nothing differs.

    Completions that waited for this are applied; what was completed under an earlier version stays so. Raises NotFound.
    """
    check_editor(session, tenant, editor, get_course(session, tenant, course_id))
    if activity_id not in plans.find_activities(session, tenant, [activity_id]):
        raise NotFound("there is no such activity", field="activity_id")
    plans.lock_directory(session, tenant)
    in_force = store.find_mappings_of_courses(session, tenant, [course_id])
    if any(mapping.activity_id == activity_id and mapping.terms == terms for mapping in in_force):
        return Applied(0, 0)
    store.retire_mappings(session, tenant, course_id, activity_id, editor.now)
    mapping = Mapping(
        mapping_id=mapping_id or uuid4(),
        course_id=course_id,
        activity_id=activity_id,
        policy=terms.policy,
        requirement=terms.requirement,
        minimum_score=terms.minimum_score,
        validity_months=terms.validity_months,
        version=store.newest_version(session, tenant, course_id, activity_id) + 1,
        sources=terms.sources,
    )
    store.insert_mapping(session, tenant, mapping, editor.now)
    audit.record(
        session, tenant, _audited(editor, "course.map", course_id, mapping=str(mapping.mapping_id), version=mapping.version)
    )
    claims = plans.find_claims_of_course(session, tenant, course_id)
    completed = reassess(session, tenant, claims, Touch(), signer=editor.signer, now=editor.now)
    return Applied(len(claims), completed)


def unmap_course(session: Session, tenant: str, course_id: UUID, activity_id: UUID, *, editor: Editor) -> None:
    """Takes the mapping out of force. What was completed under it stays so. Raises NotFound when none is in force."""
    check_editor(session, tenant, editor, get_course(session, tenant, course_id))
    plans.lock_directory(session, tenant)
    if not store.retire_mappings(session, tenant, course_id, activity_id, editor.now):
        raise NotFound("this course is not mapped to this activity", field="activity_id")
    audit.record(session, tenant, _audited(editor, "course.unmap", course_id, activity=str(activity_id)))


def check_editor(session: Session, tenant: str, editor: Editor, course: Course) -> None:
    """Raises Forbidden unless this person may change what the course does: an administrator, or its owner if that is a course
    owner of the tenant.
    """
    if people.may(session, tenant, editor.person_id, Action.MAP_COURSE, None, editor.now):
        return
    is_own = course.owner_id == editor.person_id
    if not (is_own and people.may(session, tenant, editor.person_id, Action.HOST_COURSE, None, editor.now)):
        raise Forbidden("only an administrator or the course's owner may change it", rule="map_course")


def _audited(editor: Editor, action: str, course_id: UUID, **detail: object) -> audit.AuditEvent:
    return audit.AuditEvent(editor.now, f"person:{editor.person_id}", action, f"course:{course_id}", detail)


# Reading


def get_course(session: Session, tenant: str, course_id: UUID) -> Course:
    """The course. Raises NotFound."""
    found = store.find_courses(session, tenant, [course_id])
    if not found:
        raise NotFound("there is no such course", field="course_id")
    return found[course_id]


def find_course(session: Session, tenant: str, iri: str) -> Course | None:
    """The course that is known by this IRI, or None."""
    course_id = store.find_course_ids(session, tenant, [iri]).get(iri)
    return get_course(session, tenant, course_id) if course_id else None


def search_courses(session: Session, tenant: str, words: str = "", *, limit: int, offset: int = 0) -> list[Course]:
    """Courses whose title or one of whose addresses holds the words, by title."""
    return store.search_courses(session, tenant, words.strip(), limit, offset)


def courses_of_activity(session: Session, tenant: str, activity_id: UUID) -> list[Course]:
    """The courses that complete the activity today, by title."""
    mappings = store.find_mappings_of_activities(session, tenant, [activity_id])
    found = store.find_courses(session, tenant, {mapping.course_id for mapping in mappings})
    return sorted(found.values(), key=lambda course: course.title)


@dataclass(frozen=True, slots=True)
class CourseLine:
    """A course in a list: the names of the systems that know it, and the activities that it completes."""

    course: Course
    owner: Person
    known_to: tuple[str, ...]
    activities: tuple[Activity, ...]


def course_lines(session: Session, tenant: str, found: Collection[Course]) -> list[CourseLine]:
    """What a list shows of each course, in the same order."""
    ids = [course.course_id for course in found]
    aliases = store.find_aliases(session, tenant, ids)
    mappings = store.find_mappings_of_courses(session, tenant, ids)
    activities = plans.find_activities(session, tenant, {mapping.activity_id for mapping in mappings})
    owners = people.persons(session, tenant, {course.owner_id for course in found})

    def line(course: Course) -> CourseLine:
        names = dict.fromkeys(alias.known_to for alias in aliases.get(course.course_id, ()) if alias.known_to)
        mapped = [activities[m.activity_id] for m in mappings if m.course_id == course.course_id]
        return CourseLine(course, owners[course.owner_id], tuple(names), tuple(sorted(mapped, key=lambda a: a.title)))

    return [line(course) for course in found]


@dataclass(frozen=True, slots=True)
class MappingLine:
    """One version of a mapping: of which activity, and from when until when it was in force."""

    mapping: Mapping
    activity: Activity
    added_at: datetime
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class CoursePage:
    """Everything about one course."""

    course: Course
    owner: Person
    aliases: tuple[Alias, ...]
    mappings: tuple[MappingLine, ...]
    activities: tuple[Activity, ...]


def course_page(session: Session, tenant: str, course_id: UUID) -> CoursePage:
    """The course with its addresses, every version of its mappings, and what it may be mapped to. Raises NotFound."""
    course = get_course(session, tenant, course_id)
    history = store.find_history(session, tenant, course_id)
    activities = plans.find_activities(session, tenant, {mapping.activity_id for mapping, _, _ in history})
    return CoursePage(
        course=course,
        owner=people.get_person(session, tenant, course.owner_id),
        aliases=tuple(store.find_aliases(session, tenant, [course_id]).get(course_id, ())),
        mappings=tuple(MappingLine(m, activities[m.activity_id], added, retired) for m, added, retired in history),
        activities=tuple(plans.search_activities(session, tenant, "", 1000)),
    )
