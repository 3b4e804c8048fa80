"""Attempts at hosted courses: who may begin one, in which version, and how often."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from lrs_bridge.completion import Outcome
from lrs_bridge.db import Session, audit, lock
from lrs_bridge.errors import Conflict, Forbidden, NotFound
from lrs_bridge.hosting.attempts import store
from lrs_bridge.hosting.hosted import Attempt, HostedCourse, Mode, learner_of
from lrs_bridge.hosting.library import service as library
from lrs_bridge.identity import Account, Identifier, identifier_of
from lrs_bridge.packages import service as packages
from lrs_bridge.packages.package import Package
from lrs_bridge.people import service as people
from lrs_bridge.people.person import Person
from lrs_bridge.plans.courses import service as courses
from lrs_bridge.plans.mapping import Course
from lrs_bridge.ports import IdentifierLinked

SYSTEM = "system"
PREVIEWS_OF_LEARNER = 20
PREVIEWS_OF_DESTINATION = 100
"""How many previews of a course are kept."""


@dataclass(frozen=True, slots=True)
class Learner:
    """Who takes a course: a person of ours, or somebody whom only the system at ``destination_id`` knows."""

    account: Account
    name: str
    person_id: UUID | None = None
    destination_id: UUID | None = None


def person_as_learner(
    session: Session, tenant: str, person_id: UUID, *, public_url: str, linked: IdentifierLinked, now: datetime
) -> Learner:
    """The person as a learner, by an account of this service that is known as theirs from now on. Raises NotFound."""
    person = people.get_person(session, tenant, person_id)
    account = learner_of(public_url, person_id)
    identifier = identifier_of(account)
    if identifier not in people.resolve(session, tenant, [identifier]):
        linked.lock(session, tenant)
        people.link_identifier(session, tenant, identifier, person_id, actor=SYSTEM, now=now)
        linked.linked(session, tenant, identifier, person_id, now=now)
    return Learner(account, person.name, person_id)


def enter(session: Session, tenant: str, hosted: HostedCourse, learner: Learner, *, again: bool, now: datetime) -> Attempt:
    """The attempt that the learner goes on with: the one under way, the finished one to look at, or, ``again``, a new one.

    A new one begins in the newest version. Raises Forbidden when the course is closed for new attempts, and Conflict when the
    learner has had as many as the course grants.
    """
    lock(session, f"attempts {hosted.hosted_id} {learner.account.name}")
    earlier = store.find_of_learner(session, tenant, hosted.hosted_id, learner.account, Mode.NORMAL)
    if earlier and not (again and earlier[0].is_finished):
        return earlier[0]
    if not hosted.policy.is_open:
        raise Forbidden("this course is closed for new attempts", rule="is_open")
    most = hosted.policy.most_attempts
    if most is not None and len(earlier) >= most:
        raise Conflict(f"all {most} attempts that this course grants are used", field="attempts", rule="most_attempts")
    if earlier:
        store.close(session, tenant, earlier[0].attempt_id, now)
    return _begin(session, tenant, hosted.hosted_id, learner, Mode.NORMAL, _next_number(earlier), now)


def begin_as(session: Session, tenant: str, hosted: HostedCourse, learner: Learner, id: UUID, *, now: datetime) -> Attempt:
    """Begins an attempt under an id that somebody else chose, whatever the course grants. Raises Conflict for a used one."""
    lock(session, f"attempts {hosted.hosted_id} {learner.account.name}")
    if store.find_attempts(session, tenant, [id]):
        raise Conflict(f"there is an attempt {id} already", field="registration")
    earlier = store.find_of_learner(session, tenant, hosted.hosted_id, learner.account, Mode.NORMAL)
    if earlier:
        store.close(session, tenant, earlier[0].attempt_id, now)
    return _begin(session, tenant, hosted.hosted_id, learner, Mode.NORMAL, _next_number(earlier), now, id=id)


def preview(session: Session, tenant: str, hosted: HostedCourse, learner: Learner, *, now: datetime) -> Attempt:
    """A look at the newest version that counts for nothing: each begins anew."""
    lock(session, f"attempts {hosted.hosted_id} {learner.account.name}")
    earlier = store.find_of_learner(session, tenant, hosted.hosted_id, learner.account, Mode.BROWSE)
    return _begin(session, tenant, hosted.hosted_id, learner, Mode.BROWSE, _next_number(earlier), now)


def _next_number(earlier: Sequence[Attempt]) -> int:
    """After the newest, which comes first: some may have been erased."""
    return earlier[0].number + 1 if earlier else 1


def _begin(  # noqa: PLR0917  a row
    session: Session,
    tenant: str,
    hosted_id: UUID,
    learner: Learner,
    mode: Mode,
    number: int,
    now: datetime,
    *,
    id: UUID | None = None,
) -> Attempt:
    newest = library.newest_version(session, tenant, hosted_id)
    attempt = Attempt(
        attempt_id=id or uuid4(),
        hosted_id=hosted_id,
        package_id=newest.package.package_id,
        learner=learner.account,
        learner_name=learner.name,
        person_id=learner.person_id,
        destination_id=learner.destination_id,
        number=number,
        mode=mode,
        opened_at=now,
        changed_at=now,
        closed_at=None,
        outcome=Outcome(),
        progress=None,
    )
    store.insert_attempt(session, tenant, attempt)
    actor = f"person:{learner.person_id}" if learner.person_id else SYSTEM
    detail = {"hosted": str(hosted_id), "version": newest.number, "mode": mode, "number": number}
    audit.record(session, tenant, audit.AuditEvent(now, actor, "attempt.begin", f"attempt:{attempt.attempt_id}", detail))
    return attempt


def sitting_mode(attempt: Attempt) -> Mode:
    """How a sitting that begins now counts: what is finished or closed is only looked at."""
    if attempt.mode is Mode.NORMAL and (attempt.closed_at is not None or attempt.is_finished):
        return Mode.REVIEW
    return attempt.mode


def note_outcome(  # noqa: PLR0917  a row
    session: Session, tenant: str, attempt: Attempt, outcome: Outcome, progress: float | None, now: datetime
) -> Attempt:
    """Keeps how far an attempt has come."""
    store.set_outcome(session, tenant, attempt.attempt_id, outcome, progress, now)
    return replace(attempt, outcome=outcome, progress=progress, changed_at=now)


def note_begun(session: Session, tenant: str, attempt: Attempt, now: datetime) -> None:
    """Keeps that an attempt is under way, of which nothing else is known yet."""
    if attempt.mode is Mode.NORMAL and attempt.outcome == Outcome():
        note_outcome(session, tenant, attempt, Outcome(completion=False), attempt.progress, now)


def older_previews(session: Session, tenant: str, newest: Attempt) -> list[UUID]:
    """The previews that are one too many beside the newest: of its learner, or of the learners of its destination."""
    keep = PREVIEWS_OF_LEARNER if newest.destination_id is None else PREVIEWS_OF_DESTINATION
    return store.find_older_previews(session, tenant, newest, keep)


def hold(session: Session, attempt_ids: Collection[UUID]) -> None:
    """Holds off whoever else changes these attempts until the transaction ends."""
    for attempt_id in sorted(attempt_ids):
        lock(session, f"attempt {attempt_id}")


def forget(session: Session, tenant: str, attempt_ids: Collection[UUID]) -> int:
    """Erases attempts as such, of which nothing else may be left; how many there were."""
    return store.delete_attempts(session, tenant, attempt_ids)


# Reading


def ids_of(session: Session, tenant: str, identifiers: Collection[Identifier]) -> list[UUID]:
    """The ids of all attempts of whoever is known by one of these, previews included."""
    return store.find_of_identifiers(session, tenant, identifiers)


def get_attempt(session: Session, tenant: str, attempt_id: UUID) -> Attempt:
    """The attempt. Raises NotFound."""
    found = store.find_attempts(session, tenant, [attempt_id])
    if not found:
        raise NotFound("there is no such attempt", field="attempt_id")
    return found[attempt_id]


def find_attempt(session: Session, tenant: str, attempt_id: UUID) -> Attempt | None:
    """The attempt, or None when the id is none of an attempt."""
    return store.find_attempts(session, tenant, [attempt_id]).get(attempt_id)


def get_own_attempt(session: Session, tenant: str, attempt_id: UUID, person_id: UUID) -> Attempt:
    """The person's own attempt. Raises NotFound for others' too: whose they are is nobody's business."""
    found = get_attempt(session, tenant, attempt_id)
    if found.person_id != person_id:
        raise NotFound("there is no such attempt", field="attempt_id")
    return found


