"""Lengths of time in the forms of SCORM 1.2 and 2004."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.scorm.durations import LONGEST, parse_time, total_time, write_interval, write_timespan


def length(**parts):
    return timedelta(**parts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0000:00:00.00", length()),
        ("0001:02:03.45", length(hours=1, minutes=2, seconds=3.45)),
        ("9999:99:99.99", length(hours=9999, minutes=99, seconds=99.99)),
        ("00:00:12", length(seconds=12)),
        ("1:5:7", length(hours=1, minutes=5, seconds=7)),
        ("01:30", length(hours=1, minutes=30)),
        ("00:00:12.", length(seconds=12)),
        ("00:00:12,5", length(seconds=12.5)),
        (" 00:00:01 ", length(seconds=1)),
        ("PT0S", length()),
        ("PT1H5M", length(hours=1, minutes=5)),
        ("PT12.34S", length(seconds=12.34)),
        ("P1Y2M3DT4H5M6.78S", length(days=365 + 60 + 3, hours=4, minutes=5, seconds=6.78)),
        ("P2W", length(weeks=2)),
        ("P1M", length(days=30)),
        ("PT1M", length(minutes=1)),
        ("P1DT", length(days=1)),
        ("PT90M", length(minutes=90)),
        ("pt5s", length(seconds=5)),
        ("PT0.5H", length(minutes=30)),
        ("P100Y", LONGEST),
    ],
)
def test_reads_both_forms(text, expected):
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", " P", "12", "12.5", "NaN:NaN:NaN", "-1:00:00", "1:000:00", "1:00:00:00", "999999:00:00", "١:٢:٣", "a"),
        *("PT", "PT5", "P5", "P1S", "P1H", "-PT5S", "PT-5S", "P101Y", "P9999999Y"),
    ],
)
def test_reads_nothing_when_it_is_no_length_of_time(text):
    assert parse_time(text) is None


@pytest.mark.parametrize(
    ("value", "timespan", "interval"),
    [
        (length(), "0000:00:00.00", "PT0S"),
        (length(seconds=-5), "0000:00:00.00", "PT0S"),
        (length(seconds=6.7), "0000:00:06.70", "PT6.7S"),
        (length(seconds=59.999), "0000:00:59.99", "PT59.99S"),
        (length(minutes=10), "0000:10:00.00", "PT10M"),
        (length(hours=1, seconds=10), "0001:00:10.00", "PT1H10S"),
        (length(days=1, hours=1, minutes=2, seconds=3.45), "0025:02:03.45", "PT25H2M3.45S"),
        (length(hours=12_345), "12345:00:00.00", "PT12345H"),
    ],
)
def test_writes_both_forms(value, timespan, interval):
    assert (write_timespan(value), write_interval(value)) == (timespan, interval)


@given(st.timedeltas(timedelta(), LONGEST).map(lambda value: value // timedelta(milliseconds=10) * timedelta(milliseconds=10)))
def test_reads_what_it_wrote(value):
    assert (parse_time(write_timespan(value)), parse_time(write_interval(value))) == (value, value)


@pytest.mark.parametrize(
    ("before", "session", "expected"),
    [
        (length(minutes=1), length(seconds=5), length(seconds=65)),
        (length(minutes=1), None, length(minutes=1)),
        (length(minutes=1), length(seconds=-5), length(minutes=1)),
        (LONGEST, length(seconds=5), LONGEST),
    ],
)
def test_adds_up_the_time_of_an_attempt(before, session, expected):
    assert total_time(before, session) == expected
