"""What this service is as a tool: everything that a platform has to be told of it, by dynamic registration or by hand.

LTI 1.3 Core 3.1, Deep Linking 2.0, Assignment and Grade Services 2.0 3.1, Names and Role Provisioning Services 2.0 3.1, Course
Groups 1.0; Canvas's JSON of a developer key ("Configuring LTI Advantage Tools" in its documentation).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

RESOURCE_LINK = "LtiResourceLinkRequest"
DEEP_LINKING = "LtiDeepLinkingRequest"
SUBMISSION_REVIEW = "LtiSubmissionReviewRequest"
MESSAGES = (RESOURCE_LINK, DEEP_LINKING, SUBMISSION_REVIEW)
SCOPES = (
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/score",
    "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
    "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly",
)
CLAIMS = ("iss", "sub", "name", "given_name", "family_name", "email")
NAMES = {"en": "Signed learning", "nb": "Signert læring", "nn": "Signert læring"}
DESCRIPTIONS = {
    "en": "Signed learning activities in the plans of resident doctors.",
    "nb": "Signerte læringsaktiviteter i planene til leger i spesialisering.",
    "nn": "Signerte læringsaktivitetar i planane til legar i spesialisering.",
}
ICON_PATH = "/static/icon.svg"
_CANVAS_SCOPES = SCOPES[:5]
_CANVAS_PLACES = (
    ("course_navigation", RESOURCE_LINK),
    ("link_selection", DEEP_LINKING),
    ("assignment_selection", DEEP_LINKING),
)


@dataclass(frozen=True, slots=True)
class Tool:
    """Our addresses below ``public_url``, which ends without a slash, as ``tenant`` gives them out, and what we ask for.

    Each tenant signs by keys of its own: nobody else's are good with its platforms.
    """

    public_url: str
    tenant: str
    scopes: tuple[str, ...] = SCOPES
    claims: tuple[str, ...] = CLAIMS
    names: Mapping[str, str] = field(default_factory=lambda: NAMES)
    descriptions: Mapping[str, str] = field(default_factory=lambda: DESCRIPTIONS)

    @property
    def login_url(self) -> str:
        """Where a login begins (``initiate_login_uri``)."""
        return f"{self.public_url}/lti/login"

    @property
    def launch_url(self) -> str:
        """Where the platform's answer goes and every link of it leads: redirect and target link URI, deep linking too."""
        return f"{self.public_url}/lti/launch"

    @property
    def jwks_url(self) -> str:
        """The tenant's keys, and nobody else's."""
        return f"{self.public_url}/lti/jwks/{self.tenant}.json"

    @property
    def canvas_url(self) -> str:
        """What Canvas reads a developer key's settings from."""
        return f"{self.public_url}/lti/canvas/{self.tenant}.json"

    @property
    def icon_url(self) -> str:
        """Our icon."""
        return f"{self.public_url}{ICON_PATH}"

    @property
    def domain(self) -> str:
        """Host and port of the target link URI, as it is written there."""
        return urlsplit(self.public_url).netloc


def canvas_key(tool: Tool) -> dict[str, Any]:
    """The settings of a developer key in Canvas."""
    return {
        "title": tool.names["en"],
        "description": tool.descriptions["en"],
        "oidc_initiation_url": tool.login_url,
        "target_link_uri": tool.launch_url,
        "public_jwk_url": tool.jwks_url,
        "scopes": list(_CANVAS_SCOPES),
        "custom_fields": {},
        "extensions": [
            {
                "domain": tool.domain,
                "tool_id": "lrs_bridge",
                "platform": "canvas.instructure.com",
                "privacy_level": "public",
                "settings": {
                    "text": tool.names["en"],
                    "labels": dict(tool.names),
                    "icon_url": tool.icon_url,
                    "placements": [_canvas_place(tool, place, message) for place, message in _CANVAS_PLACES],
                },
            }
        ],
    }


def _canvas_place(tool: Tool, place: str, message: str) -> dict[str, Any]:
    document: dict[str, Any] = {
        "placement": place,
        "message_type": message,
        "target_link_uri": tool.launch_url,
        "text": tool.names["en"],
        "labels": dict(tool.names),
        "icon_url": tool.icon_url,
        "enabled": True,
    }
    return {**document, "default": "disabled"} if place == "course_navigation" else document
