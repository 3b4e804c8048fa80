"""Sessions of AUs at the door: token, launch data, statements in order, what follows from them, and the end."""

import base64
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import orjson
import pytest

from lrs_bridge.cmi5.session import GRACE, MOST_IDLE, State
from lrs_bridge.cmi5.vocabulary import LaunchMode, MoveOn
from lrs_bridge.completion import Outcome, Score
from lrs_bridge.identity import Account
from lrs_bridge.people import service as people
from lrs_bridge.rounds import cmi5 as rounds
from tests.support.cmi5 import LEARNER, NOON, block_of, course_of, unit
from tests.support.cmi5_lms import COURSE_IRI, FILES, MODES

SATISFIED = "https://w3id.org/xapi/adl/verbs/satisfied"
SESSION_ID = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"
EXAM = course_of(block_of("block", unit("exam", MoveOn.COMPLETED_AND_PASSED, mastery_score=0.8, url="index.html?a=1&b=2")))
READING = course_of(unit("text", MoveOn.COMPLETED))
OPEN = course_of(block_of("block", unit("text")))


# Token and launch data


def test_gives_the_token_once(lms):  # 8.2.1.0-2 (d), 8.2.2.0-2, -3, 8.2.3.0-1
    au = lms.open(lms.enrol(READING), ready=False)
    answer = au.client.post(au.fetch_url, headers={"Origin": "https://content.example.no"})
    assert (answer.status_code, answer.mimetype, list(answer.json)) == (200, "application/json", ["auth-token"])
    assert (answer.headers["Access-Control-Allow-Origin"], answer.headers["Cache-Control"]) == ("*", "no-store")
    again = au.client.post(au.fetch_url)
    assert (again.status_code, again.mimetype, again.json["error-code"]) == (200, "application/json", "1")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("token", ["x", f"demo.{uuid4().hex}.{'0' * 64}"])
def test_gives_no_token_when_the_address_is_not_ours(lms, token):  # 8.2.3.2-1
    answer = lms.app.test_client().post(f"/cmi5/fetch/{token}")
    assert (answer.status_code, answer.json["error-code"]) == (200, "2")


def test_gives_no_token_when_the_secret_is_wrong(lms):
    au = lms.open(lms.enrol(READING), ready=False)
    assert au.client.post(au.fetch_url[:-1] + "x").json["error-code"] == "2"
    other = "0" if au.fetch_url[-1] != "0" else "1"
    assert au.client.post(au.fetch_url[:-1] + other).json["error-code"] == "2"


def test_gives_no_token_when_the_session_has_ended(lms):
    au = lms.open(lms.enrol(READING), ready=False)
    lms.abandon(au.session_id)
    assert au.fetch()["error-code"] == "1"


def test_fetches_by_post_alone_and_answers_preflights(lms):
    au = lms.open(lms.enrol(READING), ready=False)
    assert au.client.get(au.fetch_url).status_code == 405
    answer = au.client.options(au.fetch_url, headers={"Origin": "null", "Access-Control-Request-Method": "POST"})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert "auth-token" in au.fetch()


def test_takes_no_token_before_it_was_fetched(lms):  # 8.1.2.0-2 (d)
    au = lms.open(lms.enrol(READING), ready=False)
    for secret in ("", "x"):
        credentials = base64.b64encode(f"demo.{au.session_id.hex}:{secret}".encode()).decode()
        answer = au.ask("GET", "statements", headers={"Authorization": f"Basic {credentials}"})
        assert answer.status_code == 401


def test_tells_the_launch_data(lms):  # 10.2
    structure = course_of(
        unit("exam", MoveOn.PASSED, mastery_score=0.9, launch_parameters="x=1", entitlement_key="key", url="index.html?a=1&b=2")
    )
    au = lms.open(lms.enrol(structure), ready=False, return_url="http://lms.example.no/back", language="nb")
    assert au.url.startswith(f"{FILES}index.html?a=1&b=2&endpoint=http%3A%2F%2F")
    assert orjson.loads(au.actor) == {
        "objectType": "Agent",
        "account": {"homePage": LEARNER.home_page, "name": LEARNER.name},
    }
    au.fetch()
    found = au.launch_data()
    assert found.pop("contextTemplate")["extensions"] == {SESSION_ID: str(au.session_id)}
    assert found == {
        "launchMode": "Normal",
        "launchParameters": "x=1",
        "masteryScore": 0.9,
        "moveOn": "Passed",
        "returnURL": "http://lms.example.no/back",
        "entitlementKey": {"courseStructure": "key"},
    }
    assert au.read_preferences().json == {"languagePreference": "nb", "audioPreference": "on"}


