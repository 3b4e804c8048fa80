"""Launches of cmi5 and Tin Can courses: they speak to the LRS themselves, from the origin where courses run."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

from lrs_bridge.cmi5 import service as cmi5
from lrs_bridge.cmi5.course import CourseStructure
from lrs_bridge.cmi5.service import Launch, Outlets, Standing
from lrs_bridge.cmi5.vocabulary import LaunchMethod, LaunchMode
from lrs_bridge.db import Session
from lrs_bridge.hosting.attempts import service as attempts
from lrs_bridge.hosting.hosted import Attempt, Mode
from lrs_bridge.hosting.library import service as library
from lrs_bridge.hosting.outline import text_of
from lrs_bridge.hosting.playing import service as playing
from lrs_bridge.hosting.tincan import service as tincan
from lrs_bridge.packages import service as packages
from lrs_bridge.packages.ticket import label_of
from lrs_bridge.packages.tincan import TincanCourse
from lrs_bridge.plans.courses import service as courses
from lrs_bridge.settings import Settings
from lrs_bridge.web.origins import content_origin
from lrs_bridge.xapi.statements.own.naming import NAME

_MODES = {Mode.NORMAL: LaunchMode.NORMAL, Mode.BROWSE: LaunchMode.BROWSE, Mode.REVIEW: LaunchMode.REVIEW}


@dataclass(frozen=True, slots=True)
class Unit:
    """What a learner can open, and how far they are with it. ``own_window``: it asks for a window of its own."""

    place: int
    title: str
    is_satisfied: bool
    is_begun: bool
    own_window: bool


def cmi5_units(session: Session, tenant: str, attempt: Attempt, *, outlets: Outlets, now: datetime) -> list[Unit]:
    """The AUs of an attempt's course, in order; the learner is registered if that was not done."""
    structure = register(session, tenant, attempt, outlets=outlets, now=now)
    standing: Standing = cmi5.standing(session, tenant, attempt.attempt_id)
    begun = {each.unit for each in standing.sessions}
    return [
        Unit(place, text_of(unit.title), known.satisfied, place in begun, unit.launch_method is LaunchMethod.OWN_WINDOW)
        for place, (unit, known) in enumerate(zip(structure.units(), standing.units, strict=True))
    ]


def register(session: Session, tenant: str, attempt: Attempt, *, outlets: Outlets, now: datetime) -> CourseStructure:
    """Registers the attempt's learner with cmi5, if that was not done; gives the structure of the attempt's version."""
    structure = packages.structure_of(session, tenant, attempt.package_id, CourseStructure)
    hosted = library.get_hosted(session, tenant, attempt.hosted_id)
    course = courses.get_course(session, tenant, hosted.course_id)
    cmi5.keep_course(session, tenant, attempt.package_id, structure, iri=course.iri, now=now, asserted_by=NAME)
    cmi5.register(
        session,
        tenant,
        attempt.attempt_id,
        course_id=attempt.package_id,
        learner=attempt.learner,
        learner_name=attempt.learner_name,
        outlets=outlets,
        now=now,
    )
    return structure


def launch_unit(
    session: Session,
    tenant: str,
    attempt: Attempt,
    unit: int,
    *,
    outlets: Outlets,
    settings: Settings,
    return_url: str,
    language: str,
    now: datetime,
) -> Launch:
    """Begins a session of an AU; sessions of the attempt that are open are abandoned. Raises NotFound."""
    register(session, tenant, attempt, outlets=outlets, now=now)
    attempts.note_begun(session, tenant, attempt, now)
    return cmi5.launch(
        session,
        tenant,
        attempt.attempt_id,
        unit,
        outlets=outlets,
        now=now,
        mode=_MODES[attempts.sitting_mode(attempt)],
        files_url=files_url(settings, attempt, tenant, now),
        return_url=return_url,
        language=language,
    )


def files_url(settings: Settings, attempt: Attempt, tenant: str, now: datetime) -> str:
    """Where the root of the attempt's package is, with a slash at its end."""
    return content_origin(settings, label_of(attempt.attempt_id)) + playing.files_path(settings, attempt, tenant, now)


def tincan_units(session: Session, tenant: str, attempt: Attempt) -> list[Unit]:
    """The one activity that a Tin Can course is launched by."""
    course = packages.structure_of(session, tenant, attempt.package_id, TincanCourse)
    return [Unit(0, course.launchable.name, attempt.is_finished, attempt.outcome.completion is not None, own_window=False)]


def launch_tincan(session: Session, tenant: str, attempt: Attempt, *, settings: Settings, now: datetime) -> str:
    """Where to send the browser: the course's address with endpoint, key, actor, registration and activity."""
    course = packages.structure_of(session, tenant, attempt.package_id, TincanCourse)
    played = course.launchable
    attempts.note_begun(session, tenant, attempt, now)
    address = urljoin(files_url(settings, attempt, tenant, now), played.launch or "")
    return tincan.launch_url(address, played.id, tenant, attempt, settings=settings, now=now)
