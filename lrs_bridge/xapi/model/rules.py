"""The structure of a statement: which properties each object has, and every MUST about them that an LRS can check.

Source: xAPI 1.0.3, Data 2.2 to 2.4; IEEE 9274.1.1 (xAPI 2.0) 4.2, which has the same rules and adds contextAgents and
contextGroups. Each shape names its clause; docs/protocols.md lists them with their tests. Activities have a module of their own.
Left out: signatures (2.6), and anything about meaning.
"""

import re
from typing import Any

from lrs_bridge.xapi.model.activities import ACTIVITY
from lrs_bridge.xapi.model.formats import is_mbox, is_media_type, is_sha1, is_sha2
from lrs_bridge.xapi.model.shapes import (
    Broken,
    Check,
    boolean,
    familiar,
    list_of,
    natural,
    number,
    one_of,
    recurring,
    shape,
    string,
    text,
    wrong_type,
)
from lrs_bridge.xapi.model.values import (
    DURATION,
    EXTENSIONS,
    IRI,
    LANGUAGE,
    LANGUAGE_MAP,
    TIMESTAMP,
    UUID_TEXT,
    clause,
)
from lrs_bridge.xapi.model.version import Version

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
IFI_NAMES = ("mbox", "mbox_sha1sum", "openid", "account")
_IFIS = frozenset(IFI_NAMES)
CONTEXT_ACTIVITY_KINDS = ("parent", "grouping", "category", "other")

CONTEXT_2 = "IEEE 9274.1.1 4.2.2.5"
"""The clause of xAPI 2.0 that describes contexts."""


def _has_no_null_character(name: str) -> bool:
    return "\x00" not in name


ACCOUNT = shape(
    clause("2.4.2.4"),
    {"homePage": IRI, "name": text("without null characters", _has_no_null_character)},
    required=("homePage", "name"),
)
IFI_PROPERTIES: dict[str, Check] = {
    "mbox": text("a mailto IRI of one address", is_mbox, clause("2.4.2.3")),
    "mbox_sha1sum": text("the hexadecimal SHA-1 sum of a mailto IRI", is_sha1, clause("2.4.2.3")),
    "openid": IRI,
    "account": ACCOUNT,
}


def check_one_ifi(value: dict[str, Any]) -> None:
    """Data 2.4.2.1 and 2.4.2.2: an Agent and an identified Group have exactly one inverse functional identifier."""
    present = _IFIS & value.keys()
    if len(present) == 1:
        return
    if not present:
        raise Broken(f"needs one of {', '.join(IFI_NAMES)}", rule=clause("2.4.2.3"))
    first, second = [name for name in IFI_NAMES if name in present][:2]
    raise Broken(f"stands beside {first}; only one identifier is allowed", second, rule=clause("2.4.2.3"))


def check_group_identity(value: dict[str, Any]) -> None:
    """Data 2.4.2.2: a Group without an identifier is anonymous and must list its members."""
    if "member" not in value or not _IFIS.isdisjoint(value):
        check_one_ifi(value)


AGENT = shape(
    clause("2.4.2.1"),
    {"objectType": one_of("Agent"), "name": string, **IFI_PROPERTIES},
    also=(check_one_ifi,),
)
GROUP = shape(
    clause("2.4.2.2"),
    {"objectType": one_of("Group"), "name": string, "member": list_of(AGENT), **IFI_PROPERTIES},
    required=("objectType",),
    also=(check_group_identity,),
)


def by_object_type(rule: str, default: str | None, shapes: dict[str, Check]) -> Check:
    """A check that picks its shape by ``objectType``; ``default`` is the type when there is none."""

    def check(value: Any) -> None:
        if type(value) is not dict:
            raise wrong_type(value, "an object", rule)
        object_type = value.get("objectType", default)
        shape = shapes.get(object_type) if type(object_type) is str else None
        if shape is None:
            raise Broken(f"must be one of {', '.join(shapes)}", "objectType", rule=rule)
        shape(value)

    return check


ACTOR = by_object_type(clause("2.4.2"), "Agent", {"Agent": AGENT, "Group": GROUP})


def check_authority(value: Any) -> None:
    """Data 2.4.9: an Agent, or for three-legged OAuth an anonymous Group of exactly two Agents."""
    ACTOR(value)
    if value.get("objectType") != "Group":
        return
    identified = next((name for name in IFI_NAMES if name in value), None)
    if identified is not None:
        raise Broken("must not identify an authority of two Agents", identified, rule=clause("2.4.9"))
    if len(value["member"]) != 2:  # noqa: PLR2004  application and user
        raise Broken("must list two Agents, the application and the user", "member", rule=clause("2.4.9"))


VERB = shape(clause("2.4.3"), {"id": IRI, "display": LANGUAGE_MAP}, required=("id",))

_FAMILIAR_ACTOR = familiar(ACTOR)
_FAMILIAR_VERB = familiar(VERB)

STATEMENT_REF = shape(
    clause("2.4.4.3"),
    {"objectType": one_of("StatementRef"), "id": UUID_TEXT},
    required=("objectType", "id"),
)


_LOWEST, _HIGHEST = float("-inf"), float("inf")


def check_score_range(value: dict[str, Any]) -> None:
    """Data 2.4.5.1: min is less than max, raw lies between them, scaled between -1 and 1."""
    low, high = value.get("min", _LOWEST), value.get("max", _HIGHEST)
    if low >= high:
        raise Broken("must be less than max", "min")
    if "raw" in value and not low <= value["raw"] <= high:
        raise Broken("must lie between min and max", "raw")
    if "scaled" in value and not -1 <= value["scaled"] <= 1:
        raise Broken("must lie between -1 and 1", "scaled")


