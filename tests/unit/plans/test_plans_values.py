"""Mappings, validity, claims, the 70:20:10 picture, the plan page's views, readable evidence, the work list's pages."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from lrs_bridge.completion import Completion, Outcome, Score, SourceKey
from lrs_bridge.errors import Invalid
from lrs_bridge.identity import Account, Identifier, IdentifierKind, Mbox
from lrs_bridge.plans import mix
from lrs_bridge.plans.claim import (
    EARLIEST,
    LATEST,
    claim_of,
    course_key,
    learner_key,
    learner_of,
    outcome_from_json,
    outcome_to_json,
)
from lrs_bridge.plans.mapping import Mapping, Policy, Requirement, Terms, parse_id, parse_iri, parse_terms
from lrs_bridge.plans.objective import Activity, Kind, Mode, Objective, Plan, PlannedObjective
from lrs_bridge.plans.overview import Wanted, mix_of_records, outside_plan, parse_wanted, plan_views, source_lines
from lrs_bridge.plans.readable import readable
from lrs_bridge.plans.record import Evidence, Record, State
from lrs_bridge.plans.validity import Validity, add_months, local_day, renewable_from, valid_until, validity
from lrs_bridge.plans.worklist.entry import Topic, is_key, pages_of
from tests.support.claims import AT, claim, outcomes

# Mappings


def form(**fields):
    return {"policy": "auto", "requirement": "passed"} | fields


@pytest.mark.parametrize(
    ("fields", "terms"),
    [
        ({}, Terms(Policy.AUTO, Requirement.PASSED)),
        ({"minimum_score": " 80 "}, Terms(Policy.AUTO, Requirement.PASSED, 0.8)),
        ({"minimum_score": "62,5 %"}, Terms(Policy.AUTO, Requirement.PASSED, 0.625)),
        ({"validity_months": "24", "policy": "supervisor"}, Terms(Policy.SUPERVISOR, Requirement.PASSED, None, 24)),
        ({"sources": " KS Læring,Campus , ,Campus"}, Terms(Policy.AUTO, Requirement.PASSED, sources=("Campus", "KS Læring"))),
        ({"sources": " , "}, Terms(Policy.AUTO, Requirement.PASSED)),
        ({"sources": "A\0"}, Terms(Policy.AUTO, Requirement.PASSED, sources=("A\ufffd",))),
    ],
)
def test_reads_the_terms_as_people_write_them(fields, terms):
    assert parse_terms(form(**fields)) == terms


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("policy", "nobody"),
        ("requirement", ""),
        ("minimum_score", "eighty"),
        ("minimum_score", "nan"),
        ("minimum_score", "inf"),
        ("minimum_score", "101"),
        ("minimum_score", "-1"),
        ("validity_months", "0"),
        ("validity_months", "1.5"),
        ("validity_months", "601"),
        ("sources", "x" * 301),
        ("sources", ",".join(map(str, range(51)))),
    ],
)
def test_names_the_field_when_a_term_is_wrong(field, text):
    with pytest.raises(Invalid) as told:
        parse_terms(form(**{field: text}))
    assert told.value.field == field


def test_gives_the_terms_of_a_mapping():
    mapping = Mapping(uuid4(), uuid4(), uuid4(), Policy.AUTO, Requirement.PASSED, 0.8, 12, 3, ("KS Læring",))
    assert mapping.terms == Terms(Policy.AUTO, Requirement.PASSED, 0.8, 12, ("KS Læring",))


@pytest.mark.parametrize("iri", ["https://kurs.example.no/?startcourseid=726", "urn:x:1", "https://kurs.example.no/ærlig"])
def test_takes_absolute_iris(iri):
    assert parse_iri(f" {iri}\n") == iri


@pytest.mark.parametrize("iri", ["", "kurs", "https://a b", "https://<x>", "https://x/" + "y" * 2000])
def test_refuses_what_is_no_absolute_iri(iri):
    with pytest.raises(Invalid):
        parse_iri(iri)


def test_reads_an_id_or_names_its_field():
    some = uuid4()
    assert parse_id(str(some), "course_id") == some
    with pytest.raises(Invalid) as told:
        parse_id("x", "course_id")
    assert told.value.field == "course_id"


# Validity


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2026, 12, 5), 1, date(2027, 1, 5)),
        (date(2026, 3, 2), 24, date(2028, 3, 2)),
        (date(9999, 11, 30), 1, date(9999, 12, 30)),
        (date(9998, 12, 31), 600, date(9999, 12, 31)),
    ],
)
def test_adds_months_within_the_calendar(day, months, then):
    assert add_months(day, months) == then == valid_until(day, months)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 3, 2, 23, 30, tzinfo=UTC), date(2026, 3, 3)),
        (datetime.max.replace(tzinfo=UTC), date(9999, 12, 31)),
        (datetime.min.replace(tzinfo=UTC), date(1, 1, 1)),
    ],
)
def test_has_a_local_day_for_every_instant(at, day):
    assert local_day(at) == day


def test_is_valid_for_ever_without_a_limit():
    assert valid_until(date(2026, 1, 1), None) is None


@pytest.mark.parametrize(
    ("until", "found"),
    [
        (None, Validity.UNLIMITED),
        (date(2026, 3, 1), Validity.EXPIRED),
        (date(2026, 3, 2), Validity.EXPIRING),
        (date(2026, 5, 31), Validity.EXPIRING),
        (date(2026, 6, 1), Validity.VALID),
    ],
)
def test_tells_how_it_stands_on_a_day(until, found):
    assert validity(until, date(2026, 3, 2)) is found


def test_opens_renewal_halfway_at_the_earliest():
    assert renewable_from(date(2026, 1, 1), date(2027, 1, 1)) == date(2026, 10, 3)
    assert renewable_from(date(2026, 1, 1), date(2026, 1, 31)) == date(2026, 1, 16)


# Claims


@given(outcomes)
def test_keeps_an_outcome_through_json(outcome):
    assert outcome_from_json(outcome_to_json(outcome)) == outcome


@given(st.text(), st.text())
def test_names_different_courses_differently(one, other):
    assert (course_key(one) == course_key(other)) is (one == other)


def test_names_identifiers_by_every_part():
    account = Identifier(IdentifierKind.ACCOUNT, "https://lms.example.no", "kari")
    keys = {learner_key(account), learner_key(Identifier(IdentifierKind.OPENID, "https://lms.example.no", "kari"))}
    assert len(keys) == 2
    assert all(len(key) == 64 for key in keys)


def completion(**changes):
    told = {
        "key": SourceKey("ward", "xapi", "1"),
        "learner": Mbox("mailto:Kari@example.no"),
        "activity": "https://kurs.example.no/1",
        "registration": None,
        "outcome": Outcome(completion=True),
        "occurred_at": AT,
        "asserted_by": "LMS",
        "evidence": None,
    }
    return Completion(**(told | changes))


def test_makes_text_storable_and_keeps_the_rest():
    told = completion(
        learner=Account("https://lms\0", "k\0"), activity="https://x/\0", learner_name="N\0" * 400, asserted_by="L\0"
    )
    made = claim_of(told, learner_of(told), received_at=AT)
    assert made.learner == Identifier(IdentifierKind.ACCOUNT, "https://lms\ufffd", "k\ufffd")
    assert (made.course_iri, made.asserted_by, made.course_name) == ("https://x/\ufffd", "L\ufffd", None)
    assert len(made.learner_name) == 300


@pytest.mark.parametrize(
    ("at", "kept"),
    [(AT, AT), (datetime.max.replace(tzinfo=UTC), LATEST), (datetime.fromisoformat("0001-01-01T00:00:00+05:00"), EARLIEST)],
)
def test_keeps_a_time_from_which_days_can_be_counted(at, kept):
    told = completion(occurred_at=at)
    assert claim_of(told, learner_of(told), received_at=AT).occurred_at == kept


def test_looks_mailboxes_up_without_regard_to_case():
    assert learner_of(completion()).value == "mailto:kari@example.no"


# The picture


@given(st.lists(st.integers(0, 1000), min_size=3, max_size=3))
def test_splits_into_per_cents_that_add_up(counts):
    found = mix.percents(counts)
    assert sum(found) == (100 if sum(counts) else 0)
    assert all((percent == 0) or count for count, percent in zip(counts, found, strict=True))


def test_counts_planned_done_and_signed_by_mode():
    shares = mix.mix_of(
        [
            (Mode.ON_THE_JOB, State.PLANNED),
            (Mode.ON_THE_JOB, State.SENT),
            (Mode.WITH_OTHERS, State.RETURNED),
            (Mode.COURSES, State.SIGNED),
        ]
    )
    assert [(s.mode, s.planned, s.done, s.signed) for s in shares] == [("70", 2, 1, 0), ("20", 1, 0, 0), ("10", 1, 1, 1)]
    assert [s.planned_percent for s in shares] == [50, 25, 25]


def test_draws_two_columns_within_each_group():
    shares = mix.mix_of([(Mode.ON_THE_JOB, State.SIGNED), (Mode.COURSES, State.PLANNED)])
    columns = mix.columns(shares)
    assert [(c.mode, c.done) for c in columns] == [(m, d) for m in Mode for d in (False, True)]
    assert all(c.y + c.height == mix.BASELINE for c in columns)
    assert all(c.x >= 0 and c.x + mix.COLUMN_WIDTH <= mix.WIDTH for c in columns)
    assert columns[1].height == mix.TALLEST
    for position in range(3):
        planned, done = columns[2 * position : 2 * position + 2]
        assert planned.middle < mix.group_middle(position) < done.middle


# The plan page

ACTIVITY = Activity(uuid4(), "Smittevern", Kind.ELEARNING, Mode.COURSES)
OBJECTIVE = Objective("KLS-001", "1", "Eksempel")


def record(state=State.PLANNED, evidence=()):
    return Record(uuid4(), uuid4(), ACTIVITY, (OBJECTIVE,), state, *([None] * 7), evidence, (), None, None, None, 0)


def piece(told):
    return Evidence(
        uuid4(), "completion", told.key.source, told.key.id, told.asserted_by, None, told.outcome, AT, AT, None, None, None, AT
    )


def test_reads_the_filter_and_ignores_what_is_no_choice():
    assert parse_wanted("signed", "70", "  x ") == Wanted(State.SIGNED, Mode.ON_THE_JOB, "x")
    assert parse_wanted("lost", "50", "") == Wanted()
    assert not Wanted().is_filter


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        (Wanted(), True),
        (Wanted(state=State.SIGNED), True),
        (Wanted(state=State.PLANNED), False),
        (Wanted(mode=Mode.COURSES), True),
        (Wanted(mode=Mode.ON_THE_JOB), False),
        (Wanted(words="KLS smitte"), True),
        (Wanted(words="brann"), False),
    ],
)
def test_shows_what_the_reader_asked_for(wanted, shown):
    plan = Plan(uuid4(), uuid4(), "LIS1", (PlannedObjective(uuid4(), OBJECTIVE, (ACTIVITY.activity_id, uuid4())),))
    (view,) = plan_views([plan], {ACTIVITY.activity_id: record(State.SIGNED)}, wanted)
    assert [len(objective.records) for objective in view.objectives] == ([1] if shown else [])
    if shown:
        assert (view.objectives[0].done, view.objectives[0].signed, view.objectives[0].total) == (1, 1, 1)


def test_tells_sources_apart_and_what_is_outside_the_plan():
    used, outside, taken_back = claim("1"), claim("2", 5), structs.replace(claim("3", source="KS Læring"), retracted_at=AT)
    records = [record(evidence=(piece(used),))]
    lines = source_lines([used, outside, taken_back], records)
    assert [(s.name, s.reported, s.used, s.retracted) for s in lines] == [("KS Læring", 1, 0, 1), ("LMS", 2, 1, 0)]
    assert outside_plan([used, outside, taken_back], records) == (outside,)
    assert mix_of_records(records)[2].planned == 1


# Evidence as text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b'{"b":1,"a":[]}', '{\n  "b": 1,\n  "a": []\n}'),
        (b"not json", "not json"),
        (b"\xff", "\ufffd"),
    ],
)
def test_shows_evidence_as_text(content, text):
    assert readable(content) == text


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (25, 1), (26, 2)])
def test_counts_pages(count, pages):
    assert pages_of(count, 25) == pages


def test_scores_survive_json_without_absent_parts():
    assert outcome_to_json(Outcome(score=Score(scaled=0.5))) == {"score": {"scaled": 0.5}}


@pytest.mark.parametrize(
    ("topic", "key", "known"),
    [
        (Topic.PERSON, "0" * 64, True),
        (Topic.COURSE, "0" * 63, False),
        (Topic.COURSE, "\0" * 64, False),
        (Topic.MAPPING, "00000000-0000-4000-8000-00000000000a", True),
        (Topic.MAPPING, "0" * 64, False),
        (Topic.MAPPING, "rubbish", False),
    ],
)
def test_knows_what_may_name_an_entry(topic, key, known):
    assert is_key(topic, key) is known
