from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.web.reply import CallFailed, Reply, Trouble, parse_http_date, retry_after, shown

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("0", 0),
        ("86400", 3600),
        ("9" * 400, 3600),
        ("Wed, 04 Mar 2026 10:01:00 GMT", 60),
        ("Wed, 04 Mar 2026 10:01:00 -0000", 60),
        ("Wed, 04 Mar 2026 09:00:00 GMT", 0),
        ("Wed, 04 Mar 9999 09:00:00 GMT", 3600),
        ("", None),
        ("-1", None),
        ("soon", None),
        ("²", None),
    ],
)
def test_reads_how_long_to_stay_away(said, wait):
    found = retry_after(Reply(503, {"retry-after": said}, b""), NOW)
    assert found == (None if wait is None else timedelta(seconds=wait))


@given(st.text(max_size=40))
def test_reads_any_text_as_a_date_or_none(text):
    found = parse_http_date(text)
    assert found is None or found.tzinfo is not None


def test_quotes_what_was_said_on_one_short_line():
    assert shown(" a\r\n\tb\x00c ") == "a b c"
    assert len(shown("x" * 900)) == 500
    assert Reply(400, {}, b"\xff no\n").excerpt == "� no"


@pytest.mark.parametrize(("status", "success"), [(199, False), (200, True), (204, True), (299, True), (300, False), (409, False)])
def test_tells_a_success(status, success):
    assert Reply(status, {}, b"").is_success is success


def test_says_why_a_call_failed():
    error = CallFailed("its answer is odd", cause=Trouble.ODD_ANSWER, http_status=200)
    assert (error.message, error.cause, error.http_status, error.code) == ("its answer is odd", "odd_answer", 200, "call_failed")
    assert CallFailed("away", cause=Trouble.TIMEOUT).http_status is None
