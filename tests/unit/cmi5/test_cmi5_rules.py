"""What a statement of an AU must look like: each rule once kept and once broken, by CATAPULT's ids of the requirements."""

import copy
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest

from lrs_bridge.cmi5.rules import check_statement, context_template
from lrs_bridge.cmi5.session import Event
from lrs_bridge.cmi5.vocabulary import MASTERY_SCORE, SESSION_ID
from lrs_bridge.completion import Score
from lrs_bridge.errors import Forbidden
from lrs_bridge.xapi.model.statement import parse_statement
from tests.support.cmi5 import ACTIVITY, CATEGORIES, IDS, LEARNER, NOON, PUBLISHER, SESSION, au_session, said

ID = UUID("a1b2c3d4-0000-4000-8000-000000000003")
MASTERED = au_session(mastery_score=0.8)
FULL = {"scaled": 0.9, "raw": 90, "min": 0, "max": 100}


def check(value, session=None, id=ID):
    parse_statement(orjson.dumps(value), max_bytes=10_000)  # what reaches the rules is valid xAPI
    return check_statement(id, value, session or au_session(), LEARNER)


def with_mastery(value, mastery=0.8):
    value["context"]["extensions"][MASTERY_SCORE] = mastery
    return value


EVENTS = {
    "initialized": Event.INITIALIZED,
    "completed": Event.COMPLETED,
    "passed": Event.PASSED,
    "failed": Event.FAILED,
    "terminated": Event.TERMINATED,
    "experienced": Event.ALLOWED,
}


@pytest.mark.parametrize(("verb", "event"), EVENTS.items())
def test_tells_what_a_statement_is(verb, event):
    told = check(said(verb, at=NOON + timedelta(seconds=5)))
    assert (told.event, told.at, told.score) == (event, NOON + timedelta(seconds=5), None)


def changed(value, change):
    value = copy.deepcopy(value)
    change(value)
    return value


ALLOWED = {
    "another verb": said("experienced"),
    "another activity": said("answered", activity=f"{IDS}/question"),
    "defined verb without the category": changed(
        said("completed"), lambda v: v["context"]["contextActivities"].update(category=[])
    ),
    "launched without the category": said("launched"),
    "no registration": changed(said("experienced"), lambda v: v["context"].pop("registration")),
    "more in the context": changed(
        said("experienced"), lambda v: v["context"]["contextActivities"]["grouping"].insert(0, {"id": f"{IDS}/more"})
    ),
    "grouping as one activity": changed(
        said("experienced"), lambda v: v["context"]["contextActivities"].update(grouping={"id": PUBLISHER})
    ),
    "name of the actor": changed(said("experienced"), lambda v: v["actor"].update(name="Kari")),
    "no objectType": changed(said("experienced"), lambda v: v["actor"].pop("objectType")),
    "score of a question": changed(said("answered"), lambda v: v.update(result={"score": {"scaled": -0.5}, "success": True})),
    "timestamp with an offset of zero": changed(said("experienced"), lambda v: v.update(timestamp="2026-11-23T12:00:00+00:00")),
}


@pytest.mark.parametrize("value", ALLOWED.values(), ids=ALLOWED.keys())
def test_takes_what_is_allowed(value):
    assert check(value).event is Event.ALLOWED


JUDGED = {
    "passed at the mastery score": (with_mastery(said("passed", score={"scaled": 0.8})), MASTERED, Score(0.8)),
    "failed below it": (with_mastery(said("failed", score={"scaled": 0.79})), MASTERED, Score(0.79)),
    "raw and scaled": (with_mastery(said("passed", score=FULL)), MASTERED, Score(0.9, 90.0, 0.0, 100.0)),
    "raw alone": (
        with_mastery(said("passed", score={"raw": 66.67, "min": 0, "max": 100})),
        MASTERED,
        Score(None, 66.67, 0.0, 100.0),
    ),
    "without a score, without the extension": (said("passed"), MASTERED, None),
    "without a score, with the extension": (with_mastery(said("failed")), MASTERED, None),
    "empty score": (with_mastery(changed(said("passed"), lambda v: v["result"].update(score={}))), MASTERED, None),
    "no mastery score": (said("passed", score={"scaled": 0.1}), au_session(), Score(0.1)),
    "another mastery score where none is set": (with_mastery(said("failed", score={"scaled": 0.9})), au_session(), Score(0.9)),
}


