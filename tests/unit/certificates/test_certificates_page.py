"""Boxes on pages, and how places are told."""

import pytest

from lrs_bridge.certificates.extraction.page import Box, Page, Word, enclosing, level, overlap, projected
from lrs_bridge.certificates.extraction.projection import IDENTITY, project, rotation, scaling, times


def test_a_box_knows_its_middle():
    box = Box(10, 20, 30, 60)
    assert (box.height, box.middle, box.centre) == (40, 40, 20)


def test_encloses_boxes():
    assert enclosing([Box(1, 5, 3, 6), Box(2, 4, 9, 5)]) == Box(1, 4, 9, 6)


@pytest.mark.parametrize(
    ("other", "does"),
    [(Box(5, 5, 15, 15), True), (Box(10, 0, 20, 10), False), (Box(0, 10, 10, 20), False), (Box(-5, -5, 1, 1), True)],
)
def test_tells_whether_boxes_overlap(other, does):
    assert overlap(Box(0, 0, 10, 10), other) is does


@pytest.mark.parametrize(
    ("other", "is_level"),
    [(Box(50, 4, 60, 6), True), (Box(50, 5, 60, 15), True), (Box(50, 6, 60, 16), False), (Box(50, 20, 60, 30), False)],
)
def test_tells_whether_boxes_are_on_one_height(other, is_level):
    assert level(Box(0, 0, 10, 10), other) is is_level


def test_tells_shares_of_a_page():
    assert Page(1, 600, 800, ()).share(Box(60, 80, 300, 400)) == Box(0.1, 0.1, 0.5, 0.5)


def test_tells_shares_of_the_page_as_it_came():
    page = Page(1, 600, 800, (Word("a", Box(0, 0, 1, 1)),), scaling(1 / 1200, 1 / 3200))
    assert page.share(Box(60, 80, 300, 400)) == Box(0.05, 0.025, 0.25, 0.125)


def test_projects_boxes_to_what_encloses_them():
    found = projected(Box(0, 0, 10, 10), rotation(90, (0, 0)))
    assert [round(value, 6) for value in (found.left, found.top, found.right, found.bottom)] == [-10, 0, 0, 10]


def test_projections_follow_each_other():
    both = times(scaling(2), rotation(90, (0, 0)))
    assert [round(value, 6) for value in project(both, (1, 0))] == [0, 2]
    assert times(IDENTITY, scaling(3)) == scaling(3)


def test_turns_clockwise_around_a_point():
    assert [round(value, 6) for value in project(rotation(90, (5, 5)), (10, 5))] == [5, 10]
