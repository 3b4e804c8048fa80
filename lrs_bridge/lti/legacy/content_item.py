"""What was chosen goes back to a platform that speaks LTI 1.1: a form with a signature, to be posted by the browser.

Content-Item Message 1.0 (``ContentItemSelection`` and its JSON-LD, with the ``lineItem`` that 1.0 adds to LTI links). Left out:
items that are no LTI links, ``thumbnail``, and confirmations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec

from lrs_bridge.lti.legacy.launch import LTI_LINK, VERSION
from lrs_bridge.lti.legacy.oauth1 import sign_form

MESSAGE = "ContentItemSelection"
CONTEXT = "http://purl.imsglobal.org/ctx/lti/v1/ContentItem"
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Item:
    """A link to place in the course. ``maximum`` is what its grades are of, None when it has none; ``resource_id`` is ours."""

    url: str
    title: str
    text: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)
    resource_id: str = ""
    maximum: float | None = None
    target: str | None = None


def selection_form(
    items: Sequence[Item], *, return_url: str, consumer_key: str, secret: str, nonce: str, now: datetime,
    data: str | None = None, message: str = "",
) -> dict[str, str]:  # fmt: skip
    """The fields of the form to post to ``return_url``. ``data`` goes back as it came, ``message`` is shown to the user there."""
    graph = {"@context": CONTEXT, "@graph": [_document(item) for item in items]}
    fields = {"lti_message_type": MESSAGE, "lti_version": VERSION, "content_items": msgspec.json.encode(graph).decode()}
    if data is not None:
        fields["data"] = data
    if message:
        fields["lti_msg"] = message
    return sign_form(fields, url=return_url, consumer_key=consumer_key, secret=secret, nonce=nonce, now=now)


def _document(item: Item) -> dict[str, Any]:
    document: dict[str, Any] = {
        "@type": "LtiLinkItem",
        "mediaType": LTI_LINK,
        "url": item.url,
        "title": item.title,
        "text": item.text,
        "custom": dict(item.custom),
    }
    if item.target:
        document["placementAdvice"] = {"presentationDocumentTarget": item.target}
    if item.maximum is not None:
        document["lineItem"] = {
            "@type": "LineItem",
            "label": item.title,
            "reportingMethod": "res:totalScore",
            "assignedActivity": {"activityId": item.resource_id},
            "scoreConstraints": {"@type": "NumericLimits", "normalMaximum": item.maximum, "totalMaximum": item.maximum},
        }
    return document
