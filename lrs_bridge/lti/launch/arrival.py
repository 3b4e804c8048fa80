"""Where a launch leads, and how it may be shown there."""

from lrs_bridge.errors import Forbidden
from lrs_bridge.lti.launch.launch import Launch, MessageType
from lrs_bridge.lti.launch.login import safe_origin
from lrs_bridge.lti.launch.roles import is_author, is_learner, is_teacher
from lrs_bridge.lti.placement.place import PLAN, place_of
from lrs_bridge.lti.platforms.platform import Platform, Version
from lrs_bridge.ports import Reached, Standing

PLACE = "/lti/place"
REVIEW = "/lti/review"
ROSTER = "/lti/roster"
WHO = "/lti/who"
HERE = "/lti/here"
HOSTED = {
    "https://canvas.instructure.com": "https://*.instructure.com",
    "https://blackboard.com": "https://*.blackboard.com",
}
"""Issuers that stand for all customers of a supplier, and where those customers' users are."""


def path_of(launch: Launch, standing: Standing | None, *, known: bool) -> str:
    """The page that a launch begins with. ``standing`` is the user's in what is placed, where the user is known.

    Raises Forbidden for what only those who teach may do.
    """
    if launch.message_type is MessageType.DEEP_LINKING:
        _require(is_author(launch.roles), "only those who teach a course place things in it", "Deep Linking 2.0 4.4")
        return PLACE
    if launch.message_type is MessageType.SUBMISSION_REVIEW:
        _require(is_teacher(launch.roles) or launch.for_subject == launch.subject, "only teachers see others' work", "roles")
        return REVIEW
    if is_teacher(launch.roles) and not is_learner(launch.roles):
        return ROSTER
    if not known:
        return WHO
    if standing is None or (standing.reached is Reached.NOT_THEIRS and place_of(launch) != PLAN):
        return HERE
    return standing.path


def _require(holds: bool, message: str, rule: str) -> None:  # noqa: FBT001  the condition is the point
    if not holds:
        raise Forbidden(message, field="roles", rule=rule)


def ancestors_of(platform: Platform, launch: Launch | None = None) -> tuple[str, ...]:
    """The origins whose frames may show us: the platform's, where its launch wants to be led back to, where users of the product
    are, and those that its administrator named. Of LTI 1.1 only the last: nothing but its users' word stands behind the others.
    """
    led_back_to = launch.return_url if launch and platform.version is Version.V1P3 else None
    named = (safe_origin(url) for url in (platform.issuer, platform.authorization_url, led_back_to))
    own = [origin for origin in named if origin]
    hosted = [HOSTED[origin] for origin in own if origin in HOSTED]
    return tuple(dict.fromkeys([*own, *hosted, *platform.ancestors])) or ("*",)


def came_from(platform: Platform, launch: Launch) -> str:
    """The platform and its course, for readers."""
    title = launch.course.title or launch.course.label if launch.course else None
    return f"{platform.name}: {title}" if title else platform.name
