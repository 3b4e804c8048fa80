"""Launches in a real browser, in the frame of a platform on another site: the platform on localhost, the service on 127.0.0.1."""

import re
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.chromium import overflows, violations
from tests.support.cookies import NO_THIRD_PARTY, NONE_IN_FRAMES, chromium_with
from tests.support.lti.own_platform import OwnPlatform
from tests.support.lti.tool import PASSWORD, Tool

IN_FRAME = re.compile(r"/lti/in/[\w-]+/")
SMITTEVERN = "Smittevern"


@pytest.fixture(scope="module")
def tool(tmp_path_factory, sqlite_demo_template):
    with Tool(tmp_path_factory.mktemp("frames"), sqlite_demo_template) as tool:
        yield tool


@pytest.fixture(scope="module")
def running(tool):
    with OwnPlatform() as platform:
        tool.register(platform)
        tool.link(platform, "student")
        yield platform


@pytest.fixture
def platform(running):
    yield running
    running.behave()


@pytest.fixture
def open_page(playwright):
    """Makes a page of a browser whose cookies are set so; no page may complain of what its own policy refuses."""
    complaints = []
    with ExitStack() as browsers:

        def make(profile):
            context = browsers.enter_context(chromium_with(playwright, profile))
            context.set_default_timeout(15_000)
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
            return page

        yield make
    assert complaints == []


def framed(page, text):
    """The tool's frame, once it shows this text."""
    frame = page.frame_locator("iframe[name=tool]")
    expect(frame.get_by_text(text).first).to_be_visible()
    return next(each for each in page.frames if each.name == "tool")


def picture(request, page, name) -> None:
    directory = Path(request.config.getoption("--screenshots"))
    directory.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=directory / f"{name}-desktop.png", full_page=True)


def test_a_resident_is_in_when_third_party_cookies_are_blocked(tool, platform, open_page, request):
    page = open_page(NO_THIRD_PARTY)
    page.goto(platform.course_url("student", frame=True))
    frame = framed(page, "Min plan")
    assert re.search(r"/lti/in/[\w-]{20,}/plan$", frame.url)
    picture(request, page, "lti-frame-plan")
    frame.get_by_role("link", name="Vakt i akuttmottak under supervisjon").first.click()
    framed(page, "Hva det gjelder" if frame.get_by_text("Hva det gjelder").count() else "Vakt i akuttmottak under supervisjon")
    frame.wait_for_url(IN_FRAME)
    assert violations(frame) == []


def test_what_is_done_in_the_frame_is_kept(tool, platform, open_page):
    page = open_page(NO_THIRD_PARTY)
    page.goto(platform.course_url("student", frame=True))
    frame = framed(page, "Min plan")
    frame.get_by_role("link", name="Lede previsitt").first.click()
    note = frame.locator("textarea[name=note]")
    note.fill("Ledet previsitten på sengeposten, med overlegen til stede.")
    frame.locator("form[action$='/done'] button").click()
    expect(page.frame_locator("iframe[name=tool]").get_by_text("Ledet previsitten").first).to_be_visible()
    assert IN_FRAME.search(frame.url)


def test_the_language_of_the_course_is_that_of_the_page_until_another_is_chosen(tool, platform, open_page):
    page = open_page(NO_THIRD_PARTY)
    page.goto(platform.course_url("student", frame=True))
    frame = framed(page, "Min plan")
    frame.get_by_role("button", name="English").click()
    framed(page, "My plan")
    assert frame.locator("html").get_attribute("lang") == "en"


def test_a_resident_is_in_by_the_platforms_storage_when_no_cookies_are_kept_in_frames(tool, platform, open_page):
    for storage in ("_parent", "keeper"):
        platform.storage = storage
        page = open_page(NONE_IN_FRAMES)
        page.goto(platform.course_url("student", frame=True))
        frame = framed(page, "Min plan")
        assert re.search(r"/lti/in/[\w-]+\.[\w-]+/plan$", frame.url)  # the secret is in the address
        frame.get_by_role("link", name="Lede previsitt").first.click()
        frame.wait_for_url(re.compile("/plan/records/"))


def test_a_window_of_its_own_is_offered_when_nothing_is_kept_in_frames(tool, platform, open_page, request):
    page = open_page(NONE_IN_FRAMES)
    page.goto(platform.course_url("student", frame=True))
    frame = framed(page, "Åpne det i et eget vindu")
    picture(request, page, "lti-frame-blocked")
    assert violations(frame) == []
    with page.context.expect_page() as opened:
        frame.get_by_role("button", name="Åpne i nytt vindu").click()
    window = opened.value
    window.wait_for_url(IN_FRAME)
    expect(window.get_by_role("heading", name="Min plan")).to_be_visible()


def test_a_window_of_its_own_is_offered_when_the_platforms_storage_does_not_answer(tool, platform, open_page):
    platform.storage, platform.storage_is_silent = "_parent", True
    page = open_page(NONE_IN_FRAMES)
    page.goto(platform.course_url("student", frame=True))
    frame = framed(page, "Åpne det i et eget vindu")
    assert frame.get_by_role("button", name="Åpne i nytt vindu").count() == 1


