"""The LRS as an independent client sees it: the tincan package, and our own commands made of it."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest
from tincan import Activity, ActivityDefinition, Agent, LanguageMap, RemoteLRS, Statement, StatementRef, Verb
from werkzeug.serving import make_server

from lrs_bridge.errors import Invalid, UpstreamFailed
from lrs_bridge.xapi.client import send_completion
from tests.support.lrs import new_key
from tests.support.postgres import free_port

COURSE = "https://kurs.example.no/smittevern"
SAMPLE = Path(__file__).parents[3] / "samples" / "xapi" / "report_completion.py"


@pytest.fixture
def endpoint(app):
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving = Thread(target=server.serve_forever, daemon=True)
    serving.start()
    yield f"http://127.0.0.1:{server.port}/xapi/"
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture
def key(app):
    return new_key(app.extensions["lrs_bridge"].engine)


@pytest.fixture
def lrs(endpoint, key):
    return RemoteLRS(endpoint=endpoint, username=key[0], password=key[1])


def completed(**more):
    return Statement(
        actor=Agent(name="Kari Nordmann", mbox="mailto:kari@example.no"),
        verb=Verb(id="http://adlnet.gov/expapi/verbs/completed", display=LanguageMap({"nb": "fullførte"})),
        object=Activity(id=COURSE, definition=ActivityDefinition(name=LanguageMap({"nb": "Smittevern"}))),
        **more,
    )


def test_saves_retrieves_queries_and_voids_when_tincan_asks(lrs):
    saved = lrs.save_statement(completed(id=uuid4(), timestamp=datetime.now(UTC)))
    assert saved.success, saved.data
    again = lrs.save_statement(saved.content)
    assert again.success, again.data
    found = lrs.retrieve_statement(saved.content.id)
    assert found.content.actor.mbox == "mailto:kari@example.no"
    assert found.content.authority.account.name

    batch = lrs.save_statements([completed(), completed(), completed()])
    assert len({statement.id for statement in batch.content}) == 3
    query = {"agent": Agent(mbox="mailto:kari@example.no"), "activity": Activity(id=COURSE), "limit": 3}
    page = lrs.query_statements(query | {"since": (datetime.now(UTC) - timedelta(hours=1)).isoformat()})
    assert len(page.content.statements) == 3
    rest = lrs.more_statements(page.content)
    assert [statement.id for statement in rest.content.statements] == [saved.content.id]

    voider = completed()
    voider.verb, voider.object = Verb(id="http://adlnet.gov/expapi/verbs/voided"), StatementRef(id=saved.content.id)
    assert lrs.save_statement(voider).success
    assert not lrs.retrieve_statement(saved.content.id).content
    assert lrs.retrieve_voided_statement(saved.content.id).content.id == saved.content.id


def test_is_told_the_version_when_tincan_asks_about_the_lrs(lrs):
    assert "1.0.3" in lrs.about().content.version


def test_is_refused_with_a_reason_when_tincan_sends_an_actor_without_identifier(lrs):
    answer = lrs.save_statement(Statement(completed(), actor=Agent(name="Kari")))
    assert answer.response.status == 400
    assert json.loads(answer.data)["field"] == "actor"


def test_reports_a_course_when_the_sample_is_run(endpoint, key, lrs):
    line = [sys.executable, SAMPLE, "--endpoint", endpoint, "--key", key[0], "--secret", key[1]]
    learner = ["--account", "https://idp.example.no", "hpr-7654321", "--course", COURSE, "--score", "0.9"]
    done = subprocess.run([*line, *learner], check=True, capture_output=True, text=True)
    stored = lrs.query_statements({}).content.statements
    assert [str(statement.id) for statement in stored][::-1] == done.stdout.split()
    assert [statement.verb.id.rsplit("/")[-1] for statement in stored] == ["passed", "completed", "initialized"]
    assert stored[0].result.score.scaled == 0.9


def test_fails_with_a_reason_when_the_sample_has_a_wrong_secret(endpoint, key):
    line = [
        sys.executable,
        SAMPLE,
        "--endpoint",
        endpoint,
        "--key",
        key[0],
        "--secret",
        "x",
        "--email",
        "a@b.no",
        "--course",
        COURSE,
    ]
    done = subprocess.run(line, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "401" in done.stderr


def test_sends_each_verb_of_one_registration_when_asked_to_report(endpoint, key, lrs):
    verbs = ("initialized", "completed", "failed")
    ids = send_completion(
        endpoint, *key, course=COURSE, course_name="Smittevern", email="kari@example.no", score=0.2, verbs=verbs
    )
    stored = lrs.query_statements({"ascending": "true"}).content.statements
    assert [str(statement.id) for statement in stored] == ids
    assert len({statement.context.registration for statement in stored}) == 1
    assert (stored[2].result.success, stored[2].result.score.scaled) == (False, 0.2)
    assert stored[1].result.completion


def test_says_why_when_the_lrs_refuses_a_report(endpoint, key):
    with pytest.raises(UpstreamFailed, match="401"):
        send_completion(endpoint, key[0], "x", course=COURSE, email="kari@example.no")
    with pytest.raises(UpstreamFailed, match=r"object\.id"):
        send_completion(endpoint, *key, course="smittevern", account=("https://idp.example.no", "hpr-7"))


def test_says_why_when_no_lrs_answers():
    with pytest.raises(UpstreamFailed, match="could not be reached"):
        send_completion(f"http://127.0.0.1:{free_port()}/xapi/", "k", "s", course=COURSE, email="kari@example.no")


@pytest.mark.parametrize("learner", [{}, {"email": "a@b.no", "account": ("https://a.no", "a")}], ids=["nobody", "both"])
def test_refuses_to_report_when_it_is_not_clear_about_whom(learner):
    with pytest.raises(Invalid):
        send_completion("http://127.0.0.1:1/xapi/", "k", "s", course=COURSE, **learner)
