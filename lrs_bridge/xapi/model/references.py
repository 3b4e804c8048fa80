"""What a statement refers to, as 64-bit numbers that an index can hold.

Source: xAPI 1.0.3, Communication 2.1.3 (the filters agent, verb, activity, registration, related_agents, related_activities).
A number is the hash of a value, keyed by the tenant, so that an index on numbers alone is still separated by tenant. Different
values may share a number: whoever reads by it compares the value itself (query.confirms).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
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
    digest = hashlib.blake2b(f"{kind} {value}".encode(), digest_size=8, key=tenant.encode()).digest()
    return int.from_bytes(digest, signed=True)


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
    is_reference = points(value)
    registration = value.get("context", {}).get("registration")
    related = set(_related(tenant, value, authority)) - {actor, target}
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


def _related(tenant: str, value: dict[str, Any], authority: dict[str, Any]) -> Iterator[int]:
    object_ = value["object"]
    yield from _agents(tenant, authority)
    yield from _around(tenant, value)
    for group in (value["actor"], object_):  # the plain agent filter finds a group by its members, too
        for member in group.get("member", ()):
            yield reference(tenant, MEMBER, str(agent_key(member)))
    if object_.get("objectType") == "SubStatement":
        yield from _around(tenant, object_)


def _around(tenant: str, value: dict[str, Any]) -> Iterator[int]:
    """The agents and activities of a statement or SubStatement."""
    object_ = value["object"]
    yield from _agents(tenant, value["actor"])
    if object_.get("objectType") in ("Agent", "Group"):
        yield from _agents(tenant, object_)
    elif object_.get("objectType", "Activity") == "Activity":
        yield reference(tenant, ACTIVITY, object_["id"])
    context = value.get("context", {})
    for role in ("instructor", "team"):
        if role in context:
            yield from _agents(tenant, context[role])
    for activities in context.get("contextActivities", {}).values():
        for activity in [activities] if type(activities) is dict else activities:
            yield reference(tenant, ACTIVITY, activity["id"])


def _agents(tenant: str, agent: dict[str, Any]) -> Iterator[int]:
    """An agent, or a group and its members."""
    for one in (agent, *agent.get("member", ())):
        number = _agent(tenant, one)
        if number is not None:
            yield number
