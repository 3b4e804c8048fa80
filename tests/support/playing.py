"""A learner at the player in a real browser: opens an attempt, does things in the content, leaves in every way there is."""

import os
import signal
import time
from contextlib import suppress

from playwright.sync_api import Error, expect

SHELL = "[data-player]"
PATIENCE_MS = 10_000


def until(truth, what="it", seconds=8.0, sleep=time.sleep):
    """Waits for something outside the browser, or with a ``sleep`` of the browser's own, in it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if truth():
            return
        sleep(0.02)
    raise AssertionError(f"{what} did not come about in {seconds} s")


class Sitting:
    """One window with the attempt in it; ``root`` is the frame of the application's page, where that is not the window itself."""

    def __init__(self, context, host, attempt, *, dialogs=True):
        self.host, self.attempt = host, attempt
        self.page = self.root = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.left = None
        self.complaints = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console", lambda line: self.complaints.append(line.text) if "Content Security Policy" in line.text else None
        )
        self.page.on("dialog", lambda dialog: dialog.accept() if dialogs else dialog.dismiss())

    def open(self):
        self.page.goto(self.host.page(self.attempt))
        return self

    @property
    def shell(self):
        return self.root.locator(SHELL)

    def expect_state(self, state):
        expect(self.shell).to_have_attribute("data-state", state, timeout=PATIENCE_MS)
        return self

    def expect_saved(self):
        expect(self.shell).to_have_attribute("data-status", "saved", timeout=PATIENCE_MS)
        return self

    @property
    def frame(self):
        """The play page."""
        return next(each for each in self.page.frames if "/play/" in each.url)

    @property
    def content(self):
        """The content's outermost page, once it is there; not that of an item that is being left."""
        self.until(lambda: self._content() not in {None, self.left}, "content")
        found = self._content()
        found.wait_for_load_state()
        return found

    def _content(self):
        frames = [each for each in self.page.frames if "/files/" in each.url and "/play/" in each.parent_frame.url]
        return frames[-1] if frames else None

    def leave_item(self):
        """From now on, content is what comes next."""
        self.left = self._content()

    def until(self, truth, what="it"):
        until(truth, what, sleep=lambda seconds: self.page.wait_for_timeout(1000 * seconds))

    def begun(self):
        """The content, once it has initialised."""
        content = self.content
        content.wait_for_function("window.began !== undefined")
        return content

    def came(self):
        """The title of the item that is there, once it has begun."""
        self.begun()
        return self.root.locator("[data-player-title]").inner_text()

    def set(self, **values):
        """Sets values; ``__`` stands for the dot."""
        content = self.content
        for name, value in values.items():
            key = "cmi." + name.replace("__", ".")
            assert content.evaluate("([key, value]) => set(key, value)", [key, value]) == "true"

    def get(self, key):
        return self.content.evaluate("key => get(key)", key)

    def ask(self, request):
        self.leave_item()
        self.root.locator(f"button[data-player-request={request}]").click()

    def row(self, item):
        return self.root.locator(f"[data-player-item={item}] button")

    def choose(self, item):
        if not self.row(item).is_visible():
            self.root.locator("[data-player-contents-button]").click()
        self.leave_item()
        self.row(item).click()

    def expect_item(self, title):
        expect(self.root.locator("[data-player-title]")).to_have_text(title, timeout=PATIENCE_MS)

    def hide(self):
        """As a phone does when another app is opened."""
        self.frame.evaluate(
            "() => { Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true});"
            " document.dispatchEvent(new Event('visibilitychange')); }"
        )

    def kill(self):
        """``kill -9`` of every renderer of the browser."""
        session = self.page.context.browser.new_browser_cdp_session()
        for each in session.send("SystemInfo.getProcessInfo")["processInfo"]:
            if each["type"] == "renderer":
                with suppress(ProcessLookupError):
                    os.kill(each["id"], signal.SIGKILL)
        with suppress(Error):
            self.page.close()

    def close(self):
        with suppress(Error):
            self.page.close(run_before_unload=True)
        with suppress(Error):
            self.page.wait_for_event("close", timeout=PATIENCE_MS)