def test_keeps_preferences_that_are_there(lms):
    registration = lms.enrol(READING)
    au = lms.open(registration)
    chosen = {"languagePreference": "nn", "audioPreference": "off"}
    assert au.preferences("PUT", json=chosen, headers={"If-None-Match": "*"}).status_code == 204
    assert lms.open(registration, language="en").read_preferences().json == chosen


def test_uses_the_same_activity_id_for_every_launch_and_registration(lms):  # 8.1.5.0-4
    course = lms.keep(READING)
    first, second = lms.register(course), lms.register(course, Account(LEARNER.home_page, "ola"))
    ids = {lms.launch(registration).activity_id for registration in (first, first, second)}
    assert len(ids) == 1
    assert ids.pop().startswith(f"{COURSE_IRI}/au/")


# Statements


def test_goes_through_a_whole_session(lms):  # 9.3.1.0-1, -2, 9.3.9.0-1, -5, -9, 9.6.3.1-3
    registration = lms.enrol(EXAM, learner_name="Kari Nordmann")
    au = lms.open(registration)
    mastery = {"https://w3id.org/xapi/cmi5/context/extensions/masteryscore": 0.8}
    passed = au.statement("passed", score={"scaled": 0.9})
    passed["context"]["extensions"] |= mastery
    assert au.send(passed, method="PUT").status_code == 204
    assert au.tell("completed") == 204
    lms.wait(minutes=5)
    assert au.tell("terminated") == 204
    assert lms.verbs(registration) == ["launched", "initialized", "passed", "completed", "satisfied", "satisfied", "terminated"]
    stored = lms.statements(registration)
    assert {one["context"]["extensions"][SESSION_ID] for one in stored} == {str(au.session_id)}
    assert [one["object"]["definition"]["type"].rpartition("/")[2] for one in stored[4:6]] == ["block", "course"]
    assert stored[5]["object"]["id"] == COURSE_IRI
    assert (
        stored[0]["context"]["extensions"]["https://w3id.org/xapi/cmi5/context/extensions/launchurl"]
        == f"{FILES}index.html?a=1&b=2"
    )


def test_hands_in_one_completion_for_all_of_it(lms):
    registration = lms.enrol(EXAM, learner_name="Kari Nordmann")
    au = lms.open(registration)
    au.tell("passed")
    assert lms.sink.received == []
    au.tell("completed")
    au.tell("terminated")
    [completion] = lms.sink.received
    assert (completion.key.source, completion.key.id, completion.registration) == ("cmi5", str(registration), registration)
    assert (completion.activity, completion.activity_name, completion.learner) == (COURSE_IRI, "Kurs", LEARNER)
    assert (completion.outcome, completion.learner_name) == (Outcome(completion=True, success=True), "Kari Nordmann")
    told = [outcome for _, outcome in lms.news.outcomes]
    assert told == [Outcome(completion=True, success=True)]


def test_revises_the_completion_when_the_outcome_improves(lms):
    registration = lms.enrol(course_of(unit("text", MoveOn.COMPLETED_OR_PASSED)))
    au = lms.open(registration)
    au.tell("completed")
    au.tell("failed", score={"scaled": 0.4})
    au.tell("terminated")
    lms.wait(minutes=1)
    second = lms.open(registration)
    second.tell("passed", score={"scaled": 0.7})
    outcomes = [completion.outcome for completion in lms.sink.received]
    assert outcomes == [Outcome(True), Outcome(True, False, Score(0.4)), Outcome(True, True, Score(0.7))]
    assert len({(completion.key, completion.evidence) for completion in lms.sink.received}) == 1
    assert lms.verbs(registration).count("satisfied") == 1


