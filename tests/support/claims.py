"""Claims to judge in pure tests: one learner, one course, minutes after nine o'clock."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st

from lrs_bridge.completion import Outcome, Score, SourceKey
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.plans.claim import Claim

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
KARI = UUID("00000000-0000-4000-8000-00000000000a")
COURSE = UUID("00000000-0000-4000-8000-00000000000c")


tri_state = st.sampled_from([None, True, False])
shares = st.floats(-1, 1, allow_nan=False)
scores = st.none() | st.builds(
    Score, scaled=st.none() | shares, raw=st.none() | st.integers(0, 10), maximum=st.none() | st.just(10.0)
)
durations = st.none() | st.builds(timedelta, seconds=st.integers(0, 10_000))
outcomes = st.builds(Outcome, tri_state, tri_state, scores, durations)


def claim(key="1", minutes=0, registration=None, course=COURSE, source="LMS", **outcome) -> Claim:
    score = outcome.pop("score", None)
    return Claim(
        key=SourceKey("ward", "xapi", key),
        learner=Identifier(IdentifierKind.MBOX, "", "mailto:kari@example.no"),
        learner_name=None,
        course_iri="https://kurs.example.no/1",
        course_name=None,
        registration=registration,
        outcome=Outcome(**outcome, score=None if score is None else Score(scaled=score)),
        occurred_at=AT + timedelta(minutes=minutes),
        received_at=AT,
        asserted_by=source,
        digest=None,
        person_id=KARI,
        course_id=course,
    )
