"""The structure of an Activity: its definition, and what belongs to an interaction of each type.

Source: xAPI 1.0.3, Data 2.4.4.1 (Activity Definition, Interaction Activities, Interaction Components); IEEE 9274.1.1 (xAPI 2.0)
4.2.2.3. Left out: what correctResponsesPattern says (the LRS MAY look).
"""

from typing import Any

from lrs_bridge.xapi.model.shapes import Broken, familiar, list_of, one_of, shape, string
from lrs_bridge.xapi.model.values import EXTENSIONS, IRI, LANGUAGE_MAP, clause

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

COMPONENT = shape(clause("2.4.4.1"), {"id": string, "description": LANGUAGE_MAP}, required=("id",))
_COMPONENT_ARRAY = list_of(COMPONENT)


def components(value: Any) -> None:
    """Data 2.4.4.1, Interaction Components: an array of components whose ids differ."""
    _COMPONENT_ARRAY(value)
    seen: set[str] = set()
    for index, component in enumerate(value):
        if component["id"] in seen:
            raise Broken("is used twice in this list", "id", index)
        seen.add(component["id"])


_COMPONENT_NAMES = ("choices", "scale", "source", "target", "steps")
_INTERACTION_NAMES = frozenset({"correctResponsesPattern", *_COMPONENT_NAMES})


def check_interaction(value: dict[str, Any]) -> None:
    """Data 2.4.4.1, Interaction Activities: a type is there, and only the component lists that it supports."""
    interaction_type = value.get("interactionType")
    if interaction_type is None:
        if not _INTERACTION_NAMES.isdisjoint(value):
            raise Broken("is required of an interaction", "interactionType")
        return
    for name in _COMPONENT_NAMES:
        if name in value and name not in COMPONENT_LISTS[interaction_type]:
            raise Broken(f"is not supported by interactionType {interaction_type}", name)


DEFINITION = shape(
    clause("2.4.4.1"),
    {
        "name": LANGUAGE_MAP,
        "description": LANGUAGE_MAP,
        "type": IRI,
        "moreInfo": IRI,
        "extensions": EXTENSIONS,
        "interactionType": one_of(*COMPONENT_LISTS),
        "correctResponsesPattern": list_of(string),
        **dict.fromkeys(_COMPONENT_NAMES, components),
    },
    also=(check_interaction,),
)
ACTIVITY = shape(
    clause("2.4.4.1"),
    {"objectType": one_of("Activity"), "id": IRI, "definition": familiar(DEFINITION)},
    required=("id",),
)
