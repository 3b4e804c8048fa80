"""Labels and where their values stand."""

from lrs_bridge.certificates.extraction.page import Box, Page, Word
from lrs_bridge.certificates.reading.flow import flow_of
from lrs_bridge.certificates.reading.labelled import labelled_in
from lrs_bridge.certificates.reading.lines import lines_of
from tests.support.certificates.typed import page


def values(text_or_page):
    found = page(text_or_page) if isinstance(text_or_page, str) else text_or_page
    flow = flow_of(lines_of(found), {1: found})
    return [(each.role.value, each.text, each.is_whole) for each in labelled_in(flow)]


def placed(*rows):
    """A page of texts at places: left, top, text."""
    words = []
    for left, top, text in rows:
        at = left
        for part in text.split():
            words.append(Word(part, Box(at, top, at + 6 * len(part), top + 12)))
            at += 6 * len(part) + 4
    return Page(1, 600, 800, tuple(words))


def test_finds_values_behind_labels():
    assert values("Navn: Kari Nordmann") == [("holder", "Kari Nordmann", True)]


def test_finds_values_beside_labels():
    assert values("""
Navn          Kari Nordmann
Kurs          Akuttmedisin
""") == [("holder", "Kari Nordmann", True), ("title", "Akuttmedisin", True)]


def test_finds_values_below_labels():
    assert values("""
Navn          Timer
Kari Berg     12
""") == [("holder", "Kari Berg", True), ("hours", "12", True)]


def test_finds_values_below_and_indented():
    assert values("""
Navn
   Kari Nordmann
Kurs
   Akuttmedisin for
   allmennleger
""") == [("holder", "Kari Nordmann", True), ("title", "Akuttmedisin for allmennleger", True)]


def test_a_label_is_no_value_and_neither_is_a_heading():
    assert values("""
Navn:
Kurs:         Akuttmedisin
Dato:
# Kursbevis
""") == [("holder", "", True), ("title", "Akuttmedisin", True), ("date", "", True)]


def test_what_is_far_below_is_no_value():
    assert values(placed((40, 40, "Navn:"), (40, 200, "Kari Nordmann"))) == [("holder", "", True)]


def test_goes_on_below_a_value_that_is_indented_or_small():
    assert values("""
Kurs: Akuttmedisin og
      Traumatologi
Arrangør: Avdeling for
undervisning
Dato: 12.03.2026
Velkommen
""") == [
        ("title", "Akuttmedisin og Traumatologi", True),
        ("issuer", "Avdeling for undervisning", True),
        ("date", "12.03.2026", True),
    ]


def test_a_label_below_ends_a_value():
    assert values("""
Kurs: Akuttmedisin
      Navn: Kari Nordmann
""") == [("title", "Akuttmedisin", True), ("holder", "Kari Nordmann", True)]


def test_finds_a_cell_at_whose_middle_its_label_stands():
    cell = placed(
        (40, 47, "Kurs"),
        (200, 40, "Behandling av"),
        (200, 54, "hodeskader"),
        (40, 90, "Navn"),
        (200, 90, "Kari Nordmann"),
    )
    assert values(cell) == [("title", "Behandling av hodeskader", True), ("holder", "Kari Nordmann", True)]


def test_says_where_it_is_not_clear_how_far_a_cell_goes():
    tight = placed(
        (40, 40, "Kurs"),
        (200, 40, "Behandling av"),
        (200, 54, "hodeskader"),
        (40, 68, "Navn"),
        (200, 68, "Kari Nordmann"),
        (40, 82, "Timer"),
        (200, 82, "7"),
    )
    assert values(tight) == [
        ("title", "Behandling av hodeskader", False),
        ("holder", "Kari Nordmann", True),
        ("hours", "7", True),
    ]


def test_cells_that_begin_above_their_labels_are_left_to_be_filled_in():
    odd = placed(
        (40, 47, "Kurs"),
        (200, 40, "Behandling av"),
        (200, 54, "hodeskader"),
        (40, 60, "Navn"),
        (200, 68, "Kari Nordmann"),
        (40, 82, "Timer"),
        (200, 82, "7"),
    )
    assert ("hours", "7", True) in values(odd)


def test_takes_the_value_below_where_what_is_beside_is_of_another_column():
    assert values("""
Navn                          09.00 Velkommen
Kari Nordmann                 10.00 Pause

Kurs                          11.00 Lunsj
Akuttmedisin                  12.00 Slutt
""") == [("holder", "Kari Nordmann", True), ("title", "Akuttmedisin", True)]


def test_parts_cells_where_there_is_more_space_than_between_lines():
    near = placed(
        (40, 47, "Kurs"),
        (200, 40, "Behandling av"),
        (200, 54, "hodeskader"),
        (40, 74, "Navn"),
        (200, 74, "Kari Nordmann"),
        (40, 94, "Timer"),
        (200, 94, "7"),
    )
    assert values(near) == [("title", "Behandling av hodeskader", True), ("holder", "Kari Nordmann", True), ("hours", "7", True)]
