"""Pages below /lti/in/: whose session it is, who may frame it, and what a frame may show."""

from datetime import timedelta

import pytest

from lrs_bridge.db import transact
from lrs_bridge.errors import Unavailable
from lrs_bridge.lti.launch import service as launches
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.people import service as people
from tests.support import cast
from tests.support.browsing import browser, log_in, set_clock
from tests.support.framed import ISSUER, enter, launch, register

NOW = cast.NOW


@pytest.fixture
def wired(app):
    transact(app.extensions["lrs_bridge"].engine, lambda s: cast.load(s, ("ola",)))
    set_clock(app, NOW)
    return app.extensions["lrs_bridge"]


@pytest.fixture
def platform(wired):
    made = register(wired, now=NOW)
    user = launches.user_of(ISSUER, "42")
    transact(wired.engine, lambda s: people.link_identifier(s, cast.NORTH, user, cast.KARI, actor="test", now=NOW))
    return made


@pytest.fixture
def entered(wired, platform):
    return enter(wired, platform, launch(), now=NOW)


def visit(client, entered, path, *, secret=None, cookieless=False, **more):
    """Opens a page of the session, with its secret in the cookie or in the address."""
    secret = secret or entered.secret
    token = f"{entered.session_id}.{secret}" if cookieless else entered.session_id
    if not cookieless:
        client.set_cookie("lrs_bridge_frame_plain", secret, path=f"/lti/in/{entered.session_id}/")
    return client.open(f"/lti/in/{token}{path}", **more)


@pytest.mark.parametrize("cookieless", [False, True])
def test_shows_the_persons_own_plan_when_the_secret_is_right(app, entered, cookieless):
    answer = visit(browser(app), entered, "/plan", cookieless=cookieless)
    assert answer.status_code == 200
    assert "My plan" in answer.text
    assert "Kari Nordmann" in answer.text


@pytest.mark.parametrize("cookieless", [False, True])
def test_says_that_it_is_over_when_the_secret_is_wrong(app, entered, cookieless):
    answer = visit(browser(app), entered, "/plan", secret="w" * 32, cookieless=cookieless)
    assert answer.status_code == 401
    assert "This window has ended" in answer.text
    assert "Kari" not in answer.text


def test_says_that_it_is_over_when_there_is_no_secret_or_no_such_session(app, entered):
    client = browser(app)
    assert client.get(f"/lti/in/{entered.session_id}/plan").status_code == 401
    assert client.get(f"/lti/in/{'n' * 16}.{'s' * 16}/plan").status_code == 401
    assert client.get(f"/lti/in/{'n' * 16}/plan").status_code == 401


@pytest.mark.parametrize("token", ["short", "a" * 65, "%00" + "a" * 16, "a" * 16 + ".x;y" + "b" * 16, "a" * 16 + "..b"])
def test_knows_no_page_below_what_is_no_token(app, token):
    assert browser(app).get(f"/lti/in/{token}/plan").status_code == 404


def test_is_over_in_a_window_when_the_secret_is_in_the_address(app, entered):
    """Whoever opens such an address in a window was sent it."""
    document = {"Sec-Fetch-Dest": "document"}
    assert visit(browser(app), entered, "/plan", cookieless=True, headers=document).status_code == 401
    assert visit(browser(app), entered, "/plan", cookieless=True, headers={"Sec-Fetch-Dest": "iframe"}).status_code == 200
    assert visit(browser(app), entered, "/plan", headers=document).status_code == 200


def test_is_over_when_the_platform_is_paused(app, wired, platform, entered):
    pause = lambda s: platforms.pause_platform(s, cast.NORTH, platform.platform_id, by="test", now=NOW)  # noqa: E731
    transact(wired.engine, pause)
    assert visit(browser(app), entered, "/plan").status_code == 401


@pytest.mark.parametrize("path", ["/lti/claim", "/lti/claim/begin"])
def test_links_nobody_from_a_frame(app, entered, path):
    client = browser(app)
    token = visit(client, entered, "/plan").text.split('name="csrf_token" value="')[1].split('"')[0]
    assert visit(client, entered, path, method="POST", data={"csrf_token": token}).status_code == 403


