"""Data 4.2 to 4.6: the text formats."""

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs_bridge.xapi.model import formats

TIMESTAMPS = {
    "2026-03-04T10:00:00Z": datetime(2026, 3, 4, 10, tzinfo=UTC),
    "2026-03-04t10:00:00z": datetime(2026, 3, 4, 10, tzinfo=UTC),
    "2026-03-04T10:00:00.123456789+01:00": datetime(2026, 3, 4, 9, 0, 0, 123456, tzinfo=UTC),
    "2026-03-04T10:00:00+0200": datetime(2026, 3, 4, 8, tzinfo=UTC),
    "2026-03-04T10:00:00-03": datetime(2026, 3, 4, 13, tzinfo=UTC),
    "2026-03-04T10:00:00+00:00": datetime(2026, 3, 4, 10, tzinfo=UTC),
    "2026-03-04T10:00:00-00:30": datetime(2026, 3, 4, 10, 30, tzinfo=UTC),
}
BAD_TIMESTAMPS = (
    "",
    "2026-03-04",
    "2026-03-04 10:00:00Z",
    "2026-03-04T10:00Z",
    "2026-03-04T10:00:00",
    "2026-03-04T10:00:00-00:00",
    "2026-03-04T10:00:00-0000",
    "2026-03-04T10:00:00-00",
    "2026-13-04T10:00:00Z",
    "2026-03-04T25:00:00Z",
    "2026-03-04T10:00:00+25:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "２０２６-03-04T10:00:00Z",
    "2026-03-04T10:00:00Z\n",
)


@pytest.mark.parametrize(("text", "at"), TIMESTAMPS.items(), ids=TIMESTAMPS.keys())
def test_reads_a_timestamp_when_its_zone_is_known(text, at):
    assert formats.parse_timestamp(text) == at


@pytest.mark.parametrize("text", BAD_TIMESTAMPS)
def test_reads_no_timestamp_when_malformed(text):
    assert formats.parse_timestamp(text) is None


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31), timezones=ZONES))  # noqa: DTZ001
def test_reads_every_instant_back_when_python_wrote_it(at):
    assert formats.parse_timestamp(at.isoformat()) == at


def pad(number, width=2):
    return str(number).zfill(width)


TIMES = st.tuples(
    st.sampled_from([0, 1, 2, 1900, 1969, 2000, 2024, 2026, 9998, 9999]),
    st.integers(0, 13),
    st.sampled_from([0, 1, 2, 28, 29, 30, 31, 32]),
    st.sampled_from([0, 1, 12, 22, 23, 24, 25]),
    st.sampled_from([0, 30, 59, 60, 61]),
    st.sampled_from([0, 30, 59, 60, 61]),
)
OFFSETS = st.tuples(st.sampled_from("+-"), st.sampled_from([0, 1, 5, 14, 23, 24, 99]), st.sampled_from([0, 30, 45, 59, 60, 99]))


def naive_instant(year, month, day, hour, minute, second, sign, offset_hours, offset_minutes):
    """The instant that the numbers of a timestamp mean, by counting days, or None."""
    if not (1 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]):
        return None
    if hour > 23 or minute > 59 or second > 59 or offset_hours > 23 or offset_minutes > 59:
        return None
    if sign == "-" and offset_hours == offset_minutes == 0:
        return None
    days = sum(366 if calendar.isleap(earlier) else 365 for earlier in range(1, year))
    days += sum(calendar.monthrange(year, earlier)[1] for earlier in range(1, month)) + day - 1
    seconds = days * 86400 + hour * 3600 + minute * 60 + second
    seconds -= (offset_hours * 3600 + offset_minutes * 60) * (1 if sign == "+" else -1)
    last = 3652059 * 86400
    return datetime(1, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds) if 0 <= seconds < last else None


@given(TIMES, OFFSETS, st.text("0123456789", max_size=9), st.sampled_from([":", ""]))
@settings(max_examples=500)
def test_means_the_instant_that_counting_days_gives_when_a_timestamp_is_put_together(time, offset, digits, colon):
    year, month, day, hour, minute, second = time
    sign, hours, minutes = offset
    fraction = "." + digits if digits else ""
    zone = f"{sign}{pad(hours)}{colon}{pad(minutes)}"
    text = f"{pad(year, 4)}-{pad(month)}-{pad(day)}T{pad(hour)}:{pad(minute)}:{pad(second)}{fraction}{zone}"
    expected = naive_instant(*time, *offset)
    if expected is not None:
        expected += timedelta(microseconds=int(digits[:6].ljust(6, "0")))
    assert formats.parse_timestamp(text) == expected


