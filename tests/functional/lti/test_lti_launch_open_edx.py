"""Open edX's own LTI consumer and ours: launch, deep linking, scores, results and roster, all of it over real HTTP."""

import json

import pytest

from tests.support.lti.foreign_platform import OpenEdx
from tests.support.lti.journeys import DONE, bring_results, framed_by, heading, link_oneself, placed, seen
from tests.support.lti.tool import Tool
from tests.support.lti.walking import Walker


@pytest.fixture(scope="module")
def tool(tmp_path_factory, sqlite_demo_template):
    with Tool(tmp_path_factory.mktemp("open-edx"), sqlite_demo_template) as tool:
        yield tool


@pytest.fixture(scope="module")
def edx(tool):
    with OpenEdx() as platform:
        tool.register(platform)
        yield platform
        assert platform.complaints() == ""


@pytest.fixture
def linked(tool, edx):
    """Kari and the teacher are known."""
    tool.link(edx, "student", "teacher")


def test_asks_once_who_a_student_is_when_the_first_launch_comes(tool, edx):
    browser, steps = tool.walk(edx, "second")
    assert "Amir Haddad" not in seen(steps[-1])
    page = link_oneself(tool, browser, steps[-1], "amir")
    assert page.path.endswith("/plan") or "/plan/" in page.path, page.path
    _browser, again = tool.walk(edx, "second")
    assert heading(again[-1]) == heading(page)


@pytest.mark.usefixtures("linked")
def test_shows_the_plan_in_the_frame_when_a_known_student_launches(tool, edx):
    browser = Walker(top=edx.url)
    steps = browser.walk(edx.course_url("student", frame=True))
    assert "Suturering (10)" in seen(steps[-1])
    assert framed_by(steps[-1]) == edx.url


@pytest.mark.usefixtures("linked")
def test_shows_the_plan_when_the_browser_keeps_no_cookies_of_third_parties_but_partitioned_ones(tool, edx):
    browser = Walker(top=edx.url, third_party_cookies=False)
    steps = browser.walk(edx.course_url("student", frame=True))
    assert "Suturering (10)" in seen(steps[-1])


@pytest.mark.usefixtures("linked")
def test_shows_the_roster_when_the_teacher_launches(tool, edx):
    _browser, steps = tool.walk(edx, "teacher")
    page = seen(steps[-1])
    assert "Kari Nordmann" in page
    assert "Ola Hansen" in page
    assert "Åse Lærer" not in page
    assert [each["status"] for each in edx.arrived("/memberships")] == [200] * len(edx.arrived("/memberships"))


@pytest.mark.usefixtures("linked")
def test_lets_the_administrator_in_when_nobody_knows_them_here(tool, edx):
    _browser, steps = tool.walk(edx, "admin")
    assert "Kari Nordmann" in seen(steps[-1])


@pytest.fixture
def custom(edx):
    """An author writes by hand what a block is for."""

    def write(name: str) -> None:
        edx.options(custom=[f"lrs_bridge_placed={placed(name)}"])

    yield write
    edx.options(custom=[])


@pytest.mark.usefixtures("linked")
def test_sends_the_score_when_a_student_opens_what_an_author_placed_by_hand(tool, edx, custom):
    custom("personvern")
    title, points = DONE["personvern"]
    _browser, steps = tool.walk(edx, "student", "fire")
    assert title in seen(steps[-1])
    (score,) = tool.wait_for(lambda: [score for score in edx.scores(edx.subjects["student"]) if "scoreGiven" in score])
    assert (score["scoreGiven"], score["scoreMaximum"], score["gradingProgress"]) == (points, 100, "FullyGraded")
    assert (score["activityProgress"], score["status"]) == ("Completed", 201)
    assert [(grade["value"], grade["user_id"]) for grade in edx.stored()["grades"] if grade["link"] == "fire"] == [(1.0, 11)]


@pytest.mark.usefixtures("linked")
def test_makes_a_completion_of_what_open_edx_graded_when_the_worker_asks(tool, edx, custom):
    custom("personvern")
    tool.walk(edx, "student", "graded")
    tool.wait_for(lambda: [score for score in edx.stored()["scores"] if score["given"] == 100])
    assert bring_results(tool) == []  # only what we told it ourselves
    edx.grade("second", "graded", 0.8, 1)
    (found,) = bring_results(tool)
    assert (found["learner_issuer"], found["learner_value"]) == (edx.issuer, edx.subjects["second"])
    outcome = json.loads(found["outcome"])
    assert outcome["completion"] is True
    assert (outcome["score"]["raw"], outcome["score"]["maximum"]) == (0.8, 1)


@pytest.mark.usefixtures("linked")
def test_makes_a_column_of_its_own_when_open_edx_lets_tools_manage_them(tool, edx, custom):
    edx.options(ags="programmatic")
    try:
        custom("hlr")
        tool.walk(edx, "student", "managed")
        made = tool.wait_for(lambda: [item for item in edx.stored()["line_items"] if item["tag"]])
        assert [item["maximum"] for item in made] == [100]
        score = tool.wait_for(lambda: [score for score in edx.stored()["scores"] if score["given"] == DONE["hlr"][1]])
        assert len(score) == 1
    finally:
        edx.options(ags="declarative")


@pytest.mark.usefixtures("linked")
def test_opens_what_was_chosen_when_a_student_launches_the_block(tool, edx):
    title, points = DONE["personvern"]
    steps = tool.place(edx, title)
    assert "successfully saved" in steps[-1].answer.text, steps[-1].answer.text
    (item,) = edx.stored()["content_items"]
    assert (item["title"], item["type"]) == (title, "ltiResourceLink")
    assert (item["lineItem"]["scoreMaximum"], item["lineItem"]["label"]) == (100, title)
    _browser, steps = tool.walk(edx, "student")
    assert title in seen(steps[-1])
    tool.wait_for(lambda: [score for score in edx.scores(edx.subjects["student"]) if score.get("scoreGiven") == points])


def test_launches_by_lti_1p1_and_sends_the_grade_when_the_block_is_an_old_one(tool, edx, custom):
    tool.register_1p1(edx)
    subject = edx.subjects["student"].replace("-", "")  # Open edX's anonymous id
    tool.link_as(f"lti1p1:{edx.consumer_key}", {"student": subject})
    custom("hlr")
    title, points = DONE["hlr"]
    steps = Walker().walk(edx.launch_1p1_url("student", "old-one"))
    assert title in seen(steps[-1])
    grades = tool.wait_for(lambda: [grade for grade in edx.stored()["grades"] if grade["link"] == "old-one"])
    assert [(grade["value"], grade["max_value"], grade["user_id"]) for grade in grades] == [(points / 100, 1.0, 11)]
    answers = [each["answer"] for each in edx.arrived("outcome_service_handler")]
    assert all("<imsx_codeMajor>success</imsx_codeMajor>" in answer for answer in answers)
