"""Who is in the course of the tests' own platform, and what it says of them in its messages: Moodle's way."""

import time
from dataclasses import dataclass, field

from tests.support.lti.messages import AGS_ENDPOINT, GROUPS, LTI, LTI_DL, NRPS
from tests.support.lti.own_services import SCOPES

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
RESOURCE_LINK, DEEP_LINKING, REVIEW = "LtiResourceLinkRequest", "LtiDeepLinkingRequest", "LtiSubmissionReviewRequest"


@dataclass
class User:
    """Somebody in the course."""

    subject: str
    name: str
    email: str
    short_roles: list[str]
    extra_roles: list[str] = field(default_factory=list)
    status: str = "Active"

    @property
    def roles(self) -> list[str]:
        return [MEMBERSHIP + role for role in self.short_roles] + self.extra_roles

    @property
    def is_learner(self) -> bool:
        return "Learner" in self.short_roles


def cast() -> dict[str, User]:
    return {
        "student": User("5", "Kari Nordmann", "kari@example.no", ["Learner"]),
        "second": User("6", "Ola Hansen", "ola@example.no", ["Learner"]),
        "teacher": User("3", "Åse Lærer", "aase@example.no", ["Instructor"]),
        "admin": User(
            "2",
            "Per Drift",
            "per@example.no",
            ["Administrator", "Instructor"],
            ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"],
        ),
    }


def claims_of(platform, user: User, link: str, kind: str) -> dict:
    """The claims of a message of that kind, without its nonce."""
    now = int(time.time())
    placed = platform.links.setdefault(link, {"title": f"Modul {link}"})
    claims = {
        "iss": platform.issuer,
        "aud": platform.client_id,
        "sub": user.subject,
        "iat": now,
        "exp": now + 60,
        "name": user.name,
        "given_name": user.name.partition(" ")[0],
        "family_name": user.name.partition(" ")[2],
        "email": user.email,
        LTI + "version": "1.3.0",
        LTI + "message_type": kind,
        LTI + "deployment_id": platform.deployment_id,
        LTI + "target_link_uri": target_of(platform, link),
        LTI + "roles": user.roles,
        LTI + "context": {
            "id": platform.course_id,
            "label": platform.course_label,
            "title": platform.course_title,
            "type": ["CourseSection"],
        },
        LTI + "tool_platform": {"guid": "localhost", "product_family_code": platform.product, "version": "2022112800"},
        LTI + "launch_presentation": {"locale": "nb", "document_target": "iframe", "return_url": f"{platform.url}/return"},
        LTI + "custom": platform.custom | placed.get("custom", {}),
        LTI + "lis": {"person_sourcedid": "", "course_section_sourcedid": ""},
        "https://purl.imsglobal.org/spec/lti/claim/ext": {"lms": "moodle-2", "user_username": user.name.lower()},
        AGS_ENDPOINT: _ags_claim(platform, link, placed, kind),
        NRPS: {"context_memberships_url": f"{platform.url}/members?type_id=1", "service_versions": ["1.0", "2.0"]},
    }
    if platform.groups:
        claims[GROUPS] = {
            "scope": [SCOPES["groups"]],
            "context_groups_url": f"{platform.url}/groups?type_id=1",
            "service_versions": ["1.0"],
        }
    if kind == DEEP_LINKING:
        claims[LTI_DL + "deep_linking_settings"] = _deep_linking_claim(platform)
    else:
        claims[LTI + "resource_link"] = {"id": link, "title": placed["title"], "description": ""}
    return claims


def target_of(platform, link: str) -> str:
    """The address that a link in the course opens."""
    return platform.links.get(link, {}).get("url") or f"{platform.tool_url}/lti/launch"


def _ags_claim(platform, link: str, placed: dict, kind: str) -> dict:
    scopes = [SCOPES[name] for name in ("line_items", "line_items_read", "results", "scores")]
    claim = {"scope": [s for s in scopes if s not in platform.withheld_scopes], "lineitems": platform.services.line_items_url}
    item = platform.services.line_item_of(link)
    if item is None and platform.makes_line_items and kind != DEEP_LINKING:
        item = platform.services.add_line_item({"label": placed["title"], "scoreMaximum": 100, "resourceLinkId": link})
    return claim | ({"lineitem": platform.services.line_item_url(item)} if item and kind != DEEP_LINKING else {})


def _deep_linking_claim(platform) -> dict:
    claim = {
        "deep_link_return_url": f"{platform.url}/deep-linking/return?course=2",
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["frame", "iframe", "window"],
        "accept_copy_advice": False,
        "accept_multiple": True,
        "accept_lineitem": True,
        "auto_create": False,
        "can_confirm": False,
    }
    return claim | ({"data": platform.data} if platform.data is not None else {})
