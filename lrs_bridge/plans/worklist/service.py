"""Use cases of the work list: seeing what waits, making the missing link, setting aside.

Making a link applies everything that waited for it, in the same transaction. Every act is audited.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from lrs_bridge.db import Session, audit
from lrs_bridge.errors import Forbidden, NotFound
from lrs_bridge.identity import Identifier, IdentifierKind, implied_identifiers
from lrs_bridge.lti.launch import service as launches
from lrs_bridge.people import service as people
from lrs_bridge.people.access import Action
from lrs_bridge.people.person import Person
from lrs_bridge.plans import store as plans
from lrs_bridge.plans.courses import service as courses
from lrs_bridge.plans.courses import store as course_store
from lrs_bridge.plans.courses.service import Editor
from lrs_bridge.plans.intake.service import Applied, apply_waiting
from lrs_bridge.plans.mapping import Alias, Course, Terms
from lrs_bridge.plans.worklist import store
from lrs_bridge.plans.worklist.entry import Counts, Entry, Page, Topic, Waiting, is_key, pages_of
from lrs_bridge.plans.worklist.store import Slice
from lrs_bridge.ports import LaunchableSource, SystemSigner

PAGE_SIZE = 25
CLAIMS_SHOWN = 20
SUGGESTIONS = 5


def check_reader(session: Session, tenant: str, person_id: UUID, now: datetime) -> None:
    """Raises Forbidden unless this person looks after the work list."""
    if not people.may(session, tenant, person_id, Action.LINK_COMPLETION, None, now):
        raise Forbidden("the work list is for administrators", rule="link_completion")


def work_list(session: Session, tenant: str, topic: Topic, *, page: int = 1, aside: bool = False) -> Page:
    """One page of what waits, or of what was set aside; a page past the end is the last one."""
    count = store.count_entries(session, tenant, topic, aside=aside)
    pages = pages_of(count, PAGE_SIZE)
    number = min(max(page, 1), pages)
    entries = store.find_entries(session, tenant, topic, Slice(PAGE_SIZE, (number - 1) * PAGE_SIZE, aside))
    return Page(tuple(_titled(session, tenant, entries)), number, pages)


def _titled(session: Session, tenant: str, entries: list[Entry]) -> list[Entry]:
    """Courses that are known but not mapped go by the title under which they are registered."""
    known = {UUID(entry.key) for entry in entries if entry.topic is Topic.MAPPING}
    titles = {str(i): course.title for i, course in course_store.find_courses(session, tenant, known).items()}
    return [replace(entry, title=titles.get(entry.key, entry.title)) for entry in entries]


def counts(session: Session, tenant: str) -> Counts:
    """How long each list is."""
    aside = sum(store.count_entries(session, tenant, topic, aside=True) for topic in (Topic.PERSON, Topic.COURSE))
    return Counts(
        person=store.count_entries(session, tenant, Topic.PERSON),
        course=store.count_entries(session, tenant, Topic.COURSE),
        mapping=store.count_entries(session, tenant, Topic.MAPPING),
        aside=aside,
    )


def get_waiting(session: Session, tenant: str, topic: Topic, key: str) -> Waiting:
    """An entry with the newest completions behind it. Raises NotFound when nothing waits there (any more)."""
    entry = store.find_entry(session, tenant, topic, key) if is_key(topic, key) else None
    if entry is None:
        raise NotFound("nothing waits here any more", field="key")
    claims = tuple(store.find_waiting_claims(session, tenant, topic, key, CLAIMS_SHOWN))
    return Waiting(
        entry=entry,
        claims=claims,
        learner=claims[0].learner if topic is Topic.PERSON else None,
        is_aside=store.is_set_aside(session, tenant, topic, key),
    )


def suggest_persons(session: Session, tenant: str, waiting: Waiting, words: str = "") -> list[Person]:
    """Persons by the administrator's words; without any, by the name that the sources gave, then by its last word."""
    if words.strip():
        return people.find_persons(session, tenant, words)
    name = waiting.entry.title or ""
    found = people.find_persons(session, tenant, name, limit=SUGGESTIONS)
    found += people.find_persons(session, tenant, " ".join(name.split()[-1:]), limit=SUGGESTIONS)
    return list({person.person_id: person for person in found}.values())[:SUGGESTIONS]


def suggest_courses(session: Session, tenant: str, waiting: Waiting, words: str = "", *, limit: int) -> list[Course]:
    """Known courses by the administrator's words; without any, by the name that the sources gave, then all of them."""
    if words.strip():
        return courses.search_courses(session, tenant, words, limit=limit)
    alike = courses.search_courses(session, tenant, waiting.entry.title, limit=limit) if waiting.entry.title else []
    return alike or courses.search_courses(session, tenant, limit=limit)


def suggest_owners(session: Session, tenant: str, actor_id: UUID, words: str = "") -> list[Person]:
    """Who may own a new course: those whom the words name, those who own courses already, and the administrator."""
    found = people.find_persons(session, tenant, words)
    owners = {course.owner_id for course in courses.search_courses(session, tenant, limit=200)} | {actor_id}
    known = people.persons(session, tenant, owners)
    found += sorted(known.values(), key=lambda person: (person.person_id == actor_id, person.name))
    return list({person.person_id: person for person in found}.values())


