"""What a verified launch leads to: a session of its own, a link that is known, a score that may be due, and who the user is.

Used by the launches of LTI 1.3 and 1.1 alike. ``LaunchSessions`` keeps the sessions for the web kit.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from lrs_bridge.db import Session
from lrs_bridge.errors import Conflict, Forbidden, NotFound
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.lti.launch import store
from lrs_bridge.lti.launch.arrival import ancestors_of, came_from, path_of
from lrs_bridge.lti.launch.launch import VerifiedLaunch
from lrs_bridge.lti.launch.refusal import LaunchRefused, Step
from lrs_bridge.lti.launch.store import LaunchSession
from lrs_bridge.lti.placement.place import Place, place_of
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.lti.platforms.platform import Platform, State, Version
from lrs_bridge.lti.platforms.rebinding import LEGACY_ISSUER, Rebinding
from lrs_bridge.lti.platforms.visit import Visit
from lrs_bridge.lti.scores import service as scores
from lrs_bridge.people import service as people
from lrs_bridge.ports import Frame, IdentifierLinked, Launchable, LaunchableSource, Standing
from lrs_bridge.web.user import SESSION_LIFETIME

__all__ = ["Entered", "LaunchSession", "LaunchSessions", "enter", "follow_link", "link_user", "note_failure", "path_now"]

USED_KEPT = timedelta(days=1)
_SWEPT_EACH = 64
"""What is past its time is swept out at one launch of so many; nothing of it is accepted meanwhile."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A session that has begun, and the page that it begins with."""

    session_id: str
    secret: str
    path: str


# A launch


def enter(
    session: Session,
    platform: Platform,
    launch: VerifiedLaunch,
    *,
    once: str,
    session_id: str,
    secret: str,
    launchables: LaunchableSource,
    linked: IdentifierLinked,
    now: datetime,
) -> Entered:
    """Lets the user of a verified launch in, all of it in this transaction.

    ``once`` is what this launch may be used by only once (the state's token, or consumer key and nonce); ``session_id`` and
    ``secret`` are new and random. Raises LaunchRefused when the launch was used already, its deployment is unknown, or what it is
    for is not there; Forbidden when the person is blocked.
    """
    tenant, secret_key = platform.tenant, key_of(secret)
    if int(secret_key[:8], 16) % _SWEPT_EACH == 0:
        store.delete_used_before(session, tenant, now - USED_KEPT)
        store.delete_sessions_before(session, tenant, now - SESSION_LIFETIME)
    if not store.use(session, tenant, key_of(once), now):
        message = "this launch was used already: open the link in the course again"
        raise LaunchRefused(message, step=Step.REPLAY, field="state", rule="1EdTech Security Framework 5.1.3")
    _check_deployment(session, platform, launch, now)
    place = place_of(launch)
    placed = launchables.find(session, tenant, *place)
    if placed is None:
        message = "what the link is for is not here any more: the teacher can place it anew"
        raise LaunchRefused(message, step=Step.PLACEMENT, field="target_link_uri")
    person_id = _recognised(session, platform, launch, launchables=launchables, linked=linked, now=now)
    standing = launchables.standings(session, tenant, *place, [person_id]).get(person_id) if person_id else None
    link_id = _kept(session, platform, launch, placed, person_id=person_id, standing=standing, now=now)
    new = LaunchSession(
        tenant, session_id, secret_key, platform.platform_id, link_id, person_id, launch, _content(session_id), now
    )
    store.insert_session(session, new)
    platforms.note_visit(session, tenant, _visit(platform, launch, now))
    return Entered(session_id, secret, path_of(launch, standing, known=person_id is not None))


