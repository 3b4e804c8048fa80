"""The demo, served as users run it, and a real browser in front of it."""

from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.support.chromium import FLAGS, WIDTHS, executable, overflows, violations
from tests.support.hosted import Records
from tests.support.live import LiveServer


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def demo(tmp_path_factory, sqlite_template):
    """A live server with the demo content; ``demo.account`` holds the printed key and secret."""
    directory = tmp_path_factory.mktemp("demo")
    server = LiveServer(f"sqlite:///{directory}/lrs_bridge.sqlite3", directory)
    server.printed = server.run("demo", "load").stdout
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def playwright():
    """One for all: it can't be started twice in a process."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def chromium(playwright):
    browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def browsers(playwright):
    """Gives a browser that is connected: the one there is, or another if that has died."""
    launched = []

    def connected():
        if not (launched and launched[-1].is_connected()):
            launched.append(playwright.chromium.launch(executable_path=executable(), args=FLAGS))
        return launched[-1]

    yield connected
    for each in launched:
        each.close()


@pytest.fixture
def browser(browsers):
    """Of the tests of the player: one that dies takes one test along, not all that come after it."""
    return browsers()


@pytest.fixture(params=WIDTHS)
def width(request):
    return request.param


@pytest.fixture
def new_page(browsers, demo):
    """Makes a page of a width with its own cookies, and fails the test on any script error or refused resource."""
    contexts = []
    complaints = []

    def make(width="desktop", locale="nb-NO", **options):
        w, h = WIDTHS[width]
        context = browsers().new_context(base_url=demo.url, viewport={"width": w, "height": h}, locale=locale, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def signed_in(new_page):
    """A page on which somebody of the demo has logged in."""

    def make(username, width="desktop", **options):
        page = new_page(width, **options)
        page.goto("/login")
        page.get_by_label("Brukernavn").fill(username)
        page.get_by_label("Passord").fill("lrs-demo-2026")
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    return make


@pytest.fixture
def inspect(request, width):
    """Checks a page as a whole and keeps a picture of it: no accessibility violation, nothing wider than the window."""
    directory = Path(request.config.getoption("--screenshots"))
    directory.mkdir(parents=True, exist_ok=True)

    def check(page, name):
        page.screenshot(path=directory / f"{name}-{width}.png", full_page=True)
        assert violations(page) == []
        assert not overflows(page)

    return check


@pytest.fixture(scope="session")
def records(demo):
    """What the service has of attempts."""
    return Records(demo)


@pytest.fixture
def owner(signed_in):
    """The page of somebody who hosts courses."""
    return signed_in("eva")
