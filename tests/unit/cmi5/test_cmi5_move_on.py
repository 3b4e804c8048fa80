"""When AUs, blocks and courses are satisfied (13.1.4, 9.3.9)."""

import pytest

from lrs_bridge.cmi5.move_on import COURSE, AuProgress, is_satisfied, newly_satisfied
from lrs_bridge.cmi5.vocabulary import MoveOn
from tests.support.cmi5 import block_of, course_of, unit

NOTHING, COMPLETED, PASSED = AuProgress(), AuProgress(completed=True), AuProgress(passed=True)
BOTH, FAILED, WAIVED = AuProgress(completed=True, passed=True), AuProgress(failed=True, ended=True), AuProgress(waived=True)
PROGRESS = (NOTHING, COMPLETED, PASSED, BOTH, FAILED, WAIVED)
TABLE = {
    MoveOn.PASSED: (False, False, True, True, False, True),
    MoveOn.COMPLETED: (False, True, False, True, False, True),
    MoveOn.COMPLETED_AND_PASSED: (False, False, False, True, False, True),
    MoveOn.COMPLETED_OR_PASSED: (False, True, True, True, False, True),
    MoveOn.NOT_APPLICABLE: (True, True, True, True, True, True),
}


@pytest.mark.parametrize("move_on", MoveOn)
def test_satisfies_an_au_by_its_criteria(move_on):
    assert tuple(is_satisfied(move_on, progress) for progress in PROGRESS) == TABLE[move_on]


COURSES = {
    "AU alone": (course_of(unit(move_on=MoveOn.PASSED)), {0: PASSED}, (COURSE,)),
    "nothing begun": (course_of(unit(move_on=MoveOn.PASSED)), {}, ()),
    "NotApplicable at once": (course_of(block_of("b", unit("x"))), {}, (0, COURSE)),
    "inner before outer before course": (
        course_of(block_of("outer", block_of("inner", unit("a", MoveOn.COMPLETED))), unit("b")),
        {0: COMPLETED},
        (1, 0, COURSE),
    ),
    "one block of two": (
        course_of(block_of("first", unit("a", MoveOn.COMPLETED)), block_of("second", unit("b", MoveOn.PASSED), unit("c"))),
        {0: COMPLETED},
        (0,),
    ),
    "places of AUs and blocks after one that is not satisfied": (
        course_of(
            block_of("first", unit("a", MoveOn.PASSED), unit("b", MoveOn.PASSED)), block_of("second", unit("c", MoveOn.PASSED))
        ),
        {2: PASSED},
        (1,),
    ),
    "block with an unsatisfied block": (
        course_of(block_of("outer", block_of("inner", unit("a", MoveOn.PASSED)), unit("b")), block_of("other", unit("c"))),
        {},
        (2,),
    ),
}


@pytest.mark.parametrize(("structure", "progress", "satisfied"), COURSES.values(), ids=COURSES.keys())
def test_tells_what_is_satisfied_inner_blocks_first(structure, progress, satisfied):
    assert newly_satisfied(structure, progress, ()) == satisfied


def test_tells_nothing_twice():
    structure = course_of(block_of("b", unit("a")), unit("c", MoveOn.PASSED))
    assert newly_satisfied(structure, {}, {0}) == ()
    assert newly_satisfied(structure, {1: PASSED}, {0}) == (COURSE,)
