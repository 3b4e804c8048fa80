"""Labels and their values: after a colon, beside, or below."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from lrs_bridge.certificates.extraction.page import Word
from lrs_bridge.certificates.reading.flow import Flow
from lrs_bridge.certificates.reading.lines import Line
from lrs_bridge.certificates.reading.wordings import Role, is_heading, is_vague, role_of


@dataclass(frozen=True, slots=True)
class Labelled:
    """A value with what its label announces. ``words`` is empty where nothing stands at the label."""

    role: Role
    label: str
    words: tuple[Word, ...]
    line: Line
    """The value's first line, or the label's own."""
    is_whole: bool = True
    """Whether it is clear how far the value goes."""

    @property
    def text(self) -> str:
        """The value's words with spaces between them."""
        return " ".join(word.text for word in self.words)

    @property
    def is_vague(self) -> bool:
        """Whether the label may announce something else, or its value may be more or less than this."""
        return is_vague(self.label) or not self.is_whole


def split_label(line: Line) -> tuple[Role, str, int] | None:
    """What the line's label announces, the label, and how many words it has; None for a line that begins with no label."""
    marked = next((count for count, word in enumerate(line.words, 1) if word.text.endswith(":")), None)
    count = marked or len(line.words)
    label = " ".join(word.text for word in line.words[:count])
    role = role_of(label) if marked or label[:1].isupper() else None
    return (role, label, count) if role is not None else None


def is_label(line: Line) -> bool:
    """Whether the line begins with a label."""
    return split_label(line) is not None


def labelled_in(flow: Flow) -> Iterator[Labelled]:
    """Every label in the text, with its value."""
    is_beside = _prefers_beside(flow)
    for line in flow.lines:
        found = split_label(line)
        if found is None:
            continue
        role, label, count = found
        inline = line.words[count:]
        if inline:
            yield Labelled(role, label, _with_rest(flow, line, inline), line)
        else:
            value, is_clear = _value(flow, line, is_beside=is_beside)
            yield Labelled(role, label, tuple(word for each in value for word in each.words), (value or [line])[0], is_clear)


def _value(flow: Flow, label: Line, *, is_beside: bool) -> tuple[list[Line], bool]:
    """The lines beside a label or those below it, as this certificate prefers, and whether it is clear that these are all."""
    ways = (_beside, _below) if is_beside else (_below, _beside)
    for way in ways:
        lines, is_clear = way(flow, label)
        if lines:
            return lines, is_clear
    return [], True


def _beside(flow: Flow, label: Line) -> tuple[list[Line], bool]:
    """A table's cell. Where cells of several labels stand close together, each begins at its label."""
    cell = flow.cell(label)
    labels = [line for line in cell if (left := flow.left_of(line)) is not None and is_label(left)]
    if len(labels) > 1:
        start = flow.right_of(label)
        at = cell.index(start) if start in cell else len(cell)
        cell = [*cell[at : at + 1], *takewhile(lambda line: line not in labels, cell[at + 1 :])]
    if not cell or not all(map(_may_be_value, cell)):
        return [], True
    return cell, len(labels) <= 1 or len(cell) == 1


def _below(flow: Flow, label: Line) -> tuple[list[Line], bool]:
    value = flow.below(label)
    if value is None or not _may_be_value(value) or value.box.top - label.box.bottom > 2 * label.height:
        value = flow.indented(label)
    if value is None or not _may_be_value(value):
        return [], True
    return [value, *takewhile(_may_be_value, flow.block(value)[1:])], True


def _prefers_beside(flow: Flow) -> bool:
    """Whether values stand beside labels rather than below them: where one could, it is counted."""
    labels = [line for line in flow.lines if (found := split_label(line)) and found[2] == len(line.words)]
    beside = sum((other := flow.right_of(line)) is not None and _may_be_value(other) for line in labels)
    below = sum(
        (other := flow.below(line)) is not None and _may_be_value(other) and other.box.top - line.box.bottom < line.height
        for line in labels
    )
    return beside > below


def _may_be_value(line: Line) -> bool:
    return not is_label(line) and not is_heading(line.text)


def _with_rest(flow: Flow, line: Line, words: tuple[Word, ...]) -> tuple[Word, ...]:
    """What stands behind a label, and below that as far as it goes on: indented, or in small letters."""
    left, last = words[0].box.left, line
    while True:
        indented = flow.under(last, left)
        plain = flow.under(last, line.box.left)
        following = indented or (plain if plain is not None and plain.text[0].islower() else None)
        if following is None or not _may_be_value(following):
            return words
        words, last = (*words, *following.words), following
