"""Keys as administrators make, connect, watch, change and end them."""

import re
from datetime import timedelta
from html import unescape

import pytest

from lrs_bridge.db import audit, read, transact
from lrs_bridge.xapi.credentials import client as probing
from lrs_bridge.xapi.credentials import service
from lrs_bridge.xapi.credentials.authorization import basic_header
from lrs_bridge.xapi.credentials.credential import Scope
from lrs_bridge.xapi.credentials.journal import service as journals
from lrs_bridge.xapi.credentials.journal.buffer import Entry
from lrs_bridge.xapi.credentials.probe import Verdict
from lrs_bridge.xapi.credentials.terms import PRESETS, Terms
from tests.support import browsing, cast
from tests.support.lrs import new_key_at
from tests.support.postgres import free_port

TENANT = cast.NORTH


@pytest.fixture
def engine_of_app(app):
    engine = app.extensions["lrs_bridge"].engine
    transact(engine, lambda session: cast.load(session, ("anne", "sigrid")))
    browsing.set_clock(app, cast.NOW)
    return engine


@pytest.fixture
def admin(app, engine_of_app):
    client = browsing.browser(app)
    assert browsing.log_in(client, "anne").status_code == 303
    return client


def make(engine, tenant=TENANT, **more):
    terms = Terms(**({"name": "LMS", "scopes": frozenset({Scope.ALL})} | more))
    return transact(engine, lambda session: service.open_credential(session, tenant, terms, now=cast.NOW))


def get(engine, key):
    return read(engine, lambda session: service.get_credential(session, TENANT, key))


def who(engine, key, secret, at=cast.NOW):
    return read(engine, lambda session: service.authenticate(session, basic_header(key, secret), at))


def submit(client, path, **fields):
    return browsing.submit(client, path, page="/keys/new", **fields)


def secret_on(page):
    """The secret that the page shows, which is marked as its own text."""
    return re.search(r'class="copy__text">([0-9a-f]{64})<', page)[1]


def key_on(page):
    return re.search(rf"{TENANT}\.[0-9a-f]{{16}}", page)[0]


def test_shows_a_secret_once_when_a_key_is_made(admin, engine_of_app):
    page = submit(admin, "/keys", name="Læringsportalen", preset="content")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    key, secret = key_on(page.text), secret_on(page.text)
    found = who(engine_of_app, key, secret)
    assert (found.name, found.scopes) == ("Læringsportalen", PRESETS["content"])
    assert basic_header(key, secret) in unescape(page.text)
    assert secret not in admin.get(f"/keys/{key}").text
    assert "Læringsportalen" in admin.get("/keys").text
    events = read(engine_of_app, lambda session: audit.find(session, TENANT, subject=f"credential:{key}"))
    assert [(event.action, event.actor) for event in events] == [("credential.create", f"person:{cast.ANNE}")]


def test_makes_a_key_on_all_terms_when_the_whole_form_is_filled_in(admin, engine_of_app):
    page = submit(
        admin,
        "/keys",
        name="X",
        preset="own_choice",
        scope=["state", "statements/write"],
        origins="https://a.no\r\nhttps://b.no",
        requests_per_minute="600",
        expires_on="2026-12-31",
        note="avtale 12",
        authority_mbox="lms@example.no",
    )
    found = get(engine_of_app, key_on(page.text))
    assert found.scopes == {Scope.STATE, Scope.WRITE}
    assert (found.origins, found.requests_per_minute, found.note) == (("https://a.no", "https://b.no"), 600, "avtale 12")
    assert found.vouched_by.ifi.mbox == "mailto:lms@example.no"
    again = admin.get(f"/keys/{found.key}").text
    assert 'value="2026-12-31"' in again
    assert "lms@example.no" in again


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": ""}, "Give it a name of at most 200 characters."),
        ({"name": "X", "preset": "own_choice"}, "Choose at least one."),
        ({"name": "X", "origins": "a.no"}, "one on each line, without a path."),
        ({"name": "X", "requests_per_minute": "many"}, "Write a whole number from 1 to 1000000"),
        ({"name": "X", "expires_on": "2020-01-01"}, "Choose a day that has not passed."),
        ({"name": "X", "authority_account": "a"}, "An account needs the address of a page and a name."),
    ],
)
def test_makes_no_key_and_says_why_when_the_form_is_wrong(admin, engine_of_app, fields, told):
    page = submit(admin, "/keys", **({"preset": "content"} | fields))
    assert page.status_code == 400
    assert told in page.text
    assert read(engine_of_app, lambda session: service.list_credentials(session, TENANT)) == []


