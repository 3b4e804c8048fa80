"""Hosted courses as things that learning platforms place; implements ``ports.LaunchableSource``."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from lrs_bridge.completion import Outcome
from lrs_bridge.db import Session
from lrs_bridge.errors import NotFound
from lrs_bridge.hosting.attempts import service as attempts
from lrs_bridge.hosting.hosted import KIND, Attempt, Mode
from lrs_bridge.hosting.library import service as library
from lrs_bridge.hosting.standing import learn_path, standing_of
from lrs_bridge.lti.scores import service as scores
from lrs_bridge.plans.courses import service as courses
from lrs_bridge.ports import Launchable, Standing


class HostedLaunchables:
    """Courses that are played here."""

    kinds = frozenset({KIND})

    def search(self, session: Session, tenant: str, words: str, limit: int) -> list[Launchable]:
        """Courses whose title holds the words, by title."""
        found = library.hosted_lines(session, tenant, words, None, limit)
        return [_launchable(line.hosted.hosted_id, line.title, line.package.edition) for line in found]

    def find(self, session: Session, tenant: str, kind: str, id: str) -> Launchable | None:
        """The course with that id; None for what is not there."""
        hosted_id = _id(id) if kind == KIND else None
        if hosted_id is None:
            return None
        try:
            hosted = library.get_hosted(session, tenant, hosted_id)
        except NotFound:
            return None
        title = courses.get_course(session, tenant, hosted.course_id).title
        return _launchable(hosted_id, title, library.newest_version(session, tenant, hosted_id).package.edition)

    def standings(self, session: Session, tenant: str, kind: str, id: str, person_ids: Collection[UUID]) -> dict[UUID, Standing]:
        """How far each of these persons has come with it, by the best of their attempts."""
        hosted_id = _id(id) if kind == KIND else None
        if hosted_id is None:
            return {}
        of: dict[UUID, list[Attempt]] = defaultdict(list)
        for attempt in attempts.attempts_of_persons(session, tenant, person_ids, [hosted_id]):
            if attempt.person_id is not None:
                of[attempt.person_id].append(attempt)
        return {person_id: standing_of(hosted_id, of[person_id]) for person_id in person_ids}


def _launchable(hosted_id: UUID, title: str, edition: str) -> Launchable:
    return Launchable(KIND, str(hosted_id), title, edition, is_graded=True)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def tell_platforms(session: Session, tenant: str, attempt: Attempt, *, now: datetime) -> None:
    """Hands on how its learner stands, where the course is placed."""
    if attempt.person_id is None:
        return
    hosted_id = str(attempt.hosted_id)
    if scores.links_of(session, tenant, KIND, [hosted_id]):
        standings = HostedLaunchables().standings(session, tenant, KIND, hosted_id, [attempt.person_id])
        scores.note_standings(session, tenant, KIND, hosted_id, standings, now=now)


class PlayedCourses:
    """Where courses of the register are taken; implements ``ports.CoursePlayer``."""

    def paths(self, session: Session, tenant: str, course_ids: Collection[UUID]) -> dict[UUID, str]:
        """The learners' page of each course that is hosted here."""
        found = library.hosted_of_courses(session, tenant, course_ids)
        return {course_id: learn_path(hosted.hosted_id) for course_id, hosted in found.items()}


class AttemptFollower:
    """Keeps what attempts come to at other doors, and tells platforms; implements ``ports.AttemptNews``."""

    def attempt_changed(self, session: Session, tenant: str, registration: UUID, outcome: Outcome, *, now: datetime) -> None:
        """What was achieved in the attempt so far is this now. Registrations that are no attempts are ignored."""
        attempt = attempts.find_attempt(session, tenant, registration)
        if attempt is not None and attempt.mode is Mode.NORMAL:
            progress = 1.0 if outcome.completion else attempt.progress
            tell_platforms(session, tenant, attempts.note_outcome(session, tenant, attempt, outcome, progress, now), now=now)
