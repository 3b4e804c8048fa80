"""Which course it was."""

import re
from collections.abc import Iterable, Iterator

from lrs_bridge.certificates.extraction.page import Word
from lrs_bridge.certificates.reading.amounts import hours_in, points_in
from lrs_bridge.certificates.reading.candidates import FAIR, STRONG, WEAK, Candidate
from lrs_bridge.certificates.reading.dates import dates_in
from lrs_bridge.certificates.reading.flow import Flow
from lrs_bridge.certificates.reading.holders import is_person
from lrs_bridge.certificates.reading.labelled import Labelled, is_label
from lrs_bridge.certificates.reading.lines import Line
from lrs_bridge.certificates.reading.wordings import COURSE, ENDS, ORGANISATION, PARTICIPATION, Role, is_heading

_LEAD = re.compile(rf"(?i:{PARTICIPATION}{COURSE})\s*:?(?P<gap>\s+|$)")
_QUOTED = re.compile(r"[«“”\"„]([^»”“\"\n]{3,200}(?:\n[^»”“\"\n]{1,100})?)[»”“\"]")
_INLINE = re.compile(rf"(?P<title>[A-ZÆØÅ0-9«“\"].{{2,200}}?)(?=(?i:{ENDS}))", re.DOTALL)
_LETTERS = re.compile(r"[^\W\d_]")
_FEWEST_LETTERS = 4
_MOST_CHARACTERS = 250
_MARKS = ' .,:;«»“”"„*'
_NO_TITLE = re.compile(r"^[a-zæøå(•·-]|^\d\d[.:]\d\d\b|^\d+ \w+$")
_FOLLOWS = re.compile(
    r"(?:arrangert|avholdt|halde|holdt|held|organi[sz]ed|hosted|i\s+(?:tidsrommet|perioden|tida|regi)|in\s+the\s+period|fra\s+\w*\s?\d|"
    r"from\s+\w*\s?\d|den\s+\d|on\s+\w*\s?\d|som\s+(?:ble|vart|er)|og\s+(?:har\s+)?bestått|an?\s+online|which|this|kurset)\b",
    re.IGNORECASE,
)
"""What comes after a title."""
_SENTENCE = re.compile(r"^[a-zæøå(•·-]|^(?:Kurset|Utdanning|The (?:course|event)|This|Dette|Det|Vi|We|Avholdt|Held)\b")


def titles(flow: Flow, labelled: Iterable[Labelled]) -> Iterator[Candidate[str]]:
    """What the course may be called."""
    for each in labelled:
        if each.role is Role.TITLE and is_title(each.text):
            is_whole = not each.is_vague and _ends(flow, each)
            yield _candidate(each.words, each.line.page, STRONG if is_whole else FAIR)
    yield from _after_phrases(flow)
    yield from _large(flow)


def _ends(flow: Flow, labelled: Labelled) -> bool:
    """Whether nothing below a label's value may belong to it."""
    bottom = max(word.box.bottom for word in labelled.words)
    height = max(word.box.height for word in labelled.words)
    lefts = (labelled.words[0].box.left, labelled.line.box.left)
    near = [line for line in flow.lines if line.page == labelled.line.page and -height / 2 < line.box.top - bottom < 0.7 * height]
    beside = [line for line in near if any(abs(line.box.left - left) < height for left in lefts)]
    return all(
        is_label(line) or is_heading(line.text) or flow.left_of(line) is not None or _begins_otherwise(line) for line in beside
    )


def is_title(text: str) -> bool:
    """Whether a text can be a course's title."""
    spans = [(found.start, found.end) for found in dates_in(text)]
    spans += [(found.start, found.end) for found in (*hours_in(text), *points_in(text))]
    is_value = any(end - start > len(text) / 2 for start, end in spans)
    is_long_enough = len(_LETTERS.findall(text)) >= _FEWEST_LETTERS and len(text) <= _MOST_CHARACTERS
    return is_long_enough and not is_value and not is_heading(text)


