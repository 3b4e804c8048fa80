from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from lrs_bridge.completion import Outcome, Score
from lrs_bridge.signing.ledger import Head
from tests.support.attestations import AT, COURSE, attestation, evidence, facts, note, record

OTHER = UUID(int=7)


def test_takes_everything_along_that_the_decision_rests_on():
    made = attestation(record=record(evidence=(evidence(), note())))
    assert made.record == record().record_id
    assert (made.activity.title, made.activity.kind, made.activity.mode) == ("Smittevern", "elearning", "10")
    assert [(o.code, o.version) for o in made.activity.objectives] == [("KLS-014", "1")]
    assert (made.course.iri, made.course.version) == (record().course.iri, "2026")
    assert (made.mapping.policy, made.mapping.version, made.mapping.validity_months) == ("supervisor", 3, 12)
    assert [piece.kind for piece in made.evidence] == ["completion", "note"]
    assert (made.done_at, made.valid_until) == (AT, record().valid_until)
    assert COURSE not in (made.id, made.record)


def test_leaves_out_evidence_that_was_taken_back():
    made = attestation(record=record(evidence=(evidence(retracted_at=AT, retraction_reason="voided"), note())))
    assert [piece.kind for piece in made.evidence] == ["note"]


def test_says_nothing_where_there_is_no_course():
    made = attestation(record=record(course=None, mapping=None, done_at=None, valid_until=None, evidence=()))
    assert (made.course, made.mapping, made.done_at, made.valid_until, made.evidence) == (None, None, None, None, ())


def test_spells_scores_as_people_read_them():
    outcome = Outcome(score=Score(scaled=0.1, raw=17, minimum=0, maximum=20.5))
    score = attestation(record=record(evidence=(evidence(outcome=outcome),))).evidence[0].outcome.score
    assert (score.scaled, score.raw, score.minimum, score.maximum) == (Decimal("0.1"), 17, 0, Decimal("20.5"))


def test_has_no_score_where_the_source_gives_none():
    made = attestation(record=record(evidence=(evidence(outcome=Outcome(completion=True)),)))
    assert made.evidence[0].outcome.score is None


def test_has_no_minimum_score_where_the_mapping_asks_for_none():

    made = attestation(record=record(mapping=replace(record().mapping, minimum_score=None)))
    assert made.mapping.minimum_score is None


def test_stands_where_the_ledger_ends():
    made = attestation(after=Head(4, "sha-256:" + "a" * 64), supersedes=OTHER)
    assert (made.sequence, made.previous, made.supersedes) == (5, "sha-256:" + "a" * 64, OTHER)


def test_names_who_decided():
    assert attestation().decision == facts().decision
