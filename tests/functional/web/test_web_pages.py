import gzip
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from flask import render_template_string

from lrs_bridge.db import open_engine, transact
from lrs_bridge.errors import Unavailable, UpstreamFailed
from lrs_bridge.web import errors, i18n
from lrs_bridge.web import metrics as web_metrics
from tests.support.browsing import browser, log_in, submit, token
from tests.support.cast import KARI, NORTH, load

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # nothing here depends on the database

PAGES = ["/", "/login", "/help", "/accessibility", "/logged-out", "/no-such-page"]


@pytest.fixture
def client(app):
    return browser(app)


@pytest.fixture
def people(app):
    engine = app.extensions["lrs_bridge"].engine
    transact(engine, lambda session: load(session, ["kari", "anne"]))
    return engine


# What every page is like


@pytest.mark.parametrize("path", PAGES)
def test_page_forbids_everything_but_its_own_styles_and_forms(client, path):
    headers = client.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "style-src": "'self'",
        "font-src": "'self'",
        "img-src": "'self' data:",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", PAGES)
def test_page_holds_nothing_inline_and_nothing_from_elsewhere(client, path):
    text = client.get(path).text
    assert not re.search(r"<script|<style| style=| on[a-z]+=|javascript:", text)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)


@pytest.mark.parametrize("path", PAGES)
def test_page_has_landmarks_one_heading_and_a_way_past_the_menu(client, path):
    text = client.get(path).text
    assert len(re.findall(r"<h1[ >]", text)) == 1
    assert text.index('href="#main"') < text.index("<header")
    assert all(landmark in text for landmark in ('<main id="main"', "<header", "<footer"))
    assert re.search(r"<title>[^<]+ – Signed learning</title>", text)


def test_menu_marks_the_page_that_is_shown(client, people):
    log_in(client, "kari")
    text = client.get("/help").text
    assert 'href="/help" aria-current="page"' in text
    assert "My plan" in text
    assert "Work list" not in text


@pytest.mark.parametrize(("username", "section"), [("kari", "For residents"), ("anne", "For administrators")])
def test_help_speaks_to_ones_own_role(client, people, username, section):
    log_in(client, username)
    sections = re.findall(r"For residents|For supervisors and advisors|For administrators", client.get("/help").text)
    assert sections == [section]


def test_static_files_are_kept_for_good_under_addresses_that_change(client):
    styles = re.findall(r'href="(/static/[^"]+)"', client.get("/").text)
    assert len(styles) == 4
    for address in styles:
        with client.get(address) as answer:
            assert answer.status_code == 200
            assert "immutable" in answer.headers["Cache-Control"]
            assert "Set-Cookie" not in answer.headers


def test_static_files_travel_packed_to_browsers_that_take_it(client):
    with client.get("/static/app.css") as plain, client.get("/static/app.css", headers={"Accept-Encoding": "br, gzip"}) as packed:
        assert (plain.headers.get("Content-Encoding"), packed.headers["Content-Encoding"]) == (None, "gzip")
        assert gzip.decompress(packed.data) == plain.data
        assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 3
        assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
        tag = packed.headers["ETag"]
    assert tag == f"W/{plain.headers['ETag']}"
    with client.get("/static/app.css", headers={"Accept-Encoding": "gzip", "If-None-Match": tag}) as again:
        assert (again.status_code, again.data, again.headers["ETag"].removeprefix("W/")) == (304, b"", tag.removeprefix("W/"))


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/static/app.css", {"Accept-Encoding": "gzip;q=0, identity"}, 200),
        ("/static/app.css", {"Accept-Encoding": "gzip", "Range": "bytes=0-9"}, 206),
        ("/static/vendor/inter/5.2.8/inter-latin-wght-normal.woff2", {"Accept-Encoding": "gzip"}, 200),
        ("/", {"Accept-Encoding": "gzip"}, 200),
    ],
)
def test_all_else_travels_as_it_is(client, path, headers, status):
    with client.get(path, headers=headers) as answer:
        assert (answer.status_code, answer.headers.get("Content-Encoding")) == (status, None)


def test_fonts_named_in_the_styles_are_there(client):
    with client.get("/static/app.css") as answer:
        fonts = re.findall(r'url\("([^"]+\.woff2)"\)', answer.text)
    assert len(fonts) == 2
    for font in fonts:
        with client.get(f"/static/{font}") as answer:
            assert answer.status_code == 200