IN_UTC = {
    "2026-03-04T10:00:00Z": "2026-03-04T10:00:00Z",
    "2026-03-04t10:00:00.5z": "2026-03-04t10:00:00.5z",
    "2026-03-04T10:00:00+00:00": "2026-03-04T10:00:00+00:00",
    "2026-03-04T10:00:00+0000": "2026-03-04T10:00:00+0000",
    "2023-05-04T12:00:00-05:00": "2023-05-04T17:00:00Z",
    "2026-01-01T00:30:00.123456789+01:00": "2025-12-31T23:30:00.123456789Z",
    "0002-01-01T00:00:00+0030": "0001-12-31T23:30:00Z",
    "2026-03-04T10:00:00.0-03": "2026-03-04T13:00:00.0Z",
}


@pytest.mark.parametrize(("text", "utc"), IN_UTC.items(), ids=IN_UTC.keys())
def test_writes_a_timestamp_in_utc_when_it_has_another_offset_and_keeps_its_fraction(text, utc):
    assert formats.in_utc(text) == utc


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31), timezones=ZONES))  # noqa: DTZ001
def test_means_the_same_instant_when_written_in_utc(at):
    utc = formats.in_utc(at.isoformat())
    assert formats.parse_timestamp(utc) == at
    assert utc.endswith(("Z", "+00:00"))


@given(st.text())
def test_never_raises_when_a_format_is_read_from_any_text(text):
    formats.parse_timestamp(text)
    formats.parse_duration(text)
    formats.parse_uuid(text)
    for check in (formats.is_iri, formats.is_mbox, formats.is_sha1, formats.is_sha2, formats.is_language_tag):
        check(text)


ID = "5f2f2a0e-8F0a-4c55-9ad1-0f6f3f1f0001"


@given(st.integers(0, 35), st.sampled_from(["", "-", "g", "0", "F", " ", "{", "é", "\ud800"]), st.booleans())
def test_reads_a_uuid_when_and_only_when_it_is_in_standard_form(place, letter, more):
    text = ID[:place] + letter + ID[place + (not more) :]
    assert formats.parse_uuid(text) == (UUID(text) if formats.is_uuid(text) else None)
    assert formats.is_uuid(text) == (re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text, re.IGNORECASE) is not None)


@pytest.mark.parametrize("text", [ID.replace("-", ""), f"{{{ID}}}", f"urn:uuid:{ID}", ID.replace("-", "0"), ID[1:] + "0"])
def test_reads_no_uuid_when_it_is_in_another_form(text):
    assert formats.parse_uuid(text) is None


DURATIONS = {
    "PT0S": timedelta(),
    "PT1H30M": timedelta(minutes=90),
    "P1DT0.5S": timedelta(days=1, seconds=0.5),
    "PT1,5H": timedelta(minutes=90),
    "P2W": timedelta(weeks=2),
    "P1Y2M": timedelta(days=425),
    "PT4H35M59.14S": timedelta(hours=4, minutes=35, seconds=59.14),
}


@pytest.mark.parametrize(("text", "length"), DURATIONS.items(), ids=DURATIONS.keys())
def test_reads_a_duration_when_well_formed(text, length):
    assert formats.is_duration(text)
    assert formats.parse_duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1", "1H", "P1S", "PT1D", "-PT1S", "PT1.5H2M", "P1W2D", "pt1s", "PT.5S", "P1DT"]
)
def test_reads_no_duration_when_malformed(text):
    assert not formats.is_duration(text)
    assert formats.parse_duration(text) is None


def test_reads_no_length_when_the_duration_is_beyond_measure():
    assert formats.is_duration("P" + "9" * 400 + "Y")
    assert formats.parse_duration("P" + "9" * 400 + "Y") is None
    assert formats.parse_duration("P99999999999Y") is None


