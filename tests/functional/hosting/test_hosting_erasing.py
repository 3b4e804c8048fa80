"""A person's request reaches what hosted courses keep: attempts, what was set in them, registrations and sessions."""

import json
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import insert

from lrs_bridge.db import audit, metadata, transact
from lrs_bridge.plans.mapping import Policy as Signing
from lrs_bridge.plans.record import Event, State
from lrs_bridge.rounds.retention import sweep_of
from lrs_bridge.signing import service as signing
from lrs_bridge.xapi.retention import service as retention
from lrs_bridge.xapi.retention.policy import Policy
from tests.support import browsing
from tests.support.cmi5_lms import Au
from tests.support.hosting import PASSED_1_2, PUBLIC_URL
from tests.support.packages import cmi5_xml

QUIET = "cmi.suspend_data"
SET = ("scorm_commit", "scorm_sco", "scorm_position")
SCORM = (*SET, "scorm_session", "scorm_result", "attempt")
CMI5 = ("cmi5_session", "cmi5_satisfied", "cmi5_au_state", "cmi5_registration", "attempt")
READING = {"cmi5.xml": cmi5_xml(), "index.html": "x"}


def sweep(school, **changes):
    told = {"pause": lambda _seconds: None, **changes}
    return replace(sweep_of(school.app.extensions["lrs_bridge"]), **told)


def rule(school, who="kari"):
    person_id = getattr(school.ward, who)
    return school.read(lambda s: retention.rule_of_person(s, school.tenant, person_id, actor="operator"))


def erases(school, who="kari", **changes):
    return retention.carry_out(sweep(school, **changes), school.tenant, rule(school, who))


def counts(school, tables):
    found = school.counts()
    return [found[name] for name in tables]


def plays(school, hosted_id, who="kari", **more):
    """A sitting with a result, which is left open."""
    player = school.sit(hosted_id, who=who, **more)
    player.starts()
    player.says({QUIET: "5f3a", **PASSED_1_2}, current="i1")
    return player


def opened(school, hosted_id, who="kari"):
    """An AU in a session that has begun."""
    attempt = school.begin(hosted_id, who=who)
    answer = browsing.submit(school.browser(who), f"/learn/attempts/{attempt}/units/0")
    clocked = SimpleNamespace(app=school.app, at=school.ward.clock)
    au = Au(clocked, SimpleNamespace(url=answer.location, session_id=None))
    au.fetch()
    au.read_preferences()
    assert au.tell("initialized") == 204
    return au


def tampered(school):
    source = school.app.extensions["lrs_bridge"].evidence_source
    return school.read(lambda s: signing.check_ledger(s, school.tenant, source))


def test_erases_an_attempt_with_all_that_the_course_had_set_and_nobody_elses(school):
    hosted_id = school.host()
    plays(school, hosted_id, "ola")
    others = counts(school, (*SCORM, "completion", "statement"))
    plays(school, hosted_id)
    foreseen = retention.preview(sweep(school), school.tenant, rule(school))
    tally = erases(school)
    assert (tally.attempts, tally.claims, tally.held_attempts) == (1, 1, {})
    assert (foreseen.attempts, foreseen.erased) == (1, tally.erased)
    assert counts(school, (*SCORM, "completion", "statement")) == others
    assert [row.learner_name for row in school.rows("attempt")] == ["Ola Hansen"]
    (told,) = [each for each in school.read(lambda s: audit.find(s, school.tenant)) if each.action == "statements.erased"]
    assert (told.detail["attempts"], told.detail["claims"], told.detail["attempts_held_by_reason"]) == (1, 1, {})


def test_changes_nothing_when_it_is_only_foreseen(school):
    plays(school, school.host())
    before = school.counts()
    retention.preview(sweep(school), school.tenant, rule(school))
    assert school.counts() == before


def test_takes_back_what_nothing_signed_rests_on(school):
    hosted_id = school.host()
    school.map(hosted_id, school.ward.intubation, Signing.SUPERVISOR)
    plays(school, hosted_id)
    record = school.ward.record(school.ward.intubation)
    school.ward.apply(record.record_id, Event.RETURN, comment="Mangler")
    erases(school)
    assert school.ward.record(school.ward.intubation).state is State.PLANNED
    assert counts(school, (*SCORM, "completion", "record_evidence")) == [0] * 8


