"""The whole way of a hosted course: uploaded, tried, mapped, taken on two devices, signed in the plan, and read by support."""

import os
import re

import pytest
from playwright.sync_api import expect

from tests.support.hosted import LEARN, Seat, choose, packed, upload
from tests.support.packages import manifest_xml, single_sco, storyline

TITLE = "Samtale med tolk"
ACTIVITY = "Kultursensitiv kommunikasjon og bruk av tolk"
SLOWLY = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 1_500_000}
FILM = 3_000_000
QUIET = {"start": [["Initialize"]], "leave": [["Terminate"]]}


@pytest.fixture
def slow(owner):
    """The owner, behind a line so slow that there is something to see of an upload."""
    session = owner.context.new_cdp_session(owner)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOWLY)
    return owner


def test_a_course_goes_from_the_package_to_the_signature(slow, signed_in, records):  # noqa: PLR0915  one story
    owner = slow
    owner.goto("/hosted")
    owner.locator("main a[href='/hosted/new']").click()

    choose(owner, {"imsmanifest.xml": manifest_xml("1.2", title=TITLE)})  # whose page is not in it
    problems = owner.locator("[data-upload-problems]")
    expect(problems).to_contain_text("starts index.html, which is not in the package")
    expect(problems).to_contain_text(re.compile(r"imsmanifest\.xml:\d"))
    expect(problems).to_contain_text("SCORM 1.2 CAM 2.3")

    package = storyline("2nd", title=TITLE) | {"story_content/film.mp4": os.urandom(FILM)}
    owner.locator("form[data-upload] input[type=file]").set_input_files(packed(package))
    owner.locator("form[data-upload] button").click(no_wait_after=True)
    bar = owner.locator("[data-upload-progress] progress")
    expect(bar).to_be_visible()
    owner.wait_for_function("(bar) => bar.hasAttribute('value') && 10 < bar.value && bar.value < 90", arg=bar.element_handle())
    expect(problems).to_be_hidden()
    owner.wait_for_url(re.compile("/hosted/[0-9a-f-]{36}$"))
    course = owner.url

    head = owner.locator("main .page-heading").inner_text()
    assert [word for word in (TITLE, "SCORM 2004 2nd Edition", "Articulate Storyline 360 3.57.26476.0") if word not in head] == []
    assert TITLE in owner.locator(".outline").inner_text()
    assert "success is unknown" in owner.locator("#notices + ul").inner_text()

    owner.locator("form[action$='/preview'] button").click()
    preview = Seat(owner)
    preview.expect_playing().sets(completion_status="completed", success_status="passed")
    tried = preview.attempt_id
    preview.leave()
    assert (records.attempt(tried).stage, records.attempt(tried).mode, records.statements(tried)) == ("not_started", "browse", [])

    owner.goto(course)
    owner.locator("select[name=activity_id]").select_option(label=ACTIVITY)
    owner.locator("form[action*='/map'] button, form:has(select[name=activity_id]) button").first.click()
    owner.goto(course)
    assert ACTIVITY in owner.locator("#does ~ p").first.inner_text()

    amir = signed_in("amir")
    open_from_the_plan(amir)
    seat = Seat(amir).start().expect_playing()
    attempt = seat.attempt_id
    seat.sets(location="side 4", suspend_data="fire av ni").leave()
    assert records.attempt(attempt).stage == "under_way"
    amir.context.close()

    phone = signed_in("amir", "phone", has_touch=True, is_mobile=True)
    open_from_the_plan(phone)
    seat = Seat(phone).start().expect_playing()
    assert seat.attempt_id == attempt
    assert seat.calls(["GetValue", "cmi.location"], ["GetValue", "cmi.entry"]) == ["side 4", "resume"]
    seat.sets(completion_status="completed", success_status="passed", score__scaled="0.85", exit="normal").expect_saved()
    seat.leave()

    phone.goto("/plan")
    activity = phone.get_by_role("link", name=ACTIVITY, exact=True).first.locator("xpath=ancestor::li[1]")
    assert "Signert" in activity.inner_text()
    activity.locator("a[href*='/attestations/']").click()
    phone.wait_for_url(re.compile("/attestations/"))
    signed = phone.locator("main").inner_text()
    assert [word for word in ("Signaturen holder", "Amir Haddad", course) if word not in signed] == []

    told = records.verbs(attempt)
    assert (told[0], told.count("resumed"), told.count("completed"), told[-1]) == ("initialized", 1, 2, "suspended")
    assert records.verbs(attempt, course.rpartition("/")[2]) == ["completed", "passed"]
    actors = {each["actor"]["account"]["homePage"] for each in records.statements(attempt)}
    assert actors == {records.server.url}

    owner.goto(f"{course}/attempts")
    owner.get_by_role("link", name="Amir Haddad").click()
    support = owner.locator("main").inner_text()
    assert attempt in support
    owner.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    calls = owner.locator("main").inner_text()
    wanted = ("Initialize", "cmi.suspend_data", "fire av ni", "cmi.score.scaled", "0.85", ACTIVITY)
    assert [word for word in wanted if word not in calls] == []


def open_from_the_plan(page):
    """From the plan to the record of the activity, and on to where its course is taken."""
    page.goto("/plan")
    page.get_by_role("link", name=ACTIVITY, exact=True).first.click()
    page.locator("main a[href*='/learn/']").first.click()
    page.wait_for_url(re.compile("/learn/[0-9a-f-]{36}$"))


def test_an_attempt_goes_on_in_its_version_while_a_new_one_begins_in_the_newest(owner, signed_in, records):
    hosted = upload(owner, single_sco("1.2", script=QUIET, title="Utgave en"))
    kari, amir = Seat(signed_in("kari")), Seat(signed_in("amir"))
    kari.begin(hosted).expect_playing().sets(core__lesson_location="3", core__exit="suspend").leave()

    owner.goto(f"/hosted/{hosted}")
    owner.locator("details:has(form[data-upload]) > summary").click()
    choose(owner, single_sco("4th", script=QUIET, title="Utgave to"), "to.zip")
    expect(owner.locator("main .page-heading")).to_contain_text("SCORM 2004", timeout=30_000)
    assert owner.locator("#versions ~ ol > li").count() == 2

    kari.start().expect_playing()
    assert kari.content.locator("h1").inner_text() == "Utgave en"
    assert kari.calls(["GetValue", "cmi.core.lesson_location"]) == ["3"]
    amir.begin(hosted).expect_playing()
    assert amir.content.locator("h1").inner_text() == "Utgave to"
    kari.sets(core__lesson_status="completed", core__exit="")
    first = kari.attempt_id
    kari.expect_saved().leave()
    assert (records.attempt(first).stage, LEARN.search(amir.page.url)[1] != first) == ("completed", True)
