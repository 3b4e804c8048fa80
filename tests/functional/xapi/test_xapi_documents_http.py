"""Communication 2.2, 2.3, 2.6, 2.7 and 3.1: the document resources as callers see them, in both versions."""

import hashlib
import json
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

import pytest

from tests.support.environment import settings_for
from tests.support.lrs import Caller
from tests.support.statements import COURSE, KARI, OLA, REGISTRATION

V2 = {"X-Experience-API-Version": "2.0.0"}
STATE, AGENT_PROFILE, ACTIVITY_PROFILE = "/xapi/activities/state", "/xapi/agents/profile", "/xapi/activities/profile"
AGENT = json.dumps(KARI)
PARAMETERS = {
    STATE: {"activityId": COURSE, "agent": AGENT, "stateId": "bokmerke"},
    AGENT_PROFILE: {"agent": AGENT, "profileId": "valg"},
    ACTIVITY_PROFILE: {"activityId": COURSE, "profileId": "valg"},
}
PROFILES = [AGENT_PROFILE, ACTIVITY_PROFILE]
RESOURCES = [STATE, *PROFILES]
NEW = {"If-None-Match": "*"}


@pytest.fixture
def engine_of_app(app):
    return app.extensions["lrs_bridge"].engine


@pytest.fixture
def lrs(client, engine_of_app):
    caller = Caller(client, engine_of_app)

    def call(method, path=STATE, *, without=(), headers=None, data=None, content_type="text/plain", **changes):
        parameters = {name: value for name, value in (PARAMETERS[path] | changes).items() if name not in without}
        more = {} if data is None else {"data": data, "content_type": content_type}
        return caller(method, path, query_string=parameters, headers=headers, **more)

    call.caller = caller
    return call


def tag(content: bytes) -> str:
    return f'"{hashlib.sha1(content, usedforsecurity=False).hexdigest()}"'


@pytest.mark.parametrize("path", RESOURCES)
@pytest.mark.parametrize("version", [{}, V2], ids=["1.0.3", "2.0"])
def test_keeps_a_document_byte_for_byte_when_it_is_put(lrs, path, version):
    content = b"\x00\xff<script>\r\n"
    answer = lrs("PUT", path, data=content, content_type="text/html; charset=latin1", headers=NEW | version)
    assert (answer.status_code, answer.data) == (204, b"")
    found = lrs("GET", path, headers=version)
    assert (found.status_code, found.data, found.headers["Content-Type"]) == (200, content, "text/html; charset=latin1")
    assert found.headers["ETag"] == tag(content)
    assert parsedate_to_datetime(found.headers["Last-Modified"]).tzinfo is not None
    assert found.headers["X-Experience-API-Version"] == version.get("X-Experience-API-Version", "1.0.3")
    assert "sandbox" in found.headers["Content-Security-Policy"]
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    head = lrs("HEAD", path, headers=version)
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", tag(content))
    assert head.headers["Content-Length"] == str(len(content))


@pytest.mark.parametrize("path", RESOURCES)
def test_answers_304_with_its_headers_when_the_caller_has_the_document(lrs, path):
    lrs("PUT", path, data="abc", headers=NEW)
    answer = lrs("GET", path, headers={"If-None-Match": tag(b"abc")})
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag(b"abc"))
    assert lrs("GET", path, headers={"If-None-Match": tag(b"x")}).data == b"abc"


@pytest.mark.parametrize("path", RESOURCES)
def test_answers_404_when_there_is_no_such_document(lrs, path):
    for method in ("GET", "HEAD"):
        assert lrs(method, path).status_code == 404
    assert lrs("DELETE", path).status_code == 204
    assert lrs("GET", path, headers={"If-None-Match": "*"}).json["code"] == "not_found"


@pytest.mark.parametrize("path", RESOURCES)
def test_merges_when_json_is_posted_twice(lrs, path):
    for content in (b'{"x":"foo","y":"bar"}', b'{"x":"bash","z":"faz"}'):
        answer = lrs("POST", path, data=content, content_type="application/json")
        assert (answer.status_code, answer.data) == (204, b"")
    assert lrs("GET", path).json == {"x": "bash", "y": "bar", "z": "faz"}


