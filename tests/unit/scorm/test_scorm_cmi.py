"""Reading the flat map of the data model."""

import pytest

from lrs_bridge.scorm.cmi import bounded_number_of, cmi_of, number_of, word_of


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("80", 80.0),
        (" 80.5 ", 80.5),
        ("80,5", 80.5),
        ("-0.25", -0.25),
        ("+1", 1.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e2", 100.0),
        ("0", 0.0),
        *((text, None) for text in ("", " ", "NaN", "Infinity", "1e999", "80%", "1 000", "1_0", "٨", "0x10", "--1", "undefined")),
    ],
)
def test_reads_numbers_as_content_writes_them(text, number):
    assert number_of({"k": text}, "k") == number


def test_knows_no_number_where_nothing_is_set():
    assert number_of({}, "k") is None


@pytest.mark.parametrize(("text", "number"), [("-1", -1.0), ("1", 1.0), ("1.01", None), ("-1.01", None), ("", None)])
def test_leaves_out_numbers_beyond_the_bounds(text, number):
    assert bounded_number_of({"k": text}, "k", -1, 1) == number


@pytest.mark.parametrize(("cmi", "word"), [({"k": " Passed "}, "passed"), ({"k": ""}, ""), ({}, "")])
def test_reads_words_without_regard_to_case(cmi, word):
    assert word_of(cmi, "k") == word


def test_takes_a_collection_apart_in_order():
    cmi = {
        "cmi.interactions.10.id": "last",
        "cmi.interactions.2.correct_responses.0.pattern": "a",
        "cmi.interactions.2.id": "first",
        "cmi.interactions._count": "2",
        "cmi.interactions.3": "no name",
        "cmi.interactions.03.id": "no number",
        "cmi.interactions.x.id": "no number",
        "cmi.interactionsX.1.id": "another",
        "cmi.location": "p3",
    }
    read = cmi_of(cmi, "cmi.interactions")
    assert list(read.items()) == [(2, {"correct_responses.0.pattern": "a", "id": "first"}), (10, {"id": "last"})]
