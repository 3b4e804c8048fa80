"""Communication 2.3, 2.6, 2.7: which document a request means."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Invalid
from lrs_bridge.xapi.documents.key import (
    Context,
    Kind,
    agent_ref,
    folded,
    get_id,
    parse_agent,
    parse_context,
    parse_id,
    parse_since,
)
from lrs_bridge.xapi.exchange import Version

ACTIVITY = "https://kurs.example.no/smittevern"
REGISTRATION = "5f2f2a0e-8f0a-4c55-9ad1-0f6f3f1f00aa"
KARI = {"objectType": "Agent", "name": "Kari Nordmann", "mbox": "mailto:kari@example.no"}
TEAM = {"objectType": "Group", "name": "LIS", "mbox": "mailto:kari@example.no"}
PARAMETERS = {"activityId": ACTIVITY, "agent": json.dumps(KARI), "registration": REGISTRATION}


def context(kind=Kind.STATE, version=Version.V1, **changes):
    parameters = {name: value for name, value in (PARAMETERS | changes).items() if value is not None}
    return parse_context(parameters, kind, tenant="demo", version=version)


def test_reads_what_a_state_is_about():
    assert context() == Context("demo", Kind.STATE, ACTIVITY, "mbox mailto:kari@example.no", UUID(REGISTRATION))
    assert context(registration=None).registration is None


def test_reads_only_what_a_profile_is_about():
    assert context(Kind.AGENT_PROFILE) == Context("demo", Kind.AGENT_PROFILE, agent="mbox mailto:kari@example.no")
    assert context(Kind.ACTIVITY_PROFILE) == Context("demo", Kind.ACTIVITY_PROFILE, activity=ACTIVITY)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Kind.STATE, "activityId"),
        (Kind.STATE, "agent"),
        (Kind.AGENT_PROFILE, "agent"),
        (Kind.ACTIVITY_PROFILE, "activityId"),
    ],
)
def test_names_the_parameter_when_it_is_missing(kind, name):
    with pytest.raises(Invalid, match=f"{name} is required") as caught:
        context(kind, **{name: None})
    assert caught.value.field == name


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"activityId": "kurs"}, "activityId"),
        ({"activityId": ""}, "activityId"),
        ({"agent": "kari"}, "agent"),
        ({"agent": "[]"}, "agent"),
        ({"agent": "{}"}, "agent"),
        ({"agent": json.dumps(KARI | {"mbox": "kari"})}, "agent.mbox"),
        ({"agent": json.dumps(KARI | {"openid": "https://kari.example.no"})}, "agent.openid"),
        ({"agent": json.dumps(KARI | {"x": 1})}, "agent.x"),
        ({"agent": json.dumps({"objectType": "Group", "member": [KARI]})}, "agent.objectType"),
        ({"registration": "1"}, "registration"),
    ],
)
def test_names_the_parameter_when_it_is_malformed(changes, field):
    with pytest.raises(Invalid) as caught:
        context(**changes)
    assert caught.value.field == field


def test_takes_an_identified_group_in_version_2_alone():
    assert context(version=Version.V2, agent=json.dumps(TEAM)) == context(version=Version.V2)
    with pytest.raises(Invalid):
        context(agent=json.dumps(TEAM))
    with pytest.raises(Invalid):
        context(version=Version.V2, agent=json.dumps({"objectType": "Group", "member": [KARI]}))


def test_reads_the_id_of_a_document():
    assert parse_id({"stateId": "bokmerke"}, Kind.STATE) == "bokmerke"
    assert parse_id({"stateId": "bokmerke"}, Kind.AGENT_PROFILE) is None
    assert parse_id({"profileId": ""}, Kind.ACTIVITY_PROFILE) == ""
    assert get_id({"profileId": "x"}, Kind.AGENT_PROFILE) == "x"
    for kind, name in ((Kind.STATE, "stateId"), (Kind.AGENT_PROFILE, "profileId"), (Kind.ACTIVITY_PROFILE, "profileId")):
        with pytest.raises(Invalid) as caught:
            get_id({}, kind)
        assert caught.value.field == name
        with pytest.raises(Invalid, match="null"):
            parse_id({name: "a\x00b"}, kind)


def test_reads_since():
    assert parse_since({}, Kind.STATE) is None
    assert parse_since({"since": "2026-03-04T10:00:00+01:00"}, Kind.STATE) == datetime(2026, 3, 4, 9, tzinfo=UTC)
    with pytest.raises(Invalid) as caught:
        parse_since({"since": "i går"}, Kind.STATE)
    assert caught.value.field == "since"


def test_knows_the_parameters_of_each_resource():
    assert set(Kind.STATE.known) == {"activityId", "agent", "registration", "stateId"}
    assert set(Kind.AGENT_PROFILE.known) == {"agent", "profileId"}
    assert set(Kind.ACTIVITY_PROFILE.known) == {"activityId", "profileId"}


def test_tells_documents_apart_by_all_that_they_are_about():
    base = Context("demo", Kind.STATE, ACTIVITY, "mbox mailto:kari@example.no", UUID(REGISTRATION))
    others = [
        replace(base, kind=Kind.AGENT_PROFILE),
        replace(base, activity=None),
        replace(base, activity=ACTIVITY + "x"),
        replace(base, agent=None),
        replace(base, agent="mbox mailto:ola@example.no"),
        replace(base, registration=None),
    ]
    digests = {base.key("a").digest(), base.key("b").digest(), base.key("").digest(), *(one.key("a").digest() for one in others)}
    assert len(digests) == 3 + len(others)
    assert base.ref() == replace(base, registration=None).ref()
    assert base.ref() != replace(base, tenant="nabo").ref()
    assert len({base.ref(), *(one.ref() for one in others[:5])}) == 6


def test_finds_all_of_an_agent_whatever_the_case_of_the_mailbox():
    upper, lower = "mbox mailto:Kari@Example.no", "mbox mailto:kari@example.no"
    assert folded(upper) == folded(lower) == lower
    assert agent_ref("demo", upper) == agent_ref("demo", lower) != agent_ref("nabo", lower)
    assert Context("demo", Kind.AGENT_PROFILE, agent=upper).agent_ref() == agent_ref("demo", lower)
    assert Context("demo", Kind.ACTIVITY_PROFILE, activity=ACTIVITY).agent_ref() is None
    assert folded("mbox_sha1sum AB") == "mbox_sha1sum ab"
    assert folded("account https://IdP.example.no A") == "account https://IdP.example.no A"


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), lambda s: st.dictionaries(st.text(), s)).map(json.dumps))
def test_raises_nothing_but_invalid_for_any_agent(text):
    for groups in (True, False):
        with pytest.raises(Invalid):
            parse_agent(text, "rule", groups=groups)