def test_robots_keep_out_of_everything_but_the_front_page(client):
    assert client.get("/robots.txt").text == "User-agent: *\nAllow: /$\nDisallow: /\n"


# Languages


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("nn", "nn"), ("nb-NO,en;q=0.5", "nb"), ("no", "nb"), ("en-GB,nb;q=0.9", "en"), ("sv,de", "nb"), ("", "nb")],
)
def test_page_is_in_the_language_that_the_browser_asks_for(client, accepted, language):
    text = client.get("/", headers={"Accept-Language": accepted}).text
    assert f'<html lang="{language}"' in text


def test_choice_of_language_outlives_the_browsers_wish_and_leads_back(client):
    answer = submit(client, "/language", language="nn", next="/accessibility?x=1")
    assert answer.headers["Location"] == "/accessibility?x=1"
    (cookie,) = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith(i18n.COOKIE)]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert '<html lang="nn"' in client.get("/", headers={"Accept-Language": "en"}).text


def test_choice_of_language_follows_the_person(app, client, people):
    log_in(client, "kari")
    submit(client, "/language", language="nn")
    elsewhere = browser(app)
    log_in(elsewhere, "kari")
    assert '<html lang="nn"' in elsewhere.get("/help", headers={"Accept-Language": "en"}).text


@pytest.mark.parametrize(
    ("target", "leads"), [("//evil.example", "/"), ("//[x", "/"), ("/login?next=/plan", "/login"), ("", "/")]
)
def test_choice_of_language_leads_nowhere_but_here(client, target, leads):
    assert submit(client, "/language", language="nn", next=target).headers["Location"] == leads


def test_language_is_refused_when_it_is_none_of_ours(client):
    assert submit(client, "/language", language="sv").status_code == 400


@pytest.mark.parametrize(
    ("language", "moment", "day"),
    [
        ("nb", "1. juli 2026 kl. 14:05", "2. juli 2026"),
        ("nn", "1. juli 2026 kl. 14:05", "2. juli 2026"),
        ("en", "1 July 2026 at 14:05", "2 July 2026"),
    ],
)
def test_dates_are_written_in_the_readers_language_and_norwegian_time(app, language, moment, day):
    template = "{{ at|datetime_local }}|{{ date|date_local }}|{{ late|date_local }}"
    with app.test_request_context(headers={"Accept-Language": language}):
        shown = render_template_string(
            template,
            at=datetime(2026, 7, 1, 12, 5, tzinfo=UTC),
            date=date(2026, 7, 2),
            late=datetime(2026, 7, 1, 22, 0, tzinfo=UTC),
        )
    assert shown == f"{moment}|{day}|{day}"


# Building blocks


def render(app, template: str, **values) -> str:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        return render_template_string('{% import "web/ui.html" as ui %}' + template, **values)


@pytest.mark.parametrize("state", ["planned", "done", "sent", "returned", "signed", "contested", "superseded"])
def test_every_state_has_a_tag(app, state):
    assert 'class="ds-tag"' in render(app, "{{ ui.state_tag(state) }}", state=state)


@pytest.mark.parametrize(("mode", "name"), [(70, "On the job"), ("20", "With others"), (10, "Courses")])
def test_every_mode_has_a_mark(app, mode, name):
    assert name in render(app, "{{ ui.mode_tag(mode) }}", mode=mode)


@pytest.mark.parametrize(
    ("call", "holds"),
    [
        ('ui.field("a", "A", required=true)', '<input type="text" value="" class="ds-input" id="a" name="a" required>'),
        ('ui.field("a", "A")', "(optional)"),
        ('ui.field("a", "A", hint="H", error="E")', 'aria-describedby="a-hint a-error" aria-invalid="true"'),
        ('ui.field("a", "A", type="textarea", value="<b>")', ">&lt;b&gt;</textarea>"),
        ('ui.field("a", "A", options=[("x", "X"), ("y", "Y")], value="y")', '<option value="y" selected>Y</option>'),
        ('ui.field("a", "A", id="b", attributes={"min": 1})', 'id="b" name="a" min="1"'),
        ('ui.button("Go", name="n", value="v")', 'type="submit" name="n" value="v">Go</button>'),
        ('ui.button("Go", href="/x")', 'href="/x">Go</a>'),
        ('ui.alert("danger", "T", "<i>")', 'role="alert"'),
        ('ui.alert("danger", "T", "<i>")', "&lt;i&gt;"),
        ('ui.dl([("T", "D")])', "<dt>T</dt><dd>D</dd>"),
        ('ui.empty("T", "B")', "empty__title"),
        ('ui.page_heading("T", "L")', "<h1"),
    ],
)
def test_building_block_renders(app, call, holds):
    assert holds in render(app, "{{ " + call + " }}")


