"""Data 2.3.1 and 2.4.6.2 to 2.4.10: the stored form."""

import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.xapi.model.payload import complete, written
from lrs_bridge.xapi.model.statement import parse_statement
from lrs_bridge.xapi.model.version import Version
from tests.support.statements import (
    COURSE,
    KARI,
    OLA,
    STATEMENT_ID,
    full_statement,
    full_statement_2,
    statement,
)

STORED = "2026-03-04T10:00:00.000001Z"
LMS = {"objectType": "Agent", "account": {"homePage": "https://lrs.example.no", "name": "demo.k"}}


def completed(body: bytes, version=Version.V1, **how) -> bytes:
    received = parse_statement(body, max_bytes=10**6, version=version)
    return complete(received, id=UUID(STATEMENT_ID), stored=STORED, authority=orjson.dumps(LMS), version=version, **how)


def test_keeps_every_received_byte_when_only_adding():
    body = json.dumps(full_statement(), indent=3).encode()
    stored = completed(body)
    assert stored.startswith(body[:-1])
    assert orjson.loads(stored) == full_statement() | {"stored": STORED, "authority": LMS}


def test_adds_what_is_missing_when_little_was_sent():
    assert orjson.loads(completed(orjson.dumps(statement()))) == statement() | {
        "id": STATEMENT_ID,
        "timestamp": STORED,
        "version": "1.0.0",
        "stored": STORED,
        "authority": LMS,
    }


def test_cuts_out_only_stored_and_authority_when_they_were_sent():
    body = b'{"stored":"2020-01-01T00:00:00Z", ' + json.dumps(statement(authority=KARI)).encode()[1:]
    stored = completed(body)
    assert stored.count(b'"stored"') == stored.count(b'"authority"') == 1
    assert json.dumps(statement()["object"]).encode() in stored
    assert orjson.loads(stored)["authority"] == LMS


@pytest.mark.parametrize(("version", "given_to_it"), [(Version.V1, "1.0.0"), (Version.V2, "2.0.0")])
def test_gives_a_statement_the_version_of_its_request_when_it_has_none(version, given_to_it):
    assert orjson.loads(completed(orjson.dumps(statement()), version))["version"] == given_to_it


@pytest.mark.parametrize(("version", "said"), [(Version.V1, "1.0.2"), (Version.V2, "2.0.0"), (Version.V2, "1.0.3")])
def test_keeps_the_version_when_a_statement_has_one(version, said):
    stored = completed(orjson.dumps(statement(version=said)), version)
    assert stored.count(b'"version"') == 1
    assert orjson.loads(stored)["version"] == said


def test_leaves_an_authority_as_it_is_when_it_is_to_be_kept():
    body = b'{ "authority" :' + json.dumps(OLA).encode() + b',"stored":"2020-01-01T00:00:00Z", ' + orjson.dumps(statement())[1:]
    stored = completed(body, keep_authority=True)
    assert stored.startswith(b'{ "authority" :' + json.dumps(OLA).encode() + b', "actor"')
    assert stored.count(b'"authority"') == stored.count(b'"stored"') == 1
    assert orjson.loads(stored)["stored"] == STORED


def test_says_who_sent_it_when_the_authority_to_be_kept_is_not_there():
    assert orjson.loads(completed(orjson.dumps(statement()), keep_authority=True))["authority"] == LMS


SPELLED = b"""{"actor" : {"mbox":"mailto:kari@example.no","name":"K\\u00e5re"},
 "result":{"score":{"raw":1.50e2,"max":2E2}}, %s
 "verb":{"id":"http://adlnet.gov/expapi/verbs/completed"}, "object":{%s "id":"https://kurs.example.no/smittevern"} }"""
ALONE = b"""
 "context":{"language":"nb" , "extensions":{"https://a.no/x":[1.0,-0.0,1e-2,"contextActivities"]},
  "contextActivities" :{"parent": {"id":"https://a.no/p" , "definition":{"extensions":{"https://a.no":7.10}}} ,
    "other":[ {"id":"https://a.no/o"} ],"grouping":{"id":"https://a.no/g"}}},"""
