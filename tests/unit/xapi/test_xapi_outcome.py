"""Which statements are completions, and what they say."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from lrs_bridge.completion import Outcome, Score, SourceKey
from lrs_bridge.identity import Account, Mbox, MboxSha1Sum, OpenID
from lrs_bridge.xapi.statements.outcome import to_completion
from tests.support.statements import (
    COMPLETED,
    COURSE,
    KARI,
    OLA,
    OTHER_ID,
    REGISTRATION,
    STATEMENT_ID,
    full_statement,
    interaction,
    statement,
    sub_statement,
)

VERBS = "http://adlnet.gov/expapi/verbs/"
STORED_AT = datetime(2026, 3, 5, tzinfo=UTC)
DIGEST = "sha-256:" + "0" * 64


def completion_of(value):
    return to_completion(
        value, id=UUID(STATEMENT_ID), tenant="demo", asserted_by="Læringsportalen", evidence=DIGEST, stored_at=STORED_AT
    )


OUTCOMES = {
    "completed": ("completed", None, Outcome(completion=True)),
    "completed, and says so": ("completed", {"completion": True}, Outcome(completion=True)),
    "completed, but says not": ("completed", {"completion": False}, Outcome(completion=False)),
    "completed with success": ("completed", {"success": True}, Outcome(completion=True, success=True)),
    "passed": ("passed", None, Outcome(success=True)),
    "passed and completed": ("passed", {"completion": True}, Outcome(completion=True, success=True)),
    "passed, but says not": ("passed", {"success": False}, Outcome(success=True)),
    "failed": ("failed", None, Outcome(success=False)),
    "failed and completed": ("failed", {"completion": True}, Outcome(completion=True, success=False)),
    "terminated with completion": ("terminated", {"completion": True}, Outcome(completion=True)),
    "scored with success": ("scored", {"success": False}, Outcome(success=False)),
    "scaled score": ("passed", {"score": {"scaled": 1}}, Outcome(success=True, score=Score(1.0))),
    "raw score": ("passed", {"score": {"raw": 8, "min": 0, "max": 10}}, Outcome(success=True, score=Score(None, 8.0, 0.0, 10.0))),
    "empty score": ("passed", {"score": {}}, Outcome(success=True)),
    "duration": ("completed", {"duration": "PT90S"}, Outcome(completion=True, duration=timedelta(seconds=90))),
    "endless duration": ("completed", {"duration": "P99999999999Y"}, Outcome(completion=True)),
    "initialized": ("initialized", None, None),
    "experienced with a score": ("experienced", {"score": {"scaled": 1}}, None),
    "mastered": ("mastered", None, None),
}


@pytest.mark.parametrize(("verb", "result", "outcome"), OUTCOMES.values(), ids=OUTCOMES.keys())
def test_tells_the_outcome_when_verb_or_result_speaks_of_one(verb, result, outcome):
    found = completion_of(statement(verb={"id": VERBS + verb}, result=result))
    assert (found and found.outcome) == outcome


ATTEMPT = {"registration": REGISTRATION}
EIGHTY = Outcome(score=Score(0.8))
SCORES = {
    "scored in an attempt": ("scored", statement(result={"score": {"scaled": 0.8}}, context=ATTEMPT), EIGHTY),
    "another verb in an attempt": ("experienced", statement(result={"score": {"scaled": 0.8}}, context=ATTEMPT), EIGHTY),
    "no attempt": ("scored", statement(result={"score": {"scaled": 0.8}}), None),
    "no score": ("scored", statement(result={"score": {}}, context=ATTEMPT), None),
    "nothing at all": ("scored", statement(context=ATTEMPT), None),
    "question": ("answered", statement(object=interaction("choice"), result={"score": {"scaled": 1}}, context=ATTEMPT), None),
}


@pytest.mark.parametrize(("verb", "value", "outcome"), SCORES.values(), ids=SCORES.keys())
def test_hands_over_a_score_alone_when_it_belongs_to_an_attempt(verb, value, outcome):
    found = completion_of(value | {"verb": {"id": VERBS + verb}})
    assert (found and found.outcome) == outcome


@pytest.mark.parametrize(
    ("timestamp", "occurred_at"),
    [
        ("0001-01-01T00:00:00Z", STORED_AT),
        ("1969-12-31T23:59:59.999999Z", STORED_AT),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2026-03-06T00:00:00Z", datetime(2026, 3, 6, tzinfo=UTC)),
        ("2026-03-06T00:00:00.000001Z", STORED_AT),
        ("9999-12-31T23:59:59Z", STORED_AT),
        ("9999-12-31T23:59:59-01:00", STORED_AT),
    ],
)
def test_takes_the_time_of_storing_when_the_statements_own_cannot_be_right(timestamp, occurred_at):
    assert completion_of(statement(timestamp=timestamp)).occurred_at == occurred_at


GROUP = {"objectType": "Group", "member": [KARI]}
NO_CLAIMS = {
    "anonymous group": statement(actor=GROUP),
    "identified group": statement(actor=OLA | GROUP),
    "object an agent": statement(object=KARI),
    "object a statement": statement(object={"objectType": "StatementRef", "id": OTHER_ID}),
    "object a sub-statement": statement(object=sub_statement()),
    "question": statement(object=interaction("choice")),
    "question by its type": statement(
        object={"id": COURSE, "definition": {"type": "http://adlnet.gov/expapi/activities/cmi.interaction"}}
    ),
}


@pytest.mark.parametrize("value", NO_CLAIMS.values(), ids=NO_CLAIMS.keys())
def test_gives_no_completion_when_no_learner_or_no_course_is_spoken_of(value):
    assert completion_of(value) is None


def test_hands_over_all_that_is_known_when_the_statement_is_full():
    found = completion_of(full_statement())
    assert found.key == SourceKey("demo", "xapi", STATEMENT_ID)
    assert found.learner == Mbox("mailto:kari@example.no")
    assert (found.activity, found.registration) == (COURSE, UUID(REGISTRATION))
    assert found.occurred_at == datetime(2026, 3, 4, 9, 0, 0, 123000, tzinfo=UTC)
    assert (found.asserted_by, found.evidence) == ("Læringsportalen", DIGEST)
    assert (found.activity_name, found.learner_name) == ("Smittevern", "Kari Nordmann")


def test_leaves_unknown_what_a_short_statement_does_not_say():
    found = completion_of(statement(actor=OLA, object={"id": COURSE}))
    assert (found.registration, found.activity_name, found.learner_name) == (None, None, None)
    assert found.occurred_at == STORED_AT


@pytest.mark.parametrize(
    ("actor", "learner"),
    [
        (OLA, Account("https://idp.example.no", "hpr-7654321")),
        ({"openid": "https://id.example.no/a"}, OpenID("https://id.example.no/a")),
        ({"mbox_sha1sum": "a" * 40}, MboxSha1Sum("a" * 40)),
    ],
    ids=["account", "openid", "sha1"],
)
def test_names_the_learner_when_known_by_another_identifier(actor, learner):
    assert completion_of(statement(actor=actor)).learner == learner


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ({"en": "E", "nn": "N"}, "N"),
        ({"de": "D", "no-NO": "O"}, "O"),
        ({"de": "D"}, "D"),
        ({}, None),
        ({"nb": " \x00 "}, None),
        ({"nb": "x" * 300}, "x" * 255),
    ],
)
def test_shows_the_course_by_its_norwegian_name_when_it_has_one(names, shown):
    activity = {"id": COURSE, "definition": {"name": names}}
    assert completion_of(statement(object=activity, verb={"id": COMPLETED})).activity_name == shown