def test_makes_no_completion_of_statements_that_are_only_allowed(lms):
    registration = lms.enrol(READING)
    au = lms.open(registration)
    sub = au.statement("mastered") | {"result": {"completion": True, "success": True, "score": {"scaled": 1}}}
    assert au.send(sub).status_code == 200
    assert (lms.sink.received, lms.news.outcomes) == ([], [])
    assert lms.verbs(registration)[-1] == "mastered"


def test_takes_statements_of_one_request_in_the_order_of_their_timestamps(lms):
    registration = lms.enrol(READING)
    au = lms.open(registration, ready=False)
    au.fetch()
    au.read_preferences()
    told = [("terminated", 30), ("completed", 20), ("experienced", 10), ("initialized", 0)]
    answer = au.send(*(au.statement(verb, at=NOON + timedelta(seconds=seconds)) for verb, seconds in told))
    assert answer.status_code == 200
    standing = lms.standing(registration)
    assert (standing.sessions[0].state, standing.outcome.completion) == (State.TERMINATED, True)


def test_stores_nothing_of_a_request_when_one_statement_breaks_a_rule(lms):
    registration = lms.enrol(READING)
    au = lms.open(registration)
    answer = au.send(au.statement("completed"), au.statement("completed"))
    assert (answer.status_code, answer.json["rule"]) == (403, "cmi5 9.3.3")
    assert lms.verbs(registration) == ["launched", "initialized"]
    assert lms.standing(registration).outcome == Outcome(completion=False)
    assert au.tell("completed") == 204


def test_changes_nothing_when_a_statement_is_sent_again(lms):
    registration = lms.enrol(READING)
    au = lms.open(registration)
    completed = au.statement("completed")
    assert [au.send(completed, method="PUT").status_code for _ in range(2)] == [204, 204]
    terminated = au.statement("terminated")
    assert [au.send(terminated, method="PUT").status_code for _ in range(2)] == [204, 204]
    assert lms.verbs(registration) == ["launched", "initialized", "completed", "satisfied", "terminated"]
    answer = au.send(completed, method="PUT")
    assert (answer.status_code, answer.json["rule"]) == (403, "cmi5 9.3.8")


def test_awaits_the_preferences_to_be_read_before_initialized(lms):  # 11.0.0.0-3 (d2)
    au = lms.open(lms.enrol(READING), ready=False)
    au.fetch()
    assert au.tell("initialized") == 403
    assert au.read_preferences().status_code == 404  # nobody has any yet, which is as good
    assert au.tell("initialized") == 204


@pytest.mark.parametrize("mode", MODES)
def test_records_no_satisfaction_when_only_looking(lms, mode):  # 10.2.2.0-2, -3
    registration = lms.enrol(READING)
    au = lms.open(registration, mode=mode)
    assert [au.tell(verb) for verb in ("completed", "failed", "passed", "experienced", "terminated")] == [403, 403, 403, 204, 204]
    assert lms.standing(registration).outcome.completion is False


def test_refuses_what_was_told_in_an_earlier_session(lms):  # 9.3.0.0-6 (d2), -7 (d2), -8 (d)
    registration = lms.enrol(EXAM)
    first = lms.open(registration)
    assert [first.tell(verb) for verb in ("completed", "passed", "terminated")] == [204, 204, 204]
    second = lms.open(registration)
    assert [second.tell(verb) for verb in ("completed", "passed", "failed")] == [403, 403, 403]


def test_refuses_an_au_what_only_the_lms_may_say(lms):
    au = lms.open(lms.enrol(READING))
    statement = au.statement("experienced")
    au.send(statement)
    voiding = au.statement("voided") | {"object": {"objectType": "StatementRef", "id": statement["id"]}}
    answer = au.send(voiding)
    assert (answer.status_code, answer.json["rule"]) == (403, "cmi5 6.3")


def test_refuses_statements_without_an_id_of_the_aus(lms):  # 9.1.0.0-1 (d)
    au = lms.open(lms.enrol(READING))
    statement = au.statement("experienced")
    del statement["id"]
    assert au.send(statement).json["rule"] == "cmi5 9.1"
    assert au.ask("PUT", "statements", query_string={"statementId": str(uuid4())}, json=statement).status_code == 204