def test_says_that_the_database_is_away(app, entered, monkeypatch):
    def away(_engine, _work):
        raise Unavailable("the database can't be reached right now; try again")

    monkeypatch.setattr("lrs_bridge.web.frames.read", away)
    answer = visit(browser(app), entered, "/plan")
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


def test_says_that_it_is_over_after_a_working_day(app, entered):
    set_clock(app, NOW + timedelta(hours=8, seconds=1))
    assert visit(browser(app), entered, "/plan").status_code == 401


def test_shuts_the_person_out_at_once_when_they_are_blocked(app, wired, entered):
    transact(wired.engine, lambda s: people.block_person(s, cast.NORTH, cast.KARI, actor="test", now=NOW))
    assert visit(browser(app), entered, "/plan").status_code == 401


def test_lets_the_platforms_frames_show_it_and_no_others(app, entered):
    answer = visit(browser(app), entered, "/plan")
    assert f"frame-ancestors {ISSUER};" in answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers
    outside = browser(app).get("/login")
    assert "frame-ancestors 'none'" in outside.headers["Content-Security-Policy"]
    assert "script-src" not in outside.headers["Content-Security-Policy"]
    assert outside.headers["X-Frame-Options"] == "DENY"


def test_lets_nobody_frame_what_is_outside_when_asked_from_inside(app, entered):
    answer = visit(browser(app), entered, "/signing")
    assert answer.status_code == 200
    assert 'href="/signing" target="_blank"' in answer.text


@pytest.mark.parametrize("path", ["/logout", "/login", "/unknown-logins", "/platforms/users"])
def test_changes_nothing_from_a_frame_that_frames_may_not(app, entered, path):
    client = browser(app)
    page = visit(client, entered, "/plan").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = visit(client, entered, path, method="POST", data={"csrf_token": token})
    assert answer.status_code == 403


def test_does_not_reach_the_lrs_from_a_frame(app, entered):
    assert visit(browser(app), entered, "/xapi/about").status_code == 404
    assert visit(browser(app), entered, "//xapi/about").status_code == 404


def test_keeps_an_ordinary_login_beside_it(app, entered):
    client = browser(app)
    log_in(client, "ola")
    assert "Ola Østby" in client.get("/plan").text
    assert "Kari Nordmann" in visit(client, entered, "/plan").text
    assert "Ola Østby" in client.get("/plan").text


def test_keeps_two_launches_apart(app, wired, platform, entered):
    user = launches.user_of(ISSUER, "43")
    transact(wired.engine, lambda s: people.link_identifier(s, cast.NORTH, user, cast.OLA, actor="test", now=NOW))
    other = enter(wired, platform, launch("43"), now=NOW)
    client = browser(app)
    assert "Kari Nordmann" in visit(client, entered, "/plan").text
    assert "Ola Østby" in visit(client, other, "/plan").text
    assert "Kari Nordmann" in visit(client, entered, "/plan").text
    assert visit(browser(app), entered, "/plan", secret=other.secret).status_code == 401


def test_refuses_a_form_without_the_frames_own_token(app, entered):
    answer = visit(browser(app), entered, "/language", method="POST", data={"language": "nn", "next": "/plan"})
    assert answer.status_code == 400


def test_keeps_the_language_that_is_chosen_in_the_frame(app, entered):
    client = browser(app)
    page = visit(client, entered, "/plan").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = visit(client, entered, "/language", method="POST", data={"csrf_token": token, "language": "nn", "next": "/plan"})
    assert answer.headers["Location"] == f"/lti/in/{entered.session_id}/plan"
    client.delete_cookie("lrs_bridge_language")  # as in a frame that keeps none
    assert '<html lang="nn"' in visit(client, entered, "/plan").text


def test_speaks_the_platforms_language(app, wired, platform):
    norwegian = enter(wired, platform, launch(locale="nn_NO"), now=NOW)
    assert '<html lang="nn"' in visit(browser(app), norwegian, "/plan").text


def test_fetches_files_once_for_all_sessions(app, entered):
    page = visit(browser(app), entered, "/plan").text
    assert 'href="/static/app.css' in page
    assert f'href="/lti/in/{entered.session_id}/plan' in page or "/lti/in/" in page


def test_links_lead_back_into_the_session(app, entered):
    answer = visit(browser(app), entered, "/lti/start")
    assert answer.headers["Location"] == f"/lti/in/{entered.session_id}/plan"
