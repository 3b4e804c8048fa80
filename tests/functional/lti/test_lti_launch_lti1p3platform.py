"""The ``lti1p3platform`` package's platform and ours: launch, deep linking, scores, results and roster, over real HTTP."""

import json

import pytest

from tests.support.lti.foreign_platform import Lti1p3Platform
from tests.support.lti.journeys import (
    DONE,
    NEW_COURSE,
    NEW_TITLE,
    bring_results,
    complete,
    framed_by,
    heading,
    link_oneself,
    seen,
)
from tests.support.lti.tool import Tool
from tests.support.lti.walking import Walker


@pytest.fixture(scope="module")
def tool(tmp_path_factory, sqlite_demo_template):
    with Tool(tmp_path_factory.mktemp("lti1p3platform"), sqlite_demo_template) as tool:
        yield tool


@pytest.fixture(scope="module")
def platform(tool):
    with Lti1p3Platform() as platform:
        tool.register(platform)
        yield platform
        assert platform.complaints() == ""


@pytest.fixture
def linked(tool, platform):
    """Kari and the teacher are known."""
    tool.link(platform, "student", "teacher")


def test_asks_once_who_a_student_is_when_the_first_launch_comes(tool, platform):
    browser, steps = tool.walk(platform, "second")
    page = link_oneself(tool, browser, steps[-1], "amir")
    _browser, again = tool.walk(platform, "second")
    assert heading(again[-1]) == heading(page)


@pytest.mark.usefixtures("linked")
def test_shows_the_plan_in_the_frame_when_a_known_student_launches(tool, platform):
    browser = Walker(top=platform.url, third_party_cookies=False)
    steps = browser.walk(platform.course_url("student", frame=True))
    assert "Suturering (10)" in seen(steps[-1])
    assert framed_by(steps[-1]) == platform.url


@pytest.mark.usefixtures("linked")
def test_shows_all_pages_of_the_roster_when_the_teacher_launches(tool, platform):
    _browser, steps = tool.walk(platform, "teacher")
    page = seen(steps[-1])
    assert "Kari Nordmann" in page
    assert "Ola Hansen" in page
    assert "Åse Lærer" not in page
    assert len(platform.arrived("/members")) >= 2


@pytest.mark.usefixtures("linked")
def test_places_several_at_once_and_sends_scores_in_order_when_students_come_further(tool, platform):
    hlr, points = DONE["hlr"]
    steps = tool.place(platform, hlr, NEW_TITLE)
    assert steps[-1].answer.status_code == 200, steps[-1].answer.text
    placed = {item["title"]: item for item in platform.stored()["content_items"]}
    assert set(placed) == {hlr, NEW_TITLE}
    assert {item["data"] for item in placed.values()} == {"kurs-7:utkast"}
    assert all(item["lineItem"]["scoreMaximum"] == 100 and item["lineItem"]["tag"] for item in placed.values())
    subject = platform.subjects["student"]
    _browser, steps = tool.walk(platform, "student", placed[hlr]["link"])
    assert hlr in seen(steps[-1])
    score = tool.wait_for(lambda: platform.scores(subject))[-1]
    assert (score["scoreGiven"], score["scoreMaximum"], score["gradingProgress"]) == (points, 100, "FullyGraded")
    _browser, steps = tool.walk(platform, "student", placed[NEW_TITLE]["link"])
    assert NEW_TITLE in seen(steps[-1])
    before_it = len(platform.scores(subject))
    complete(tool, "kari.nordmann", NEW_COURSE)
    later = tool.wait_for(lambda: len(platform.scores(subject)) > before_it + 1 and platform.scores(subject)[before_it:])
    said = [(score["activityProgress"], score["gradingProgress"], score.get("scoreGiven")) for score in later]
    assert said == [("Completed", "PendingManual", None), ("Completed", "FullyGraded", 100)]
    assert all(score["status"] in {200, 201} for score in platform.scores(subject))


@pytest.mark.usefixtures("linked")
def test_makes_a_completion_of_what_the_platform_graded_when_the_worker_asks(tool, platform):
    title, points = DONE["personvern"]
    tool.place(platform, title)
    link = platform.stored()["content_items"][-1]["link"]
    tool.walk(platform, "student", link)
    subject = platform.subjects["student"]
    tool.wait_for(lambda: [score for score in platform.scores(subject) if score.get("scoreGiven") == points])
    assert bring_results(tool) == []  # only what we told it ourselves
    platform.grade("student", link, 40, 100)
    platform.grade("second", link, 70, 100)
    found = {row["learner_value"]: json.loads(row["outcome"]) for row in bring_results(tool)}
    assert set(found) == {subject, platform.subjects["second"]}
    assert (found[subject]["completion"], found[subject]["score"]["raw"]) == (True, 40)
