"""Data 4.2 to 4.6: the text formats."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
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


@given(st.text())
def test_never_raises_when_a_format_is_read_from_any_text(text):
    formats.parse_timestamp(text)
    formats.parse_duration(text)
    formats.parse_uuid(text)
    for check in (formats.is_iri, formats.is_mbox, formats.is_sha1, formats.is_sha2, formats.is_language_tag):
        check(text)


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
