"""Learning platforms in a browser: each page on both widths, and the way from form to registered platform without scripts."""

from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import pytest

from lrs_bridge.db import open_engine, transact
from lrs_bridge.lti.platforms import service
from lrs_bridge.lti.platforms.rebinding import Rebinding
from lrs_bridge.lti.platforms.visit import Visit
from tests.support.environment import settings_for
from tests.support.lti_setups import setup

TENANT = "demo"


@pytest.fixture(scope="module")
def platforms(demo):
    """One in use with failures and a rebinding, one unused, one paused."""
    engine = open_engine(demo.database_url)
    key, now = settings_for(demo.database_url, demo.data_dir).master_key, datetime.now(UTC)
    who = {"by": "system", "now": now}

    def fill(session):
        add = partial(service.add_platform, session, TENANT, master_key=key, **who)
        used = add(setup(name="Læringsportalen", site="https://portal.example.no", client_id="browser-1", deployment_id="1"))
        unused = add(setup(name="Universitetets Canvas", product="canvas", client_id="browser-2"))
        paused = add(setup(name="Gammel portal", product="desire2learn", site="https://learn.example.no", client_id="browser-3"))
        service.pause_platform(session, TENANT, paused.platform_id, **who)
        note = partial(service.note_visit, session, TENANT)
        note(Visit(uuid4(), used.platform_id, now, "LtiResourceLinkRequest", "1", "Akuttmedisin for LIS", "Min plan"))
        note(
            Visit(uuid4(), used.platform_id, now, "login", failed_step="state", reason="used before", error_id="8e1b0f3dd0cf4c51")
        )
        note(Visit(uuid4(), used.platform_id, now, "LtiResourceLinkRequest", "17", failed_step="deployment", reason="not known"))
        asked = Rebinding(used.platform_id, "4711", "portal-2019", "u-4711", "Kari Nordmann", "Akuttmedisin for LIS", now)
        service.ask_rebinding(session, TENANT, asked)
        service.rotate_keys(session, TENANT, master_key=key, **who)
        return {"used": used, "unused": unused, "paused": paused}

    made = transact(engine, fill)
    yield made
    for one in made.values():
        transact(engine, lambda s, one=one: service.remove_platform(s, TENANT, one.platform_id, **who))
    engine.dispose()


@pytest.mark.parametrize(
    "name",
    [
        "list",
        "new",
        "moodle",
        "canvas",
        "BlackboardLearn",
        "desire2learn",
        "other",
        "used",
        "unused",
        "paused",
        "edit",
        "keys",
        "users",
        "legacy",
    ],
)
def test_shows_a_page_that_every_administrator_can_use(name, platforms, signed_in, inspect, width):
    page = signed_in("admin", width)
    paths = {
        "list": "/platforms",
        "new": "/platforms/new",
        "keys": "/platforms/keys",
        "users": "/platforms/users",
        "legacy": "/platforms/legacy",
    }
    paths["edit"] = f"/platforms/{platforms['paused'].platform_id}/edit"
    one = f"/platforms/{platforms[name].platform_id}" if name in platforms else f"/platforms/new/{name}"
    page.goto(paths.get(name, one))
    for summary in page.locator("main summary").all():
        summary.click()
    inspect(page, f"platform-{name}")
    assert page.locator("h1").count() == 1


def test_shows_a_registration_link_and_where_to_paste_it(platforms, signed_in, inspect, width):
    page = signed_in("admin", width)
    page.goto("/platforms")
    page.locator("form[action$='/platforms/link'] button").click()
    inspect(page, "platform-link")
    link = page.locator(".panel--secret .copy__text").inner_text()
    page.goto(f"/lti/register/{link.rpartition('/')[2]}")  # by itself, which no platform would do
    inspect(page, "platform-not-registered")
    assert page.locator("main [data-lti]").count() == 0


def test_registers_a_platform_by_hand_without_scripts(platforms, signed_in, width):
    page = signed_in("admin", width, java_script_enabled=False)
    page.goto("/platforms")
    page.locator("main a[href$='/platforms/new']").click()
    page.locator("main a[href$='/new/moodle']").click()
    page.locator("input[name=site]").fill(f"https://{width}.example.no")
    page.locator("input[name=client_id]").fill("browser-1")
    page.locator("main form button[type=submit]").last.click()
    assert page.locator("h1").inner_text() == f"{width}.example.no"
    page.locator("form[action$='/pause'] button").click()
    page.locator("main summary").last.click()
    page.locator("form[action$='/remove'] button").last.click()
    page.wait_for_url(lambda url: url.endswith("/platforms"))
    assert f"{width}.example.no" not in page.locator("main ul.rows").inner_text()
