"""Data 2.3.1, Statement Comparison Requirements."""

import copy
import random

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.xapi.model.equivalence import is_equivalent
from tests.support.statements import (
    COURSE,
    KARI,
    OLA,
    OTHER_ID,
    STATEMENT_ID,
    drop,
    full_statement,
    full_statement_2,
    put,
    statement,
    sub_statement,
)

ASSIGNED = {"id": STATEMENT_ID, "stored": "2026-03-05T00:00:00.000000Z", "authority": OLA, "version": "1.0.0"}


def kept(value):
    return {"timestamp": ASSIGNED["stored"]} | value | ASSIGNED


def nothing(_value):
    """Leaves the statement as it is."""


SIRI = {"openid": "https://id.example.no/siri"}
SUB = sub_statement(timestamp="2026-03-04T10:00:00Z")

SAME = {
    "as sent": (full_statement(), nothing),
    "without version": (full_statement(), drop("version")),
    "stored and authority sent": (full_statement(), lambda v: v.update(stored="2020-01-01T00:00:00Z", authority=KARI)),
    "without timestamp": (full_statement(), drop("timestamp")),
    "timestamp where the LRS assigned one": (statement(), put("timestamp", "2026-03-04T09:00:00Z")),
    "timestamp in another zone": (full_statement(), put("timestamp", "2026-03-04T09:00:00.123Z")),
    "without attachments": (full_statement(), drop("attachments")),
    "another verb display": (full_statement(), put("verb", "display", {"en": "completed"})),
    "another definition": (full_statement(), put("object", "definition", {})),
    "no definition": (full_statement(), drop("object", "definition")),
    "context activity's definition": (
        full_statement(),
        put("context", "contextActivities", "parent", 0, "definition", {"name": {"nb": "x"}}),
    ),
    "context activity alone": (
        full_statement(),
        put("context", "contextActivities", "parent", {"id": "https://kurs.example.no/program"}),
    ),
    "mail domain in capitals": (full_statement(), put("actor", "mbox", "mailto:kari@EXAMPLE.no")),
    "sha1 in capitals": (statement(actor={"mbox_sha1sum": "a" * 40}), put("actor", "mbox_sha1sum", "A" * 40)),
    "registration in capitals": (
        full_statement(),
        lambda v: v["context"].update(registration=v["context"]["registration"].upper()),
    ),
    "language in capitals": (full_statement(), put("context", "language", "NB-no")),
    "reference in capitals": (full_statement(), put("context", "statement", "id", OTHER_ID.upper())),
    "duration beyond 0.01 s": (statement(result={"duration": "PT1.23S"}), put("result", "duration", "PT1.239S")),
    "members in another order": (
        statement(actor={"objectType": "Group", "member": [KARI, OLA, SIRI]}),
        put("actor", "member", [SIRI, KARI, OLA]),
    ),
    "little context": (statement(context={"registration": OTHER_ID}), put("context", "registration", OTHER_ID.upper())),
    "sub-statement's instant in another zone": (statement(object=SUB), put("object", "timestamp", "2026-03-04T11:00:00+01:00")),
    "sub-statement's definition": (statement(object=SUB), put("object", "object", "definition", {})),
    "sub-statement without timestamp": (statement(object=sub_statement()), nothing),
    "agent as object": (statement(object=KARI), put("object", "mbox", "mailto:kari@EXAMPLE.NO")),
    "context agent's domain in capitals": (
        statement(context={"contextAgents": [{"objectType": "contextAgent", "agent": KARI}]}),
        put("context", "contextAgents", 0, "agent", "mbox", "mailto:kari@EXAMPLE.NO"),
    ),
    "context group's domain in capitals": (
        full_statement_2(),
        put("context", "contextGroups", 1, "group", "mbox", "mailto:team@EXAMPLE.NO"),
    ),
    "context group's members in another order": (
        full_statement_2(),
        lambda v: v["context"]["contextGroups"][0]["group"]["member"].reverse(),
    ),
    "sub-statement's attachments": (
        statement(object=sub_statement(attachments=full_statement()["attachments"])),
        drop("object", "attachments"),
    ),
    "sub-statement's context activity alone": (
        statement(object=sub_statement(context={"contextActivities": {"other": [{"id": COURSE}]}})),
        put("object", "context", "contextActivities", "other", {"id": COURSE}),
    ),
    "other members' order of names": (full_statement(), lambda v: v.update(result=dict(reversed(v["result"].items())))),
}


@pytest.mark.parametrize(("value", "change"), SAME.values(), ids=SAME.keys())
def test_finds_statements_the_same_when_only_exceptions_differ(value, change):
    received = copy.deepcopy(value)
    change(received)
    assert is_equivalent(received, kept(value))


