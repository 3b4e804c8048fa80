"""The LMS as an AU of others sees it: Rustici's cmi5.js under node, over HTTP. @xapi/cmi5 speaks in browsers alone."""

from itertools import count

import pytest

from lrs_bridge.db import open_engine
from tests.support.cmi5 import au, block, course
from tests.support.cmi5_api import Api
from tests.support.databases import served
from tests.support.lrs import new_key_at
from tests.support.node import run_client
from tests.support.plans import open_ward

PACKAGE, DRIVER = "@rusticisoftware/cmi5", "cmi5_rustici"
EXAM = 'moveOn="CompletedAndPassed" masteryScore="0.8"'
TENANTS = count()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request, tmp_path_factory):
    with served(request.param, tmp_path_factory.mktemp("aus"), workers=1) as server:
        yield server


@pytest.fixture
def api(server):
    """A program with a key of a tenant of the test's own, in which there is an administrator."""
    tenant = f"aus-{next(TENANTS)}"
    engine = open_engine(server.database_url)
    open_ward(engine, tenant)
    engine.dispose()
    return Api(server.url, *new_key_at(server.database_url, tenant=tenant))


@pytest.fixture
def exam(api):
    return api.bring(course(block("b", au("exam", url="https://content.example.no/index.html?a=1", attributes=EXAM))))


def run(step, launched):
    return run_client(PACKAGE, DRIVER, step, url=launched["url"])


def test_passes_a_course(api, exam):
    launched = api.launch(exam, returnUrl="https://lms.example.no/back", language="nb")
    found = run("pass", launched)
    launch = found.pop("launch")
    told = [launch[name] for name in ("launchMode", "moveOn", "masteryScore", "returnURL")]
    assert told == ["Normal", "CompletedAndPassed", 0.8, "https://lms.example.no/back"]
    refused = {name for name, error in found.items() if name != "preferences" and error}
    assert refused == {"again", "late"}
    standing = api.standing(launched["registration"])
    assert standing["outcome"] == {"completion": True, "success": True, "score": 0.9}
    assert [session["state"] for session in standing["sessions"]] == ["terminated"]
    assert api.verbs(launched["registration"])[-4:] == ["passed", "satisfied", "satisfied", "terminated"]


def test_fails_and_passes_the_next_time(api, exam):
    first = api.launch(exam)
    assert run("fail", first) == {"failed": None, "terminated": None}
    assert api.standing(first["registration"])["outcome"] == {"completion": False, "success": False, "score": 0.2}
    second = api.launch(exam, registration=first["registration"])
    assert run("pass", second)["passed"] is None
    assert api.standing(first["registration"])["outcome"] == {"completion": True, "success": True, "score": 0.9}


def test_tells_nothing_of_satisfaction_when_looking_around(api, exam):
    launched = api.launch(exam, mode="Browse")
    found = run("fail", launched)
    assert found["failed"]
    assert found["terminated"] is None
    assert api.verbs(launched["registration"]) == ["launched", "initialized", "terminated"]
