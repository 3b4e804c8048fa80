"""What a call to a platform's services needs from the database."""

from uuid import UUID

from lrs_bridge.db import Session
from lrs_bridge.lti.advantage.access import Access
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.settings import Settings


def access_to(session: Session, tenant: str, platform_id: UUID, settings: Settings) -> Access:
    """What to call the platform's services with, once the transaction is over. Raises NotFound, UnusableToolKey."""
    platform = platforms.get_platform(session, tenant, platform_id)
    key = platforms.current_key(session, tenant, master_key=settings.master_key)
    return Access(platform, key, tuple(settings.allow_private_networks))
