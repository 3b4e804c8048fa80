"""What a call to a platform's services needs to know."""

from dataclasses import dataclass

from lrs_bridge.lti.platforms.keys import ToolKey
from lrs_bridge.lti.platforms.platform import Platform
from lrs_bridge.web.outbound import Network
from lrs_bridge.web.patience import UNHURRIED, Limits


@dataclass(frozen=True, slots=True)
class Access:
    """A platform, the key that we are known by there, the networks that may be reached, and how long that may take."""

    platform: Platform
    key: ToolKey
    allowed: tuple[Network, ...] = ()
    limits: Limits = UNHURRIED
