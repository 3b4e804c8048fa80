"""What a key's terms mean at the door of the LRS: origins, limits, tokens, ends; and what the journal tells of it."""

from datetime import UTC, datetime, timedelta

import pytest

from lrs_bridge.app import create_app
from lrs_bridge.db import read, transact
from lrs_bridge.xapi.credentials import service
from lrs_bridge.xapi.credentials.admission import RateLimited
from lrs_bridge.xapi.credentials.credential import Credential, Scope
from lrs_bridge.xapi.credentials.journal import buffer
from lrs_bridge.xapi.credentials.journal import service as journals
from lrs_bridge.xapi.credentials.terms import Terms
from lrs_bridge.xapi.credentials.views import admission
from tests.support import browsing
from tests.support.lrs import VERSION, basic
from tests.support.statements import STATEMENT_ID, statement

NOW = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
COURSES = "https://courses.example.no"
ALL = frozenset({Scope.ALL})


@pytest.fixture
def engine_of_app(app):
    browsing.set_clock(app, NOW)
    return app.extensions["lrs_bridge"].engine


@pytest.fixture
def make(engine_of_app):
    def made(scopes=ALL, **terms):
        return transact(
            engine_of_app, lambda session: service.open_credential(session, "demo", Terms("LMS", scopes, **terms), now=NOW)
        )

    return made


@pytest.fixture
def ask(client, engine_of_app):
    """Sends a request with a key and its secret, or another header."""

    def asked(pair, method="GET", path="/xapi/statements", *, headers=None, **more):
        known = basic(*pair) if isinstance(pair, tuple) else {"Authorization": pair} if pair else {}
        return client.open(path, method=method, headers=VERSION | known | (headers or {}), **more)

    return asked


def journal(app, key):
    """What a key's page tells, once the journal is written down."""
    wired = app.extensions["lrs_bridge"]
    entries = app.extensions[buffer.EXTENSION].take()
    transact(wired.engine, lambda session: journals.flush(session, entries, wired.clock()))
    return read(wired.engine, lambda session: journals.usage(session, "demo", key, wired.clock()))


# Origins


def test_lets_any_page_read_when_a_key_has_no_origins(ask, make):
    answer = ask(make(), headers={"Origin": COURSES})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")


def test_lets_its_pages_and_programs_in_when_a_key_has_origins(ask, make):
    pair = make(origins=(COURSES,))
    answer = ask(pair, headers={"Origin": COURSES})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, COURSES)
    assert "Origin" in answer.headers["Vary"]
    assert ask(pair).status_code == 200


def test_refuses_other_pages_so_that_they_can_read_why_when_a_key_has_origins(ask, make):
    pair = make(origins=(COURSES,))
    answer = ask(pair, "POST", json=statement(id=STATEMENT_ID), headers={"Origin": "https://other.no"})
    assert (answer.status_code, answer.json["field"]) == (403, "Origin")
    assert "https://other.no" in answer.json["message"]
    assert answer.headers["Access-Control-Allow-Origin"] == "https://other.no"
    assert ask(pair).json["statements"] == []


