"""Commits: in order, once each, by the quiet way and the whole one, and whatever else may come in their place."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from lrs_bridge.hosting.hosted import Stage
from lrs_bridge.scorm.commit import MAX_BYTES
from tests.support import browsing
from tests.support.hosting import DONE_1_2, PASSED_1_2
from tests.support.packages import several_scos, single_sco

QUIET = "cmi.suspend_data"
LOUD = "cmi.core.lesson_status"


@pytest.fixture
def player(school):
    player = school.sit(school.host())
    player.starts()
    return player


def values(player, item="i1"):
    return player.state()["scos"][item]["cmi"]


def journal(school):
    rows = school.rows("scorm_commit")
    return [(row.session, row.sequence) for row in sorted(rows, key=lambda row: (row.session, row.sequence))]


def everything(school):
    """All that commits leave but the journal."""
    tables = ("scorm_sco", "scorm_position", "statement", "completion", "attempt", "scorm_result")
    return {name: sorted(map(repr, school.rows(name))) for name in tables}


# Order and repetition


def test_merges_what_changed_into_what_was_there(player):
    player.says({QUIET: "a", "cmi.core.lesson_location": "1"})
    player.says({"cmi.core.lesson_location": "2", LOUD: "incomplete"})
    player.says({QUIET: ""})
    assert values(player) == {QUIET: "", "cmi.core.lesson_location": "2", LOUD: "incomplete"}


@pytest.mark.parametrize("cmi", [{QUIET: "x"}, PASSED_1_2])
def test_takes_a_commit_once_however_often_it_comes(school, player, cmi):
    answers = [player.commit(cmi, sequence=2) for _ in range(3)]
    assert [answer.json for answer in answers] == [{"result": "true", "errorCode": 0, "sequence": 2}] * 3
    after = everything(school)
    player.says({**cmi, QUIET: "another, under the same number"}, sequence=2)
    assert everything(school) == after
    assert journal(school) == [(1, 1), (1, 2)]


@pytest.mark.parametrize("key", [QUIET, LOUD])
def test_keeps_a_late_commit_in_the_journal_and_changes_nothing(school, player, key):
    player.says({key: "completed", "cmi.core.lesson_location": "9"}, sequence=9)
    after = everything(school)
    player.says({key: "incomplete"}, sequence=5)
    player.says({key: "incomplete"}, sequence=5)
    assert everything(school) == after
    assert values(player)[key] == "completed"
    assert journal(school) == [(1, 1), (1, 5), (1, 9)]


def test_comes_to_the_same_in_any_order_as_each_holds_what_was_not_acknowledged(school):
    hosted_id = school.host()
    made = {}
    for who, order in (("kari", [2, 3, 4, 5]), ("ola", [5, 3, 2, 4, 3])):
        player = school.sit(hosted_id, who=who)
        player.starts()
        told = {2: {QUIET: "a"}, 3: {QUIET: "b", LOUD: "incomplete"}, 4: {QUIET: "c", LOUD: "incomplete"}}
        told[5] = {QUIET: "c", LOUD: "completed", "cmi.core.score.raw": "80"}
        for sequence in order:
            player.says(told[sequence], sequence=sequence)
        made[who] = (values(player), school.attempt(player.state()["attempt"]).stage)
    assert made["kari"] == made["ola"] == ({QUIET: "c", LOUD: "completed", "cmi.core.score.raw": "80"}, Stage.COMPLETED)


@pytest.mark.parametrize("key", [QUIET, LOUD])
def test_leaves_an_attempt_alone_that_goes_on_in_a_newer_sitting(school, key):
    hosted_id = school.host()
    old = school.sit(hosted_id)
    old.starts()
    old.says({key: "incomplete"})
    new = school.sit(hosted_id)
    answer = old.commit({key: "incomplete", "cmi.core.lesson_location": "4"})  # kept, as the newer one has not begun
    assert (answer.status_code, answer.json["result"], answer.json["reason"]) == (409, "false", "superseded")
    assert values(new)["cmi.core.lesson_location"] == "4"
    new.starts()
    new.says({key: "completed"})
    assert old.commit({key: "incomplete", "cmi.core.lesson_location": "5"}).status_code == 409
    assert values(new) == {key: "completed", "cmi.core.lesson_location": "4"}
    assert (1, old.sequence) in journal(school)  # what was sent is kept
    new.says({"cmi.core.lesson_location": "6"})
    assert values(new)["cmi.core.lesson_location"] == "6"


def test_applies_what_comes_after_the_end(school, player):
    player.ends({LOUD: "incomplete", "cmi.core.exit": "suspend"})
    player.says({QUIET: "beacon"}, reason="leave", terminated=True)
    player.says({LOUD: "completed"}, reason="leave", terminated=True)
    assert values(player) == {LOUD: "completed", "cmi.core.exit": "suspend", QUIET: "beacon"}
    assert school.attempt(player.state()["attempt"]).stage is Stage.COMPLETED


def test_takes_what_an_earlier_attempt_s_window_still_sends(school):
    hosted_id = school.host()
    old = school.sit(hosted_id)
    old.starts()
    old.says(DONE_1_2)
    new = school.sit(hosted_id, again="yes")
    new.starts()
    old.says(PASSED_1_2)
    assert school.attempt(old.state()["attempt"]).stage is Stage.PASSED
    assert school.attempt(new.state()["attempt"]).stage is not Stage.PASSED
    assert new.state()["scos"]["i1"]["cmi"] == {}


@pytest.mark.parametrize("cmi", [{QUIET: "x"}, {LOUD: "incomplete"}])
def test_takes_what_an_earlier_sitting_could_not_send_with_the_ticket_of_the_next(school, cmi):
    hosted_id = school.host()
    school.sit(hosted_id).starts()
    new = school.sit(hosted_id)
    for _ in range(2):  # the answer to the first may be lost
        new.says(cmi, session=1, sequence=2)
    assert values(new) == cmi
    new.starts(sequence=1)
    new.says({"cmi.core.lesson_location": "1"}, sequence=2)
    for _ in range(2):
        new.says({QUIET: "too late"}, session=1, sequence=3)
    assert values(new) == {**cmi, "cmi.core.lesson_location": "1"}
    assert journal(school) == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]


def test_refuses_a_commit_of_a_later_sitting(school, player):
    before = school.counts()
    answer = player.commit({LOUD: "passed"}, session=2)
    assert (answer.status_code, answer.json["reason"], answer.json["field"]) == (403, "invalid", "session")
    assert school.counts() == before


# Positions


def test_keeps_where_the_attempt_stands_by_the_newest_commit_that_says_so(school):
    player = school.sit(school.host(several_scos("4th")))
    player.starts(current="i1", sequencing={"n": 1}, globals={"g": 1})
    player.says({"cmi.location": "1"})
    player.says({}, sco="i2", current="i2", sequence=5)
    player.says({}, sco="i3", current="i3", sequencing={"n": 3}, sequence=4)
    state = player.state()
    assert (state["current"], state["globals"]) == ("i2", {"g": 1})
    player.says({}, current=None, sequencing=None, sequence=6)
    state = player.state()
    assert (state["current"], state["sequencing"], state["globals"]) == (None, None, {"g": 1})


# Bodies


def test_takes_text_as_beacons_send_it(school, player):
    for content_type in (
        "text/plain",
        "text/plain;charset=UTF-8",
        "application/json; charset=utf-8",
        "",
        "application/octet-stream",
    ):
        answer = player.send(json.dumps(player.message({QUIET: content_type})), content_type=content_type)
        assert answer.status_code == 200
        assert values(player)[QUIET] == content_type


def test_replaces_what_no_database_can_hold(school, player):
    raw = json.dumps(player.message({QUIET: "PLACE", LOUD: "incomplete"}, sequencing={"x": "PLACE"}, calls=[[1, "f", "PLACE"]]))
    answer = player.send(raw.replace("PLACE", "a\\u0000b\\ud800c\\udfff\\ud83c\\udfe5"))
    assert answer.status_code == 200, answer.text
    state = player.state()
    assert state["scos"]["i1"]["cmi"][QUIET] == "a\ufffdb\ufffdc\ufffd\U0001f3e5"
    assert state["sequencing"] == {"x": "a\ufffdb\ufffdc\ufffd\U0001f3e5"}
    attempt = state["attempt"]
    (hosted,) = school.rows("hosted_course")
    assert school.browser("owner").get(f"/hosted/{hosted.hosted_id}/attempts/{attempt}").status_code == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sequence": -1}, "sequence"),
        ({"sequence": 2**31}, "sequence"),
        ({"sequence": "2"}, "sequence"),
        ({"sequence": None}, "sequence"),
        ({"session": "1"}, "session"),
        ({"session": 0}, "session"),
        ({"sco": ""}, "sco"),
        ({"sco": 7}, "sco"),
        ({"sco": "x" * 5000}, "sco"),
        ({"reason": "because"}, "reason"),
        ({"cmi": []}, "cmi"),
        ({"cmi": {"a": {}}}, "cmi"),
        ({"cmi": {"": "x"}}, "cmi"),
        ({"cmi": {"k" * 300: "x"}}, "cmi"),
        ({"cmi": {str(n): "" for n in range(4001)}}, "cmi"),
        ({"seconds": "long"}, "seconds"),
        ({"calls": {}}, "calls"),
        ({"calls": [[]]}, "calls"),
        ({"calls": [["now", "f"]]}, "calls"),
        ({"calls": [[-1, "f"]]}, "calls"),
        ({"calls": [[1, "f"]] * 5001}, "calls"),
        ({"terminated": "yes"}, "terminated"),
        ({"current": 7}, "current"),
        ({"sequencing": 10**40}, "sequencing"),
        ({"globals": {"x": [10**40]}}, "globals"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # nothing reaches it
def test_refuses_a_malformed_commit_and_names_the_field(school, player, changes, field):
    before = everything(school), school.counts()
    answer = player.send({**player.message({QUIET: "x"}), **changes})
    assert answer.status_code == 422, answer.text
    told = answer.json
    assert (told["result"], told["errorCode"], told["reason"], told["rule"]) == ("false", 101, "invalid", "lrs_bridge commit")
    assert told["field"].startswith(field)
    assert (everything(school), school.counts()) == before


NESTED = '{"session": 1, "sequence": 2, "sco": "i1", "reason": "commit", "sequencing": ' + "[" * 100_000 + "]" * 100_000 + "}"
DEEP = '{"session": 1, "sequence": 2, "sco": "i1", "reason": "commit", "sequencing": ' + "[" * 400 + "]" * 400 + "}"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'"x"', b"session=1&sequence=2", NESTED, DEEP])
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # nothing reaches it
def test_refuses_what_is_no_commit_at_all(school, player, body, content_type):
    before = school.counts()
    answer = player.send(body, content_type=content_type)
    assert (answer.status_code, answer.json["reason"]) == (422, "invalid")
    assert school.counts() == before


def test_refuses_a_form_of_many_parts_as_well(school, player):
    answer = player.send(b"--x\r\n\r\n--x--", content_type="multipart/form-data; boundary=x")
    assert (answer.status_code, answer.json["reason"]) == (422, "invalid")


@pytest.mark.parametrize("more", [1, 2, 100, 5_000_000])
def test_refuses_what_is_too_large(school, player, more):
    before = school.counts()
    body = json.dumps(player.message({QUIET: "x"}))
    answer = player.send(body + " " * (MAX_BYTES + more - len(body)))
    assert answer.status_code == 413
    assert (answer.json["result"], answer.json["errorCode"], answer.json["reason"]) == ("false", 101, "invalid")
    assert school.counts() == before
    assert player.send(body + " " * (MAX_BYTES - len(body))).status_code == 200


@pytest.mark.parametrize("item", ["x" * 250, "x" * 251, "i1\x00", "nothing", "æ – 課"])
def test_keeps_what_items_say_that_the_package_does_not_have(school, player, item):
    answer = player.commit({LOUD: "passed", QUIET: "x"}, sco=item, current=item)
    assert answer.status_code in {200, 422}
    if answer.status_code == 200:
        assert player.state()["scos"][item.replace("\0", "\ufffd")]["cmi"][QUIET] == "x"
    attempt = school.attempt(player.state()["attempt"])
    assert not attempt.is_finished


@pytest.mark.parametrize("said", ["-5", "1e300", "0"])
def test_takes_any_length_of_time(player, said):
    body = json.dumps(player.message({QUIET: "x"}, seconds=0)).replace('"seconds": 0', f'"seconds": {said}')
    assert player.send(body).status_code == 200
    assert 0 <= player.state()["scos"]["i1"]["seconds"] <= 366 * 24 * 3600


# Two ways


KEYS = [QUIET, "cmi.core.lesson_location", LOUD, "cmi.core.score.raw", "cmi.comments", "cmi.suspend_data", "odd.'\"\\key\n\t æ"]
VALUES = ["", "incomplete", "completed", "a'b\"c\\d", "\n\t\x01", "æøå\U0001f3e5", "null", "{}", "7", "x" * 5000]


def test_comes_to_the_same_by_the_quiet_way_and_the_whole_one(school):
    hosted_id = school.host()
    random = Random(7)
    told = [{random.choice(KEYS): random.choice(VALUES) for _ in range(random.randint(0, 4))} for _ in range(25)]
    made = {}
    for who, reason in (("kari", "commit"), ("ola", "navigate")):
        player = school.sit(hosted_id, who=who)
        player.starts()
        for cmi in told:
            quiet = {key: value for key, value in cmi.items() if key in {QUIET, "cmi.core.lesson_location"}}
            player.says(quiet, reason=reason)
            player.says(cmi, reason=reason)
        made[who] = values(player)
    expected = {key: value for cmi in told for key, value in cmi.items()}
    assert made["kari"] == made["ola"] == expected


def test_takes_a_quiet_commit_in_one_exchange_and_does_all_the_rest_by_the_other(school, player):
    school.ward.clock += timedelta(minutes=5)
    before = everything(school)
    player.says({QUIET: "x"})
    player.says({QUIET: "x"}, reason="auto")
    after = everything(school)
    assert after == before  # but the journal
    assert values(player) == {QUIET: "x"}
    player.says({QUIET: "y"}, reason="navigate", current="i1")
    assert {name for name, rows in everything(school).items() if rows != after[name]} == {
        "scorm_sco",
        "scorm_position",
        "attempt",
    }


# Many at once


def test_loses_nothing_of_what_many_send_at_once_to_one_attempt(school, player):
    def send(number):
        cmi = {f"cmi.interactions.{number}.id": str(number)} if number % 2 else {QUIET: str(number)}
        return player.send({**player.message(cmi), "sequence": number, "sco": f"s{number}"}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(send, range(2, 66)))
    assert set(statuses) == {200}
    scos = player.state()["scos"]
    for number in range(2, 66):
        expected = {f"cmi.interactions.{number}.id": str(number)} if number % 2 else {QUIET: str(number)}
        assert scos[f"s{number}"]["cmi"] == expected
    assert journal(school) == [(1, number) for number in range(1, 66)]


def test_comes_to_the_newest_of_what_many_send_at_once_of_one_sco(school, player):
    def send(number):
        cmi = {QUIET: str(number), "cmi.core.score.raw": str(number)} if number % 2 else {QUIET: str(number)}
        return player.send({**player.message(cmi), "sequence": number}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(send, [*range(2, 50), *range(2, 50)]))
    assert set(statuses) == {200}
    assert values(player)[QUIET] == "49"
    assert values(player)["cmi.core.score.raw"] == "49"
    assert journal(school) == [(1, number) for number in range(1, 50)]


def test_counts_a_result_once_that_comes_many_times_at_once(school, player):
    body = player.message(PASSED_1_2, terminated=True, reason="terminate")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: player.send(body).status_code, range(8)))
    assert set(answers) == {200}
    assert len(school.rows("completion")) == 1
    verbs = [json.loads(row.payload)["verb"]["id"].rpartition("/")[2] for row in school.rows("statement")]
    assert verbs.count("terminated") == 1
    assert len(school.rows("scorm_result")) == 1


def test_keeps_the_attempts_of_many_learners_apart(school):
    hosted_id = school.host()
    players = [school.sit(hosted_id, who=who) for who in ("kari", "ola", "sigrid", "owner")]

    def play(number):
        player = players[number]
        player.starts()
        for step in range(5):
            player.says({QUIET: f"{number} {step}"})
        player.ends({LOUD: "completed", "cmi.core.score.raw": str(number)})
        return player

    with ThreadPoolExecutor(4) as pool:
        played = list(pool.map(play, range(4)))
    for number, player in enumerate(played):
        assert values(player) == {QUIET: f"{number} 4", LOUD: "completed", "cmi.core.score.raw": str(number)}
        assert school.attempt(player.state()["attempt"]).stage is Stage.COMPLETED
    assert len(school.rows("completion")) == 4


def test_answers_support_with_every_call(school, player):
    calls = [[1732791600123, "LMSSetValue", LOUD, "done<script>", "false", 405], [1732791600456, "LMSCommit", "", "", "true", 0]]
    player.says({LOUD: "incomplete"}, calls=calls)
    player.ends(PASSED_1_2, calls=[[9e15, "LMSFinish", "", "", "true", 0]])
    attempt = player.state()["attempt"]
    (hosted,) = school.rows("hosted_course")
    path = f"/hosted/{hosted.hosted_id}/attempts/{attempt}"
    page = school.browser("owner").get(path)
    assert page.status_code == 200
    for told in (
        "LMSSetValue",
        "done&lt;script&gt;",
        "405",
        "incorrect data type",
        "11:00:00.123",
        "LMSFinish",
        "1 call answered",
    ):
        assert told in page.text
    assert "done<script>" not in page.text
    assert "What the course did wrong" in page.text
    assert "It set values that SCORM does not allow. They were not kept." in page.text
    assert f'1 time · <span class="mono">{LOUD}</span>' in page.text
    assert "cmi.core.lesson_status = passed" in page.text
    assert f"registration={attempt}" not in page.text
    assert f"registration={attempt}" in school.browser("admin").get(path).text
    assert school.browser("kari").get(path).status_code == 403
    assert browsing.browser(school.app).get(path).status_code == 303
    other = school.host(single_sco("2nd"))
    assert school.browser("owner").get(f"/hosted/{other}/attempts/{attempt}").status_code == 404
    assert school.browser("owner").get(f"/hosted/{other}/attempts/{UUID(int=1)}").status_code == 404


def test_tells_support_what_the_course_did_wrong(school, player):
    ended = [[1732791600123, "LMSFinish", "", "", "true", 0]]
    player.says({"cmi.suspend_data": "x" * 4097})
    player.ends(calls=ended, sequence=5)
    attempt = player.state()["attempt"]
    (hosted,) = school.rows("hosted_course")
    path = f"/hosted/{hosted.hosted_id}/attempts/{attempt}"
    page = school.browser("owner").get(path).text
    assert "It noted more than the standard foresees. All of it was kept here." in page
    assert "It ended without saying whether it was completed or passed." in page
    assert "Some of what it sent is missing" in page
    assert "2 times" in page
    school.policy(hosted.hosted_id, finish_completes="yes")
    page = school.browser("owner").get(path).text
    assert "It ended without saying" not in page
    assert "It noted more than the standard foresees." in page


def test_tells_support_nothing_of_a_course_that_does_it_right(school, player):
    player.ends(PASSED_1_2, calls=[[1732791600123, "LMSFinish", "", "", "true", 0]])
    (hosted,) = school.rows("hosted_course")
    page = school.browser("owner").get(f"/hosted/{hosted.hosted_id}/attempts/{player.state()['attempt']}")
    assert (page.status_code, "What the course did wrong" in page.text) == (200, False)
