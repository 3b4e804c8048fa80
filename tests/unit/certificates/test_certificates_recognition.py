"""What tesseract says."""

import pytest

from lrs_bridge.certificates.extraction.page import Box, Word
from lrs_bridge.certificates.extraction.recognition import quality, turn_of, words_in

HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"
TABLE = (
    HEAD
    + "1\t1\t0\t0\t0\t0\t0\t0\t100\t100\t-1\t\n"
    + '5\t1\t1\t1\t1\t1\t10\t20\t30\t8\t96.5\t"Kursbevis\n'
    + "5\t1\t1\t1\t1\t2\t50\t20\t30\t8\t95\t \n"
    + "5\t1\t1\t1\t1\t3\t50\t20\t30\t8\t-1\tx\n"
)


def test_reads_words_with_places_and_confidence():
    assert words_in(TABLE) == [
        Word('"Kursbevis', Box(10, 20, 40, 28), 0.965, is_typed=False),
        Word("x", Box(50, 20, 80, 28), 0, is_typed=False),
    ]


@pytest.mark.parametrize("table", ["", HEAD])
def test_reads_nothing_out_of_nothing(table):
    assert words_in(table) == []


@pytest.mark.parametrize(
    ("report", "turn"),
    [
        ("Orientation in degrees: 90\nRotate: 270\nOrientation confidence: 7.5\n", 270),
        ("Rotate: 180\nOrientation confidence: 0.5\n", 0),
        ("Rotate: 360\nOrientation confidence: 3\n", 0),
        ("", 0),
    ],
)
def test_knows_how_a_picture_lies(report, turn):
    assert turn_of(report) == turn


def test_weighs_quality_by_length():
    box = Box(0, 0, 1, 1)
    assert quality([Word("abc", box, 0.9), Word("d", box, 0.1), Word("—", box, 0)]) == pytest.approx(0.7)
    assert quality([]) == 0
