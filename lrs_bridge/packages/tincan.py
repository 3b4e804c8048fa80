"""Tin Can packages: ``tincan.xml``, which says what to launch and under which activity id it reports.

Rustici Software's ``tincan.xsd`` as Storyline, Rise, Captivate and iSpring write it: activities with id, type, name,
description and launch. Elements are found by their names in any namespace. Left out: ``extensions`` and languages; the first
text that says something is taken.
"""

import re
from collections.abc import Mapping

import msgspec
from lxml import etree

from lrs_bridge.packages.entry import parse_entry
from lrs_bridge.packages.markup import attribute, child, children, plain_text, raw_text, text_of
from lrs_bridge.packages.notice import Code, Notice, Refused
from lrs_bridge.packages.paths import FileIndex, is_web_address, split

FILE = "tincan.xml"
LONGEST_DESCRIPTION = 2000
_RULE = "tincan.xsd"
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_MOST_ACTIVITIES = 2000


class TincanActivity(msgspec.Struct, frozen=True):
    """An activity; ``launch`` is a URL relative to the package's root, encoded, or an absolute one; None where it only has a
    name.
    """

    id: str
    type: str | None
    name: str
    description: str | None
    launch: str | None


class TincanCourse(msgspec.Struct, frozen=True):
    """A package's activities; one can be launched at least."""

    activities: tuple[TincanActivity, ...]
    notices: tuple[Notice, ...] = ()

    @property
    def launchable(self) -> TincanActivity:
        """The activity that is played: the first one with something to launch."""
        return next(each for each in self.activities if each.launch is not None)


def parse_tincan(content: bytes, files: Mapping[str, int]) -> TincanCourse:
    """What ``tincan.xml`` says of a package with these ``files``. Raises Refused with line and rule of all that keeps it from
    being played.
    """
    root = parse_entry(content, file=FILE, root="tincan", rule=_RULE)
    found = list(children(child(root, "activities"), "activity")) if child(root, "activities") is not None else []
    reader = _Reader(FileIndex(files))
    activities = tuple(reader.activity(element) for element in found[:_MOST_ACTIVITIES])
    if not any(each.launch for each in activities) and not reader.problems:
        reader.problem(Code.NOTHING_TO_LAUNCH, "there is no activity with something to launch", root)
    if reader.problems:
        raise Refused(tuple(reader.problems), tuple(reader.notices))
    return TincanCourse(activities, tuple(reader.notices))


class _Reader:
    """Reads activities, and gathers what is wrong and odd."""

    def __init__(self, files: FileIndex) -> None:
        self._files = files
        self._seen: set[str] = set()
        self.problems: list[Notice] = []
        self.notices: list[Notice] = []

    def problem(self, code: Code, message: str, at: etree._Element) -> None:
        self.problems.append(Notice(code, message, FILE, at.sourceline, _RULE))

    def activity(self, element: etree._Element) -> TincanActivity:
        identifier = attribute(element, "id") or ""
        if not _IRI.fullmatch(identifier):
            self.problem(Code.BAD_ID, f"the activity id “{plain_text(identifier, 120)}” is not an IRI", element)
        elif identifier in self._seen:
            self.problem(Code.DUPLICATE_IDENTIFIER, f"two activities have the id {plain_text(identifier, 120)}", element)
        self._seen.add(identifier)
        kind = attribute(element, "type")
        name = _text(element, "name", 300)
        if name is None:
            message = f"the activity {plain_text(identifier, 120)} has no name"
            self.notices.append(Notice(Code.MISSING_TITLE, message, FILE, element.sourceline, _RULE))
        return TincanActivity(
            id=identifier,
            type=kind if kind and _IRI.fullmatch(kind) else None,
            name=name or plain_text(identifier),
            description=_text(element, "description", LONGEST_DESCRIPTION),
            launch=self._launch(element),
        )

    def _launch(self, element: etree._Element) -> str | None:
        """The first launch; one that leads nowhere is a problem."""
        at = next((each for each in children(element, "launch") if raw_text(each)), None)
        if at is None:
            return None
        written = raw_text(at) or ""
        if is_web_address(written):
            return split(written).address
        found = self._files.find("", written)
        if found is None:
            self.problem(Code.MISSING_LAUNCH_FILE, f"{plain_text(written, 120)} is to be launched but is not in the package", at)
            return None
        return found.reference.url


def _text(element: etree._Element, name: str, longest: int) -> str | None:
    texts = (text_of(each, longest) for each in children(element, name))
    return next((text for text in texts if text), None)
