"""Data 2.3.1 and 2.4.6.2 to 2.4.10: the stored form."""

import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import orjson
import pytest

from lrs_bridge.xapi.model.payload import complete, written
from lrs_bridge.xapi.model.statement import parse_statement
from tests.support.statements import COURSE, KARI, STATEMENT_ID, full_statement, statement, sub_statement

STORED = "2026-03-04T10:00:00.000001Z"
LMS = {"objectType": "Agent", "account": {"homePage": "https://lrs.example.no", "name": "demo.k"}}


def completed(body: bytes) -> bytes:
    received = parse_statement(body, max_bytes=10**6)
    return complete(received, id=UUID(STATEMENT_ID), stored=STORED, authority=orjson.dumps(LMS))


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


ONE = {"contextActivities": {"parent": {"id": COURSE}, "other": [{"id": COURSE}]}, "platform": "x"}
LISTED = {"contextActivities": {"parent": [{"id": COURSE}], "other": [{"id": COURSE}]}, "platform": "x"}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (statement(context=ONE), statement(context=LISTED)),
        (statement(object=sub_statement(context=ONE)), statement(object=sub_statement(context=LISTED))),
    ],
    ids=["statement", "sub-statement"],
)
def test_makes_an_array_when_a_context_activity_came_alone(sent, kept):
    stored = orjson.loads(completed(orjson.dumps(sent)))
    assert {name: stored[name] for name in kept} == kept


def test_writes_an_instant_in_utc_when_it_has_another_zone():
    at = datetime(2026, 3, 4, 11, 0, 0, 1, tzinfo=timezone(timedelta(hours=1)))
    assert written(at) == STORED == written(at.astimezone(UTC))
