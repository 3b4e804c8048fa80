"""Whose certificate it is."""

import re
from collections.abc import Iterable, Iterator

from lrs_bridge.certificates.reading.candidates import FAIR, STRONG, WEAK, Candidate
from lrs_bridge.certificates.reading.flow import Flow
from lrs_bridge.certificates.reading.labelled import Labelled
from lrs_bridge.certificates.reading.lines import Line
from lrs_bridge.certificates.reading.names import NAME, is_plausible, person_in, tidy
from lrs_bridge.certificates.reading.wordings import CONFIRMED, GIVEN_TO, GREETING, TOOK_PART, Role, is_heading

_BORN = r"(?:,?\s*\(?(?:født|fødd|f\.|born)[^\n,)]{0,25}[,)]?|,)?"
_PHRASES = (
    (re.compile(rf"(?i:{CONFIRMED}){NAME}"), STRONG),
    (re.compile(rf"(?i:{GIVEN_TO}){NAME}"), FAIR),
    (re.compile(rf"(?:(?<=\n)|^|(?<=\s)){NAME}{_BORN}\s+(?i:{TOOK_PART})"), STRONG),
    (re.compile(rf"(?i:{GREETING}){NAME}(?=[!,.\n])"), FAIR),
)
_GOES_ON = re.compile(r"[ .]+[A-ZÆØÅ]")
"""More words with capitals: who knows where the name ends."""
_AND = (" og ", " and ", " & ")
_AFTER_SIGNING = re.compile(r"underskrift|signatur|hilsen|regards|sincerely|_{4,}", re.IGNORECASE)


def holders(flow: Flow, labelled: Iterable[Labelled]) -> Iterator[Candidate[str]]:
    """Who may be meant, the likeliest first among equals."""
    for each in labelled:
        name = person_in(each.text) if each.role is Role.HOLDER else None
        if name:
            yield Candidate(name, each.words, each.line.page, FAIR if each.is_vague else STRONG)
    for pattern, strength in _PHRASES:
        for match in pattern.finditer(flow.text):
            if is_plausible(match["name"]):
                is_among_others = flow.text[: match.start("name")].endswith(_AND)
                is_whole = _GOES_ON.match(flow.text, match.end("name")) is None and not is_among_others
                yield _at(flow, tidy(match["name"]), match.span("name"), strength if is_whole else WEAK)
    yield from _alone(flow)


def _at(flow: Flow, name: str, span: tuple[int, int], strength: int) -> Candidate[str]:
    return Candidate(name, flow.words_at(*span), flow.line_at(span[0]).page, strength)


def _alone(flow: Flow) -> Iterator[Candidate[str]]:
    """The names that stand on lines of their own, above where somebody signs: the large ones, else the only one."""
    signing = next((index for index, line in enumerate(flow.lines) if _AFTER_SIGNING.search(line.text)), len(flow.lines))
    found = [(name, line) for line in flow.lines[:signing] if (name := person_in(line.text))]
    large = [each for each in found if each[1].height > 1.2 * flow.usual_height]
    if large or len({name for name, _ in found}) == 1:
        for name, line in large or found:
            yield Candidate(name, line.words, line.page, WEAK)


def is_person(line: Line) -> bool:
    """Whether a line is a name and no more."""
    return not is_heading(line.text) and person_in(line.text) is not None
