"""In which order an AU may tell of its session (7.1, 9.3, 10.2.2)."""

from datetime import timedelta

import pytest

from lrs_bridge.cmi5.move_on import AuProgress
from lrs_bridge.cmi5.session import GRACE, MOST_IDLE, Event, State, abandon, advance, better, check_open, lasted
from lrs_bridge.cmi5.vocabulary import LaunchMode
from lrs_bridge.completion import Score
from lrs_bridge.errors import Forbidden
from tests.support.cmi5 import NOON, au_session

SECOND = timedelta(seconds=1)
LAUNCHED = au_session(state=State.LAUNCHED, initialized_at=None, latest_at=None)
ACTIVE = au_session()
LATE = NOON + 60 * SECOND
TERMINATED = au_session(state=State.TERMINATED, terminated_at=LATE, ended_at=LATE, latest_at=LATE, seen_at=LATE)
NOTHING = AuProgress()


def after(session, event, progress=NOTHING, at=NOON, score=None):
    return advance(session, progress, event, at=at, score=score, now=LATE)


TAKEN = {
    "Initialized first": (LAUNCHED, Event.INITIALIZED, State.ACTIVE),
    "Completed": (ACTIVE, Event.COMPLETED, State.ACTIVE),
    "Passed": (ACTIVE, Event.PASSED, State.ACTIVE),
    "Failed": (ACTIVE, Event.FAILED, State.ACTIVE),
    "allowed": (ACTIVE, Event.ALLOWED, State.ACTIVE),
    "Terminated": (ACTIVE, Event.TERMINATED, State.TERMINATED),
    "allowed, overtaken by Terminated": (TERMINATED, Event.ALLOWED, State.TERMINATED),
    "Completed, overtaken by Terminated": (TERMINATED, Event.COMPLETED, State.TERMINATED),
    "Passed, overtaken by Terminated": (TERMINATED, Event.PASSED, State.TERMINATED),
    "Failed, overtaken by Terminated": (TERMINATED, Event.FAILED, State.TERMINATED),
    "Terminated when browsing": (au_session(mode=LaunchMode.BROWSE), Event.TERMINATED, State.TERMINATED),
    "allowed when reviewing": (au_session(mode=LaunchMode.REVIEW), Event.ALLOWED, State.ACTIVE),
}


@pytest.mark.parametrize(("session", "event", "state"), TAKEN.values(), ids=TAKEN.keys())
def test_goes_on_when_a_statement_comes_in_order(session, event, state):
    assert after(session, event)[0].state is state


BROWSING, REVIEWING = au_session(mode=LaunchMode.BROWSE), au_session(mode=LaunchMode.REVIEW)
COMPLETED, PASSED = AuProgress(completed=True), AuProgress(passed=True)
BEFORE, AFTER = NOON - SECOND, LATE + SECOND
BUSY = au_session(latest_at=LATE)
UNREAD = au_session(state=State.LAUNCHED, preferences_read=False, initialized_at=None, latest_at=None)
REFUSED = {
    "7.1.3.0-1 (d1) allowed before Initialized": (LAUNCHED, Event.ALLOWED, NOTHING, NOON, "9.3.2", "first statement"),
    "9.3.0.0-4 Completed before Initialized": (LAUNCHED, Event.COMPLETED, NOTHING, NOON, "9.3.2", "first statement"),
    "9.3.0.0-4 Terminated before Initialized": (LAUNCHED, Event.TERMINATED, NOTHING, NOON, "9.3.2", "first statement"),
    "9.3.0.0-4 timestamp before Initialized": (ACTIVE, Event.ALLOWED, NOTHING, BEFORE, "9.3", "before that of Initialized"),
    "11.0.0.0-3 (d2)": (UNREAD, Event.INITIALIZED, NOTHING, NOON, "11", "preferences are read"),
    "9.3.2.0-3 second Initialized": (ACTIVE, Event.INITIALIZED, NOTHING, NOON, "9.3", "told once in a session"),
    "9.3.0.0-2 second Terminated": (TERMINATED, Event.TERMINATED, NOTHING, NOON, "9.3", "told once in a session"),
    "9.3.0.0-2 Initialized after the end": (TERMINATED, Event.INITIALIZED, NOTHING, NOON, "9.3", "told once"),
    "9.3.0.0-5 timestamp after Terminated": (TERMINATED, Event.ALLOWED, NOTHING, AFTER, "9.3.8", "terminated before"),
    "9.3.0.0-5 Terminated is the last": (BUSY, Event.TERMINATED, NOTHING, NOON, "9.3", "Terminated is the last"),
    "9.3.0.0-6 second Completed": (ACTIVE, Event.COMPLETED, COMPLETED, NOON, "9.3.3", "once in a registration"),
    "9.3.0.0-7 second Passed": (ACTIVE, Event.PASSED, PASSED, NOON, "9.3.4", "after Passed"),
    "9.3.0.0-8 Failed after Passed": (ACTIVE, Event.FAILED, PASSED, NOON, "9.3", "after Passed"),
    "9.3.0.0-3 second judgement": (au_session(judged=True), Event.FAILED, NOTHING, NOON, "9.3", "once in a session"),
    "9.3.0.0-3 Passed after Failed": (au_session(judged=True), Event.PASSED, NOTHING, NOON, "9.3", "once in a session"),
    "10.2.2.0-2 Completed": (BROWSING, Event.COMPLETED, NOTHING, NOON, "10.2.2", "mode Browse"),
    "10.2.2.0-2 Passed": (BROWSING, Event.PASSED, NOTHING, NOON, "10.2.2", "mode Browse"),
    "10.2.2.0-3 Failed": (REVIEWING, Event.FAILED, NOTHING, NOON, "10.2.2", "mode Review"),
}


