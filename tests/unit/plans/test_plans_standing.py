from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from lrs_bridge.completion import Outcome, Score
from lrs_bridge.plans.mapping import Mapping, Policy, Requirement
from lrs_bridge.plans.standing import Verdict, best, find_grounds, meets, nearest_miss, standings
from tests.support.claims import AT, COURSE, claim, outcomes

COMPLETED = Mapping(UUID(int=1), COURSE, uuid4(), Policy.AUTO, Requirement.COMPLETED, None, None, 1)
PASSED = replace(COMPLETED, requirement=Requirement.PASSED)
EIGHTY = replace(PASSED, minimum_score=0.8)
REGISTRATION = uuid4()

claims = st.lists(
    st.builds(
        lambda key, minutes, registration, outcome: structs.replace(claim(str(key), minutes, registration), outcome=outcome),
        st.integers(0, 10**6),
        st.integers(0, 5),
        st.sampled_from([None, REGISTRATION]),
        outcomes,
    ),
    max_size=6,
    unique_by=lambda each: each.key,
)


@given(outcomes, outcomes, outcomes)
def test_takes_the_best_in_any_order(a, b, c):
    assert best(a, b) == best(b, a)
    assert best(best(a, b), c) == best(a, best(b, c))
    assert best(a, a) == a == best(a, Outcome())


@given(claims, st.randoms(use_true_random=False), st.sampled_from([COMPLETED, PASSED, EIGHTY]))
def test_stands_the_same_whatever_came_first(given_claims, random, mapping):
    shuffled = random.sample(given_claims, len(given_claims))
    assert standings(shuffled, mapping) == standings(given_claims, mapping)
    assert find_grounds(shuffled, [mapping]) == find_grounds(given_claims, [mapping])


@given(claims)
def test_never_loses_a_pass(given_claims):
    passed = claim("passed", success=True)
    assert find_grounds([*given_claims, passed], [PASSED]) is not None


@pytest.mark.parametrize(
    ("outcome", "mapping", "verdict"),
    [
        (Outcome(completion=True), COMPLETED, Verdict.MET),
        (Outcome(success=True), COMPLETED, Verdict.MET),
        (Outcome(), COMPLETED, Verdict.NOT_COMPLETED),
        (Outcome(completion=False), COMPLETED, Verdict.NOT_COMPLETED),
        (Outcome(completion=True, success=False), COMPLETED, Verdict.NOT_PASSED),
        (Outcome(completion=True), PASSED, Verdict.NOT_PASSED),
        (Outcome(success=False), PASSED, Verdict.NOT_PASSED),
        (Outcome(success=True), PASSED, Verdict.MET),
        (Outcome(success=True), EIGHTY, Verdict.NO_SCORE),
        (Outcome(success=True, score=Score(raw=8)), EIGHTY, Verdict.NO_SCORE),
        (Outcome(success=True, score=Score(scaled=0.79)), EIGHTY, Verdict.SCORE_TOO_LOW),
        (Outcome(success=True, score=Score(scaled=0.8)), EIGHTY, Verdict.MET),
        (Outcome(success=True, score=Score(raw=8, minimum=0, maximum=10)), EIGHTY, Verdict.MET),
        (Outcome(success=True, score=Score(scaled=0.1 + 0.7)), EIGHTY, Verdict.MET),
    ],
)
def test_says_whether_an_outcome_meets_a_mapping(outcome, mapping, verdict):
    assert meets(outcome, mapping) is verdict
    assert verdict.met is (verdict is Verdict.MET)


def test_never_completes_by_a_score_alone():
    alone = claim("1", registration=REGISTRATION, score=1)
    assert find_grounds([alone], [COMPLETED, PASSED, EIGHTY]) is None


@pytest.mark.parametrize("minutes", [-5, 5])
def test_counts_a_score_alone_for_the_attempt_that_it_belongs_to(minutes):
    passed, scored = claim("1", registration=REGISTRATION, success=True), claim("2", minutes, REGISTRATION, score=0.9)
    assert find_grounds([passed, scored], [EIGHTY]).attempts == {REGISTRATION}
    assert find_grounds([passed, structs.replace(scored, registration=uuid4())], [EIGHTY]) is None


@pytest.mark.parametrize(
    ("sources", "policy", "by_system"),
    [
        ((), Policy.AUTO, True),
        (("LMS",), Policy.AUTO, True),
        (("Other", "LMS"), Policy.AUTO, True),
        (("Other",), Policy.AUTO, False),
        ((), Policy.SUPERVISOR, False),
    ],
)
def test_lets_the_system_sign_only_for_sources_that_the_mapping_trusts(sources, policy, by_system):
    mapping = replace(COMPLETED, sources=sources, policy=policy)
    assert find_grounds([claim(completion=True)], [mapping]).by_system is by_system


def test_needs_what_trusted_sources_say_to_suffice_by_itself():
    mapping = replace(EIGHTY, sources=("LMS",))
    passed, scored = claim("1", success=True), claim("2", 5, source="Other", score=0.9)
    assert find_grounds([passed, scored], [mapping]).by_system is False
    assert find_grounds([passed, scored, claim("3", 6, score=0.8)], [mapping]).by_system is True


def test_groups_claims_by_attempt():
    first, second = uuid4(), uuid4()
    found = standings([claim("1", registration=first, success=True), claim("2", 1, second, score=0.9)], EIGHTY)
    assert {r: s.verdict for r, s in found.items()} == {first: Verdict.NO_SCORE, second: Verdict.NOT_PASSED}


def test_leaves_out_what_is_retracted_or_of_another_course():
    other = claim("1", course=uuid4(), completion=True)
    retracted = structs.replace(claim("2", completion=True), retracted_at=AT)
    assert standings([other, retracted], COMPLETED) == {}


def test_is_achieved_when_the_attempt_first_meets():
    found = standings([claim("1", 0, success=True), claim("2", 5, score=0.9), claim("3", 9, success=True, score=1)], EIGHTY)
    assert found[None].achieved_at == AT + timedelta(minutes=5)
    assert found[None].renewed_at == AT + timedelta(minutes=9)


def test_rests_on_the_attempts_that_meet():
    good, bad = uuid4(), uuid4()
    met = claim("1", registration=good, success=True)
    missed = claim("2", registration=bad, success=False)
    grounds = find_grounds([met, missed], [PASSED])
    assert (grounds.rest_on(met), grounds.rest_on(missed)) == (True, False)
    assert grounds.done_at == AT


def test_prefers_what_the_system_may_sign_and_then_what_was_met_first():
    supervised = replace(COMPLETED, mapping_id=UUID(int=2), policy=Policy.SUPERVISOR)
    other = replace(COMPLETED, mapping_id=UUID(int=3), course_id=uuid4())
    found = [claim("1", 0, completion=True), claim("2", 5, course=other.course_id, completion=True)]
    assert find_grounds(found, [supervised, other]).mapping == other
    assert find_grounds(found, [supervised, COMPLETED]).mapping == COMPLETED
    assert find_grounds(found, [other, COMPLETED]).mapping == COMPLETED


def test_has_no_grounds_when_nothing_is_claimed():
    assert find_grounds([], [COMPLETED]) is None
    assert nearest_miss([], [COMPLETED]) is None


def test_tells_the_nearest_miss():
    low = claim("1", registration=uuid4(), success=True, score=0.5)
    assert nearest_miss([claim("2", success=False), low], [EIGHTY]) is Verdict.SCORE_TOO_LOW
    assert nearest_miss([low, claim("3", success=True, score=0.9)], [EIGHTY]) is None