@pytest.mark.parametrize("path", RESOURCES)
@pytest.mark.parametrize(
    ("stored", "stored_type", "posted", "posted_type"),
    [
        (b"{}", "application/json", b"{}", "not/json"),
        (b"{}", "application/octet-stream", b"{}", "application/json"),
        (b"{}", "application/json", b'{"a":1}{', "application/json"),
        (b"[]", "application/json", b"{}", "application/json"),
    ],
)
def test_answers_400_and_changes_nothing_when_it_cannot_merge(lrs, path, stored, stored_type, posted, posted_type):
    lrs("PUT", path, data=stored, content_type=stored_type, headers=NEW)
    assert lrs("POST", path, data=posted, content_type=posted_type).status_code == 400
    assert lrs("GET", path).data == stored


def body_for(method, content='{"a":1}'):
    return {} if method == "DELETE" else {"data": content, "content_type": "application/json"}


@pytest.mark.parametrize("path", RESOURCES)
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_acts_when_if_match_names_the_stored_tag(lrs, path, method):
    for spelling in ('"{}"', "{}", 'W/"{}"', '"x", "{}"', "*"):
        lrs("DELETE", path)
        lrs("PUT", path, **body_for("PUT", "{}"), headers=NEW)
        headers = {"If-Match": spelling.format(tag(b"{}").strip('"'))}
        assert lrs(method, path, headers=headers, **body_for(method)).status_code == 204
        after = lrs("GET", path)
        assert after.status_code == 404 if method == "DELETE" else after.json == {"a": 1}


@pytest.mark.parametrize("path", RESOURCES)
@pytest.mark.parametrize("version", [{}, V2], ids=["1.0.3", "2.0"])
def test_answers_412_and_changes_nothing_when_a_condition_fails(lrs, path, version):
    lrs("PUT", path, **body_for("PUT", "{}"), headers=NEW)
    for headers in ({"If-Match": tag(b"x")}, {"If-None-Match": "*"}, {"If-None-Match": tag(b"{}")}):
        for method in ("PUT", "POST", "DELETE"):
            answer = lrs(method, path, headers=headers | version, **body_for(method))
            assert (answer.status_code, answer.json["code"]) == (412, "precondition_failed")
    assert lrs("GET", path).data == b"{}"


@pytest.mark.parametrize(
    ("path", "version", "when_new", "when_there"),
    [
        (STATE, {}, 204, 204),
        (AGENT_PROFILE, {}, 400, 409),
        (ACTIVITY_PROFILE, {}, 400, 409),
        (STATE, V2, 204, 409),
        (AGENT_PROFILE, V2, 204, 409),
        (ACTIVITY_PROFILE, V2, 204, 409),
    ],
)
def test_says_what_to_do_when_a_put_without_condition_may_not_replace(lrs, path, version, when_new, when_there):
    assert lrs("PUT", path, data="1", headers=version).status_code == when_new
    lrs("DELETE", path)
    lrs("PUT", path, data="2", headers=NEW)
    answer = lrs("PUT", path, data="3", headers=version)
    assert answer.status_code == when_there
    if when_there == 409:
        assert "If-Match" in answer.json["message"]
        assert "check its present state" in answer.json["message"]
    assert lrs("GET", path).data == (b"2" if when_there == 409 else b"3")


@pytest.mark.parametrize("path", RESOURCES)
def test_lists_ids_with_time_and_tag_when_no_id_is_asked_for(lrs, path):
    name = "stateId" if path == STATE else "profileId"
    empty = lrs("GET", path, without=[name])
    assert (empty.json, empty.headers["Content-Type"]) == ([], "application/json")
    assert "Last-Modified" not in empty.headers
    for one in ("a", "b"):
        lrs("PUT", path, data=one, headers=NEW, **{name: one})
    every = lrs("GET", path, without=[name])
    assert sorted(every.json) == ["a", "b"]
    assert every.headers["ETag"] == tag(every.data)
    latest = lrs("GET", path, **{name: "b"}).headers["Last-Modified"]
    assert every.headers["Last-Modified"] == latest
    assert lrs("GET", path, without=[name], since="2099-01-01T00:00:00Z").json == []
    assert sorted(lrs("GET", path, without=[name], since="2026-01-01T00:00:00+01:00").json) == ["a", "b"]
    assert lrs("GET", path, without=[name], headers={"If-None-Match": every.headers["ETag"]}).status_code == 304


