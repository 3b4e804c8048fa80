"""What a call to a platform's services needs to know."""

from dataclasses import dataclass

from lrs_bridge.lti.platforms.keys import ToolKey
from lrs_bridge.lti.platforms.platform import Platform
from lrs_bridge.web.outbound import Network


@dataclass(frozen=True, slots=True)
class Access:
    """A platform, the key that we are known by there, and the networks that may be reached."""

    platform: Platform
    key: ToolKey
    allowed: tuple[Network, ...] = ()
