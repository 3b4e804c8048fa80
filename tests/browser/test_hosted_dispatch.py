"""A course that is dispatched: its thin package, imported elsewhere, plays it here and tells both sides how it went."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.chromium import overflows, violations
from tests.support.hosted import Seat, upload
from tests.support.other_lms import OtherLms
from tests.support.packages import single_sco

SCRIPT = {"start": [["Initialize"]], "leave": [["Terminate"]]}
DONE = {"core__score__raw": "80", "core__score__min": "0", "core__score__max": "100", "core__lesson_status": "passed"}


@pytest.fixture
def destination(owner):
    """Dispatches a course to a new destination; its package, as the owner downloads it."""

    def make(*, edition="1.2", most="", name="Læringsportalen"):
        hosted = upload(owner, single_sco("1.2", script=SCRIPT, title="Brannvern"))
        owner.goto(f"/hosted/{hosted}/destinations")
        owner.locator("input[name=name]").fill(name)
        owner.locator("select[name=edition]").select_option(edition)
        owner.locator("input[name=most_learners]").fill(most)
        owner.locator("form:has(input[name=name]) button").click()
        with owner.expect_download() as download:
            owner.locator("a[href$='/package.zip']").click()
        return hosted, download.value.path().read_bytes()

    return make


@pytest.fixture
def visit(new_page):
    """Opens a learning system for a learner; the page, and the frame of it that shows the course's page."""

    def open_page(lms, learner=("ola", "Nordmann, Ola"), width="desktop"):
        lms.learner = learner
        page = new_page(width)
        page.goto(f"{lms.url}/")
        thin = page.frame_locator("iframe").frame_locator("iframe")
        return page, thin

    return open_page


def dispatched(page):
    """The frame of our own page, in the frames of the other system."""
    for _ in range(100):
        found = [frame for frame in page.frames if "/dispatch/" in frame.url]
        if found and found[0].query_selector("[data-player], h1"):
            return found[0]
        page.wait_for_timeout(100)
    raise AssertionError([frame.url for frame in page.frames])


def values(page, *keys):
    return page.evaluate("(keys) => keys.map((key) => window.values[key] ?? null)", list(keys))


@pytest.mark.parametrize(
    ("edition", "keys", "begun", "done"),
    [
        (
            "1.2",
            ("cmi.core.lesson_status", "cmi.core.score.raw", "cmi.core.exit"),
            ["incomplete", None, "suspend"],
            ["passed", "80", ""],
        ),
        (
            "2004-4th",
            ("cmi.completion_status", "cmi.success_status", "cmi.score.scaled", "cmi.exit"),
            ["incomplete", None, None, "suspend"],
            ["completed", "passed", "0.8", "normal"],
        ),
    ],
)
def test_both_sides_know_how_it_went(edition, keys, begun, done, destination, visit, owner, records):
    hosted, package = destination(edition=edition)
    with OtherLms(package, is_2004=edition != "1.2") as lms:
        page, thin = visit(lms)
        seat = Seat(page, within=dispatched(page)).expect_playing()
        seat.sets(core__lesson_status="incomplete", suspend_data="halvveis", core__exit="suspend").expect_saved()
        expect(thin.locator("#course")).to_be_visible()
        page.wait_for_function("(keys) => window.values[keys[0]] === 'incomplete'", arg=list(keys))
        assert values(page, *keys) == begun

        again, thin = visit(lms)  # another day, on another machine
        seat = Seat(again, within=dispatched(again)).expect_playing()
        assert seat.calls(["GetValue", "cmi.suspend_data"]) == ["halvveis"]
        seat.sets(**DONE, core__exit="").expect_saved()
        seat.ask("exit")
        again.wait_for_function("() => window.calls.some((call) => call[0] === 'finish')")
        assert values(again, *keys) == done

    owner.goto(f"/hosted/{hosted}/attempts")
    owner.get_by_role("link", name="Nordmann, Ola").click()
    attempt = owner.url.rpartition("/")[2]
    assert records.attempt(attempt).stage == "passed"
    said = records.statements(attempt)
    accounts = {(each["actor"]["account"]["homePage"].rpartition("/")[0], each["actor"]["account"]["name"]) for each in said}
    assert accounts == {(f"{records.server.url}/dispatch", "ola")}


def test_no_more_learners_come_in_than_the_destination_has(destination, visit, owner):
    hosted, package = destination(most="1")
    with OtherLms(package) as lms:
        page, _ = visit(lms)
        Seat(page, within=dispatched(page)).expect_playing()
        other, _ = visit(lms, ("kari", "Nordmann, Kari"))
        refused = dispatched(other)
        assert refused.locator("[data-player]").count() == 0
        assert refused.locator("h1").inner_text() != ""
    owner.goto(f"/hosted/{hosted}/destinations")
    assert re.search(r"1\s*/\s*1", owner.locator("main .rows").inner_text())


def test_nobody_comes_in_from_a_destination_that_has_ended(destination, visit, owner):
    _, package = destination()
    owner.locator("form[action$='/end'] button").click()
    owner.wait_for_load_state()
    with OtherLms(package) as lms:
        page, _ = visit(lms)
        refused = dispatched(page)
        assert refused.locator("[data-player]").count() == 0
        assert values(page, "cmi.core.lesson_status") in (["incomplete"], ["not attempted"])


def test_the_player_fits_into_another_systems_frames(destination, visit, request, width):
    _, package = destination()
    with OtherLms(package) as lms:
        page, _ = visit(lms, width=width)
        frame = dispatched(page)
        Seat(page, within=frame).expect_playing().expect_saved()
        page.screenshot(path=Path(request.config.getoption("--screenshots")) / f"player-dispatched-{width}.png")
        assert (violations(frame), overflows(frame)) == ([], False)
        assert frame.locator("[data-player-title]").inner_text() == "Brannvern"
