"""What an attempt comes to, from the states of its SCOs, and when that is a result."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from lrs_bridge.completion import Completion, Outcome, Score, SourceKey
from lrs_bridge.scorm.attempt import ScoState
from lrs_bridge.scorm.manifest.model import ItemKind, Version
from lrs_bridge.scorm.manifest.sequencing import (
    DeliveryControls,
    MapInfo,
    Objective,
    RollupCondition,
    RollupControls,
    RollupRule,
    Sequencing,
)
from lrs_bridge.scorm.outcome import (
    Rollup,
    digest_of,
    evidence_of,
    is_result,
    outcome_of,
    parse_rollup,
    settled,
    to_completion,
)
from tests.support.scorm import ATTEMPT_ID, COURSE, KARI, PACKAGE, attempt, item, organization, state_1_2, state_2004

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
A, B, C = item("a"), item("b"), item("c")
ASSET = item("asset", ItemKind.ASSET)
SEEN = ScoState({})


def axes(outcome):
    return outcome.completion, outcome.success


@pytest.mark.parametrize(
    ("version", "state", "expected"),
    [
        (Version.V1_2, state_1_2("passed", "90"), Outcome(True, True, Score(0.9, 90.0))),
        (Version.V1_2, state_1_2("completed"), Outcome(True)),
        (Version.V1_2, state_1_2("incomplete", "10", exit="suspend"), Outcome(False, None, Score(0.1, 10.0))),
        (Version.V2004, state_2004("completed", "passed", "0.9"), Outcome(True, True, Score(0.9))),
        (Version.V2004, state_2004("incomplete", "failed", terminated=False), Outcome(False, False)),
        (Version.V2004, state_2004("completed", spent=timedelta(minutes=5)), Outcome(True, duration=timedelta(minutes=5))),
        (Version.V2004, None, Outcome()),
    ],
)
def test_lets_the_only_sco_speak_for_the_course(version, state, expected):
    assert outcome_of(attempt(version), {} if state is None else {"sco_1": state}) == expected


def test_does_not_ask_the_engine_about_a_single_sco():
    rollup = Rollup(satisfied=True, completed=True, measure=1.0)
    assert outcome_of(attempt(), {"sco_1": state_2004("incomplete")}, rollup) == Outcome(completion=False)


DONE, FAILED = state_1_2("completed"), state_1_2("failed", "20")


@pytest.mark.parametrize(
    ("items", "states", "expected"),
    [
        ((A, B), {}, (None, None)),
        ((A, B), {"a": DONE}, (False, None)),
        ((A, B), {"a": DONE, "b": state_1_2("incomplete")}, (False, None)),
        ((A, B), {"a": DONE, "b": state_1_2("browsed")}, (False, None)),
        ((A, B), {"a": DONE, "b": DONE}, (True, None)),
        ((A, B), {"a": DONE, "b": state_1_2("passed")}, (True, True)),
        ((A, B), {"a": state_1_2("passed"), "b": state_1_2("passed")}, (True, True)),
        ((A, B), {"a": state_1_2("passed"), "b": FAILED}, (True, False)),
        ((A, B), {"a": FAILED}, (False, None)),
        ((A, B), {"a": DONE, "b": state_1_2("failed", terminated=False)}, (False, None)),
        ((item("k", ItemKind.CLUSTER, children=(A, B)), C), {"a": DONE, "b": DONE, "c": DONE}, (True, None)),
        ((item("k", ItemKind.CLUSTER, children=(A, B)), C), {"a": DONE, "c": DONE}, (False, None)),
        ((A, B, ASSET), {"a": DONE, "b": DONE}, (True, None)),
        ((A, ASSET), {"a": state_1_2("passed")}, (True, True)),
        ((ASSET, item("asset_2", ItemKind.ASSET)), {"asset": SEEN}, (False, None)),
        ((ASSET, item("asset_2", ItemKind.ASSET)), {"asset": SEEN, "asset_2": SEEN}, (True, None)),
    ],
)
def test_rolls_up_the_scos_of_1_2(items, states, expected):
    assert axes(outcome_of(attempt(Version.V1_2, items), states)) == expected


@pytest.mark.parametrize(
    ("states", "score"),
    [
        ({"a": DONE, "b": DONE}, None),
        ({"a": DONE, "b": state_1_2("passed", "90")}, Score(0.9, 90.0)),
        ({"a": state_1_2("passed", "70"), "b": state_1_2("passed", "90")}, Score(0.8)),
        ({"a": state_1_2("passed", "5", **{"score.max": "10"}), "b": state_1_2("passed", "90")}, Score(0.7)),
        ({"a": state_1_2("passed", "120"), "b": state_1_2("passed", "90")}, Score(0.9)),
        ({"a": state_1_2("passed", "120"), "b": state_1_2("passed", "130")}, None),
    ],
)
def test_takes_the_mean_of_the_scores_there_are(states, score):
    assert outcome_of(attempt(Version.V1_2, (A, B, C)), states).score == score


def test_adds_up_the_time_of_all_scos():
    states = {"a": state_1_2(total_time="0000:01:00"), "b": state_1_2(session_time="0000:00:05", terminated=False)}
    assert outcome_of(attempt(Version.V1_2, (A, B)), states).duration == timedelta(seconds=65)


def test_ignores_the_engine_in_1_2():
    assert axes(outcome_of(attempt(Version.V1_2, (A, B)), {"a": DONE}, Rollup(True, True, 1.0))) == (False, None)


def tuned(identifier, **changes):
    return item(identifier, sequencing=Sequencing(**changes))


UNTRACKED = tuned("u", delivery_controls=DeliveryControls(tracked=False))
UNCOUNTED = tuned("n", rollup_controls=RollupControls(objective_satisfied=False, progress_completion=False))


@pytest.mark.parametrize(
    ("items", "states", "expected"),
    [
        ((A, B), {"a": state_2004("completed")}, (False, None)),
        ((A, B), {"a": state_2004("completed"), "b": state_2004("completed", "passed")}, (True, True)),
        ((A, B), {"a": state_2004("completed", "failed"), "b": state_2004("completed", "passed")}, (True, False)),
        ((A, B, UNTRACKED), {"a": state_2004("completed"), "b": state_2004("completed")}, (True, None)),
        ((A, UNTRACKED), {"a": state_2004("completed")}, (True, None)),
        ((A, UNCOUNTED), {"a": state_2004("completed", "passed"), "n": state_2004("incomplete", "failed")}, (True, True)),
        ((A, ASSET), {"a": state_2004("completed")}, (False, None)),
        ((A, ASSET), {"a": state_2004("completed"), "asset": SEEN}, (True, None)),
        ((item("k", ItemKind.CLUSTER, children=(B,), sequencing=UNCOUNTED.sequencing), A, C),
         {"a": state_2004("completed"), "c": state_2004("completed")}, (True, None)),
    ],
)  # fmt: skip
def test_rolls_up_the_leaves_of_2004_by_the_default_rules(items, states, expected):
    assert axes(outcome_of(attempt(items=items), states)) == expected


def test_weighs_the_scores_of_2004():
    items = (tuned("a", rollup_controls=RollupControls(objective_measure_weight=0.25)), B)
    states = {"a": state_2004(scaled="1"), "b": state_2004(scaled="0.5")}
    assert outcome_of(attempt(items=items), states).score == Score(0.6)


def test_has_no_score_where_none_weighs_anything():
    items = tuple(tuned(name, rollup_controls=RollupControls(objective_measure_weight=0)) for name in "ab")
    assert outcome_of(attempt(items=items), {"a": state_2004(scaled="1"), "b": state_2004(scaled="0.5")}).score is None


PLAYED = {"a": state_2004("completed", "passed", "0.5"), "b": state_2004("incomplete", "failed", "0.7")}
RULE = RollupRule("satisfied", (RollupCondition("satisfied"),), child_activity_set="any")
BY_RULES, BY_MEASURE = Sequencing(rollup_rules=(RULE,)), Sequencing(primary_objective=Objective(satisfied_by_measure=True))
MAPPED = tuned("b", primary_objective=Objective("o", maps=(MapInfo("g"),)))
PARTLY = {"n": state_2004("incomplete", "failed")}


@pytest.mark.parametrize(
    ("changes", "states", "rollup", "expected"),
    [
        ({}, {"a": state_2004("completed")}, Rollup(True, True), (True, True)),  # UP.4: what content leaves open is completed
        ({}, {"a": state_2004("completed")}, Rollup(None, None), (False, None)),
        ({}, {"a": state_2004("completed"), "b": state_2004("completed")}, Rollup(None, False), (True, None)),  # an open asset
        ({}, {"a": state_2004("completed"), "b": state_2004("completed")}, Rollup(False, None), (True, False)),
        ({}, PLAYED, Rollup(True, True), (False, None)),
        ({}, {}, Rollup(True, True), (None, None)),
        ({"mode": "browse"}, PLAYED, Rollup(True, True), (None, None)),
        ({"organization": organization(A, B, sequencing=BY_RULES)}, PLAYED, Rollup(True, True), (True, True)),
        ({"organization": organization(A, B, sequencing=BY_MEASURE)}, PLAYED, Rollup(True, None), (False, True)),
        (
            {"organization": organization(item("k", ItemKind.CLUSTER, children=(A, B), sequencing=BY_RULES))},
            PLAYED,
            Rollup(True, True),
            (True, True),
        ),
        ({"organization": organization(A, MAPPED)}, PLAYED, Rollup(True, True), (True, True)),
        ({"organization": organization(A, tuned("b", rollup_rules=(RULE,)))}, PLAYED, Rollup(True, True), (False, None)),
        ({"organization": organization(A, B, sequencing=Sequencing())}, PLAYED, Rollup(True, True), (False, None)),
        ({"organization": organization(A, UNCOUNTED)}, PARTLY, Rollup(True, True), (True, True)),
    ],
)
def test_holds_the_engines_rollup_against_what_the_scos_say(changes, states, rollup, expected):
    going = attempt(items=(A, B), **changes)
    assert axes(outcome_of(going, states, rollup)) == expected


@pytest.mark.parametrize(
    ("states", "measure", "score"),
    [
        (PLAYED, 0.65, Score(0.65)),
        (PLAYED, None, Score(0.6)),
        ({"a": state_2004(scaled="0.5")}, 0.25, Score(0.25)),
        ({"a": state_2004(scaled="0.5", **{"score.raw": "5"})}, 0.5, Score(0.5, 5.0)),
        ({}, 0.25, None),
    ],
)
def test_takes_the_engines_measure_for_the_score(states, measure, score):
    assert outcome_of(attempt(items=(A, B)), states, Rollup(measure=measure)).score == score


@pytest.mark.parametrize(
    ("sequencing", "rollup"),
    [
        (None, None),
        ([], None),
        ({}, None),
        ({"result": "passed"}, None),
        ({"result": {}}, Rollup()),
        ({"result": {"completion": "completed", "success": "passed", "score": 0.5}}, Rollup(True, True, 0.5)),
        ({"result": {"completion": "incomplete", "success": "failed", "score": -1}}, Rollup(False, False, -1.0)),
        ({"result": {"completion": "not attempted", "success": "unknown", "score": None}}, Rollup(None, False)),
        ({"result": {"completion": "unknown", "success": ["passed"], "score": 1.5}}, Rollup()),
        ({"result": {"completion": True, "success": 1, "score": True}}, Rollup()),
        ({"result": {"score": "0.5"}}, Rollup()),
    ],
)
def test_reads_the_engines_rollup(sequencing, rollup):
    assert parse_rollup(sequencing) == rollup


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome(), False),
        (Outcome(completion=False), False),
        (Outcome(success=False), False),
        (Outcome(completion=False, success=False), False),
        (Outcome(score=Score(1.0)), False),
        (Outcome(completion=True), True),
        (Outcome(completion=True, success=False), True),
        (Outcome(completion=True, success=True), True),
        (Outcome(success=True), True),
        (Outcome(completion=False, success=True), True),
    ],
)
def test_hands_on_only_results(outcome, expected):
    made = to_completion(attempt(), outcome, number=2, occurred_at=NOW, asserted_by="lrs_bridge", evidence=b"{}")
    assert (is_result(outcome), made is not None) == (expected, expected)


def test_makes_a_completion_of_each_result_of_the_attempt():
    outcome = Outcome(True, True, Score(0.9), timedelta(minutes=5))
    made = to_completion(attempt(), outcome, number=2, occurred_at=NOW, asserted_by="lrs_bridge", evidence=b"{}")
    assert made == Completion(
        key=SourceKey("demo", "scorm", f"{ATTEMPT_ID}.2"),
        learner=KARI,
        activity=COURSE,
        registration=ATTEMPT_ID,
        outcome=outcome,
        occurred_at=NOW,
        asserted_by="lrs_bridge",
        evidence="sha-256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        activity_name="Smittevern",
        learner_name="Nordmann, Kari",
    )


HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (Outcome(), Outcome(False), Outcome(False)),
        (Outcome(False, False), Outcome(), Outcome()),
        (Outcome(True), Outcome(False, None, None, HOUR), Outcome(True, None, None, HOUR)),
        (Outcome(True, True), Outcome(True, False), Outcome(True, True)),
        (Outcome(True, False), Outcome(True, True), Outcome(True, True)),
        (Outcome(False, True), Outcome(True, True), Outcome(True, True)),
        (Outcome(True, True, Score(0.9)), Outcome(True, True, Score(0.8)), Outcome(True, True, Score(0.9))),
        (Outcome(True, True, Score(0.8)), Outcome(True, True, Score(0.9)), Outcome(True, True, Score(0.9))),
        (Outcome(True, True), Outcome(True, True, Score(-1.0)), Outcome(True, True, Score(-1.0))),
        (Outcome(True, True, None, MINUTE), Outcome(True, True, None, HOUR), Outcome(True, True, None, HOUR)),
    ],
)
def test_never_plays_a_result_away(before, now, expected):
    assert settled(before, now) == expected


def test_writes_the_evidence_that_the_outcome_rests_on():
    states = {"sco_1": state_2004("completed", "passed", "0.9", suspend_data="much", session_time="PT5M", total_time="PT5M")}
    going, rollup = attempt(), Rollup(True, None, 0.9)
    evidence = evidence_of(going, states, rollup, outcome_of(going, states, rollup))
    assert json.loads(evidence) == {
        "format": "lrs-bridge-scorm-evidence/1",
        "attempt": str(ATTEMPT_ID),
        "course": COURSE,
        "package": PACKAGE,
        "learner": {"homePage": KARI.home_page, "name": KARI.name},
        "mode": "normal",
        "credit": "credit",
        "scos": {
            "sco_1": {
                "terminated": True,
                "time": "PT5M",
                "cmi": {"cmi.completion_status": "completed", "cmi.success_status": "passed", "cmi.score.scaled": "0.9"},
            }
        },
        "rollup": {"satisfied": True, "completed": None, "measure": 0.9},
        "outcome": {
            "completion": True,
            "success": True,
            "score": {"scaled": 0.9, "raw": None, "minimum": None, "maximum": None},
            "duration": "PT5M",
        },
    }


def test_writes_the_same_evidence_in_whatever_order_the_states_come():
    states = {"b": state_1_2("passed"), "a": state_1_2("passed", "5")}
    going = attempt(Version.V1_2, (A, B))
    written = [evidence_of(going, dict(order), None, Outcome()) for order in (states.items(), reversed(states.items()))]
    assert written[0] == written[1]
    assert digest_of(written[0]).startswith("sha-256:")
