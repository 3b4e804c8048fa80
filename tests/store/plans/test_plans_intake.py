"""Completions through the sink, on real databases, with the real signer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import uuid4

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from lrs_bridge.completion import Outcome, SourceKey
from lrs_bridge.db import audit
from lrs_bridge.identity import Account
from lrs_bridge.plans.courses import service as courses
from lrs_bridge.plans.mapping import Course, Policy
from lrs_bridge.plans.record import Event, State
from lrs_bridge.plans.tables import activity_record, completion, completion_revision, record_evidence
from tests.support.plans import DRUGS_IRI, HYGIENE_IRI, START, open_ward


@pytest.fixture
def ward(engine):
    return open_ward(engine)


def rows(ward, table):
    return ward.do(lambda s: s.execute(select(func.count()).select_from(table)).scalar())


def test_signs_the_activity_when_the_mapping_is_auto(ward):
    ward.reports()
    record = ward.record(ward.hygiene)
    assert record.state is State.SIGNED
    assert [e.event for e in record.events] == [Event.COMPLETE, Event.SIGN]
    assert record.events[-1].on_behalf_of == ward.owner
    assert record.course.title == "Smittevern"
    assert [o.code for o in record.objectives] == ["FKM-01", "KLS-001"]
    assert [e.asserted_by for e in record.signed_on] == ["Læringsportalen"]


def test_sends_the_record_when_the_mapping_asks_for_a_supervisor(ward):
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    record = ward.record(ward.drugs)
    assert (record.state, record.signer_id) == (State.SENT, None)


def test_leaves_the_record_done_when_there_is_no_supervisor(engine):
    ward = open_ward(engine, supervisor=False)
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    assert ward.record(ward.drugs).state is State.DONE


def test_changes_nothing_when_the_same_completion_comes_again(ward):
    told = ward.completion()
    ward.receive(told, told)
    before = ward.record(ward.hygiene)
    ward.receive(told)
    assert ward.record(ward.hygiene) == before
    assert (rows(ward, completion), rows(ward, record_evidence)) == (1, 1)


def test_keeps_the_history_when_a_source_restates_a_completion(ward):
    told = ward.completion(DRUGS_IRI, success=True, score=0.5)
    ward.receive(told)
    assert ward.record(ward.drugs).state is State.PLANNED
    ward.receive(replace(told, outcome=replace(told.outcome, score=ward.completion(score=0.9).outcome.score)))
    record = ward.record(ward.drugs)
    assert record.state is State.SENT
    assert [(e.revision, e.retraction_reason) for e in record.evidence] == [(1, "restated by its source"), (2, None)]
    assert (rows(ward, completion), rows(ward, completion_revision)) == (1, 1)


def test_keeps_the_last_word_when_one_batch_says_two_things_of_one_key(ward):
    told = ward.completion(DRUGS_IRI, success=False)
    ward.receive(told, replace(told, outcome=Outcome(success=True)))
    assert rows(ward, completion_revision) == 1


def test_contests_the_signature_when_a_restated_completion_no_longer_meets(ward):
    told = ward.completion()
    ward.receive(told)
    ward.receive(replace(told, outcome=Outcome(completion=False)))
    assert ward.record(ward.hygiene).state is State.CONTESTED


def test_lets_the_signature_stand_when_a_restated_completion_still_meets(ward):
    told = ward.completion()
    ward.receive(told)
    ward.receive(replace(told, outcome=Outcome(completion=True, duration=timedelta(minutes=3))))
    assert ward.record(ward.hygiene).state is State.SIGNED


def test_counts_the_pass_when_it_follows_a_failure(ward):
    ward.reports(DRUGS_IRI, success=False, score=0.2)
    assert ward.record(ward.drugs).state is State.PLANNED
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    record = ward.record(ward.drugs)
    assert record.state is State.SENT
    assert [e.outcome.success for e in record.evidence] == [False, True]


def test_counts_the_pass_when_a_failure_follows_it(ward):
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    ward.reports(DRUGS_IRI, success=False, score=0.2)
    record = ward.record(ward.drugs)
    assert record.state is State.SENT
    assert len(record.evidence) == 2


def test_counts_a_score_that_comes_alone_for_its_attempt(ward):
    attempt = uuid4()
    ward.receive(scored(ward, attempt))
    assert ward.record(ward.drugs).state is State.PLANNED
    ward.reports(DRUGS_IRI, registration=attempt, success=True)
    record = ward.record(ward.drugs)
    assert (record.state, len(record.evidence)) == (State.SENT, 2)


def test_leaves_a_score_alone_out_of_other_attempts(ward):
    ward.receive(scored(ward, uuid4()))
    ward.reports(DRUGS_IRI, registration=uuid4(), success=True)
    assert ward.record(ward.drugs).state is State.PLANNED


def scored(ward, attempt):
    told = ward.completion(DRUGS_IRI, registration=attempt, score=0.9)
    return replace(told, outcome=replace(told.outcome, completion=None))


@pytest.mark.parametrize("score", [None, 0.79])
def test_keeps_the_evidence_only_when_the_score_does_not_suffice(ward, score):
    ward.reports(DRUGS_IRI, success=True, score=score)
    record = ward.record(ward.drugs)
    assert (record.state, len(record.evidence)) == (State.PLANNED, 1)


def test_adds_later_evidence_without_touching_a_signed_record(ward):
    ward.reports()
    signed = ward.record(ward.hygiene)
    ward.reports(success=True)
    now = ward.record(ward.hygiene)
    assert (now.state, now.closed_at, now.events) == (signed.state, signed.closed_at, signed.events)
    assert len(now.evidence) == 2
    assert now.signed_on == signed.evidence


# What a reader has seen


def sent(ward):
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    return ward.record(ward.drugs)


def signed(ward):
    return ward.apply(sent(ward).record_id, Event.SIGN)


def returned(ward):
    return ward.apply(sent(ward).record_id, Event.RETURN, comment="Mer, takk.")


def contested(ward):
    ward.voids(SourceKey(ward.tenant, "xapi", signed(ward).evidence[0].source_id))
    return ward.record(ward.drugs)


@pytest.mark.parametrize("opened", [sent, returned, signed, contested])
def test_makes_what_was_seen_of_a_record_stale_when_evidence_comes(ward, opened):
    seen = opened(ward)
    ward.reports(DRUGS_IRI, registration=uuid4(), success=False)
    now = ward.record(ward.drugs)
    assert (now.record_id, now.state, len(now.evidence)) == (seen.record_id, seen.state, len(seen.evidence) + 1)
    assert now.revision > seen.revision


@pytest.mark.parametrize("opened", [sent, returned, signed, contested])
def test_makes_what_was_seen_of_a_record_stale_when_evidence_is_taken_back(ward, opened):
    record = opened(ward)
    key = ward.reports(DRUGS_IRI, registration=uuid4(), success=False)
    seen = ward.record(ward.drugs)
    ward.voids(key)
    now = ward.record(ward.drugs)
    assert (now.record_id, now.state) == (record.record_id, record.state)
    assert now.revision > seen.revision


def test_makes_what_was_seen_of_a_record_stale_when_evidence_is_restated(ward):
    sent(ward)
    told = ward.completion(DRUGS_IRI, success=False)
    ward.receive(told)
    seen = ward.record(ward.drugs)
    ward.receive(replace(told, outcome=Outcome(completion=True)))
    assert ward.record(ward.drugs).revision > seen.revision


def test_lets_what_was_seen_of_a_record_be_when_nothing_new_comes(ward):
    told = ward.completion(DRUGS_IRI, success=True, score=0.9)
    ward.receive(told)
    seen = ward.record(ward.drugs)
    ward.receive(told)
    ward.reports()
    assert ward.record(ward.drugs).revision == seen.revision


@pytest.mark.parametrize("minutes", [-90, 90])
def test_was_not_signed_on_what_came_afterwards_whatever_its_receivers_clock_said(ward, minutes):
    before = signed(ward)
    ward.now = lambda: before.closed_at + timedelta(minutes=minutes)
    late = ward.reports(DRUGS_IRI, success=True)
    assert ward.record(ward.drugs).signed_on == before.evidence
    ward.voids(late)
    assert ward.record(ward.drugs).state is State.SIGNED


def test_was_signed_on_what_came_before_whatever_its_receivers_clock_said(ward):
    moment = ward.now()
    ward.now = lambda: moment + timedelta(hours=2)
    key = ward.reports(DRUGS_IRI, success=True, score=0.9)
    ward.now = lambda: moment
    record = ward.apply(ward.record(ward.drugs).record_id, Event.SIGN)
    assert record.signed_on == record.evidence
    ward.voids(key)
    assert ward.record(ward.drugs).state is State.CONTESTED


# Who may sign


def courses_of_their_own(ward):
    iri, course_id, editor = "https://kurs.example.no/eget", uuid4(), ward.editor()
    course = Course(course_id, iri, "Eget kurs", "1", ward.kari)
    ward.do(lambda s: courses.add_course(s, ward.tenant, course, known_to="", editor=editor))
    ward.map(course_id, ward.hygiene)
    return iri


@pytest.mark.parametrize(("supervisor", "state"), [(True, State.SENT), (False, State.DONE)])
def test_never_signs_for_a_resident_in_their_own_name(engine, supervisor, state):
    ward = open_ward(engine, supervisor=supervisor)
    ward.reports(courses_of_their_own(ward))
    assert ward.record(ward.hygiene).state is state


@pytest.mark.parametrize(("supervisor", "state"), [(True, State.SENT), (False, State.DONE)])
def test_asks_a_supervisor_when_only_a_source_that_is_not_trusted_reports(engine, supervisor, state):
    ward = open_ward(engine, supervisor=supervisor)
    ward.map(ward.hygiene_course, ward.hygiene, sources=("Kursbyggeren",))
    ward.reports()
    assert ward.record(ward.hygiene).state is state
    ward.reports(success=True)
    assert ward.record(ward.hygiene).state is state


def test_signs_what_a_trusted_source_reports(ward):
    ward.map(ward.hygiene_course, ward.hygiene, sources=("Campus", "Læringsportalen"))
    ward.reports()
    record = ward.record(ward.hygiene)
    assert (record.state, record.mapping.sources) == (State.SIGNED, ("Campus", "Læringsportalen"))


def test_signs_after_all_when_a_trusted_source_reports_too(engine):
    ward = open_ward(engine, supervisor=False)
    ward.map(ward.hygiene_course, ward.hygiene, sources=("Kursbyggeren",))
    ward.reports()
    ward.receive(replace(ward.completion(), asserted_by="Kursbyggeren"))
    record = ward.record(ward.hygiene)
    assert (record.state, len(record.signed_on)) == (State.SIGNED, 2)


def test_meets_a_shared_requirement_once_when_several_plans_have_it(ward):
    ward.reports()
    assert rows(ward, activity_record) == 6
    assert len(ward.page().plans) == 2


def test_keeps_the_completion_waiting_when_the_activity_is_in_no_plan(engine):
    ward = open_ward(engine)
    outsider = ward.completion(who="mailto:eva@example.no")
    ward.receive(outsider)
    assert rows(ward, completion) == 1


def test_keeps_text_that_a_database_can_not_hold(ward):
    ward.receive(ward.completion("https://kurs.example.no/\0", who=Account("https://lms\0", "a\0"), name="N\0"))
    assert rows(ward, completion) == 1


def test_keeps_names_of_any_length(ward):
    ward.receive(ward.completion("https://kurs.example.no/" + "x" * 50_000, who="mailto:" + "y" * 50_000, name="z" * 9_000))
    assert rows(ward, completion) == 1


# Retraction


def test_plans_the_activity_again_when_what_completed_it_is_voided(ward):
    key = ward.reports(DRUGS_IRI, success=True, score=0.9)
    ward.voids(key, reason="voided by statement 7")
    record = ward.record(ward.drugs)
    assert (record.state, record.done_at, record.mapping) == (State.PLANNED, None, None)
    assert record.events[-1].comment == "voided by statement 7"
    assert record.evidence[0].retraction_reason == "voided by statement 7"


def test_lets_the_record_be_when_other_evidence_still_meets(ward):
    key = ward.reports(DRUGS_IRI, success=True, score=0.9)
    ward.reports(DRUGS_IRI, success=True, score=0.95)
    ward.voids(key)
    assert ward.record(ward.drugs).state is State.SENT


def test_falls_back_on_own_words_when_the_course_is_voided(ward):
    noted = ward.mark_done(ward.intubation)
    ward.map(ward.drugs_course, ward.intubation, Policy.SUPERVISOR)
    key = ward.reports(DRUGS_IRI)
    assert ward.record(ward.intubation).state is State.SENT
    ward.voids(key)
    record = ward.record(ward.intubation)
    assert (record.state, record.mapping, record.sent_at, record.done_at) == (State.DONE, None, None, noted.done_at)
    assert [e.event for e in record.events][-2:] == [Event.RETRACT, Event.COMPLETE]
    ward.reports(DRUGS_IRI, registration=uuid4())
    assert ward.record(ward.intubation).state is State.SENT


def test_contests_the_signature_when_its_evidence_is_voided(ward):
    key = ward.reports()
    ward.voids(key, reason="voided by statement 7")
    record = ward.record(ward.hygiene)
    assert record.state is State.CONTESTED
    assert record.last(Event.CONTEST).comment == "voided by statement 7"
    assert record.closed_at is not None


def test_lets_the_signature_be_when_only_later_evidence_is_voided(ward):
    ward.reports()
    ward.voids(ward.reports(success=True))
    assert ward.record(ward.hygiene).state is State.SIGNED


def test_supersedes_a_contested_record_when_new_evidence_meets(ward):
    old = ward.reports()
    contested = ward.record(ward.hygiene)
    ward.voids(old)
    ward.reports()
    record = ward.record(ward.hygiene)
    assert (record.state, record.supersedes) == (State.SIGNED, contested.record_id)
    assert len(record.evidence) == 1
    before = ward.get(contested.record_id)
    assert (before.state, before.superseded_by) == (State.SUPERSEDED, record.record_id)
    assert before.evidence[0].source_id == old.id


def test_keeps_a_contested_record_when_new_evidence_does_not_meet(ward):
    ward.voids(ward.reports())
    ward.reports(success=False)
    assert ward.record(ward.hygiene).state is State.CONTESTED


def test_ignores_the_retraction_of_something_unknown_or_retracted_already(ward):
    key = ward.reports()
    ward.voids(SourceKey(ward.tenant, "xapi", "unknown"), key, key)
    before = ward.record(ward.hygiene)
    ward.voids(key)
    assert ward.record(ward.hygiene) == before


def test_keeps_a_retracted_completion_retracted_when_it_is_sent_again(ward):
    told = ward.completion()
    ward.receive(told)
    ward.voids(told.key)
    ward.receive(told, replace(told, outcome=Outcome(success=True)))
    assert ward.record(ward.hygiene).state is State.CONTESTED


def test_contests_under_the_old_mapping_when_it_has_been_replaced_since(ward):
    key = ward.reports()
    ward.map(ward.hygiene_course, ward.hygiene, minimum_score=0.9)
    ward.voids(key)
    assert ward.record(ward.hygiene).state is State.CONTESTED


# Returned records


def test_asks_again_when_new_evidence_comes_for_a_returned_record(ward):
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    ward.apply(ward.record(ward.drugs).record_id, Event.RETURN, comment="Ta prøven på nytt.")
    ward.reports(DRUGS_IRI, success=True, score=0.95)
    assert ward.record(ward.drugs).state is State.SENT


def test_keeps_a_returned_record_when_the_new_evidence_does_not_meet(ward):
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    ward.apply(ward.record(ward.drugs).record_id, Event.RETURN, comment="Ta prøven på nytt.")
    ward.reports(DRUGS_IRI, registration=uuid4(), success=True, score=0.1)
    assert ward.record(ward.drugs).state is State.RETURNED


# Validity


def test_counts_the_validity_from_the_day_of_the_completion(ward):
    ward.map(ward.hygiene_course, ward.hygiene, validity_months=12)
    ward.reports(at=START)
    assert ward.record(ward.hygiene).valid_until == date(2027, 3, 2)


@pytest.mark.parametrize(("days", "renewed"), [(30, False), (300, True), (500, True)])
def test_renews_a_signed_record_only_in_time(ward, days, renewed):
    ward.map(ward.hygiene_course, ward.hygiene, validity_months=12)
    ward.reports(at=START)
    first = ward.record(ward.hygiene)
    ward.clock += timedelta(days=days)
    ward.reports(registration=uuid4())
    record = ward.record(ward.hygiene)
    assert record.state is State.SIGNED
    assert (record.supersedes == first.record_id) is renewed
    assert (record.valid_until > first.valid_until) is renewed


# Many at once


def test_completes_one_record_once_when_the_same_completion_comes_at_once_from_many(ward):
    told = ward.completion()
    ward.now = lambda: START + timedelta(hours=1)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: ward.receive(told), range(24)))
    record = ward.record(ward.hygiene)
    assert [e.event for e in record.events] == [Event.COMPLETE, Event.SIGN]
    assert len(record.evidence) == 1


def test_completes_one_record_once_when_different_completions_come_at_once(ward):
    told = [ward.completion(success=True) for _ in range(16)]
    ward.now = lambda: START + timedelta(hours=1)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ward.receive, told))
    record = ward.record(ward.hygiene)
    assert [e.event for e in record.events] == [Event.COMPLETE, Event.SIGN]
    assert len(record.evidence) == 16


def test_misses_nothing_when_courses_are_linked_while_completions_come(ward):
    iri = "https://ks.example.no/mod/123"
    told = [ward.completion(iri) for _ in range(12)]
    ward.now = lambda: START + timedelta(hours=1)
    with ThreadPoolExecutor(8) as threads:
        linked = threads.submit(ward.alias, ward.hygiene_course, iri)
        list(threads.map(ward.receive, told))
        linked.result()
    assert len(ward.record(ward.hygiene).evidence) == 12


def test_keeps_a_large_batch_with_a_handful_of_queries(ward, count_queries):
    unknown = [ward.completion("https://unknown.example.no/1", who=f"mailto:{n}@example.no") for n in range(500)]
    with count_queries() as queries:
        ward.receive(*unknown)
    assert rows(ward, completion) == 500
    assert len(queries) <= 8


def test_writes_the_audit_trail_of_each_step(ward):
    ward.reports()
    record = ward.record(ward.hygiene)
    events = ward.do(lambda s: audit.find(s, ward.tenant, subject=f"record:{record.record_id}"))
    assert {e.action for e in events} == {"record.complete", "record.sign"}
    assert all(e.actor == "system" for e in events)


def test_keeps_tenants_apart(engine, ward):
    other = open_ward(engine, "other")
    other.reports()
    assert ward.record(ward.hygiene).state is State.PLANNED
    assert other.record(other.hygiene).state is State.SIGNED


def test_sends_everything_that_one_batch_completes(ward):
    ward.map(ward.hygiene_course, ward.hygiene, Policy.SUPERVISOR)
    ward.receive(ward.completion(HYGIENE_IRI), ward.completion(DRUGS_IRI, success=True, score=0.9))
    assert {ward.record(a).state for a in (ward.hygiene, ward.drugs)} == {State.SENT}


def test_prefers_the_mapping_that_lets_the_system_sign(ward):
    ward.map(ward.drugs_course, ward.hygiene, Policy.SUPERVISOR)
    ward.receive(ward.completion(DRUGS_IRI), ward.completion(HYGIENE_IRI))
    assert ward.record(ward.hygiene).state is State.SIGNED
