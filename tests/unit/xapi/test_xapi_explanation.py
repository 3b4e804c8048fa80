"""Why statements are no completions."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.xapi.statements.explanation import Reason, explain
from lrs_bridge.xapi.statements.outcome import to_completion
from tests.support.statements import (
    KARI,
    OLA,
    OTHER_ID,
    REGISTRATION,
    STATEMENT_ID,
    full_statement,
    interaction,
    statement,
    sub_statement,
    voiding,
)

VERBS = "http://adlnet.gov/expapi/verbs/"
GROUP = {"objectType": "Group", "mbox": "mailto:lis@example.no", "member": [KARI]}
REFERENCE = {"objectType": "StatementRef", "id": OTHER_ID}
EXPERIENCED = {"id": VERBS + "experienced"}
SCORE = {"score": {"scaled": 0.5}}

REASONS = {
    "a completion": (statement(), None),
    "everything at once": (full_statement(), None),
    "a voiding": (voiding(OTHER_ID), Reason.VOIDING),
    "a group": (statement(actor=GROUP), Reason.GROUP),
    "about a person": (statement(object=OLA | {"objectType": "Agent"}), Reason.NO_ACTIVITY),
    "about a statement": (statement(object=REFERENCE), Reason.NO_ACTIVITY),
    "about a plan": (statement(object=sub_statement()), Reason.NO_ACTIVITY),
    "an answer": (statement(object=interaction("choice")), Reason.QUESTION),
    "a visit": (statement(verb=EXPERIENCED), Reason.NO_OUTCOME),
    "a score alone": (statement(verb=EXPERIENCED, result=SCORE), Reason.SCORE_ALONE),
    "a score in an attempt": (statement(verb=EXPERIENCED, result=SCORE, context={"registration": REGISTRATION}), None),
}


@pytest.mark.parametrize(("value", "reason"), REASONS.values(), ids=REASONS.keys())
def test_says_why_not(value, reason):
    assert explain(value) is reason


@given(
    st.sampled_from([KARI, OLA, GROUP]),
    st.sampled_from(["completed", "passed", "failed", "experienced", "voided"]),
    st.sampled_from([statement()["object"], interaction("choice"), OLA | {"objectType": "Agent"}, REFERENCE, sub_statement()]),
    st.sampled_from([None, {}, SCORE, {"completion": False}, {"success": True}]),
    st.sampled_from([None, {}, {"registration": REGISTRATION}]),
)
def test_agrees_with_the_rule_when_it_finds_no_reason(actor, verb, object_, result, context):
    value = statement(actor=actor, verb={"id": VERBS + verb}, object=object_, result=result, context=context)
    made = to_completion(
        value,
        id=UUID(STATEMENT_ID),
        tenant="demo",
        asserted_by="LMS",
        evidence="sha-256:" + "0" * 64,
        stored_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert (explain(value) is None) == (made is not None)