@pytest.mark.parametrize(("session", "event", "progress", "at", "clause", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_a_statement_out_of_order(session, event, progress, at, clause, message):
    with pytest.raises(Forbidden, match=message) as refused:
        after(session, event, progress, at)
    assert refused.value.rule == f"cmi5 {clause}"


def test_compares_timestamps_to_the_second():
    half = timedelta(milliseconds=500)
    session = au_session(initialized_at=NOON + half, latest_at=LATE + half)
    assert after(session, Event.ALLOWED, at=NOON)[0].latest_at == LATE + half
    assert after(session, Event.TERMINATED, at=LATE)[0].state is State.TERMINATED


def test_takes_nothing_that_was_made_a_moment_after_the_end():
    moment = timedelta(milliseconds=1)
    assert after(TERMINATED, Event.ALLOWED, at=LATE)[0].state is State.TERMINATED
    with pytest.raises(Forbidden, match="terminated before"):
        after(TERMINATED, Event.ALLOWED, at=LATE + moment)


def test_notes_what_a_session_has_told():
    begun, _ = after(LAUNCHED, Event.INITIALIZED, at=NOON + SECOND)
    assert (begun.initialized_at, begun.latest_at, begun.seen_at, begun.judged) == (NOON + SECOND, NOON + SECOND, LATE, False)
    judged, _ = after(begun, Event.FAILED, at=NOON + 3 * SECOND)
    assert (judged.initialized_at, judged.latest_at, judged.judged) == (NOON + SECOND, NOON + 3 * SECOND, True)
    ended, _ = after(judged, Event.TERMINATED, at=NOON + 4 * SECOND)
    assert (ended.terminated_at, ended.ended_at, ended.judged) == (NOON + 4 * SECOND, LATE, True)


LOW, HIGH = Score(0.4), Score(0.9)
PROGRESSED = {
    "Completed": (Event.COMPLETED, NOTHING, None, AuProgress(completed=True)),
    "Passed with a score": (Event.PASSED, AuProgress(score=LOW), HIGH, AuProgress(passed=True, score=HIGH)),
    "Failed with a worse score": (Event.FAILED, AuProgress(score=HIGH), LOW, AuProgress(failed=True, score=HIGH)),
    "Failed without a score": (Event.FAILED, AuProgress(waived=True), None, AuProgress(failed=True, waived=True)),
    "Terminated": (Event.TERMINATED, COMPLETED, None, AuProgress(completed=True, ended=True)),
    "allowed": (Event.ALLOWED, PASSED, None, PASSED),
    "ended before": (Event.ALLOWED, AuProgress(ended=True, failed=True), None, AuProgress(ended=True, failed=True)),
}


@pytest.mark.parametrize(("event", "before", "score", "then"), PROGRESSED.values(), ids=PROGRESSED.keys())
def test_tells_how_far_the_au_has_come(event, before, score, then):
    assert after(ACTIVE, event, before, score=score)[1] == then


def test_counts_no_ended_session_when_browsing():
    assert after(BROWSING, Event.TERMINATED)[1] == NOTHING


@pytest.mark.parametrize(
    ("first", "second", "best"),
    [(None, None, None), (LOW, None, LOW), (None, LOW, LOW), (LOW, HIGH, HIGH), (HIGH, LOW, HIGH), (Score(raw=1.0), LOW, LOW)],
)
def test_keeps_the_better_score(first, second, best):
    assert better(first, second) == best


OVER = {
    "9.3.6.0-2": (au_session(state=State.ABANDONED, ended_at=NOON), NOON, "9.3.6"),
    "9.3.8.0-4": (TERMINATED, LATE + GRACE, "9.3.8"),
}


@pytest.mark.parametrize(("session", "now", "clause"), OVER.values(), ids=OVER.keys())
def test_takes_nothing_when_a_session_is_over(session, now, clause):
    with pytest.raises(Forbidden, match="nothing more is taken") as refused:
        check_open(session, now)
    assert refused.value.rule == f"cmi5 {clause}"


@pytest.mark.parametrize("session", [LAUNCHED, ACTIVE, TERMINATED])
def test_waits_for_a_while_after_the_end(session):
    assert not session.is_over(LATE + GRACE - SECOND)
    check_open(session, LATE + GRACE - SECOND)


@pytest.mark.parametrize(("session", "began"), [(LAUNCHED, False), (ACTIVE, True), (BROWSING, False)])
def test_abandons_an_open_session(session, began):
    ended, progress = abandon(session, COMPLETED, LATE)
    assert (ended.state, ended.ended_at) == (State.ABANDONED, LATE)
    assert progress == AuProgress(completed=True, ended=began)


@pytest.mark.parametrize("session", [TERMINATED, au_session(state=State.ABANDONED, ended_at=NOON)])
def test_abandons_no_session_that_has_ended(session):  # 9.3.0.0-10
    with pytest.raises(Forbidden, match="session was"):
        abandon(session, NOTHING, LATE)


def test_tells_how_long_a_session_lasted():  # 9.5.4.2-2
    assert lasted(au_session(seen_at=LATE)) == 60 * SECOND
    assert lasted(au_session(seen_at=BEFORE)) == timedelta(0)


@pytest.mark.parametrize(("session", "forgotten"), [(LAUNCHED, True), (ACTIVE, True), (TERMINATED, False)])
def test_forgets_an_open_session_when_nothing_was_heard_of_it(session, forgotten):
    assert session.is_forgotten(NOON + MOST_IDLE) is forgotten
    assert not session.is_forgotten(NOON + MOST_IDLE - SECOND)
