"""Registration links: whoever opens one from a learning platform's own pages registers that platform, once.

LTI Dynamic Registration 1.0, 3.1: the platform opens an address that the tool gave to its administrator. That address carries a
token, of which only the SHA-256 sum is kept.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

VALID = timedelta(days=7)
CLAIMED = timedelta(minutes=2)
"""A registration that began and did not end in this time has died: the link is free again."""
TOKEN_BYTES = 24


class LinkState(StrEnum):
    """What a registration link is good for."""

    OPEN = "open"
    USED = "used"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class RegistrationLink:
    """A link as it is kept. ``used_at`` is when a registration by it began, ``platform_id`` what came of it.

    ``made_by`` is the administrator who made it, None when it was made on the command line.
    """

    tenant: str
    token_key: str
    made_by: UUID | None
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    platform_id: UUID | None = None

    @property
    def actor(self) -> str:
        """Who registers by it, as the audit log names them."""
        return "system" if self.made_by is None else f"person:{self.made_by}"

    def state(self, now: datetime) -> LinkState:
        """Whether a registration by it may begin."""
        if self.platform_id is not None or (self.used_at is not None and self.used_at >= now - CLAIMED):
            return LinkState.USED
        return LinkState.OPEN if now < self.expires_at else LinkState.ENDED


def key_of(token: str) -> str:
    """What a token is kept as."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_link(tenant: str, token: str, *, made_by: UUID | None, now: datetime) -> RegistrationLink:
    """A link for this token, valid from now on."""
    return RegistrationLink(tenant, key_of(token), made_by, now, now + VALID)


def address(public_url: str, token: str) -> str:
    """What the platform's administrator pastes."""
    return f"{public_url}/lti/register/{token}"
