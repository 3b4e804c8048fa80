"""The golf courses of the shared packages, as a learner plays them: reads an item to its end, takes a quiz, sees what is open."""

from pathlib import Path

import pytest

from tests.support.playing import Sitting

PACKAGES = Path(__file__).resolve().parents[3] / "shared" / "packages"


def package(name: str) -> Path:
    """A shared package; the test is skipped where they are not."""
    path = PACKAGES / name
    if not path.exists():
        pytest.skip(f"no shared packages at {PACKAGES}")
    return path


JQUERY = "window.$ = () => ({dialog() {}, val: text => text}); window.jQuery = $;"
"""What a course of the 4th edition takes from another host; nothing does, in tests."""


class Golfer(Sitting):
    def open(self):
        self.page.route("**/*jquery*.js", lambda route: route.fulfill(body=JQUERY, content_type="text/javascript"))
        return super().open()

    def read(self, pages=None):
        """Pages through the item, to its end if no number of pages is given."""
        content = self.ready()
        while content.evaluate("!document.getElementById('butNext').disabled") and pages != 0:
            content.evaluate("doNext()")
            pages = None if pages is None else pages - 1
        return self

    def ready(self):
        content = self.content
        content.wait_for_function("typeof currentPage !== 'undefined' && currentPage !== null")
        return content

    def score(self, percent):
        """Sends the quiz in with this score."""
        self.ready().evaluate("percent => RecordTest(percent)", percent)
        return self

    def on(self, title):
        """Goes on; the item of that title comes. An item that was begun before asks where to begin; no click counts till then."""
        self.ready()
        self.ask("continue")
        self.expect_item(title)
        self.ready()
        return self

    def open_items(self):
        """The items that can be chosen now."""
        self.page.wait_for_timeout(450)  # what is open is looked at a moment after content has set something
        rows = self.page.locator("[data-player-item]").evaluate_all(
            "rows => rows.filter(row => !row.querySelector('button').disabled).map(row => row.dataset.playerItem)"
        )
        return set(rows)

    def shown_items(self):
        self.page.wait_for_timeout(450)
        return self.page.locator("[data-player-item]").evaluate_all("rows => rows.map(row => row.dataset.playerItem)")

    def can(self, request):
        self.page.wait_for_timeout(450)
        button = self.page.locator(f"button[data-player-request={request}]")
        return button.is_visible() and button.is_enabled()

    def result(self):
        """Completion, success and score of the course as the page shows them."""
        self.page.wait_for_timeout(450)
        shown = self.shell.evaluate("page => ({...page.dataset})")
        return shown["completion"], shown["success"], float(shown["score"]) if shown["score"] else None

    def again(self):
        """Closes the window and opens the attempt in a new one."""
        self.page.close()
        return type(self)(self.page.context, self.host, self.attempt).open()
