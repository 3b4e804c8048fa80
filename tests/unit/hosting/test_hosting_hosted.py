"""Hosted courses and attempts as values: stages, the better of two outcomes, policies."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from lrs_bridge.completion import Outcome, Score
from lrs_bridge.errors import Invalid
from lrs_bridge.hosting.hosted import (
    Attempt,
    Mode,
    Policy,
    Stage,
    better,
    course_iri,
    learner_of,
    parse_policy,
    stage_of,
)
from lrs_bridge.identity import Account

URL = "https://lrs.example.no"
HOSTED, PERSON = UUID(int=1), UUID(int=2)


def attempt(outcome, mode=Mode.NORMAL):
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    learner = Account(URL, "opaque")
    return Attempt(UUID(int=3), HOSTED, UUID(int=4), learner, "Kari", PERSON, None, 1, mode, now, now, None, outcome, None)


@pytest.mark.parametrize(
    ("outcome", "stage", "is_finished"),
    [
        (Outcome(), Stage.NOT_STARTED, False),
        (Outcome(completion=False), Stage.UNDER_WAY, False),
        (Outcome(score=Score(0.4)), Stage.UNDER_WAY, False),
        (Outcome(duration=timedelta(seconds=3)), Stage.UNDER_WAY, False),
        (Outcome(completion=False, success=False), Stage.UNDER_WAY, False),  # some courses begin as failed
        (Outcome(success=False), Stage.UNDER_WAY, False),
        (Outcome(completion=True), Stage.COMPLETED, True),
        (Outcome(completion=True, success=False), Stage.FAILED, True),
        (Outcome(completion=True, success=True), Stage.PASSED, True),
        (Outcome(completion=False, success=True), Stage.PASSED, True),
        (Outcome(success=True), Stage.PASSED, True),
    ],
)
def test_says_in_a_word_how_far_an_attempt_has_come(outcome, stage, is_finished):
    assert stage_of(outcome) is stage
    assert (attempt(outcome).stage, attempt(outcome).is_finished) == (stage, is_finished)


LOW, ZERO, HIGH, MINUS, RAW = Score(0.2), Score(0.0), Score(0.9), Score(-0.5), Score(raw=7)


@pytest.mark.parametrize(
    ("one", "other", "best"),
    [
        (Outcome(), Outcome(), Outcome()),
        (Outcome(completion=True), Outcome(success=False), Outcome(completion=True, success=False)),
        (Outcome(completion=False, success=True), Outcome(completion=True, success=False), Outcome(True, True)),
        (Outcome(score=LOW), Outcome(score=HIGH), Outcome(score=HIGH)),
        (Outcome(score=HIGH), Outcome(score=LOW), Outcome(score=HIGH)),
        (Outcome(score=ZERO), Outcome(), Outcome(score=ZERO)),
        (Outcome(), Outcome(score=ZERO), Outcome(score=ZERO)),
        (Outcome(score=ZERO), Outcome(score=MINUS), Outcome(score=ZERO)),
        (Outcome(score=MINUS), Outcome(score=ZERO), Outcome(score=ZERO)),
        (Outcome(score=RAW), Outcome(score=LOW), Outcome(score=LOW)),
        (Outcome(score=LOW), Outcome(score=RAW), Outcome(score=LOW)),
        (Outcome(score=RAW), Outcome(), Outcome(score=RAW)),
        (Outcome(), Outcome(score=RAW), Outcome(score=RAW)),
        (Outcome(duration=timedelta(1)), Outcome(duration=timedelta(2)), Outcome(duration=timedelta(2))),
        (Outcome(duration=timedelta(1)), Outcome(), Outcome(duration=timedelta(1))),
    ],
)
def test_takes_the_best_of_two_outcomes_on_each_axis(one, other, best):
    assert better(one, other) == best


def test_names_courses_and_learners_by_addresses_of_the_service():
    assert course_iri(URL, HOSTED) == f"{URL}/hosted/{HOSTED}"
    assert learner_of(URL, PERSON) == Account(URL, str(PERSON))


@pytest.mark.parametrize(
    ("form", "policy"),
    [
        ({}, Policy()),
        ({"most_attempts": " 3 ", "review_on": "", "is_open": "yes"}, Policy(3)),
        (
            {"most_attempts": "1", "review_on": " 2027-01-31 ", "is_open": "no"},
            Policy(1, is_open=False, review_on=date(2027, 1, 31)),
        ),
        ({"most_attempts": "100"}, Policy(100)),
        ({"finish_completes": "yes"}, Policy(finish_completes=True)),
    ],
)
def test_reads_a_policy_from_its_form(form, policy):
    assert parse_policy(form) == policy


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"most_attempts": "0"}, "most_attempts"),
        ({"most_attempts": "101"}, "most_attempts"),
        ({"most_attempts": "-1"}, "most_attempts"),
        ({"most_attempts": "many"}, "most_attempts"),
        ({"most_attempts": "³"}, "most_attempts"),
        ({"most_attempts": "9" * 5000}, "most_attempts"),
        ({"review_on": "31.01.2027"}, "review_on"),
        ({"review_on": "2027-02-30"}, "review_on"),
    ],
)
def test_refuses_a_policy_that_can_not_be_and_names_the_field(form, field):
    with pytest.raises(Invalid) as refused:
        parse_policy(form)
    assert refused.value.field == field
