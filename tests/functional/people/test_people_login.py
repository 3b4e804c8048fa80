from datetime import UTC, datetime, timedelta

import pytest

from lrs_bridge.db import audit, read, transact
from lrs_bridge.people import service
from lrs_bridge.people.throttle import FREE_FAILURES, Scope
from lrs_bridge.web.user import SESSION_LIFETIME
from tests.support.browsing import browser, log_in, set_clock, submit, token
from tests.support.cast import KARI, NORTH, PASSWORD, SOUTH, load
from tests.support.environment import settings_for


@pytest.fixture
def client(app):
    return browser(app)


@pytest.fixture
def people(app):
    """The application's engine, with the cast in it."""
    engine = app.extensions["lrs_bridge"].engine
    transact(engine, lambda session: load(session, ["kari", "sigrid", "anne"]))
    return engine


def session_cookie(client):
    return client.get_cookie("lrs_bridge_session")


def who(client) -> str:
    """The name in the page's header, if anybody is logged in."""
    text = client.get("/help").text
    return text.split('who__name">')[1].split("<")[0] if "who__name" in text else ""


def test_login_leads_to_the_page_that_was_asked_for(client, people):
    asked = client.get("/unknown-logins?text=x")
    assert asked.headers["Location"] == "/login?next=/unknown-logins%3Ftext%3Dx"
    answer = log_in(client, "Anne", target="/unknown-logins?text=x")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/unknown-logins?text=x")
    assert who(client) == "Anne Administrator"


@pytest.mark.parametrize(
    ("username", "password", "tenant"),
    [
        pytest.param("kari", "a wrong password", NORTH, id="wrong password"),
        pytest.param("nobody", PASSWORD, NORTH, id="unknown user name"),
        pytest.param("kari", PASSWORD, SOUTH, id="another tenant"),
        pytest.param("kari", PASSWORD, "west", id="no such tenant"),
        pytest.param("kari", PASSWORD, "x" * 100, id="a tenant that is too long"),
        pytest.param("", PASSWORD, NORTH, id="no user name"),
        pytest.param("x" * 200, PASSWORD, NORTH, id="a user name that is too long"),
        pytest.param("kari", "", NORTH, id="no password"),
        pytest.param("kari", "x" * 5000, NORTH, id="a password that is too long"),
    ],
)
def test_login_says_the_same_whatever_was_wrong(client, people, username, password, tenant):
    answer = log_in(client, username, password=password, tenant=tenant)
    assert answer.status_code == 422
    assert "The user name or the password is wrong." in answer.text
    assert who(client) == ""


def test_login_form_keeps_the_user_name_but_not_the_password(client, people):
    text = log_in(client, "kari", password="a wrong password").text
    assert 'value="kari"' in text
    assert "a wrong password" not in text


def test_too_many_guesses_must_wait_and_right_ones_too(app, client, people):
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    set_clock(app, at)
    for _attempt in range(FREE_FAILURES[Scope.USERNAME] + 2):
        set_clock(app, at := at + timedelta(seconds=10))
        log_in(client, "kari", password="a wrong password")
    answer = log_in(client, "kari")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) == 4
    assert "4 seconds" in answer.text
    set_clock(app, at + timedelta(seconds=4))
    assert log_in(client, "kari").status_code == 303


def test_guesses_are_remembered_when_the_service_starts_anew(app, client, people, settings):
    from lrs_bridge.app import create_app  # noqa: PLC0415  as the fixture does

    for _attempt in range(FREE_FAILURES[Scope.USERNAME]):
        log_in(client, "kari", password="a wrong password")
    another = create_app(settings)
    assert log_in(browser(another), "kari").status_code == 429
    another.extensions["lrs_bridge"].engine.dispose()


def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client, people):
    answer = log_in(client, "kari")
    (cookie,) = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("lrs_bridge_session=")]
    flags = {flag.strip() for flag in cookie.split(";")[1:]}
    assert flags == {"HttpOnly", "Path=/", "SameSite=Lax"}


def test_cookies_are_secure_when_the_service_is_reached_by_https(database_url, tmp_path):
    from lrs_bridge.app import create_app  # noqa: PLC0415  as the fixture does

    app = create_app(settings_for(database_url, tmp_path, PUBLIC_URL="https://lrs.example.no"))
    transact(app.extensions["lrs_bridge"].engine, lambda session: load(session, ["kari"]))
    client, site = browser(app), "https://lrs.example.no"
    page = client.get("/login", base_url=site)
    assert "Strict-Transport-Security" in page.headers
    sent = {
        "csrf_token": page.text.split('name="csrf_token" value="')[1].split('"')[0],
        "tenant": NORTH,
        "username": "kari",
        "password": PASSWORD,
    }
    assert client.post("/login", data=sent, base_url=site).status_code == 400  # no Referer: not from our own page
    answer = client.post("/login", data=sent, base_url=site, headers={"Referer": site + "/login"})
    assert answer.status_code == 303
    cookies = answer.headers.getlist("Set-Cookie")
    assert all("Secure" in cookie for cookie in cookies)
    assert any(cookie.startswith("__Host-lrs_bridge_session=") for cookie in cookies)  # which no host below ours can set
    app.extensions["lrs_bridge"].engine.dispose()


