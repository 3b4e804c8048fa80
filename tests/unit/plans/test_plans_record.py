from datetime import UTC, date, datetime
from itertools import product
from uuid import uuid4

import pytest

from lrs_bridge.completion import Outcome
from lrs_bridge.errors import Conflict
from lrs_bridge.plans.mapping import Mapping, Policy, Requirement
from lrs_bridge.plans.objective import Activity, Kind, Mode
from lrs_bridge.plans.record import TRANSITIONS, Event, Evidence, Head, Record, State, after
from lrs_bridge.plans.standing import Grounds
from lrs_bridge.plans.transition import Act, rest_on, successor, take

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 9, tzinfo=UTC)

LEGAL = {
    ("planned", "complete"): "done",
    ("done", "complete"): "done",
    ("done", "send"): "sent",
    ("done", "sign"): "signed",
    ("done", "retract"): "planned",
    ("sent", "sign"): "signed",
    ("sent", "return"): "returned",
    ("sent", "recall"): "done",
    ("sent", "retract"): "planned",
    ("returned", "complete"): "done",
    ("returned", "send"): "sent",
    ("returned", "retract"): "planned",
    ("signed", "contest"): "contested",
    ("signed", "supersede"): "superseded",
    ("contested", "uphold"): "signed",
    ("contested", "supersede"): "superseded",
}


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)), ids=str)
def test_follows_the_table_of_states(state, event):
    expected = LEGAL.get((state.value, event.value))
    if expected is None:
        with pytest.raises(Conflict) as told:
            after(state, event)
        assert told.value.field == "state"
    else:
        assert after(state, event) == expected


def test_has_no_way_out_of_superseded():
    assert not [event for state, event in TRANSITIONS if state is State.SUPERSEDED]


def head(state, **more):
    return Head(uuid4(), uuid4(), uuid4(), state, **more)


@pytest.mark.parametrize(
    ("state", "event", "changed"),
    [
        (State.PLANNED, Event.COMPLETE, {"done_at": AT}),
        (State.DONE, Event.SEND, {"sent_at": AT}),
        (State.SENT, Event.SIGN, {"closed_at": AT}),
        (State.SENT, Event.RETURN, {}),
    ],
    ids=str,
)
def test_marks_the_time_of_each_step(state, event, changed):
    step = take(head(state), event, Act(AT))
    times = {name: getattr(step.head, name) for name in ("done_at", "sent_at", "closed_at")}
    assert times == {"done_at": None, "sent_at": None, "closed_at": None} | changed
    assert (step.head.revision, step.event.sequence, step.event.at) == (1, 1, AT)
    assert step.head.signed_revision == (1 if event is Event.SIGN else None)


def test_keeps_the_first_time_when_done_again():
    assert take(head(State.RETURNED, done_at=AT), Event.COMPLETE, Act(LATER)).head.done_at == AT


def test_forgets_to_whom_it_was_sent_when_recalled():
    recalled = take(head(State.SENT, sent_at=AT, signer_id=uuid4(), done_at=AT), Event.RECALL, Act(LATER)).head
    assert (recalled.sent_at, recalled.signer_id, recalled.done_at) == (None, None, AT)


def test_forgets_what_it_rested_on_when_retracted():
    sent = head(State.SENT, sent_at=AT, done_at=AT, mapping_id=uuid4(), valid_until=date(2027, 1, 1))
    planned = take(sent, Event.RETRACT, Act(LATER, comment="voided")).head
    assert (planned.done_at, planned.sent_at, planned.mapping_id, planned.valid_until) == (None, None, None, None)


def test_raises_conflict_and_changes_nothing_when_a_step_is_illegal():
    with pytest.raises(Conflict):
        take(head(State.SIGNED), Event.SIGN, Act(AT))


def grounds(months):
    mapping = Mapping(uuid4(), uuid4(), uuid4(), Policy.AUTO, Requirement.COMPLETED, None, months, 1)
    return Grounds(mapping, AT, LATER, frozenset({None}))


@pytest.mark.parametrize(("months", "done_at", "until"), [(None, AT, None), (12, LATER, date(2027, 3, 3))])
def test_counts_from_the_newest_completion_only_where_validity_runs_out(months, done_at, until):
    rested = rest_on(head(State.PLANNED), grounds(months), date(2026, 3, 3))
    assert (rested.done_at, rested.valid_until) == (done_at, until)


def test_links_the_successor_to_what_it_supersedes():
    old = head(State.CONTESTED, done_at=AT)
    new_id = uuid4()
    new = successor(old, new_id)
    assert (new.record_id, new.supersedes, new.state, new.done_at) == (new_id, old.record_id, State.PLANNED, None)


def evidence(source_id, revision=1, record_revision=1):
    fixed = ("LMS", None, Outcome(), AT, AT, None, None, None, AT, None)
    return Evidence(uuid4(), "completion", "xapi", source_id, *fixed, revision, record_revision)


def record(*pieces, signed_revision=None):
    closed_at = None if signed_revision is None else AT
    activity = Activity(uuid4(), "Smittevern", Kind.ELEARNING, Mode.COURSES)
    rest = (None, None, None, None, closed_at, None, None)
    return Record(uuid4(), uuid4(), activity, (), State.SIGNED, *rest, pieces, (), None, None, None, 3, signed_revision)


def test_tells_what_it_was_signed_on():
    first, late = evidence("1", record_revision=2), evidence("2", record_revision=4)
    assert record(first, late, signed_revision=3).signed_on == (first,)
    assert record(first, late).signed_on == (first, late)


def test_shows_the_newest_word_of_each_source():
    old, new, other = evidence("1"), evidence("1", 2), evidence("2")
    assert record(old, other, new).newest_evidence == (other, new)


def test_finds_no_event_when_there_was_none():
    assert record().last(Event.SIGN) is None
