"""A package's structure as its owner is shown it: one line for each item, whatever the standard."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from lrs_bridge.cmi5.course import AssignableUnit, Block, CourseStructure, Texts
from lrs_bridge.cmi5.course import Node as Cmi5Node
from lrs_bridge.packages.tincan import TincanCourse
from lrs_bridge.scorm.manifest.model import Item, ItemKind, Manifest

LANGUAGES = ("nb", "nn", "no", "en")


@dataclass(frozen=True, slots=True)
class Line:
    """An item ``depth`` levels down. ``rules`` are what it says of finishing it, each a name and a value."""

    depth: int
    title: str
    kind: str
    rules: tuple[tuple[str, str], ...] = ()


def outline_of(structure: msgspec.Struct) -> tuple[Line, ...]:
    """The lines of any structure that is kept with a package."""
    match structure:
        case Manifest():
            return tuple(_scorm(structure.organization.items, 0))
        case CourseStructure():
            return tuple(_cmi5(structure.children, 0))
        case TincanCourse():
            return tuple(Line(0, each.name, each.type or "activity") for each in structure.activities)
    raise TypeError(structure)


def text_of(texts: Texts) -> str:
    """The text in the language that readers here are likeliest to read, else the one that was written first."""
    for wanted in LANGUAGES:
        for tag, text in texts.items():
            if tag.partition("-")[0].lower() == wanted:
                return text
    return next(iter(texts.values()), "")


def _scorm(items: tuple[Item, ...], depth: int) -> Iterator[Line]:
    for item in items:
        said = (
            ("mastery_score", item.mastery_score),
            ("completion_threshold", item.completion_threshold),
            ("prerequisites", item.prerequisites),
            ("max_time_allowed", item.max_time_allowed),
        )
        rules = tuple((name, str(value)) for name, value in said if value is not None)
        kind = ItemKind.CLUSTER if item.children else item.kind
        yield Line(depth, item.title, kind, rules)
        yield from _scorm(item.children, depth + 1)


def _cmi5(nodes: tuple[Cmi5Node, ...], depth: int) -> Iterator[Line]:
    for node in nodes:
        if isinstance(node, Block):
            yield Line(depth, text_of(node.title), "block")
            yield from _cmi5(node.children, depth + 1)
        else:
            yield Line(depth, text_of(node.title), "au", _rules(node))


def _rules(unit: AssignableUnit) -> tuple[tuple[str, str], ...]:
    said = (("moveOn", unit.move_on), ("masteryScore", unit.mastery_score), ("launchMethod", unit.launch_method))
    return tuple((name, str(value)) for name, value in said if value is not None)
