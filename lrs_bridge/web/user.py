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


@dataclass(frozen=True, slots=True)
class User:
    """A signed-in person. ``roles`` are ADMINISTRATOR (of the tenant), RESIDENT (has an objective plan or is followed by others),
    SIGNER (supervises or advises somebody today) and FOLLOWER (follows somebody's plan today, in any role); they decide which
    pages are offered, never alone what may be done. ``session_ids`` are the person's browser sessions that have not been ended.
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