DIFFERENT = {
    "another actor": (full_statement(), put("actor", OLA)),
    "another name of the actor": (full_statement(), put("actor", "name", "K. Nordmann")),
    "local part in capitals": (full_statement(), put("actor", "mbox", "mailto:Kari@example.no")),
    "another verb": (full_statement(), put("verb", "id", "http://example.no/v")),
    "another object": (full_statement(), put("object", "id", COURSE + "/")),
    "another score": (full_statement(), put("result", "score", "raw", 91)),
    "true for one": (statement(result={"extensions": {"https://a.no": True}}), put("result", "extensions", "https://a.no", 1)),
    "no result": (full_statement(), drop("result")),
    "another timestamp": (full_statement(), put("timestamp", "2026-03-04T09:00:01Z")),
    "another duration for the same time": (statement(result={"duration": "PT60S"}), put("result", "duration", "PT1M")),
    "duration within 0.01 s": (statement(result={"duration": "PT1.23S"}), put("result", "duration", "PT1.24S")),
    "another sub-statement instant": (statement(object=SUB), put("object", "timestamp", "2026-03-04T10:00:01Z")),
    "context activities in another order": (
        statement(context={"contextActivities": {"other": [{"id": "https://a.no"}, {"id": "https://b.no"}]}}),
        put("context", "contextActivities", "other", [{"id": "https://b.no"}, {"id": "https://a.no"}]),
    ),
    "no context agents": (full_statement_2(), drop("context", "contextAgents")),
    "another context agent": (full_statement_2(), put("context", "contextAgents", 1, "agent", KARI)),
    "context agents in another order": (full_statement_2(), lambda v: v["context"]["contextAgents"].reverse()),
    "another relevant type": (full_statement_2(), put("context", "contextAgents", 0, "relevantTypes", 0, "https://a.no")),
    "another context group": (full_statement_2(), put("context", "contextGroups", 1, "group", "mbox", "mailto:t@example.no")),
    "type of the object told": (statement(object={"id": COURSE}), put("object", "objectType", "Activity")),
    "another reference in the context": (full_statement(), put("context", "statement", "id", STATEMENT_ID)),
    "another result extension": (full_statement(), put("result", "extensions", "https://example.no/x", 0)),
    "member twice": (
        statement(actor={"objectType": "Group", "member": [KARI, OLA]}),
        put("actor", "member", [KARI, OLA, OLA]),
    ),
    "another instructor": (full_statement(), put("context", "instructor", KARI)),
}


@pytest.mark.parametrize(("value", "change"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_finds_statements_different_when_anything_else_differs(value, change):
    received = copy.deepcopy(value)
    change(received)
    assert not is_equivalent(received, kept(value))


def shuffled(value, rng):
    if isinstance(value, dict):
        items = list(value.items())
        rng.shuffle(items)
        return {name: shuffled(item, rng) for name, item in items}
    return [shuffled(item, rng) for item in value] if isinstance(value, list) else value


@given(st.integers(), st.permutations([KARI, OLA, SIRI]))
def test_finds_statements_the_same_when_names_and_members_are_shuffled(seed, members):
    value = full_statement() | {"actor": {"objectType": "Group", "member": [KARI, OLA, SIRI]}}
    received = shuffled(value | {"actor": {"objectType": "Group", "member": members}}, random.Random(seed))
    assert is_equivalent(received, kept(value))


RESPELLINGS = (
    put("verb", "display", {"en": "completed"}),
    put("object", "definition", {}),
    put("timestamp", "2026-03-04T09:00:00.1230Z"),
    put("actor", "mbox", "mailto:kari@EXAMPLE.no"),
    put("context", "language", "NB-no"),
    put("context", "registration", full_statement()["context"]["registration"].upper()),
    put("context", "contextActivities", "parent", {"id": "https://kurs.example.no/program"}),
    put("result", "duration", "PT1H30M"),
    lambda v: v["context"]["contextGroups"][0]["group"]["member"].reverse(),
    drop("attachments"),
    drop("timestamp"),
)
DIFFERENCES = tuple(change for value, change in DIFFERENT.values() if value == full_statement())


def respelled(changes, seed):
    value = full_statement_2()
    for change in changes:
        change(value)
    return shuffled(value, random.Random(seed))


@given(st.sets(st.sampled_from(RESPELLINGS)), st.sets(st.sampled_from(RESPELLINGS)), st.integers())
def test_finds_any_two_spellings_the_same_when_nothing_was_assigned_yet(some, others, seed):
    one, other = respelled(some, seed), respelled(others, seed + 1)
    assert is_equivalent(one, one)
    assert is_equivalent(one, other)
    assert is_equivalent(one, kept(other))


@given(
    st.sets(st.sampled_from(RESPELLINGS[:-2])),
    st.lists(st.sampled_from(DIFFERENCES), max_size=1),
    st.lists(st.sampled_from(DIFFERENCES), max_size=1),
    st.integers(),
)
def test_judges_the_same_when_the_two_change_places(changes, some, others, seed):
    one, other = full_statement_2(), respelled(changes, seed)
    for change in some:
        change(one)
    for change in others:
        change(other)
    assert is_equivalent(one, other) == is_equivalent(other, one) == (some == others)


@pytest.mark.parametrize(("one", "other"), [("100", "100.0"), ("1e2", "100"), ("0", "-0.0"), ("0.5", "5e-1")])
def test_takes_numbers_for_the_same_when_only_their_spelling_differs(one, other):
    pair = [orjson.loads(f'{{"raw":{number},"scaled":0.1}}') for number in (one, other)]
    first, second = (statement(result={"score": score}, context={"extensions": {"https://e.no/x": [score]}}) for score in pair)
    assert is_equivalent(first, kept(second))
    assert is_equivalent(second, kept(first))


def test_keeps_numbers_apart_when_they_differ():
    first, second = (statement(result={"score": {"raw": number}}) for number in (1, 1.5))
    assert not is_equivalent(first, kept(second))
