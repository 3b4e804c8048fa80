"""What a link in a course stands for, and by which address.

Deep Linking 2.0 2.1 (``url`` of an LTI resource link, which comes back as ``target_link_uri``) and LTI 1.3 Core 5.4.6.1 (custom
parameters, for platforms that launch every link by one address).
"""

import hashlib
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

import msgspec

from lrs_bridge.lti.launch.launch import Launch

LAUNCH_PATH = "/lti/launch"
CUSTOM = "lrs_bridge_placed"
"""The custom parameter; LTI 1.1 sends names in small letters, so this is one that survives."""


class Place(NamedTuple):
    """What is placed: see ``ports.Launchable``."""

    kind: str
    id: str


PLAN = Place("plan", "")
"""What a link that names nothing stands for: the user's own plan."""


def address_of(place: Place, public_url: str) -> str:
    """The address by which a link in a course opens this."""
    steps = [quote(step, safe="") for step in place if step]
    return "/".join([f"{public_url}{LAUNCH_PATH}", *steps])


def custom_of(place: Place) -> dict[str, str]:
    """The custom parameters that say the same."""
    return {CUSTOM: ":".join(place)}


def place_of(launch: Launch) -> Place:
    """What the launch is for: by its address, else by its custom parameter, else the plan."""
    _, _, rest = urlsplit(launch.target_link_uri).path.rstrip("/").partition("/launch/")  # also that of LTI 1.1
    if rest:
        kind, _, named = rest.partition("/")
        return Place(unquote(kind), unquote(named))
    kind, _, named = launch.custom.get(CUSTOM, "").partition(":")
    return Place(kind, named) if kind else PLAN


def place_key(launch: Launch) -> str:
    """A short name for the place in the course: the same for every launch of it, another for every other one.

    Blackboard sends launches without a resource link; then it is the course and what is launched that name it.
    """
    course = launch.course.id if launch.course else None
    link = launch.resource_link.id if launch.resource_link else place_of(launch)
    return hashlib.sha256(msgspec.json.encode([launch.deployment_id, course, link])).hexdigest()
