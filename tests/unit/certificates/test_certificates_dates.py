"""Dates in all spellings."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.certificates.reading.dates import dates_in
from tests.support.certificates.layouts import american, dotted, english, span, spoken

TWELFTH, FOURTEENTH = date(2026, 3, 12), date(2026, 3, 14)


@pytest.mark.parametrize(
    "text",
    [
        "12.03.2026",
        "12.3.2026",
        "12. 3. 2026",
        "12.03.26",
        "12-03-2026",
        "12/03/2026",
        "2026-03-12",
        "12. mars 2026",
        "12 mars 2026",
        "12.mars 2026",
        "12. mar. 2026",
        "12 March 2026",
        "12th March 2026",
        "12th of March, 2026",
        "12 MAR 2026",
        "March 12, 2026",
        "March 12th 2026",
        "den 12. mars 2026.",
        "(12.03.2026)",
    ],
)
def test_reads_one_day(text):
    (found,) = dates_in(text)
    assert (found.first, found.last, found.is_span) == (TWELFTH, TWELFTH, False)


@pytest.mark.parametrize(
    "text",
    [
        "12.–14. mars 2026",
        "12. - 14. mars 2026",
        "12.—-14. mars 2026",
        "12. mars til 14. mars 2026",
        "12. mars – 14. mars 2026",
        "12. mars 2026 – 14. mars 2026",
        "12. og 14. mars 2026",
        "12. t.o.m. 14. mars 2026",
        "12.03.2026–14.03.2026",
        "12.03.2026 til 14.03.2026",
        "12.03.2026 til og med 14.03.2026",
        "12.03. – 14.03.2026",
        "12.03-14.03.2026",
        "12.–14.03.2026",
        "12.-14.03.26",
        "12–14 March 2026",
        "12th to 14th March 2026",
        "12 March to 14 March 2026",
        "March 12–14, 2026",
        "March 12 - March 14, 2026",
        "2026-03-12 – 2026-03-14",
        "2026-03-12 to 2026-03-14",
        "12/03/2026 - 14/03/2026",
    ],
)
def test_reads_from_one_day_to_another(text):
    (found,) = dates_in(text)
    assert (found.first, found.last, found.is_span) == (TWELFTH, FOURTEENTH, True)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("30. mars – 2. april 2026", date(2026, 3, 30), date(2026, 4, 2)),
        ("30. desember – 2. januar 2026", date(2025, 12, 30), date(2026, 1, 2)),
        ("30. desember 2025 – 2. januar 2026", date(2025, 12, 30), date(2026, 1, 2)),
        ("March 30 – April 2, 2026", date(2026, 3, 30), date(2026, 4, 2)),
        ("29.09. - 01.10.2025", date(2025, 9, 29), date(2025, 10, 1)),
        ("3. mai–4. juni 2025", date(2025, 5, 3), date(2025, 6, 4)),
    ],
)
def test_reads_spans_over_months_and_years(text, first, last):
    (found,) = dates_in(text)
    assert (found.first, found.last) == (first, last)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12.03",
        "kl. 09.00–15.30",
        "31.02.2026",
        "32.01.2026",
        "12.13.2026",
        "versjon 1.2.3.4",
        "v2.12.03.2026",
        "20240312",
        "mai 2026",
        "0312.03.2026",
        "12.03.20267",
        "99 12-03-2026-4",
    ],
)
def test_leaves_other_numbers_alone(text):
    assert dates_in(text) == []


def test_a_course_does_not_end_before_it_begins():
    assert [found.first for found in dates_in("14.03.2026 - 12.03.2026")] == [date(2026, 3, 14), date(2026, 3, 12)]


@pytest.mark.parametrize(
    ("text", "is_clear"),
    [("03/04/2026", False), ("13/04/2026", True), ("03.04.2026", True), ("03.04.26", False), ("03/04/2026 - 15/04/2026", True)],
)
def test_says_where_another_reading_is_possible(text, is_clear):
    assert [found.is_clear for found in dates_in(text)] == [is_clear]


def test_finds_several_with_their_places():
    text = "Avholdt 12.–14. mars 2026, utstedt 16.03.2026"
    assert [text[found.start : found.end] for found in dates_in(text)] == ["12.–14. mars 2026", "16.03.2026"]


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from([dotted, spoken, english, american, date.isoformat]))
def test_reads_every_day_in_every_spelling(day, spelling):
    assert [found.first for found in dates_in(f"x {spelling(day)}.")] == [day]


@given(st.dates(date(2000, 1, 1), date(2098, 12, 31)), st.integers(1, 300))
def test_reads_every_span(first, days):
    last = date.fromordinal(first.toordinal() + days)
    text = span(first, last) if first.year == last.year else f"{spoken(first)} – {spoken(last)}"
    assert [(found.first, found.last) for found in dates_in(text)] == [(first, last)]


@given(st.text("0123456789.–-/ marsdecjun,", max_size=60))
def test_any_text_is_taken(text):
    assert all(found.first <= found.last for found in dates_in(text))
