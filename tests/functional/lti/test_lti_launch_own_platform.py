"""What real platforms do that the two from PyPI can't be made to do: Moodle's habits, frames that keep nothing, being down."""

import pytest

from tests.support.lti.journeys import DONE, NEW_COURSE, NEW_TITLE, complete, framed_by, link_oneself, placed, seen
from tests.support.lti.messages import LTI
from tests.support.lti.own_platform import OwnPlatform
from tests.support.lti.walking import Walker, forms


def given(scores: list[dict]) -> list[tuple]:
    return [(score["activityProgress"], score["gradingProgress"], score.get("scoreGiven")) for score in scores]


@pytest.fixture
def fresh(tool):
    """A platform of its own, with Kari and the teacher known."""
    with OwnPlatform() as platform:
        tool.register(platform)
        tool.link(platform, "student", "teacher")
        yield platform
    assert platform.faults == []


@pytest.mark.parametrize("frame", [False, True])
@pytest.mark.parametrize("posts", [False, True])
def test_shows_the_plan_when_the_login_comes_either_way(own, posts, frame):
    own.posts_login = posts
    browser = Walker(top=own.url if frame else None, third_party_cookies=False)
    steps = browser.walk(own.course_url("student", frame=frame))
    assert "Suturering (10)" in seen(steps[-1])
    assert framed_by(steps[-1]) == own.url


@pytest.mark.parametrize("left_out", ["client_id", "lti_deployment_id", "both"])
def test_shows_the_plan_when_an_old_platform_names_less_in_its_login(own, tool, left_out):
    names = ["client_id", "lti_deployment_id"] if left_out == "both" else [left_out]
    own.login_changes = dict.fromkeys(names)
    assert "Suturering (10)" in seen(tool.walk(own)[1][-1])


def test_shows_the_plan_when_only_the_platforms_storage_keeps_things(own):
    own.storage = "_parent"
    browser = Walker(top=own.url, third_party_cookies=False, partitioned_cookies=False, keeps_storage=True)
    steps = browser.walk(own.course_url("student", frame=True))
    assert "Suturering (10)" in seen(steps[-1])
    assert not browser.jar


def test_offers_a_window_when_a_frame_keeps_nothing_at_all(own, tool):
    before_it = tool.counts()
    browser = Walker(top=own.url, third_party_cookies=False, partitioned_cookies=False)
    steps = browser.walk(own.course_url("student", frame=True))
    assert steps[-1].path == "/lti/login"
    assert 'target="_blank"' in steps[-1].answer.text
    assert tool.counts() == before_it


def test_opens_the_plan_in_the_window_that_was_offered(own):
    framed = Walker(top=own.url, third_party_cookies=False, partitioned_cookies=False)
    page = framed.walk(own.course_url("student", frame=True))[-1]
    (form,) = [each for each in forms(page.answer) if each.action.endswith("/lti/login")]
    assert "Suturering (10)" in seen(Walker().send(form)[-1])


def test_keeps_two_users_apart_when_one_browser_opens_both(own, tool):
    browser = Walker()
    student = browser.walk(own.course_url("student"))[-1]
    teacher = browser.walk(own.course_url("teacher"))[-1]
    assert "Suturering (10)" in seen(browser.open("GET", student.url))
    assert seen(browser.open("GET", teacher.url)) == seen(teacher)
    assert student.url != teacher.url


def test_gives_a_session_to_nobody_else_when_its_address_is_known(own):
    page = Walker().walk(own.course_url("student"))[-1]
    answer = Walker().open("GET", page.url).answer
    assert answer.status_code in {401, 403}
    assert "Suturering" not in answer.text


def test_speaks_the_platforms_language_when_it_names_one(own, tool):
    languages = {}
    for locale in ("nb-NO", "nn", "en"):
        own.changes = {LTI + "launch_presentation": {"locale": locale}}
        page = Walker(language="de").walk(own.course_url("student"))[-1].answer.text
        languages[locale] = page.partition('lang="')[2].partition('"')[0]
    assert languages == {"nb-NO": "nb", "nn": "nn", "en": "en"}


def test_lists_learners_of_all_pages_and_groups_when_roles_are_short(fresh, tool):
    fresh.groups = [{"id": "g1", "name": "Gruppe én", "members": ["5"]}, {"id": "g2", "name": "Gruppe to", "members": ["6"]}]
    browser, steps = tool.walk(fresh, "teacher")
    page = seen(steps[-1])
    assert "Kari Nordmann" in page
    assert "Ola Hansen" in page
    assert "Per Drift" not in page
    assert "Gruppe to" in page
    one_group = seen(browser.open("GET", f"{steps[-1].url}?group=g2"))
    assert "Ola Hansen" in one_group
    assert "Kari Nordmann" not in one_group
    assert len([each for each in fresh.arrived("/members") if each["status"] == 200]) >= 2


