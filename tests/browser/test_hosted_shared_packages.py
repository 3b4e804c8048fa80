"""Real packages, where there are some: each is refused for the right reason, or plays to its end in the real service."""

import re
from contextlib import suppress
from dataclasses import dataclass

import pytest
from playwright.sync_api import Error

from tests.support.hosted import Seat, refusal, upload
from tests.support.packages import SHARED

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason=f"there are no real packages at {SHARED}")

HREF_1_2 = "SCORM 1.2 CAM 2.3 <resource> href"
HREF_2004 = "SCORM 2004 CAM 3.4.1 <resource> href"
BAD = {
    "golf/AdlAttributes_SCORM20043rdEdition": ("starts index.html, which is not in the package", "imsmanifest.xml:36", HREF_2004),
    "golf/ComplexNestedOrganization_SCORM12": ("starts content/topic1_1_1_1.html", "imsmanifest.xml:79", HREF_1_2),
    "golf/ContentPackagingNoSchemaVersion_SCORM20042ndEdition": ("starts index.html", "imsmanifest.xml:20", HREF_2004),
    "golf/InvalidFileReferences_SCORM12": ("starts content/nonexistent.html", "imsmanifest.xml:26", HREF_1_2),
    "golf/InvalidMissingOrgIdentifier_SCORM20043rdEdition": (
        "an organization has no identifier",
        "imsmanifest.xml:12",
        "identifier",
    ),
    "golf/ItemWithNonExistentResourceId_SCORM12": (
        "non_existent_resource, which does not exist",
        "imsmanifest.xml:20",
        "identifierref",
    ),
    "golf/MalformedXml_SCORM12": ("not well-formed XML", "imsmanifest.xml:27", "XML 1.0 2.1"),
    "golf/MinimalValid_SCORM20043rdEdition": ("starts index.html", "imsmanifest.xml:19", HREF_2004),
    "golf/MissingLaunchUrl_SCORM12": ("has no href: there is nothing to launch", "imsmanifest.xml:30", HREF_1_2),
    "golf/MissingRequiredFields_SCORM12": ("starts content/index.html", "imsmanifest.xml:26", HREF_1_2),
    "moodle-fixtures/badscorm": ("imsmanifest.xml lies in the folder “badscorm”", "", "CAM 3.3"),
    "moodle-fixtures/invalid": ("there is no imsmanifest.xml, cmi5.xml or tincan.xml", "", "CAM 3.3"),
    "moodle-fixtures/singlescobasic_missingorg": ("there is no organization", "imsmanifest.xml:25", "<organizations>"),
    "moodle-fixtures/validaicc": ("AICC is not played", "", "AICC CMI001"),
    "moodle-fixtures/validscorm": ("not well-formed XML", "imsmanifest.xml:2", "XML 1.0 2.1"),
}
"""What is wrong, where, and by which rule. Those called valid whose only page is missing have nothing to be played."""


@dataclass(frozen=True)
class Expected:
    """What a package is, how many lines its outline has, what it comes to, and how many of its items and the course are told as
    completed and passed. ``silent`` items call nothing themselves: the test does it for them. Where ``ends``, items only begin
    and end, and the course's owner says that this completes them.
    """

    edition: str
    lines: int
    stage: str
    completed: int
    passed: int = 0
    score: float | None = None
    silent: bool = False
    ends: bool = False