# The end


def test_takes_what_was_overtaken_by_terminated_for_a_while(lms):  # 9.3.8.0-4
    registration = lms.enrol(READING)
    au = lms.open(registration)
    late = au.statement("completed")
    lms.wait(seconds=10)
    assert au.tell("terminated") == 204
    assert au.tell("experienced", at=lms.at + timedelta(seconds=2)) == 403
    assert au.send(late).status_code == 200
    assert lms.standing(registration).outcome.completion is True
    lms.wait(seconds=GRACE.total_seconds())
    assert au.tell("experienced", at=NOON) == 401


def test_abandons_what_is_open_when_the_registration_is_launched_again(lms):  # 9.3.6
    registration = lms.enrol(course_of(unit("a", MoveOn.PASSED), unit("b", MoveOn.PASSED)))
    first = lms.open(registration, 0)
    lms.wait(minutes=3)
    first.tell("experienced")
    lms.wait(minutes=3)
    second = lms.open(registration, 1)
    assert lms.verbs(registration) == ["launched", "initialized", "experienced", "abandoned", "launched", "initialized"]
    abandoned = lms.statements(registration)[3]
    assert abandoned["result"] == {"duration": "PT180S"}
    assert (abandoned["object"]["id"], abandoned["context"]["extensions"][SESSION_ID]) == (first.activity, str(first.session_id))
    assert [first.tell("experienced"), second.tell("experienced")] == [401, 204]
    assert first.state("GET", "LMS.LaunchData").status_code == 401


def test_abandons_a_session_once(lms):  # 9.3.0.0-10
    registration = lms.enrol(READING)
    au = lms.open(registration)
    for _ in range(2):
        lms.abandon(au.session_id)
    assert lms.verbs(registration) == ["launched", "initialized", "abandoned"]
    assert au.tell("experienced") == 401


def test_abandons_sessions_that_nothing_was_heard_of(lms):
    registration, other = lms.enrol(READING), lms.enrol(READING)
    lms.open(registration)
    lms.wait(hours=1)
    busy = lms.open(other)
    lms.wait(seconds=MOST_IDLE.total_seconds() - 1800)
    assert lms.sweep() == 1
    assert lms.sweep() == 0
    assert lms.verbs(registration)[-1] == "abandoned"
    assert busy.tell("experienced") == 204


def test_has_the_worker_abandon_them(lms):
    lms.do(lambda s: people.add_tenant(s, lms.tenant, name="Demo", kind="trust", language="nb"))
    registration = lms.enrol(READING)
    lms.open(registration)
    lms.wait(seconds=MOST_IDLE.total_seconds() + 60)
    assert [rounds.sweep(lms.app.extensions["lrs_bridge"]) for _ in range(2)] == [1, 0]
    assert lms.verbs(registration)[-1] == "abandoned"


# From the registration on


def test_tells_at_once_what_is_satisfied_from_the_beginning(lms):  # 9.6.1.1-3, 9.3.9
    registration = lms.enrol(OPEN)
    stored = lms.statements(registration)
    assert [one["verb"]["id"] for one in stored] == [SATISFIED, SATISFIED]
    sessions = {one["context"]["extensions"][SESSION_ID] for one in stored}
    assert len(sessions) == 1
    au = lms.open(registration)
    assert str(au.session_id) not in sessions
    assert lms.sink.received == []
    au.tell("terminated")
    assert [completion.outcome for completion in lms.sink.received] == [Outcome(completion=True)]


def test_completes_a_course_without_criteria_when_its_session_was_abandoned(lms):
    registration = lms.enrol(OPEN)
    lms.abandon(lms.open(registration, ready=False).session_id)
    assert lms.sink.received == []
    lms.abandon(lms.open(registration).session_id)
    assert [completion.outcome for completion in lms.sink.received] == [Outcome(completion=True)]
    assert lms.verbs(registration)[-1] == "abandoned"


