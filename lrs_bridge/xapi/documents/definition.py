"""What is known of an Activity, put together from the statements that speak of it.

Source: xAPI 1.0.3, Communication 2.5 and Data 2.4.4.1 (Activity Definition); IEEE 9274.1.1 (xAPI 2.0) 4.1.6.4. The newest word
counts: per language in a name or description, per extension, per member else. What belongs to an interaction is taken whole from
one statement, since pieces of two could make a question that nobody asked.
"""

from collections.abc import Iterable
from typing import Any

_MAPS = ("name", "description", "extensions")
_INTERACTION = ("interactionType", "correctResponsesPattern", "choices", "scale", "source", "target", "steps")
_ORDER = ("name", "description", "type", "moreInfo", *_INTERACTION, "extensions")


def activity_of(value: dict[str, Any], activity: str) -> dict[str, Any] | None:
    """The definition that a statement gives of that Activity; None when it speaks of something else, or gives none."""
    object_ = value["object"]
    if object_.get("objectType", "Activity") != "Activity" or object_["id"] != activity:
        return None
    definition: dict[str, Any] | None = object_.get("definition")
    return definition


def combined(activity: str, definitions: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The whole Activity, from its definitions, newest first."""
    found: dict[str, Any] = {}
    for definition in definitions:
        _add(found, definition)
    whole: dict[str, Any] = {"objectType": "Activity", "id": activity}
    ordered = {name: found[name] for name in _ORDER if name in found}
    return whole | ({"definition": ordered} if ordered else {})


def _add(found: dict[str, Any], older: dict[str, Any]) -> None:
    has_interaction = "interactionType" in found
    for name, value in older.items():
        if name in _MAPS:
            found[name] = found.get(name, {}) | {key: item for key, item in value.items() if key not in found.get(name, {})}
        elif name not in found and not (has_interaction and name in _INTERACTION):
            found[name] = value
