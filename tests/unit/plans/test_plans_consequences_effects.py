"""What one completion means, activity by activity."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from msgspec import structs

from lrs_bridge.completion import Outcome, Score, SourceKey
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.plans.claim import Claim
from lrs_bridge.plans.consequences.effects import Surroundings, Use, effects_of, stage_of
from lrs_bridge.plans.mapping import Mapping, Policy, Requirement
from lrs_bridge.plans.record import Head, State
from lrs_bridge.ports import Progress, Stage

AT = datetime(2026, 3, 2, tzinfo=UTC)
KARI, COURSE, HYGIENE, DRUGS = uuid4(), uuid4(), uuid4(), uuid4()
TITLES = {HYGIENE: "Smittevern", DRUGS: "Legemidler"}
HEAD = Head(uuid4(), KARI, HYGIENE, State.SIGNED, revision=2, signed_revision=2)
CLAIM = Claim(
    key=SourceKey("ward", "xapi", "1"),
    learner=Identifier(IdentifierKind.MBOX, "", "mailto:kari@example.no"),
    learner_name=None,
    course_iri="https://kurs.example.no/1",
    course_name=None,
    registration=None,
    outcome=Outcome(success=True, score=Score(0.6)),
    occurred_at=AT,
    received_at=AT,
    asserted_by="LMS",
    digest=None,
    person_id=KARI,
    course_id=COURSE,
)


def mapping(activity=HYGIENE, course=COURSE, minimum=None):
    return Mapping(uuid4(), course, activity, Policy.AUTO, Requirement.PASSED, minimum, None, 1)


def around(*in_force, claims=(CLAIM,), heads=(HEAD,), attestations=None):
    return Surroundings(
        in_force,
        {KARI: claims},
        {(head.person_id, head.activity_id): head for head in heads},
        TITLES,
        attestations or {},
    )


def test_tells_the_record_that_rests_on_it_when_one_does():
    attestation = uuid4()
    (effect,) = effects_of(CLAIM, [Use(HEAD, 1)], around(mapping(), attestations={HEAD.record_id: attestation}))
    assert (effect.activity, effect.verdict, effect.state) == ("Smittevern", "met", "signed")
    assert effect.rests_on_it
    assert not effect.came_later
    assert effect.attestation_id == attestation


def test_says_that_it_came_later_when_the_record_was_signed_before():
    (effect,) = effects_of(CLAIM, [Use(HEAD, 2)], around(mapping()))
    assert effect.came_later


def test_tells_what_the_score_lacks_when_it_is_too_low():
    (effect,) = effects_of(CLAIM, [], around(mapping(minimum=0.8)))
    assert (effect.verdict, effect.share, effect.minimum_score) == ("score_too_low", 0.6, 0.8)
    assert (effect.state, effect.rests_on_it) == ("signed", False)


def test_tells_no_record_when_the_activity_is_not_in_the_plan():
    (effect,) = effects_of(CLAIM, [], around(mapping(DRUGS)))
    assert (effect.verdict, effect.record_id, effect.state) == ("met", None, None)


def test_tells_the_record_when_no_mapping_is_in_force_any_more():
    (effect,) = effects_of(CLAIM, [Use(HEAD, 1)], around(mapping(course=uuid4())))
    assert (effect.verdict, effect.share, effect.state) == (None, None, "signed")


def test_judges_nothing_when_the_person_is_unknown():
    (effect,) = effects_of(structs.replace(CLAIM, person_id=None), [], around(mapping()))
    assert (effect.verdict, effect.record_id) == (None, None)


def test_judges_nothing_when_the_attempt_was_taken_back():
    (effect,) = effects_of(structs.replace(CLAIM, retracted_at=AT), [], around(mapping(), claims=()))
    assert effect.verdict is None


def test_tells_no_score_when_the_attempt_has_none():
    unscored = structs.replace(CLAIM, outcome=Outcome(success=True))
    (effect,) = effects_of(unscored, [], around(mapping(), claims=[unscored]))
    assert (effect.verdict, effect.share) == ("met", None)


def test_orders_effects_by_title():
    found = effects_of(CLAIM, [Use(HEAD, 1)], around(mapping(), mapping(DRUGS)))
    assert [effect.activity for effect in found] == ["Legemidler", "Smittevern"]


@pytest.mark.parametrize(
    ("changes", "uses", "stage"),
    [
        ({"retracted_at": AT}, [Use(HEAD, 1)], Stage(Progress.RETRACTED)),
        ({"person_id": None, "course_id": None}, [], Stage(Progress.UNKNOWN_PERSON)),
        ({"course_id": None}, [], Stage(Progress.UNKNOWN_COURSE)),
        ({}, [], Stage(Progress.RECOGNISED)),
        ({}, [Use(HEAD, 1)], Stage(Progress.EVIDENCE, "signed")),
        (
            {},
            [Use(HEAD, 1), Use(replace(HEAD, record_id=uuid4(), state=State.SUPERSEDED, superseded_by=HEAD.record_id), 5)],
            Stage(Progress.EVIDENCE, "signed"),
        ),
    ],
)
def test_tells_how_far_it_has_come(changes, uses, stage):
    assert stage_of(structs.replace(CLAIM, **changes), uses) == stage
