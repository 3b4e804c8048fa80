"""The structure of a statement: which properties each object has, and every MUST about them that an LRS can check.

Source: xAPI 1.0.3, Data 2.2 to 2.4 and 4.1 to 4.6. Each shape names its clause; docs/protocols.md lists them with their tests.
Left out: what correctResponsesPattern says (the LRS MAY look), signatures (2.6), and anything about meaning.
"""

from collections.abc import Callable
from typing import Any

from lrs_bridge.xapi.model.formats import (
    is_duration,
    is_iri,
    is_language_tag,
    is_mbox,
    is_media_type,
    is_sha1,
    is_sha2,
    is_uuid,
    parse_timestamp,
)
from lrs_bridge.xapi.model.shapes import (
    Broken,
    Check,
    ListOf,
    MapOf,
    OneOf,
    Shape,
    Text,
    boolean,
    natural,
    number,
    string,
    wrong_type,
)

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
IFI_NAMES = ("mbox", "mbox_sha1sum", "openid", "account")
CONTEXT_ACTIVITY_KINDS = ("parent", "grouping", "category", "other")

COMPONENT_LISTS = {
    "true-false": frozenset[str](),
    "choice": frozenset({"choices"}),
    "fill-in": frozenset[str](),
    "long-fill-in": frozenset[str](),
    "matching": frozenset({"source", "target"}),
    "performance": frozenset({"steps"}),
    "sequencing": frozenset({"choices"}),
    "likert": frozenset({"scale"}),
    "numeric": frozenset[str](),
    "other": frozenset[str](),
}
"""The component lists that each interaction type supports (Data 2.4.4.1, Interaction Components)."""


def clause(number_: str) -> str:
    """How a clause of the specification's part two is cited in errors."""
    return f"xAPI 1.0.3 Data {number_}"


def _is_version(text: str) -> bool:
    return text.startswith("1.0.") and text[4:].isdecimal() and text.isascii()


def _is_timestamp(text: str) -> bool:
    return parse_timestamp(text) is not None


def _has_no_null_character(text: str) -> bool:
    return "\x00" not in text


IRI = Text("an absolute IRI", is_iri, clause("4.3"))
UUID_TEXT = Text("a UUID in standard form", is_uuid, clause("4.4"))
LANGUAGE = Text("an RFC 5646 language tag", is_language_tag, clause("4.2"))
TIMESTAMP = Text("an RFC 3339 timestamp with a known time zone", _is_timestamp, clause("4.5"))
DURATION = Text("an ISO 8601 duration such as PT1H30M", is_duration, clause("4.6"))
LANGUAGE_MAP = MapOf(clause("4.2"), is_language_tag, "RFC 5646 language tags", string)
EXTENSIONS = MapOf(clause("4.1"), is_iri, "absolute IRIs", None)

ACCOUNT = Shape(
    clause("2.4.2.4"),
    {"homePage": IRI, "name": Text("without null characters", _has_no_null_character)},
    required=("homePage", "name"),
)
IFI_PROPERTIES: dict[str, Check] = {
    "mbox": Text("a mailto IRI of one address", is_mbox, clause("2.4.2.3")),
    "mbox_sha1sum": Text("the hexadecimal SHA-1 sum of a mailto IRI", is_sha1, clause("2.4.2.3")),
    "openid": IRI,
    "account": ACCOUNT,
}


def check_one_ifi(value: dict[str, Any]) -> None:
    """Data 2.4.2.1 and 2.4.2.2: an Agent and an identified Group have exactly one inverse functional identifier."""
    present = [name for name in IFI_NAMES if name in value]
    if not present:
        raise Broken(f"needs one of {', '.join(IFI_NAMES)}", rule=clause("2.4.2.3"))
    if len(present) > 1:
        raise Broken(f"stands beside {present[0]}; only one identifier is allowed", present[1], rule=clause("2.4.2.3"))


def check_group_identity(value: dict[str, Any]) -> None:
    """Data 2.4.2.2: a Group without an identifier is anonymous and must list its members."""
    if "member" not in value or any(name in value for name in IFI_NAMES):
        check_one_ifi(value)


