"""What became of completions, asked by the source's id."""

import pytest

from lrs_bridge.db import read
from lrs_bridge.identity import Account
from lrs_bridge.plans.claim import course_key
from lrs_bridge.plans.consequences.service import PlanConsequences, RegisteredCourses
from lrs_bridge.ports import Progress, Stage
from lrs_bridge.signing.service import RecordAttestations
from tests.support.plans import DRUGS_IRI, HYGIENE_IRI, open_ward

CONSEQUENCES = PlanConsequences(RecordAttestations())
STRANGER = Account("https://ks.example.no", "48213")


@pytest.fixture
def ward(engine):
    return open_ward(engine)


def of(ward, *keys, tenant=None):
    ids = [key.id for key in keys]
    return read(ward.engine, lambda s: CONSEQUENCES.of(s, tenant or ward.tenant, "xapi", ids))


def stage(ward, key):
    return read(ward.engine, lambda s: CONSEQUENCES.stages(s, ward.tenant, "xapi", [key.id]))[key.id]


def test_tells_the_signed_record_with_its_attestation(ward):
    key = ward.reports()
    told = of(ward, key)[key.id]
    (effect,) = told.effects
    assert (told.person_name, told.course_title) == ("Kari Nordmann", "Smittevern")
    assert (effect.activity, effect.verdict, effect.state, effect.rests_on_it) == ("Smittevern", "met", "signed", True)
    assert effect.record_id == ward.record(ward.hygiene).record_id
    assert effect.attestation_id is not None
    assert stage(ward, key) == Stage(Progress.EVIDENCE, "signed")


def test_tells_by_how_much_the_score_misses(ward):
    key = ward.reports(DRUGS_IRI, success=True, score=0.6)
    (effect,) = of(ward, key)[key.id].effects
    assert (effect.verdict, effect.share, effect.minimum_score) == ("score_too_low", 0.6, 0.8)
    assert effect.state == "planned"
    assert effect.record_id == ward.record(ward.drugs).record_id
    assert stage(ward, key).progress in (Progress.RECOGNISED, Progress.EVIDENCE)


def test_names_the_work_list_entries_when_nobody_and_nothing_is_known(ward):
    key = ward.reports("https://kurs.example.no/ukjent", who=STRANGER)
    told = of(ward, key)[key.id]
    assert (told.person_id, told.course_id, told.effects) == (None, None, ())
    assert told.course_key == course_key("https://kurs.example.no/ukjent")
    assert len(told.learner_key) == 64
    assert stage(ward, key) == Stage(Progress.UNKNOWN_PERSON)


def test_tells_that_and_why_it_was_taken_back(ward):
    key = ward.reports()
    ward.voids(key, reason="voided by a statement")
    told = of(ward, key)[key.id]
    assert told.retraction_reason == "voided by a statement"
    assert told.retracted_at is not None
    assert [effect.state for effect in told.effects] == ["contested"]
    assert stage(ward, key) == Stage(Progress.RETRACTED)


def test_tells_an_attempt_as_a_whole_when_several_statements_make_it(ward):
    first = ward.reports(DRUGS_IRI, success=True)
    second = ward.reports(DRUGS_IRI, score=0.9)
    told = of(ward, first, second)
    assert [told[key.id].effects[0].verdict for key in (first, second)] == ["met", "met"]


def test_knows_nothing_of_other_tenants_and_of_what_is_no_completion(ward):
    key = ward.reports()
    assert of(ward, key, tenant="other") == {}
    assert read(ward.engine, lambda s: CONSEQUENCES.stages(s, ward.tenant, "xapi", ["nothing"])) == {}


def test_asks_as_often_for_many_as_for_one(ward, count_queries):
    keys = [ward.reports() for _ in range(3)]
    with count_queries() as for_one:
        of(ward, keys[0])
    with count_queries() as for_many:
        of(ward, *keys)
    assert len(for_many) == len(for_one) <= 12


def test_finds_courses_by_title_and_by_any_of_their_addresses(ward):
    ward.alias(ward.hygiene_course, "https://ks.example.no/9")
    directory = RegisteredCourses()
    for words in ("smitte", "ks.example.no/9", HYGIENE_IRI):
        (found,) = read(ward.engine, lambda s, words=words: directory.find_courses(s, ward.tenant, words, 5))
        assert (found.title, found.iris) == ("Smittevern", (HYGIENE_IRI, "https://ks.example.no/9"))