SCORE = shape(clause("2.4.5.1"), {"scaled": number, "raw": number, "min": number, "max": number}, also=(check_score_range,))
RESULT = shape(
    clause("2.4.5"),
    {
        "score": SCORE,
        "success": boolean,
        "completion": boolean,
        "response": string,
        "duration": DURATION,
        "extensions": EXTENSIONS,
    },
)

_ACTIVITIES = list_of(ACTIVITY)


def context_activity(value: Any) -> None:
    """Data 2.4.6.2: one Activity, as version 0.95 had it, or an array of them."""
    (ACTIVITY if type(value) is dict else _ACTIVITIES)(value)


CONTEXT_ACTIVITIES = familiar(shape(clause("2.4.6.2"), dict.fromkeys(CONTEXT_ACTIVITY_KINDS, context_activity)))
_CONTEXT: dict[str, Check] = {
    "registration": UUID_TEXT,
    "instructor": ACTOR,
    "team": GROUP,
    "contextActivities": CONTEXT_ACTIVITIES,
    "revision": string,
    "platform": string,
    "language": LANGUAGE,
    "statement": STATEMENT_REF,
    "extensions": EXTENSIONS,
}
_RELEVANT_TYPES = list_of(IRI, CONTEXT_2, least=1)
CONTEXT_AGENT = shape(
    CONTEXT_2,
    {"objectType": one_of("contextAgent"), "agent": AGENT, "relevantTypes": _RELEVANT_TYPES},
    required=("objectType", "agent"),
)
CONTEXT_GROUP = shape(
    CONTEXT_2,
    {"objectType": one_of("contextGroup"), "group": GROUP, "relevantTypes": _RELEVANT_TYPES},
    required=("objectType", "group"),
)
_CONTEXTS = {
    Version.V1: shape(clause("2.4.6"), _CONTEXT),
    Version.V2: shape(
        clause("2.4.6"),
        _CONTEXT | {"contextAgents": list_of(CONTEXT_AGENT, CONTEXT_2), "contextGroups": list_of(CONTEXT_GROUP, CONTEXT_2)},
    ),
}
ATTACHMENT = shape(
    clause("2.4.11"),
    {
        "usageType": IRI,
        "display": LANGUAGE_MAP,
        "description": LANGUAGE_MAP,
        "contentType": text("an Internet media type", is_media_type),
        "length": natural,
        "sha2": text("a hexadecimal SHA-2 sum", is_sha2),
        "fileUrl": IRI,
    },
    required=("usageType", "display", "contentType", "length", "sha2"),
)


def check_activity_context(value: dict[str, Any]) -> None:
    """Data 2.4.6: revision and platform say something of an Activity, so the object must be one."""
    if value["object"].get("objectType", "Activity") != "Activity":
        for name in ("revision", "platform"):
            if name in value.get("context", ()):
                raise Broken("is allowed only when the object is an Activity", name, "context", rule=clause("2.4.6"))


def check_voiding(value: dict[str, Any]) -> None:
    """Data 2.3.2: what voids must point at a statement."""
    if value["verb"]["id"] == VOIDED and value["object"].get("objectType") != "StatementRef":
        raise Broken("must be StatementRef when the verb is voided", "objectType", "object", rule=clause("2.3.2"))


_SIMPLE_OBJECTS: dict[str, Check] = {"Activity": ACTIVITY, "Agent": AGENT, "Group": GROUP, "StatementRef": STATEMENT_REF}
_VERSIONS = {Version.V1: re.compile(r"1\.0(?:\.[0-9]+)?"), Version.V2: re.compile(r"[12]\.0(?:\.[0-9]+)?")}
_VERSION_KINDS = {Version.V1: "1.0 and a patch number", Version.V2: "2.0 or 1.0 and a patch number"}


def _common(version: Version) -> dict[str, Check]:
    """What a statement and a SubStatement have alike."""
    return {
        "actor": _FAMILIAR_ACTOR,
        "verb": _FAMILIAR_VERB,
        "result": RESULT,
        "context": _CONTEXTS[version],
        "timestamp": TIMESTAMP,
        "attachments": list_of(ATTACHMENT, clause("2.4.11")),
    }


def _sub_statement(version: Version) -> Check:
    return shape(
        clause("2.4.4.3"),
        {
            "objectType": one_of("SubStatement"),
            "object": by_object_type(clause("2.4.4.3"), "Activity", _SIMPLE_OBJECTS),
            **_common(version),
        },
        required=("actor", "verb", "object"),
        also=(check_voiding, check_activity_context),
    )


def _statement(version: Version) -> Check:
    return shape(
        clause("2.4"),
        {
            "id": UUID_TEXT,
            "object": by_object_type(clause("2.4.4"), "Activity", {**_SIMPLE_OBJECTS, "SubStatement": _sub_statement(version)}),
            "stored": TIMESTAMP,
            "authority": check_authority,
            "version": recurring(_VERSION_KINDS[version], _VERSIONS[version].fullmatch, clause("2.4.10")),
            **_common(version),
        },
        required=("actor", "verb", "object"),
        also=(check_voiding, check_activity_context),
    )


STATEMENT = {version: _statement(version) for version in Version}
"""What a statement must be, by the version of xAPI that its request is in."""
