"""Statements for tests: valid ones, and every way of spoiling one, with the field that the answer must name."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

STATEMENT_ID = "5f2f2a0e-8f0a-4c55-9ad1-0f6f3f1f0001"
OTHER_ID = "5f2f2a0e-8f0a-4c55-9ad1-0f6f3f1f0002"
REGISTRATION = "5f2f2a0e-8f0a-4c55-9ad1-0f6f3f1f00aa"
COURSE = "https://kurs.example.no/smittevern"
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
KARI = {"objectType": "Agent", "name": "Kari Nordmann", "mbox": "mailto:kari@example.no"}
OLA = {"account": {"homePage": "https://idp.example.no", "name": "hpr-7654321"}}


def statement(**changes: Any) -> dict[str, Any]:
    """Kari completed a course; top-level members can be changed, or left out with None."""
    base = {
        "actor": copy.deepcopy(KARI),
        "verb": {"id": COMPLETED, "display": {"nb": "fullførte"}},
        "object": {
            "objectType": "Activity",
            "id": COURSE,
            "definition": {
                "name": {"nb": "Smittevern", "en": "Infection control"},
                "type": "http://adlnet.gov/expapi/activities/course",
            },
        },
    }
    return {name: value for name, value in (base | copy.deepcopy(changes)).items() if value is not None}


def full_statement() -> dict[str, Any]:
    """A statement that uses every property that one can have."""
    return statement(
        id=STATEMENT_ID,
        result={
            "score": {"scaled": 0.9, "raw": 90, "min": 0, "max": 100},
            "success": True,
            "completion": True,
            "response": "a[,]b",
            "duration": "PT1H30M",
            "extensions": {"https://example.no/x": None},
        },
        context={
            "registration": REGISTRATION,
            "instructor": OLA,
            "team": {"objectType": "Group", "name": "LIS", "member": [KARI]},
            "contextActivities": {
                "parent": [{"id": "https://kurs.example.no/program"}],
                "grouping": [{"id": "https://kurs.example.no/katalog"}],
                "category": [],
                "other": [{"id": "https://kurs.example.no/annet"}],
            },
            "revision": "2",
            "platform": "Læringsportalen",
            "language": "nb-NO",
            "statement": {"objectType": "StatementRef", "id": OTHER_ID},
            "extensions": {"https://example.no/hf": {"name": [1, 2.5, None, True]}},
        },
        timestamp="2026-03-04T10:00:00.123+01:00",
        version="1.0.3",
        attachments=[
            {
                "usageType": "http://adlnet.gov/expapi/attachments/certificate",
                "display": {"nb": "Kursbevis"},
                "description": {"nb": "Bevis"},
                "contentType": "application/pdf; x=y",
                "length": 1234,
                "sha2": "0" * 64,
                "fileUrl": "https://kurs.example.no/bevis.pdf",
            }
        ],
    )


def sub_statement(**changes: Any) -> dict[str, Any]:
    return statement(**changes) | {"objectType": "SubStatement"}


def voiding(target: str, **changes: Any) -> dict[str, Any]:
    return statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": target}, **changes)


def interaction(interaction_type: str | None, **lists: Any) -> dict[str, Any]:
    definition = {} if interaction_type is None else {"interactionType": interaction_type}
    return {"id": COURSE, "definition": definition | lists}


Path = tuple[str | int, ...]


def put(*path_and_value: Any) -> Callable[[dict[str, Any]], None]:
    """A change that puts a value at a path."""
    *path, name, value = path_and_value

    def change(target: Any) -> None:
        for step in path:
            target = target[step]
        target[name] = value

    return change


def drop(*path: Any) -> Callable[[dict[str, Any]], None]:
    """A change that leaves out the member at a path."""
    *steps, name = path

    def change(target: Any) -> None:
        for step in steps:
            target = target[step]
        del target[name]

    return change


@dataclass(frozen=True)
class Flaw:
    """One broken rule: its clause in xAPI 1.0.3 Data (or Communication, with a C before it), and the field it must be told by."""

    name: str
    clause: str
    change: Callable[[dict[str, Any]], None]
    field: str

    def statement(self) -> dict[str, Any]:
        spoiled = full_statement()
        self.change(spoiled)
        return spoiled

    def body(self) -> bytes:
        return json.dumps(self.statement()).encode()


TWO_IFIS = {"mbox": "mailto:a@example.no", "openid": "https://id.example.no/a"}
CHOICES = [{"id": "a"}, {"id": "b", "description": {"nb": "B"}}]
ATTACHMENT = ("attachments", 0)
TEAM_MEMBER = ("context", "team", "member", 0)


def _without_file(spoiled: dict[str, Any]) -> None:
    spoiled["context"].pop("revision")
    spoiled["context"].pop("platform")
    attachment = dict(full_statement()["attachments"][0])
    del attachment["fileUrl"]
    spoiled["object"] = sub_statement(attachments=[attachment])


FLAWS = (
    # 2.2: required and known properties, types, nulls, case
    Flaw("actor missing", "2.4", drop("actor"), "actor"),
    Flaw("verb missing", "2.4", drop("verb"), "verb"),
    Flaw("object missing", "2.4", drop("object"), "object"),
    Flaw("unknown property", "2.2", put("mood", "good"), "mood"),
    Flaw("property in wrong case", "2.2", put("Actor", KARI), "Actor"),
    Flaw("null at the top", "2.2", put("result", None), "result"),
    Flaw("null deeper", "2.2", put("actor", "name", None), "actor.name"),
    Flaw("null in a language map", "2.2", put("verb", "display", "nb", None), "verb.display.nb"),
    Flaw("actor a string", "2.4.2", put("actor", "Kari"), "actor"),
    Flaw("actor an array", "2.4.2", put("actor", [KARI]), "actor"),
    # 2.4.1
    Flaw("id not a UUID", "4.4", put("id", "abc"), "id"),
    Flaw("id with braces", "4.4", put("id", "{" + STATEMENT_ID + "}"), "id"),
    Flaw("id a number", "4.4", put("id", 1), "id"),
    # 2.4.2
    Flaw("actor of unknown type", "2.4.2", put("actor", "objectType", "Person"), "actor.objectType"),
    Flaw("actor type in wrong case", "2.4.2", put("actor", "objectType", "agent"), "actor.objectType"),
    Flaw("actor type not a string", "2.4.2", put("actor", "objectType", []), "actor.objectType"),
    Flaw("agent without identifier", "2.4.2.3", drop("actor", "mbox"), "actor"),
    Flaw("agent with two identifiers", "2.4.2.3", put("actor", TWO_IFIS), "actor.openid"),
    Flaw("legacy actor of 0.9", "2.4.2.1", put("actor", {"name": ["Kari"], "mbox": ["mailto:kari@example.no"]}), "actor.name"),
    Flaw("mbox without mailto", "2.4.2.3", put("actor", "mbox", "kari@example.no"), "actor.mbox"),
    Flaw("mbox without at", "2.4.2.3", put("actor", "mbox", "mailto:kari"), "actor.mbox"),
    Flaw("mbox empty", "2.4.2.3", put("actor", "mbox", ""), "actor.mbox"),
    Flaw("sha1 too short", "2.4.2.3", put("actor", {"mbox_sha1sum": "abc"}), "actor.mbox_sha1sum"),
    Flaw("openid relative", "4.3", put("actor", {"openid": "id.example.no/a"}), "actor.openid"),
    Flaw("account without name", "2.4.2.4", put("actor", {"account": {"homePage": "https://a.no"}}), "actor.account.name"),
    Flaw("account without home page", "2.4.2.4", put("actor", {"account": {"name": "a"}}), "actor.account.homePage"),
    Flaw("account home page no IRI", "4.3", put("actor", {"account": {"homePage": "a", "name": "a"}}), "actor.account.homePage"),
    Flaw(
        "account name with null character",
        "2.4.2.4",
        put("actor", {"account": {"homePage": "https://a.no", "name": "a\x00"}}),
        "actor.account.name",
    ),
    Flaw(
        "account of 0.9",
        "2.2",
        put("actor", {"account": {"accountServiceHomePage": "https://a.no", "accountName": "a"}}),
        "actor.account.accountServiceHomePage",
    ),
    Flaw("anonymous group without members", "2.4.2.3", put("actor", {"objectType": "Group"}), "actor"),
    Flaw("group in a group", "2.4.2.1", put(*TEAM_MEMBER, "objectType", "Group"), "context.team.member[0].objectType"),
    Flaw("group member without identifier", "2.4.2.3", put(*TEAM_MEMBER, {"name": "x"}), "context.team.member[0]"),
    Flaw("group members not an array", "2.4.2.2", put("context", "team", "member", KARI), "context.team.member"),
    Flaw("group with two identifiers", "2.4.2.3", put("actor", TWO_IFIS | {"objectType": "Group", "member": []}), "actor.openid"),
    # 2.4.3
    Flaw("verb without id", "2.4.3", drop("verb", "id"), "verb.id"),
    Flaw("verb a string", "2.4.3", put("verb", "completed"), "verb"),
    Flaw("verb id no IRI", "4.3", put("verb", "id", "completed"), "verb.id"),
    Flaw("verb id with a space", "4.3", put("verb", "id", "http://example.no/a b"), "verb.id"),
    Flaw("verb display a string", "4.2", put("verb", "display", "fullførte"), "verb.display"),
    Flaw(
        "verb display in no language", "4.2", put("verb", "display", {"norwegian_bokmål": "x"}), "verb.display.norwegian_bokmål"
    ),
    # 2.4.4
    Flaw("object of unknown type", "2.4.4", put("object", "objectType", "Course"), "object.objectType"),
    Flaw("object a string", "2.4.4", put("object", COURSE), "object"),
    Flaw("activity without id", "2.4.4.1", drop("object", "id"), "object.id"),
    Flaw("activity id no IRI", "4.3", put("object", "id", "smittevern"), "object.id"),
    Flaw("unknown property of an activity", "2.2", put("object", "title", "x"), "object.title"),
    Flaw("definition a string", "2.4.4.1", put("object", "definition", "x"), "object.definition"),
    Flaw("definition name a string", "4.2", put("object", "definition", "name", "x"), "object.definition.name"),
    Flaw("definition type no IRI", "4.3", put("object", "definition", "type", "course"), "object.definition.type"),
    Flaw("more info no IRI", "4.3", put("object", "definition", "moreInfo", "mer"), "object.definition.moreInfo"),
    Flaw("extension key no IRI", "4.1", put("object", "definition", "extensions", {"hf": 1}), "object.definition.extensions.hf"),
    Flaw("extensions an array", "4.1", put("object", "definition", "extensions", []), "object.definition.extensions"),
    Flaw("unknown interaction", "2.4.4.1", put("object", interaction("guess")), "object.definition.interactionType"),
    Flaw("interaction type a number", "2.4.4.1", put("object", interaction(1)), "object.definition.interactionType"),
    Flaw(
        "interaction without type",
        "2.4.4.1",
        put("object", interaction(None, choices=CHOICES)),
        "object.definition.interactionType",
    ),
    Flaw("wrong component list", "2.4.4.1", put("object", interaction("choice", scale=CHOICES)), "object.definition.scale"),
    Flaw(
        "component id twice",
        "2.4.4.1",
        put("object", interaction("choice", choices=[{"id": "a"}, {"id": "a"}])),
        "object.definition.choices[1].id",
    ),
    Flaw("component without id", "2.4.4.1", put("object", interaction("likert", scale=[{}])), "object.definition.scale[0].id"),
    Flaw(
        "response pattern not strings",
        "2.4.4.1",
        put("object", interaction("numeric", correctResponsesPattern=[4])),
        "object.definition.correctResponsesPattern[0]",
    ),
    Flaw("object agent without identifier", "2.4.2.3", put("object", {"objectType": "Agent"}), "object"),
    Flaw("reference without id", "2.4.4.3", put("object", {"objectType": "StatementRef"}), "object.id"),
    Flaw("reference id no UUID", "4.4", put("object", {"objectType": "StatementRef", "id": COURSE}), "object.id"),
    Flaw("sub-statement with id", "2.2", put("object", sub_statement(id=OTHER_ID)), "object.id"),
    Flaw("sub-statement with stored", "2.2", put("object", sub_statement(stored="2026-01-01T00:00:00Z")), "object.stored"),
    Flaw("sub-statement with version", "2.2", put("object", sub_statement(version="1.0.0")), "object.version"),
    Flaw("sub-statement with authority", "2.2", put("object", sub_statement(authority=KARI)), "object.authority"),
    Flaw("nested sub-statement", "2.4.4.3", put("object", sub_statement(object=sub_statement())), "object.object.objectType"),
    Flaw("sub-statement without verb", "2.4.4.3", put("object", sub_statement(verb=None)), "object.verb"),
    Flaw("voiding an activity", "2.3.2", put("verb", "id", VOIDED), "object.objectType"),
    # 2.4.5
    Flaw("score not an object", "2.4.5.1", put("result", "score", 5), "result.score"),
    Flaw("scaled above one", "2.4.5.1", put("result", "score", {"scaled": 1.01}), "result.score.scaled"),
    Flaw("scaled a string", "2.4.5.1", put("result", "score", {"scaled": "0.5"}), "result.score.scaled"),
    Flaw("scaled a boolean", "2.4.5.1", put("result", "score", {"scaled": True}), "result.score.scaled"),
    Flaw("raw above max", "2.4.5.1", put("result", "score", {"raw": 11, "max": 10}), "result.score.raw"),
    Flaw("raw below min", "2.4.5.1", put("result", "score", {"raw": 1, "min": 2}), "result.score.raw"),
    Flaw("min not below max", "2.4.5.1", put("result", "score", {"min": 5, "max": 5}), "result.score.min"),
    Flaw("success a string", "2.4.5", put("result", "success", "true"), "result.success"),
    Flaw("completion a number", "2.4.5", put("result", "completion", 1), "result.completion"),
    Flaw("response a number", "2.4.5", put("result", "response", 1), "result.response"),
    Flaw("duration in minutes", "4.6", put("result", "duration", "90 min"), "result.duration"),
    Flaw("duration as a time point", "4.6", put("result", "duration", "P0001-00-00T00:00:00"), "result.duration"),
    Flaw("result extension key", "4.1", put("result", "extensions", {"x": 1}), "result.extensions.x"),
    # 2.4.6
    Flaw("registration no UUID", "4.4", put("context", "registration", "x"), "context.registration"),
    Flaw("instructor without identifier", "2.4.2.3", put("context", "instructor", {"name": "Ola"}), "context.instructor"),
    Flaw("team an agent", "2.4.2.2", put("context", "team", KARI), "context.team.objectType"),
    Flaw(
        "unknown kind of context activity",
        "2.2",
        put("context", "contextActivities", {"parents": []}),
        "context.contextActivities.parents",
    ),
    Flaw(
        "context activity a string",
        "2.4.6.2",
        put("context", "contextActivities", "parent", COURSE),
        "context.contextActivities.parent",
    ),
    Flaw(
        "context activity an agent",
        "2.4.4.1",
        put("context", "contextActivities", "parent", [KARI]),
        "context.contextActivities.parent[0].objectType",
    ),
    Flaw("language with underscore", "4.2", put("context", "language", "nb_NO"), "context.language"),
    Flaw("revision about an agent", "2.4.6", put("object", KARI), "context.revision"),
    Flaw("context statement an id", "2.4.4.3", put("context", "statement", OTHER_ID), "context.statement"),
    Flaw(
        "context statement an activity", "2.4.4.3", put("context", "statement", {"id": OTHER_ID}), "context.statement.objectType"
    ),
    # 2.4.7 to 2.4.10
    Flaw("timestamp a date", "4.5", put("timestamp", "2026-03-04"), "timestamp"),
    Flaw("timestamp without zone", "4.5", put("timestamp", "2026-03-04T10:00:00"), "timestamp"),
    Flaw("timestamp of unknown zone", "4.5", put("timestamp", "2026-03-04T10:00:00-00:00"), "timestamp"),
    Flaw("timestamp on 30 February", "4.5", put("timestamp", "2026-02-30T10:00:00Z"), "timestamp"),
    Flaw("timestamp a number", "4.5", put("timestamp", 1772618400), "timestamp"),
    Flaw("stored no timestamp", "4.5", put("stored", "now"), "stored"),
    Flaw("authority without identifier", "2.4.2.3", put("authority", {"name": "LMS"}), "authority"),
    Flaw("authority group of one", "2.4.9", put("authority", {"objectType": "Group", "member": [KARI]}), "authority.member"),
    Flaw(
        "authority group with an identifier",
        "2.4.9",
        put("authority", {"objectType": "Group", "mbox": "mailto:a@example.no", "member": [KARI, OLA]}),
        "authority.mbox",
    ),
    Flaw("context agents of 2.0", "2.2", put("context", "contextAgents", [{"agent": KARI}]), "context.contextAgents"),
    Flaw("context groups of 2.0", "2.2", put("context", "contextGroups", []), "context.contextGroups"),
    Flaw("version 2.0.0", "2.4.10", put("version", "2.0.0"), "version"),
    Flaw("version 1", "2.4.10", put("version", "1"), "version"),
    # 2.4.11
    Flaw("attachments an object", "2.4.11", put("attachments", {}), "attachments"),
    Flaw("attachment without usage type", "2.4.11", drop(*ATTACHMENT, "usageType"), "attachments[0].usageType"),
    Flaw("attachment without display", "2.4.11", drop(*ATTACHMENT, "display"), "attachments[0].display"),
    Flaw("attachment without content type", "2.4.11", drop(*ATTACHMENT, "contentType"), "attachments[0].contentType"),
    Flaw("attachment of no media type", "2.4.11", put(*ATTACHMENT, "contentType", "pdf"), "attachments[0].contentType"),
    Flaw("attachment length negative", "2.4.11", put(*ATTACHMENT, "length", -1), "attachments[0].length"),
    Flaw("attachment length a fraction", "2.4.11", put(*ATTACHMENT, "length", 1.5), "attachments[0].length"),
    Flaw("attachment without sum", "2.4.11", drop(*ATTACHMENT, "sha2"), "attachments[0].sha2"),
    Flaw("attachment sum too short", "2.4.11", put(*ATTACHMENT, "sha2", "00"), "attachments[0].sha2"),
    Flaw("attachment without file", "C 1.5.2", drop(*ATTACHMENT, "fileUrl"), "attachments[0].fileUrl"),
    Flaw(
        "sub-statement's attachment without file",
        "C 1.5.2",
        _without_file,
        "object.attachments[0].fileUrl",
    ),
)


RELEVANT = ["https://example.no/roles/supervisor", "https://example.no/roles/observer"]
SIRI = {"openid": "https://id.example.no/siri"}
WARD = {"objectType": "Group", "name": "Medisin", "member": [{"name": "Siri", **SIRI}, KARI]}


def full_statement_2() -> dict[str, Any]:
    """A statement of xAPI 2.0 that uses every property that one can have."""
    value = full_statement() | {"version": "2.0.0"}
    value["context"]["contextAgents"] = [
        {"objectType": "contextAgent", "agent": copy.deepcopy(OLA) | {"name": "Ola"}, "relevantTypes": list(RELEVANT)},
        {"objectType": "contextAgent", "agent": copy.deepcopy(SIRI)},
    ]
    value["context"]["contextGroups"] = [
        {"objectType": "contextGroup", "group": copy.deepcopy(WARD), "relevantTypes": RELEVANT[:1]},
        {"objectType": "contextGroup", "group": {"objectType": "Group", "mbox": "mailto:team@example.no", "name": "Team"}},
    ]
    return value


def _in_sub_statement(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    """The change made to the same statement as the SubStatement of another."""

    def apply(spoiled: dict[str, Any]) -> None:
        inner = {name: item for name, item in spoiled.items() if name not in ("id", "version")}
        change(inner)
        spoiled.clear()
        spoiled.update(statement(id=STATEMENT_ID, object=inner | {"objectType": "SubStatement"}))

    return apply


@dataclass(frozen=True)
class Flaw2(Flaw):
    """A broken rule of xAPI 2.0; its clause is that of IEEE 9274.1.1, or of 1.0.3 where that has the same rule."""

    def statement(self) -> dict[str, Any]:
        spoiled = full_statement_2()
        self.change(spoiled)
        return spoiled


AGENTS, GROUPS = ("context", "contextAgents"), ("context", "contextGroups")
FLAWS_2 = (
    Flaw2("context agents an object", "4.2.2.5", put(*AGENTS, {}), "context.contextAgents"),
    Flaw2("context agent a string", "4.2.2.5", put(*AGENTS, 1, "Ola"), "context.contextAgents[1]"),
    Flaw2(
        "context agent of wrong type", "4.2.2.5", put(*AGENTS, 0, "objectType", "Agent"), "context.contextAgents[0].objectType"
    ),
    Flaw2("context agent without type", "4.2.2.5", drop(*AGENTS, 0, "objectType"), "context.contextAgents[0].objectType"),
    Flaw2("context agent without agent", "4.2.2.5", drop(*AGENTS, 0, "agent"), "context.contextAgents[0].agent"),
    Flaw2(
        "context agent without identifier", "2.4.2.3", put(*AGENTS, 1, "agent", {"name": "x"}), "context.contextAgents[1].agent"
    ),
    Flaw2("context agent a group", "2.4.2.1", put(*AGENTS, 1, "agent", WARD), "context.contextAgents[1].agent.objectType"),
    Flaw2(
        "context agent of no relevant type",
        "4.2.2.5",
        put(*AGENTS, 0, "relevantTypes", []),
        "context.contextAgents[0].relevantTypes",
    ),
    Flaw2(
        "relevant types a string",
        "4.2.2.5",
        put(*AGENTS, 0, "relevantTypes", RELEVANT[0]),
        "context.contextAgents[0].relevantTypes",
    ),
    Flaw2("relevant type no IRI", "4.3", put(*AGENTS, 0, "relevantTypes", 1, "abc"), "context.contextAgents[0].relevantTypes[1]"),
    Flaw2("unknown property of a context agent", "2.2", put(*AGENTS, 0, "name", "Ola"), "context.contextAgents[0].name"),
    Flaw2("context groups an object", "4.2.2.5", put(*GROUPS, {}), "context.contextGroups"),
    Flaw2(
        "context group of wrong type", "4.2.2.5", put(*GROUPS, 0, "objectType", "Group"), "context.contextGroups[0].objectType"
    ),
    Flaw2("context group without group", "4.2.2.5", drop(*GROUPS, 0, "group"), "context.contextGroups[0].group"),
    Flaw2("context group an agent", "2.4.2.2", put(*GROUPS, 1, "group", KARI), "context.contextGroups[1].group.objectType"),
    Flaw2("context group without members", "2.4.2.3", drop(*GROUPS, 0, "group", "member"), "context.contextGroups[0].group"),
    Flaw2(
        "context group of no relevant type",
        "4.2.2.5",
        put(*GROUPS, 0, "relevantTypes", []),
        "context.contextGroups[0].relevantTypes",
    ),
    Flaw2(
        "group's relevant type no IRI",
        "4.3",
        put(*GROUPS, 0, "relevantTypes", 0, ""),
        "context.contextGroups[0].relevantTypes[0]",
    ),
    Flaw2(
        "sub-statement's context agent without agent",
        "4.2.2.5",
        _in_sub_statement(drop(*AGENTS, 0, "agent")),
        "object.context.contextAgents[0].agent",
    ),
    Flaw2(
        "sub-statement's relevant type no IRI",
        "4.3",
        _in_sub_statement(put(*GROUPS, 0, "relevantTypes", 0, "abc")),
        "object.context.contextGroups[0].relevantTypes[0]",
    ),
    Flaw2("version 1.1.0", "2.4.10", put("version", "1.1.0"), "version"),
    Flaw2("version 3.0.0", "2.4.10", put("version", "3.0.0"), "version"),
    Flaw2("timestamp of unknown zone", "4.5", put("timestamp", "2026-03-04T10:00:00-00:00"), "timestamp"),
)
