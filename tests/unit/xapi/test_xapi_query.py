"""Communication 2.1.3: parameters, pages, and whether a statement fits."""

import base64
import json
from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Invalid
from lrs_bridge.xapi.statements.query import MAX_LIMIT, Format, Query, Single, confirms, more_token, parse_query
from lrs_bridge.xapi.statements.sequence import LARGEST_NUMBER, first_after
from tests.support.statements import COURSE, KARI, OLA, REGISTRATION, STATEMENT_ID

EVERYTHING = {
    "agent": json.dumps(OLA),
    "verb": "http://example.no/v",
    "activity": COURSE,
    "registration": REGISTRATION,
    "related_agents": "true",
    "related_activities": "true",
    "since": "2026-03-04T10:00:00Z",
    "until": "2026-03-05T10:00:00+01:00",
    "limit": "7",
    "ascending": "true",
    "format": "canonical",
    "attachments": "true",
}


def test_reads_every_parameter_when_all_are_given():
    assert parse_query(EVERYTHING, "demo") == Query(
        parameters=EVERYTHING,
        agent="account https://idp.example.no hpr-7654321",
        verb="http://example.no/v",
        activity=COURSE,
        registration=UUID(REGISTRATION),
        related_agents=True,
        related_activities=True,
        since=datetime(2026, 3, 4, 10, tzinfo=UTC),
        until=datetime(2026, 3, 5, 9, tzinfo=UTC),
        limit=7,
        ascending=True,
        format=Format.CANONICAL,
        attachments=True,
        wanted=("https://idp.example.no", "hpr-7654321", "http://example.no/v", COURSE),
    )


def test_asks_for_everything_when_no_parameter_is_given():
    query = parse_query({}, "demo")
    assert query == Query(parameters={})
    assert query.numbers() == (0, LARGEST_NUMBER)


@pytest.mark.parametrize(("name", "voided"), [("statementId", False), ("voidedStatementId", True)])
def test_asks_for_one_statement_when_its_id_is_given(name, voided):
    asked = parse_query({name: STATEMENT_ID.upper(), "format": "ids", "attachments": "true"}, "demo")
    assert asked == Single(UUID(STATEMENT_ID), voided, Format.IDS, attachments=True)


BAD = {
    "both ids": ({"statementId": STATEMENT_ID, "voidedStatementId": STATEMENT_ID}, "voidedStatementId"),
    "id and verb": ({"statementId": STATEMENT_ID, "verb": COURSE}, "verb"),
    "id no UUID": ({"statementId": "x"}, "statementId"),
    "voided id no UUID": ({"voidedStatementId": "x"}, "voidedStatementId"),
    "agent no JSON": ({"agent": "kari"}, "agent"),
    "agent no object": ({"agent": "[]"}, "agent"),
    "agent without identifier": ({"agent": "{}"}, "agent"),
    "agent with two": ({"agent": '{"mbox":"mailto:a@b.no","openid":"https://a.no"}'}, "agent.openid"),
    "agent wrong": ({"agent": '{"mbox":"a@b.no"}'}, "agent.mbox"),
    "anonymous group": ({"agent": json.dumps({"objectType": "Group", "member": [KARI]})}, "agent"),
    "verb no IRI": ({"verb": "completed"}, "verb"),
    "activity no IRI": ({"activity": "kurs"}, "activity"),
    "registration no UUID": ({"registration": "1"}, "registration"),
    "related agents yes": ({"related_agents": "yes"}, "related_agents"),
    "related activities in capitals": ({"related_activities": "True"}, "related_activities"),
    "since a date": ({"since": "2026-03-04"}, "since"),
    "until with the plus lost": ({"until": "2026-03-04T10:00:00 01:00"}, "until"),
    "limit negative": ({"limit": "-1"}, "limit"),
    "limit a word": ({"limit": "all"}, "limit"),
    "limit in other digits": ({"limit": "٣"}, "limit"),
    "ascending a number": ({"ascending": "1"}, "ascending"),
    "format unknown": ({"format": "xml"}, "format"),
    "attachments unknown": ({"attachments": ""}, "attachments"),
    "more no token": ({"more": "abc"}, "more"),
    "more and verb": ({"more": "abc", "verb": COURSE}, "more"),
}


