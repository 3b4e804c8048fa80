from datetime import UTC, datetime

import pytest

from lrs_bridge.completion import Completion, Outcome, Score, SourceKey
from lrs_bridge.errors import Invalid
from lrs_bridge.identity import Mbox


def completion(**changes):
    values = {
        "key": SourceKey("demo", "xapi", "1"),
        "learner": Mbox("mailto:kari@example.no"),
        "activity": "https://example.no/kurs",
        "registration": None,
        "outcome": Outcome(completion=True),
        "occurred_at": datetime(2026, 3, 4, tzinfo=UTC),
        "asserted_by": "Læringsportalen",
        "evidence": "sha-256:" + "0" * 64,
    }
    return Completion(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"occurred_at": datetime(2026, 3, 4)}, "occurred_at"),  # noqa: DTZ001  the flaw under test
        ({"evidence": "0" * 64}, "evidence"),
        ({"evidence": "sha-256:" + "A" * 64}, "evidence"),
    ],
)
def test_refuses_a_completion_when_a_value_breaks_its_form(changes, field):
    with pytest.raises(Invalid) as error:
        completion(**changes)
    assert error.value.field == field


def test_takes_a_completion_when_it_has_no_evidence_digest():
    assert completion(evidence=None).evidence is None


@pytest.mark.parametrize(
    ("score", "share"),
    [
        (Score(scaled=0.8, raw=1), 0.8),
        (Score(raw=15, minimum=10, maximum=20), 0.5),
        (Score(raw=15, maximum=20), 0.75),
        (Score(raw=15), None),
        (Score(maximum=20), None),
        (Score(raw=5, minimum=5, maximum=5), None),
        (Score(raw=1e308, minimum=-1e308, maximum=1e308), None),
        (Score(), None),
    ],
)
def test_gives_the_share_of_what_could_be_had(score, share):
    assert score.share() == share
