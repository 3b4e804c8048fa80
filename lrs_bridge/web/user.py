"""The person behind a browser session."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

SESSION_LIFETIME = timedelta(hours=8)
"""A browser session ends a working day after its login, whatever is done in it."""

ADMINISTRATOR = "administrator"
RESIDENT = "resident"
SIGNER = "signer"
FOLLOWER = "follower"
COURSE_OWNER = "course_owner"


@dataclass(frozen=True, slots=True)
class User:
    """A signed-in person. ``roles`` decide which pages are offered, never alone what may be done: ADMINISTRATOR (of the tenant),
    RESIDENT (has an objective plan or is followed by others), SIGNER (supervises or advises somebody today), FOLLOWER (follows
    somebody's plan today, in any role) and COURSE_OWNER (hosts courses). ``session_ids`` are the person's browser sessions that
    have not been ended.
    """

    tenant: str
    tenant_name: str
    person_id: UUID
    name: str
    roles: frozenset[str]
    language: str | None
    provider: str
    assurance: str | None
    session_ids: frozenset[UUID] = frozenset()