@pytest.mark.parametrize(("parameters", "field"), BAD.values(), ids=BAD.keys())
def test_names_the_parameter_when_it_is_malformed_or_excluded(parameters, field):
    with pytest.raises(Invalid) as refused:
        parse_query(parameters, "demo")
    assert refused.value.field == field


@pytest.mark.parametrize(("text", "limit"), [("0", MAX_LIMIT), ("1", 1), ("500", 500), ("501", 500), ("9" * 5000, 500)])
def test_gives_at_most_what_the_server_allows_when_a_limit_is_asked(text, limit):
    assert parse_query({"limit": text}, "demo").limit == limit


def test_continues_the_same_query_when_a_token_comes_back():
    asked = parse_query(EVERYTHING, "demo")
    continued = parse_query({"more": more_token(asked, "demo", 12345)}, "demo")
    assert continued.beyond == 12345
    assert continued.parameters == asked.parameters
    assert continued.agent == asked.agent


def token(**changes):
    held = {"tenant": "demo", "last": 1, "parameters": {}} | changes
    return base64.urlsafe_b64encode(orjson.dumps(held)).decode()


BAD_TOKENS = {
    "another tenant's": token(tenant="other"),
    "no tenant": token(tenant=None),
    "last a string": token(last="1"),
    "last negative": token(last=-1),
    "last too large": token(last=2**63),
    "parameters a list": token(parameters=[]),
    "a list": base64.urlsafe_b64encode(b"[]").decode(),
    "a number": base64.urlsafe_b64encode(b"1").decode(),
    "nothing": "",
    "no parameters": base64.urlsafe_b64encode(b"{}").decode(),
    "no ASCII": "æøå",
}


@pytest.mark.parametrize("text", BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
def test_refuses_a_token_when_it_was_not_made_for_this_tenant(text):
    with pytest.raises(Invalid) as refused:
        parse_query({"more": text}, "demo")
    assert refused.value.field == "more"


@given(st.text())
def test_raises_nothing_but_our_errors_when_given_any_token(text):
    with pytest.raises(Invalid):
        parse_query({"more": text}, "demo")


AT = "2026-03-04T10:00:00Z"
NUMBER = first_after(datetime(2026, 3, 4, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("parameters", "beyond", "numbers"),
    [
        ({"since": AT}, None, (NUMBER, LARGEST_NUMBER)),
        ({"until": AT}, None, (0, NUMBER)),
        ({"since": AT}, NUMBER + 5, (NUMBER, NUMBER + 5)),
        ({"until": AT}, NUMBER + 5, (0, NUMBER)),
        ({"since": AT, "ascending": "true"}, NUMBER + 5, (NUMBER + 6, LARGEST_NUMBER)),
        ({"since": AT, "ascending": "true"}, 5, (NUMBER, LARGEST_NUMBER)),
    ],
)
def test_narrows_the_range_when_times_and_positions_are_given(parameters, beyond, numbers):
    query = parse_query(parameters, "demo")
    if beyond is not None:
        query = parse_query({"more": more_token(query, "demo", beyond)}, "demo")
    assert query.numbers() == numbers


@pytest.mark.parametrize(
    ("payload", "wanted", "fits"),
    [
        ('{"a":"x y"}', ("x y",), True),
        ('{"a":"x"}', ("y",), False),
        (r'{"a":"https:\/\/a.no\/\u00e6"}', ("https://a.no/æ",), True),
        (r'{"a":"say \"x\""}', ('say "x"',), True),
        ('{"a":"x"}', (), True),
    ],
)
def test_confirms_a_statement_when_it_contains_what_was_asked_for(payload, wanted, fits):
    assert confirms(payload, wanted) is fits
