"""Hosted courses in a real browser, at a live server: an owner who uploads, learners who play, and what became of it."""

import json
import re
from collections import defaultdict
from contextlib import suppress
from uuid import UUID

import requests
from playwright.sync_api import Error, TimeoutError, expect  # noqa: A004  Playwright's own

from lrs_bridge.db import open_engine, read
from tests.support.packages import zipped
from tests.support.playing import PATIENCE_MS, Sitting

TENANT = "demo"
LEARN = re.compile(r"/learn/attempts/([0-9a-f-]{36})")
HOSTED = re.compile(r"/hosted/([0-9a-f-]{36})$")
API = """(calls) => {
  let found = null;
  for (let here = window, tries = 0; tries < 30 && !found; tries += 1, here = here.parent) {
    found = here.API_1484_11 || here.API || null;
    if (here === here.parent) break;
  }
  const is12 = Boolean(found.LMSInitialize);
  const named = (name) => is12 ? "LMS" + (name === "Terminate" ? "Finish" : name) : name;
  return calls.map(([name, ...given]) => String(found[named(name)](...(given.length ? given : [""]))));
}"""
"""Calls the run-time from inside the content, wherever that is; the names are SCORM 2004's."""


def packed(content) -> dict:
    """A package as a file to choose: of its files, or of the bytes of any file."""
    content = zipped(content) if isinstance(content, dict) else content
    return {"name": "kurs.zip", "mimeType": "application/zip", "buffer": content}


def choose(page, content, name="kurs.zip") -> None:
    """Chooses a package in the form of the page, and sends it."""
    page.locator("form[data-upload] input[type=file]").set_input_files(packed(content) | {"name": name})
    page.locator("form[data-upload] button").click()


def upload(page, content, name="kurs.zip") -> str:
    """Makes a course of a package, in the page; gives its id."""
    page.goto("/hosted/new")
    choose(page, content, name)
    page.wait_for_url(HOSTED, timeout=60_000)
    return HOSTED.search(page.url)[1]


def refusal(page, content, name="kurs.zip") -> str:
    """What the page says of a package that it refuses."""
    page.goto("/hosted/new")
    choose(page, content, name)
    told = page.locator("[data-upload-refusal]")
    expect(told).to_be_visible(timeout=30_000)
    assert page.url.endswith("/hosted/new")
    return told.locator("[data-upload-problems]").inner_text()


class Seat(Sitting):
    """A learner in front of the player, or of a course that plays itself; ``within`` is the frame that shows the service."""

    def __init__(self, page, *, within=None):
        self.page, self.root, self.left = page, within or page, None
        page.on("dialog", self._answer)

    @staticmethod
    def _answer(dialog):
        with suppress(Error):  # the page may be gone by now
            dialog.accept()

    def begin(self, hosted_id):
        """Begins the course, or goes on with it, from its own page."""
        self.page.goto(f"/learn/{hosted_id}")
        return self.start()

    def start(self):
        self.root.locator("form[action$='/start'] button").first.click()
        self.root.wait_for_url(LEARN)
        return self

    @property
    def attempt_id(self) -> str:
        return LEARN.search(self.root.url)[1]

    def expect_playing(self):
        """Something of the course is shown, and the page around it knows."""
        self.expect_state("playing")
        assert self.content
        return self

    def calls(self, *calls) -> list[str]:
        """Makes the content call the run-time; what that answered."""
        return self.content.evaluate(API, [list(call) for call in calls])

    def sets(self, **values):
        """Makes the content set values; ``__`` stands for the dot."""
        wanted = [["SetValue", "cmi." + name.replace("__", "."), value] for name, value in values.items()]
        assert self.calls(*wanted) == ["true"] * len(wanted)
        return self

    def leave(self):
        """By the button of the page; all is saved then."""
        self.ask("exit")
        self.root.wait_for_url(re.compile("/learn/[0-9a-f-]{36}$"), timeout=PATIENCE_MS)

    def onwards(self) -> bool:
        """To the next item, if the way is open, which takes a moment to show."""
        before, button = self.content, self.root.locator("button[data-player-request=continue]:enabled")
        try:
            button.click(timeout=6_000)
        except TimeoutError:
            return False
        self.until(before.is_detached, "the item before goes")
        self.until(lambda: self.is_shown or self.state not in {"playing", "ready"}, "the next item")
        return self.is_shown and self.state == "playing"

    @property
    def is_shown(self) -> bool:
        """Whether there is an item of the course in the frame."""
        return any("/files/" in each.url for each in self.page.frames)

    @property
    def state(self) -> str:
        """What the page says of itself; ``gone`` once it has led elsewhere."""
        try:
            return self.root.evaluate("document.querySelector('[data-player]')?.dataset.state ?? 'gone'")
        except Error:  # it leads elsewhere at this moment
            return "gone"


class Records:
    """What the service has of attempts, asked beside the browser."""

    def __init__(self, server):
        self.server = server
        made = server.run("credentials", "create", "Prøver", "--tenant", TENANT, "--scope", "all/read", "--json").stdout
        credential = json.loads(made)
        self.session = requests.Session()
        self.session.auth = (credential["key"], credential["secret"])
        self.session.headers["X-Experience-API-Version"] = "1.0.3"

    def statements(self, registration) -> list[dict]:
        """The statements with a registration, in the order in which they were stored."""
        path, found = f"/xapi/statements?registration={registration}&ascending=true", []
        while path:
            answer = self.session.get(self.server.url + path, timeout=30)
            assert answer.ok, answer.text
            found += answer.json()["statements"]
            path = answer.json().get("more")
        return found

    def verbs(self, registration, about="") -> list[str]:
        """The last words of the verbs, of statements whose object's id ends with ``about``."""
        said = self.statements(registration)
        return [each["verb"]["id"].rpartition("/")[2] for each in said if each["object"]["id"].endswith(about)]

    def told(self, registration) -> dict[str, set[str]]:
        """What statements are about, by the last words of their verbs: a course may be completed, and then again by passing."""
        found = defaultdict(set)
        for each in self.statements(registration):
            found[each["verb"]["id"].rpartition("/")[2]].add(each["object"]["id"])
        return found

    def attempt(self, attempt_id):
        from lrs_bridge.hosting.attempts import service  # noqa: PLC0415  unit tests must not load the service

        engine = open_engine(self.server.database_url)
        try:
            return read(engine, lambda session: service.get_attempt(session, TENANT, UUID(str(attempt_id))))
        finally:
            engine.dispose()
