"""What was chosen goes back to the platform: the claims of a deep linking response.

Deep Linking 2.0 sections 3.2 (content items) and 4.5 (response), AGS 2.0 3.3.1 for ``lineItem``. Left out: items that are no LTI
resource links, thumbnails, dates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lrs_bridge.lti.advantage.token import SLOW_CLOCKS
from lrs_bridge.lti.launch.claims import DEEP_LINKING, DEPLOYMENT_ID, MESSAGE_TYPE, VERSION
from lrs_bridge.lti.launch.launch import DeepLinkingSettings, Launch
from lrs_bridge.lti.launch.verification import LTI_VERSION
from lrs_bridge.lti.placement.place import Place, address_of, custom_of

RESOURCE_LINK = "ltiResourceLink"
RESPONSE = "LtiDeepLinkingResponse"
MAXIMUM = 100.0
"""What every line item's scores are of."""
TAG = "lrs_bridge"
LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Something to be placed. ``graded``: with a column in the platform's gradebook."""

    place: Place
    title: str
    text: str
    graded: bool


def takes_links(settings: DeepLinkingSettings) -> bool:
    """Whether the platform takes LTI resource links here; one that does not say takes them."""
    return not settings.accept_types or RESOURCE_LINK in settings.accept_types


def content_item(chosen: Chosen, public_url: str) -> dict[str, Any]:
    """The LTI resource link for what was chosen. ``url`` and ``custom`` say the same: some platforms keep only one of them."""
    item: dict[str, Any] = {
        "type": RESOURCE_LINK,
        "title": chosen.title,
        "text": chosen.text,
        "url": address_of(chosen.place, public_url),
        "custom": custom_of(chosen.place),
    }
    if chosen.graded:
        line_item = {"scoreMaximum": MAXIMUM, "label": chosen.title, "resourceId": resource_id(chosen.place), "tag": TAG}
        item["lineItem"] = line_item
    return item


def resource_id(place: Place) -> str:
    """What a line item says it is for."""
    return ":".join(place)


def response_claims(
    chosen: Sequence[Chosen], launch: Launch, settings: DeepLinkingSettings, *, public_url: str, nonce: str, now: datetime
) -> dict[str, Any]:
    """The claims of the message; ``data`` is there exactly when the platform gave some (4.5.1)."""
    claims: dict[str, Any] = {
        "iss": launch.client_id,
        "aud": launch.issuer,
        "iat": int((now - SLOW_CLOCKS).timestamp()),
        "exp": int((now + LASTS).timestamp()),
        "nonce": nonce,
        DEPLOYMENT_ID: launch.deployment_id,
        MESSAGE_TYPE: RESPONSE,
        VERSION: LTI_VERSION,
        f"{DEEP_LINKING}content_items": [content_item(each, public_url) for each in chosen],
    }
    if settings.data is not None:
        claims[f"{DEEP_LINKING}data"] = settings.data
    return claims