def key_of(secret: str) -> str:
    """What is kept in place of a secret, or of a text of any length."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _content(session_id: str) -> dict[str, Any]:
    """What a page in the session finds at first: the token of its forms, so that no page has to write one."""
    return {"csrf_token": hashlib.sha256(f"forms of {session_id}".encode()).hexdigest()}


def _check_deployment(session: Session, platform: Platform, launch: VerifiedLaunch, now: datetime) -> None:
    if platform.version is Version.V1P1:
        return
    if platforms.find_deployment(session, platform.tenant, platform.platform_id, launch.deployment_id) is not None:
        return
    if not platforms.adopt_deployment(session, platform, launch.deployment_id, now=now):
        message = f"the deployment {launch.deployment_id} is not one that is registered for this platform"
        raise LaunchRefused(message, step=Step.DEPLOYMENT, field="deployment_id", rule="LTI 1.3 Core 3.1.3")


def _kept(
    session: Session,
    platform: Platform,
    launch: VerifiedLaunch,
    placed: Launchable,
    *,
    person_id: UUID | None,
    standing: Standing | None,
    now: datetime,
) -> UUID | None:
    """The link of a launch that is for one, with its member, to whom a score may be due for what was done before."""
    if launch.deep_linking is not None or launch.for_subject is not None:
        return None
    tenant, place = platform.tenant, Place(placed.kind, placed.id)
    link_id = store.keep_link(session, tenant, platform.platform_id, launch, place, now=now)
    if launch.subject is not None:
        store.keep_member(session, tenant, link_id, launch, person_id=person_id, now=now)
        if placed.is_graded and standing is not None and store.is_learner_of(launch):
            scores.enqueue_for(session, tenant, link_id, launch.subject, standing, now=now)
    return link_id


def _tell_score(
    session: Session,
    tenant: str,
    link_id: UUID,
    place: Place,
    subject: str,
    *,
    person_id: UUID,
    launchables: LaunchableSource,
    now: datetime,
) -> None:
    placed = launchables.find(session, tenant, *place)
    standing = launchables.standings(session, tenant, *place, [person_id]).get(person_id)
    if placed is not None and placed.is_graded and standing is not None:
        scores.enqueue_for(session, tenant, link_id, subject, standing, now=now)


def _visit(platform: Platform, launch: VerifiedLaunch, now: datetime) -> Visit:
    return Visit(
        visit_id=uuid4(),
        platform_id=platform.platform_id,
        at=now,
        message_type=launch.message_type.value,
        deployment_id=launch.deployment_id,
        context_title=launch.course.title if launch.course else None,
        link_title=launch.resource_link.title if launch.resource_link else None,
    )


def note_failure(
    session: Session,
    platform: Platform,
    refusal: LaunchRefused,
    *,
    message_type: str,
    deployment_id: str | None,
    error_id: str,
    now: datetime,
) -> None:
    """Writes into the platform's journal at which step a launch failed, and why."""
    visit = Visit(
        visit_id=uuid4(),
        platform_id=platform.platform_id,
        at=now,
        message_type=message_type,
        deployment_id=deployment_id,
        failed_step=refusal.step.value,
        reason=refusal.message,
        error_id=error_id,
    )
    platforms.note_visit(session, platform.tenant, visit)


# Who the user is


def user_of(issuer: str, subject: str) -> Identifier:
    """The identifier of a platform's user."""
    return Identifier(IdentifierKind.LTI_USER, issuer, subject)


def _recognised(
    session: Session,
    platform: Platform,
    launch: VerifiedLaunch,
    *,
    launchables: LaunchableSource,
    linked: IdentifierLinked,
    now: datetime,
) -> UUID | None:
    """Whose the user id is; never by a name or an address, which platforms let their users choose."""
    if launch.subject is None:
        return None
    user = user_of(launch.issuer, launch.subject)
    person_id = people.resolve(session, platform.tenant, [user]).get(user)
    if person_id is None:
        person_id = _migrated(session, platform, launch, launchables=launchables, linked=linked, now=now)
    if person_id is not None and people.is_blocked(session, platform.tenant, person_id):
        raise Forbidden("your access to this service has been ended; ask the administrator", rule="blocked")
    return person_id


def _migrated(
    session: Session,
    platform: Platform,
    launch: VerifiedLaunch,
    *,
    launchables: LaunchableSource,
    linked: IdentifierLinked,
    now: datetime,
) -> UUID | None:
    """Who the user was under LTI 1.1: at once where the platform proves it, else an administrator is asked."""
    claim = launch.migration
    if claim is None or launch.subject is None:
        return None
    former = user_of(LEGACY_ISSUER + claim.consumer_key, claim.user_id or launch.subject)
    person_id = people.resolve(session, platform.tenant, [former]).get(former)
    if person_id is None:
        return None
    if claim.proven:
        by = f"lti:{platform.platform_id}"
        link_subject(
            session,
            platform.tenant,
            launch.issuer,
            launch.subject,
            person_id,
            actor=by,
            launchables=launchables,
            linked=linked,
            now=now,
        )
        return person_id
    title = launch.course.title if launch.course else None
    asked = Rebinding(platform.platform_id, launch.subject, claim.consumer_key, former.value, launch.name, title, now)
    platforms.ask_rebinding(session, platform.tenant, asked)
    return None


