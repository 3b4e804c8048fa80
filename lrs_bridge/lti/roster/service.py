"""The roster of a course: members of the platform's beside how far they have come here, and scores that they lack there."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from lrs_bridge.db import Session, audit
from lrs_bridge.errors import NotFound
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.lti.advantage.members import Member
from lrs_bridge.lti.launch.store import LaunchSession
from lrs_bridge.lti.placement.place import place_key
from lrs_bridge.lti.roster import store
from lrs_bridge.lti.roster.roster import Roster, make_roster
from lrs_bridge.lti.roster.store import Placed
from lrs_bridge.lti.scores import service as scores
from lrs_bridge.people import service as people
from lrs_bridge.people.access import Action
from lrs_bridge.ports import LaunchableSource

__all__ = ["Placed", "known_learners", "placed_at", "reviewed_at", "roster_of", "sees_records"]


def placed_at(session: Session, tenant: str, link_id: UUID | None) -> Placed:
    """What is placed where the launch came from. Raises NotFound."""
    found = store.find_placed(session, tenant, link_id) if link_id else None
    if found is None:
        raise NotFound("nothing is placed here", field="link_id")
    return found


def reviewed_at(session: Session, launched: LaunchSession) -> Placed:
    """What is placed where somebody's work is to be reviewed: the message comes for the same place as its launches do.

    Raises NotFound when nobody has opened that yet.
    """
    found = store.find_by_key(session, launched.tenant, launched.platform_id, place_key(launched.launch))
    if found is None:
        raise NotFound("nobody has opened this yet, so there is nothing to see", field="resource_link")
    return found


def known_learners(session: Session, tenant: str, placed: Placed) -> list[Member]:
    """The learners that are known without asking the platform."""
    return store.find_learners(session, tenant, placed.link_id)


def roster_of(
    session: Session,
    launched: LaunchSession,
    placed: Placed,
    learners: Collection[Member],
    *,
    launchables: LaunchableSource,
    now: datetime,
) -> Roster:
    """The roster of these learners, kept as of now: who was not known to have it before them gets scores from now on.

    That somebody looked is in the audit log.
    """
    tenant = launched.tenant
    persons = _persons(session, tenant, launched.launch.issuer, learners)
    standings = launchables.standings(session, tenant, *placed.place, set(persons.values()))
    before = store.find_subjects(session, tenant, placed.link_id)
    store.keep_learners(session, tenant, placed.link_id, learners, persons, now=now)
    found = launchables.find(session, tenant, *placed.place)
    if found is not None and found.is_graded:
        for subject, person_id in sorted(persons.items()):
            if before.get(subject) is None and person_id in standings:
                scores.enqueue_for(session, tenant, placed.link_id, subject, standings[person_id], now=now)
    _note(session, launched, placed, len(learners), now)
    return make_roster(learners, persons, standings)


def _persons(session: Session, tenant: str, issuer: str, learners: Collection[Member]) -> dict[str, UUID]:
    users = {Identifier(IdentifierKind.LTI_USER, issuer, each.subject): each.subject for each in learners}
    return {users[user]: person_id for user, person_id in people.resolve(session, tenant, list(users)).items()}


def _note(session: Session, launched: LaunchSession, placed: Placed, count: int, now: datetime) -> None:
    launch = launched.launch
    actor = f"person:{launched.person_id}" if launched.person_id else f"lti:{launch.issuer}|{launch.subject}"[:200]
    detail = {"placed": ":".join(placed.place), "learners": count, "course": placed.course_title}
    audit.record(session, launched.tenant, audit.AuditEvent(now, actor, "roster.view", f"lti_link:{placed.link_id}", detail))


def sees_records(session: Session, launched: LaunchSession, person_ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Whose plans the teacher may see besides: those whom they follow here, as whoever they are known as."""
    viewer = launched.person_id
    if viewer is None:
        return set()
    return {each for each in person_ids if people.may(session, launched.tenant, viewer, Action.VIEW_PLAN, each, now)}
