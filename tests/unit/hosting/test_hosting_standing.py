"""How a person stands in a hosted course, for learning platforms."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lrs_bridge.completion import Outcome, Score
from lrs_bridge.hosting.standing import learn_path, standing_of
from lrs_bridge.ports import Reached, Standing
from tests.unit.hosting.test_hosting_hosted import HOSTED, attempt

PASSED, FAILED = Outcome(True, True), Outcome(True, False)


def scored(outcome, share):
    return Outcome(outcome.completion, outcome.success, Score(share))


@pytest.mark.parametrize("outcomes", [[], [Outcome()], [Outcome(completion=False, success=False), Outcome(score=Score(1.0))]])
def test_awaits_everything_while_no_attempt_is_finished(outcomes):
    found = standing_of(HOSTED, [attempt(one) for one in outcomes])
    assert found == Standing(Reached.PLANNED, None, None, is_final=False, path=f"/learn/{HOSTED}")


@pytest.mark.parametrize(
    ("outcomes", "share"),
    [
        ([Outcome(completion=True)], 1.0),
        ([PASSED], 1.0),
        ([FAILED], 0.0),
        ([scored(FAILED, 0.4)], 0.4),
        ([scored(PASSED, 0.7), scored(PASSED, 0.9)], 0.9),
        ([scored(FAILED, 0.9), scored(PASSED, 0.8)], 0.8),
        ([FAILED, Outcome(completion=False)], 0.0),
        ([scored(PASSED, -0.5)], 0.0),
        ([Outcome(True, True, Score(raw=12, minimum=0, maximum=10))], 1.0),
        ([Outcome(True, True, Score(raw=12))], 1.0),
        ([Outcome(True, False, Score(raw=12))], 0.0),
    ],
)
def test_counts_the_best_finished_attempt(outcomes, share):
    found = standing_of(HOSTED, [attempt(one) for one in outcomes])
    assert (found.reached, found.share, found.is_final, found.path) == (Reached.DONE, share, True, learn_path(HOSTED))


def test_is_of_the_time_at_which_the_best_one_changed():
    best = attempt(scored(PASSED, 0.9))
    later = replace(attempt(scored(PASSED, 0.5)), changed_at=best.changed_at + timedelta(days=1))
    assert standing_of(HOSTED, [later, best]).at == best.changed_at
