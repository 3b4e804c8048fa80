"""Every page of the demo, desktop and phone: no accessibility violation, nothing too wide, and a picture to look at."""

import re

import pytest

PUBLIC = {
    "home": "/",
    "login": "/login",
    "help": "/help",
    "accessibility": "/accessibility",
    "not-found": "/nowhere",
    "logged-out": "/logged-out",
}
BY_ROLE = {
    "kari": {"plan": "/plan", "plan-filtered": "/plan?mode=10", "help-resident": "/help", "forbidden": "/work-list"},
    "sigrid": {"signing": "/signing", "residents": "/residents"},
    "admin": {"work-list": "/work-list", "courses": "/courses", "unknown-logins": "/unknown-logins"},
}


@pytest.mark.parametrize("name", PUBLIC)
def test_shows_a_public_page_that_anyone_can_use(name, new_page, inspect, width):
    page = new_page(width)
    page.goto(PUBLIC[name])
    inspect(page, name)
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize(("username", "name"), [(who, name) for who, pages in BY_ROLE.items() for name in pages])
def test_shows_a_page_that_everyone_in_the_role_can_use(username, name, signed_in, inspect, width):
    page = signed_in(username, width)
    page.goto(BY_ROLE[username][name])
    inspect(page, name)
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize(
    ("username", "start", "link", "name"),
    [
        ("kari", "/plan", "/plan/records/", "record-resident"),
        ("kari", "/plan", "/attestations/", "attestation"),
        ("sigrid", "/signing", "/signing/records/", "record-to-sign"),
        ("sigrid", "/residents", "/plan/", "plan-of-a-resident"),
        ("admin", "/courses", "/courses/", "course"),
        ("admin", "/work-list?list=mapping", "/work-list/mapping/", "course-without-activity"),
        ("admin", "/work-list?list=course", "/work-list/course/", "course-nobody-knows"),
    ],
)
def test_shows_a_page_that_is_one_click_away(username, start, link, name, signed_in, inspect, width):
    page = signed_in(username, width)
    page.goto(start)
    page.goto(page.locator(f"main a[href*='{link}']").first.get_attribute("href"))
    inspect(page, name)
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize(("locale", "language"), [("nb-NO", "nb"), ("nn-NO", "nn"), ("en-GB", "en"), ("de-DE", "nb")])
def test_speaks_the_browsers_language_when_it_is_one_of_ours(locale, language, new_page):
    page = new_page(locale=locale)
    page.goto("/login")
    assert page.locator("html").get_attribute("lang") == language


def test_changes_language_on_the_page_where_the_reader_is(signed_in):
    page = signed_in("kari")
    page.goto("/plan?mode=20")
    page.locator("button[name=language][value=en]").click()
    assert page.url.endswith("/plan?mode=20")
    assert page.locator("h1").inner_text() == "My plan"
    page.locator("button[name=language][value=nb]").click()  # the choice follows the person
    assert page.locator("h1").inner_text() == "Min plan"


def test_reaches_the_content_by_keyboard_alone(signed_in):
    page = signed_in("kari")
    page.goto("/plan")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_draws_the_70_20_10_picture_with_the_same_numbers_as_its_table(signed_in):
    page = signed_in("kari")
    page.goto("/plan")
    chart = page.locator("main svg[role=img]").first
    assert chart.bounding_box()["width"] > 200
    title = chart.locator("title").text_content() + chart.locator("desc").text_content()
    table = page.locator("main table").first.inner_text()
    shares = re.findall(r"\d+(?= ?\xa0?%)", title)
    assert len(shares) >= 6
    assert [share for share in shares if share not in re.findall(r"\d+", table)] == []
