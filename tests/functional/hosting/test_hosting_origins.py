"""Two origins: the application's, and the one where courses run; tickets are all the authority there is on the second."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from lrs_bridge.hosting.playing import service as playing
from lrs_bridge.packages.ticket import files_ticket, label_of, play_ticket, written
from lrs_bridge.web.session import COOKIE
from tests.support import browsing
from tests.support.environment import settings_for
from tests.support.hosting import JSON, PUBLIC_URL, Player
from tests.support.lrs import VERSION, basic, new_key
from tests.support.packages import single_sco

ELSEWHERE = "http://abc.localhost:8080"


@pytest.fixture
def player(school):
    return school.sit(school.host({**single_sco(), "page.txt": "hello"}))


def at(client, path, method="GET", **more):
    return client.open(path, method=method, base_url=more.pop("origin", ELSEWHERE), buffered=True, **more)


def test_plays_each_attempt_on_a_host_of_its_own(school, player):
    other = school.sit(school.host(), who="ola")
    attempt = player.state()["attempt"]
    assert player.origin == f"http://{label_of(school.attempt(attempt).attempt_id)}.localhost:8080"
    assert player.origin != other.origin
    assert not player.state()["files"].startswith("http")  # below the same origin


@pytest.mark.parametrize("path", ["/", "/login", "/hosted", "/hosted/new", "/plan?x=1", "/help"])
def test_shows_no_page_where_courses_run_and_leads_readers_to_the_application(school, path):
    answer = at(school.browser("kari"), path)
    assert answer.status_code == 302
    assert answer.location == PUBLIC_URL + path
    assert "Set-Cookie" not in answer.headers
    assert at(school.browser("kari"), path, method="HEAD").status_code == 302


@pytest.mark.parametrize("path", ["/nothing", "/learn/x", "/files/", "/play/a/b/c", "/favicon.ico"])
def test_has_nothing_else_where_courses_run(app, path):
    assert at(app.test_client(), path).status_code == 404


def test_leads_nobody_to_other_hosts(app):
    answer = at(app.test_client(), "//evil.example/x")
    assert urlsplit(answer.location or ELSEWHERE).netloc == urlsplit(ELSEWHERE).netloc


@pytest.mark.parametrize(("path", "method"), [("/login", "POST"), ("/hosted/new", "POST"), ("/logout", "POST"), ("/x", "PUT")])
def test_takes_no_form_where_courses_run(school, path, method):
    answer = at(school.browser("owner"), path, method=method, data={"x": "y"}, headers=JSON)
    assert answer.status_code == 404
    assert "Set-Cookie" not in answer.headers


def test_reads_and_sets_no_cookie_where_courses_run(school, player):
    client = school.browser("kari")
    sent = {COOKIE: client.get_cookie(COOKIE).value}
    for path in (
        f"/play/{player.ticket}",
        f"/play/{player.ticket}/state",
        player.state()["files"] + "page.txt",
        "/static/x",
        "/login",
    ):
        bare = at(school.app.test_client(), path, origin=player.origin)
        told = at(school.app.test_client(), path, origin=player.origin, headers={"Cookie": f"{COOKIE}={sent[COOKIE]}"})
        assert "Set-Cookie" not in told.headers
        assert "Cookie" not in told.headers.get("Vary", "")
        assert (bare.status_code, bare.location) == (told.status_code, told.location)
    assert "Kari" not in player.get().text


@pytest.mark.parametrize("path", ["", "/state", "/commit"])
def test_plays_nothing_on_the_application_s_host(school, player, path):
    for origin in (PUBLIC_URL, "http://localhost", "http://localhost:8080", "http://x.y.localhost:8080", "http://localhost:8081"):
        answer = at(school.browser("kari"), f"/play/{player.ticket}{path}", "POST" if path == "/commit" else "GET", origin=origin)
        assert answer.status_code == 404 or (path == "/commit" and answer.status_code == 400)
        assert b"hello" not in answer.data


def test_serves_no_file_of_a_course_on_the_application_s_host(school, player):
    path = player.state()["files"] + "page.txt"
    assert player.get(path).text == "hello"
    for origin in (PUBLIC_URL, "http://localhost", "http://localhost:8080", "http://a.b.localhost:8080"):
        answer = at(school.browser("kari"), path, origin=origin)
        assert answer.status_code == 404
        assert "hello" not in answer.text


def test_takes_no_commit_on_the_application_s_host(school, player):
    before = school.counts()
    form = {**player.message({"cmi.core.lesson_status": "passed"}), "csrf_token": browsing.token(school.browser("kari"))}
    answer = school.browser("kari").post(f"/play/{player.ticket}/commit", json=form)
    assert answer.status_code in {400, 404}
    assert school.counts() == before


@pytest.mark.parametrize("origin", [PUBLIC_URL, ELSEWHERE])
def test_answers_as_the_lrs_and_to_health_checks_on_both(app, engine, school, origin):
    client = app.test_client()
    assert at(client, "/healthz", origin=origin).status_code == 200
    assert at(client, "/readyz", origin=origin).status_code == 200
    assert at(client, "/xapi/about", origin=origin, headers=VERSION).status_code == 200
    headers = basic(*new_key(engine, tenant=school.tenant)) | VERSION
    assert at(client, "/xapi/statements", origin=origin, headers=headers).status_code == 200
    assert at(client, "/xapi/statements", origin=origin, headers=VERSION).status_code == 401
    assert at(client, f"/cmi5/fetch/{uuid4()}", "POST", origin=origin).json["error-code"] == "2"
    static = at(client, "/static/player/frame.js", origin=origin)
    assert (static.status_code, static.mimetype) == (200, "text/javascript")


# Tickets


def forged(player, school, **changes):
    """The player with another ticket, of the same attempt and settings unless told otherwise."""
    settings = school.app.extensions["lrs_bridge"].settings
    attempt = school.attempt(player.state()["attempt"])
    key = changes.pop("key", playing.tickets_key(settings))
    now = changes.pop("now", school.ward.clock)
    kind = changes.pop("kind", "play")
    about = changes.pop("attempt", attempt)
    if kind == "files":
        ticket = files_ticket(school.tenant, about.attempt_id, about.package_id, now)
    else:
        ticket = play_ticket(school.tenant, about.attempt_id, 1, "normal", now)
    return Player(school.app, f"{player.origin}/play/{written(ticket, key)}", session=1)


WRONG = {
    "forged": {"key": b"x" * 32},
    "expired": {"now": datetime(2026, 1, 1, tzinfo=UTC)},
    "for files": {"kind": "files"},
}


@pytest.mark.parametrize("flaw", WRONG)
def test_opens_nothing_for_a_ticket_that_is_wrong(school, player, flaw):
    before = school.counts()
    wrong = forged(player, school, **WRONG[flaw])
    answer = wrong.commit({"cmi.core.lesson_status": "passed"})
    assert (answer.status_code, answer.json["result"], answer.json["errorCode"]) == (401, "false", 101)
    assert answer.json["reason"] == "token"
    for path in ("", "state"):
        answer = wrong.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 401
        assert "X-Frame-Options" not in answer.headers
        assert wrong.ticket not in answer.text
        assert "Nordmann" not in answer.text
    assert school.counts() == before
    assert forged(player, school).commit().status_code == 200  # the same, right


def test_opens_nothing_for_another_attempt_s_ticket(school, player):
    other = school.sit(school.host(), who="ola")
    thief = Player(school.app, f"{player.origin}/play/{other.ticket}", session=1)
    assert thief.commit().status_code == 401
    assert thief.get("state").status_code == 401
    assert thief.get().status_code == 401
    stolen = player.get(other.state()["files"] + "index.html")
    assert stolen.status_code == 401
    assert "<h1>" not in other.get(player.state()["files"] + "index.html").text


def test_reads_no_files_with_a_ticket_for_playing_or_for_another_package(school, player):
    assert player.get(f"/files/{player.ticket}/index.html").status_code == 401
    expired = forged(player, school, kind="files", now=school.ward.clock - timedelta(days=3))
    assert player.get(f"/files/{expired.ticket}/page.txt").status_code == 401
    right = forged(player, school, kind="files")
    assert player.get(f"/files/{right.ticket}/page.txt").text == "hello"


@pytest.mark.parametrize("ticket", ["x", "%00", "%ff", "æ", "a.b", "a" * 5000, "..%2f..", "%2e%2e"])
def test_opens_nothing_for_what_is_no_ticket(school, player, ticket):
    for path in (f"/play/{ticket}", f"/play/{ticket}/state", f"/files/{ticket}/index.html"):
        assert player.get(path, headers=JSON).status_code in {302, 401, 404}
    assert player.app.test_client().post(f"/play/{ticket}/commit", base_url=player.origin, json={}).status_code in {401, 404}


def test_lets_a_learner_renew_a_ticket_and_nobody_else(school, player):
    attempt = player.state()["attempt"]
    path = f"/learn/attempts/{attempt}/sittings/1/ticket"
    answer = browsing.submit(school.browser("kari"), path)
    renewed = Player(school.app, f"{player.origin}/play/{answer.json['play_token']}")
    assert renewed.state()["session"] == 1
    assert browsing.submit(school.browser("ola"), path).status_code == 404
    assert browsing.submit(school.browser("kari"), f"/learn/attempts/{attempt}/sittings/9/ticket").status_code == 404
    assert school.browser("kari").post(path).status_code == 400


def test_ends_with_its_time(school, player):
    school.ward.clock += timedelta(hours=11)
    assert player.commit().status_code == 200
    school.ward.clock += timedelta(hours=2)
    answer = player.commit()
    assert (answer.status_code, answer.json["reason"]) == (401, "token")


def test_frames_the_course_s_page_and_no_other(school, player):
    page = player.get()
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "X-Frame-Options" not in page.headers
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert f'data-shell="{PUBLIC_URL}"' in page.text
    shown = player.file("index.html")
    assert shown.headers["Content-Security-Policy"].startswith("sandbox ")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    outer = school.browser("kari").get(f"/learn/attempts/{player.state()['attempt']}")
    assert f"frame-src {player.origin};" in outer.headers["Content-Security-Policy"]
    assert outer.headers["X-Frame-Options"] == "DENY"
    assert 'sandbox="allow-scripts allow-same-origin' in outer.text


class TestOneOriginForAll:
    @pytest.fixture
    def settings(self, database_url, tmp_path):
        return settings_for(database_url, tmp_path, CONTENT_URL="http://courses.example:8080")

    def test_plays_all_attempts_there(self, school):
        player = school.sit(school.host())
        assert player.origin == "http://courses.example:8080"
        assert player.file("index.html").status_code == 200
        assert player.commit().status_code == 200
        wrong = Player(school.app, player.address.replace("courses.example", "abc.localhost"))
        assert wrong.get("state").status_code == 404


class TestNowhere:
    @pytest.fixture
    def settings(self, database_url, tmp_path):
        return settings_for(database_url, tmp_path, PUBLIC_URL="https://lrs.example.no")

    def test_says_that_courses_can_not_be_played_where_nobody_says_where(self, school):
        school.app.config["SESSION_COOKIE_SECURE"] = False
        hosted_id = school.host()
        attempt = school.begin(hosted_id)
        assert "LRS_BRIDGE_CONTENT_URL" in school.browser("owner").get(f"/hosted/{hosted_id}").text
        assert "LRS_BRIDGE_CONTENT_URL" in school.browser("kari").get(f"/learn/{hosted_id}").text
        assert school.browser("kari").get(f"/learn/attempts/{attempt}").status_code == 404
        assert at(school.app.test_client(), "/healthz").status_code == 200