GOOD = {
    "golf/ContentPackagingSingleSCO_SCORM12": Expected("SCORM 1.2", 1, "completed", 2, silent=True),
    "golf/ContentPackagingSingleSCO_SCORM20042ndEdition": Expected("SCORM 2004 2nd Edition", 1, "completed", 2, silent=True),
    "golf/ContentPackagingSingleSCO_SCORM20043rdEdition": Expected("SCORM 2004 3rd Edition", 1, "completed", 2, silent=True),
    "golf/ContentPackagingMetadata_SCORM20043rdEdition": Expected("SCORM 2004 3rd Edition", 1, "completed", 2, silent=True),
    "golf/ContentPackagingWithMetadata_SCORM12": Expected("SCORM 1.2", 1, "completed", 2, silent=True),
    "golf/LaunchUrlFromNestedItem_SCORM12": Expected("SCORM 1.2", 7, "completed", 3, silent=True),
    "golf/MultipleItemsWithIdentifierRef_SCORM12": Expected("SCORM 1.2", 3, "completed", 4, silent=True),
    "golf/PrerequisitesTest_SCORM12": Expected("SCORM 1.2", 4, "completed", 5, silent=True),
    "golf/ContentPackagingOneFilePerSCO_SCORM12": Expected("SCORM 1.2", 22, "completed", 19),
    "golf/ContentPackagingOneFilePerSCO_SCORM20043rdEdition": Expected("SCORM 2004 3rd Edition", 22, "completed", 19),
    "golf/RuntimeMinimumCalls_SCORM12": Expected("SCORM 1.2", 22, "completed", 19, ends=True),
    "golf/RuntimeMinimumCalls_SCORM20043rdEdition": Expected("SCORM 2004 3rd Edition", 22, "completed", 19, ends=True),
    "golf/RuntimeBasicCalls_SCORM12": Expected("SCORM 1.2", 1, "passed", 2, 2, 1.0),
    "golf/RuntimeBasicCalls_SCORM20043rdEdition": Expected("SCORM 2004 3rd Edition", 1, "passed", 2, 2, 1.0),
    "golf/RunTimeAdvancedCalls_SCORM20043rdEdition": Expected("SCORM 2004 3rd Edition", 1, "passed", 6, 2, 1.0),
    "golf/SequencingForcedSequential_SCORM20043rdEdition": Expected("SCORM 2004 3rd Edition", 5, "passed", 6, 6, 1.0),
    "golf/SequencingPostTestRollup_SCORM20043rdEdition": Expected("SCORM 2004 3rd Edition", 5, "passed", 6, 6, 1.0),
    "golf/SequencingPostTestRollup4thEd_SCORM20044thEdition": Expected("SCORM 2004 4th Edition", 5, "passed", 6, 2, 1.0),
    "golf/SequencingPreOrPostTestRollup_SCORM20043rdEdition": Expected("SCORM 2004 3rd Edition", 8, "passed", 6, 6, 1.0),
    "golf/SequencingRandomTest_SCORM20043rdEdition": Expected("SCORM 2004 3rd Edition", 10, "passed", 6, 6, 1.0),
    "golf/SequencingSimpleRemediation_SCORM20043rdEdition": Expected("SCORM 2004 3rd Edition", 9, "passed", 9, 9, 1.0),
    "moodle-fixtures/RuntimeBasicCalls_SCORM20043rdEdition": Expected("SCORM 2004 3rd Edition", 1, "passed", 2, 2, 1.0),
    "moodle-fixtures/RuntimeMinimumCalls_SCORM12": Expected("SCORM 1.2", 22, "completed", 19, ends=True),
    "moodle-fixtures/RuntimeMinimumCalls_SCORM12-mini": Expected("SCORM 1.2", 11, "completed", 10, ends=True),
    "moodle-fixtures/complexscorm": Expected("SCORM 1.2", 8, "completed", 9, silent=True),
    "moodle-fixtures/singlesco_scorm12": Expected("SCORM 1.2", 1, "completed", 2, silent=True),
    "moodle-fixtures/singlescobasic": Expected("SCORM 1.2", 1, "passed", 2, 2, 1.0),
}
CMI5 = {"cmi5/single_au_basic_responsive", "cmi5/pre_post_test_framed"}
CATEGORY = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
DONE = {
    "SCORM 1.2": [["Initialize"], ["SetValue", "cmi.core.lesson_status", "completed"], ["Terminate"]],
    "SCORM 2004": [["Initialize"], ["SetValue", "cmi.completion_status", "completed"], ["Terminate"]],
}
ANSWER = """() => {
  for (const right of document.querySelectorAll(".correctAnswer")) {
    const field = right.querySelector("input");
    if (field.type === "radio") field.checked = true;
    else field.value = /\\((\\d+)\\)/.exec(right.textContent)[1];
  }
  document.querySelector("input[value='Submit Answers']").click();
}"""
"""The golf courses mark the right answers in their pages."""