class WaitingCompletions:
    """Applies completions that waited for an identifier, whoever links it; implements ``ports.IdentifierLinked``."""

    def __init__(self, signer: SystemSigner) -> None:
        self._signer = signer

    def lock(self, session: Session, tenant: str) -> None:
        """Holds off receivers until the transaction ends."""
        plans.lock_directory(session, tenant)

    def linked(self, session: Session, tenant: str, identifier: Identifier, person_id: UUID, *, now: datetime) -> None:
        """Applies what waited for this identifier."""
        claims = plans.assign_person(session, tenant, implied_identifiers(identifier), person_id)
        apply_waiting(session, tenant, claims, signer=self._signer, now=now)


def link_person(
    session: Session, tenant: str, key: str, person_id: UUID, *, editor: Editor, launchables: LaunchableSource
) -> Applied:
    """Makes the identifier the person's and applies everything that waited for it; a platform's user is let in as them too.

    Raises NotFound when nothing waits or there is no such person, Conflict when the identifier is somebody else's by now, and
    Forbidden to administrators who would be that person: what waits would become theirs.
    """
    check_reader(session, tenant, editor.person_id, editor.now)
    if person_id == editor.person_id:
        raise Forbidden("another administrator must link what is to be yours", field="person_id", rule="nobody links themselves")
    waiting = get_waiting(session, tenant, Topic.PERSON, key)
    assert waiting.learner is not None  # noqa: S101  entries of persons have one
    plans.lock_directory(session, tenant)
    actor = f"person:{editor.person_id}"
    people.link_identifier(session, tenant, waiting.learner, person_id, actor=actor, now=editor.now)
    claims = plans.assign_person(session, tenant, implied_identifiers(waiting.learner), person_id)
    audit.record(session, tenant, _audited(editor, "work_list.link_person", f"person:{person_id}", key=key, applied=len(claims)))
    applied = apply_waiting(session, tenant, claims, signer=editor.signer, now=editor.now)
    if waiting.learner.kind is IdentifierKind.LTI_USER:
        launches.follow_link(session, tenant, waiting.learner, person_id, launchables=launchables, now=editor.now)
    return applied


def link_course(session: Session, tenant: str, key: str, course_id: UUID, *, editor: Editor) -> Applied:
    """Makes the IRI another address of a known course and applies everything that waited for it. Raises NotFound, Conflict."""
    check_reader(session, tenant, editor.person_id, editor.now)
    entry = get_waiting(session, tenant, Topic.COURSE, key).entry
    alias = Alias(entry.subject, ", ".join(entry.sources))
    return courses.add_alias(session, tenant, course_id, alias, editor=editor)


@dataclass(frozen=True, slots=True)
class NewCourse:
    """What an administrator says of a course that was unknown; ``activity_id`` with ``terms`` maps it at once."""

    title: str
    version: str
    owner_id: UUID
    activity_id: UUID | None = None
    terms: Terms | None = None


def register_course(session: Session, tenant: str, key: str, *, new: NewCourse, editor: Editor) -> Applied:
    """Registers a course under the IRI that waits, maps it if asked to, and applies everything that waited for it."""
    check_reader(session, tenant, editor.person_id, editor.now)
    entry = get_waiting(session, tenant, Topic.COURSE, key).entry
    course = Course(uuid4(), entry.subject, new.title.strip(), new.version.strip(), new.owner_id)
    applied = courses.add_course(session, tenant, course, known_to=", ".join(entry.sources), editor=editor)
    if new.activity_id is None or new.terms is None:
        return applied
    mapped = courses.map_course(session, tenant, course.course_id, new.activity_id, terms=new.terms, editor=editor)
    return Applied(applied.completions, mapped.activities)


def put_aside(session: Session, tenant: str, topic: Topic, key: str, *, editor: Editor) -> None:
    """Takes an entry off the list, without losing anything. Raises NotFound when nothing waits there."""
    check_reader(session, tenant, editor.person_id, editor.now)
    get_waiting(session, tenant, topic, key)
    store.insert_set_aside(session, tenant, topic, key, actor_id=editor.person_id, now=editor.now)
    audit.record(session, tenant, _audited(editor, "work_list.set_aside", f"work_list:{topic}:{key}"))


def take_back(session: Session, tenant: str, topic: Topic, key: str, *, editor: Editor) -> None:
    """Puts an entry back on the list. Raises NotFound when it was not set aside."""
    check_reader(session, tenant, editor.person_id, editor.now)
    if not is_key(topic, key) or not store.delete_set_aside(session, tenant, topic, key):
        raise NotFound("this was not set aside", field="key")
    audit.record(session, tenant, _audited(editor, "work_list.take_back", f"work_list:{topic}:{key}"))


def _audited(editor: Editor, action: str, subject: str, **detail: object) -> audit.AuditEvent:
    return audit.AuditEvent(editor.now, f"person:{editor.person_id}", action, subject, detail)
