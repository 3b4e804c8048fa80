"""Attempts: begun, resumed, looked at, and as many as the course grants."""

import html
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from lrs_bridge.completion import Outcome
from lrs_bridge.hosting.hosted import Mode, Stage
from tests.support import browsing
from tests.support.hosting import DONE_1_2, PASSED_1_2
from tests.support.packages import single_sco


def text_of(answer) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def finished(school, hosted_id, cmi=PASSED_1_2, **more):
    player = school.sit(hosted_id, **more)
    player.starts()
    player.ends(cmi)
    return player


def test_begins_an_attempt_and_goes_on_with_it(school):
    hosted_id = school.host()
    kari = school.browser("kari")
    assert "Start" in text_of(kari.get(f"/learn/{hosted_id}"))
    first = school.begin(hosted_id)
    assert school.begin(hosted_id) == first == school.begin(hosted_id, again="yes")
    assert school.begin(hosted_id, who="ola") != first
    attempt = school.attempt(first)
    assert (attempt.number, attempt.mode, attempt.stage, attempt.outcome) == (1, Mode.NORMAL, Stage.NOT_STARTED, Outcome())
    assert (attempt.person_id, attempt.learner_name) == (school.ward.kari, "Kari Nordmann")
    assert "Go on" in text_of(kari.get(f"/learn/{hosted_id}"))


def test_gives_the_player_what_the_course_had_set(school):
    hosted_id = school.host()
    player = school.sit(hosted_id)
    state = player.state()
    assert (state["session"], state["version"], state["mode"], state["credit"]) == (1, "1.2", "normal", "credit")
    assert (state["scos"], state["sequencing"], state["globals"], state["current"]) == ({}, None, None, None)
    assert state["learner"] == {"id": str(school.ward.kari), "name": "Kari Nordmann"}
    assert [item["identifier"] for item in state["organization"]["items"]] == ["i1"]
    player.starts(current="i1")
    told = {"cmi.suspend_data": "æøå \U0001f3e5 'x\"\\", "cmi.core.lesson_location": "7", "cmi.core.lesson_status": "incomplete"}
    player.says(told, seconds=30.0, sequencing={"root": {"completed": False}}, globals={"x": [1, None, 1.5]})
    resumed = school.sit(hosted_id)
    state = resumed.state()
    assert state["session"] == 2
    assert state["scos"] == {"i1": {"cmi": told, "seconds": 30.0}}
    assert state["sequencing"] == {"root": {"completed": False}}
    assert (state["globals"], state["current"]) == ({"x": [1, None, 1.5]}, "i1")
    resumed.starts(seconds=5.0)
    resumed.says({"cmi.core.lesson_location": "8"}, seconds=12.0)
    state = school.sit(hosted_id).state()
    assert state["scos"]["i1"]["cmi"] == {**told, "cmi.core.lesson_location": "8"}
    assert state["scos"]["i1"]["seconds"] == 42.0


def test_knows_a_learner_by_one_account_of_the_service_linked_once(school):
    hosted_id, other = school.host(), school.host(single_sco("2nd"))
    before = len(school.rows("person_identifier"))
    for each in (hosted_id, other, hosted_id):
        school.begin(each)
    assert len(school.rows("person_identifier")) == before + 1
    linked = [row for row in school.rows("person_identifier") if row.value == str(school.ward.kari)]
    assert [(row.issuer, row.person_id) for row in linked] == [("http://127.0.0.1:8080", school.ward.kari)]


@pytest.mark.parametrize("who", ["ola", "admin", "owner", "sigrid"])
def test_shows_an_attempt_to_its_learner_alone(school, who):
    hosted_id = school.host()
    attempt = school.begin(hosted_id)
    other = school.browser(who)
    assert other.get(f"/learn/attempts/{attempt}").status_code == 404
    assert browsing.submit(other, f"/learn/attempts/{attempt}/units/0").status_code == 404
    assert school.rows("scorm_session") == []


