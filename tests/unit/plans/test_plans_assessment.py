from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from msgspec import structs

from lrs_bridge.completion import SourceKey
from lrs_bridge.plans.assessment import News, assess
from lrs_bridge.plans.mapping import Mapping, Policy, Requirement
from lrs_bridge.plans.record import Event, Head, State
from lrs_bridge.plans.ruling import Case, rule
from lrs_bridge.plans.standing import Grounds, find_grounds
from lrs_bridge.plans.transition import Act
from tests.support.claims import claim

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLAIM = claim(completion=True)
MAPPING = Mapping(UUID(int=1), CLAIM.course_id, uuid4(), Policy.AUTO, Requirement.COMPLETED, None, None, 1)
GROUNDS = find_grounds([CLAIM], [MAPPING])
UNTRUSTED = replace(GROUNDS, by_system=False)
FRESH = News(fresh=frozenset({CLAIM.key}))
OLD = News()
S, E = State, Event


def head(state, *, mapped=True, until=None):
    return Head(
        uuid4(),
        uuid4(),
        MAPPING.activity_id,
        state,
        done_at=AT,
        mapping_id=MAPPING.mapping_id if mapped else None,
        valid_until=until,
    )


@pytest.mark.parametrize(
    ("state", "mapped", "grounds", "news", "event"),
    [
        (S.PLANNED, False, GROUNDS, OLD, E.COMPLETE),
        (S.PLANNED, False, None, FRESH, None),
        (S.RETURNED, True, GROUNDS, FRESH, E.COMPLETE),
        (S.RETURNED, True, GROUNDS, OLD, None),
        (S.RETURNED, True, None, OLD, E.RETRACT),
        (S.RETURNED, False, None, OLD, None),
        (S.DONE, False, GROUNDS, OLD, E.COMPLETE),
        (S.DONE, True, GROUNDS, FRESH, E.COMPLETE),
        (S.DONE, True, GROUNDS, OLD, None),
        (S.DONE, True, UNTRUSTED, FRESH, None),
        (S.DONE, True, None, OLD, E.RETRACT),
        (S.DONE, False, None, OLD, None),
        (S.SENT, True, GROUNDS, FRESH, None),
        (S.SENT, True, None, OLD, E.RETRACT),
        (S.SENT, False, None, OLD, None),
        (S.SIGNED, True, None, OLD, None),
        (S.SIGNED, True, GROUNDS, FRESH, None),
        (S.SIGNED, True, GROUNDS, News(withdrawn=True), E.CONTEST),
        (S.SIGNED, True, None, News(corrected=True), E.CONTEST),
        (S.SIGNED, True, GROUNDS, News(corrected=True), None),
        (S.SIGNED, False, None, News(corrected=True), None),
        (S.CONTESTED, True, GROUNDS, FRESH, E.SUPERSEDE),
        (S.CONTESTED, True, GROUNDS, OLD, None),
        (S.CONTESTED, True, None, FRESH, None),
        (S.SUPERSEDED, True, GROUNDS, FRESH, None),
    ],
)
def test_follows_the_table(state, mapped, grounds, news, event):
    found = assess(head(state, mapped=mapped), grounds, [CLAIM], news, done_on=date(2026, 3, 2), signed_for=date(2026, 3, 2))
    assert found == event


@pytest.mark.parametrize(
    ("done_on", "signed_for", "event"),
    [
        (date(2026, 12, 1), date(2026, 3, 2), None),
        (date(2026, 12, 2), date(2026, 3, 2), E.SUPERSEDE),
        (date(2027, 6, 1), date(2026, 3, 2), E.SUPERSEDE),
        (None, date(2026, 3, 2), None),
        (date(2027, 6, 1), None, None),
    ],
)
def test_renews_in_the_last_ninety_days_and_after(done_on, signed_for, event):
    signed = head(S.SIGNED, until=date(2027, 3, 2))
    assert assess(signed, GROUNDS, [CLAIM], FRESH, done_on=done_on, signed_for=signed_for) == event


def rule_on(state, grounds: Grounds | None, news, *, unattached=(CLAIM,), noted_at=None, **more):
    case = Case(head(state, **more), (CLAIM,), unattached, grounds, noted_at)
    return case, rule(case, news, Act(AT), successor_id=UUID(int=9))


def test_attaches_evidence_without_a_step_when_nothing_follows():
    case, ruling = rule_on(S.SENT, GROUNDS, FRESH)
    assert ruling.heads == (replace(case.head, revision=case.head.revision + 1),)
    assert (ruling.steps, ruling.evidence, ruling.completed) == ((), ((case.head.record_id, CLAIM),), None)


def test_leaves_the_record_as_it_is_when_there_is_nothing_to_attach():
    case, ruling = rule_on(S.SENT, GROUNDS, OLD, unattached=())
    assert ruling.heads == (case.head,)


@pytest.mark.parametrize("state", [S.DONE, S.SENT, S.RETURNED])
def test_falls_back_on_own_words_when_what_the_course_said_is_taken_back(state):
    _, ruling = rule_on(state, None, OLD, unattached=(), noted_at=AT)
    assert [step.event.event for step in ruling.steps] == [E.RETRACT, E.COMPLETE]
    (now,) = ruling.heads
    assert (now.state, now.done_at, now.mapping_id, now.revision, ruling.completed) == (S.DONE, AT, None, 2, None)


@pytest.mark.parametrize("grounds", [GROUNDS, UNTRUSTED])
@pytest.mark.parametrize("state", [S.PLANNED, S.CONTESTED])
def test_tells_whether_the_system_may_sign(state, grounds):
    _, ruling = rule_on(state, grounds, FRESH)
    assert ruling.by_system is grounds.by_system


def test_completes_with_the_mapping_and_the_evidence():
    case, ruling = rule_on(S.PLANNED, GROUNDS, FRESH)
    assert ruling.completed.mapping_id == MAPPING.mapping_id
    assert ruling.completed.state is S.DONE
    assert ruling.evidence == ((case.head.record_id, CLAIM),)


def test_retracts_without_anything_completed():
    _, ruling = rule_on(S.SENT, None, OLD, unattached=())
    assert [step.event.event for step in ruling.steps] == [E.RETRACT]
    assert ruling.completed is None


def test_supersedes_with_a_linked_record_that_holds_the_evidence():
    case, ruling = rule_on(S.CONTESTED, GROUNDS, FRESH, unattached=())
    old, new = ruling.heads
    assert (old.state, old.superseded_by, new.supersedes) == (S.SUPERSEDED, new.record_id, case.head.record_id)
    assert new.state is S.DONE
    assert ruling.evidence == ((UUID(int=9), CLAIM),)


def test_rests_on_nothing_of_another_attempt():
    other = structs.replace(CLAIM, key=SourceKey("ward", "xapi", "2"), registration=uuid4())
    assert not GROUNDS.rest_on(other)
