"""The headers of the LRS's answers: each once, and on every answer those that all have."""

import pytest

from tests.support.lrs import Caller
from tests.support.statements import STATEMENT_ID, statement

EVERYWHERE = {
    "X-Experience-API-Version": "1.0.3",
    "Cache-Control": "private, no-cache",
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
}


@pytest.fixture
def lrs(app, client):
    caller = Caller(client, app.extensions["lrs_bridge"].engine)
    caller.post(statement(id=STATEMENT_ID))
    return caller


ASKED = {
    "one": (("GET",), {"query_string": {"statementId": STATEMENT_ID}}, 200),
    "page": (("GET",), {}, 200),
    "head": (("HEAD",), {}, 200),
    "stored": (("POST",), {"json": [statement()]}, 200),
    "put": (("PUT",), {"json": statement(id=STATEMENT_ID), "query_string": {"statementId": STATEMENT_ID}}, 204),
    "bad": (("GET",), {"query_string": {"x": "y"}}, 400),
    "nobody": (("GET",), {"headers": {"Authorization": "Basic x"}}, 401),
    "not there": (("GET",), {"query_string": {"statementId": "00000000-0000-4000-8000-000000000000"}}, 404),
    "no such method": (("DELETE",), {}, 405),
    "preflight": (("OPTIONS",), {}, 204),
    "about": (("GET", "/xapi/about"), {}, 200),
    "no resource": (("GET", "/xapi/nothing"), {}, 404),
}


@pytest.mark.parametrize(("asked", "more", "status"), ASKED.values(), ids=ASKED.keys())
def test_answers_with_each_header_once_when_asked_anything(lrs, asked, more, status):
    answer = lrs(*asked, **more)
    names = [name.lower() for name in answer.headers.keys()]  # noqa: SIM118  a name may be there twice
    assert answer.status_code == status
    assert sorted(names) == sorted(set(names))
    assert {name: answer.headers[name] for name in EVERYWHERE} == EVERYWHERE
    assert answer.headers["X-Request-ID"]
    assert ("Content-Type" in answer.headers) == ("Content-Length" in answer.headers) == (status != 204)