def test_grants_as_many_attempts_as_the_course_says(school):
    hosted_id = school.host()
    school.policy(hosted_id, most_attempts="2")
    first = finished(school, hosted_id, {"cmi.core.lesson_status": "completed"})
    second = finished(school, hosted_id, again="yes")
    assert first.state()["attempt"] != second.state()["attempt"]
    assert school.attempt(second.state()["attempt"]).number == 2
    assert school.attempt(first.state()["attempt"]).closed_at is not None
    kari = school.browser("kari")
    refused = browsing.submit(kari, f"/learn/{hosted_id}/start", again="yes")
    assert refused.status_code == 409
    assert "All attempts that this course grants are used." in refused.text
    page = text_of(kari.get(f"/learn/{hosted_id}"))
    assert "Attempts: 2 of 2" in page
    assert "Begin a new attempt" not in page
    assert str(school.begin(hosted_id)) == second.state()["attempt"]  # to look at
    assert len(school.rows("attempt")) == 2
    school.policy(hosted_id, most_attempts="")
    assert str(school.begin(hosted_id, again="yes")) != second.state()["attempt"]


def test_begins_none_in_a_closed_course_but_goes_on_with_those_under_way(school):
    hosted_id = school.host()
    attempt = school.begin(hosted_id)
    school.policy(hosted_id, is_open="no")
    assert school.begin(hosted_id) == attempt
    refused = browsing.submit(school.browser("ola"), f"/learn/{hosted_id}/start")
    assert refused.status_code == 403
    assert "The course is closed for new attempts." in refused.text
    assert "Start" not in text_of(school.browser("ola").get(f"/learn/{hosted_id}")).replace("Not started", "")
    assert len(school.rows("attempt")) == 1


def test_shows_who_finished_how_it_went_and_changes_nothing_of_it(school):
    hosted_id = school.host()
    finished(school, hosted_id)
    before = school.attempt(school.begin(hosted_id))
    assert (before.stage, before.progress) == (Stage.PASSED, 1.0)
    page = text_of(school.browser("kari").get(f"/learn/{hosted_id}"))
    assert "Passed" in page
    assert "90 per cent" in page
    assert "Look at it again" in page
    kept = school.sit(hosted_id)
    state = kept.state()
    assert (state["mode"], state["credit"]) == ("review", "no-credit")
    rows = school.counts()
    kept.starts()
    kept.says({"cmi.core.lesson_status": "failed", "cmi.core.score.raw": "0", "cmi.suspend_data": "x"}, sequencing={"a": 1})
    kept.ends({"cmi.core.lesson_status": "incomplete"})
    kept.ends({"cmi.core.lesson_status": "incomplete"}, sequence=3)  # once more
    after = school.counts()
    assert {name for name in after if after[name] != rows[name]} == {"scorm_commit"}
    assert after["scorm_commit"] == rows["scorm_commit"] + 3
    assert school.attempt(before.attempt_id) == before
    assert kept.state()["scos"] == state["scos"]
    assert kept.state()["sequencing"] is None


def test_goes_on_with_credit_in_the_sitting_in_which_it_was_finished(school):
    hosted_id = school.host()
    player = school.sit(hosted_id)
    player.starts()
    player.says({"cmi.core.lesson_status": "completed"})
    player.says(PASSED_1_2)
    assert school.attempt(player.state()["attempt"]).stage is Stage.PASSED


def test_never_plays_a_result_away(school):
    hosted_id = school.host()
    player = school.sit(hosted_id)
    player.starts()
    player.says(PASSED_1_2)
    player.says({"cmi.core.lesson_status": "incomplete", "cmi.core.score.raw": "10"})
    attempt = school.attempt(player.state()["attempt"])
    assert (attempt.stage, attempt.outcome.score.share()) == (Stage.PASSED, 0.9)


def test_lets_who_failed_begin_anew_and_not_play_the_failure_away(school):
    hosted_id = school.host(single_sco("4th"))
    failed = {"cmi.completion_status": "completed", "cmi.success_status": "failed", "cmi.score.scaled": "0.3"}
    finished(school, hosted_id, failed)
    assert school.attempt(school.begin(hosted_id)).stage is Stage.FAILED
    assert school.sit(hosted_id).state()["mode"] == "review"
    again = finished(school, hosted_id, {**failed, "cmi.success_status": "passed", "cmi.score.scaled": "0.9"}, again="yes")
    assert school.attempt(again.state()["attempt"]).stage is Stage.PASSED


# Previews


def previewed(school, hosted_id, who="owner"):
    answer = browsing.submit(school.browser(who), f"/hosted/{hosted_id}/preview")
    assert answer.status_code == 303
    return school.play(answer.location.rpartition("/")[2], who=who)


