"""The statements that the LMS makes (9.3.1, 9.3.6, 9.3.7, 9.3.9, 9.4 to 9.7)."""

from datetime import timedelta
from uuid import UUID

import orjson
import pytest

from lrs_bridge.cmi5.course import AssignableUnit
from lrs_bridge.cmi5.naming import block_activity, unit_activity
from lrs_bridge.cmi5.saying import Speech, duration
from lrs_bridge.cmi5.vocabulary import LaunchMode, MoveOn
from lrs_bridge.xapi.model.statement import parse_statement
from tests.support.cmi5 import IDS, LEARNER, NOON, REGISTRATION, SESSION, block_of, course_of, unit

COURSE = "https://lrs.example.no/hosted/1"
ID = UUID("a1b2c3d4-0000-4000-8000-000000000009")
SPEECH = Speech(LEARNER, REGISTRATION, COURSE)
CMI5 = "https://w3id.org/xapi/cmi5/"
EXAM = unit("exam", MoveOn.PASSED, mastery_score=0.8, launch_parameters="a=1", activity_type=f"{IDS}/type")
PLAIN = unit("plain")
BLOCK = block_of("block", EXAM)
STRUCTURE = course_of(BLOCK)


def common(verb, display, object_, publisher, *categories, **extensions):
    return {
        "id": str(ID),
        "actor": {"objectType": "Agent", "account": {"homePage": LEARNER.home_page, "name": LEARNER.name}},
        "verb": {"id": verb, "display": {"en": display}},
        "object": {"objectType": "Activity", **object_},
        "context": {
            "registration": str(REGISTRATION),
            "contextActivities": {
                "grouping": [{"id": publisher}],
                "category": [{"id": f"{CMI5}context/categories/{name}"} for name in ("cmi5", *categories)],
            },
            "extensions": {f"{CMI5}context/extensions/sessionid": str(SESSION), **extensions},
        },
        "timestamp": "2026-11-23T12:00:00.000000Z",
    }


def named(name, **more):
    return {"name": {"nb": name}, "description": {"nb": f"Om {name}"}, **more}


EXAM_OBJECT = {"id": unit_activity(COURSE, EXAM.id), "definition": named("exam", type=f"{IDS}/type")}
URL = "https://x.example.no/index.html?x=1"
EXTENSIONS = f"{CMI5}context/extensions/"


def test_tells_of_a_launch_with_all_that_the_launch_data_have():  # 9.6.3.2-1 to 9.6.3.7-1
    said = SPEECH.launched(ID, EXAM, SESSION, mode=LaunchMode.BROWSE, url=URL, at=NOON)
    extensions = {
        f"{EXTENSIONS}launchmode": "Browse",
        f"{EXTENSIONS}launchurl": URL,
        f"{EXTENSIONS}moveon": "Passed",
        f"{EXTENSIONS}masteryscore": 0.8,
        f"{EXTENSIONS}launchparameters": "a=1",
    }
    assert said == common("http://adlnet.gov/expapi/verbs/launched", "launched", EXAM_OBJECT, EXAM.id, **extensions)


def test_leaves_out_of_a_launch_what_the_course_does_not_say():
    said = SPEECH.launched(ID, PLAIN, SESSION, mode=LaunchMode.NORMAL, url=URL, at=NOON)
    assert sorted(said["context"]["extensions"]) == [
        f"{EXTENSIONS}{n}" for n in ("launchmode", "launchurl", "moveon", "sessionid")
    ]
    assert said["object"]["definition"] == named("plain")


def test_tells_of_a_session_that_was_abandoned():  # 9.3.6.0-1, 9.5.4.2-1
    said = SPEECH.abandoned(ID, EXAM, SESSION, lasted=timedelta(minutes=90), at=NOON)
    expected = common("https://w3id.org/xapi/adl/verbs/abandoned", "abandoned", EXAM_OBJECT, EXAM.id)
    assert said == expected | {"result": {"duration": "PT5400S"}}


def test_tells_why_an_au_was_waived():  # 9.3.7.0-2, 9.5.2.0-1 (d2), 9.5.3.0-1 (d2), 9.6.2.2-1 (d4)
    said = SPEECH.waived(ID, EXAM, SESSION, reason="Tested Out", at=NOON)
    expected = common("https://w3id.org/xapi/adl/verbs/waived", "waived", EXAM_OBJECT, EXAM.id, "moveon")
    result = {"success": True, "completion": True, "extensions": {f"{CMI5}result/extensions/reason": "Tested Out"}}
    assert said == expected | {"result": result}


def test_tells_that_a_block_is_satisfied():  # 9.3.9.0-1 to -4, 9.6.2.3-2
    object_ = {"id": block_activity(COURSE, BLOCK.id), "definition": named("block", type=f"{CMI5}activitytype/block")}
    said = SPEECH.satisfied(ID, BLOCK, SESSION, at=NOON)
    assert said == common("https://w3id.org/xapi/adl/verbs/satisfied", "satisfied", object_, BLOCK.id)


def test_tells_that_the_course_is_satisfied():  # 9.3.9.0-5 to -8
    object_ = {"id": COURSE, "definition": named("Kurs", type=f"{CMI5}activitytype/course")}
    said = SPEECH.satisfied(ID, STRUCTURE, SESSION, at=NOON)
    assert said == common("https://w3id.org/xapi/adl/verbs/satisfied", "satisfied", object_, STRUCTURE.id)


ODD = AssignableUnit(f"{IDS}/odd", {"x": "X", "nb": "N"}, {"en-US": "E"}, "index.html")
SAID = {
    "launched": SPEECH.launched(ID, EXAM, SESSION, mode=LaunchMode.NORMAL, url=URL, at=NOON),
    "launched, odd language": SPEECH.launched(ID, ODD, SESSION, mode=LaunchMode.NORMAL, url=URL, at=NOON),
    "abandoned": SPEECH.abandoned(ID, EXAM, SESSION, lasted=timedelta(seconds=1.5), at=NOON),
    "waived": SPEECH.waived(ID, EXAM, SESSION, reason="Administrative", at=NOON),
    "satisfied": SPEECH.satisfied(ID, STRUCTURE, SESSION, at=NOON),
}


@pytest.mark.parametrize("said", SAID.values(), ids=SAID.keys())
def test_says_valid_statements(said):
    assert parse_statement(orjson.dumps(said), max_bytes=10_000).id == ID


@pytest.mark.parametrize(("length", "text"), [(timedelta(0), "P0D"), (timedelta(days=2, seconds=1.25), "P2DT1.25S")])
def test_writes_lengths_of_time(length, text):
    assert duration(length) == text