AGENT = Shape(
    clause("2.4.2.1"),
    {"objectType": OneOf(frozenset({"Agent"})), "name": string, **IFI_PROPERTIES},
    also=(check_one_ifi,),
)
GROUP = Shape(
    clause("2.4.2.2"),
    {"objectType": OneOf(frozenset({"Group"})), "name": string, "member": ListOf(AGENT), **IFI_PROPERTIES},
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
    """Data 2.4.9: an Agent, or for three-legged OAuth a Group of exactly two Agents."""
    ACTOR(value)
    if value.get("objectType") == "Group" and len(value.get("member", ())) != 2:  # noqa: PLR2004  application and user
        raise Broken("must list two Agents, the application and the user", "member", rule=clause("2.4.9"))


VERB = Shape(clause("2.4.3"), {"id": IRI, "display": LANGUAGE_MAP}, required=("id",))

COMPONENT = Shape(clause("2.4.4.1"), {"id": string, "description": LANGUAGE_MAP}, required=("id",))
_COMPONENT_ARRAY = ListOf(COMPONENT)


def components(value: Any) -> None:
    """Data 2.4.4.1, Interaction Components: an array of components whose ids differ."""
    _COMPONENT_ARRAY(value)
    seen: set[str] = set()
    for index, component in enumerate(value):
        if component["id"] in seen:
            raise Broken("is used twice in this list", "id", index)
        seen.add(component["id"])


_COMPONENT_NAMES = ("choices", "scale", "source", "target", "steps")
_INTERACTION_NAMES = ("correctResponsesPattern", *_COMPONENT_NAMES)


def check_interaction(value: dict[str, Any]) -> None:
    """Data 2.4.4.1, Interaction Activities: a type is there, and only the component lists that it supports."""
    interaction_type = value.get("interactionType")
    if interaction_type is None:
        if any(name in value for name in _INTERACTION_NAMES):
            raise Broken("is required of an interaction", "interactionType")
        return
    for name in _COMPONENT_NAMES:
        if name in value and name not in COMPONENT_LISTS[interaction_type]:
            raise Broken(f"is not supported by interactionType {interaction_type}", name)


DEFINITION = Shape(
    clause("2.4.4.1"),
    {
        "name": LANGUAGE_MAP,
        "description": LANGUAGE_MAP,
        "type": IRI,
        "moreInfo": IRI,
        "extensions": EXTENSIONS,
        "interactionType": OneOf(frozenset(COMPONENT_LISTS)),
        "correctResponsesPattern": ListOf(string),
        **dict.fromkeys(_COMPONENT_NAMES, components),
    },
    also=(check_interaction,),
)
ACTIVITY = Shape(
    clause("2.4.4.1"),
    {"objectType": OneOf(frozenset({"Activity"})), "id": IRI, "definition": DEFINITION},
    required=("id",),
)
STATEMENT_REF = Shape(
    clause("2.4.4.3"),
    {"objectType": OneOf(frozenset({"StatementRef"})), "id": UUID_TEXT},
    required=("objectType", "id"),
)


def check_score_range(value: dict[str, Any]) -> None:
    """Data 2.4.5.1: min is less than max, raw lies between them, scaled between -1 and 1."""
    low, high = value.get("min", float("-inf")), value.get("max", float("inf"))
    if low >= high:
        raise Broken("must be less than max", "min")
    if not low <= value.get("raw", low) <= high:
        raise Broken("must lie between min and max", "raw")
    if not -1 <= value.get("scaled", 0) <= 1:
        raise Broken("must lie between -1 and 1", "scaled")


SCORE = Shape(clause("2.4.5.1"), {"scaled": number, "raw": number, "min": number, "max": number}, also=(check_score_range,))
RESULT = Shape(
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

_ACTIVITIES = ListOf(ACTIVITY)


def context_activity(value: Any) -> None:
    """Data 2.4.6.2: one Activity, as version 0.95 had it, or an array of them."""
    (ACTIVITY if type(value) is dict else _ACTIVITIES)(value)


CONTEXT_ACTIVITIES = Shape(clause("2.4.6.2"), dict.fromkeys(CONTEXT_ACTIVITY_KINDS, context_activity))
CONTEXT = Shape(
    clause("2.4.6"),
    {
        "registration": UUID_TEXT,
        "instructor": ACTOR,
        "team": GROUP,
        "contextActivities": CONTEXT_ACTIVITIES,
        "revision": string,
        "platform": string,
        "language": LANGUAGE,
        "statement": STATEMENT_REF,
        "extensions": EXTENSIONS,
    },
)
ATTACHMENT = Shape(
    clause("2.4.11"),
    {
        "usageType": IRI,
        "display": LANGUAGE_MAP,
        "description": LANGUAGE_MAP,
        "contentType": Text("an Internet media type", is_media_type),
        "length": natural,
        "sha2": Text("a hexadecimal SHA-2 sum", is_sha2),
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


_COMMON: dict[str, Check] = {
    "actor": ACTOR,
    "verb": VERB,
    "result": RESULT,
    "context": CONTEXT,
    "timestamp": TIMESTAMP,
    "attachments": ListOf(ATTACHMENT, clause("2.4.11")),
}
_SIMPLE_OBJECTS: dict[str, Check] = {"Activity": ACTIVITY, "Agent": AGENT, "Group": GROUP, "StatementRef": STATEMENT_REF}
_REQUIRED = ("actor", "verb", "object")
_RULES: tuple[Callable[[dict[str, Any]], None], ...] = (check_voiding, check_activity_context)

SUB_STATEMENT = Shape(
    clause("2.4.4.3"),
    {
        "objectType": OneOf(frozenset({"SubStatement"})),
        "object": by_object_type(clause("2.4.4.3"), "Activity", _SIMPLE_OBJECTS),
        **_COMMON,
    },
    required=_REQUIRED,
    also=_RULES,
)
STATEMENT = Shape(
    clause("2.4"),
    {
        "id": UUID_TEXT,
        "object": by_object_type(clause("2.4.4"), "Activity", {**_SIMPLE_OBJECTS, "SubStatement": SUB_STATEMENT}),
        "stored": TIMESTAMP,
        "authority": check_authority,
        "version": Text("1.0. and a patch number", _is_version, clause("2.4.10")),
        **_COMMON,
    },
    required=_REQUIRED,
    also=_RULES,
)
