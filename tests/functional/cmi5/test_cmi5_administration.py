"""The administration API: courses imported, learners registered, AUs launched, waived and abandoned, by programs."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from lrs_bridge.app import create_app
from lrs_bridge.db import read
from lrs_bridge.hosting.attempts import service as attempts
from lrs_bridge.identity import Account, identifier_of
from lrs_bridge.people import service as people
from tests.support.cmi5 import au, block, course
from tests.support.cmi5_api import ACTOR
from tests.support.hosting import open_school
from tests.support.lrs import Caller
from tests.support.packages import single_sco, zipped
from tests.support.plans import open_ward

READING = course(au("text", url="https://content.example.no/index.html", attributes='moveOn="Completed"'))
OTHER = ACTOR | {"account": {"homePage": "https://lms.example.no", "name": "ola"}}


@pytest.fixture
def ward(app):
    return open_ward(app.extensions["lrs_bridge"].engine)


@pytest.fixture
def ask(app, ward):
    """Asks as a program with a key of scope ``all`` does."""
    caller = Caller(app.test_client(), ward.engine, tenant=ward.tenant)

    def asked(method, path, json=None, **more):
        return caller(method, f"/api/cmi5/{path}", json=json, **more)

    return asked


@pytest.fixture
def bring(ask):
    def brought(content=READING, content_type="text/xml", query=""):
        return ask("POST", f"courses{query}", data=content, content_type=content_type)

    return brought


@pytest.fixture
def made(bring):
    return bring().json


@pytest.fixture
def launch(ask, made):
    def launched(**more):
        return ask("POST", f"courses/{made['id']}/launch-url", {"actor": ACTOR, **more})

    return launched


# Importing


def test_imports_a_package_and_a_structure_alone(ask, bring, ward):
    package = zipped({"cmi5.xml": course(block("b", au("text"))).decode(), "index.html": "<p>Kurs</p>"})
    answer = bring(package, "application/zip")
    assert (answer.status_code, answer.json["title"], len(answer.json["aus"])) == (201, "Kurs", 1)
    assert ask("GET", f"courses/{answer.json['id']}").json == answer.json
    assert bring().status_code == 201


def test_gives_a_course_to_whom_it_is_said_to_be(bring, ward):
    assert bring(query=f"?owner={ward.admin}").status_code == 201
    refused = bring(query=f"?owner={ward.kari}")
    assert (refused.status_code, refused.json["rule"]) == (403, "host_course")
    assert bring(query="?owner=eva").json["field"] == "owner"


def test_asks_whose_a_course_is_when_there_is_no_administrator(app, ward):
    ward.do(lambda s: people.add_tenant(s, "tom", name="Tom", kind="trust", language="nb"))
    caller = Caller(app.test_client(), ward.engine, tenant="tom")
    answer = caller("POST", "/api/cmi5/courses", data=READING, content_type="text/xml")
    assert (answer.status_code, answer.json["field"]) == (400, "owner")


REFUSED = {
    "14.0.0.0-1": (b"# Kurs", "text/markdown; charset=UTF-8", 415, "cmi5 14.0"),
    "14.1.0.0-1": (b"not a zip", "application/zip", 400, "PKWARE APPNOTE 6.3.9 4.3.7"),
    "14.2.0.0-1": (course(au()), "text/xml", 400, "cmi5 14.2"),
    "8.1.0.0-6": (course(au(url="index.html?endpoint=x")), "text/xml", 400, "cmi5 8.1"),
    "SCORM": (zipped(single_sco()), "application/zip", 400, None),
}


@pytest.mark.parametrize(("content", "content_type", "status", "rule"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_what_can_not_be_imported(bring, content, content_type, status, rule):
    answer = bring(content, content_type)
    assert (answer.status_code, answer.json["rule"]) == (status, rule)
    assert answer.json["message"]


def test_takes_a_package_that_is_larger_than_other_requests_may_be(app, bring, ask, made):
    app.config["MAX_CONTENT_LENGTH"] = 100
    assert bring().status_code == 201
    assert ask("POST", f"courses/{made['id']}/registrations", {"actor": ACTOR | {"name": "k" * 200}}).status_code == 413
    assert bring(READING, "multipart/form-data; boundary=x").status_code == 413


def test_refuses_a_package_that_is_too_large(settings, ward):
    small = create_app(replace(settings, max_package_bytes=len(READING) - 1))
    caller = Caller(small.test_client(), ward.engine, tenant=ward.tenant)
    answer = caller("POST", "/api/cmi5/courses", data=READING, content_type="text/xml")
    small.extensions["lrs_bridge"].engine.dispose()
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")


# Registering and launching


def test_registers_a_learner_under_an_id_of_the_askers(ask, made, ward, app):
    registration = str(uuid4())
    told = {"actor": ACTOR, "registration": registration}
    answer = ask("POST", f"courses/{made['id']}/registrations", told)
    assert (answer.status_code, answer.json) == (201, {"registration": registration})
    assert ask("POST", f"courses/{made['id']}/registrations", told).status_code == 409
    standing = ask("GET", f"registrations/{registration}").json
    assert (standing["actor"]["account"], standing["outcome"]["completion"]) == (ACTOR["account"], False)
    assert ask("POST", f"courses/{made['id']}/registrations", {"actor": ACTOR}).json["registration"] != registration


def test_begins_an_attempt_that_is_the_registration(ask, made, launch, ward):
    account = Account("https://lms.example.no", "kari")
    link = {"actor": "system", "now": ward.clock}
    ward.do(lambda s: people.link_identifier(s, ward.tenant, identifier_of(account), ward.kari, **link))
    first, second = (launch().json["registration"] for _ in range(2))
    found = read(ward.engine, lambda s: attempts.attempts_of_persons(s, ward.tenant, [ward.kari]))
    assert [str(attempt.attempt_id) for attempt in found if attempt.closed_at is None] == [second]
    assert {str(attempt.attempt_id) for attempt in found} == {first, second}
    assert {attempt.learner_name for attempt in found} == {"Kari Nordmann"}


def test_launches_in_a_new_registration_and_in_one_that_is_there(ask, launch):
    first = launch(returnUrl="https://lms.example.no/back")
    assert first.status_code == 201
    assert sorted(first.json) == ["activityId", "launchMethod", "registration", "session", "url"]
    second = launch(registration=first.json["registration"], mode="Browse")
    assert second.json["registration"] == first.json["registration"]
    standing = ask("GET", f"registrations/{first.json['registration']}").json
    assert [(each["mode"], each["state"]) for each in standing["sessions"]] == [("Normal", "abandoned"), ("Browse", "launched")]
    chosen = str(uuid4())
    assert launch(registration=chosen).json["registration"] == chosen


def test_refuses_a_launch_that_can_not_be(ask, bring, launch, made):
    registration = launch().json["registration"]
    assert launch(registration=registration, actor=OTHER).status_code == 409
    other = bring().json["id"]
    assert ask("POST", f"courses/{other}/launch-url", {"actor": ACTOR, "registration": registration}).status_code == 409
    assert launch(au=1).json["field"] == "au"
    assert launch(mode="Look").status_code == 400
    assert ask("POST", f"courses/{uuid4()}/launch-url", {"actor": ACTOR}).status_code == 404


def test_knows_no_scorm_courses(ask, ward, app):
    school = open_school(ward, app)
    hosted = school.host()
    answer = ask("GET", f"courses/{hosted}")
    assert (answer.status_code, answer.json["message"]) == (404, "there is no such cmi5 course")


# Waiving and abandoning


def test_waives_an_au_and_tells_how_it_stands(ask, launch):
    registration = launch().json["registration"]
    answer = ask("POST", f"registrations/{registration}/waive", {"reason": "Administrative"})
    assert (answer.status_code, answer.json["outcome"]["completion"]) == (200, True)
    assert (answer.json["aus"][0]["waived"], answer.json["satisfiedAt"] is not None) == (True, True)
    assert ask("POST", f"registrations/{registration}/waive", {"reason": " "}).json["rule"] == "cmi5 9.5.5.2"
    assert ask("POST", f"registrations/{uuid4()}/waive", {"reason": "Administrative"}).status_code == 404


def test_abandons_a_session(ask, launch):
    session = launch().json["session"]
    for _ in range(2):
        answer = ask("POST", f"sessions/{session}/abandon", {})
        assert (answer.status_code, answer.json["state"]) == (200, "abandoned")
    assert ask("POST", f"sessions/{uuid4()}/abandon", {}).status_code == 404


# Who may


def test_asks_for_a_key_that_may_do_everything(app, ward):
    client = app.test_client()
    answer = client.get(f"/api/cmi5/registrations/{uuid4()}")
    assert (answer.status_code, answer.json["code"], "Basic" in answer.headers["WWW-Authenticate"]) == (
        401,
        "unauthenticated",
        True,
    )
    writer = Caller(client, ward.engine, "statements/write", tenant=ward.tenant)
    refused = writer("GET", f"/api/cmi5/registrations/{uuid4()}")
    assert (refused.status_code, refused.json["rule"]) == (403, "docs/cmi5.md")


def test_keeps_other_tenants_courses_apart(app, ward, made, launch):
    registration = launch().json["registration"]
    neighbour = Caller(app.test_client(), ward.engine, tenant="nabo")
    for path in (f"courses/{made['id']}", f"registrations/{registration}"):
        assert neighbour("GET", f"/api/cmi5/{path}").status_code == 404


def test_takes_no_key_of_a_session(app, launch):
    told = parse_qs(urlsplit(launch().json["url"]).query)
    token = app.test_client().post(urlsplit(told["fetch"][0]).path).json["auth-token"]
    answer = app.test_client().get(
        f"/api/cmi5/registrations/{told['registration'][0]}", headers={"Authorization": f"Basic {token}"}
    )
    assert answer.status_code == 401
