"""What a statement refers to, as 64-bit numbers that an index can hold.

Source: xAPI 1.0.3, Communication 2.1.3 (the filters agent, verb, activity, registration, related_agents, related_activities);
IEEE 9274.1.1 (xAPI 2.0) 4.1.6.1, where related_agents finds contextAgents and contextGroups as well.
A number is the hash of a value, keyed by the tenant, so that an index on numbers alone is still separated by tenant. Different
values may share a number: whoever reads by it compares the value itself (query.confirms).
"""

import hashlib
from collections.abc import Collection
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from lrs_bridge.xapi.model.formats import parse_uuid
from lrs_bridge.xapi.model.rules import IFI_NAMES, VOIDED

AGENT, MEMBER, ACTIVITY, VERB = "agent", "member", "activity", "verb"

_NOTHING: dict[str, Any] = {}


class References(msgspec.Struct, frozen=True):
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


def registration_reference(tenant: str, registration: UUID) -> int:
    """The number under which the registration of a statement is noted that others point at."""
    return reference(tenant, "registration", str(registration))


def agents_of(tenant: str, agent: dict[str, Any]) -> set[int]:
    """The numbers of an Agent, or of a Group and its members."""
    found: set[int] = set()
    _add_agents(found, tenant, agent)
    return found


def references_of(tenant: str, value: dict[str, Any], authority: Collection[int]) -> References:
    """All that the statement refers to; ``authority`` are the numbers of the agents that it gets as its authority."""
    actor, verb, object_ = value["actor"], value["verb"]["id"], value["object"]
    object_type = object_.get("objectType", "Activity")
    context = value.get("context", _NOTHING)
    registration = context.get("registration")
    is_reference = object_type == "StatementRef"
    actor_number, object_number = _agent(tenant, actor), _object(tenant, object_, object_type)
    related = set(authority)
    _add_context(related, tenant, context)
    if object_type == "SubStatement":
        _add_sub_statement(related, tenant, object_)
    for group in (actor, object_):
        if "member" in group:  # the plain agent filter finds a group by its members, too
            related.update(reference(tenant, MEMBER, str(agent_key(member))) for member in group["member"])
            _add_agents(related, tenant, group)
    related -= {actor_number, object_number}
    return References(
        actor=actor_number,
        verb=reference(tenant, VERB, verb),
        object=object_number,
        registration=None if registration is None else parse_uuid(registration),
        related=tuple(sorted(related)),
        target=parse_uuid(object_["id"]) if is_reference else None,
        voids=is_reference and verb == VOIDED,
    )


def _agent(tenant: str, agent: dict[str, Any]) -> int | None:
    key = agent_key(agent)
    return None if key is None else reference(tenant, AGENT, key)


def _object(tenant: str, object_: dict[str, Any], object_type: str) -> int | None:
    if object_type == "Activity":
        return reference(tenant, ACTIVITY, object_["id"])
    return _agent(tenant, object_) if object_type in ("Agent", "Group") else None


def _add_sub_statement(found: set[int], tenant: str, value: dict[str, Any]) -> None:
    object_ = value["object"]
    object_type = object_.get("objectType", "Activity")
    _add_agents(found, tenant, value["actor"])
    if object_type == "Activity":
        found.add(reference(tenant, ACTIVITY, object_["id"]))
    else:  # of which a StatementRef has none
        _add_agents(found, tenant, object_)
    _add_context(found, tenant, value.get("context", _NOTHING))


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