@pytest.mark.parametrize("path", ["/xapi/statements", "/xapi/activities/state", "/xapi//about/"])
def test_answers_a_preflight_when_nobody_is_known(ask, path):
    asked = {"Origin": COURSES, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"}
    answer = ask(None, "OPTIONS", path, headers=asked)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


# Limits


def test_asks_to_come_again_later_when_a_keys_limit_is_spent(app, ask, make):
    pair = make(requests_per_minute=3)
    assert [ask(pair).status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = ask(pair)
    assert (answer.json["code"], answer.headers["Retry-After"]) == ("too_many_requests", "20")
    assert ask(make()).status_code == 200
    browsing.set_clock(app, NOW + timedelta(seconds=20))
    assert ask(pair).status_code == 200


def test_grants_a_workers_part_when_there_are_several(monkeypatch, settings):
    monkeypatch.setenv("WEB_CONCURRENCY", "4")
    app = create_app(settings)
    credential = Credential("demo", "demo.x", "LMS", ALL, NOW, requests_per_minute=4)
    with app.app_context():
        admission().admit(credential, NOW)
        with pytest.raises(RateLimited):
            admission().admit(credential, NOW)
    app.extensions["lrs_bridge"].engine.dispose()


# Recognised again, and no longer


def test_holds_a_key_to_its_end_within_a_second_when_it_is_revoked(app, ask, make, engine_of_app):
    pair = make()
    assert ask(pair).status_code == 200
    transact(engine_of_app, lambda session: service.revoke_credential(session, "demo", pair[0], NOW))
    browsing.set_clock(app, NOW + timedelta(seconds=1))
    assert ask(pair).status_code == 401


def test_lets_a_key_in_within_a_second_when_it_was_refused_before(app, ask, make):
    key, secret = make()
    assert ask((key, secret + "0")).status_code == 401
    assert ask((key, secret + "0")).status_code == 401
    assert ask((key, secret)).status_code == 200


def test_tells_until_when_the_answer_is_whole_when_the_caller_is_remembered(ask, make):
    pair = make()
    for _ in range(2):
        assert "X-Experience-API-Consistent-Through" in ask(pair).headers


# Challenges


@pytest.mark.parametrize(
    ("header", "page", "begins"),
    [
        (None, {}, "Basic"),
        ("Basic eDp5", {}, "Basic"),
        ("Basic eDp5", {"Origin": COURSES}, "Bearer"),
        ("Bearer x", {}, 'Bearer realm="xAPI", error="invalid_token"'),
    ],
)
def test_asks_who_it_is_in_the_callers_way_when_nobody_is_known(ask, header, page, begins):
    answer = ask(header, headers=page)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith(begins)


def test_says_that_the_scope_is_not_enough_when_a_token_may_not(client, ask, make):
    pair = make(frozenset({Scope.READ_MINE}))
    token = client.post("/oauth/token", data={"grant_type": "client_credentials"}, headers=basic(*pair)).json["access_token"]
    answer = ask(f"Bearer {token}", "POST", json=statement())
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


def test_refuses_a_token_what_its_key_may_no_longer_do_when_the_key_was_changed(client, app, ask, make, engine_of_app):
    pair = make()
    token = client.post("/oauth/token", data={"grant_type": "client_credentials"}, headers=basic(*pair)).json["access_token"]
    assert ask(f"Bearer {token}", "POST", json=statement()).status_code == 200
    narrow = Terms("LMS", frozenset({Scope.READ_MINE}))
    transact(engine_of_app, lambda s: service.change_credential(s, "demo", pair[0], narrow, now=NOW, by="person:kari"))
    browsing.set_clock(app, NOW + timedelta(seconds=1))
    assert ask(f"Bearer {token}", "POST", json=statement()).status_code == 403
    assert ask(f"Bearer {token}").status_code == 200


# The journal


def test_tells_of_requests_and_refusals_when_a_key_asks(app, ask, make):
    key, secret = pair = make()
    agent = {"User-Agent": "curl/8.5"}
    ask(pair, headers=agent)
    ask(pair, headers=agent | {"X-Experience-API-Version": "0.95"})
    ask((key, "wrong"), headers=agent)
    ask(pair, "POST", json=statement(verb={"id": "no IRI"}), headers=agent)
    ask(pair, path="/xapi/statement", headers=agent)
    ask(pair, path="/xapi/about", headers=agent)
    form = f"Authorization={basic(*pair)['Authorization'].replace(' ', '%20')}&X-Experience-API-Version=1.0.3"
    ask(None, "POST", "/xapi/statements?method=GET", data=form, content_type="text/plain", headers=agent)
    told = journal(app, key)
    assert sorted(refusal.reason.value for refusal in told.refusals) == ["address", "old_version", "secret", "statement"]
    assert len(told.newest) == 7
    assert {line.program for line in told.newest} == {"curl"}
    found = {each.finding.value: each.requests for each in told.report}
    assert (found["draft"], found["text_plain"]) == (1, 1)
    assert secret not in str(told)


def test_counts_no_refusal_when_what_is_read_is_not_there(app, ask, make):
    pair = make()
    assert ask(pair, path=f"/xapi/statements?statementId={STATEMENT_ID}").status_code == 404
    assert journal(app, pair[0]).refusals == []