def _candidate(words: tuple[Word, ...], page: int, strength: int) -> Candidate[str]:
    return Candidate(unquoted(" ".join(word.text for word in words)), words, page, strength)


def unquoted(text: str) -> str:
    """A title without the marks around it; a bracket that belongs to it stays."""
    return text.strip(_MARKS)


def _after_phrases(flow: Flow) -> Iterator[Candidate[str]]:
    """What follows ``has completed the course``: on the next lines, in quotation marks, or in the sentence."""
    for lead in _LEAD.finditer(flow.text):
        if is_heading(flow.line_at(lead.start()).text):
            continue
        quoted = _QUOTED.match(flow.text, lead.end())
        page = flow.line_at(lead.start()).page
        if quoted:
            yield _spanned(flow, quoted.span(1), page, STRONG)
        elif "\n" in lead["gap"]:
            yield from _next_lines(flow, flow.line_at(lead.end() - 1), flow.line_at(lead.end()))
        else:
            inline = _INLINE.match(flow.text, lead.end())
            if inline and is_title(inline["title"]):
                yield _spanned(flow, inline.span("title"), page, FAIR)


def _spanned(flow: Flow, span: tuple[int, int], page: int, strength: int) -> Candidate[str]:
    value = unquoted(" ".join(flow.text[slice(*span)].split()))
    return Candidate(value, flow.words_at(*span), page, strength)


def _next_lines(flow: Flow, lead: Line, line: Line) -> Iterator[Candidate[str]]:
    """The lines that follow: surely the title if they are larger, and each goes on in small letters (a second line with a capital
    may be the title in another language); those of the same size only close by.
    """
    is_larger = line.height > 1.1 * lead.height
    is_near = line.page == lead.page and line.box.middle - lead.box.middle < 2.2 * lead.height
    block = _title_block(flow, line) if is_larger or is_near else []
    words = tuple(word for each in block for word in each.words)
    if block and is_title(" ".join(each.text for each in block)):
        yield _candidate(
            words,
            line.page,
            STRONG if is_larger and _is_whole(flow, block) and all(each.text[0].islower() for each in block[1:]) else FAIR,
        )


def _title_block(flow: Flow, line: Line) -> list[Line]:
    """The line and those that belong to it, up to one that is something else."""
    block: list[Line] = []
    for each in flow.block(line):
        if is_label(each) or is_heading(each.text) or (block and (is_person(each) or _begins_otherwise(each))):
            break
        block.append(each)
    return block


def _begins_otherwise(line: Line) -> bool:
    found = dates_in(line.text)
    return (bool(found) and found[0].start < len(line.text) / 2) or _FOLLOWS.match(line.text) is not None


def _is_whole(flow: Flow, block: list[Line]) -> bool:
    """Whether what stands below can't be the rest of the title."""
    after = flow.below(block[-1])
    if after is None or after.box.middle - block[-1].box.middle > 3 * block[-1].height:
        return True
    is_other = is_label(after) or _begins_otherwise(after) or _SENTENCE.search(after.text) is not None
    return is_other or after.height < 0.85 * block[-1].height


def _large(flow: Flow) -> Iterator[Candidate[str]]:
    """The largest letters that say nothing else."""
    found = [line for line in flow.lines if _may_be_title(flow, line)]
    if found:
        largest = max(found, key=lambda line: (round(_weight(line) / flow.usual_height, 1), -line.box.top))
        block = _title_block(flow, largest)
        yield _candidate(tuple(word for each in block for word in each.words), largest.page, WEAK)


def _weight(line: Line) -> float:
    """The letters' height; of organisations' names, which are large, too, less."""
    return line.height * (0.7 if ORGANISATION.search(line.text) else 1)


def _may_be_title(flow: Flow, line: Line) -> bool:
    is_other = is_label(line) or is_person(line) or _NO_TITLE.search(line.text)
    return not is_other and is_title(line.text) and line.height > 1.1 * flow.usual_height
