"""How long the course was, and what it counts for."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from lrs_bridge.certificates.reading.amounts import Amount, bare_in, hours_in, points_in
from lrs_bridge.certificates.reading.candidates import FAIR, STRONG, WEAK, Candidate
from lrs_bridge.certificates.reading.flow import Flow
from lrs_bridge.certificates.reading.labelled import Labelled
from lrs_bridge.certificates.reading.wordings import TOTAL, Role

_CONTEXT = 60
_LONG = 40
Finder = Callable[[str], list[Amount]]


def hours(flow: Flow, labelled: Iterable[Labelled]) -> Iterator[Candidate[Decimal]]:
    """How many hours it may have been."""
    return _quantities(flow, labelled, Role.HOURS, hours_in)


def points(flow: Flow, labelled: Iterable[Labelled]) -> Iterator[Candidate[Decimal]]:
    """How many points or credits it may give."""
    return _quantities(flow, labelled, Role.POINTS, points_in)


def _quantities(flow: Flow, labelled: Iterable[Labelled], role: Role, find: Finder) -> Iterator[Candidate[Decimal]]:
    for each in labelled:
        if each.role is role:
            for amount in (find(each.text) or bare_in(each.text))[:1]:
                is_all = amount.start == 0 and len(each.text) < _LONG
                yield Candidate(amount.value, each.words, each.line.page, STRONG if is_all else FAIR)
    found = find(flow.text)
    is_only = len({amount.value for amount in found}) == 1
    for amount in found:
        before = flow.text[max(amount.start - _CONTEXT, 0) : amount.start].replace("\n", " ")
        strength = STRONG if TOTAL.search(before) else FAIR if is_only else WEAK
        yield Candidate(amount.value, flow.words_at(amount.start, amount.end), flow.line_at(amount.start).page, strength)
