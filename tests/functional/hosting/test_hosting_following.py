"""What follows from a course that is played: statements, completions, signed activities, scores for platforms."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import update

from lrs_bridge.db import metadata
from lrs_bridge.hosting.hosted import Stage
from lrs_bridge.hosting.placing.service import HostedLaunchables
from lrs_bridge.lti.placement.place import Place
from lrs_bridge.lti.scores import service as scores
from lrs_bridge.plans.mapping import Policy, Requirement
from lrs_bridge.plans.record import State
from lrs_bridge.ports import Reached
from lrs_bridge.rounds import hosting as rounds
from lrs_bridge.signing import service as signing
from tests.support import browsing, packages
from tests.support.hosting import DONE_1_2, PASSED_1_2
from tests.support.lrs import Caller
from tests.support.lti.services import Placed, PlatformServices
from tests.support.packages import several_scos, single_sco

HOME = "http://127.0.0.1:8080"


@pytest.fixture
def caller(app, engine, school):
    return Caller(app.test_client(), engine, tenant=school.tenant)


def statements_of(caller, player):
    found = caller.get(registration=player.state()["attempt"], ascending="true", limit="100")
    assert found.status_code == 200
    return found.json["statements"]


def verbs(statements):
    return [one["verb"]["id"].rpartition("/")[2] for one in statements]


def check(school):
    """What the doctor finds wrong with the ledger and its evidence."""
    source = school.app.extensions["lrs_bridge"].evidence_source
    return school.read(lambda s: signing.check_ledger(s, school.tenant, source))


def evidence_of(school, completion):
    source = school.app.extensions["lrs_bridge"].evidence_source
    return school.read(lambda s: source.evidence_bytes(s, school.tenant, completion.source, completion.source_id))


def test_signs_the_activity_of_who_completes_the_course(school, caller):
    ward, hosted_id = school.ward, school.host()
    school.map(hosted_id, ward.intubation)
    assert ward.record(ward.intubation).state is State.PLANNED
    player = school.sit(hosted_id)
    player.starts()
    assert school.rows("completion") == []
    player.ends(PASSED_1_2 | {"cmi.core.session_time": "00:10:00"})
    record = ward.record(ward.intubation)
    assert record.state is State.SIGNED
    (completion,) = school.rows("completion")
    assert (completion.source, completion.source_id) == ("scorm", f"{player.state()['attempt']}.1")
    assert (completion.person_id, completion.asserted_by) == (ward.kari, "Courses played here")
    assert str(completion.registration) == player.state()["attempt"]
    assert check(school) == []
    document = json.loads(evidence_of(school, completion))
    assert document["outcome"]["completion"] is True
    assert document["scos"]["i1"]["cmi"]["cmi.core.lesson_status"] == "passed"
    assert "Courses played here" in school.browser("kari").get(f"/plan/records/{record.record_id}").text
    page = school.browser("kari").get("/plan").text
    assert "Signed by the service on behalf of Eva Eier" in page


def test_tells_the_lrs_what_happened_under_the_attempt_s_registration(school, caller):
    player = school.sit(school.host())
    player.starts()
    player.says({"cmi.core.lesson_status": "incomplete"})
    player.ends(PASSED_1_2)
    found = statements_of(caller, player)
    assert verbs(found)[0] == "initialized"
    assert {"completed", "passed", "terminated"} <= set(verbs(found))
    assert len({one["id"] for one in found}) == len(found)
    for one in found:
        assert one["actor"]["account"] == {"homePage": HOME, "name": str(school.ward.kari)}
        assert one["authority"]["account"]["homePage"] == HOME
        assert "https://w3id.org/xapi/scorm" in {each["id"] for each in one["context"]["contextActivities"]["category"]}
    assert len(school.rows("completion")) == 1  # of the attempt, none of its statements
    assert caller.get(registration=str(school.ward.kari)).json["statements"] == []


def test_takes_failing_before_the_end_for_no_result(school):
    ward, hosted_id = school.ward, school.host(packages.ispring("4th"))
    school.map(hosted_id, ward.intubation)
    player = school.sit(hosted_id)
    player.starts()
    early = {
        "cmi.success_status": "failed",
        "cmi.completion_status": "incomplete",
        "cmi.score.raw": "16.67",
        "cmi.exit": "suspend",
    }
    player.says(early)
    player.ends(early)
    assert school.rows("completion") == []
    assert school.attempt(player.state()["attempt"]).stage is Stage.UNDER_WAY
    assert ward.record(ward.intubation).state is State.PLANNED
    again = school.sit(hosted_id)
    assert again.state()["mode"] == "normal"
    again.starts()
    again.ends({"cmi.success_status": "passed", "cmi.completion_status": "completed", "cmi.score.scaled": "0.9"})
    assert ward.record(ward.intubation).state is State.SIGNED


def test_lets_a_better_result_stand_beside_the_first_and_counts_one(school, caller):
    ward, hosted_id = school.ward, school.host()
    school.map(hosted_id, ward.intubation)
    player = school.sit(hosted_id)
    player.starts()
    player.says(DONE_1_2)
    record = ward.record(ward.intubation)
    assert record.state is State.SIGNED
    player.says(PASSED_1_2)
    player.says({**PASSED_1_2, "cmi.core.session_time": "00:10:00"})  # the time alone makes no new result
    assert sorted(row.source_id.rpartition(".")[2] for row in school.rows("completion")) == ["1", "2"]
    after = ward.record(ward.intubation)
    assert (after.record_id, after.state) == (record.record_id, State.SIGNED)
    assert len(list(school.rows("attestation"))) == 1
    assert check(school) == []
    assert all(evidence_of(school, row) for row in school.rows("completion"))
    attempt = school.attempt(player.state()["attempt"])
    assert (attempt.stage, attempt.outcome.score.share()) == (Stage.PASSED, 0.9)
    assert verbs(statements_of(caller, player)).count("passed") <= 2


def test_finds_evidence_that_was_changed_afterwards(school):
    ward, hosted_id = school.ward, school.host()
    school.map(hosted_id, ward.intubation)
    player = school.sit(hosted_id)
    player.starts()
    player.ends(PASSED_1_2)
    assert check(school) == []
    table = metadata.tables["scorm_result"]
    ward.do(lambda s: s.execute(update(table).values(document='{"outcome": "better"}')))
    (finding,) = check(school)
    assert "evidence" in finding.message


@pytest.mark.parametrize(("share", "state"), [("0.5", State.PLANNED), ("0.85", State.SENT)])
def test_asks_for_what_the_mapping_demands(school, share, state):
    ward, hosted_id = school.ward, school.host(single_sco("4th"))
    school.map(hosted_id, ward.intubation, Policy.SUPERVISOR, requirement=Requirement.PASSED, minimum_score=0.8)
    player = school.sit(hosted_id)
    player.starts()
    player.ends({"cmi.completion_status": "completed", "cmi.success_status": "passed", "cmi.score.scaled": share})
    assert ward.record(ward.intubation).state is state
    assert check(school) == []


def test_applies_what_was_finished_before_the_course_was_mapped(school):
    ward, hosted_id = school.ward, school.host()
    player = school.sit(hosted_id)
    player.starts()
    player.ends(PASSED_1_2)
    school.map(hosted_id, ward.intubation)
    assert ward.record(ward.intubation).state is State.SIGNED
    assert check(school) == []


def test_completes_a_course_of_several_scos_with_the_last_of_them(school, caller):
    ward, hosted_id = school.ward, school.host(several_scos("1.2", count=2))
    school.map(hosted_id, ward.intubation)
    player = school.sit(hosted_id)
    for item, progress in (("i1", 0.5), ("i2", 1.0)):
        player.starts(sco=item, current=item)
        player.ends({"cmi.core.lesson_status": "passed", "cmi.core.score.raw": "80", "cmi.core.score.max": "100"}, sco=item)
        assert school.attempt(player.state()["attempt"]).progress == progress
        assert len(school.rows("completion")) == (item == "i2")
    assert ward.record(ward.intubation).state is State.SIGNED
    attempt = school.attempt(player.state()["attempt"])
    assert (attempt.stage, attempt.outcome.score.share()) == (Stage.PASSED, 0.8)
    objects = {one["object"]["id"] for one in statements_of(caller, player)}
    assert len(objects) == 3  # two SCOs and the course
    assert set(player.state()["scos"]) == {"i1", "i2"}
    assert check(school) == []


def test_fails_a_course_once_all_is_done_and_one_part_is_failed(school):
    hosted_id = school.host(several_scos("4th", count=2))
    player = school.sit(hosted_id)
    player.starts(sco="i1")
    player.ends({"cmi.completion_status": "completed", "cmi.success_status": "failed"}, sco="i1")
    assert school.attempt(player.state()["attempt"]).stage is Stage.UNDER_WAY
    player.starts(sco="i2")
    player.ends({"cmi.completion_status": "completed", "cmi.success_status": "passed"}, sco="i2")
    assert school.attempt(player.state()["attempt"]).stage is Stage.FAILED
    (completion,) = school.rows("completion")
    assert completion.outcome["success"] is False


def test_shows_what_became_of_it_to_support(school):
    ward, hosted_id = school.ward, school.host()
    school.map(hosted_id, ward.intubation)
    player = school.sit(hosted_id)
    player.starts()
    player.ends(PASSED_1_2)
    page = school.browser("owner").get(f"/hosted/{hosted_id}/attempts/{player.state()['attempt']}").text
    assert "Recognised as Kari Nordmann" in page
    assert "Endotrakeal intubasjon" in page
    assert "90 per cent" in page
    assert "Ended by the course" in page


# Sittings that nobody ended


def test_closes_a_sitting_as_suspended_that_nobody_ended(school, caller):
    hosted_id = school.host()
    player = school.sit(hosted_id)
    player.starts()
    player.says({"cmi.core.lesson_status": "incomplete"})
    parts = school.app.extensions["lrs_bridge"]
    assert rounds.close_silent(parts) == 0
    school.ward.clock += timedelta(days=2)
    assert rounds.close_silent(parts) == 1
    assert rounds.close_silent(parts) == 0
    assert verbs(statements_of_again(caller, school))[-1] == "suspended"
    (sitting,) = school.rows("scorm_session")
    assert sitting.end == "timed_out"
    school.browsers.clear()  # logged out meanwhile
    resumed = school.sit(hosted_id)
    assert resumed.state()["scos"]["i1"]["cmi"] == {"cmi.core.lesson_status": "incomplete"}


def statements_of_again(caller, school):
    """By the only attempt there is: its ticket is over."""
    (attempt,) = school.rows("attempt")
    return caller.get(registration=str(attempt.attempt_id), ascending="true", limit="100").json["statements"]


def test_tells_of_a_suspended_sitting_once_when_a_new_one_begins(school, caller):
    hosted_id = school.host()
    player = school.sit(hosted_id)
    player.starts()
    player.says({"cmi.core.lesson_status": "incomplete"})
    again = school.sit(hosted_id)
    assert verbs(statements_of(caller, again)).count("suspended") == 1
    assert player.commit({"cmi.core.lesson_location": "4"}).status_code == 409
    school.sit(hosted_id)
    assert verbs(statements_of(caller, again)).count("suspended") == 1


# Placed in learning platforms


@pytest.fixture
def placed(ward, school, tmp_path):
    made = Placed(ward, tmp_path / "platform", PlatformServices("https://lms.example.no"))
    yield made
    made.parts.engine.dispose()


SOURCE = HostedLaunchables()


def standings(school, hosted_id, *persons):
    return school.read(lambda s: SOURCE.standings(s, school.tenant, "hosted", str(hosted_id), persons))


def test_can_be_placed_by_its_title(school):
    hosted_id = school.host(single_sco(title="Brannvern"))
    found = school.read(lambda s: SOURCE.search(s, school.tenant, " brann ", 10))
    assert [(one.kind, one.id, one.title, one.is_graded) for one in found] == [("hosted", str(hosted_id), "Brannvern", True)]
    assert school.read(lambda s: SOURCE.search(s, "other", "", 10)) == []
    assert school.read(lambda s: SOURCE.search(s, school.tenant, "%", 10)) == []
    assert school.read(lambda s: SOURCE.find(s, school.tenant, "hosted", str(hosted_id))) == found[0]
    everything = school.app.extensions["lrs_bridge"].launchables
    assert school.read(lambda s: everything.find(s, school.tenant, "hosted", str(hosted_id))) == found[0]


@pytest.mark.parametrize("id", ["", "x", "00000000-0000-0000-0000-000000000001"])
def test_is_not_found_when_it_is_not_there(school, id):
    hosted_id = school.host()
    for kind, named, tenant in (
        ("hosted", id, school.tenant),
        ("activity", str(hosted_id), school.tenant),
        ("hosted", str(hosted_id), "x"),
    ):
        assert school.read(lambda s: SOURCE.find(s, tenant, kind, named)) is None  # noqa: B023
    assert school.read(lambda s: SOURCE.standings(s, school.tenant, "activity", str(hosted_id), [school.ward.kari])) == {}
    found = school.read(lambda s: SOURCE.standings(s, school.tenant, "hosted", id, [school.ward.kari]))
    assert {one.reached for one in found.values()} <= {Reached.PLANNED}


def test_stands_as_the_best_attempt(school):
    hosted_id, ward = school.host(), school.ward
    player = school.sit(hosted_id)
    player.starts()
    player.ends(PASSED_1_2)
    worse = school.sit(hosted_id, again="yes")
    worse.starts()
    worse.ends(PASSED_1_2 | {"cmi.core.score.raw": "50"})
    found = standings(school, hosted_id, ward.kari, ward.ola)
    assert {who: (one.reached, one.share) for who, one in found.items()} == {
        ward.kari: (Reached.DONE, 0.9),
        ward.ola: (Reached.PLANNED, None),
    }


def test_queues_the_score_for_platforms_when_the_attempt_is_finished(school, placed):
    hosted_id, ward = school.host(), school.ward
    placed.link(hosted_id, ("42", ward.kari), ("43", ward.ola), place=Place("hosted", str(hosted_id)))

    def queued():
        found = school.read(lambda s: scores.scores_of(s, school.tenant, placed.platform.platform_id, ["waiting"]))
        return [(one.score.subject, one.score.grade.activity_progress, one.score.grade.given) for one in found]

    player = school.sit(hosted_id)
    player.starts()
    player.says({"cmi.core.lesson_status": "incomplete", "cmi.core.score.raw": "40", "cmi.core.score.max": "100"})
    assert queued() == []
    player.says(PASSED_1_2)
    player.ends(PASSED_1_2)
    assert queued() == [("42", "Completed", 90)]
    browsing.submit(school.browser("owner"), f"/hosted/{hosted_id}/preview")
    assert queued() == [("42", "Completed", 90)]


def test_counts_nothing_of_who_opens_the_course_in_an_owner_s_preview(school):
    hosted_id, ward = school.host(), school.ward
    answer = browsing.submit(school.browser("owner"), f"/hosted/{hosted_id}/preview")
    player = school.play(answer.location.rpartition("/")[2], who="owner")
    player.starts()
    player.ends(PASSED_1_2)
    assert standings(school, hosted_id, ward.owner)[ward.owner].reached is Reached.PLANNED
