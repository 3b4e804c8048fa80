"""Why a request was refused, as a kind that a page has plain words for, and what may be done about it.

The kinds follow from the answer's status, code and field alone; the words stand in the templates.
"""

from enum import StrEnum

from lrs_bridge.xapi.credentials.journal.digest import Line


class Reason(StrEnum):
    """The kinds of refusal that have advice of their own."""

    SECRET = "secret"  # noqa: S105  the name of a reason
    NO_KEY = "no_key"
    SCOPE = "scope"
    ORIGIN = "origin"
    NO_VERSION = "no_version"
    OLD_VERSION = "old_version"
    OTHER_VERSION = "other_version"
    ADDRESS = "address"
    METHOD = "method"
    LIMIT = "limit"
    SIZE = "size"
    MEDIA = "media"
    OLD_ACTOR = "old_actor"
    DUPLICATE = "duplicate"
    PRECONDITION = "precondition"
    PARAMETER = "parameter"
    STATEMENT = "statement"
    SERVICE = "service"
    OTHER = "other"


VERSION_FIELD = "X-Experience-API-Version"
_BY_CODE = {
    "method_not_allowed": Reason.METHOD,
    "too_many_requests": Reason.LIMIT,
    "too_large": Reason.SIZE,
    "unsupported_media": Reason.MEDIA,
    "conflict": Reason.DUPLICATE,
    "precondition_failed": Reason.PRECONDITION,
    "not_found": Reason.ADDRESS,
    "unavailable": Reason.SERVICE,
    "unexpected": Reason.SERVICE,
    "upstream_failed": Reason.SERVICE,
}
_ASKING = ("GET", "HEAD")
_STATEMENT_RULES = ("xAPI 1.0.3 Data", "IEEE 9274.1.1 4.2")


def reason_of(line: Line) -> Reason:
    """The kind of a refusal."""
    match line.code:
        case "unauthenticated":
            return Reason.SECRET if line.key or line.named else Reason.NO_KEY
        case "forbidden":
            return Reason.ORIGIN if line.field == "Origin" else Reason.SCOPE
        case "invalid":
            return _invalid(line)
    return _BY_CODE.get(line.code or "", Reason.OTHER)


def _invalid(line: Line) -> Reason:
    field, rule = line.field or "", line.rule or ""
    if field == VERSION_FIELD:
        return _version(line.version)
    if rule.startswith(_STATEMENT_RULES) and line.method not in _ASKING:
        return Reason.OLD_ACTOR if _is_old_actor(field) else Reason.STATEMENT
    return Reason.PARAMETER if rule.startswith(("xAPI 1.0.3 Communication", *_STATEMENT_RULES)) else Reason.OTHER


def _version(said: str) -> Reason:
    if not said:
        return Reason.NO_VERSION
    return Reason.OLD_VERSION if said.startswith("0.9") else Reason.OTHER_VERSION


def _is_old_actor(field: str) -> bool:
    """The lists of xAPI 0.9: ``name[]``, ``mbox[]``, ``account[]``."""
    return field.endswith(("actor.name", "actor.mbox", "actor.account", "actor.openid"))