def test_the_frame_is_made_as_high_as_the_page(tool, platform, open_page):
    platform.storage = "_parent"
    page = open_page(NO_THIRD_PARTY)
    page.goto(platform.course_url("student", frame=True))
    framed(page, "Min plan")
    height = "document.querySelector('iframe[name=tool]').getBoundingClientRect().height"
    page.wait_for_function(f"{height} > 800")
    assert page.evaluate(height) > 800


def test_a_user_tells_once_who_they_are(tool, platform, open_page, request):
    page = open_page(NO_THIRD_PARTY)
    page.goto(platform.course_url("second", frame=True))
    frame = framed(page, "Fortell oss én gang hvem du er")
    picture(request, page, "lti-frame-who")
    assert violations(frame) == []
    with page.context.expect_page() as opened:
        frame.get_by_role("button", name="Logg inn og bekreft").click()
    window = opened.value
    window.get_by_label("Brukernavn").fill("amir")
    window.get_by_label("Passord").fill(PASSWORD)
    window.locator("main form button[type=submit]").first.click()
    window.wait_for_url("**/lti/claim")
    assert violations(window) == []
    window.get_by_role("button", name="Ja, det er meg").click()
    expect(window.get_by_role("heading", name="Vi vet nå hvem du er")).to_be_visible()
    framed(page, "Min plan")  # by itself
    page.goto(platform.course_url("second", frame=True))
    framed(page, "Min plan")


def test_a_stranger_can_not_make_somebody_elses_browser_confirm(tool, platform, open_page):
    """The ticket of the stranger's own frame, sent from the stranger's own page, begins nothing."""
    page = open_page(NO_THIRD_PARTY)
    platform.users["stranger"] = platform.users["second"].__class__("666", "Kari Nordmann", "kari@example.no", ["Learner"])
    page.goto(platform.course_url("stranger", frame=True))
    ticket = framed(page, "Fortell oss én gang hvem du er").locator("input[name=ticket]").get_attribute("value")
    del platform.users["stranger"]
    page.goto(f"{platform.url}/storage")
    page.evaluate(
        """([url, ticket]) => { const form = document.createElement("form"); form.method = "post"; form.action = url;
        form.innerHTML = `<input name=ticket value="${ticket}">`; document.body.append(form); form.submit(); }""",
        [f"{tool.url}/lti/claim/begin", ticket],
    )
    page.wait_for_url(f"{tool.url}/lti/claim/begin")
    page.goto(f"{tool.url}/login?next=/lti/claim")
    page.get_by_label("Brukernavn").fill("kari")
    page.get_by_label("Passord").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/lti/claim")
    assert page.get_by_role("button", name="Ja, det er meg").count() == 0


def test_a_teacher_places_several_and_sees_the_roster(tool, platform, open_page, request):
    page = open_page(NO_THIRD_PARTY)
    page.goto(platform.deep_linking_url(frame=True))
    frame = framed(page, "Hva vil du legge i kurset?")
    picture(request, page, "lti-frame-place")
    assert violations(frame) == []
    frame.get_by_label(re.compile(f"^{SMITTEVERN}")).check()
    frame.get_by_label(re.compile("^Brannvern")).check()
    before = len(platform.content_items)
    frame.get_by_role("button", name="Legg i kurset").click()
    page.wait_for_timeout(1500)
    items = platform.content_items[before:]
    assert [item["title"] for item in items] == ["Brannvern", SMITTEVERN]
    assert all(item["lineItem"]["scoreMaximum"] == 100 for item in items)
    link = next(name for name, placed in platform.links.items() if placed["title"] == SMITTEVERN)
    page.goto(platform.course_url("teacher", link, frame=True))
    frame = framed(page, "Kari Nordmann")
    picture(request, page, "lti-frame-roster")
    assert violations(frame) == []
    assert frame.locator("tbody tr").count() == 2


def test_nobody_else_may_show_a_launch_in_a_frame(tool, platform, open_page):
    page = open_page({})
    page.goto(platform.course_url("student"))
    page.wait_for_url(IN_FRAME)
    address = page.url
    other = page.context.new_page()
    other.goto(f"{tool.url}/login")  # any page of another origin than the platform's
    other.set_content(f'<iframe name="tool" src="{address}"></iframe>')
    other.wait_for_timeout(800)
    assert all("Min plan" not in each.content() for each in other.frames if each != other.main_frame)


@pytest.mark.parametrize("width", [390])
def test_pages_fit_a_phone(tool, platform, open_page, width, request):
    page = open_page(NO_THIRD_PARTY)
    page.set_viewport_size({"width": width, "height": 844})
    for user, name in (("student", "plan"), ("teacher", "roster")):
        page.goto(platform.course_url(user))
        page.wait_for_url(IN_FRAME)
        page.screenshot(path=Path(request.config.getoption("--screenshots")) / f"lti-{name}-phone.png", full_page=True)
        assert violations(page) == []
        assert not overflows(page)
