"""What a statement refers to, as 64-bit numbers that an index can hold.

Source: xAPI 1.0.3, Communication 2.1.3 (the filters agent, verb, activity, registration, related_agents, related_activities);
IEEE 9274.1.1 (xAPI 2.0) 4.1.6.1, where related_agents finds contextAgents and contextGroups as well.
A number is the hash of a value, keyed by the tenant, so that an index on numbers alone is still separated by tenant. Different
values may share a number: whoever reads by it compares the value itself (query.confirms).
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from lrs_bridge.xapi.model.rules import IFI_NAMES, VOIDED

AGENT, MEMBER, ACTIVITY, VERB = "agent", "member", "activity", "verb"


@dataclass(frozen=True, slots=True)
class References:
    """``actor`` and ``object`` are None when they have no identifier. ``related`` holds what the wider filters and the members of
    groups add to them. ``target`` is the statement that the object points at, ``voids`` whether it is voided by this one.
    """

    actor: int | None
    verb: int
    object: int | None
    registration: UUID | None
    related: tuple[int, ...]
    target: UUID | None
    voids: bool


def reference(tenant: str, kind: str, value: str) -> int:
    """The signed 64-bit number of a value of one kind (AGENT, MEMBER, ACTIVITY, VERB) within a tenant."""
    return (_remembered if len(value) <= _LONGEST else _number)(tenant, kind, value)


def _number(tenant: str, kind: str, value: str) -> int:
    digest = hashlib.blake2b(f"{kind} {value}".encode(), digest_size=8, key=tenant.encode()).digest()
    return int.from_bytes(digest, signed=True)


_LONGEST = 300
_remembered = lru_cache(maxsize=16_384)(_number)  # the same verbs, courses and people come again and again


def agent_key(agent: dict[str, Any]) -> str | None:
    """One text for an Agent's or identified Group's identifier; None for an anonymous Group."""
    for name in IFI_NAMES:
        if name in agent:
            value = agent[name]
            return f"{name} {value['homePage']} {value['name']}" if name == "account" else f"{name} {value}"
    return None


def points(value: dict[str, Any]) -> bool:
    """Whether the statement's object is another statement."""
    return bool(value["object"].get("objectType") == "StatementRef")


def references_of(tenant: str, value: dict[str, Any], authority: dict[str, Any]) -> References:
    """All that the statement refers to, its authority included."""
    object_ = value["object"]
    object_type = object_.get("objectType", "Activity")
    actor = _agent(tenant, value["actor"])
    target = _target(tenant, object_, object_type)
    is_reference = object_type == "StatementRef"
    registration = value["context"].get("registration") if "context" in value else None
    related: set[int] = set()
    _add_agents(related, tenant, authority)
    _add_all(related, tenant, value)
    if object_type == "SubStatement":
        _add_all(related, tenant, object_)
    for group in (value["actor"], object_):  # the plain agent filter finds a group by its members, too
        if "member" in group:
            related.update(reference(tenant, MEMBER, str(agent_key(member))) for member in group["member"])
    related -= {actor, target}
    return References(
        actor=actor,
        verb=reference(tenant, VERB, value["verb"]["id"]),
        object=target,
        registration=UUID(registration) if registration is not None else None,
        related=tuple(sorted(related)),
        target=UUID(object_["id"]) if is_reference else None,
        voids=is_reference and value["verb"]["id"] == VOIDED,
    )


def _agent(tenant: str, agent: dict[str, Any]) -> int | None:
    key = agent_key(agent)
    return None if key is None else reference(tenant, AGENT, key)


def _target(tenant: str, object_: dict[str, Any], object_type: str) -> int | None:
    if object_type == "Activity":
        return reference(tenant, ACTIVITY, object_["id"])
    return _agent(tenant, object_) if object_type in ("Agent", "Group") else None


def _add_all(found: set[int], tenant: str, value: dict[str, Any]) -> None:
    """Adds the agents and activities of a statement or SubStatement."""
    object_ = value["object"]
    object_type = object_.get("objectType", "Activity")
    _add_agents(found, tenant, value["actor"])
    if object_type == "Activity":
        found.add(reference(tenant, ACTIVITY, object_["id"]))
    elif object_type in ("Agent", "Group"):
        _add_agents(found, tenant, object_)
    if "context" in value:
        _add_context(found, tenant, value["context"])


def _add_context(found: set[int], tenant: str, context: dict[str, Any]) -> None:
    for role in ("instructor", "team"):
        if role in context:
            _add_agents(found, tenant, context[role])
    for one in context.get("contextAgents", ()):
        _add_agents(found, tenant, one["agent"])
    for one in context.get("contextGroups", ()):
        _add_agents(found, tenant, one["group"])
    if "contextActivities" in context:
        for activities in context["contextActivities"].values():
            for activity in [activities] if type(activities) is dict else activities:
                found.add(reference(tenant, ACTIVITY, activity["id"]))


def _add_agents(found: set[int], tenant: str, agent: dict[str, Any]) -> None:
    """Adds an agent, or a group and its members."""
    number = _agent(tenant, agent)
    if number is not None:
        found.add(number)
    for member in agent.get("member", ()):
        _add_agents(found, tenant, member)
