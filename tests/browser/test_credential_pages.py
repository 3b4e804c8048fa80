"""The pages of keys in a real browser: made, connected, tested, renewed and ended, without a line of script."""

import json
import re
import time

import pytest
import requests

from lrs_bridge.xapi.credentials.authorization import basic_header
from tests.support.pages import ContentHost

GRANT = {"grant_type": "client_credentials"}


def make(page, name, preset="content"):
    """Makes a key by the form; the page that shows its secret."""
    page.goto("/keys/new")
    page.locator("input[name=name]").fill(name)
    page.locator(f"input[name=preset][value={preset}]").check()
    page.locator("form.panel button[type=submit]").click()
    page.locator("#secret").wait_for()


def key_and_secret(page):
    texts = page.locator("section[aria-labelledby=secret] .copy__text").all_inner_texts()
    return texts[0].strip(), texts[1].strip()


def test_shows_keys_that_anyone_can_use_when_there_are_some(signed_in, inspect, width, demo):
    page = signed_in("admin", width)
    page.goto("/keys/new")
    inspect(page, "key-new")
    make(page, f"Læringsportalen {width}")
    inspect(page, "key-made")
    key, _secret = key_and_secret(page)
    for wrong in ("wrong", "x"):
        requests.post(f"{demo.url}/oauth/token", data=GRANT, auth=(key, wrong), timeout=20)
    headers = {"X-Experience-API-Version": "1.0.3"}
    requests.get(f"{demo.url}/xapi/statements", headers=headers, auth=(key, "wrong"), timeout=20)
    requests.post(f"{demo.url}/oauth/token", data=GRANT, auth=("demo.ffffffffffffffff", "x"), timeout=20)
    wait_for(page, f"/keys/{key}", "section[aria-labelledby=refused] .refusal")
    for summary in page.locator("main details > summary").all():
        summary.click()
    inspect(page, "key")
    assert page.locator("h1").count() == 1
    wait_for(page, "/keys", "section[aria-labelledby=unknown] .refusal")
    inspect(page, "keys")
    assert page.locator("nav a[href='/keys'][aria-current=page]").count() == 1


def wait_for(page, path, selector):
    """Reloads until the journal has been written down."""
    end = time.monotonic() + 20
    page.goto(path)
    while page.locator(selector).count() == 0 and time.monotonic() < end:
        time.sleep(0.2)
        page.goto(path)
    assert page.locator(selector).count() > 0


def test_shows_what_is_wrong_with_a_form_when_it_is(signed_in, inspect, width):
    page = signed_in("admin", width)
    page.goto("/keys/new")
    page.locator("input[name=name]").fill("X")
    page.locator("textarea[name=origins]").fill("courses.example.no/path")
    page.locator("form.panel button[type=submit]").click()
    assert page.locator("textarea[name=origins]").get_attribute("aria-invalid") == "true"
    inspect(page, "key-new-wrong")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_tests_a_connection_when_a_key_was_just_made(signed_in, scripts):
    page = signed_in("admin", java_script_enabled=scripts)
    make(page, "Kursbyggeren")
    made = key_and_secret(page)
    page.locator("section[aria-labelledby=test] input[name=origin]").fill("https://courses.example.no")
    page.locator("section[aria-labelledby=test] button[type=submit]").click()
    page.locator("section[aria-labelledby=test] .check").first.wait_for()
    tags = page.locator("section[aria-labelledby=test] .check .ds-tag")
    assert [tag.get_attribute("data-color") for tag in tags.all()] == ["success"] * 3
    assert key_and_secret(page) == made


def test_shows_what_a_test_found_when_the_secret_is_wrong(signed_in, inspect, width):
    page = signed_in("admin", width)
    make(page, "Kursbyggeren")
    page.locator("section[aria-labelledby=test] input[name=secret]").fill("wrong")
    page.locator("section[aria-labelledby=test] button[type=submit]").click()
    page.locator("section[aria-labelledby=test] .check").first.wait_for()
    assert page.locator("section[aria-labelledby=test] .ds-tag[data-color=danger]").count() == 1
    inspect(page, "key-tested")


def test_marks_the_whole_text_when_it_is_clicked_to_be_copied(signed_in):
    page = signed_in("admin")
    make(page, "Kursbyggeren")
    _key, secret = key_and_secret(page)
    page.locator("section[aria-labelledby=secret] .copy__text").nth(1).click()
    assert page.evaluate("window.getSelection().toString()").strip() == secret


def test_renews_and_ends_a_key_when_the_forms_are_sent(signed_in):
    page = signed_in("admin")
    make(page, "Kursbyggeren", preset="own")
    key, first = key_and_secret(page)
    page.goto(f"/keys/{key}")
    page.locator("details:has(form[action$='/rotate']) > summary").click()
    page.locator("form[action$='/rotate'] button").click()
    page.locator("#secret").wait_for()
    assert key_and_secret(page)[1] != first
    page.locator("details:has(form[action$='/revoke']) > summary").click()
    page.locator("form[action$='/revoke'] button").click()
    page.wait_for_url(re.compile(r"/keys/demo\.[0-9a-f]+$"))
    assert page.locator("form[action$='/revoke']").count() == 0


FETCH = """async ([address, authorization]) => {
    const headers = {"Authorization": authorization, "X-Experience-API-Version": "1.0.3"};
    const answer = await fetch(address + "/xapi/statements?limit=1", {headers});
    return [answer.status, (await answer.json()).field ?? null, answer.headers.get("X-Experience-API-Version")];
}"""


@pytest.fixture
def elsewhere():
    """Somebody else's web server, on an origin of its own."""
    host = ContentHost().start()
    yield host.url
    host.stop()


def test_lets_content_elsewhere_ask_and_read_why_not_when_the_key_says_where_from(new_page, demo, elsewhere):
    page = new_page()
    page.goto(elsewhere)
    for origin, expected in ((elsewhere, [200, None, "1.0.3"]), ("https://courses.example.no", [403, "Origin", "1.0.3"])):
        made = json.loads(demo.run("credentials", "create", "X", "--tenant", "demo", "--origin", origin, "--json").stdout)
        assert page.evaluate(FETCH, [demo.url, basic_header(made["key"], made["secret"])]) == expected
    assert page.evaluate(FETCH, [demo.url, basic_header("demo.x", "wrong")])[0] == 401
