"""What a registration comes to."""

from uuid import UUID

import pytest

from lrs_bridge.cmi5.move_on import AuProgress
from lrs_bridge.cmi5.outcome import outcome_of, to_completion
from lrs_bridge.cmi5.vocabulary import MoveOn
from lrs_bridge.completion import Completion, Outcome, Score, SourceKey
from tests.support.cmi5 import LEARNER, NOON, REGISTRATION, course_of, unit

ONE = course_of(unit("only", MoveOn.COMPLETED_OR_PASSED))
OPEN = course_of(unit("a"), unit("b"))
TEST_FIRST = course_of(unit("test"), unit("exam", MoveOn.PASSED))
TWO_EXAMS = course_of(unit("a", MoveOn.PASSED), unit("b", MoveOn.COMPLETED_AND_PASSED))
READING = course_of(unit("text", MoveOn.COMPLETED))
PASSED, FAILED = AuProgress(passed=True), AuProgress(failed=True)


def passed(scaled):
    return AuProgress(passed=True, score=Score(scaled))


def failed(scaled):
    return AuProgress(failed=True, score=Score(scaled))


OUTCOMES = {
    "nothing": (ONE, {}, False, Outcome(completion=False)),
    "completed": (ONE, {0: AuProgress(completed=True)}, True, Outcome(completion=True)),
    "passed": (ONE, {0: PASSED}, True, Outcome(completion=True, success=True)),
    "passed with a score": (ONE, {0: passed(0.9)}, True, Outcome(True, True, Score(0.9))),
    "failed": (ONE, {0: failed(0.3)}, False, Outcome(False, False, Score(0.3))),
    "failed, then passed": (
        ONE,
        {0: AuProgress(passed=True, failed=True, score=Score(0.8))},
        True,
        Outcome(True, True, Score(0.8)),
    ),
    "completed although failed": (READING, {0: AuProgress(completed=True, failed=True)}, True, Outcome(True, False)),
    "waived": (ONE, {0: AuProgress(waived=True)}, True, Outcome(completion=True)),
    "satisfied, but nobody has opened it": (OPEN, {}, True, Outcome(completion=False)),
    "opened and left": (OPEN, {1: AuProgress(ended=True)}, True, Outcome(completion=True)),
    "judged, but not yet ended": (OPEN, {1: failed(0.5)}, True, Outcome(False, False, Score(0.5))),
    "failed a test of what one knew": (TEST_FIRST, {0: failed(0.1), 1: passed(0.9)}, True, Outcome(True, True, Score(0.9))),
    "passed one exam of two": (TWO_EXAMS, {0: passed(1.0), 1: failed(0.5)}, False, Outcome(False, False, Score(0.75))),
    "passed the first exam of two": (TWO_EXAMS, {0: passed(1.0)}, False, Outcome(False, None, Score(1.0))),
    "two exams, one without a score": (TWO_EXAMS, {0: passed(0.8), 1: PASSED}, True, Outcome(True, True, Score(0.8))),
    "two exams, shares unknown": (
        TWO_EXAMS,
        {0: AuProgress(passed=True, score=Score(raw=1.0)), 1: AuProgress(passed=True, score=Score(raw=2.0))},
        True,
        Outcome(True, True),
    ),
}


@pytest.mark.parametrize(("structure", "progress", "satisfied", "outcome"), OUTCOMES.values(), ids=OUTCOMES.keys())
def test_tells_what_was_achieved(structure, progress, satisfied, outcome):
    assert outcome_of(structure, progress, satisfied=satisfied) == outcome


def claim(outcome):
    return to_completion(
        outcome,
        tenant="demo",
        registration=REGISTRATION,
        learner=LEARNER,
        learner_name="Kari Nordmann",
        course_iri="https://lrs.example.no/hosted/1",
        course_name="Kurs",
        occurred_at=NOON,
        asserted_by="Courses played here",
        evidence="sha-256:" + "0" * 64,
    )


def test_claims_one_completion_for_a_registration():
    outcome = Outcome(True, True, Score(0.9))
    assert claim(outcome) == Completion(
        key=SourceKey("demo", "cmi5", "a1b2c3d4-0000-4000-8000-000000000001"),
        learner=LEARNER,
        activity="https://lrs.example.no/hosted/1",
        registration=UUID("a1b2c3d4-0000-4000-8000-000000000001"),
        outcome=outcome,
        occurred_at=NOON,
        asserted_by="Courses played here",
        evidence="sha-256:" + "0" * 64,
        activity_name="Kurs",
        learner_name="Kari Nordmann",
    )


@pytest.mark.parametrize("outcome", [Outcome(), Outcome(completion=False, success=False, score=Score(0.2))])
def test_claims_nothing_while_the_course_is_not_completed(outcome):
    assert claim(outcome) is None