PARTS = st.lists(st.tuples(st.sampled_from(["0", "1", "59", "007", "1.5", "0,25", "2."]), st.sampled_from("YMWDHS")), max_size=4)
SECONDS_OF_DATES = {"Y": 365 * 86400, "M": 30 * 86400, "D": 86400}
SECONDS_OF_TIMES = {"H": 3600, "M": 60, "S": 1}


def naive_seconds(date_parts, time_parts, has_time):
    """The seconds of a duration, by the rules of ISO 8601 one after the other, or None."""
    parts = date_parts + time_parts
    numbers = [number for number, _ in parts]
    if not parts or (has_time and not time_parts) or (time_parts and not has_time):
        return None
    if any(not number.isdigit() for number in numbers[:-1]) or numbers[-1].endswith("."):
        return None
    if parts == [(numbers[0], "W")] and date_parts:
        return float(numbers[0].replace(",", ".")) * 7 * 86400
    seconds = 0.0
    for given_parts, known in ((date_parts, SECONDS_OF_DATES), (time_parts, SECONDS_OF_TIMES)):
        places = [list(known).index(letter) if letter in known else -1 for _, letter in given_parts]
        if -1 in places or sorted(set(places)) != places:
            return None
        seconds += sum(float(number.replace(",", ".")) * known[letter] for number, letter in given_parts)
    return seconds


@given(PARTS, PARTS, st.booleans())
@settings(max_examples=500)
def test_lasts_as_long_as_its_parts_when_a_duration_is_put_together(date_parts, time_parts, has_time):
    time = ("T" if has_time else "") + "".join(number + letter for number, letter in time_parts)
    text = "P" + "".join(number + letter for number, letter in date_parts) + time
    if not has_time:  # what follows belongs to the date
        date_parts, time_parts = date_parts + time_parts, []
    seconds = naive_seconds(date_parts, time_parts, has_time)
    assert formats.is_duration(text) == (seconds is not None)
    assert formats.parse_duration(text) == (None if seconds is None else timedelta(seconds=seconds))


@given(st.integers(0, 10**6), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_adds_up_every_part_when_a_duration_has_them_all(days, hours, minutes, seconds):
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    assert formats.parse_duration(f"P{days}DT{hours}H{minutes}M{seconds}S") == length


@pytest.mark.parametrize(
    "tag",
    [
        "nb",
        "nb-NO",
        "nn",
        "en-US",
        "zh-cmn-Hans-CN",
        "sl-rozaj-biske",
        "de-CH-1901",
        "es-419",
        "x-whatever",
        "en-a-myext-b-other",
        "und",
        "i-klingon",
        "en-GB-oed",
        "de-Latn-DE-1996-x-a-b",
        "sr-Latn-RS",
    ],
)
def test_takes_a_language_tag_when_its_subtags_have_their_lengths(tag):
    assert formats.is_language_tag(tag)


@pytest.mark.parametrize(
    "tag", ["", "n", "nb_NO", "nb-", "-nb", "nb--NO", "norwegianbokmaal", "nb-N", "en-a", "bokmål", "nb NO", "12"]
)
def test_refuses_a_language_tag_when_its_subtags_have_other_lengths(tag):
    assert not formats.is_language_tag(tag)


@pytest.mark.parametrize(
    "iri", ["http://a.no", "urn:x:y", "tag:a.no,2026:æ", "mailto:a@b", "https://a.no/æ?x=%20#y", "x-y+z.1:a"]
)
def test_takes_an_iri_when_it_is_absolute(iri):
    assert formats.is_iri(iri)


@pytest.mark.parametrize(
    "iri", ["", "a", "/a", "//a.no/x", "a.no", "1http://a.no", "http:", "http://a b", "http://a\n", "http://<a>"]
)
def test_refuses_an_iri_when_relative_or_with_forbidden_characters(iri):
    assert not formats.is_iri(iri)


@pytest.mark.parametrize("length", [56, 64, 96, 128])
def test_takes_a_sha2_sum_when_it_has_the_length_of_one(length):
    assert formats.is_sha2("aF" * (length // 2))
    assert not formats.is_sha2("a" * (length - 1))


@pytest.mark.parametrize(
    ("text", "answer"), [("text/plain", True), ("a/b;c=d", True), ("application/vnd.x+json", True), ("pdf", False)]
)
def test_knows_a_media_type_when_it_sees_one(text, answer):
    assert formats.is_media_type(text) is answer
