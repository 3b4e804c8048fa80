"""Notices and refusals."""

import pytest

from lrs_bridge.packages.notice import Code, Notice, Refused, refusal


@pytest.mark.parametrize(
    ("file", "line", "place"), [("a.xml", 3, "a.xml:3"), ("a.xml", None, "a.xml"), (None, 3, None), (None, None, None)]
)
def test_says_where_it_is(file, line, place):
    assert Notice(Code.FLASH, "m", file, line).place == place


def test_a_refusal_tells_of_its_first_problem():
    first, second, noticed = (
        Notice(Code.BAD_ID, "is bad", "a.xml", 3, "1.2"),
        Notice(Code.NOT_XML, "too"),
        Notice(Code.FLASH, "odd"),
    )
    refused = Refused((first, second), (noticed,))
    assert (refused.message, refused.field, refused.rule) == ("a.xml:3: is bad", "a.xml:3", "1.2")
    assert (refused.problems, refused.notices) == ((first, second), (noticed,))


def test_a_refusal_without_a_place_is_of_the_package():
    refused = Refused((Notice(Code.BAD_ID, "is bad"),))
    assert (refused.message, refused.field, refused.rule, refused.notices) == ("is bad", "package", None, ())


def test_a_refusal_names_its_place_once():
    refused = refusal(Code.DAMAGED, "a.html is damaged", file="a.html", rule="a rule")
    assert (refused.message, refused.field, refused.rule) == ("a.html is damaged", "a.html", "a rule")
    assert refused.problems == (Notice(Code.DAMAGED, "a.html is damaged", "a.html", None, "a rule"),)