PAGES = ["/keys", "/keys/new", "/keys/{key}"]
ACTS = ["/keys", "/keys/{key}/change", "/keys/{key}/rotate", "/keys/{key}/revoke", "/keys/{key}/test"]


def test_lets_nobody_but_administrators_in_when_others_ask(app, engine_of_app):
    key, _secret = make(engine_of_app)
    supervisor, visitor = browsing.browser(app), browsing.browser(app)
    browsing.log_in(supervisor, "sigrid")
    for path in PAGES:
        assert supervisor.get(path.format(key=key)).status_code == 403
        assert visitor.get(path.format(key=key)).status_code == 303
    for path in ACTS:
        answer = browsing.submit(supervisor, path.format(key=key), name="Mine", overlap="0")
        assert answer.status_code == 403
    assert service.terms_of(get(engine_of_app, key)).name == "LMS"
    assert "/keys" not in supervisor.get("/help").text


def test_does_nothing_when_a_form_has_no_token(admin, engine_of_app):
    key, secret = make(engine_of_app)
    for path in ACTS:
        assert admin.post(path.format(key=key), data={"name": "X", "overlap": "0"}).status_code == 400
    who(engine_of_app, key, secret)


def test_knows_no_key_when_it_is_another_tenants(admin, engine_of_app):
    key, secret = make(engine_of_app, tenant=cast.SOUTH)
    assert admin.get(f"/keys/{key}").status_code == 404
    for act in ACTS[1:]:
        assert submit(admin, act.format(key=key), name="Mine", scope="all", overlap="0").status_code == 404
    who(engine_of_app, key, secret)
    assert key not in admin.get("/keys").text


def test_shows_how_to_connect_when_a_key_is_opened(admin, engine_of_app):
    key, _secret = make(engine_of_app, name="<b>LMS</b>")
    page = unescape(admin.get(f"/keys/{key}").text)
    for text in ("http://127.0.0.1:8080/xapi/", key, "TinCan.LRS", "ADL.XAPIWrapper", "curl -u", "THE-SECRET", "/oauth/token"):
        assert text in page
    assert "<h1" in page
    assert "&lt;b&gt;LMS" in admin.get(f"/keys/{key}").text


def test_changes_a_key_when_the_form_is_sent(admin, engine_of_app):
    key, secret = make(engine_of_app)
    answer = submit(admin, f"/keys/{key}/change", name="Nytt navn", scope="statements/read", requests_per_minute="5")
    assert answer.status_code == 303
    assert "The key was changed." in admin.get(answer.location).text
    found = who(engine_of_app, key, secret)
    assert (found.name, found.scopes, found.requests_per_minute) == ("Nytt navn", {Scope.READ}, 5)


@pytest.mark.parametrize(
    ("act", "fields", "told"),
    [
        ("change", {"name": "X"}, "Choose at least one."),
        ("change", {"name": "X", "scope": "all", "origins": "x"}, "without a path."),
        ("rotate", {"overlap": "1000"}, "from 0 to 720"),
        ("test", {"origin": "x"}, "without a path."),
    ],
)
def test_changes_nothing_and_says_why_when_a_form_is_wrong(admin, engine_of_app, act, fields, told):
    key, secret = make(engine_of_app)
    page = submit(admin, f"/keys/{key}/{act}", **fields)
    assert page.status_code == 400
    assert told in page.text
    assert who(engine_of_app, key, secret).name == "LMS"