def test_deletes_all_states_of_the_agent_in_the_activity_when_no_id_is_named(lrs):
    for one in ("a", "b"):
        lrs("PUT", data=one, stateId=one)
        lrs("PUT", data=one, stateId=one, registration=REGISTRATION)
    lrs("PUT", data="o", agent=json.dumps(OLA))
    for headers in ({"If-Match": tag(b"a")}, {"If-None-Match": "*"}):
        assert lrs("DELETE", without=["stateId"], headers=headers).status_code == 400
    assert lrs("DELETE", without=["stateId"], registration=REGISTRATION).status_code == 204
    assert sorted(lrs("GET", without=["stateId"]).json) == ["a", "b"]
    assert lrs("GET", without=["stateId"], registration=REGISTRATION).json == []
    assert lrs("DELETE", without=["stateId"]).status_code == 204
    assert lrs("GET", without=["stateId"]).json == []
    assert lrs("GET", agent=json.dumps(OLA)).data == b"o"


WRITERS, EVERY = ("PUT", "POST", "DELETE"), ("PUT", "POST", "GET", "DELETE")
WRONG = [
    (STATE, EVERY, ["activityId"], {}, "activityId"),
    (STATE, EVERY, ["agent"], {}, "agent"),
    (AGENT_PROFILE, EVERY, ["agent"], {}, "agent"),
    (ACTIVITY_PROFILE, EVERY, ["activityId"], {}, "activityId"),
    (STATE, ("PUT", "POST"), ["stateId"], {}, "stateId"),
    (AGENT_PROFILE, WRITERS, ["profileId"], {}, "profileId"),
    (ACTIVITY_PROFILE, WRITERS, ["profileId"], {}, "profileId"),
    (STATE, EVERY, [], {"registration": "true"}, "registration"),
    (STATE, EVERY, [], {"agent": "kari"}, "agent"),
    (AGENT_PROFILE, EVERY, [], {"agent": "[]"}, "agent"),
    (STATE, EVERY, [], {"activityId": "kurs"}, "activityId"),
    (ACTIVITY_PROFILE, EVERY, [], {"activityId": "kurs"}, "activityId"),
    *((path, EVERY, [], {"foo": "bar"}, "foo") for path in RESOURCES),
    *((path, WRITERS, [], {"since": "2026-01-01T00:00:00Z"}, "since") for path in RESOURCES),
    *((path, ("GET",), [], {"since": "i går"}, "since") for path in RESOURCES),
    *((path, EVERY, [], {"registration": REGISTRATION}, "registration") for path in PROFILES),
    (STATE, EVERY, [], {"stateId": "a\x00b"}, "stateId"),
    (STATE, EVERY, [], {"StateId": "a"}, "StateId"),
]


@pytest.mark.parametrize("path", RESOURCES)
def test_answers_400_and_names_the_parameter_when_it_is_wrong(lrs, path):
    for _, methods, without, changes, field in (one for one in WRONG if one[0] == path):
        for method in methods:
            body = body_for(method) | {"headers": NEW} if method in ("PUT", "POST") else {}
            answer = lrs(method, path, without=without, **body, **changes)
            assert (answer.status_code, answer.json["field"]) == (400, field), (method, without, changes)


@pytest.mark.parametrize("content_type", ["text", "a/b\u00e6", "a/b; c=\x7f", "/", "a/b; c=ł", "a/b\r\nX-Y: z"])
def test_answers_400_when_the_content_type_could_not_be_given_back(lrs, content_type):
    form = {**PARAMETERS[STATE], "content": "x", "Content-Type": content_type}
    answer = lrs.caller(
        "POST", STATE, query_string={"method": "PUT"}, data=urlencode(form), content_type="application/x-www-form-urlencoded"
    )
    assert (answer.status_code, answer.json["field"]) == (400, "Content-Type")


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_answers_415_when_the_body_is_compressed(lrs, method):
    answer = lrs(method, data=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json["field"]) == (415, "Content-Encoding")
    assert lrs("GET").status_code == 404


