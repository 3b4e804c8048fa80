"""A certificate's lines as one text in reading order, of which every part can be told by its words."""

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from lrs_bridge.certificates.extraction.page import Word, level
from lrs_bridge.certificates.reading.certificate import Pages
from lrs_bridge.certificates.reading.lines import Line

_CLOSE = 1.7
_NEAR = 1.9
_PART = 1.35
"""From the top of a line to the top of the next one of its paragraph, in the height of its letters."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Lines, and their text with line breaks between them, but spaces where a sentence goes on."""

    lines: tuple[Line, ...]
    text: str
    starts: tuple[int, ...] = field(repr=False)
    """Where each line starts in the text."""

    def line_at(self, position: int) -> Line:
        """The line that this position of the text is in."""
        return self.lines[max(bisect_right(self.starts, position) - 1, 0)]

    def words_at(self, start: int, end: int) -> tuple[Word, ...]:
        """The words of which something is between two positions."""
        parts = (line.words_between(start - at, end - at) for line, at in zip(self.lines, self.starts, strict=True))
        return tuple(word for part in parts for word in part)

    def right_of(self, line: Line) -> Line | None:
        """The line beside it, on the same height."""
        beside = [
            other
            for other in self.lines
            if other.page == line.page and other.box.left >= line.box.right and level(line.box, other.box)
        ]
        return min(beside, key=lambda other: other.box.left, default=None)

    def left_of(self, line: Line) -> Line | None:
        """The line before it, on the same height."""
        beside = [
            other
            for other in self.lines
            if other.page == line.page and other.box.right <= line.box.left and level(line.box, other.box)
        ]
        return max(beside, key=lambda other: other.box.right, default=None)

    def under(self, line: Line, left: float) -> Line | None:
        """The next line close under a line that begins at ``left`` and has nothing before it."""
        near = [
            other
            for other in self.lines
            if other.page == line.page
            and 0 < other.box.middle - line.box.middle < _CLOSE * line.height
            and abs(other.box.left - left) < line.height / 2
        ]
        return next((other for other in near if self.left_of(other) is None), None)

    def cell(self, label: Line) -> list[Line]:
        """The lines right of a label that hang together at its height: a table's cell, or several that stand close together."""
        right = [line for line in self.lines if line.page == label.page and line.box.left >= label.box.right]
        near = [line for line in right if abs(line.box.middle - label.box.middle) < _CLOSE * label.height / 2]
        if not near:
            return []
        start = min(near, key=lambda line: (line.box.left, abs(line.box.middle - label.box.middle)))
        column = sorted((line for line in right if abs(line.box.left - start.box.left) < start.height / 2), key=_middle)
        found = next(part for part in _hanging_together(column) if start in part)
        return found if found[0].box.top <= label.box.middle <= found[-1].box.bottom else []

    def indented(self, label: Line) -> Line | None:
        """The line close under a label, a little to the right of where it begins."""
        return next(
            (
                other
                for other in self.lines
                if other.page == label.page
                and 0 < other.box.middle - label.box.middle < _NEAR * label.height
                and 0 < other.box.left - label.box.left < 6 * label.height
                and self.left_of(other) is None
            ),
            None,
        )

    def below(self, line: Line) -> Line | None:
        """The next line under it, which begins where it does or has the same middle."""
        under = [
            other for other in self.lines if other.page == line.page and other.box.top > line.box.middle and _aligned(line, other)
        ]
        return min(under, key=lambda other: other.box.top, default=None)

    def block(self, line: Line) -> list[Line]:
        """The line, and those that go on below it in letters of the same size."""
        found = [line]
        while (after := self.below(found[-1])) is not None and _goes_on(found[-1], after) and self.left_of(after) is None:
            found.append(after)
        return found

    @property
    def usual_height(self) -> float:
        """Of letters in this text."""
        return median(line.height for line in self.lines)


def _middle(line: Line) -> float:
    return line.box.middle


def _hanging_together(column: list[Line]) -> list[list[Line]]:
    """The lines of a column in parts, with more space between parts than between lines."""
    pitches = [after.box.middle - before.box.middle for before, after in pairwise(column)]
    most = min(_PART * min(pitches, default=0), _CLOSE * column[0].height)
    cuts = [0, *(index for index, pitch in enumerate(pitches, 1) if pitch > most), len(column)]
    return [column[first:end] for first, end in pairwise(cuts)]


def flow_of(lines: list[Line], pages: Pages) -> Flow:
    """The text of these lines, of which there is at least one."""
    margins: dict[tuple[int, int], float] = {}
    for line in lines:
        key = _column(line, pages)
        margins[key] = max(margins.get(key, 0), line.box.right)
    text, starts = "", []
    for index, line in enumerate(lines):
        if index:
            text += " " if _wraps(lines[index - 1], line, margins[_column(line, pages)]) else "\n"
        starts.append(len(text))
        text += line.text
    return Flow(tuple(lines), text, tuple(starts))


def _column(line: Line, pages: Pages) -> tuple[int, int]:
    width = pages[line.page].width
    return line.page, round(line.box.left / width * 40)


def _aligned(line: Line, other: Line) -> bool:
    is_left = abs(line.box.left - other.box.left) < line.height
    return is_left or abs(line.box.centre - other.box.centre) < line.height


def _goes_on(line: Line, after: Line) -> bool:
    is_near = after.box.middle - line.box.middle < _NEAR * max(line.height, after.height)
    return is_near and 0.72 < after.height / line.height < 1.4  # noqa: PLR2004 (letters below the line make it higher)


def _wraps(line: Line, after: Line, margin: float) -> bool:
    """Whether a sentence goes on: the next line's first word is small, or had no place any more on this one."""
    is_below = line.page == after.page and abs(line.box.left - after.box.left) < line.height and _goes_on(line, after)
    first = after.words[0].box
    if any(word.text.endswith(":") for word in after.words[:3]):
        return False  # a label
    if after.text[0].islower():
        return is_below
    return is_below and line.box.right + (first.right - first.left) + 0.2 * line.height > margin