def test_cookie_holds_no_name_and_changes_at_login(client, people):
    token(client)
    before = session_cookie(client).value
    log_in(client, "kari")
    assert session_cookie(client).value != before
    with client.session_transaction() as session:
        assert set(session) == {"tenant", "person", "id", "provider", "assurance", "signed_in_at"}


def test_token_of_before_the_login_is_worth_nothing_after_it(client, people):
    old = token(client)
    log_in(client, "kari")
    assert client.post("/logout", data={"csrf_token": old}).status_code == 400


@pytest.mark.parametrize("path", ["/login", "/logout", "/language", "/unknown-logins"])
def test_form_is_refused_with_a_page_when_its_token_is_missing(client, people, path):
    log_in(client, "anne")
    answer = client.post(path, data={"language": "nn", "dismiss": "1"})
    assert answer.status_code == 400
    assert "The form has expired" in answer.text
    assert who(client) == "Anne Administrator"


def test_logout_ends_the_session_even_for_a_copied_cookie(app, client, people):
    log_in(client, "kari")
    copied = session_cookie(client).value
    answer = submit(client, "/logout")
    assert answer.headers["Location"] == "/logged-out"
    assert who(client) == ""
    thief = browser(app)
    thief.set_cookie("lrs_bridge_session", copied)
    assert who(thief) == ""
    actions = [e.action for e in read(people, lambda session: audit.find(session, NORTH, subject=f"person:{KARI}"))]
    assert "session.open" in actions
    assert "session.close" in actions


def test_logout_is_harmless_when_nobody_is_logged_in(client, people):
    assert submit(client, "/logout").headers["Location"] == "/logged-out"
    assert "You are logged out" in client.get("/logged-out").text


@pytest.mark.parametrize(
    ("after", "name"),
    [(SESSION_LIFETIME, "Kari Nordmann"), (SESSION_LIFETIME + timedelta(seconds=1), "")],
    ids=["at its end", "past its end"],
)
def test_session_ends_after_a_working_day_whatever_is_done(app, client, people, after, name):
    at = datetime.now(UTC)
    set_clock(app, at)
    log_in(client, "kari")
    set_clock(app, at + after)
    assert who(client) == name


def test_session_ends_at_once_when_the_person_is_blocked(client, people):
    log_in(client, "kari")
    now = datetime.now(UTC)
    transact(people, lambda session: service.block_person(session, NORTH, KARI, actor="system", now=now))
    assert who(client) == ""
    assert log_in(client, "kari").status_code == 422


@pytest.mark.parametrize("cookie", ["forged", "eyJ0ZW5hbnQiOiJub3J0aCJ9.aaaaaa.bbbbbbb"])
def test_nobody_is_logged_in_when_the_cookie_was_not_signed_here(client, people, cookie):
    client.set_cookie("lrs_bridge_session", cookie)
    assert who(client) == ""


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "/login"])
def test_login_leads_nowhere_but_here(client, people, target):
    assert f'value="{target}"' not in client.get("/login", query_string={"next": target}).text
    assert log_in(client, "kari", target=target).headers["Location"] == "/"


def test_login_page_leads_on_when_already_logged_in(client, people):
    log_in(client, "kari")
    assert client.get("/login?next=/help").headers["Location"] == "/help"


def test_login_page_offers_the_organisations_and_their_help(client, people):
    text = client.get("/login?tenant=south").text
    assert '<option value="south" selected>Southern Trust</option>' in text
    assert "Help desk, 55 00 00 00" in text


@pytest.mark.parametrize(("username", "first"), [("kari", "/plan"), ("sigrid", "/signing"), ("anne", "/work-list")])
def test_home_page_leads_to_what_the_role_needs_first(client, people, username, first):
    log_in(client, username)
    assert client.get("/").headers["Location"] == first


@pytest.mark.usefixtures("real_passwords")
def test_outdated_hash_is_renewed_at_the_next_login(client, people):
    from argon2 import PasswordHasher  # noqa: PLC0415

    from lrs_bridge.people import store  # noqa: PLC0415  the test puts an old hash in place
    from lrs_bridge.people.person import Account  # noqa: PLC0415

    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    now = datetime.now(UTC)
    transact(people, lambda session: store.update_password(session, NORTH, Account("kari", KARI, weak), now))
    assert log_in(client, "kari").status_code == 303
    client.delete_cookie("lrs_bridge_session")
    renewed = read(people, lambda session: store.find_account(session, NORTH, "kari")).password_hash
    assert renewed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert log_in(client, "kari").status_code == 303


def test_login_is_never_cached_and_leaks_no_referrer(client, people):
    headers = client.get("/login").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
