"""The shorter forms in which statements can be asked for.

Source: xAPI 1.0.3, Communication 2.1.3 (format ids and canonical, Language Filtering Requirements) and Data 2.4.3 (verb display);
IEEE 9274.1.1 (xAPI 2.0) 4.1.6.1, which asks for the same; RFC 2616 14.4 (Accept-Language). The canonical definition of an
activity is the one that its statement carries. ``exact`` needs no code: it is the stored text.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from lrs_bridge.xapi.model.rules import IFI_NAMES

_AGENT_NAMES = frozenset({"objectType", *IFI_NAMES})
_COMPONENT_NAMES = ("choices", "scale", "source", "target", "steps")
_QUALITY = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.ASCII)

Change = Callable[[dict[str, Any]], dict[str, Any]]


class LanguageRange(NamedTuple):
    """What one part of an Accept-Language header wants: a lower-case tag or ``*``, and how much, from 0 (not at all) to 1."""

    tag: str
    quality: float = 1.0

    def matches(self, tag: str) -> bool:
        """Whether a language tag, lower-case, is this one or a narrower one."""
        return self.tag in ("*", tag) or tag.startswith(self.tag + "-")


def parse_accept_language(header: str) -> tuple[LanguageRange, ...]:
    """The language ranges of an Accept-Language header, best first; what can't be read is passed over."""
    ranges = []
    for part in header.lower().split(","):
        tag, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((piece.replace(" ", "") for piece in parameters if piece.startswith("q")), "q=1")
        match = _QUALITY.fullmatch(quality)
        if tag and match:
            ranges.append(LanguageRange(tag, float(match[1])))
    return tuple(sorted(ranges, key=lambda one: -one.quality))


def pick_language(texts: Mapping[str, str], preferred: Sequence[str]) -> str | None:
    """The tag of the text to show to someone who prefers these languages, lower-case, in this order."""
    return _picked(tuple(texts), tuple(preferred))


@lru_cache(maxsize=4096)
def _picked(tags: tuple[str, ...], preferred: tuple[str, ...]) -> str | None:
    return accepted_language(dict.fromkeys(tags, ""), [LanguageRange(tag) for tag in preferred])


def accepted_language(texts: Mapping[str, str], ranges: Sequence[LanguageRange]) -> str | None:
    """The tag of the text to show to someone who accepts these ranges, given best first; None when there is no text.

    A tag is as welcome as the longest range that matches it says (RFC 2616 14.4), and among equals the earlier range wins. When
    none is welcome, the first that a range without its last subtags names (nb for nb-NO) is better than the map's first.
    """
    ranks = {tag: _rank(tag.lower(), ranges) for tag in texts}
    welcome = {tag: rank for tag, rank in ranks.items() if rank is not None and rank[0] > 0}
    if welcome:
        return max(welcome, key=welcome.__getitem__)
    unmentioned = [tag for tag, rank in ranks.items() if rank is None] or list(texts)
    return _broader(unmentioned, ranges) or next(iter(unmentioned), None)


def _rank(tag: str, ranges: Sequence[LanguageRange]) -> tuple[float, int] | None:
    """How welcome a tag is: its quality, then how far in front that was said; None when no range matches it."""
    matching = [(len(one.tag.rstrip("*")), one.quality, -place) for place, one in enumerate(ranges) if one.matches(tag)]
    return max(matching)[1:] if matching else None


def _broader(tags: Sequence[str], ranges: Sequence[LanguageRange]) -> str | None:
    for one in ranges:
        wanted = one.tag if one.quality > 0 else ""
        while "-" in wanted:
            wanted = wanted.rpartition("-")[0]
            found = next((tag for tag in tags if tag.lower() == wanted), None)
            if found is not None:
                return found
    return None


def only_ids(value: dict[str, Any]) -> dict[str, Any]:
    """The statement with agents, groups, activities and verbs cut down to what identifies them."""
    return _rebuilt(value, agent=_agent_id, activity=_activity_id, verb=lambda verb: {"id": verb["id"]})


def canonical(value: dict[str, Any], ranges: Sequence[LanguageRange]) -> dict[str, Any]:
    """The statement with one language in each language map of its activities and verbs; agents and groups as they came."""

    def one_language(texts: dict[str, str]) -> dict[str, str]:
        tag = accepted_language(texts, ranges)
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
    return {"id": activity["id"]}  # an object without a type is an Activity


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
    for list_name, name in (("contextAgents", "agent"), ("contextGroups", "group")):
        if list_name in context:
            changed[list_name] = [one | {name: agent(one[name])} for one in context[list_name]]
    if "contextActivities" in context:
        kinds = context["contextActivities"].items()
        changed["contextActivities"] = {kind: [activity(one) for one in activities] for kind, activities in kinds}
    return changed
