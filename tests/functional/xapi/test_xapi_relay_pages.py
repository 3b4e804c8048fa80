"""Forwardings and pulls on the administrator's pages."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from lrs_bridge.db import read, transact
from lrs_bridge.xapi.relay import service
from lrs_bridge.xapi.relay.relay import State
from tests.support import browsing, cast
from tests.support.environment import settings_for
from tests.support.odd_lrs import always, odd_lrs
from tests.support.relays import LOOPBACK, Site, many

ABOUT = b'{"version": ["1.0.3"]}'


@pytest.fixture
def settings(database_url, tmp_path):
    return settings_for(database_url, tmp_path, ALLOW_PRIVATE_NETWORKS=LOOPBACK)


@pytest.fixture
def here(database_url, tmp_path, app):
    site = Site(database_url, tmp_path, tenant=cast.NORTH)
    transact(site.engine, lambda s: cast.load(s, passwords=["anne", "kari"]))
    yield site
    site.close()


@pytest.fixture
def admin(app, here):
    client = browsing.browser(app)
    browsing.log_in(client, "anne")
    return client


def shown(answer):
    assert answer.status_code == 200, answer.text
    return " ".join(html.unescape(answer.text).split())


def fields(there, **changes):
    given = {"name": "Nabosykehuset", "endpoint": there.url, "key": "nøkkel", "secret": "hemmelig", "version": "1.0.3"}
    return given | {"stall_minutes": "15", "start": "beginning"} | changes


def create(admin, there, direction="forwarding", **changes):
    answer = browsing.submit(admin, f"/relays/new/{direction}", **fields(there, **changes))
    assert answer.status_code == 303, answer.text
    return answer.location


def only(here):
    (found,) = read(here.engine, lambda s: service.standings(s, cast.NORTH, here.parts.clock()))
    return found


def test_is_for_administrators_only(app, here, there):
    visitor, kari = browsing.browser(app), browsing.browser(app)
    browsing.log_in(kari, "kari")
    relay = here.forward_to(there.url)
    for path in ("/relays", "/relays/new/pull", f"/relays/{relay.relay_id}", f"/relays/{relay.relay_id}/edit"):
        assert visitor.get(path).status_code == 303
        assert kari.get(path).status_code == 403
    for act in ("pause", "resume", "remove", "replay", "test", "letters/resend", "letters/forget"):
        assert browsing.submit(kari, f"/relays/{relay.relay_id}/{act}").status_code == 403
    assert only(here).relay.state is State.RUNNING


def test_sets_up_a_forwarding_that_the_worker_then_runs(admin, here, there):
    ids = here.store(*many(3))
    assert "No other LRS is connected" in shown(admin.get("/relays"))
    page = shown(admin.get(create(admin, there, verbs="\r\n http://adlnet.gov/expapi/verbs/completed\r\n")))
    assert "It is set up" in page
    assert "http://adlnet.gov/expapi/verbs/completed" in page
    assert "hemmelig" not in page
    assert re.search(r"Waiting</dt> ?<dd>3<", page)
    assert here.round() == 0
    assert there.sent[0].ids == ids
    listed = shown(admin.get("/relays"))
    assert "Running" in listed
    assert "3 statements brought over" in listed
    with here.engine.connect() as session:
        events = session.execute(text("select actor, action from audit_event where action like 'relay.%'")).all()
    assert [tuple(event) for event in events] == [(f"person:{cast.ANNE}", "relay.add")]


def test_marks_what_is_wrong_and_keeps_what_was_written(admin, here, there):
    for changes, told in (
        ({"endpoint": "lrs.example.no"}, "Write the whole address"),
        ({"endpoint": "https://10.0.0.1/xapi"}, "in a network that this service may not connect to"),
        ({"endpoint": "http://8.8.8.8/xapi"}, "from https:// on"),
        ({"name": ""}, "Write a name"),
        ({"secret": ""}, "Write the secret"),
        ({"verbs": "completed"}, "Write whole addresses"),
        ({"stall_minutes": "x"}, "Write a whole number of minutes"),
    ):
        answer = browsing.submit(admin, "/relays/new/pull", **fields(there, **changes))
        assert answer.status_code == 400
        page = html.unescape(answer.text)
        assert told in page
        assert 'value="nøkkel"' in page
        assert 'aria-invalid="true"' in page
    assert read(here.engine, lambda s: service.standings(s, None, here.parts.clock())) == []


@pytest.mark.parametrize("direction", ["forwarding", "pull"])
def test_tries_the_connection_before_anything_is_saved(admin, here, there, direction):
    there.answer = lambda asked: (200, {}, ABOUT) if asked.path.endswith("/about") else (401, {}, b"who are you?")
    page = shown(browsing.submit(admin, f"/relays/new/{direction}", act="test", **fields(there)))
    assert "The connection does not work yet" in page
    assert "It is an LRS" in page
    assert "does not accept the key" in page
    assert "who are you?" in page
    there.answer = lambda asked: (200, {}, ABOUT) if asked.path.endswith("/about") else (200, {}, b"[]")
    assert "The connection works" in shown(browsing.submit(admin, f"/relays/new/{direction}", act="test", **fields(there)))
    asked = there.asked[-1]
    assert (asked.method, asked.body) == (("POST", b"[]") if direction == "forwarding" else ("GET", b""))
    unreachable = fields(there, endpoint="http://127.0.0.1:9/xapi")
    assert "could not be reached" in shown(browsing.submit(admin, f"/relays/new/{direction}", act="test", **unreachable))
    forbidden = fields(there, endpoint="http://169.254.169.254/xapi")
    assert "may not connect to" in shown(browsing.submit(admin, f"/relays/new/{direction}", act="test", **forbidden))
    assert read(here.engine, lambda s: service.standings(s, None, here.parts.clock())) == []


def test_changes_a_refused_one_so_that_it_runs_again_with_the_secret_that_is_kept(admin, here, there):
    here.store(*many(1))
    path = create(admin, there)
    there.answer = always(401, {}, b"")
    here.round()
    page = shown(admin.get(path))
    assert "It was stopped" in page
    assert "does not accept the key" in page
    assert "1 needs your attention" in shown(admin.get("/relays"))
    there.answer = lambda asked: (200, {}, ABOUT) if asked.path.endswith("/about") else (200, {}, b"[]")
    assert "The connection works" in shown(browsing.submit(admin, f"{path}/test"))
    assert 'value="nøkkel"' in html.unescape(admin.get(f"{path}/edit").text)
    changed = fields(there, secret="", name="Nabo", without_assigned="on")
    assert "The connection works" in shown(browsing.submit(admin, f"{path}/edit", act="test", **changed))
    assert browsing.submit(admin, f"{path}/edit", **changed).status_code == 303
    assert browsing.submit(admin, f"{path}/edit", **(changed | {"key": ""})).status_code == 400
    assert here.round() == 0
    assert there.sent[-1].headers["authorization"] == "Basic bsO4a2tlbDpoZW1tZWxpZw=="
    assert b"authority" not in there.sent[-1].body
    assert (only(here).relay.name, only(here).relay.state) == ("Nabo", State.RUNNING)


@pytest.mark.parametrize("act", ["save", "test"])
def test_tells_the_secret_that_is_kept_to_nobody_else_when_address_or_key_is_changed(admin, here, there, act):
    path = create(admin, there)
    with odd_lrs() as elsewhere:
        for changes in ({"endpoint": elsewhere.url}, {"endpoint": f"{there.url}/other"}, {"key": "another"}):
            changed = fields(there, secret="", **changes)
            answer = browsing.submit(admin, f"{path}/edit", act=act, **changed)
            assert (answer.status_code, "Write the secret" in answer.text) == (400, True)
        here.store(*many(1))
        here.round()
        assert elsewhere.asked == []
        assert only(here).relay.endpoint == there.url
        elsewhere.answer = lambda asked: (200, {}, ABOUT if asked.path.endswith("/about") else b"[]")
        answer = browsing.submit(admin, f"{path}/edit", act=act, **fields(there, endpoint=elsewhere.url, secret="ny"))
        assert answer.status_code == {"save": 303, "test": 200}[act]


def test_shows_refused_statements_and_tries_or_forgets_them(admin, here, there):
    ids = here.store(*many(3))
    path = create(admin, there)
    there.answer = always(400, {}, b"<script>alert(1)</script>")
    here.round()
    page = admin.get(path).text
    assert all(each in page for each in ids)
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    letter = re.search(r'name="letter_id" value="([^"]+)"', page)[1]
    browsing.submit(admin, f"{path}/letters/forget", letter_id=letter)
    assert only(here).dead_letters == 2
    assert browsing.submit(admin, f"{path}/letters/forget", letter_id=letter).status_code == 404
    assert browsing.submit(admin, f"{path}/letters/resend", letter_id="x").status_code == 404
    there.answer = always(200, {}, b"[]")
    browsing.submit(admin, f"{path}/letters/resend")
    assert "2 are tried again" in shown(admin.get(path))
    here.round()
    assert "No statement was refused" in shown(admin.get(path))


def test_pauses_resumes_and_removes(admin, here, there):
    path = create(admin, there, direction="pull")
    key = only(here).relay.credential_key
    browsing.submit(admin, f"{path}/pause")
    assert "Paused" in shown(admin.get(path))
    browsing.submit(admin, f"{path}/resume")
    assert only(here).relay.state is State.RUNNING
    browsing.submit(admin, f"{path}/remove")
    assert admin.get(path).status_code == 404
    with here.engine.connect() as session:
        revoked = session.execute(text("select revoked_at from credential where key = :key"), {"key": key}).scalar_one()
    assert revoked is not None


def test_begins_anew_from_what_the_form_says(admin, here, there):
    ids = here.store(*many(3))
    path = create(admin, there, start="now")
    browsing.submit(admin, f"{path}/replay", statement=ids[1])
    here.round()
    assert [each for one in there.sent for each in one.ids] == ids[1:]
    browsing.submit(admin, f"{path}/replay", at="2026-01-01T00:00")
    here.round()
    assert there.sent[-1].ids == ids
    browsing.submit(admin, f"{path}/replay", at="2036-01-01T00:00")
    assert only(here).waiting == 0
    for wrong, told in (({"statement": "x"}, "There is no statement with this id"), ({"at": "soon"}, "Write a date and a time")):
        answer = browsing.submit(admin, f"{path}/replay", **wrong)
        assert (answer.status_code, told in html.unescape(answer.text)) == (400, True)


def test_shows_a_stall_even_when_no_worker_runs(app, admin, here, there):
    here.store(*many(1))
    path = create(admin, there)
    browsing.set_clock(app, datetime.now(UTC) + timedelta(minutes=20))
    assert "Stalled" in shown(admin.get("/relays"))
    page = shown(admin.get(path))
    assert "Nothing gets through" in page
    assert "no progress for 20 minutes" in page or "no progress for 19 minutes" in page


def test_keeps_to_the_administrators_own_tenant(admin, here, there, database_url, tmp_path):
    other = Site(database_url, tmp_path, tenant=cast.SOUTH)
    relay = other.forward_to(there.url)
    assert "Andre siden" not in shown(admin.get("/relays"))
    assert admin.get(f"/relays/{relay.relay_id}").status_code == 404
    assert browsing.submit(admin, f"/relays/{relay.relay_id}/pause").status_code == 404
    other.close()
