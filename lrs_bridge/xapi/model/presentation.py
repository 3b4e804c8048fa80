"""The shorter forms in which statements can be asked for.

Source: xAPI 1.0.3, Communication 2.1.3 (format ids and canonical, Language Filtering Requirements). The canonical definition of
an activity is the one that its statement carries. ``exact`` needs no code: it is the stored text.
"""

from collections.abc import Callable, Sequence
from typing import Any

from lrs_bridge.xapi.model.rules import IFI_NAMES

_AGENT_NAMES = frozenset({"objectType", *IFI_NAMES})
_COMPONENT_NAMES = ("choices", "scale", "source", "target", "steps")

Change = Callable[[dict[str, Any]], dict[str, Any]]


def parse_accept_language(header: str) -> tuple[str, ...]:
    """The language ranges of an Accept-Language header, lower-case, best first; what can't be read is passed over."""
    ranges = []
    for position, part in enumerate(header.split(",")):
        tag, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
        if tag and quality.replace(".", "", 1).isdecimal() and float(quality) > 0:
            ranges.append((-float(quality), position, tag))
    return tuple(tag for _, _, tag in sorted(ranges))


def pick_language(texts: dict[str, str], preferred: Sequence[str]) -> str | None:
    """The tag of the text to show: the first that a preferred range matches, else the map's first; None when it is empty."""
    for wanted in preferred:
        for tag in texts:
            if wanted == "*" or tag.lower() == wanted or tag.lower().startswith(wanted + "-"):
                return tag
    return next(iter(texts), None)


def only_ids(value: dict[str, Any]) -> dict[str, Any]:
    """The statement with agents, groups, activities and verbs cut down to what identifies them."""
    return _rebuilt(value, agent=_agent_id, activity=_activity_id, verb=lambda verb: {"id": verb["id"]})


def canonical(value: dict[str, Any], preferred: Sequence[str]) -> dict[str, Any]:
    """The statement with one language in each language map of its activities and verbs; agents and groups as they came."""

    def one_language(texts: dict[str, str]) -> dict[str, str]:
        tag = pick_language(texts, preferred)
        return {} if tag is None else {tag: texts[tag]}

    def named(thing: dict[str, Any], *names: str) -> dict[str, Any]:
        return thing | {name: one_language(thing[name]) for name in names if name in thing}

    def activity(thing: dict[str, Any]) -> dict[str, Any]:
        if "definition" not in thing:
            return thing
        definition = named(thing["definition"], "name", "description")
        lists = {name: [named(one, "description") for one in definition[name]] for name in _COMPONENT_NAMES if name in definition}
        return thing | {"definition": definition | lists}

    return _rebuilt(value, agent=dict, activity=activity, verb=lambda verb: named(verb, "display"))


def _agent_id(agent: dict[str, Any]) -> dict[str, Any]:
    essence = {name: item for name, item in agent.items() if name in _AGENT_NAMES}
    if len(essence) == ("objectType" in agent):  # an anonymous group is known by its members alone
        essence["member"] = [_agent_id(member) for member in agent["member"]]
    return essence


def _activity_id(activity: dict[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in activity.items() if name != "definition"}


def _rebuilt(value: dict[str, Any], *, agent: Change, activity: Change, verb: Change) -> dict[str, Any]:
    changed = value | {"actor": agent(value["actor"]), "verb": verb(value["verb"])}
    if "authority" in value:
        changed["authority"] = agent(value["authority"])
    object_ = value["object"]
    match object_.get("objectType", "Activity"):
        case "Activity":
            changed["object"] = activity(object_)
        case "Agent" | "Group":
            changed["object"] = agent(object_)
        case "SubStatement":
            changed["object"] = _rebuilt(object_, agent=agent, activity=activity, verb=verb)
    if "context" in value:
        changed["context"] = _rebuilt_context(value["context"], agent, activity)
    return changed


def _rebuilt_context(context: dict[str, Any], agent: Change, activity: Change) -> dict[str, Any]:
    changed = context | {role: agent(context[role]) for role in ("instructor", "team") if role in context}
    if "contextActivities" in context:
        kinds = context["contextActivities"].items()
        changed["contextActivities"] = {kind: [activity(one) for one in activities] for kind, activities in kinds}
    return changed