CDN = "https://ajax.googleapis.com/**"
JQUERY = "window.$ = () => ({ dialog() {}, val: () => '' });"
"""What the one course wants that loads its library from elsewhere."""


def content_of(name) -> bytes:
    path = SHARED / f"{name}.zip"
    if not path.is_file():
        pytest.skip(f"there is no {path}")
    return path.read_bytes()


def test_the_tables_name_every_package():
    found = {f"{path.parent.name}/{path.stem}" for path in SHARED.glob("*/*.zip")}
    assert found - BAD.keys() - GOOD.keys() - CMI5 == set()


@pytest.mark.parametrize("name", BAD)
def test_refuses_a_package_and_says_where_and_why(name, owner):
    told = refusal(owner, content_of(name), f"{name.rpartition('/')[2]}.zip")
    message, place, rule = BAD[name]
    assert message in told
    assert place in told
    assert rule in told


class Golfer(Seat):
    """Knows how the golf courses go: buttons for pages, and a test whose right answers are marked."""

    def play(self):
        """One item, to its end."""
        content = self.content
        self.until(lambda: "complete" in content.evaluate("document.readyState"), "the page of the item")
        if content.locator("#butNext").count():
            while content.locator("#butNext").is_enabled():
                content.locator("#butNext").click()
        if "assessmenttemplate" in content.evaluate("typeof pageArray === 'undefined' ? '' : pageArray[currentPage]"):
            self.answer()

    def answer(self):
        """The questions, once they are there."""

        def asking():
            return [each for each in self.page.frames if "assessmenttemplate" in each.url]

        self.until(asking, "the questions")
        asking()[0].locator("input[value='Submit Answers']").wait_for()
        asking()[0].evaluate(ANSWER)


@pytest.mark.parametrize("name", GOOD)
def test_plays_a_package_to_its_end(name, owner, signed_in, records):
    expected = GOOD[name]
    hosted = upload(owner, content_of(name), f"{name.rpartition('/')[2]}.zip")
    assert expected.edition in owner.locator("main .page-heading").inner_text()
    assert owner.locator(".outline__line").count() == expected.lines
    if expected.ends:
        owner.locator("select[name=finish_completes]").select_option("yes")
        owner.locator("form[action$='/policy'] button").click()
    page = signed_in("kari")
    page.route(CDN, lambda route: route.fulfill(content_type="text/javascript", body=JQUERY))
    kari = Golfer(page).begin(hosted).expect_playing()
    attempt = kari.attempt_id
    go_through(kari, DONE[expected.edition[:10].strip()] if expected.silent else [])
    found = records.attempt(attempt)
    told = records.told(attempt)
    assert (found.stage, len(told["completed"]), len(told["passed"])) == (expected.stage, expected.completed, expected.passed)
    assert (found.outcome.score and found.outcome.score.share()) == expected.score
    assert found.outcome.completion is True
    assert {"completed"} <= set(records.verbs(attempt, hosted))  # of the course


@pytest.fixture
def begun(owner, signed_in):
    """Uploads a cmi5 package and begins it as Kari; her seat, and the course's id."""

    def begin(name):
        hosted = upload(owner, content_of(name), f"{name.rpartition('/')[2]}.zip")
        assert "cmi5" in owner.locator("main .page-heading").inner_text()
        return Seat(signed_in("kari")).begin(hosted), hosted

    return begin


