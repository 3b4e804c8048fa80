"""Every page of hosted courses, on a desk and on a phone: what owners, learners and support see, and what it weighs."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.hosted import Seat, refusal, upload
from tests.support.packages import several_scos, storyline_cmi5

LARGEST_FIRST_PAINT = 200 * 1024


@pytest.fixture(scope="module")
def course(demo):
    """A course with several items, which is uploaded once; its id comes with the first upload."""
    return {}


def hosted(course, page, kind):
    if kind not in course:
        course[kind] = upload(page, storyline_cmi5() if kind == "cmi5" else several_scos("4th", count=3, title="Tre sider"))
    return course[kind]


def test_owner_pages(signed_in, inspect, width, course):
    page = signed_in("eva", width)
    page.goto("/hosted")
    inspect(page, "hosted")
    assert "imsmanifest.xml" in refusal(page, {"course/imsmanifest.xml": "<manifest/>"})
    inspect(page, "hosted-refused")
    hosted_id = hosted(course, page, "scorm")
    page.goto(f"/hosted/{hosted_id}")
    expect(page.locator(".outline li")).to_have_count(3)
    inspect(page, "hosted-course")
    page.goto(f"/hosted/{hosted_id}/destinations")
    page.locator("[name=name]").fill("Annen læringsplattform")
    page.locator("form[action$=destinations] button").click()
    expect(page.locator("tbody tr").first).to_contain_text("SCORM 1.2")
    inspect(page, "hosted-destinations")


def test_learner_and_support_pages(signed_in, inspect, width, course):
    owner, learner = signed_in("eva", width), signed_in("kari", width)
    hosted_id = hosted(course, owner, "scorm")
    learner.goto(f"/learn/{hosted_id}")
    inspect(learner, "hosted-learn")
    seat = Seat(learner).start().expect_playing()
    contents = learner.locator("[data-player-contents-button]")
    if contents.get_attribute("aria-expanded") == "false":
        contents.click()
    expect(learner.locator("[data-player-item]")).to_have_count(3)
    inspect(learner, "hosted-player-contents")
    contents.click()
    seat.leave()
    inspect(learner, "hosted-learn-begun")
    owner.goto(f"/hosted/{hosted_id}/attempts")
    inspect(owner, "hosted-attempts")
    owner.locator("tbody a").first.click()
    owner.wait_for_url(re.compile("/attempts/"))
    expect(owner.locator("details").first).to_be_visible()
    inspect(owner, "hosted-support")


def test_page_of_units(signed_in, inspect, width, course):
    hosted_id = hosted(course, signed_in("eva", width), "cmi5")
    page = signed_in("kari", width)
    page.goto(f"/learn/{hosted_id}")
    page.locator("form[action$='/start'] button").first.click()
    page.wait_for_url(re.compile("/learn/attempts/"))
    expect(page.locator("form[action*='/units/']")).to_have_count(1)
    inspect(page, "hosted-units")


def test_player_paints_before_200_kib_have_come(signed_in, course):
    hosted_id = hosted(course, signed_in("eva"), "scorm")
    page = signed_in("kari")
    page.goto(f"/learn/{hosted_id}")
    came, devtools = [], page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.on("Network.loadingFinished", lambda told: came.append(told["encodedDataLength"]))
    Seat(page).start()
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
    painted = sum(came)
    assert 0 < painted < LARGEST_FIRST_PAINT
