"""Forwardings and pulls in a browser: each page on both widths, and the way from a form to a statement at the other side."""

import pytest
from sqlalchemy import text

from lrs_bridge.xapi.relay import service
from tests.support.odd_lrs import always, odd_lrs
from tests.support.relays import Site


@pytest.fixture(scope="module")
def there():
    with odd_lrs() as lrs:
        yield lrs


@pytest.fixture(scope="module")
def relays(demo, there):
    """A relay in every condition, on the demo's statements."""
    site = Site(demo.database_url, demo.data_dir)
    made = {}
    refused = {0, 3}

    def picky(asked):
        ids = asked.ids
        numbered = {each: number for number, each in enumerate(dict.fromkeys(site.payloads()))}
        bad = {numbered[each] for each in ids} & refused
        return (400, {}, b'{"message": "verb.display must be a language map"}') if bad else (200, {}, b"[]")

    there.answer = picky
    made["letters"] = site.forward_to(
        there.url, name="Helse Fjordvik, nasjonal LRS", verbs=["http://adlnet.gov/expapi/verbs/completed"]
    )
    made["all"] = site.forward_to(there.url, name="Regionalt datavarehus")
    site.round()
    there.answer = always(401, {}, b"unknown key")
    made["refused"] = site.forward_to(there.url, name="Nabosykehuset")
    site.round()
    there.answer = always(503, {"Retry-After": "600"}, b"maintenance")
    made["troubled"] = site.pull_from(there.url, name="Kursportalen")
    made["stalled"] = site.forward_to(there.url, name="Universitetet")
    site.round()
    with site.engine.begin() as session:
        session.execute(text("update relay set moved_at = '2026-01-01T00:00:00.000000Z' where name = 'Universitetet'"))
    made["paused"] = site.pull_from(there.url, name="Gammel LRS")
    site.change(service.pause_relay, made["paused"])
    yield made
    for relay in made.values():
        site.change(service.remove_relay, relay)
    site.close()


@pytest.mark.parametrize(
    "name", ["list", "letters", "all", "refused", "troubled", "stalled", "paused", "new-forwarding", "new-pull", "edit"]
)
def test_shows_a_page_that_every_administrator_can_use(name, relays, signed_in, inspect, width):
    page = signed_in("admin", width)
    paths = {"list": "/relays", "new-forwarding": "/relays/new/forwarding", "new-pull": "/relays/new/pull"}
    paths["edit"] = f"/relays/{relays['letters'].relay_id}/edit"
    page.goto(paths[name] if name in paths else f"/relays/{relays[name].relay_id}")
    for summary in page.locator("main summary").all():
        summary.click()
    inspect(page, f"relay-{name}")
    assert page.locator("h1").count() == 1


def test_sets_up_a_forwarding_without_scripts_and_shows_its_progress(relays, demo, signed_in, inspect, width):
    page = signed_in("admin", width, java_script_enabled=False)
    page.goto("/relays")
    page.locator("main a[href$='/relays/new/forwarding']").click()
    page.locator("input[name=name]").fill(f"Ny LRS {width}")
    page.locator("input[name=endpoint]").fill("http://10.11.12.13/xapi")
    page.locator("input[name=key]").fill("nøkkel")
    page.locator("input[name=secret]").fill("hemmelig")
    page.locator("select[name=start]").select_option("beginning")
    page.locator("button[name=act][value=test]").click()
    assert page.locator("main .ds-alert").count() == 1  # this address is in a network that the demo may not connect to
    assert page.locator("input[name=name]").input_value() == f"Ny LRS {width}"
    page.locator("main form .actions button").first.click()
    assert page.locator("input[name=endpoint]").get_attribute("aria-invalid") == "true"  # and is not saved therefore
    page.locator("input[name=endpoint]").fill("https://lrs.example.no/xapi")
    page.locator("input[name=secret]").fill("hemmelig")
    page.locator("main form .actions button").first.click()
    page.wait_for_url(lambda url: "/new/" not in url)
    assert f"Ny LRS {width}" in page.locator("h1").inner_text()
    demo.run("worker", "--once", check=False)
    page.reload()
    assert page.locator("main .ds-tag").first.inner_text() != ""
    page.locator("form[action$='/pause'] button").click()
    page.locator("main summary").click()
    page.locator("form[action$='/remove'] button").click()
    page.wait_for_url(lambda url: url.endswith("/relays"))
    assert f"Ny LRS {width}" not in page.locator("main ul.rows").inner_text()


def test_shows_what_a_connection_test_found(relays, signed_in, inspect, width):
    page = signed_in("admin", width)
    page.goto(f"/relays/{relays['refused'].relay_id}")
    page.locator("form[action$='/test'] button").click()
    inspect(page, "relay-connection-test")
    assert page.locator("main .ds-alert").count() == 2
