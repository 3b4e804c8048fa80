"""cmi5 packages on the origin where courses run, in Chromium, with the browser builds of @xapi/cmi5 and Rustici's cmi5.js."""

from itertools import count

import pytest

from lrs_bridge.db import open_engine
from tests.support.cmi5 import au, block, course
from tests.support.cmi5_api import Api
from tests.support.databases import served
from tests.support.lrs import new_key_at
from tests.support.node import CLIENTS, client_modules
from tests.support.packages import zipped
from tests.support.plans import open_ward

BUILDS = {
    "@xapi/cmi5": ("@xapi/cmi5/dist/Cmi5.umd.js", "cmi5_xapi"),
    "@rusticisoftware/cmi5": ("@rusticisoftware/cmi5/dist/cmi5.js", "cmi5_rustici"),
}
PAGE = """<!DOCTYPE html><html lang="nb"><meta charset="utf-8"><title>Kurs</title><script src="client.js"></script>
<p id="state">…</p><script type="module">
import * as driver from "./driver.mjs";
const url = location.href;
const state = document.getElementById("state");
try {
  const found = await driver[new URL(url).searchParams.get("step")](driver.connect(window.Cmi5, { url }), { url });
  state.textContent = JSON.stringify({ ...found, cookies: document.cookie });
} catch (error) { state.textContent = JSON.stringify({ error: String(error) }); }
state.className = "done";
</script></html>"""
MASTERY = 'moveOn="CompletedAndPassed" masteryScore="0.8"'
TENANTS = count()

every_build = pytest.mark.parametrize("build", BUILDS)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served("sqlite", tmp_path_factory.mktemp("cmi5"), workers=1) as server:
        yield server


@pytest.fixture
def api(server):
    tenant = f"cmi5-{next(TENANTS)}"
    engine = open_engine(server.database_url)
    open_ward(engine, tenant)
    engine.dispose()
    return Api(server.url, *new_key_at(server.database_url, tenant=tenant))


@pytest.fixture
def bring(api):
    """Imports a course of two AUs, which pass and fail, made with that client."""

    def brought(build):
        client, driver = BUILDS[build]
        units = [au(step, url=f"kurs/index.html?step={step}", attributes=MASTERY) for step in ("pass", "fail")]
        files = {
            "cmi5.xml": course(block("b", *units)).decode(),
            "kurs/index.html": PAGE,
            "kurs/client.js": (client_modules() / "node_modules" / client).read_text(),
            "kurs/driver.mjs": (CLIENTS / f"{driver}.mjs").read_text(),
        }
        status, made = api.ask("POST", "/api/cmi5/courses", zipped(files), "application/zip")
        assert status == 201, made
        return made

    return brought


@pytest.fixture
def play(chromium):
    """Opens a launch URL in a browser of its own; what the AU found."""

    def played(launched):
        context = chromium.new_context()
        page = context.new_page()
        page.goto(launched["url"])
        page.wait_for_selector("#state.done", timeout=30_000)
        found = page.evaluate("JSON.parse(document.getElementById('state').textContent)")
        context.close()
        return found

    return played


@every_build
def test_takes_a_course_to_its_end_when_its_aus_tell_of_it(api, bring, play, build):
    made = bring(build)
    failed = api.launch(made, au=1)
    assert play(failed) == {"failed": None, "terminated": None, "cookies": ""}
    registration = failed["registration"]
    passed = api.launch(made, au=0, registration=registration, language="nn")
    found = play(passed)
    assert {name for name in ("answered", "progressed", "completed", "passed", "terminated") if found[name]} == set()
    assert (bool(found["again"]), bool(found["late"]), found["cookies"]) == (True, True, "")
    standing = api.standing(registration)
    assert [unit["satisfied"] for unit in standing["aus"]] == [True, False]
    assert [session["state"] for session in standing["sessions"]] == ["terminated", "terminated"]
    status, waived = api.ask("POST", f"/api/cmi5/registrations/{registration}/waive", {"au": 1, "reason": "Tested Out"})
    assert (status, waived["satisfiedAt"] is not None) == (200, True)
    assert api.verbs(registration)[-3:] == ["waived", "satisfied", "satisfied"]


@every_build
def test_gives_the_token_once_when_the_page_is_loaded_again(api, bring, chromium, build):
    launched = api.launch(bring(build), au=1)
    page = chromium.new_page()
    for _ in range(2):
        page.goto(launched["url"])
        page.wait_for_selector("#state.done", timeout=30_000)
    found = page.evaluate("JSON.parse(document.getElementById('state').textContent)")
    page.close()
    assert "error" in found
    assert api.verbs(launched["registration"]) == ["launched", "initialized", "failed", "terminated"]
