"""Certificates as wholes: how many there are, how well they can be read, and what is left to be filled in."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.certificates.extraction.page import Box, Extract, Page, Word
from lrs_bridge.certificates.reading.certificate import Legibility, Sureness
from lrs_bridge.certificates.reading.reading import read_certificates
from tests.support.certificates.typed import extract, page, words

FIELDS = ("title", "holder", "issuer", "held_from", "held_to", "issued", "valid_until", "hours", "points", "code", "link")


def certificate(name, course="Akuttmedisin"):
    return f"\n# Kursbevis\nNavn: {name}\nKurs: {course}\nKursdato: 12.03.2026\nAntall timer: 7\n"


def test_tells_where_each_field_stands():
    (found,) = read_certificates(extract(certificate("Kari Nordmann")))
    assert found.holder.place.page == 1
    box = found.holder.place.box
    assert (round(box.left * 600), round(box.top * 850)) == (40 + 6 * 6, 40 + 30)
    assert box.right <= 1
    assert box.bottom <= 1


def test_nothing_is_sure_that_was_seen_in_a_picture():
    (found,) = read_certificates(extract(certificate("Kari Nordmann"), confidence=0.99, is_typed=False))
    assert {getattr(found, field).sureness for field in ("title", "holder", "held_from", "hours")} == {Sureness.LIKELY}


def test_says_where_what_was_seen_is_no_value():
    text = "# Kursbevis\nNavn: Karl N0rdm ann\nKurs: Akuttmedisin\nPoeng: ikke relevant"
    (seen,) = read_certificates(extract(text, is_typed=False))
    (typed,) = read_certificates(extract(text))
    assert (seen.holder, seen.unread, typed.unread) == (None, ("holder", "points"), ())


def test_what_was_seen_badly_is_a_guess():
    (found,) = read_certificates(extract(certificate("Kari Nordmann"), confidence=0.7, is_typed=False))
    assert found.holder.sureness is Sureness.GUESS


def test_gives_up_on_values_that_nobody_can_read():
    printed = words("# Kursbevis\nNavn:\nKurs:\nDato:\nTimer:\nUtstedt av kurskontoret i Oslo", is_typed=False, confidence=0.95)
    written = [
        Word(text, Box(120, 71 + 15 * row, 180, 82 + 15 * row), 0.3, is_typed=False)
        for row, text in enumerate(["Kavi", "Sutuv", "12.3.2026", "G"])
    ]
    (found,) = read_certificates(Extract((Page(1, 600, 850, (*printed, *written)),)))
    assert (found.title, found.holder, found.held_from, found.issued, found.hours) == (None, None, None, None, None)
    assert set(found.unread) == {"title", "holder", "held_from", "hours"}


@pytest.mark.parametrize(
    ("text", "confidence", "legibility"),
    [
        (certificate("Kari Nordmann"), 1, Legibility.GOOD),
        (certificate("Kari Nordmann"), 0.4, Legibility.NONE),
        ("Kursbevis", 1, Legibility.NONE),
    ],
)
def test_says_how_well_it_can_be_read(text, confidence, legibility):
    (found,) = read_certificates(extract(text, confidence=confidence))
    assert found.legibility is legibility


def test_says_where_some_words_can_not_be_read():
    good = words(certificate("Kari Nordmann"))
    bad = words("uklare ord over det hele", confidence=0.2, top=400)
    (found,) = read_certificates(Extract((Page(1, 600, 850, (*good, *bad)),)))
    assert (found.legibility, found.holder.value) == (Legibility.POOR, "Kari Nordmann")


def test_a_file_without_text_is_one_certificate_to_be_filled_in():
    (found,) = read_certificates(Extract((Page(1, 600, 850, ()), Page(2, 600, 850, ()))))
    assert (found.pages, found.legibility) == ((1, 2), Legibility.NONE)
    assert all(getattr(found, field) is None for field in FIELDS)


def test_each_page_with_a_heading_is_a_certificate():
    found = read_certificates(extract(certificate("Kari Nordmann"), certificate("Ola Hansen"), "Program\nDag 1"))
    assert [(each.pages, each.holder.value) for each in found] == [((1,), "Kari Nordmann"), ((2, 3), "Ola Hansen")]


def test_headings_of_the_same_words_part_a_page():
    both = certificate("Kari Nordmann") + "\n" * 15 + certificate("Ola Hansen", "Sepsis") + "\n" * 10 + certificate("Per Lie")
    found = read_certificates(extract(both))
    assert [(each.pages, each.holder.value) for each in found] == [
        ((1,), "Kari Nordmann"),
        ((1,), "Ola Hansen"),
        ((1,), "Per Lie"),
    ]


def test_headings_close_together_are_one_certificates():
    (found,) = read_certificates(extract("# Kursbevis\n# Kursbevis" + certificate("Kari Nordmann")))
    assert found.holder.value == "Kari Nordmann"


def test_a_course_that_ends_before_it_begins_is_a_guess():
    (found,) = read_certificates(extract(certificate("Kari Nordmann") + "Startdato: 14.03.2026\nSluttdato: 12.03.2026"))
    assert (found.held_from.value, found.held_from.sureness) == (date(2026, 3, 14), Sureness.GUESS)
    assert (found.held_to.value, found.held_to.sureness) == (date(2026, 3, 12), Sureness.GUESS)


def test_a_certificate_issued_before_the_course_is_a_guess():
    (found,) = read_certificates(extract(certificate("Kari Nordmann") + "Utstedt: 11.03.2026"))
    assert (found.issued.value, found.issued.sureness) == (date(2026, 3, 11), Sureness.GUESS)


def test_two_names_are_no_sure_one():
    (found,) = read_certificates(extract(certificate("Kari Nordmann") + "Det bekreftes at Ola Hansen har deltatt"))
    assert found.holder.sureness is Sureness.GUESS


def test_the_letterhead_is_not_the_title_and_the_issuer():
    (found,) = read_certificates(extract("# Akuttmedisin\n" + "Kari Nordmann deltok den 12.03.2026 i Oslo."))
    assert (found.title.value, found.issuer) == ("Akuttmedisin", None)


@pytest.mark.parametrize("is_typed", [True, False])
@given(text=st.text(st.sampled_from("KursbevisNavn: hardeltatt på «»12.03.2026timer\n#–/()"), max_size=300))
def test_any_text_is_taken(is_typed, text):
    found = read_certificates(extract(text, is_typed=is_typed))
    places = [getattr(each, field).place for each in found for field in FIELDS if getattr(each, field)]
    assert all(place.page == 1 for place in places)


def test_titles_that_go_on_are_not_sure():
    text = "# Kursbevis\nKari Nordmann har fullført kurset\n## Behandling av slag\n## Del to av tre\n12.03.2026 i Oslo"
    whole = page(text)
    moved = [
        Word(w.text, Box(w.box.left, w.box.top + 20, w.box.right, w.box.bottom + 20)) if w.box.top > 105 else w
        for w in whole.words
    ]
    (found,) = read_certificates(Extract((Page(1, 600, 850, tuple(moved)),)))
    assert (found.title.value, found.title.sureness) == ("Behandling av slag", Sureness.LIKELY)


def test_reads_no_more_than_the_beginning_of_endless_certificates():
    listing = "\n".join(f"Tema {number}" for number in range(60))
    pages = [certificate("Kari Nordmann"), *[listing] * 5, "Utstedt: 14.03.2026"]
    (found,) = read_certificates(extract(*pages))
    assert (found.holder.value, found.issued) == ("Kari Nordmann", None)
    (shorter,) = read_certificates(extract(pages[0], listing, pages[-1]))
    assert shorter.issued.value == date(2026, 3, 14)