@pytest.mark.parametrize(("value", "session", "score"), JUDGED.values(), ids=JUDGED.keys())
def test_takes_a_judgement_that_agrees_with_the_mastery_score(value, session, score):
    assert check(value, session).score == score


def test_takes_the_category_as_a_single_activity():
    value = changed(said("initialized"), lambda v: v["context"]["contextActivities"].update(category=CATEGORIES["cmi5"]))
    assert check(value).event is Event.INITIALIZED


def test_makes_a_template_of_session_and_publisher():  # 10.2.1.0-2, -3
    assert context_template(SESSION, PUBLISHER) == {
        "contextActivities": {"grouping": [{"id": PUBLISHER}]},
        "extensions": {SESSION_ID: str(SESSION)},
    }


def broken(verb, change, clause, message, session=None, **more):
    return changed(said(verb, **more), change), session, f"cmi5 {clause}", message


def result(**more):
    return lambda v: v["result"].update(more)


def without(name):
    return lambda v: v["result"].pop(name)


def categories(*names):
    return lambda v: v["context"]["contextActivities"].update(category=[CATEGORIES[name] for name in names])


def nothing(_):
    pass


VOIDING = {"objectType": "StatementRef", "id": str(uuid4())}
OTHER = {"homePage": LEARNER.home_page, "name": "ola"}
REFUSED = {
    "6.3.0.0-1": broken("voided", lambda v: v.update(object=VOIDING), "6.3", "may not void"),
    "8.1.3.0-3 (d)": broken("experienced", lambda v: v["actor"].update(account=OTHER), "9.2", "one of the launch"),
    "9.2.0.0-2": broken("passed", lambda v: v["actor"].update(objectType="Group"), "9.2", "is an Agent"),
    "9.2.0.0-3": broken("passed", lambda v: v.update(actor={"mbox": "mailto:kari@example.no"}), "9.2", "one of the launch"),
    "8.1.4.0-3 (d)": broken(
        "experienced", lambda v: v["context"].update(registration=str(uuid4())), "9.6.1", "one of the launch"
    ),
    "9.6.1.0-1 (d) another": broken(
        "passed", lambda v: v["context"].update(registration=str(uuid4())), "9.6.1", "one of the launch"
    ),
    "9.6.1.0-1 (d) missing": broken("passed", lambda v: v["context"].pop("registration"), "9.6.1", "missing"),
    "8.1.5.0-6 (d)": broken("passed", nothing, "9.4", "the object is the AU", activity=f"{IDS}/other"),
    "9.4.0.0-1 (d)": broken("passed", lambda v: v.update(object=VOIDING), "9.4", "the object is the AU"),
    "9.7.0.0-1 (d)": broken("experienced", lambda v: v.pop("timestamp"), "9.7", "says when"),
    "9.7.0.0-2 (d)": broken(
        "experienced", lambda v: v.update(timestamp="2026-11-23T12:00:00-06:00"), "9.7", "timestamps are in UTC"
    ),
    "9.6.3.1-4 (d)": broken("experienced", lambda v: v["context"]["extensions"].clear(), "9.6.3.1", "session id"),
    "10.2.1.0-7 (d)": broken(
        "experienced", lambda v: v["context"]["extensions"].update({SESSION_ID: "other"}), "9.6.3.1", "session id"
    ),
    "9.6.0.0-1 (d)": broken("passed", lambda v: v.pop("context"), "9.6.3.1", "session id"),
    "10.2.1.0-6 (d)": broken(
        "experienced", lambda v: v["context"]["contextActivities"].pop("grouping"), "10.2.1", f"{PUBLISHER} of the context"
    ),
    "9.6.2.0-1 (d)": broken(
        "passed", lambda v: v["context"]["contextActivities"].update(grouping=[{"id": ACTIVITY}]), "10.2.1", "is missing"
    ),
    "7.1.3 verb that is none of cmi5's": broken("experienced", categories("cmi5"), "7.1.3", "verbs that cmi5 gives an AU"),
    "7.1.3 verb of the LMS": broken("launched", categories("cmi5"), "7.1.3", "verbs that cmi5 gives an AU"),
    "9.5.2.0-1 (d1) missing": broken("passed", without("success"), "9.5.2", "has success true"),
    "9.5.2.0-1 (d1) false": broken("passed", result(success=False), "9.5.2", "has success true"),
    "9.5.2.0-2 (d) missing": broken("failed", without("success"), "9.5.2", "has success false"),
    "9.5.2.0-2 (d) true": broken("failed", result(success=True), "9.5.2", "has success false"),
    "9.5.2.0-3 (d)": broken("completed", result(success=True), "9.5.2", "has no success"),
    "9.5.3.0-1 (d1) missing": broken("completed", without("completion"), "9.5.3", "has completion true"),
    "9.5.3.0-1 (d1) false": broken("completed", result(completion=False), "9.5.3", "has completion true"),
    "9.5.3.0-2 (d)": broken("passed", result(completion=True), "9.5.3", "has no completion"),
    "9.5.3.0-2 (d) terminated": broken("terminated", result(completion=True), "9.5.3", "has no completion"),
    "9.5.4.1-1 (d)": broken("terminated", without("duration"), "9.5.4.1", "how long"),
    "9.5.4.1-1 (d) no result": broken("terminated", lambda v: v.pop("result"), "9.5.4.1", "how long"),
    "9.5.4.1-2 (d)": broken("completed", without("duration"), "9.5.4.1", "how long"),
    "9.5.4.1-3 (d)": broken("passed", without("duration"), "9.5.4.1", "how long"),
    "9.5.4.1-4 (d)": broken("failed", without("duration"), "9.5.4.1", "how long"),
    "9.5.1.0-2 (d)": broken("completed", nothing, "9.5.1", "only Passed and Failed", score={"scaled": 0.5}),
    "9.5.1.0-2 (d) initialized": broken(
        "initialized", lambda v: v.update(result={"score": {"scaled": 1}}), "9.5.1", "only Passed and Failed"
    ),
    "9.5.1.0-3 (d1)": broken("passed", nothing, "9.5.1", "min and max", score={"raw": 1, "max": 2}),
    "9.5.1.0-3 (d2)": broken("passed", nothing, "9.5.1", "min and max", score={"raw": 1, "min": 0}),
    "9.5.1 below zero": broken("failed", nothing, "9.5.1", "from 0 to 1", score={"scaled": -0.1}),
    "9.6.2.2-1 (d1)": broken("completed", categories("cmi5"), "9.6.2.2", "moveOn is missing"),
    "9.6.2.2-1 (d2)": broken("passed", categories("cmi5"), "9.6.2.2", "moveOn is missing"),
    "9.6.2.2-1 (d3)": broken("failed", categories("cmi5"), "9.6.2.2", "moveOn is missing"),
    "9.6.2.2-2 (d) defined": broken("terminated", categories("cmi5", "moveon"), "9.6.2.2", "success and completion alone"),
    "9.6.2.2-2 (d) allowed": broken("experienced", categories("moveon"), "9.6.2.2", "cmi5 defined statements"),
    "9.3.4.0-2 (d2)": broken("passed", with_mastery, "9.3.4", "at least 0.8", MASTERED, score={"scaled": 0.79}),
    "9.3.5.0-2 (d) equal": broken("failed", with_mastery, "9.3.5", "below 0.8", MASTERED, score={"scaled": 0.8}),
    "9.3.5.0-2 (d) more": broken("failed", with_mastery, "9.3.5", "below 0.8", MASTERED, score={"scaled": 0.9}),
    "9.6.3.2-2 (d) missing": broken("passed", nothing, "9.6.3.2", "is repeated", MASTERED, score={"scaled": 0.9}),
    "9.6.3.2-2 (d) another": broken(
        "passed", lambda v: with_mastery(v, 0.7), "9.6.3.2", "is repeated", MASTERED, score={"scaled": 0.9}
    ),
    "9.6.3.2-2 (d) another without a score": broken("passed", lambda v: with_mastery(v, 0.7), "9.6.3.2", "is repeated", MASTERED),
}


@pytest.mark.parametrize(("value", "session", "rule", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_a_statement_that_breaks_a_rule(value, session, rule, message):
    with pytest.raises(Forbidden, match=message) as refused:
        check(value, session)
    assert refused.value.rule == rule
    assert refused.value.field


def test_refuses_a_statement_to_which_its_au_gave_no_id():  # 9.1.0.0-1 (d)
    with pytest.raises(Forbidden, match="gives each statement its id"):
        check(said("experienced"), id=None)