def link_user(
    session: Session,
    tenant: str,
    session_id: str,
    person_id: UUID,
    *,
    actor: str,
    launchables: LaunchableSource,
    linked: IdentifierLinked,
    now: datetime,
) -> None:
    """Makes the user of a session known as this person, from now on and in what they have open.

    Raises NotFound when the session is over, Conflict when the user is another person's.
    """
    found = get_session(session, tenant, session_id)
    subject = found.launch.subject
    if subject is None:
        raise Conflict("the platform does not say who the user is", field="sub", rule="LTI 1.3 Core 5.3.6")
    issuer = found.launch.issuer
    link_subject(session, tenant, issuer, subject, person_id, actor=actor, launchables=launchables, linked=linked, now=now)


def link_subject(
    session: Session,
    tenant: str,
    issuer: str,
    subject: str,
    person_id: UUID,
    *,
    actor: str,
    launchables: LaunchableSource,
    linked: IdentifierLinked,
    now: datetime,
) -> None:
    """Makes a platform's user known as this person: what waited for them counts, and scores for it go out.

    Raises Conflict, NotFound.
    """
    user = user_of(issuer, subject)
    linked.lock(session, tenant)
    people.link_identifier(session, tenant, user, person_id, actor=actor, now=now)
    linked.linked(session, tenant, user, person_id, now=now)
    follow_link(session, tenant, user, person_id, launchables=launchables, now=now)


def follow_link(
    session: Session, tenant: str, user: Identifier, person_id: UUID, *, launchables: LaunchableSource, now: datetime
) -> None:
    """Lets what a platform's user has open know who they are by now; scores for what they have done already go out."""
    of = [platform for platform in platforms.list_platforms(session, tenant) if platform.issuer == user.issuer]
    links = [
        link_id
        for platform in of
        for link_id in store.update_person(session, tenant, platform.platform_id, user.value, person_id=person_id)
    ]
    for link_id in sorted(links):
        place = store.find_link_place(session, tenant, link_id)
        _tell_score(session, tenant, link_id, place, user.value, person_id=person_id, launchables=launchables, now=now)


# Sessions


def get_session(session: Session, tenant: str, session_id: str) -> LaunchSession:
    """The session. Raises NotFound when it is over, or another tenant's."""
    found = store.find_session(session, session_id)
    if found is None or found.tenant != tenant:
        raise NotFound("this launch is over: open the link in the course again", field="session_id")
    return found


def path_now(session: Session, found: LaunchSession, *, launchables: LaunchableSource) -> str:
    """The page that the session's launch leads to as of now."""
    standing = None
    if found.person_id is not None:
        place = place_of(found.launch)
        standing = launchables.standings(session, found.tenant, *place, [found.person_id]).get(found.person_id)
    return path_of(found.launch, standing, known=found.person_id is not None)


class LaunchSessions:
    """The sessions that launches begin; implements ``ports.FrameStore``."""

    def find(self, session: Session, session_id: str, secret: str) -> Frame | None:
        """The session, if that is its secret."""
        found = store.find_session(session, session_id)
        if found is None or not hmac.compare_digest(found.secret_key, key_of(secret)):
            return None
        platform = platforms.get_platform(session, found.tenant, found.platform_id)
        if platform.state is not State.RUNNING:
            return None
        return Frame(
            tenant=found.tenant,
            session_id=session_id,
            person_id=found.person_id,
            ancestors=ancestors_of(platform, found.launch),
            came_from=came_from(platform, found.launch),
            language=found.launch.locale,
            opened_at=found.opened_at,
            content=found.content,
        )

    def keep(self, session: Session, frame: Frame, content: dict[str, Any]) -> None:
        """Keeps what pages want to find at the next request."""
        store.update_content(session, frame.tenant, frame.session_id, content)