def test_gives_a_new_secret_beside_the_old_when_it_is_renewed(admin, engine_of_app):
    key, first = make(engine_of_app)
    page = submit(admin, f"/keys/{key}/rotate", overlap="24")
    second = secret_on(page.text)
    assert "The earlier secret works until" in page.text
    tomorrow = cast.NOW + timedelta(hours=23)
    assert who(engine_of_app, key, first, tomorrow).key == who(engine_of_app, key, second, tomorrow).key == key


def test_ends_a_key_when_the_form_is_sent(admin, engine_of_app):
    key, _secret = make(engine_of_app)
    answer = submit(admin, f"/keys/{key}/revoke")
    page = admin.get(answer.location).text
    assert "The key was ended." in page
    assert f"/keys/{key}/revoke" not in page
    assert get(engine_of_app, key).revoked_at == cast.NOW
    assert "Keys that have ended" in admin.get("/keys").text


def entry(key, seconds, status=200, version="1.0.3", **more):
    at = cast.NOW - timedelta(minutes=5) + timedelta(seconds=seconds)
    return Entry(TENANT, key, at, "POST", "statements", version, status, **more)


def test_says_what_was_refused_and_what_to_do_when_a_system_has_trouble(admin, engine_of_app):
    key, _secret = make(engine_of_app)
    entries = [
        entry(key, 0, user_agent="Articulate"),
        entry(key, 1, 400, "", code="invalid", field="X-Experience-API-Version", message="the header is missing"),
        entry(key, 2, 400, "", code="invalid", field="X-Experience-API-Version", message="the header is missing"),
        entry(key, 3, 403, code="forbidden", field="Origin", origin="https://evil.no", message="<script>alert(1)</script>"),
        entry("north.ffffffffffffffff", 4, 401, code="unauthenticated"),
    ]
    transact(engine_of_app, lambda session: journals.flush(session, entries, cast.NOW))
    page = admin.get(f"/keys/{key}").text
    for text in (
        *("The version header was missing", "Ask the supplier to send the header", "2 times"),
        *("The page's origin is not allowed", "https://evil.no"),
        *("No version header: refused", "xAPI 1.0.3: served", "Articulate"),
    ):
        assert text in page
    assert "<script>" not in page
    assert "north.ffffffffffffffff" in admin.get("/keys").text


# The connection test, over the network


def test_finds_a_connection_good_when_key_and_origin_are(live_server):
    key, secret = new_key_at(live_server.database_url)
    steps = probing.examine(f"{live_server.url}/xapi/", key=key, secret=secret, origin="https://courses.example.no")
    assert [step.verdict for step in steps] == [Verdict.REACHED, Verdict.PREFLIGHT_GOOD, Verdict.KEY_READS]
    assert "1.0.3" in steps[0].detail


def test_says_what_is_wrong_when_a_connection_is_tested(live_server):
    key, secret = new_key_at(live_server.database_url, "statements/write")
    for tried, verdicts in ((secret, [Verdict.KEY_KNOWN]), ("wrong", [Verdict.KEY_WRONG]), ("", [])):
        steps = probing.examine(f"{live_server.url}/xapi/", key=key, secret=tried, origin="")
        assert [step.verdict for step in steps] == [Verdict.REACHED, *verdicts]
    (step,) = probing.examine(f"{live_server.url}/", key="", secret="x", origin="https://a.no")
    assert step.verdict is Verdict.NOT_AN_LRS


def test_says_so_when_nothing_answers():
    (step,) = probing.examine(f"http://127.0.0.1:{free_port()}/xapi/", key="", secret="x", origin="https://a.no")
    assert step.verdict is Verdict.UNREACHED