def test_keeps_what_a_signed_activity_rests_on_and_nothing_that_the_course_had_set(school):
    hosted_id = school.host()
    school.map(hosted_id, school.ward.intubation)
    plays(school, hosted_id)
    assert school.ward.record(school.ward.intubation).state is State.SIGNED
    before = school.rows("scorm_result"), school.rows("attempt")
    foreseen = retention.preview(sweep(school), school.tenant, rule(school))
    tally = erases(school)
    assert tally.attempts == foreseen.attempts == 0
    assert tally.held_attempts == foreseen.held_attempts == {"evidence of a signed activity": 1}
    assert (school.rows("scorm_result"), school.rows("attempt")) == before
    assert counts(school, SET) == [0, 0, 0]
    assert school.ward.record(school.ward.intubation).state is State.SIGNED
    assert tampered(school) == []


@pytest.mark.parametrize("cmi", [{QUIET: "x"}, PASSED_1_2])
def test_keeps_nothing_more_of_a_window_whose_attempt_was_erased(school, cmi):
    player = plays(school, school.host())
    erases(school)
    answer = player.commit(cmi)
    assert (answer.status_code, answer.json["result"]) == (422, "false")
    assert "erased" in answer.json["message"]
    assert counts(school, (*SCORM, "completion")) == [0] * 7


def test_erases_a_commit_too_that_was_on_its_way_in_when_its_attempt_went(school):
    plays(school, school.host())
    (late,) = school.rows("scorm_commit", sequence=2)

    def arrives(_share):
        rows = [{**late._mapping, "sequence": 7}]
        transact(school.ward.engine, lambda s: s.execute(insert(metadata.tables["scorm_commit"]), rows))
        sweeping["progress"] = None

    sweeping = {"progress": arrives}
    erases(school, progress=lambda share: sweeping["progress"] and sweeping["progress"](share))
    assert sweeping == {"progress": None}
    assert counts(school, SET) == [0, 0, 0]


def test_begins_anew_beside_an_attempt_that_stays(school):
    hosted_id = school.host()
    plays(school, hosted_id)
    plays(school, hosted_id, again="yes")
    (first, second) = sorted(school.rows("attempt"), key=lambda row: row.number)
    kept, now = school.app.extensions["lrs_bridge"].kept_attempts, school.ward.clock
    transact(school.ward.engine, lambda s: kept.forget(s, school.tenant, [first.attempt_id], now=now))
    new = school.begin(hosted_id, again="yes")
    assert (second.number, school.attempt(new).number) == (2, 3)


def test_erases_a_cmi5_registration_with_its_sessions_whose_keys_open_nothing_more(school):
    hosted_id = school.host(READING)
    opened(school, hosted_id, "ola").tell("completed")
    others = counts(school, CMI5)
    au = opened(school, hosted_id)
    assert au.tell("completed") == 204
    agent = {"account": {"homePage": PUBLIC_URL, "name": str(school.ward.kari)}}
    named = retention.rule_of_agent(json.dumps(agent), actor="operator")
    tally = retention.carry_out(sweep(school), school.tenant, named)
    assert (tally.attempts, tally.claims) == (1, 1)
    assert tally.documents == 2  # launch data and preferences
    assert counts(school, CMI5) == others
    assert au.ask("GET", "statements").status_code == 401


def test_keeps_the_cmi5_registration_that_a_signed_activity_rests_on(school):
    hosted_id = school.host(READING)
    school.map(hosted_id, school.ward.intubation)
    assert opened(school, hosted_id).tell("completed") == 204
    before = counts(school, CMI5)
    tally = erases(school)
    assert tally.held_attempts == {"evidence of a signed activity": 1}
    assert counts(school, CMI5) == before
    assert tampered(school) == []


def test_leaves_attempts_alone_when_a_policy_runs(school):
    plays(school, school.host())
    made = Policy(school.tenant, "all", 1, school.ward.clock)
    later = school.ward.clock + timedelta(days=400)
    old = school.read(lambda s: retention.rule_of_policy(s, made, actor="system", now=later))
    before = counts(school, (*SCORM, "completion"))
    tally = retention.carry_out(sweep(school), school.tenant, old)
    assert (tally.erased > 0, tally.attempts) == (True, 0)
    assert counts(school, (*SCORM, "completion")) == before
