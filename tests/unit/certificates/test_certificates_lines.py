"""Lines out of words, in the order in which people read."""

from lrs_bridge.certificates.extraction.page import Box, Page, Word
from lrs_bridge.certificates.reading.lines import MOST_WORDS, Line, lines_of
from tests.support.certificates.typed import page


def texts(text):
    return [line.text for line in lines_of(page(text))]


def word(text, left, top, height=10):
    return Word(text, Box(left, top, left + 6 * len(text), top + height))


def test_parts_lines_at_wide_gaps():
    assert texts("Navn:       Kari Nordmann") == ["Navn:", "Kari Nordmann"]


def test_reads_columns_one_after_the_other():
    assert texts("""
Deltaker                 Dag 1
Kari Nordmann            Lunsj
Kurs                     Dag 2
Akuttmedisin             Slutt
""") == ["Deltaker", "Kari Nordmann", "Kurs", "Akuttmedisin", "Dag 1", "Lunsj", "Dag 2", "Slutt"]


def test_reads_what_is_above_columns_first():
    assert texts("""
Kursbevis for deltakelse på et kurs
Deltaker                 Dag 1
Kari Nordmann            Lunsj
Kurs                     Dag 2
Akuttmedisin             Slutt
Alle deltakere fikk dette kursbeviset
""")[:4] == ["Kursbevis for deltakelse på et kurs", "Deltaker", "Kari Nordmann", "Kurs"]


def test_reads_short_columns_row_by_row():
    assert texts("""
Dato          Sted
12.03.2026    Oslo
""") == ["Dato", "Sted", "12.03.2026", "Oslo"]


def test_lines_that_overlap_stay_in_order():
    words = [
        word(text, left, top, 30)
        for text, left, top in [("b", 40, 50), ("c", 40, 75), ("a", 40, 25), ("d", 40, 100), ("e", 40, 125), ("f", 40, 150)]
    ]
    assert [line.text for line in lines_of(Page(1, 600, 800, tuple(words)))] == ["a", "b", "c", "d", "e", "f"]


def test_a_dash_belongs_to_the_words_beside_it():
    words = (word("12.03.2026", 40, 100), word("14.03.2026", 120, 100), word("–", 108, 106, 2), word("Lunsj", 300, 104))
    assert [line.text for line in lines_of(Page(1, 600, 800, words))] == ["12.03.2026 – 14.03.2026", "Lunsj"]


def test_puts_spaced_letters_together():
    assert texts("K U R S B E V I S") == ["KURSBEVIS"]
    spaced = tuple(
        word(letter, left, 40) for letter, left in zip("KURSBEVIS", [40, 50, 60, 70, 88, 98, 108, 118, 128], strict=True)
    )
    assert [line.text for line in lines_of(Page(1, 600, 800, spaced))] == ["KURS BEVIS"]
    assert texts("A B C") == ["A B C"]


def test_spaced_letters_are_as_good_as_the_worst():
    letters = [
        Word(letter, Box(40 + 12 * at, 40, 46 + 12 * at, 50), 0.5 + at / 10, is_typed=at > 0) for at, letter in enumerate("DIPLO")
    ]
    (line,) = lines_of(Page(1, 600, 800, tuple(letters)))
    assert (line.words[0].text, line.words[0].confidence, line.words[0].is_typed) == ("DIPLO", 0.5, False)


def test_tells_words_between_places_of_the_text():
    line = Line(1, (word("Oslo", 40, 40), word("12.03.2026", 80, 40)))
    assert [each.text for each in line.words_between(5, 8)] == ["12.03.2026"]
    assert [each.text for each in line.words_between(0, 6)] == ["Oslo", "12.03.2026"]
    assert line.words_between(20, 30) == ()


def test_a_page_without_words_has_no_lines():
    assert lines_of(Page(1, 600, 800, ())) == []


def test_reads_no_more_than_a_full_page():
    many = tuple(word("ab", 40 + 20 * (at % 20), 20 * (at // 20)) for at in range(MOST_WORDS + 5))
    longest = word("b" * 201, 40, 5)
    assert sum(len(line.words) for line in lines_of(Page(1, 600, 800, (longest, *many)))) == MOST_WORDS - 1
