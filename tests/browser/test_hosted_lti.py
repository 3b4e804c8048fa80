"""A hosted course, placed by a learning platform and taken in its frame, on another site and without third-party cookies."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.chromium import violations
from tests.support.cookies import NO_THIRD_PARTY, chromium_with
from tests.support.hosted import Seat, upload
from tests.support.lti.own_platform import OwnPlatform
from tests.support.lti.tool import PASSWORD, Tool
from tests.support.packages import several_scos, single_sco

TITLE = "Legemidler til eldre"
SCRIPT = {"start": [["Initialize"]], "leave": [["Terminate"]]}


@pytest.fixture(scope="module")
def tool(tmp_path_factory, sqlite_demo_template):
    with Tool(tmp_path_factory.mktemp("placed"), sqlite_demo_template) as tool:
        yield tool


@pytest.fixture(scope="module")
def platform(tool):
    with OwnPlatform() as platform:
        tool.register(platform)
        tool.link(platform, "student", "teacher")
        yield platform


@pytest.fixture
def page(playwright):
    complaints = []
    with chromium_with(playwright, NO_THIRD_PARTY) as context:
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
        yield page
    assert complaints == []


@pytest.fixture
def hosted(chromium, tool):
    """Hosts a package, in a browser of the owner's own; its id."""
    contexts = []

    def make(package):
        context = chromium.new_context(base_url=tool.url, locale="nb-NO")
        contexts.append(context)
        eva = context.new_page()
        eva.goto("/login")
        eva.get_by_label("Brukernavn").fill("eva")
        eva.get_by_label("Passord").fill(PASSWORD)
        eva.locator("main form button[type=submit]").first.click()
        eva.wait_for_url(lambda url: "/login" not in url)
        return upload(eva, package)

    yield make
    for context in contexts:
        context.close()


def framed(page):
    """The frame of the tool in the platform's page."""
    expect(page.frame_locator("iframe[name=tool]").locator("main")).to_be_visible()
    return next(each for each in page.frames if each.name == "tool")


def place(page, platform, title):
    """A teacher puts the course into theirs; the link."""
    before = len(platform.content_items)
    page.goto(platform.deep_linking_url(frame=True))
    frame = framed(page)
    frame.get_by_label(re.compile(f"^{title}")).check()
    frame.get_by_role("button", name="Legg i kurset").click()
    for _ in range(100):
        if len(platform.content_items) > before:
            return platform.content_items[-1]["link"]
        page.wait_for_timeout(100)
    raise AssertionError("nothing was placed")


def test_a_course_is_placed_taken_in_the_frame_and_graded(tool, platform, page, hosted):
    hosted(single_sco("1.2", script=SCRIPT, title=TITLE))
    link = place(page, platform, TITLE)
    assert platform.content_items[-1]["lineItem"]["scoreMaximum"] == 100

    page.goto(platform.course_url("student", link, frame=True))
    frame = framed(page)
    expect(frame.get_by_role("heading", name=TITLE)).to_be_visible()
    assert re.search(r"/lti/in/[\w-]+/learn/", frame.url)
    seat = Seat(page, within=frame).start().expect_playing()
    assert violations(frame) == []
    seat.sets(core__lesson_location="4", core__exit="suspend").expect_saved().leave()
    assert "/lti/in/" in frame.url
    subject = platform.subjects["student"]

    page.goto(platform.course_url("student", link, frame=True))
    frame = framed(page)
    seat = Seat(page, within=frame).start().expect_playing()
    assert seat.calls(["GetValue", "cmi.core.lesson_location"]) == ["4"]
    seat.sets(core__score__raw="90", core__score__max="100", core__lesson_status="passed", core__exit="").expect_saved().leave()

    def graded():
        return [score for score in platform.scores(subject) if score["gradingProgress"] == "FullyGraded"]

    last = tool.wait_for(graded)[-1]
    assert (last["scoreGiven"], last["scoreMaximum"], last["activityProgress"]) == (90, 100, "Completed")


def test_the_contents_are_there_in_the_frame_too(tool, platform, page, hosted, request):
    title = "Triage i mottak"
    hosted(several_scos("1.2", title=title, scripts=[SCRIPT] * 3))
    link = place(page, platform, title)
    page.goto(platform.course_url("student", link, frame=True))
    seat = Seat(page, within=framed(page)).start().expect_playing()
    seat.choose("i3")
    seat.expect_item("Side 3")
    assert [seat.row(f"i{number}").get_attribute("aria-current") for number in (1, 2, 3)] == [None, None, "step"]
