"""Which sessions are closed because nobody ended them, and what they have come to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lrs_bridge.completion import Outcome
from lrs_bridge.scorm.attempt import ScoState, is_resumed
from lrs_bridge.scorm.closing import AFTER, OpenSession, closed, moment_of, to_close
from lrs_bridge.scorm.manifest.model import Version
from lrs_bridge.scorm.outcome import outcome_of
from lrs_bridge.scorm.statements.happened import closing
from tests.support.scorm import ATTEMPT_ID, attempt, item, state_1_2, state_2004

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
SILENT = OpenSession(ATTEMPT_ID, 3, 17, "sco_1", NOW - AFTER, 90.0)


@pytest.mark.parametrize(
    ("silent_for", "is_superseded", "due"),
    [
        (AFTER, False, True),
        (AFTER - timedelta(seconds=1), False, False),
        (timedelta(), False, False),
        (timedelta(), True, True),
        (timedelta(days=30), False, True),
    ],
)
def test_closes_what_was_silent_for_long_or_went_on_elsewhere(silent_for, is_superseded, due):
    session = replace(SILENT, heard_at=NOW - silent_for, is_superseded=is_superseded)
    assert to_close([session], now=NOW) == ([session] if due else [])


def test_closes_the_one_that_is_silent_longest_first():
    sessions = [replace(SILENT, heard_at=NOW - timedelta(days=days), number=days) for days in (1, 3, 2)]
    assert [session.number for session in to_close(sessions, now=NOW)] == [3, 2, 1]


def test_waits_as_long_as_it_is_told():
    session = replace(SILENT, heard_at=NOW - timedelta(minutes=10))
    assert to_close([session], now=NOW, after=timedelta(minutes=10)) == [session]


@pytest.mark.parametrize(
    ("version", "state", "outcome"),
    [
        (Version.V1_2, state_1_2("completed", exit=""), Outcome(completion=True)),
        (Version.V1_2, state_1_2("failed", exit=""), Outcome(success=False)),
        (Version.V1_2, state_1_2("incomplete"), Outcome(completion=False)),
        (Version.V2004, state_2004("completed", "passed", exit="normal"), Outcome(True, True)),
        (Version.V2004, state_2004("incomplete", "failed", exit="normal"), Outcome(False, False)),
        (Version.V2004, ScoState({}, terminated=True), Outcome()),
    ],
)
def test_takes_the_last_state_for_suspended(version, state, outcome):
    last = closed(state)
    assert is_resumed(last)
    assert outcome_of(attempt(version), {"sco_1": last}) == outcome


def test_tells_of_the_closing_when_the_learner_was_last_heard_of():
    going = attempt()
    told = closing(closed(state_2004("incomplete")), moment_of(SILENT, going, item(), "lrs_bridge"))
    again = closing(closed(state_2004("incomplete")), moment_of(replace(SILENT, sequence=18), going, item(), "lrs_bridge"))
    assert (told["timestamp"], told["verb"]["display"]["en-US"]) == ("2026-03-04T04:00:00.000Z", "suspended")
    assert told["result"] == {"completion": False, "duration": "PT1M30S"}
    assert told["id"] != again["id"]