def test_table_scrolls_by_keyboard_and_has_a_caption(app):
    text = render(app, '{% call ui.table("C", ["A", "B"]) %}<tr><td>1</td><td>2</td></tr>{% endcall %}')
    assert 'role="region" aria-label="C" tabindex="0"' in text
    assert '<th scope="col">A</th>' in text


def test_times_are_readable_by_machines_too(app):
    text = render(app, "{{ ui.when(at) }} {{ ui.day(at) }}", at=datetime(2026, 7, 1, 12, 5, tzinfo=UTC))
    assert text.count('<time datetime="2026-07-01T12:05:00+00:00">') == 2


# Errors


def test_error_page_shows_the_id_that_the_answer_carries(client):
    answer = client.get("/no-such-page")
    assert answer.status_code == 404
    assert answer.headers["X-Request-ID"] in answer.text
    assert "There is no such page" in answer.text


@pytest.mark.parametrize(
    ("sent", "kept"), [("proxy-chose-this-1", True), ("short", False), ("has spaces in it", False), ("x" * 65, False)]
)
def test_request_id_of_a_proxy_is_kept_when_it_is_one(client, sent, kept):
    assert (client.get("/healthz", headers={"X-Request-ID": sent}).headers["X-Request-ID"] == sent) is kept


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/no-such-page", {"Accept": "application/json"}),
        ("/xapi/no-such-resource", {}),
        ("/.well-known/no-such-thing", {}),
        ("/no-such.json", {"Accept": "text/html"}),
    ],
)
def test_error_is_json_for_programs(client, path, headers):
    answer = client.get(path, headers=headers)
    assert answer.status_code == 404
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert set(answer.json) == {"code", "message", "field", "rule", "request_id"}
    assert answer.json["code"] == "not_found"


def test_programs_are_not_sent_to_the_login(client):
    answer = client.get("/unknown-logins", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["code"]) == (401, "unauthenticated")


def test_login_follows_when_a_form_is_sent_after_the_session_has_ended(client):
    answer = submit(client, "/unknown-logins", dismiss="1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")


def test_method_that_a_page_does_not_know_is_refused_with_those_it_knows(client):
    answer = client.put("/help", data={"csrf_token": token(client)})
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert "This page cannot be used that way" in answer.text


def test_page_is_forbidden_when_the_role_is_another(client, people):
    log_in(client, "kari")
    answer = client.get("/unknown-logins")
    assert answer.status_code == 403
    assert "You do not have access to this" in answer.text


@pytest.mark.parametrize("where", ["query", "form"])
def test_nul_is_refused_before_it_reaches_the_database(client, people, where):
    log_in(client, "anne")
    if where == "query":
        answer = client.get("/unknown-logins?text=%00")
    else:
        answer = submit(client, "/unknown-logins", dismiss="1", issuer="i", subject="a\x00b")
    assert answer.status_code == 400


def test_body_is_refused_when_it_is_too_large(app, client):
    fields = {"csrf_token": token(client), "username": "x" * (300 * 1024)}
    answer = client.post("/login", data=fields)
    assert answer.status_code == 413
    assert "That was too large" in answer.text


@pytest.fixture
def failing(app):
    """Pages that fail; the application has had no request yet."""

    def fail(kind):
        raise {"bug": ZeroDivisionError, "busy": Unavailable, "upstream": UpstreamFailed}[kind]("the insides, in words")

    app.add_url_rule("/fail/<kind>", "fail", fail)
    app.add_url_rule("/xapi/fail/<kind>", "fail_json", fail)
    return browser(app)