def test_gives_untyped_content_back_as_bytes(lrs):
    assert lrs.caller("PUT", STATE, query_string=PARAMETERS[STATE], data=b"abc").status_code == 204
    assert lrs("GET").headers["Content-Type"] == "application/octet-stream"


def test_takes_a_document_in_the_alternate_syntax_as_tincanjs_sends_it(lrs):
    form = {**PARAMETERS[AGENT_PROFILE], "content": '{"språk":"nb"}', "Content-Type": "application/json", "If-None-Match": "*"}
    answer = lrs.caller(
        "POST",
        AGENT_PROFILE,
        query_string={"method": "PUT"},
        data=urlencode(form),
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 204
    found = lrs("GET", AGENT_PROFILE)
    assert (found.json, found.headers["Content-Type"]) == ({"språk": "nb"}, "application/json")


def test_keeps_the_documents_of_a_group_with_those_of_its_identifier_in_version_2(lrs):
    group = json.dumps({"objectType": "Group", "mbox": KARI["mbox"]})
    assert lrs("PUT", data="x", agent=group, headers=V2).status_code == 204
    assert lrs("GET").data == b"x"
    answer = lrs("PUT", data="x", agent=group)
    assert (answer.status_code, answer.json["field"]) == (400, "agent.objectType")


SCOPES = [
    ("state", {STATE}, {STATE}),
    ("profile", set(PROFILES), set(PROFILES)),
    ("all/read", set(RESOURCES), set()),
    ("all", set(RESOURCES), set(RESOURCES)),
    ("statements/write", set(), set()),
    ("statements/read", set(), set()),
]


@pytest.mark.parametrize(("scope", "reads", "writes"), SCOPES, ids=[scope for scope, *_ in SCOPES])
def test_opens_what_the_scope_of_the_key_says(client, engine_of_app, scope, reads, writes):
    caller = Caller(client, engine_of_app, scope)
    for path in RESOURCES:
        for method in ("PUT", "POST", "GET", "HEAD", "DELETE"):
            body = {"data": "{}", "content_type": "application/json"} if method in ("PUT", "POST") else {}
            answer = caller(method, path, query_string=PARAMETERS[path], headers={"If-Match": "x"}, **body)
            allowed = path in (reads if method in ("GET", "HEAD") else writes)
            assert (answer.status_code != 403) == allowed, (path, method)


def test_shows_no_tenant_the_documents_of_another(client, engine_of_app, lrs):
    lrs("PUT", data="x")
    neighbour = Caller(client, engine_of_app, tenant="nabo")
    assert neighbour("GET", STATE, query_string=PARAMETERS[STATE]).status_code == 404
    assert neighbour("DELETE", STATE, query_string=PARAMETERS[STATE]).status_code == 204
    assert lrs("GET").data == b"x"


@pytest.fixture
def settings(database_url, tmp_path):
    return settings_for(database_url, tmp_path, MAX_BODY_BYTES="2000")


def test_answers_413_when_a_document_is_or_would_become_too_large(lrs):
    assert lrs("PUT", data=b"x" * 2000).status_code == 204
    assert lrs("PUT", data=b"x" * 2001).status_code == 413
    lrs("DELETE")
    for name, status in (("a", 204), ("b", 413)):
        content = json.dumps({name: "x" * 1500})
        assert lrs("POST", data=content, content_type="application/json").status_code == status
    assert set(lrs("GET").json) == {"a"}


@pytest.mark.parametrize("path", [*RESOURCES, "/xapi/agents", "/xapi/activities"])
def test_answers_405_with_what_is_allowed_and_takes_any_slashes(client, lrs, path):
    answer = lrs.caller("PATCH", path)
    allowed = {"GET", "HEAD", "OPTIONS"} | ({"PUT", "POST", "DELETE"} if path in RESOURCES else set())
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, allowed)
    for spelled in (path, f"{path}/", path.replace("/xapi/", "/xapi//")):
        assert lrs.caller("GET", spelled).status_code == 400
        assert client.options(spelled).status_code == 204
