"""Linking users of learning platforms to persons, where they did not do it themselves."""

from datetime import datetime
from uuid import UUID

from lrs_bridge.db import Session
from lrs_bridge.errors import Forbidden, NotFound
from lrs_bridge.lti.launch import service as launches
from lrs_bridge.lti.users import store
from lrs_bridge.lti.users.store import UnknownUser
from lrs_bridge.ports import IdentifierLinked, LaunchableSource

__all__ = ["UnknownUser", "link_unknown", "unknown_users"]


def unknown_users(session: Session, tenant: str, limit: int = 100) -> list[UnknownUser]:
    """Learners of platforms who are nobody here yet, the last to open something first."""
    return store.find_unknown(session, tenant, limit)


def link_unknown(
    session: Session,
    tenant: str,
    issuer: str,
    subject: str,
    person_id: UUID,
    *,
    actor_id: UUID,
    launchables: LaunchableSource,
    linked: IdentifierLinked,
    now: datetime,
) -> None:
    """Makes a platform's user known as this person.

    Raises Forbidden for the administrator's own person, NotFound for a user who does not wait, Conflict for one who is somebody.
    """
    if person_id == actor_id:
        raise Forbidden("link yourself from your course", field="person_id", rule="nobody vouches for themselves")
    if not store.is_unknown(session, tenant, issuer, subject):
        raise NotFound("this user does not wait to be linked", field="subject")
    actor = f"person:{actor_id}"
    launches.link_subject(
        session, tenant, issuer, subject, person_id, actor=actor, launchables=launchables, linked=linked, now=now
    )
