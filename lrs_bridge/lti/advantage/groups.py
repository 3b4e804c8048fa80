"""The groups of a course.

Course Groups Service 1.0 (``context_groups_url``, group enrolments of members). Left out: group sets by name.
"""

import json
from dataclasses import dataclass

from lrs_bridge.errors import UpstreamFailed

GROUPS_SCOPE = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
GROUPS_TYPE = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"


@dataclass(frozen=True, slots=True)
class Group:
    """One group; ``set_id`` names the set of groups that it is one of, where there are sets."""

    id: str
    name: str
    set_id: str | None = None


def parse_groups(content: bytes) -> list[Group]:
    """A page of groups; those without an id are left out. Raises UpstreamFailed for what is no container."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    listed = document.get("groups") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise UpstreamFailed("the platform's list of groups can't be read", field="groups", rule="Course Groups Service 1.0")
    found = [each for each in listed if isinstance(each, dict) and each.get("id")]
    return [Group(str(each["id"]), str(each.get("name") or each["id"]), _set(each.get("set_id"))) for each in found]


def _set(value: object) -> str | None:
    return str(value) if value else None
