"""A course as its structure describes it: blocks, AUs and objectives, in the order in which they stand there.

Source: AICC cmi5 "Quartz", 1st edition, 13.1. Left out: metadata of vendors (13.1.5), which an LMS may ignore.
"""

from collections.abc import Iterator
from typing import TypeAlias, Union

import msgspec

from lrs_bridge.cmi5.vocabulary import LaunchMethod, MoveOn

Texts: TypeAlias = dict[str, str]
"""A text in several languages, by language tag; ``und`` where none is said. The first is the one that was written first."""


class Objective(msgspec.Struct, frozen=True):
    """A learning objective (13.1.3)."""

    id: str
    title: Texts
    description: Texts


class AssignableUnit(msgspec.Struct, frozen=True, tag="au"):
    """What is launched and tracked (13.1.4). ``id`` is the publisher's.

    ``url`` is a URL, or relative to the root of the package; ``mastery_score`` is from 0 to 1; ``objectives`` are ids.
    """

    id: str
    title: Texts
    description: Texts
    url: str
    move_on: MoveOn = MoveOn.NOT_APPLICABLE
    mastery_score: float | None = None
    launch_method: LaunchMethod = LaunchMethod.ANY_WINDOW
    launch_parameters: str | None = None
    entitlement_key: str | None = None
    activity_type: str | None = None
    objectives: tuple[str, ...] = ()


class Block(msgspec.Struct, frozen=True, tag="block"):
    """A group of AUs and blocks (13.1.2). ``id`` is the publisher's."""

    id: str
    title: Texts
    description: Texts
    children: tuple[Union["Block", AssignableUnit], ...]
    objectives: tuple[str, ...] = ()


Node = Block | AssignableUnit


class CourseStructure(msgspec.Struct, frozen=True):
    """A whole course (13.1.1). ``id`` is the publisher's."""

    id: str
    title: Texts
    description: Texts
    children: tuple[Node, ...]
    objectives: tuple[Objective, ...] = ()

    def units(self) -> tuple[AssignableUnit, ...]:
        """All AUs in the order in which they stand; an AU is known by its place there, counted from 0."""
        return tuple(node for node in walk(self.children) if isinstance(node, AssignableUnit))

    def blocks(self) -> tuple[Block, ...]:
        """All blocks in the order in which they begin; a block is known by its place there, counted from 0."""
        return tuple(node for node in walk(self.children) if isinstance(node, Block))


def walk(nodes: tuple[Node, ...]) -> Iterator[Node]:
    """Every node, each before what is in it."""
    for node in nodes:
        yield node
        if isinstance(node, Block):
            yield from walk(node.children)