def test_registers_the_same_learner_once(lms):
    course, registration = lms.keep(OPEN), uuid4()
    for _ in range(2):
        lms.register(course, registration=registration)
    assert lms.verbs(registration) == ["satisfied", "satisfied"]


def test_waives_an_au_once(lms):  # 9.3.7
    registration = lms.enrol(course_of(block_of("block", unit("a", MoveOn.PASSED)), unit("b", MoveOn.PASSED)))
    lms.waive(registration, 0)
    lms.waive(registration, 0, "Administrative")
    assert lms.verbs(registration) == ["waived", "satisfied"]
    waived, satisfied = lms.statements(registration)
    assert waived["context"]["extensions"][SESSION_ID] == satisfied["context"]["extensions"][SESSION_ID]
    assert lms.sink.received == []
    lms.waive(registration, 1)
    assert [completion.outcome for completion in lms.sink.received] == [Outcome(completion=True)]


def test_lets_a_waived_au_be_taken(lms):
    registration = lms.enrol(READING)
    lms.waive(registration)
    au = lms.open(registration)
    assert [au.tell("completed"), au.tell("terminated")] == [204, 204]
    assert lms.standing(registration).units[0].progress.waived


# Reading, and documents


def test_lets_an_au_read_its_registrations_statements_alone(lms):
    mine, other = lms.enrol(READING), lms.enrol(READING, learner=Account(LEARNER.home_page, "ola"))
    au = lms.open(mine)
    au.tell("terminated")
    again, neighbour = lms.open(mine), lms.open(other)
    found = again.ask("GET", "statements").json["statements"]
    assert {one["context"]["registration"] for one in found} == {str(mine)}
    assert len(found) == 5
    strange = neighbour.statement("experienced")
    neighbour.send(strange)
    assert again.ask("GET", "statements", query_string={"statementId": strange["id"]}).status_code == 404


def test_lets_an_au_keep_states_of_its_own(lms):
    registration = lms.enrol(READING)
    au = lms.open(registration)
    assert au.state("PUT", "bookmark", json={"page": 3}).status_code == 204
    assert lms.open(registration).state("GET", "bookmark").json == {"page": 3}


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_lets_no_au_change_the_launch_data(lms, method):  # 10.2.1.0-5 (d)
    au = lms.open(lms.enrol(READING))
    body = {} if method == "DELETE" else {"json": {"launchMode": "Review"}}
    answer = au.state(method, "LMS.LaunchData", **body)
    assert (answer.status_code, answer.json["rule"]) == (403, "cmi5 10.2.1")
    assert au.launch_data()["launchMode"] == "Normal"


def test_keeps_others_documents_from_an_au(lms):  # 8.1.3.0-3 (d), 11.0.0.0-1 (d)
    au = lms.open(lms.enrol(READING))
    other = orjson.dumps({"account": {"homePage": LEARNER.home_page, "name": "ola"}}).decode()
    about = {"agent": other, "profileId": "cmi5LearnerPreferences"}
    assert au.ask("GET", "agents/profile", query_string=about).status_code == 403
    assert au.ask("GET", "agents", query_string={"agent": other}).status_code == 403
    assert au.ask("GET", "agents", query_string={"agent": au.actor}).status_code == 200
    assert au.ask("GET", "agents/profile", query_string={"profileId": "x"}).status_code == 400


def test_asks_for_well_formed_preferences(lms):  # 11.0.0.0-5 (d)
    au = lms.open(lms.enrol(READING))
    wrong = au.preferences("PUT", json={"audioPreference": "on"}, headers={"If-None-Match": "*"})
    assert (wrong.status_code, wrong.json["rule"]) == (403, "cmi5 11")


def test_asks_an_au_for_its_token_each_time(lms):
    au = lms.open(lms.enrol(READING))
    lms.abandon(au.session_id)
    statuses = {au.ask("GET", path).status_code for path in ("statements", "activities?activityId=https://example.org")}
    assert statuses == {401}
    assert parse_qs(urlsplit(au.url).query)["registration"] == [au.registration]


def test_launches_in_the_mode_that_is_asked_for(lms):
    au = lms.open(lms.enrol(READING), mode=LaunchMode.BROWSE)
    assert au.launch_data()["launchMode"] == "Browse"
