"""A naive LRS: a list of statements, and filters written down as the specification tells them. It shares no code with ours.

Source: xAPI 1.0.3, Communication 2.1.3 (parameters, Filter Conditions for StatementRefs), 2.1.4, Data 2.3.2; IEEE 9274.1.1
(xAPI 2.0) for contextAgents and contextGroups.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
LARGEST_PAGE = 500

Json = dict[str, Any]


def instant(text: str) -> datetime:
    """A timestamp with a zone."""
    return datetime.fromisoformat(text).astimezone(UTC)


@dataclass
class NaiveLrs:
    """Statements in the order in which they were stored, each as the LRS gives it back. ``mighty`` keys may void anything."""

    mighty: frozenset[str] = frozenset()
    statements: list[Json] = field(default_factory=list)

    def refuses(self, batch: list[Json], writer: str) -> bool:
        """Data 2.3.2: whether one of the batch would void what voids, or what another key stored, stored already or beside it."""
        known = {one["id"]: one for one in [*self.statements, *batch]}
        targets = [known[one["object"]["id"]] for one in batch if _voids(one) and one["object"]["id"] in known]
        return any(_voids(target) or not self._may_void(writer, _key(target) or writer) for target in targets)

    def _may_void(self, key: str, owner: str) -> bool:
        return key == owner or key in self.mighty

    def voided(self) -> set[str]:
        """The ids of statements that another one voids, whose key may do so."""
        owners = {one["id"]: _key(one) for one in self.statements if not _voids(one)}
        pairs = [(one["object"]["id"], _key(one)) for one in self.statements if _voids(one)]
        return {target for target, key in pairs if target in owners and self._may_void(key, owners[target])}

    def query(self, parameters: dict[str, str], *, writer: str | None = None, after: str | None = None) -> list[str]:
        """The ids of one page in order, the first or the one after a statement, and of it only what a writer stored."""
        found = self.all(parameters, writer=writer)
        if after is not None:
            order = [one["id"] for one in self._ordered(parameters)]
            found = [one for one in found if order.index(one) > order.index(after)]
        return found[: int(parameters.get("limit", "0")) or LARGEST_PAGE]

    def all(self, parameters: dict[str, str], *, writer: str | None = None) -> list[str]:
        """The ids of all that fit, in order."""
        voided = self.voided()
        return [
            one["id"]
            for one in self._ordered(parameters)
            if one["id"] not in voided
            and (writer is None or one["authority"]["account"]["name"] == writer)
            and _in_time(one, parameters)
            and self._fits(one, parameters, writer, seen=set())
        ]

    def _ordered(self, parameters: dict[str, str]) -> list[Json]:
        return self.statements if parameters.get("ascending") == "true" else self.statements[::-1]

    def _fits(self, statement: Json, parameters: dict[str, str], writer: str | None, seen: set[str]) -> bool:
        if statement["id"] in seen:
            return False
        readable = writer is None or statement["authority"]["account"]["name"] == writer
        if readable and all(test(statement, parameters) for test in (_agent, _verb, _activity, _registration)):
            return True
        if statement["object"].get("objectType") != "StatementRef":
            return False
        targets = [one for one in self.statements if one["id"] == statement["object"]["id"]]
        return any(self._fits(one, parameters, writer, seen | {statement["id"]}) for one in targets)


def _key(statement: Json) -> str:
    return statement.get("authority", {}).get("account", {}).get("name", "")


def _voids(statement: Json) -> bool:
    return bool(statement) and statement["verb"]["id"] == VOIDED


def _in_time(statement: Json, parameters: dict[str, str]) -> bool:
    stored = instant(statement["stored"])
    since, until = parameters.get("since"), parameters.get("until")
    return (since is None or stored > instant(since)) and (until is None or stored <= instant(until))


def _verb(statement: Json, parameters: dict[str, str]) -> bool:
    return parameters.get("verb") in (None, statement["verb"]["id"])


def _registration(statement: Json, parameters: dict[str, str]) -> bool:
    wanted = parameters.get("registration")
    return wanted is None or statement.get("context", {}).get("registration", "").lower() == wanted.lower()


def _agent(statement: Json, parameters: dict[str, str]) -> bool:
    if "agent" not in parameters:
        return True
    wanted = _identifier(json.loads(parameters["agent"]))
    if parameters.get("related_agents") != "true":
        candidates = [statement["actor"], *_agents_in_object(statement)]
    else:
        candidates = [statement["authority"], *_related_agents(statement)]
        if _is(statement["object"], "SubStatement"):
            candidates += _related_agents(statement["object"])
    return any(wanted in (_identifier(one), *map(_identifier, one.get("member", []))) for one in candidates)


def _related_agents(statement: Json) -> list[Json]:
    context = statement.get("context", {})
    named = [context[name] for name in ("instructor", "team") if name in context]
    in_roles = [one["agent"] for one in context.get("contextAgents", [])] + [
        one["group"] for one in context.get("contextGroups", [])
    ]
    return [statement["actor"], *_agents_in_object(statement), *named, *in_roles]


def _agents_in_object(statement: Json) -> list[Json]:
    return [statement["object"]] if _is(statement["object"], "Agent") or _is(statement["object"], "Group") else []


def _identifier(agent: Json) -> tuple[str, ...]:
    """What tells an Agent or Group from others; for an anonymous Group nothing that equals anything."""
    for name in ("mbox", "mbox_sha1sum", "openid"):
        if name in agent:
            return (name, agent[name])
    return ("account", agent["account"]["homePage"], agent["account"]["name"]) if "account" in agent else ()


def _activity(statement: Json, parameters: dict[str, str]) -> bool:
    if "activity" not in parameters:
        return True
    found = _activities_in_object(statement)
    if parameters.get("related_activities") == "true":
        found = _related_activities(statement)
        if _is(statement["object"], "SubStatement"):
            found += _related_activities(statement["object"])
    return parameters["activity"] in found


def _related_activities(statement: Json) -> list[str]:
    found = _activities_in_object(statement)
    for activities in statement.get("context", {}).get("contextActivities", {}).values():
        found += [one["id"] for one in (activities if isinstance(activities, list) else [activities])]
    return found


def _activities_in_object(statement: Json) -> list[str]:
    return [statement["object"]["id"]] if _is(statement["object"], "Activity") else []


def _is(thing: Json, object_type: str) -> bool:
    return thing.get("objectType", "Activity") == object_type
