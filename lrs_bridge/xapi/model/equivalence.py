"""Whether two statements with one id say the same.

Source: xAPI 1.0.3, Data 2.3.1 (Statement Immutability, Statement Comparison Requirements) and 4.6; IEEE 9274.1.1 (xAPI 2.0)
4.2.7. Ignored are what the LRS assigns, attachments, verb displays, activity definitions, how an instant is written, the order of
group members, the case of mail domains, UUIDs, hexadecimal digits and language tags, how a number is written, an array around a
single context activity, and a duration's digits beyond 0.01 s. Everything else counts.
"""

import re
from typing import Any

import orjson

from lrs_bridge.xapi.model.formats import parse_timestamp

_ASSIGNED = frozenset({"id", "authority", "stored", "version", "timestamp", "attachments"})
_LARGEST_EXACT = 2**53
_BEYOND_HUNDREDTHS = re.compile(r"([.,]\d\d)\d+(?=S)")


def is_equivalent(received: dict[str, Any], kept: dict[str, Any]) -> bool:
    """Whether a valid statement matches the kept one, or, where nothing was assigned to either, another one."""
    if not _timestamps_agree(received, kept):
        return False
    return orjson.dumps(_plain(_essence(received)), option=orjson.OPT_SORT_KEYS) == orjson.dumps(
        _plain(_essence(kept)), option=orjson.OPT_SORT_KEYS
    )


def _plain(value: Any) -> Any:
    """The value with every number in one spelling: 100.0 that went through JavaScript comes back as 100."""
    if type(value) is dict:
        return {name: _plain(item) for name, item in value.items()}
    if type(value) is list:
        return [_plain(item) for item in value]
    return int(value) if type(value) is float and value.is_integer() and abs(value) <= _LARGEST_EXACT else value


def _timestamps_agree(received: dict[str, Any], kept: dict[str, Any]) -> bool:
    """A timestamp that the LRS assigns where there is none can't be held against either."""
    if "timestamp" not in received or kept.get("timestamp") == kept.get("stored"):
        return True
    return parse_timestamp(received["timestamp"]) == parse_timestamp(kept["timestamp"])


def _essence(value: dict[str, Any]) -> dict[str, Any]:
    """What counts of a statement or SubStatement, in one spelling."""
    essence = {name: item for name, item in value.items() if name not in _ASSIGNED}
    essence["actor"] = _agent(value["actor"])
    essence["verb"] = value["verb"]["id"]
    essence["object"] = _object(value["object"])
    if "context" in value:
        essence["context"] = _context(value["context"])
    if "duration" in value.get("result", ()):
        duration = _BEYOND_HUNDREDTHS.sub(r"\1", value["result"]["duration"])
        essence["result"] = value["result"] | {"duration": duration}
    return essence


def _agent(agent: dict[str, Any]) -> dict[str, Any]:
    essence = dict(agent)
    if "mbox" in agent:
        local, _, domain = agent["mbox"].rpartition("@")
        essence["mbox"] = f"{local}@{domain.lower()}"
    if "mbox_sha1sum" in agent:
        essence["mbox_sha1sum"] = agent["mbox_sha1sum"].lower()
    if "member" in agent:
        members = [_agent(member) for member in agent["member"]]
        essence["member"] = sorted(members, key=lambda member: orjson.dumps(member, option=orjson.OPT_SORT_KEYS))
    return essence


def _object(value: dict[str, Any]) -> dict[str, Any]:
    match value.get("objectType", "Activity"):
        case "Activity":
            return _without_definition(value)
        case "StatementRef":
            return value | {"id": value["id"].lower()}
        case "SubStatement":
            timestamp = value.get("timestamp")
            return _essence(value) | {"timestamp": None if timestamp is None else parse_timestamp(timestamp)}
        case _:
            return _agent(value)


def _without_definition(activity: dict[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in activity.items() if name != "definition"}


def _context(context: dict[str, Any]) -> dict[str, Any]:
    essence = dict(context)
    if "registration" in context:
        essence["registration"] = context["registration"].lower()
    if "language" in context:
        essence["language"] = context["language"].lower()
    if "statement" in context:
        essence["statement"] = _object(context["statement"])
    for role in ("instructor", "team"):
        if role in context:
            essence[role] = _agent(context[role])
    if "contextAgents" in context:
        essence["contextAgents"] = [one | {"agent": _agent(one["agent"])} for one in context["contextAgents"]]
    if "contextGroups" in context:
        essence["contextGroups"] = [one | {"group": _agent(one["group"])} for one in context["contextGroups"]]
    if "contextActivities" in context:
        essence["contextActivities"] = {
            kind: [_without_definition(one) for one in ([activities] if type(activities) is dict else activities)]
            for kind, activities in context["contextActivities"].items()
        }
    return essence
