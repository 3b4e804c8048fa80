"""Every malformed statement over HTTP: a 4xx in JSON that names the field, and nothing stored."""

import json

import orjson
import pytest

from tests.support.lrs import Caller
from tests.support.statements import FLAWS, FLAWS_2, STATEMENT_ID, full_statement, full_statement_2, statement

VERSION_2 = {"X-Experience-API-Version": "2.0.0"}


@pytest.fixture
def lrs(app, client):
    return Caller(client, app.extensions["lrs_bridge"].engine)


def is_refused(answer, status, field, version="1.0.3"):
    """Whether the answer is an error document that names the field and tells nothing of our insides."""
    document = answer.json
    return (
        answer.status_code == status
        and document.keys() == {"code", "message", "field", "rule", "request_id"}
        and document["field"] == field
        and "Traceback" not in document["message"]
        and answer.headers["X-Experience-API-Version"] == version
    )


def test_refuses_every_flaw_by_its_field_when_posted_put_or_in_a_batch(lrs):
    assert len({flaw.name for flaw in FLAWS}) == len(FLAWS) >= 60
    wrong = []
    for flaw in FLAWS:
        body = flaw.body()
        posted = lrs("POST", data=body, content_type="application/json")
        put = lrs("PUT", query_string={"statementId": STATEMENT_ID}, data=body, content_type="application/json")
        batch = b"[" + orjson.dumps(statement()) + b"," + body + b"]"
        batched = lrs("POST", data=batch, content_type="application/json")
        if not (
            is_refused(posted, 400, flaw.field)
            and is_refused(put, 400, flaw.field)
            and is_refused(batched, 400, f"[1].{flaw.field}")
        ):
            wrong.append((flaw.name, posted.status_code, posted.json, put.json, batched.json))
    assert wrong == []
    assert lrs.stored() == []


def test_refuses_every_flaw_of_xapi_2_by_its_field_when_the_request_speaks_it(lrs):
    wrong = []
    for flaw in FLAWS_2:
        body = flaw.body()
        answers = [
            lrs("POST", data=body, content_type="application/json", headers=VERSION_2),
            lrs("PUT", query_string={"statementId": STATEMENT_ID}, data=body, content_type="application/json", headers=VERSION_2),
        ]
        if not all(is_refused(answer, 400, flaw.field, "2.0.0") for answer in answers):
            wrong.append((flaw.name, [(answer.status_code, answer.json) for answer in answers]))
    assert wrong == []
    assert lrs.stored() == []


def test_takes_context_agents_and_groups_from_requests_of_xapi_2_alone(lrs):
    body = full_statement_2()
    assert is_refused(lrs.post(body), 400, "context.contextAgents")
    assert lrs.post(body, headers=VERSION_2).status_code == 200
    assert lrs("PUT", query_string={"statementId": STATEMENT_ID}, json=body, headers=VERSION_2).status_code == 204
    (stored,) = lrs.stored()
    assert stored["context"] == body["context"]
    assert stored["version"] == "2.0.0"


def test_finds_a_statement_by_its_context_agents_and_groups_when_asked_for_related_agents(lrs):
    lrs.post(full_statement_2(), headers=VERSION_2)
    wanted = {"Siri": {"openid": "https://id.example.no/siri"}, "team": {"objectType": "Group", "mbox": "mailto:team@example.no"}}
    for agent in wanted.values():
        assert lrs.get(agent=json.dumps(agent)).json["statements"] == []
        assert len(lrs.get(agent=json.dumps(agent), related_agents="true").json["statements"]) == 1


def test_gives_a_statement_version_and_utc_timestamp_of_xapi_2_when_the_request_speaks_it(lrs):
    sent = statement(timestamp="2023-05-04T12:00:00.120-05:00")
    lrs.post(sent, headers=VERSION_2)
    lrs.post(sent)
    first, second = lrs.stored()
    assert (second["version"], second["timestamp"]) == ("2.0.0", "2023-05-04T17:00:00.120Z")
    assert (first["version"], first["timestamp"]) == ("1.0.0", sent["timestamp"])


def deep(levels):
    value = b"[" * levels + b"]" * levels
    return orjson.dumps(statement(result={"extensions": {"https://a.no": 1}})).replace(b":1}", b":" + value + b"}")


BODIES = {
    "nothing": b"",
    "no JSON": b"actor=Kari",
    "cut off": orjson.dumps(statement())[:-5],
    "UTF-16": json.dumps(statement()).encode("utf-16"),
    "Latin-1": json.dumps(statement(actor={"name": "Læge", "mbox": "mailto:a@b.no"}), ensure_ascii=False).encode("latin-1"),
    "byte order mark": b"\xef\xbb\xbf" + orjson.dumps(statement()),
    "NaN": orjson.dumps(statement(result={"score": {"raw": 1}})).replace(b'"raw":1', b'"raw":NaN'),
    "100 levels": deep(100),
    "100,000 levels": deep(100_000),
    "100,000 levels in an array": b"[" * 100_000,
    "name twice": orjson.dumps(statement())[:-1] + b',"actor":{"mbox":"mailto:b@b.no"}}',
    "a string": b'"statement"',
    "null in an array": b"[null]",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_answers_400_when_the_body_is_no_statement(lrs, body):
    answer = lrs("POST", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["code"] == "invalid"
    assert lrs.stored() == []


def test_answers_413_when_a_statement_is_larger_than_allowed(lrs):
    large = statement(result={"response": "x" * 1_048_576})
    assert is_refused(lrs.post(large), 413, "body")
    assert is_refused(lrs.post([statement(), large]), 413, "body")
    assert lrs.stored() == []


def test_answers_413_when_the_request_is_larger_than_allowed(lrs, app):
    app.config["MAX_CONTENT_LENGTH"] = 1000
    assert is_refused(lrs.post(full_statement()), 413, "body")