def test_bug_is_logged_with_its_traceback_and_shown_without(failing, capsys):
    answer = failing.get("/fail/bug")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "insides" not in answer.text
    assert answer.headers["X-Request-ID"] in answer.text
    logged = capsys.readouterr().err
    assert "ZeroDivisionError: the insides" in logged
    assert answer.headers["X-Request-ID"] in logged
    document = failing.get("/xapi/fail/bug").json
    assert (document["code"], document["message"]) == ("unexpected", "something went wrong on our side")


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [("busy", 503, "The service is busy or being maintained"), ("upstream", 502, "Another service did not answer")],
)
def test_failure_of_something_we_depend_on_is_told_in_plain_words(failing, kind, status, words):
    answer = failing.get(f"/fail/{kind}")
    assert answer.status_code == status
    assert words in answer.text


def test_error_page_comes_even_when_the_database_is_gone(app, client, people):
    log_in(client, "kari")
    app.extensions["lrs_bridge"] = replace(app.extensions["lrs_bridge"], engine=_gone())
    answer = client.get("/unknown-logins")
    assert answer.status_code == 503
    assert "The service is busy or being maintained" in answer.text


def _gone():
    return open_engine("sqlite:////no/such/directory/at/all.sqlite3")


def test_every_kind_of_error_has_words_or_is_ours_to_explain(database_url):
    codes = {kind.code for kind in errors._BY_STATUS.values()} | {"form_expired", "upstream_failed"}
    assert codes - set(errors.WORDS) == {"precondition_failed", "unsupported_media"}


# Health, metrics, logs


def test_health_is_ok_while_the_process_answers(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_service_is_not_ready_when_the_database_is_gone(app, client):
    assert client.get("/readyz").json["checks"]["database"] == "ok"
    app.extensions["lrs_bridge"] = replace(app.extensions["lrs_bridge"], engine=_gone())
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["status"] == "unavailable"
    assert "can't be reached" in answer.json["checks"]["database"]


def test_service_is_not_ready_when_the_schema_is_missing(app, client, tmp_path):
    empty = open_engine(f"sqlite:///{tmp_path}/empty.sqlite3")
    app.extensions["lrs_bridge"] = replace(app.extensions["lrs_bridge"], engine=empty)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["status"]) == (503, "unavailable")
    checks = answer.json["checks"]
    assert checks["database"] == "ok"
    assert "db upgrade" in checks["migrations"]
    assert "the check failed" in checks["keys"]
    assert "select" not in answer.text.lower()


def test_service_is_not_ready_when_the_schema_is_newer_than_the_program(app, client):
    engine = app.extensions["lrs_bridge"].engine
    with engine.begin() as session:
        session.exec_driver_sql("update alembic_version set version_num = 'from the future'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "from the future" in answer.json["checks"]["migrations"]


def test_login_page_comes_when_what_follows_is_no_address(client):
    assert client.get("/login?next=//[x").status_code == 200


def test_metrics_count_requests_by_route_and_name_nobody(client, people):
    log_in(client, "kari")
    client.get("/no-such-page/kari")
    client.open("/help", method="BREW")
    text = client.get("/metrics").text
    assert 'lrs_bridge_request_seconds_count{method="GET",route="/help",status="200"}' in text
    assert 'method="other"' in text
    assert "lrs_bridge_statements_total" in text
    assert "lrs_bridge_completions_total" in text
    assert 'lrs_bridge_logins_total{outcome="accepted",way="local"}' in text
    assert "kari" not in text.lower()


def test_metrics_are_gathered_over_processes_when_a_directory_is_shared(monkeypatch, tmp_path, database_url):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    text, content_type = web_metrics.exposition()
    assert text == b""
    assert content_type.startswith("text/plain")


def test_log_has_a_line_of_json_for_each_request_that_names_no_person(client, people, capsys):
    log_in(client, "kari")
    capsys.readouterr()
    client.get("/help?name=kari", headers={"X-Request-ID": "a-request-of-mine"})
    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert line["request_id"] == "a-request-of-mine"
    assert (line["method"], line["route"], line["status"], line["tenant"]) == ("GET", "/help", 200, NORTH)
    assert line["ms"] > 0
    assert "kari" not in json.dumps(line).lower()
    assert str(KARI) not in json.dumps(line)


def test_address_is_put_right_when_only_a_slash_is_missing(app, client):
    app.add_url_rule("/folder/", "folder", lambda: "here")
    answer = client.get("/folder")
    assert answer.status_code == 308
    assert answer.headers["Location"].endswith("/folder/")
