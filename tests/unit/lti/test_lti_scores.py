from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.lti.advantage.grades import Grade
from lrs_bridge.lti.platforms.platform import Version
from lrs_bridge.lti.scores.delivery import (
    MOST_REFUSALS,
    Outgoing,
    Post,
    State,
    in_turn,
    is_silence,
    pause,
    state_after,
)
from lrs_bridge.lti.scores.score import grade_of, time_of
from lrs_bridge.ports import Reached, Standing

NOW = datetime(2026, 3, 4, 10, 0, 5, 250000, tzinfo=UTC)


def standing(reached, *, share=None, is_final=False):
    return Standing(reached, NOW, share, is_final, "/plan")


@pytest.mark.parametrize(
    ("reached", "is_final", "share", "activity", "grading", "given"),
    [
        (Reached.PLANNED, False, None, "Initialized", "NotReady", None),
        (Reached.DONE, False, 0.8, "Completed", "PendingManual", None),
        (Reached.DONE, True, None, "Completed", "FullyGraded", 100.0),
        (Reached.SENT, False, 0.8, "Submitted", "PendingManual", None),
        (Reached.RETURNED, False, None, "InProgress", "NotReady", None),
        (Reached.SIGNED, True, None, "Completed", "FullyGraded", 100.0),
        (Reached.SIGNED, True, 0.8, "Completed", "FullyGraded", 80.0),
        (Reached.SIGNED, True, 1 / 3, "Completed", "FullyGraded", 33.3333),
        (Reached.SIGNED, True, 0.0, "Completed", "FullyGraded", 0.0),
        (Reached.SIGNED, True, 1.7, "Completed", "FullyGraded", 100.0),
        (Reached.SIGNED, True, -0.7, "Completed", "FullyGraded", 0.0),
        (Reached.CONTESTED, False, 0.8, "Completed", "Pending", None),
    ],
)
def test_tells_the_gradebook_how_far_somebody_is(reached, is_final, share, activity, grading, given):
    assert grade_of(standing(reached, share=share, is_final=is_final)) == Grade(activity, grading, given, 100.0)


def test_tells_nothing_of_what_is_not_theirs():
    assert grade_of(standing(Reached.NOT_THEIRS)) is None


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (None, NOW),
        (NOW - timedelta(seconds=1), NOW),
        (NOW - timedelta(milliseconds=300), NOW),  # the second before
        (NOW - timedelta(milliseconds=1), NOW + timedelta(milliseconds=999)),
        (NOW, NOW + timedelta(seconds=1)),
        (NOW + timedelta(seconds=3), NOW + timedelta(seconds=4)),
    ],
)
def test_gives_each_score_a_second_of_its_own(last, expected):
    assert time_of(NOW, last) == expected


@given(st.lists(st.timedeltas(timedelta(), timedelta(seconds=3)), max_size=8))
def test_gives_later_scores_later_seconds(steps):
    now, last = NOW, None
    for step in steps:
        now += step
        at = time_of(now, last)
        assert last is None or at.replace(microsecond=0) > last.replace(microsecond=0)
        last = at


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (200, State.SENT),
        (204, State.SENT),
        (409, State.NEWER_THERE),
        (400, State.FAILED),
        (404, State.FAILED),
        (422, State.FAILED),
        (302, State.FAILED),
        (401, State.WAITING),
        (403, State.WAITING),
        (408, State.WAITING),
        (425, State.WAITING),
        (429, State.WAITING),
        (500, State.WAITING),
        (503, State.WAITING),
        (None, State.WAITING),
    ],
)
def test_tells_what_an_answer_means(status, state):
    assert state_after(status, 1) is state


@pytest.mark.parametrize("status", [401, 403])
def test_gives_up_when_our_rights_are_refused_again_and_again(status):
    assert state_after(status, MOST_REFUSALS - 1) is State.WAITING
    assert state_after(status, MOST_REFUSALS) is State.FAILED


def test_waits_longer_and_longer_but_never_gives_up_on_who_is_away():
    assert [pause(n, 0).total_seconds() for n in range(10)] == [2, 2, 5, 15, 60, 300, 900, 1800, 3600, 3600]
    assert pause(3, 1) == timedelta(seconds=7.5)
    assert pause(1, 0, timedelta(minutes=20)) == timedelta(minutes=20)
    assert pause(9, 0, timedelta(seconds=1)) == timedelta(hours=1)
    assert state_after(None, 10**6) is State.WAITING


def test_takes_no_answer_for_a_platform_that_is_away_but_not_for_ever():
    assert is_silence(None, 1)
    assert is_silence(None, 8)
    assert not is_silence(None, 9)
    assert not is_silence(503, 1)


def post(platform, number, *, attempts=0):
    grade = Grade("Completed", "FullyGraded", 100.0, 100.0)
    ids = (UUID(int=number), UUID(int=platform), UUID(int=1))
    score = Outgoing("north", *ids, "42", number, grade, NOW, State.WAITING, attempts, NOW + timedelta(seconds=number))
    return Post(score, Version.V1P3, "", None, None, None, None)


def test_gives_each_platform_its_turn_and_those_first_that_answer():
    failing = [post(1, 1, attempts=3), post(1, 2)]
    busy, idle = [post(2, 3), post(2, 4), post(2, 5)], [post(3, 9)]
    found = [(one.score.platform_id.int, one.score.number) for one in in_turn([failing, busy, idle, []])]
    assert found == [(2, 3), (3, 9), (2, 4), (2, 5), (1, 1), (1, 2)]