def test_lists_those_it_knows_when_the_roster_cannot_be_fetched(fresh, tool):
    tool.walk(fresh, "student")
    fresh.withheld_scopes = {"https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"}
    page = seen(tool.walk(fresh, "teacher")[1][-1])
    assert "Kari Nordmann" in page
    assert "Ola Hansen" not in page


@pytest.mark.parametrize("told", ['as it came: {"a": "æ"}', None])
def test_sends_what_was_chosen_with_the_platforms_own_words(fresh, tool, told):
    title, _points = DONE["hlr"]
    fresh.data = told
    steps = tool.place(fresh, title, NEW_TITLE)
    assert steps[-1].answer.status_code == 200, steps[-1].answer.text
    assert [(item["type"], item["title"]) for item in fresh.content_items] == [("ltiResourceLink", t) for t in (title, NEW_TITLE)]
    items = [item["lineItem"] for item in fresh.content_items]
    assert all(item["scoreMaximum"] == 100 and item["resourceId"] and item["tag"] for item in items)
    link = fresh.content_items[0]["link"]
    assert title in seen(tool.walk(fresh, "student", link)[1][-1])


def test_asks_for_no_columns_when_the_teacher_wants_none(fresh, tool):
    tool.place(fresh, DONE["hlr"][0], graded=False)
    assert [item for item in fresh.content_items if "lineItem" in item] == []


def test_sends_nothing_to_the_gradebook_when_the_one_who_opens_it_teaches(fresh, tool):
    fresh.custom = {"lrs_bridge_placed": placed("hlr")}
    tool.link(fresh, "admin")
    tool.walk(fresh, "teacher")
    tool.walk(fresh, "student")
    tool.wait_for(lambda: fresh.scores(fresh.subjects["student"]))
    assert {score["userId"] for score in fresh.scores()} == {fresh.subjects["student"]}


def test_sends_scores_once_and_in_order_when_the_platform_was_down_meanwhile(fresh, tool):
    fresh.custom = {"lrs_bridge_placed": placed(NEW_COURSE)}
    tool.walk(fresh, "student")
    subject = fresh.subjects["student"]
    fresh.refuse_connections()
    complete(tool, "kari.nordmann", NEW_COURSE)
    tool.wait_for(lambda: tool.rows("select * from lti_score where state = 'waiting' and attempts > 0 and subject = ?", subject))
    fresh.accept_connections()
    scores = tool.wait_for(lambda: len(fresh.scores(subject)) == 2 and fresh.scores(subject))
    assert given(scores) == [
        ("Completed", "PendingManual", None),
        ("Completed", "FullyGraded", 100),
    ]
    assert [score["status"] for score in scores] == [200, 200]
    of_platform = "platform_id = (select platform_id from lti_platform where issuer = ?)"
    tool.wait_for(lambda: not tool.rows(f"select * from lti_score where state = 'waiting' and {of_platform}", fresh.issuer))
    assert len(fresh.scores(subject)) == 2


def test_fetches_one_token_for_many_calls_and_a_new_one_when_it_was_forgotten(fresh, tool):
    tool.walk(fresh, "teacher")
    first = len(fresh.arrived("/token"))
    tool.walk(fresh, "teacher")
    assert len(fresh.arrived("/token")) == first == 1
    fresh.forget_tokens()
    assert "Ola Hansen" in seen(tool.walk(fresh, "teacher")[1][-1])
    assert len(fresh.arrived("/token")) == 2


def test_signs_for_services_by_a_key_that_the_platform_finds_when_keys_were_changed(fresh, tool):
    tool.walk(fresh, "teacher")
    tool.server.run("lti", "keys", "rotate", "--tenant", "demo")
    fresh.forget_tokens()
    assert "Ola Hansen" in seen(tool.walk(fresh, "teacher")[1][-1])
    assert [each["status"] for each in fresh.arrived("/token")] == [200, 200]


def test_registers_itself_when_an_administrator_opens_the_link_in_the_platform(tool):
    made = tool.server.run("lti", "link", "--tenant", "demo").stdout
    link = next(word for word in made.split() if "/lti/register/" in word)
    with OwnPlatform() as platform:
        platform.needs_registration_token = "a token of the platform's"
        browser = Walker(top=platform.url)
        steps = browser.walk(platform.registration_page_url(link))
        assert steps[-1].answer.status_code == 200, steps[-1].answer.text
        assert 'data-lti="close"' in steps[-1].answer.text
        assert len(platform.registrations) == 1
        assert framed_by(steps[-1]) in {platform.url, "*"}
        browser, steps = tool.walk(platform, "second")
        page = link_oneself(tool, browser, steps[-1], "amir")
        assert page.answer.status_code == 200
    assert platform.faults == []