class Units:
    """The page with what can be opened of a cmi5 course, and the learner's way through a unit and back."""

    def __init__(self, kari):
        self.page, self.address = kari.page, kari.page.url
        self.on_their_way = set()
        self.page.on("request", self.begins)
        for end in ("requestfinished", "requestfailed"):
            self.page.on(end, self.ends)

    def begins(self, request):
        if "/xapi/" in request.url:
            self.on_their_way.add(request)

    def ends(self, request):
        self.on_their_way.discard(request)

    def titles(self):
        return self.page.locator("main li strong").all_inner_texts()

    def done(self):
        """For each unit, whether it is shown as done."""
        return [row.locator(".ds-tag[data-color=success]").count() == 1 for row in self.page.locator("main li:has(form)").all()]

    def take(self, place, drive):
        """Opens a unit, goes through it, and leaves by its own button, which leads back here."""
        self.page.locator(f"form[action$='/units/{place}'] button").click()
        self.page.wait_for_url("**/files/**")
        self.page.locator("#content > *, #bookmark-overlay.full-overlay-visible").first.wait_for()
        if self.page.locator("#bookmark-overlay.full-overlay-visible").count():
            self.page.locator(".restart-button").click()
        self.page.wait_for_load_state("networkidle")
        drive(self.page)
        self.be_still()  # nobody is so quick as to outrun statements that are on their way
        self.page.locator(".exit-button:enabled:visible").last.click()  # of the panel that covers the others, if there is one
        self.page.wait_for_url(self.address)

    def be_still(self):
        """Waits until what the unit tells has arrived."""
        for _ in range(60):
            self.page.wait_for_timeout(1000)
            if not self.on_their_way:
                return
        pytest.fail(f"never still: {[each.url for each in self.on_their_way]}")


def read_to_the_end(page):
    """Page after page, as long as there is one; a quiz is answered right."""
    for _ in range(30):
        if page.get_by_role("button", name="Submit Answers").is_visible():
            pass_quiz(page)
            return
        on = page.locator("#next:enabled, .footerbar").first
        if not on.is_visible():
            return
        on.click()


def pass_quiz(page):
    page.evaluate("course.autopass()")
    page.get_by_role("button", name="Submit Answers").click()
    page.locator("#score-passed").wait_for()


def fail_quiz(page):
    page.evaluate("course.autofail()")
    page.get_by_role("button", name="Submit Answers").click()
    page.locator("#score-failed").wait_for()


def test_plays_a_cmi5_course_of_one_unit(begun, records):
    kari, _hosted = begun("cmi5/single_au_basic_responsive")
    attempt, units = kari.attempt_id, Units(kari)
    assert (len(units.titles()), units.done()) == (1, [False])
    units.take(0, read_to_the_end)
    assert units.done() == [True]
    assert defined(records.statements(attempt)) == ["launched", "initialized", "passed", "satisfied", "completed", "terminated"]
    assert records.attempt(attempt).stage == "passed"


def defined(statements):
    """The verbs of statements that cmi5 defines; courses make others besides."""
    categories = [each["context"].get("contextActivities", {}).get("category", []) for each in statements]
    of_cmi5 = [{"id": CATEGORY} in [{"id": one["id"]} for one in some] for some in categories]
    return [each["verb"]["id"].rpartition("/")[2] for each, wanted in zip(statements, of_cmi5, strict=True) if wanted]


def test_plays_a_cmi5_course_of_blocks_with_tests_before_and_after(begun, records):
    kari, _hosted = begun("cmi5/pre_post_test_framed")
    attempt, units = kari.attempt_id, Units(kari)
    assert units.titles() == ["Pre-test", "Content", "Post-test"] * 2
    units.take(0, fail_quiz)
    assert (units.done(), records.attempt(attempt).stage) == ([False] * 6, "under_way")
    for place, drive in enumerate([pass_quiz, read_to_the_end, pass_quiz]):
        units.take(place, drive)
    assert units.done() == [True] * 3 + [False] * 3
    assert defined(records.statements(attempt)).count("satisfied") == 1  # the first block
    assert records.attempt(attempt).stage == "under_way"
    for place, drive in enumerate([pass_quiz, read_to_the_end, pass_quiz], 3):
        units.take(place, drive)
    assert units.done() == [True] * 6
    verbs = defined(records.statements(attempt))
    assert [verbs.count(verb) for verb in ("launched", "initialized", "terminated", "failed", "satisfied")] == [7, 7, 7, 1, 3]
    assert records.attempt(attempt).is_finished


def go_through(kari, calls):
    """All items in the order in which the player leads, then out."""
    steps = 0
    while True:
        if calls and "/files/" in kari.content.url:
            with suppress(Error):
                kari.calls(*calls)
        kari.play()
        steps += 1
        assert steps < 60, "the course has no end"
        if not kari.onwards():
            break
    if kari.state != "gone" and "left" not in kari.state:
        kari.leave()
    kari.root.wait_for_url(re.compile("/learn/[0-9a-f-]{36}$"))
