"""What commits tell, by ADL's SCORM profile; every statement is read by our own model and by the tincan library."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import tincan

from lrs_bridge.completion import Outcome, Score
from lrs_bridge.scorm.attempt import ScoState
from lrs_bridge.scorm.manifest.model import Version
from lrs_bridge.scorm.manifest.sequencing import MapInfo, Objective, Sequencing
from lrs_bridge.scorm.statements import names
from lrs_bridge.scorm.statements.frame import Moment, score_members
from lrs_bridge.scorm.statements.happened import closing, course_happened, happened
from lrs_bridge.scorm.statements.interactions import definition_of, localized, result_of
from lrs_bridge.xapi.model.statement import parse_statement
from lrs_bridge.xapi.model.version import Version as XapiVersion
from tests.support.scorm import ATTEMPT_ID, COURSE, attempt, item, organization, state_1_2, state_2004

V1_2, V2004 = Version.V1_2, Version.V2004
NOW = datetime(2026, 3, 4, 10, 0, 5, 250000, tzinfo=UTC)
SCO = f"{COURSE}/sco_1"


def moment(version=V2004, *, begins=False, ends=False, sequence=17, **changes):
    going = attempt(version, **changes)
    return Moment(going, going.organization.items[0], 3, sequence, NOW, 90.5, "lrs_bridge", begins, ends)


def valid(statements):
    """The statements as another LRS would get them, after both readers have taken them."""
    sent = json.loads(json.dumps(statements))
    for each in sent:
        for version in XapiVersion:
            assert parse_statement(json.dumps(each).encode(), max_bytes=100_000, version=version).id == UUID(each["id"])
        read = tincan.Statement.from_json(json.dumps(each))
        assert (str(read.verb.id), read.object.id) == (each["verb"]["id"], each["object"]["id"])
        assert read.to_json()
    assert len({each["id"] for each in sent}) == len(sent)
    return sent


def told(before, after, at):
    """Verbs, objects and results of what happened."""
    statements = valid(happened(before, after, at))
    return [
        (each["verb"]["id"].rpartition("/")[2], each["object"]["id"].removeprefix(SCO), each.get("result")) for each in statements
    ]


def interaction(version=V2004, index=0, **members):
    return {f"cmi.interactions.{index}.{name.replace('__', '.')}": value for name, value in members.items()}


def test_tells_by_the_profile_who_did_what_where_and_when():
    going = moment(begins=True, course_description="Om smitte")
    assert valid(happened(None, ScoState({}), going)) == [
        {
            "id": "d678e5e4-4062-567e-9ec8-7aa9d8a9b3b4",
            "actor": {
                "objectType": "Agent",
                "name": "Nordmann, Kari",
                "account": {"homePage": "https://lrs.example.no", "name": "opaque-7"},
            },
            "verb": {"id": "http://adlnet.gov/expapi/verbs/initialized", "display": {"en-US": "initialized"}},
            "object": {
                "objectType": "Activity",
                "id": SCO,
                "definition": {"type": "http://adlnet.gov/expapi/activities/lesson", "name": {"nb": "Håndhygiene"}},
            },
            "context": {
                "registration": str(ATTEMPT_ID),
                "platform": "lrs_bridge",
                "language": "nb",
                "contextActivities": {
                    "grouping": [
                        {
                            "objectType": "Activity",
                            "id": COURSE,
                            "definition": {
                                "type": "http://adlnet.gov/expapi/activities/course",
                                "name": {"nb": "Smittevern"},
                                "description": {"nb": "Om smitte"},
                            },
                        },
                        {
                            "objectType": "Activity",
                            "id": f"{SCO}?attemptId={ATTEMPT_ID}",
                            "definition": {"type": "http://adlnet.gov/expapi/activities/attempt", "name": {"nb": "Håndhygiene"}},
                        },
                        {
                            "objectType": "Activity",
                            "id": "https://lrs.example.no",
                            "definition": {"type": "http://id.tincanapi.com/activitytype/lms", "name": {"nb": "lrs_bridge"}},
                        },
                    ],
                    "category": [
                        {
                            "objectType": "Activity",
                            "id": "https://w3id.org/xapi/scorm",
                            "definition": {"type": "http://adlnet.gov/expapi/activities/profile"},
                        }
                    ],
                },
            },
            "timestamp": "2026-03-04T10:00:05.250Z",
        }
    ]


def test_names_a_learner_only_where_there_is_a_name():
    (statement,) = valid(happened(None, ScoState({}), moment(begins=True, learner_name=None)))
    assert "name" not in statement["actor"]


@pytest.mark.parametrize(
    ("before", "begins", "verbs"),
    [
        (None, True, ["initialized"]),
        (None, False, ["initialized"]),
        (state_2004(exit="suspend"), True, ["resumed"]),
        (state_2004(terminated=False), True, ["resumed"]),
        (state_2004(exit="normal"), True, ["initialized"]),
        (state_1_2(exit=""), True, ["initialized"]),
        (state_2004(exit="suspend"), False, []),
    ],
)
def test_tells_how_a_session_begins(before, begins, verbs):
    assert [verb for verb, _, _ in told(before, before or ScoState({}), moment(begins=begins))] == verbs


@pytest.mark.parametrize(
    ("version", "after", "verb", "result"),
    [
        (V2004, state_2004(exit="normal"), "terminated", {"duration": "PT1M30.5S"}),
        (V2004, state_2004(exit="time-out", session_time="PT2M"), "terminated", {"duration": "PT2M"}),
        (V2004, state_2004(exit="suspend", session_time="?"), "suspended", {"duration": "PT1M30.5S"}),
        (V1_2, state_1_2(exit="suspend", session_time="0000:00:07"), "suspended", {"duration": "PT7S"}),
        (V1_2, state_1_2("incomplete"), "terminated", {"completion": False, "duration": "PT1M30.5S"}),
        (
            V2004,
            state_2004("completed", "passed", "0.95", **{"score.raw": "95", "score.min": "0", "score.max": "100"}),
            "terminated",
            {
                "completion": True,
                "success": True,
                "score": {"scaled": 0.95, "raw": 95.0, "min": 0.0, "max": 100.0},
                "duration": "PT1M30.5S",
            },
        ),
        (
            V1_2,
            state_1_2("failed", "20"),
            "terminated",
            {"completion": True, "success": False, "score": {"scaled": 0.2, "raw": 20.0}, "duration": "PT1M30.5S"},
        ),
    ],
)
def test_tells_the_status_of_record_at_the_end(version, after, verb, result):
    assert told(replace(after, terminated=False), after, moment(version, ends=True))[-1] == (verb, "", result)


def test_tells_no_result_of_who_browses():
    after = state_2004("completed", "passed", "1", **{"objectives.0.id": "o", "objectives.0.success_status": "passed"})
    assert told(None, after, moment(ends=True, mode="browse")) == [
        ("initialized", "", None),
        ("terminated", "", {"duration": "PT1M30.5S"}),
    ]


PASSED = state_2004("completed", "passed", "0.9", terminated=False)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (ScoState({}), state_2004("incomplete"), []),
        (ScoState({}), state_2004("completed"), [("completed", "", {"completion": True})]),
        (state_2004("incomplete"), state_2004("completed"), [("completed", "", {"completion": True})]),
        (state_2004("completed"), state_2004("incomplete"), []),
        (ScoState({}), state_2004(None, "passed"), [("passed", "", {"success": True})]),
        (state_2004(None, "passed"), state_2004(None, "failed"), [("failed", "", {"success": False})]),
        (state_2004(None, "failed"), state_2004(None, "unknown"), []),
        (ScoState({}), state_2004(scaled="0.5"), [("scored", "", {"score": {"scaled": 0.5}})]),
        (state_2004(scaled="0.5"), state_2004(scaled="0.6"), [("scored", "", {"score": {"scaled": 0.6}})]),
        (state_2004(scaled="0.5"), ScoState({}), []),
        (ScoState({}), state_2004(progress_measure="0.25"), [("progressed", "", {"score": {"scaled": 0.25}})]),
        (state_2004(progress_measure="0.25"), state_2004(progress_measure="0.25"), []),
        (
            state_2004("incomplete"),
            PASSED,
            [("passed", "", {"success": True, "score": {"scaled": 0.9}}), ("completed", "", {"completion": True})],
        ),
        (PASSED, PASSED, []),
        (PASSED, replace(PASSED, cmi={**PASSED.cmi, "cmi.location": "9"}), []),
    ],
)
def test_tells_each_change_of_a_sco_once(before, after, expected):
    assert told(before, after, moment()) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (ScoState({}), state_1_2("passed", "90"), ["passed", "completed"]),
        (state_1_2("incomplete"), state_1_2("completed"), ["completed"]),
        (ScoState({}), state_1_2("browsed", "50"), ["scored"]),
    ],
)
def test_splits_the_status_of_1_2(before, after, expected):
    assert [verb for verb, _, _ in told(before, after, moment(V1_2))] == expected


def test_has_the_same_ids_for_a_replay_and_others_for_all_else():
    def ids(**changes):
        return {each["id"] for each in happened(None, PASSED, replace(moment(begins=True, ends=True), **changes))}

    other = attempt(id=UUID("00000000-0000-4000-8000-000000000001"))
    assert ids() == ids()
    assert len(ids()) == 4
    for changes in ({"sequence": 18}, {"session": 4}, {"item": item("sco_2")}, {"attempt": other}):
        assert ids().isdisjoint(ids(**changes))


def objective(index=0, **members):
    return {f"cmi.objectives.{index}.{name.replace('__', '.')}": value for name, value in members.items()}


@pytest.mark.parametrize(
    ("version", "before", "after", "expected"),
    [
        (V2004, {}, objective(id="o 1", success_status="passed"), [("passed", "/objectives/o%201", {"success": True})]),
        (V2004, {}, objective(success_status="failed"), [("failed", "/objectives/0", {"success": False})]),
        (V2004, {}, objective(id="o", completion_status="completed"), [("completed", "/objectives/o", {"completion": True})]),
        (V2004, {}, objective(id="o", progress_measure="1"), [("progressed", "/objectives/o", {"score": {"scaled": 1.0}})]),
        (
            V2004,
            objective(id="o", success_status="failed"),
            objective(id="o", success_status="failed", score__scaled="-0.5"),
            [("scored", "/objectives/o", {"score": {"scaled": -0.5}})],
        ),
        (V2004, objective(id="o", success_status="passed"), objective(id="o", success_status="passed", description="…"), []),
        (V2004, {}, objective(id="o", success_status="unknown", completion_status="unknown"), []),
        (
            V1_2,
            {},
            objective(id="o", status="passed", score__raw="80"),
            [
                ("passed", "/objectives/o", {"success": True, "score": {"scaled": 0.8, "raw": 80.0}}),
                ("completed", "/objectives/o", {"completion": True}),
            ],
        ),
        (V1_2, objective(id="o"), objective(id="o", status="completed"), [("completed", "/objectives/o", {"completion": True})]),
        (
            V2004,
            {},
            objective(0, id="a", success_status="passed") | objective(1, id="b", success_status="passed"),
            [("passed", "/objectives/a", {"success": True}), ("passed", "/objectives/b", {"success": True})],
        ),
    ],
)
def test_tells_each_change_of_an_objective_once(version, before, after, expected):
    assert told(ScoState(before), ScoState(after), moment(version)) == expected


def test_tells_in_which_sco_an_objective_was_met_and_describes_it():
    after = ScoState(objective(id="o", success_status="passed", description="{lang=en}Wash your hands"))
    (statement,) = valid(happened(ScoState({}), after, moment()))
    assert statement["object"]["definition"] == {
        "type": "http://adlnet.gov/expapi/activities/objective",
        "name": {"en": "Wash your hands"},
        "description": {"en": "Wash your hands"},
    }
    assert [each["id"] for each in statement["context"]["contextActivities"]["parent"]] == [SCO]


WRITING = MapInfo("global 1", write_satisfied_status=True)


@pytest.mark.parametrize(
    ("sequencing", "to_system", "iri"),
    [
        (Sequencing(objectives=(Objective("o", maps=(WRITING,)),)), True, "https://lrs.example.no/objectives/global%201"),
        (Sequencing(objectives=(Objective("o", maps=(WRITING,)),)), False, f"{COURSE}/objectives/global%201"),
        (Sequencing(primary_objective=Objective("o", maps=(WRITING,))), False, f"{COURSE}/objectives/global%201"),
        (Sequencing(objectives=(Objective("o", maps=(MapInfo("g"), MapInfo("h", write_normalized_measure=True))),)), False,
         f"{COURSE}/objectives/h"),
        (Sequencing(objectives=(Objective("o", maps=(MapInfo("h", write_completion_status=True),)),)), False,
         f"{COURSE}/objectives/h"),
        (Sequencing(objectives=(Objective("o", maps=(MapInfo("g"),)),)), True, f"{SCO}/objectives/o"),
        (Sequencing(objectives=(Objective("p", maps=(WRITING,)),)), True, f"{SCO}/objectives/o"),
        (Sequencing(), True, f"{SCO}/objectives/o"),
    ],
)  # fmt: skip
def test_names_an_objective_by_how_far_it_reaches(sequencing, to_system, iri):
    tree = organization(item(sequencing=sequencing), objectives_global_to_system=to_system)
    (statement,) = valid(happened(ScoState({}), ScoState(objective(id="o", success_status="passed")), moment(organization=tree)))
    assert statement["object"]["id"] == iri


ANSWER = interaction(id="q 1", type="choice", learner_response="a[,]b", result="correct", latency="PT5.5S")


def test_tells_an_answer():
    record = ANSWER | interaction(
        description="{lang=en}Which two?", correct_responses__0__pattern="a[,]b", objectives__0__id="o", objectives__1__id=""
    )
    (statement,) = valid(happened(ScoState({}), ScoState(record), moment()))
    assert statement["verb"]["id"] == "http://adlnet.gov/expapi/verbs/responded"
    assert statement["object"] == {
        "objectType": "Activity",
        "id": f"{SCO}/interactions/q%201",
        "definition": {
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "interactionType": "choice",
            "correctResponsesPattern": ["a[,]b"],
            "name": {"en": "Which two?"},
            "description": {"en": "Which two?"},
        },
    }
    assert statement["result"] == {"response": "a[,]b", "success": True, "duration": "PT5.5S"}
    activities = statement["context"]["contextActivities"]
    assert [each["id"] for each in activities["parent"] + activities["other"]] == [SCO, f"{SCO}/objectives/o"]


def test_names_a_question_by_its_id_and_else_by_its_number():
    after = ScoState(interaction(index=0, id="q", learner_response="a") | interaction(index=1, learner_response="b"))
    statements = valid(happened(ScoState({}), after, moment()))
    assert [each["object"]["definition"]["name"] for each in statements] == [{"nb": "q"}, {"nb": "1"}]
    assert [each["object"]["id"] for each in statements] == [f"{SCO}/interactions/q", f"{SCO}/interactions/1"]
    assert all("other" not in each["context"]["contextActivities"] for each in statements)


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        ({}, interaction(id="q", type="choice"), 0),
        (interaction(id="q", type="choice"), ANSWER, 1),
        (ANSWER, ANSWER, 0),
        (ANSWER, ANSWER | interaction(description="…"), 0),
        (ANSWER, ANSWER | interaction(learner_response="c"), 1),
        (ANSWER, ANSWER | interaction(index=1, id="q 1", learner_response="c"), 1),
        ({}, interaction(id="q", result="neutral"), 1),
        ({}, interaction(id="q", learner_response=""), 0),
        ({}, interaction(id="q", student_response="a"), 1),
    ],
)
def test_tells_each_answer_once(before, after, count):
    assert len(valid(happened(ScoState(before), ScoState(after), moment()))) == count


@pytest.mark.parametrize(
    ("said", "timestamp"),
    [
        ("2026-03-04T09:59:00+01:00", "2026-03-04T08:59:00.000Z"),
        ("2026-03-04T10:04:00.5Z", "2026-03-04T10:04:00.500Z"),
        ("2026-03-04T10:11:00Z", "2026-03-04T10:00:05.250Z"),  # from a clock that is ahead
        ("2024-03-04T10:00:00Z", "2026-03-04T10:00:05.250Z"),
        ("2026-03-04T09:59:00", "2026-03-04T10:00:05.250Z"),  # of which time zone?
        ("09:59:00", "2026-03-04T10:00:05.250Z"),
    ],
)
def test_believes_contents_clock_only_where_it_may_be_right(said, timestamp):
    (statement,) = valid(happened(ScoState({}), ScoState(ANSWER | interaction(timestamp=said)), moment()))
    assert statement["timestamp"] == timestamp


RESPONSES = {
    "true-false": (V2004, "true", "true", "true", "true"),
    "choice": (V2004, "a[,]b", "a[,]b", "a", "a"),
    "fill-in": (V2004, "{lang=nb}hånd[,]fot", "{lang=nb}hånd[,]fot", "{case_matters=true}hånd", "{case_matters=true}hånd"),
    "long-fill-in": (V2004, "mye tekst", "mye tekst", "{lang=nb}tekst", "{lang=nb}tekst"),
    "matching": (V2004, "a[.]1[,]b[.]2", "a[.]1[,]b[.]2", "a[.]1", "a[.]1"),
    "performance": (V2004, "s1[.]x[,]s2[.]3", "s1[.]x[,]s2[.]3", "{order_matters=true}s1[.]x", "{order_matters=true}s1[.]x"),
    "sequencing": (V2004, "b[,]a", "b[,]a", "a[,]b", "a[,]b"),
    "likert": (V2004, "agree", "agree", "agree", "agree"),
    "numeric": (V2004, "3.5", "3.5", "3[:]4", "3[:]4"),
    "other": (V2004, "anything", "anything", "anything", "anything"),
    "Numeric": (V2004, "3", "3", "4", "4[:]4"),
    "true-false 1.2": (V1_2, "t", "true", "0", "false"),
    "true-false 1.2 long": (V1_2, "True", "true", "f", "false"),
    "true-false 1.2 odd": (V1_2, "yes", "yes", "1", "true"),
    "choice 1.2": (V1_2, "a,b", "a[,]b", "{a, c}", "a[,]c"),
    "choice 1.2 open": (V1_2, "{a,b", "{a[,]b", "a,b}", "a[,]b}"),
    "sequencing 1.2": (V1_2, "b,a", "b[,]a", "{a,b}", "a[,]b"),
    "matching 1.2": (V1_2, "a.1,b.2", "a[.]1[,]b[.]2", "{a.1, b.2.3}", "a[.]1[,]b[.]2.3"),
    "fill-in 1.2": (V1_2, "hånd, fot", "hånd, fot", "hånd", "hånd"),
    "performance 1.2": (V1_2, "did it", "did it", "do it", "do it"),
    "likert 1.2": (V1_2, "3", "3", "4", "4"),
    "numeric 1.2": (V1_2, "3", "3", "2:5", "2[:]5"),
}


@pytest.mark.parametrize(("kind", "case"), RESPONSES.items(), ids=RESPONSES.keys())
def test_writes_responses_with_the_delimiters_of_xapi(kind, case):
    version, response, written, pattern, written_pattern = case
    type_ = kind.partition(" ")[0]
    name = "student_response" if version is V1_2 else "learner_response"
    record = interaction(type=type_, correct_responses__0__pattern=pattern, **{name: response})
    (statement,) = valid(happened(ScoState({}), ScoState(record), moment(version)))
    definition = statement["object"]["definition"]
    assert (definition["interactionType"], statement["result"]["response"]) == (type_.lower(), written)
    assert definition["correctResponsesPattern"] == [written_pattern]


@pytest.mark.parametrize("type_", ["essay", "", None])
def test_takes_an_unknown_type_for_other(type_):
    record = {"learner_response": "a"} | ({} if type_ is None else {"type": type_})
    assert definition_of(record, V2004) == {"interactionType": "other"}


@pytest.mark.parametrize(
    ("record", "result"),
    [
        ({"result": "correct"}, {"success": True}),
        ({"result": "wrong"}, {"success": False}),
        ({"result": "incorrect"}, {"success": False}),
        ({"result": "neutral"}, {}),
        ({"result": "unanticipated"}, {}),
        ({"result": "0.5"}, {"score": {"raw": 0.5}}),
        ({"latency": "0000:00:07.5"}, {"duration": "PT7.5S"}),
        ({"latency": "soon"}, {}),
        ({"learner_response": ""}, {"response": ""}),
    ],
)
def test_reads_the_result_of_an_answer(record, result):
    assert result_of(record, V2004) == result


def test_gives_every_pattern_in_order():
    record = {
        "type": "choice",
        "correct_responses.1.pattern": "b",
        "correct_responses.0.pattern": "a",
        "correct_responses.2.pattern": "",
    }
    assert definition_of(record, V2004)["correctResponsesPattern"] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ja", ("nb", "Ja")),
        ("{lang=en-GB}Yes", ("en-GB", "Yes")),
        ("{lang=1}Yes", ("nb", "Yes")),
        ("{order_matters=true}Yes", ("nb", "{order_matters=true}Yes")),
    ],
)
def test_reads_the_language_of_a_text(text, expected):
    assert localized(text, "nb") == expected


@pytest.mark.parametrize(
    ("before", "after", "responses"),
    [
        ({}, {"cmi.comments": "Bra!"}, ["Bra!"]),
        ({"cmi.comments": "Bra!"}, {"cmi.comments": "Bra! Takk."}, [" Takk."]),
        ({"cmi.comments": "Bra!"}, {"cmi.comments": "Dårlig."}, ["Dårlig."]),
        ({"cmi.comments": "Bra!"}, {"cmi.comments": "Bra!"}, []),
        ({"cmi.comments": "Bra!"}, {"cmi.comments": ""}, []),
        ({}, {"cmi.comments_from_learner.0.comment": "{lang=en}Good"}, ["Good"]),
        ({}, {"cmi.comments_from_learner.0.location": "p3"}, []),
        (
            {"cmi.comments_from_learner.0.comment": "a"},
            {"cmi.comments_from_learner.0.comment": "a", "cmi.comments_from_learner.1.comment": "b"},
            ["b"],
        ),
        ({"cmi.comments_from_learner.0.comment": "a"}, {"cmi.comments_from_learner.0.comment": " "}, []),
    ],
)
def test_tells_each_comment_once(before, after, responses):
    assert told(ScoState(before), ScoState(after), moment()) == [("commented", "", {"response": each}) for each in responses]


def test_tells_when_a_comment_was_made():
    comment = {"cmi.comments_from_learner.0.comment": "a", "cmi.comments_from_learner.0.timestamp": "2026-03-04T09:00:00Z"}
    (statement,) = valid(happened(ScoState({}), ScoState(comment), moment()))
    assert statement["timestamp"] == "2026-03-04T09:00:00.000Z"


def test_tells_of_a_whole_session_in_one_commit_in_order():
    after = ScoState(
        PASSED.cmi
        | ANSWER
        | objective(id="o", success_status="passed")
        | {"cmi.comments_from_learner.0.comment": "Bra!", "cmi.exit": "suspend"},
        terminated=True,
    )
    verbs = [verb for verb, _, _ in told(None, after, moment(begins=True, ends=True))]
    assert verbs == ["initialized", "responded", "commented", "passed", "passed", "completed", "suspended"]


DONE = Outcome(True, True, Score(0.85), timedelta(minutes=5))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Outcome(), Outcome(False), []),
        (Outcome(), Outcome(False, False), []),
        (Outcome(), Outcome(True), [("completed", {"completion": True})]),
        (
            Outcome(),
            DONE,
            [
                ("completed", {"completion": True, "success": True, "score": {"scaled": 0.85}, "duration": "PT5M"}),
                ("passed", {"completion": True, "success": True, "score": {"scaled": 0.85}, "duration": "PT5M"}),
            ],
        ),
        (DONE, Outcome(True, True, Score(0.85), timedelta(hours=1)), []),
        (Outcome(), Outcome(None, True), [("passed", {"success": True})]),
        (Outcome(False, True), Outcome(True, True), [("completed", {"completion": True, "success": True})]),
        (
            Outcome(True, False),
            Outcome(True, True),
            [("completed", {"completion": True, "success": True}), ("passed", {"completion": True, "success": True})],
        ),
        (
            Outcome(),
            Outcome(True, False),
            [("completed", {"completion": True, "success": False}), ("failed", {"completion": True, "success": False})],
        ),
    ],
)
def test_tells_the_status_of_the_course(before, after, expected):
    statements = valid(course_happened(before, after, moment()))
    assert [(each["verb"]["id"].rpartition("/")[2], each["result"]) for each in statements] == expected
    for each in statements:
        activities = each["context"]["contextActivities"]
        assert (each["object"]["id"], each["object"]["definition"]["type"]) == (COURSE, names.COURSE)
        assert activities["grouping"][0]["id"] == f"{COURSE}?attemptId={ATTEMPT_ID}"
        assert activities["category"][0]["id"] == names.PROFILE


def test_suspends_what_was_never_ended():
    statement = closing(state_2004("incomplete", session_time="PT4M", terminated=False), moment(sequence="closed"))
    (read,) = valid([statement])
    assert (read["verb"]["id"], read["result"]) == (
        "http://adlnet.gov/expapi/verbs/suspended",
        {"completion": False, "duration": "PT4M"},
    )


@pytest.mark.parametrize(
    ("score", "members"),
    [
        (Score(0.5), {"scaled": 0.5}),
        (Score(None, 8.0, 0.0, 10.0), {"scaled": 0.8, "raw": 8.0, "min": 0.0, "max": 10.0}),
        (Score(None, 8.0), {"raw": 8.0}),
        (Score(1.5, 8.0), {"raw": 8.0}),
    ],
)
def test_writes_scores_as_xapi_has_them(score, members):
    assert score_members(score) == members


@pytest.mark.parametrize(
    ("made", "iri"),
    [
        (names.sco_iri("https://x.no/kurs/", "a b/ø"), "https://x.no/kurs/a%20b%2F%C3%B8"),
        (names.sco_iri("urn:uuid:1", "a"), "urn:uuid:1/a"),
        (names.attempt_iri("https://x.no/kurs?id=5", ATTEMPT_ID), f"https://x.no/kurs?id=5&attemptId={ATTEMPT_ID}"),
        (names.objective_iri("https://x.no", "urn:x:1"), "https://x.no/objectives/urn:x:1"),
        (names.interaction_iri("https://x.no/s", "q?#1"), "https://x.no/s/interactions/q%3F%231"),
    ],
)
def test_makes_iris(made, iri):
    assert made == iri