LISTED = ALONE.replace(b'{"id":"https://a.no/p"', b'[{"id":"https://a.no/p"').replace(b"7.10}}} ,", b"7.10}}}] ,")
LISTED = LISTED.replace(b'{"id":"https://a.no/g"}', b'[{"id":"https://a.no/g"}]')
SUB = b'"objectType":"SubStatement","actor":{"openid":"https://a.no/k"},"verb":{"id":"https://a.no/v"},"object":{"id":"https://a.no"},'


def as_sub_statement(context: bytes) -> bytes:
    return (SPELLED % (b"", SUB + context)).replace(b' "id":"https://kurs.example.no/smittevern"', b' "result":{}')


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (SPELLED % (ALONE, b""), SPELLED % (LISTED, b"")),
        (as_sub_statement(ALONE), as_sub_statement(LISTED)),
        (
            as_sub_statement(ALONE).replace(b' "verb"', ALONE + b' "verb"'),
            as_sub_statement(LISTED).replace(b' "verb"', LISTED + b' "verb"'),
        ),
    ],
    ids=["statement", "sub-statement", "both"],
)
def test_puts_only_an_array_around_a_context_activity_when_it_came_alone(sent, kept):
    stored = completed(sent)
    assert stored.startswith(kept[:-1])
    assert orjson.loads(stored)


def test_puts_the_array_in_and_cuts_out_what_was_sent_when_both_are_needed():
    body = (SPELLED % (ALONE, b"")).replace(
        b' "verb"', b' "stored":"2020-01-01T00:00:00Z","authority": {"openid":"https://a.no"},"verb"'
    )
    assert completed(body).startswith((SPELLED % (LISTED, b"")).replace(b'\n "verb"', b'"verb"')[:-1])


TIMES = b' "timestamp": "2023-05-04T12:00:00.1200-05:00",'
TIMES_IN_UTC = b' "timestamp": "2023-05-04T17:00:00.1200Z",'


@pytest.mark.parametrize("make", [lambda times: SPELLED % (times, b""), as_sub_statement], ids=["statement", "sub-statement"])
def test_turns_a_timestamp_to_utc_when_the_request_speaks_2_and_leaves_it_when_it_speaks_1(make):
    assert completed(make(TIMES), Version.V2).startswith(make(TIMES_IN_UTC)[:-1])
    assert completed(make(TIMES), Version.V1).startswith(make(TIMES)[:-1])


def test_keeps_every_received_byte_of_a_statement_of_2_when_its_timestamp_is_in_utc():
    body = json.dumps(full_statement_2() | {"timestamp": "2026-03-04T09:00:00.123+00:00"}, indent=2).encode()
    assert completed(body, Version.V2).startswith(body[:-1])


@given(
    st.permutations(
        [*statement(context={"contextActivities": {"parent": {"id": COURSE}}}, stored=STORED, authority=KARI).items()]
    )
)
def test_says_the_same_when_members_come_in_any_order(items):
    sent = dict(items)
    expected = statement(context={"contextActivities": {"parent": [{"id": COURSE}]}}, stored=STORED, authority=LMS)
    stored = orjson.loads(completed(json.dumps(sent).encode()))
    assert stored == expected | {"id": STATEMENT_ID, "timestamp": STORED, "version": "1.0.0"}
    assert list(stored)[:4] == [name for name in sent if name not in ("stored", "authority")]


def test_writes_an_instant_in_utc_when_it_has_another_zone():
    at = datetime(2026, 3, 4, 11, 0, 0, 1, tzinfo=timezone(timedelta(hours=1)))
    assert written(at) == STORED == written(at.astimezone(UTC))


@given(st.datetimes(timezones=st.just(UTC)))
def test_writes_six_digits_of_every_second_when_it_writes_an_instant(at):
    assert written(at) == at.isoformat(timespec="microseconds").replace("+00:00", "Z")
