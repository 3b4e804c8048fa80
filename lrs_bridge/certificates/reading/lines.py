"""Lines of text out of words on a page, in the order in which people read them: column by column.

A line is what stands on one height without a wide gap, so that a label and its value in a table are two lines beside each
other. Widely spaced headings (K U R S B E V I S) are put together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from statistics import median

from lrs_bridge.certificates.extraction.page import Box, Page, Word, enclosing, level

MOST_WORDS = 1000
"""Of a page; what comes after them is not read. A page full of text has some 600."""
_LONGEST_WORD = 200
_WIDE_GAP = 1.5
"""Of the letters' height."""
_GUTTER = 1.2
_DEEPEST = 60
"""Pages that are cut into more pieces are no certificates: they are read row by row."""
_COLUMN_LINES = 3
"""Fewer are no column."""
_SPACED_LETTERS = 4


@dataclass(frozen=True, eq=False)
class Line:
    """Words beside each other on a page."""

    page: int
    words: tuple[Word, ...]

    @cached_property
    def text(self) -> str:
        """The words with spaces between them."""
        return " ".join(word.text for word in self.words)

    @cached_property
    def box(self) -> Box:
        """Around all words."""
        return enclosing([word.box for word in self.words])

    @cached_property
    def height(self) -> float:
        """Of its letters."""
        return max(word.box.height for word in self.words)

    def words_between(self, start: int, end: int) -> tuple[Word, ...]:
        """The words of which something is between two positions of the text."""
        starts = accumulate((len(word.text) + 1 for word in self.words), initial=0)
        return tuple(word for word, at in zip(self.words, starts, strict=False) if at < end and at + len(word.text) > start)


def lines_of(page: Page) -> list[Line]:
    """The page's lines in reading order."""
    found = [
        Line(page.number, _respaced(chain))
        for chain in _chains(word for word in page.words[:MOST_WORDS] if len(word.text) <= _LONGEST_WORD)
    ]
    return _in_order(found)


def _chains(words: Iterable[Word]) -> list[list[Word]]:
    """Words that follow each other on one height without a wide gap."""
    chains: list[list[Word]] = []
    for word in sorted(words, key=lambda each: each.box.left):
        near = [chain for chain in chains if _follows(chain[-1], word)]
        if near:
            min(near, key=lambda chain: word.box.left - chain[-1].box.right).append(word)
        else:
            chains.append([word])
    return chains


def _follows(before: Word, word: Word) -> bool:
    height = max(before.box.height, word.box.height)
    return level(before.box, word.box) and -height < word.box.left - before.box.right < _WIDE_GAP * height


def _respaced(words: list[Word]) -> tuple[Word, ...]:
    """Single letters with even gaps put together to words."""
    if len(words) < _SPACED_LETTERS or any(len(word.text) > 1 for word in words):
        return tuple(words)
    usual = median(after.box.left - before.box.right for before, after in pairwise(words))
    groups = [words[:1]]
    for before, word in pairwise(words):
        if word.box.left - before.box.right > 1.8 * max(usual, 1):
            groups.append([word])
        else:
            groups[-1].append(word)
    return tuple(_merged(group) for group in groups)


def _merged(group: list[Word]) -> Word:
    confidence = min(word.confidence for word in group)
    is_typed = all(word.is_typed for word in group)
    return Word("".join(word.text for word in group), enclosing([word.box for word in group]), confidence, is_typed)


def _in_order(lines: list[Line], depth: int = 0) -> list[Line]:
    """Columns one after the other where a gutter parts them; else what is above the widest line, that, and what is below."""
    by_height = sorted(lines, key=lambda line: (line.box.middle, line.box.left))
    if len(lines) < 2 * _COLUMN_LINES or depth > _DEEPEST:
        return by_height
    columns = _columns(lines)
    if columns and min(map(len, columns)) >= _COLUMN_LINES:
        return [line for part in columns for line in _in_order(part, depth + 1)]
    widest = max(lines, key=lambda line: line.box.right - line.box.left)
    beside = [line for line in by_height if level(line.box, widest.box)]
    rest = [line for line in by_height if line not in beside]
    above = [line for line in rest if line.box.middle < widest.box.middle]
    below = [line for line in rest if line.box.middle >= widest.box.middle]
    return [*_in_order(above, depth + 1), *sorted(beside, key=lambda line: line.box.left), *_in_order(below, depth + 1)]


def _columns(lines: list[Line]) -> list[list[Line]] | None:
    """The lines on either side of the widest gutter; None where there is none."""
    ordered = sorted(lines, key=lambda line: line.box.left)
    best, place, reach = _GUTTER * median(line.height for line in lines), 0, ordered[0].box.right
    for index, line in enumerate(ordered[1:], 1):
        if line.box.left - reach > best:
            best, place = line.box.left - reach, index
        reach = max(reach, line.box.right)
    return [ordered[:place], ordered[place:]] if place else None
