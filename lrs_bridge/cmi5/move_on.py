"""When an AU, a block and a course are satisfied.

Source: AICC cmi5 "Quartz", 1st edition: 13.1.4 (moveOn), 9.3.7 and 9.3.9 (a waived AU has met its criteria; Satisfied once for
each block and course), 9.6.1 (evaluated from the registration on). Once satisfied, always satisfied.
"""

from collections.abc import Collection, Mapping

import msgspec

from lrs_bridge.cmi5.course import AssignableUnit, Block, CourseStructure, Node
from lrs_bridge.cmi5.vocabulary import MoveOn
from lrs_bridge.completion import Score

COURSE = -1
"""Stands for the course among the places of blocks."""


class AuProgress(msgspec.Struct, frozen=True):
    """How far a learner has come with one AU in one registration, over all its sessions.

    ``failed`` says that it was failed at least once; ``score`` is the best one that was judged; ``ended`` that a session in which
    satisfaction counts was begun, and has ended in whatever way.
    """

    completed: bool = False
    passed: bool = False
    failed: bool = False
    waived: bool = False
    ended: bool = False
    score: Score | None = None


NOTHING_YET = AuProgress()


def is_satisfied(move_on: MoveOn, progress: AuProgress) -> bool:
    """Whether the AU is satisfied (13.1.4)."""
    completed, passed = progress.completed, progress.passed
    return (
        progress.waived
        or {
            MoveOn.PASSED: passed,
            MoveOn.COMPLETED: completed,
            MoveOn.COMPLETED_AND_PASSED: completed and passed,
            MoveOn.COMPLETED_OR_PASSED: completed or passed,
            MoveOn.NOT_APPLICABLE: True,
        }[move_on]
    )


def newly_satisfied(structure: CourseStructure, progress: Mapping[int, AuProgress], already: Collection[int]) -> tuple[int, ...]:
    """The places of the blocks that are satisfied now and were not ``already``, inner ones first, and COURSE at the end.

    ``progress`` is by the places of the AUs; what is missing there has not been begun.
    """
    return tuple(place for place in _Evaluation(structure, progress).satisfied if place not in already)


class _Evaluation:
    """One walk through a course, counting AUs and blocks as ``CourseStructure.units`` and ``blocks`` do."""

    def __init__(self, structure: CourseStructure, progress: Mapping[int, AuProgress]) -> None:
        self._progress = progress
        self._units = self._blocks = 0
        self.satisfied: list[int] = []
        if self._visit(structure.children):
            self.satisfied.append(COURSE)

    def _visit(self, nodes: tuple[Node, ...]) -> bool:
        """Whether all of the nodes are satisfied; each is looked at, so that what is counted stays in step."""
        found = [self._block(node) if isinstance(node, Block) else self._unit(node) for node in nodes]
        return all(found)

    def _unit(self, unit: AssignableUnit) -> bool:
        place, self._units = self._units, self._units + 1
        return is_satisfied(unit.move_on, self._progress.get(place, NOTHING_YET))

    def _block(self, block: Block) -> bool:
        place, self._blocks = self._blocks, self._blocks + 1
        satisfied = self._visit(block.children)
        if satisfied:
            self.satisfied.append(place)
        return satisfied