def test_previews_count_for_nothing(school):
    hosted_id = school.host()
    player = previewed(school, hosted_id)
    state = player.state()
    assert (state["mode"], state["credit"]) == ("browse", "no-credit")
    rows = school.counts()
    player.starts()
    player.says({"cmi.suspend_data": "x", "cmi.core.lesson_location": "3"})
    player.ends(PASSED_1_2)
    assert player.state()["scos"]["i1"]["cmi"]["cmi.suspend_data"] == "x"
    after = school.counts()
    assert {name for name in after if after[name] != rows[name]} <= {"scorm_commit", "scorm_sco", "scorm_position"}
    attempt = school.attempt(state["attempt"])
    assert (attempt.mode, attempt.outcome, attempt.progress) == (Mode.BROWSE, Outcome(), None)
    assert school.rows("statement") == []
    assert school.rows("completion") == []


def test_begins_each_preview_anew_beside_the_owner_s_own_attempt(school):
    hosted_id = school.host()
    own = school.begin(hosted_id, who="owner")
    first, second = previewed(school, hosted_id), previewed(school, hosted_id)
    attempts = {own, *(school.attempt(one.state()["attempt"]).attempt_id for one in (first, second))}
    assert len(attempts) == 3
    assert school.begin(hosted_id, who="owner") == own
    page = text_of(school.browser("owner").get(f"/hosted/{hosted_id}/attempts"))
    assert page.count("Preview") == 2
    assert "Attempt 2" not in text_of(school.browser("owner").get(f"/learn/{hosted_id}"))


def test_previews_the_newest_version_for_administrators_too(school):
    hosted_id = school.host({**single_sco(), "page.txt": "one"})
    school.renew(hosted_id, {**single_sco(), "page.txt": "two"})
    assert previewed(school, hosted_id, "admin").file("page.txt").text == "two"


# Many at once


def test_begins_one_attempt_however_often_the_button_is_pressed(school):
    hosted_id = school.host()
    kari = school.browser("kari")
    token = browsing.token(kari)
    cookies = {"Cookie": "; ".join(f"{cookie.key}={cookie.value}" for cookie in kari._cookies.values())}

    def press(_):
        client = school.app.test_client(use_cookies=False)
        return client.post(f"/learn/{hosted_id}/start", data={"csrf_token": token}, headers=cookies)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(press, range(8)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert len(school.rows("attempt")) == 1
    assert len([row for row in school.rows("person_identifier") if row.value == str(school.ward.kari)]) == 1


def test_gives_each_sitting_its_own_number_however_many_open_at_once(school):
    attempt = school.begin(school.host())
    kari = school.browser("kari")
    cookies = {"Cookie": "; ".join(f"{cookie.key}={cookie.value}" for cookie in kari._cookies.values())}

    def sit(_):
        return school.app.test_client(use_cookies=False).get(f"/learn/attempts/{attempt}", headers=cookies).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(sit, range(8))) == {200}
    assert sorted(row.number for row in school.rows("scorm_session")) == list(range(1, 9))
    assert len([row for row in school.rows("scorm_session") if row.ended_at is None]) == 1


def test_ends_the_sittings_before_a_new_one(school):
    hosted_id = school.host()
    first = school.sit(hosted_id)
    first.starts()
    first.says({"cmi.core.lesson_status": "incomplete"})
    second = school.sit(hosted_id)
    assert [(row.number, row.end) for row in school.rows("scorm_session")] == [(1, "superseded"), (2, None)]
    second.starts()
    second.ends(DONE_1_2)
    assert {row.number: row.end for row in school.rows("scorm_session")} == {1: "superseded", 2: "terminated"}


def test_notes_the_browser_of_a_sitting_however_long_its_name(school):
    attempt = school.begin(school.host())
    school.browser("kari").get(f"/learn/attempts/{attempt}", headers={"User-Agent": "Firefox " + "x" * 1000})
    (sitting,) = school.rows("scorm_session")
    assert sitting.user_agent.startswith("Firefox x")
    assert len(sitting.user_agent) == 300


def test_lets_the_clock_of_an_attempt_go_on(school):
    hosted_id = school.host()
    player = school.sit(hosted_id)
    player.starts()
    began = school.attempt(player.state()["attempt"])
    school.ward.clock += timedelta(hours=1)
    player.says({"cmi.core.lesson_status": "incomplete"})
    after = school.attempt(began.attempt_id)
    assert after.opened_at == began.opened_at
    assert after.changed_at - began.changed_at >= timedelta(hours=1)
