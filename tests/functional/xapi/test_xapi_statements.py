"""Communication 2.1: the statement resource as callers see it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

import pytest

from lrs_bridge.db import open_engine
from tests.support.lrs import VERSION, Caller, basic
from tests.support.statements import COMPLETED, COURSE, KARI, OLA, OTHER_ID, STATEMENT_ID, full_statement, statement, voiding


@pytest.fixture
def engine_of_app(app):
    return app.extensions["lrs_bridge"].engine


@pytest.fixture
def lrs(client, engine_of_app):
    return Caller(client, engine_of_app)


def put(lrs, value, id=STATEMENT_ID):
    return lrs("PUT", query_string={"statementId": id}, json=value)


def test_answers_with_the_ids_when_statements_are_posted(lrs):
    answer = lrs.post([statement(id=STATEMENT_ID), statement()])
    assert answer.status_code == 200
    assert answer.json[0] == STATEMENT_ID
    assert [one["id"] for one in lrs.stored()] == answer.json[::-1]


def test_answers_with_one_id_when_one_statement_is_posted(lrs):
    assert lrs.post(statement(id=STATEMENT_ID)).json == [STATEMENT_ID]


def test_answers_204_with_no_body_when_a_statement_is_put(lrs):
    answer = put(lrs, statement())
    assert (answer.status_code, answer.data) == (204, b"")
    assert "Content-Type" not in answer.headers
    assert lrs.get(statementId=STATEMENT_ID).json["id"] == STATEMENT_ID


def test_answers_204_again_and_409_when_put_again_the_same_or_another(lrs):
    assert put(lrs, full_statement()).status_code == 204
    assert put(lrs, full_statement()).status_code == 204
    conflict = put(lrs, full_statement() | {"actor": OLA})
    assert (conflict.status_code, conflict.json["code"]) == (409, "conflict")
    assert lrs.get(statementId=STATEMENT_ID).json["actor"] == KARI


@pytest.mark.parametrize(
    ("query", "value", "field"),
    [
        ({}, statement(), "statementId"),
        ({"statementId": "x"}, statement(), "statementId"),
        ({"statementId": STATEMENT_ID, "x": "y"}, statement(), "x"),
        ({"statementId": STATEMENT_ID}, statement(id=OTHER_ID), "id"),
        ({"statementId": STATEMENT_ID}, [statement()], "body"),
    ],
    ids=["no id", "no UUID", "unknown parameter", "another id", "an array"],
)
def test_answers_400_when_a_put_is_not_as_specified(lrs, query, value, field):
    answer = lrs("PUT", query_string=query, json=value)
    assert (answer.status_code, answer.json["field"]) == (400, field)
    assert lrs.stored() == []


def test_answers_400_when_a_post_has_parameters(lrs):
    assert lrs("POST", query_string={"statementId": STATEMENT_ID}, json=statement()).status_code == 400


def test_gives_the_very_bytes_back_when_asked_for_the_statement(lrs):
    body = json.dumps(full_statement(), indent=2, ensure_ascii=False)
    lrs("POST", data=body.encode(), content_type="application/json; charset=utf-8")
    answer = lrs.get(statementId=STATEMENT_ID)
    assert answer.text.startswith(body[:-1])
    assert lrs.get().text.startswith('{"statements":[' + body[:-1])


def test_tells_when_it_was_stored_when_asked_for_one_statement(lrs):
    lrs.post(statement(id=STATEMENT_ID))
    answer = lrs.get(statementId=STATEMENT_ID)
    stored = datetime.fromisoformat(answer.json["stored"])
    assert parsedate_to_datetime(answer.headers["Last-Modified"]) == stored.replace(microsecond=0)


@pytest.mark.parametrize("year", ["0001", "0999", "9999"])
def test_takes_and_finds_a_statement_when_it_tells_a_strange_year(lrs, year):
    at = f"{year}-12-31T23:59:59Z"
    assert lrs.post(statement(id=STATEMENT_ID, timestamp=at)).status_code == 200
    assert lrs.get(statementId=STATEMENT_ID).json["timestamp"] == at
    found = [lrs.get(**{bound: at}) for bound in ("since", "until")]
    assert [answer.status_code for answer in found] == [200, 200]
    assert sorted(len(answer.json["statements"]) for answer in found) == [0, 1]


def test_refuses_a_body_by_that_name_when_it_is_not_json(lrs):
    answer = lrs("POST", data=b"actor=Kari", content_type="application/json")
    assert (answer.status_code, answer.json["field"]) == (400, "body")


@pytest.mark.parametrize("query", [{}, {"x": "1"}, {"statementId": OTHER_ID}], ids=["good", "bad", "not found"])
def test_rests_on_no_cookie_and_is_asked_anew_when_it_answers(client, lrs, query):
    lrs.post(statement())
    client.set_cookie("lrs_bridge_session", "x")
    answer = lrs.get(**query)
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert answer.headers["Cache-Control"] == "private, no-cache"  # pages that ask again are to be told anew


def test_answers_without_a_body_when_asked_by_head(lrs):
    lrs.post(statement(id=STATEMENT_ID))
    head, get = lrs("HEAD", query_string={"statementId": STATEMENT_ID}), lrs.get(statementId=STATEMENT_ID)
    assert head.data == b""
    assert head.status_code == 200
    assert head.headers["Content-Length"] == str(len(get.data))


def test_gives_a_voided_statement_only_when_asked_for_as_voided(lrs):
    lrs.post([statement(id=STATEMENT_ID), voiding(STATEMENT_ID, id=OTHER_ID)])
    assert lrs.get(statementId=STATEMENT_ID).status_code == 404
    assert lrs.get(voidedStatementId=STATEMENT_ID).json["id"] == STATEMENT_ID
    assert [one["id"] for one in lrs.stored()] == [OTHER_ID]


def test_leads_on_to_the_rest_when_there_is_more(lrs):
    ids = lrs.post([statement() for _ in range(5)]).json
    answer, seen = lrs.get(limit="2", verb=COMPLETED, format="ids"), []
    while True:
        seen += [one["id"] for one in answer.json["statements"]]
        assert all("display" not in one["verb"] for one in answer.json["statements"])
        if not answer.json["more"]:
            break
        answer = lrs("GET", answer.json["more"])
    assert seen == ids[::-1]


def test_refuses_to_lead_on_when_another_tenant_brings_the_token(lrs, client, engine_of_app):
    lrs.post([statement(), statement()])
    more = lrs.get(limit="1").json["more"]
    assert Caller(client, engine_of_app, tenant="nabo")("GET", more).status_code == 400


def test_gives_one_language_when_asked_for_canonical(lrs):
    lrs.post(statement())
    answer = lrs("GET", query_string={"format": "canonical"}, headers={"Accept-Language": "en"})
    assert answer.json["statements"][0]["object"]["definition"]["name"] == {"en": "Infection control"}


def test_answers_in_parts_when_attachments_are_asked_for(lrs):
    lrs.post(full_statement())
    answer = lrs.get(attachments="true")
    assert answer.mimetype == "multipart/mixed"
    first = answer.data.split(b"--" + answer.mimetype_params["boundary"].encode())[1]
    head, _, body = first.strip().partition(b"\r\n\r\n")
    assert head == b"Content-Type: application/json"
    assert json.loads(body)["statements"][0]["id"] == STATEMENT_ID


@pytest.mark.parametrize(
    "query",
    [{"x": "1"}, {"statementID": STATEMENT_ID}, {"limit": "-1"}, {"statementId": STATEMENT_ID, "limit": "1"}, {"agent": "{"}],
)
def test_answers_400_when_a_query_is_not_as_specified(lrs, query):
    assert lrs.get(**query).status_code == 400


# --- who may do what


def test_answers_401_when_key_or_secret_is_wrong(client, lrs):
    lrs.post(statement())
    for headers in ({}, basic(lrs.key, "x"), basic("demo.x", lrs.secret), {"Authorization": "Bearer x"}):
        for method in ("GET", "POST"):
            answer = client.open("/xapi/statements", method=method, headers=headers | VERSION, json=statement())
            assert (answer.status_code, answer.json["code"]) == (401, "unauthenticated")
            assert answer.headers["WWW-Authenticate"].startswith("Bearer" if "Bearer x" in headers.values() else "Basic")
    assert len(lrs.stored()) == 1


def test_shows_no_login_box_when_a_script_of_another_origin_is_not_known(client):
    answer = client.get("/xapi/statements", headers=VERSION | {"Origin": "https://kurs.example.no"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="xAPI"'  # no browser asks its user for that


def test_answers_403_when_the_scope_does_not_reach(client, engine_of_app):
    assert Caller(client, engine_of_app, "statements/read").post(statement()).status_code == 403
    assert Caller(client, engine_of_app, "statements/write").get().status_code == 403


def test_shows_its_own_only_when_the_scope_is_mine(client, engine_of_app, lrs):
    lrs.post(statement())
    own = Caller(client, engine_of_app, "statements/write", "statements/read/mine")
    (known,) = own.post(statement()).json
    assert [one["id"] for one in own.stored()] == [known]


def test_shows_nothing_of_another_tenant_when_asked_with_its_own_key(client, engine_of_app, lrs):
    lrs.post(statement(id=STATEMENT_ID))
    neighbour = Caller(client, engine_of_app, tenant="nabo")
    assert neighbour.stored() == []
    assert neighbour.get(statementId=STATEMENT_ID).status_code == 404
    assert put(neighbour, statement(actor=OLA)).status_code == 204


# --- the wire


@pytest.mark.parametrize("path", ["/xapi/statements", "/xapi/statements/", "/xapi//statements", "/xapi//statements/"])
def test_answers_the_same_when_the_endpoint_is_pasted_with_other_slashes(lrs, path):
    assert lrs("POST", path, json=statement(id=STATEMENT_ID)).json == [STATEMENT_ID]
    assert lrs("GET", path).json["statements"][0]["id"] == STATEMENT_ID


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "1.0.9"])
def test_answers_when_the_version_is_spoken(lrs, version):
    assert lrs("GET", headers={"X-Experience-API-Version": version}).status_code == 200


@pytest.mark.parametrize("version", [None, "0.95", "1.1.0", "2.1.0", "x"])
def test_answers_400_when_the_version_is_not_spoken(client, lrs, version):
    headers = basic(lrs.key, lrs.secret) | ({} if version is None else {"X-Experience-API-Version": version})
    answer = client.get("/xapi/statements", headers=headers)
    assert (answer.status_code, answer.json["field"]) == (400, "X-Experience-API-Version")
    assert answer.headers["X-Experience-API-Version"] == ("1.0.3" if version else "0.95")


@pytest.mark.parametrize("path", ["/xapi", "/xapi/", "/xapi/nothing", "/xapi//nothing", "/xapi/statements/nothing"])
def test_answers_404_in_json_when_there_is_no_such_resource(lrs, path):
    answer = lrs("GET", path)
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_answers_405_with_the_methods_when_one_is_not_there(lrs):
    answer = lrs("DELETE")
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "PUT, POST, GET, HEAD, OPTIONS"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1"])
def test_answers_400_when_the_content_type_is_another(lrs, content_type):
    assert lrs("POST", data=json.dumps(statement()), content_type=content_type).status_code == 400


@pytest.mark.parametrize("path", ["/xapi/statements", "/xapi/nothing"])
def test_lets_a_page_of_another_origin_ask_when_it_asks_first(client, path):
    headers = {"Origin": "https://kurs.example.no", "Access-Control-Request-Method": "PUT"}
    answer = client.options(path, headers=headers)
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    assert {"Authorization", "X-Experience-API-Version", "Content-Type"} <= set(
        answer.headers["Access-Control-Allow-Headers"].split(", ")
    )


@pytest.mark.parametrize("query", [{}, {"limit": "x"}], ids=["good", "bad"])
def test_tells_until_when_it_is_whole_and_lets_scripts_read_it_when_it_answers(lrs, query):
    answer = lrs.get(**query)
    through = datetime.fromisoformat(answer.headers["X-Experience-API-Consistent-Through"])
    assert 0 < (datetime.now(UTC) - through).total_seconds() < 60
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"X-Experience-API-Consistent-Through", "Last-Modified", "ETag"} <= set(exposed)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers


def test_claims_nothing_to_be_whole_when_the_database_is_gone(app, engine_of_app, lrs):
    engine_of_app.dispose()
    gone = open_engine("sqlite:////no/such/directory/at/all.sqlite3")
    app.extensions["lrs_bridge"] = replace(app.extensions["lrs_bridge"], engine=gone)
    answer = lrs.get()
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert answer.headers["X-Experience-API-Consistent-Through"] == "1970-01-01T00:00:00.000000Z"


def test_tells_its_versions_when_asked_about_itself_by_anyone(client):
    answer = client.get("/xapi/about")
    assert answer.json == {"version": ["1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0"]}
    assert "X-Experience-API-Consistent-Through" not in answer.headers
    assert "2.0.0" not in client.get("/xapi/about", headers=VERSION).json["version"]  # tincan takes no such answer
    assert client.get("/xapi/about?x=1").status_code == 400


# --- Communication 1.3: the alternate syntax


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain;charset=UTF-8"])
def test_stores_and_finds_when_asked_in_the_alternate_syntax(client, lrs, content_type):
    def call(method, **fields):
        form = lrs.headers | fields
        return client.post(f"/xapi/statements?method={method}", data=urlencode(form), content_type=content_type)

    assert call("PUT", statementId=STATEMENT_ID, content=json.dumps(statement(), ensure_ascii=False)).status_code == 204
    assert call("GET", statementId=STATEMENT_ID).json["object"]["id"] == COURSE
    assert call("GET", agent=json.dumps(KARI)).json["statements"][0]["id"] == STATEMENT_ID
    assert call("DELETE").status_code == 405
    assert call("GET", **{"X-Experience-API-Version": "2.0.0"}).status_code == 400
