"""The people of a course as its platform lists them.

Names and Role Provisioning Services 2.0: 2.2 (the container and its members), 2.4 (paging, role filter), 3.3 (members of a
resource link, with a message section). Left out: ``differences`` links.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from lrs_bridge.errors import UpstreamFailed
from lrs_bridge.lti.advantage.paging import add_query
from lrs_bridge.lti.launch.roles import full_roles

MEMBERS_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
MEMBERS_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
_ROLES = "https://purl.imsglobal.org/spec/lti/claim/roles"
_CUSTOM = "https://purl.imsglobal.org/spec/lti/claim/custom"
_RULE = "LTI NRPS 2.0 2.2"


@dataclass(frozen=True, slots=True)
class Member:
    """One member. ``roles`` are full URIs; ``is_active`` is false for those who are shut out, or gone. ``group_ids`` are the
    course groups that the member is in; ``custom`` is what a launch of the asked-for link would say.
    """

    subject: str
    roles: tuple[str, ...]
    is_active: bool
    name: str | None = None
    email: str | None = None
    group_ids: tuple[str, ...] = ()
    custom: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a course's members. ``course_title`` may be None."""

    course_id: str | None
    course_title: str | None
    members: tuple[Member, ...]


def members_url(
    url: str,
    *,
    role: str | None = None,
    resource_link_id: str | None = None,
    with_groups: bool = False,
    limit: int | None = None,
) -> str:
    """The address that asks for members of one role, of one resource link, with groups, so many at a time (2.4.1, 2.4.2, 3.2)."""
    groups = "true" if with_groups else None
    return add_query(url, {"role": role, "rlid": resource_link_id, "groups": groups, "limit": limit})


def parse_members(content: bytes) -> Page:
    """A page of members; those without an id are left out. Raises UpstreamFailed for what is no container."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    listed = document.get("members") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(listed, list):
        raise UpstreamFailed("the platform's list of members can't be read", field="members", rule=_RULE)
    course = document.get("context")
    course = course if isinstance(course, dict) else {}
    members = tuple(member for each in listed if isinstance(each, dict) and (member := _member(each)) is not None)
    return Page(_text(course.get("id")), _text(course.get("title")), members)


def _member(given: dict[str, Any]) -> Member | None:
    subject = _text(given.get("user_id"))
    if subject is None:
        return None
    message = _message(given)
    names = " ".join(part for part in (_text(given.get("given_name")), _text(given.get("family_name"))) if part)
    return Member(
        subject=subject,
        roles=full_roles(_texts(given.get("roles")) or _texts(message.get(_ROLES))),
        is_active=str(given.get("status") or "Active").lower() == "active",
        name=_text(given.get("name")) or names or None,
        email=_text(given.get("email")),
        group_ids=_groups(given.get("group_enrollments")),
        custom=_custom(message.get(_CUSTOM)),
    )


def _message(given: dict[str, Any]) -> dict[str, Any]:
    """The message section (3.3): an array of messages, which some platforms write as one object."""
    written = given.get("message")
    messages = written if isinstance(written, list) else [written]
    return next((message for message in messages if isinstance(message, dict)), {})


def _groups(written: Any) -> tuple[str, ...]:
    enrolled = written if isinstance(written, list) else []
    ids = (_text(each.get("group_id")) for each in enrolled if isinstance(each, dict))
    return tuple(group_id for group_id in ids if group_id)


def _custom(written: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in written.items()} if isinstance(written, dict) else {}


def _texts(written: Any) -> list[str]:
    return [each for each in written if isinstance(each, str)] if isinstance(written, list) else []


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None