def title_of(session: Session, tenant: str, attempt: Attempt) -> str:
    """The title of the course."""
    hosted = library.get_hosted(session, tenant, attempt.hosted_id)
    return courses.get_course(session, tenant, hosted.course_id).title


@dataclass(frozen=True, slots=True)
class CourseForLearner:
    """A hosted course as its learner sees it: the attempts at it, the newest first, and what a new one would begin in."""

    hosted: HostedCourse
    course: Course
    package: Package
    owner: Person
    attempts: tuple[Attempt, ...]

    @property
    def may_begin(self) -> bool:
        """Whether another attempt may begin, once the one under way is finished."""
        most = self.hosted.policy.most_attempts
        return self.hosted.policy.is_open and (most is None or len(self.attempts) < most)


def course_for_learner(session: Session, tenant: str, hosted_id: UUID, person_id: UUID, *, public_url: str) -> CourseForLearner:
    """The course and the person's attempts at it. Raises NotFound."""
    hosted = library.get_hosted(session, tenant, hosted_id)
    course = courses.get_course(session, tenant, hosted.course_id)
    found = store.find_of_learner(session, tenant, hosted_id, learner_of(public_url, person_id), Mode.NORMAL)
    package = library.newest_version(session, tenant, hosted_id).package
    return CourseForLearner(hosted, course, package, people.get_person(session, tenant, course.owner_id), tuple(found))


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """An attempt in a list, with the version that it is in."""

    attempt: Attempt
    package: Package


def attempt_lines(session: Session, tenant: str, hosted_id: UUID, limit: int, offset: int = 0) -> list[AttemptLine]:
    """The attempts at a course in which something has happened last."""
    found = store.find_newest(session, tenant, hosted_id, limit, offset)
    known = packages.find_packages(session, tenant, list({each.package_id for each in found}))
    return [AttemptLine(each, known[each.package_id]) for each in found]


def attempts_of_learner(session: Session, tenant: str, attempt: Attempt) -> list[Attempt]:
    """The attempts for credit of the same learner at the same course, the first first."""
    return store.find_of_learner(session, tenant, attempt.hosted_id, attempt.learner, Mode.NORMAL)[::-1]


def attempts_of_persons(
    session: Session, tenant: str, person_ids: Collection[UUID], hosted_ids: Sequence[UUID] | None = None
) -> list[Attempt]:
    """What these persons have tried for credit, the newest first."""
    return store.find_of_persons(session, tenant, person_ids, hosted_ids)


def has_begun(session: Session, tenant: str, hosted_id: UUID, learner: Learner) -> bool:
    """Whether the learner has tried the course for credit."""
    return bool(store.find_of_learner(session, tenant, hosted_id, learner.account, Mode.NORMAL))


def count_learners(session: Session, tenant: str, destination_id: UUID) -> int:
    """How many learners of a destination have begun."""
    return store.count_learners(session, tenant, destination_id)
