"""Courses dispatched to learning systems without LTI: destinations, their packages, and their learners' attempts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lrs_bridge.db import Session, audit, lock
from lrs_bridge.errors import Conflict, Forbidden, Invalid, NotFound
from lrs_bridge.hosting.attempts import service as attempts
from lrs_bridge.hosting.attempts.service import Learner
from lrs_bridge.hosting.destination import Asked, Destination, learner_at, parse_secret, written_secret
from lrs_bridge.hosting.dispatch import store
from lrs_bridge.hosting.erasing import service as erasing
from lrs_bridge.hosting.hosted import Attempt, Mode
from lrs_bridge.hosting.library import service as library
from lrs_bridge.packages.recognise import Kind
from lrs_bridge.plans.courses import service as courses
from lrs_bridge.scorm.dispatch.package import Destination as Packaged
from lrs_bridge.scorm.dispatch.package import Texts, dispatch_package
from lrs_bridge.settings import Settings
from lrs_bridge.web.keys import derived_key

PURPOSE = "dispatch"


def secrets_key(settings: Settings) -> bytes:
    """What destinations' secrets follow from."""
    return derived_key(settings.master_key, PURPOSE)


@dataclass(frozen=True, slots=True)
class DestinationLine:
    """A destination, and how many of its learners have begun."""

    destination: Destination
    learners: int


def destinations(session: Session, tenant: str, hosted_id: UUID) -> list[DestinationLine]:
    """The course's destinations, by name."""
    found = store.find_destinations(session, tenant, hosted_id)
    return [DestinationLine(each, attempts.count_learners(session, tenant, each.destination_id)) for each in found]


def add_destination(session: Session, tenant: str, new: Destination, *, by: UUID, now: datetime) -> None:
    """Keeps a destination. Raises NotFound, and Invalid for a course that speaks no SCORM."""
    library.get_hosted(session, tenant, new.hosted_id)
    if library.newest_version(session, tenant, new.hosted_id).package.kind is not Kind.SCORM:
        raise Invalid("only SCORM courses can be dispatched", field="edition", rule="dispatch")
    store.insert_destination(session, tenant, new)
    _audit(session, tenant, new, "dispatch.add", by, now)


def end_destination(session: Session, tenant: str, hosted_id: UUID, destination_id: UUID, *, by: UUID, now: datetime) -> None:
    """Lets nobody in from there any more. Raises NotFound when it is not open."""
    found = get_destination(session, tenant, hosted_id, destination_id)
    if not store.end_destination(session, tenant, destination_id, now):
        raise NotFound("this destination has ended already", field="destination_id")
    _audit(session, tenant, found, "dispatch.end", by, now)


def _audit(session: Session, tenant: str, of: Destination, action: str, by: UUID, now: datetime) -> None:  # noqa: PLR0917  a row
    detail = {"name": of.name, "edition": of.edition, "hosted": str(of.hosted_id)}
    audit.record(session, tenant, audit.AuditEvent(now, f"person:{by}", action, f"destination:{of.destination_id}", detail))


def get_destination(session: Session, tenant: str, hosted_id: UUID, destination_id: UUID) -> Destination:
    """The course's destination with that id. Raises NotFound."""
    found = store.find_destination(session, tenant, destination_id)
    if found is None or found.hosted_id != hosted_id:
        raise NotFound("there is no such destination", field="destination_id")
    return found


def package_of(session: Session, tenant: str, destination: Destination, *, settings: Settings, texts: Texts) -> bytes:
    """The zip file that is imported there."""
    hosted = library.get_hosted(session, tenant, destination.hosted_id)
    packaged = Packaged(
        id=destination.destination_id,
        title=courses.get_course(session, tenant, hosted.course_id).title,
        url=f"{settings.public_url}/dispatch/{destination.destination_id}",
        token=written_secret(tenant, destination.destination_id, secrets_key(settings)),
        hides_learners=destination.hides_learners,
        texts=texts,
    )
    return dispatch_package(packaged, destination.edition)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A destination's learner, and the attempt that they go on with."""

    tenant: str
    attempt: Attempt
    title: str


def arrive(session: Session, destination_id: UUID, secret: str, asked: Asked, *, settings: Settings, now: datetime) -> Arrived:
    """Lets a destination's learner in.

    Raises Unauthenticated for a wrong secret, Forbidden when the destination has ended or the course is closed, and Conflict
    when no more learners, or attempts, are granted.
    """
    tenant, named = parse_secret(secret, secrets_key(settings))
    found = store.find_destination(session, tenant, destination_id) if named == destination_id else None
    if found is None or found.ended_at is not None:
        raise Forbidden("this course is not open to your learning system any more", rule="dispatch")
    learner = Learner(
        learner_at(settings.public_url, destination_id, asked.learner_id), asked.learner_name, destination_id=destination_id
    )
    hosted = library.get_hosted(session, tenant, found.hosted_id)
    _check_licence(session, tenant, found, learner)
    if asked.mode == Mode.BROWSE:
        attempt = attempts.preview(session, tenant, hosted, learner, now=now)
        erasing.forget_older_previews(session, tenant, attempt)
    else:
        attempt = attempts.enter(session, tenant, hosted, learner, again=False, now=now)
    return Arrived(tenant, attempt, attempts.title_of(session, tenant, attempt))


def check_open(session: Session, tenant: str, attempt: Attempt) -> None:
    """Raises Forbidden when the attempt's learner comes from a destination that has ended."""
    found = store.find_destination(session, tenant, attempt.destination_id) if attempt.destination_id else None
    if found is None or found.ended_at is not None:
        raise Forbidden("this course is not open to your learning system any more", rule="dispatch")


def _check_licence(session: Session, tenant: str, found: Destination, learner: Learner) -> None:
    if found.most_learners is None:
        return
    lock(session, f"destination {found.destination_id}")
    known = attempts.has_begun(session, tenant, found.hosted_id, learner)
    if not known and attempts.count_learners(session, tenant, found.destination_id) >= found.most_learners:
        message = f"all {found.most_learners} places that your learning system has in this course are taken"
        raise Conflict(message, field="learner_id", rule="most_learners")
