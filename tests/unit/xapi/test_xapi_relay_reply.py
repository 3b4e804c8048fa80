from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.web.reply import Reply
from lrs_bridge.xapi.relay.reply import Cause, Verdict, cause, failure, pause, verdict

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "meaning", "why"),
    [
        (200, Verdict.TAKEN, None),
        (204, Verdict.TAKEN, None),
        (409, Verdict.THERE, Cause.STATEMENT_REFUSED),
        (400, Verdict.UNFIT, Cause.STATEMENT_REFUSED),
        (413, Verdict.UNFIT, Cause.STATEMENT_REFUSED),
        (415, Verdict.UNFIT, Cause.STATEMENT_REFUSED),
        (422, Verdict.UNFIT, Cause.STATEMENT_REFUSED),
        (401, Verdict.REFUSED, Cause.KEY_REFUSED),
        (403, Verdict.REFUSED, Cause.KEY_REFUSED),
        (408, Verdict.LATER, Cause.BUSY),
        (429, Verdict.LATER, Cause.BUSY),
        (500, Verdict.LATER, Cause.OUT_OF_ORDER),
        (503, Verdict.LATER, Cause.OUT_OF_ORDER),
        (301, Verdict.LATER, Cause.REDIRECT),
        (404, Verdict.LATER, Cause.NO_LRS),
        (405, Verdict.LATER, Cause.NO_LRS),
        (100, Verdict.LATER, Cause.NO_LRS),
    ],
)
def test_tells_what_an_answer_means(status, meaning, why):
    assert verdict(status) is meaning
    if why is not None:
        assert cause(status) is why


def test_doubles_the_wait_up_to_five_minutes():
    assert [pause(n, 0).total_seconds() for n in (0, 1, 2, 3, 8, 9, 500)] == [2, 2, 4, 8, 256, 300, 300]


@given(st.integers(0, 100), st.floats(0, 1))
def test_takes_up_to_half_of_the_wait_away(failures, spread):
    assert pause(failures, 0) / 2 <= pause(failures, spread) <= pause(failures, 0)


def test_waits_at_least_as_long_as_was_asked():
    assert pause(1, 1, timedelta(minutes=20)) == timedelta(minutes=20)
    assert pause(9, 0, timedelta(seconds=1)) == timedelta(minutes=5)


def test_tells_where_an_lrs_has_moved():
    error = failure(Reply(302, {"location": "https://new.example.no/"}, b"<html>"), NOW)
    assert (error.cause, error.http_status) == (Cause.REDIRECT, 302)
    assert error.message == "answered 302: moved to https://new.example.no/"
    assert failure(Reply(302, {}, b""), NOW).message == "answered 302: moved to nowhere"
    told = failure(Reply(503, {"retry-after": "3"}, b"busy"), NOW)
    assert (told.message, told.stay_away) == ("answered 503: busy", timedelta(seconds=3))
