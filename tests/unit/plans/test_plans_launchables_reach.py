from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from lrs_bridge.completion import Outcome, Score
from lrs_bridge.plans.launchables.reach import NOT_THEIRS, best_share, plan_standing, standing_of
from lrs_bridge.plans.objective import EvidenceRule, Mode
from lrs_bridge.plans.record import Evidence, Head, State
from lrs_bridge.ports import Reached

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
DONE, SENT, CLOSED = (NOW + timedelta(days=day) for day in range(3))


def evidence(score, *, retracted_at=None):
    return Evidence(
        evidence_id=UUID(int=1),
        kind="completion",
        source="xapi",
        source_id="1",
        asserted_by="LMS",
        activity_iri=None,
        outcome=Outcome(completion=True, score=score),
        occurred_at=NOW,
        received_at=NOW,
        digest=None,
        retracted_at=retracted_at,
        retraction_reason=None,
        added_at=NOW,
    )


@pytest.mark.parametrize(
    ("state", "rule", "final", "times", "at"),
    [
        (State.PLANNED, EvidenceRule.COMPLETION, False, {}, None),
        (State.DONE, EvidenceRule.COMPLETION, False, {"done_at": DONE}, DONE),
        (State.DONE, EvidenceRule.SIGNATURE, False, {"done_at": DONE}, DONE),
        (State.DONE, EvidenceRule.SELF, True, {"done_at": DONE}, DONE),
        (State.SENT, EvidenceRule.SELF, False, {"done_at": DONE, "sent_at": SENT}, SENT),
        (State.RETURNED, EvidenceRule.SIGNATURE, False, {"done_at": DONE}, DONE),
        (State.SIGNED, EvidenceRule.COMPLETION, True, {"done_at": DONE, "sent_at": SENT, "closed_at": CLOSED}, CLOSED),
        (State.CONTESTED, EvidenceRule.COMPLETION, False, {"closed_at": CLOSED}, CLOSED),
    ],
)
def test_tells_how_far_a_record_is(state, rule, final, times, at):
    head = Head(UUID(int=5), UUID(int=1), UUID(int=2), state, **times)
    standing = standing_of(head, rule, [evidence(Score(scaled=0.7))])
    assert (standing.reached.value, standing.is_final, standing.at, standing.share) == (state.value, final, at, 0.7)
    assert standing.path == f"/plan/records/{UUID(int=5)}"


def test_takes_the_best_score_that_stands():
    scores = [evidence(Score(scaled=0.4)), evidence(Score(raw=8, maximum=10)), evidence(Score(scaled=0.9), retracted_at=NOW)]
    assert best_share(scores) == 0.8
    assert best_share([evidence(None), evidence(Score(raw=3))]) is None
    assert best_share([evidence(Score(scaled=-0.4))]) == 0
    assert best_share([evidence(Score(raw=12, maximum=10))]) == 1


def test_tells_how_far_a_plan_is():
    assert plan_standing([]) == NOT_THEIRS
    half = plan_standing([(Mode.COURSES, State.SIGNED), (Mode.COURSES, State.SENT)])
    assert (half.reached, half.share, half.is_final, half.path) == (Reached.PLANNED, 0.5, False, "/plan")
    whole = plan_standing([(Mode.COURSES, State.SIGNED)])
    assert (whole.reached, whole.share, whole.is_final) == (Reached.SIGNED, 1.0, True)
