"""When the course was held, and when the certificate was issued and runs out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lrs_bridge.certificates.extraction.page import Word
from lrs_bridge.certificates.reading.candidates import FAIR, STRONG, WEAK, Candidate, is_readable
from lrs_bridge.certificates.reading.dates import Dates, dates_in
from lrs_bridge.certificates.reading.flow import Flow
from lrs_bridge.certificates.reading.labelled import Labelled
from lrs_bridge.certificates.reading.wordings import BORN, HELD_ON, ISSUED_ON, PLACE_AND_DATE, UPDATED, VALID_UNTIL, Role

_CONTEXT, _NEAR = 140, 60
_SEVERAL = 2
_A_YEAR = timedelta(days=400)
_LONG_AGO = timedelta(days=15 * 365)
"""Before the newest date: somebody's birthday."""
_HELD = (Role.HELD, Role.START, Role.END, Role.COMPLETED)
_BEFORE = ((BORN, Role.OTHER), (UPDATED, Role.OTHER), (VALID_UNTIL, Role.VALID), (ISSUED_ON, Role.ISSUED))
_LABELS = frozenset({Role.HELD, Role.START, Role.END, Role.COMPLETED, Role.ISSUED, Role.DATE, Role.VALID, Role.OTHER, Role.TITLE})


@dataclass(frozen=True, slots=True)
class Stated:
    """A date with what is said of it: a role, or None for nothing."""

    dates: Dates
    role: Role | None
    strength: int
    words: tuple[Word, ...]
    page: int


@dataclass(frozen=True, slots=True)
class Times:
    """Candidates for each of the fields."""

    held_from: list[Candidate[date]]
    held_to: list[Candidate[date]]
    issued: list[Candidate[date]]
    valid_until: list[Candidate[date]]


def times(flow: Flow, labelled: Sequence[Labelled]) -> Times:
    """What the dates in a text are."""
    stated = [each for each in _stated(flow, labelled) if is_readable(each.words)]
    found = _shared_out(_recent(stated))
    return _ordered(found)


def _stated(flow: Flow, labelled: Iterable[Labelled]) -> Iterator[Stated]:
    by_word = {word: each for each in labelled if each.role in _LABELS for word in each.words}
    for dates in dates_in(flow.text):
        words = flow.words_at(dates.start, dates.end)
        page = flow.line_at(dates.start).page
        label = by_word.get(words[0])
        role, strength = (_by_label(label, dates)) if label is not None else _by_context(flow, dates)
        if role is not Role.OTHER:
            doubt = STRONG if dates.is_clear else WEAK if "/" in flow.text[dates.start : dates.end] else FAIR
            yield Stated(dates, role, min(strength, doubt), words, page)


def _by_label(label: Labelled, dates: Dates) -> tuple[Role | None, int]:
    if label.role is Role.DATE:
        return (Role.HELD, FAIR) if dates.is_span else (Role.DATE, FAIR)
    return (Role.OTHER if label.role is Role.TITLE else label.role), STRONG


def _by_context(flow: Flow, dates: Dates) -> tuple[Role | None, int]:
    """By what stands before the date: in its sentence, on its line, or further above."""
    before = flow.text[max(dates.start - _CONTEXT, 0) : dates.start]
    for pattern, role in _BEFORE:
        if pattern.search(before):
            return role, STRONG
    line = before.rpartition("\n")[2]
    is_held = HELD_ON.search(line) is not None
    if dates.is_span:
        return Role.HELD, STRONG if is_held or not line else FAIR
    if PLACE_AND_DATE.search(line) and not is_held and not flow.text[dates.end :].partition("\n")[0].strip(" ."):
        return Role.ISSUED, STRONG
    parts = ((line, STRONG), (before[-_NEAR:], FAIR), (before, WEAK))
    return next(((Role.COMPLETED, strength) for part, strength in parts if HELD_ON.search(part.replace("\n", " "))), (None, WEAK))


def _recent(stated: list[Stated]) -> list[Stated]:
    newest = max((each.dates.last for each in stated if each.role is not Role.VALID), default=date.min)
    return [each for each in stated if newest - each.dates.last < _LONG_AGO]


def _shared_out(stated: list[Stated]) -> dict[Role, list[Stated]]:
    """The dates by role; those that only say that they are dates get the role that is left."""
    found: dict[Role, list[Stated]] = {role: [each for each in stated if each.role is role] for role in _LABELS}
    ended = max((each.dates.last for role in _HELD for each in found[role]), default=None)
    for each in found[Role.DATE] or [each for each in stated if each.role is None]:
        role = _left(each, ended, [other.dates.last for other in found[Role.ISSUED]])
        if role is not None:
            found[role].append(each)
            break
    return found


def _left(each: Stated, ended: date | None, issued: Sequence[date]) -> Role | None:
    """The role that is left for a date: a course ends before its certificate is issued, and not long before."""
    if ended is None and issued:
        return Role.COMPLETED if timedelta(0) <= max(issued) - each.dates.last < _A_YEAR else None
    if ended is None:
        return Role.HELD if each.role is Role.DATE else Role.ISSUED
    return Role.ISSUED if not issued and each.dates.last >= ended else None


def _ordered(found: dict[Role, list[Stated]]) -> Times:
    held = _together([*found[Role.HELD], *found[Role.COMPLETED]])
    starts, ends = found[Role.START] or held, found[Role.END] or held
    return Times(
        [_first(each) for each in starts],
        [_last(each) for each in ends],
        [_last(each) for each in found[Role.ISSUED]],
        [_last(each) for each in found[Role.VALID]],
    )


def _together(held: list[Stated]) -> list[Stated]:
    """A course in several parts, from the first day of the first to the last of the last, where no date stands out."""
    best = max((each.strength for each in held), default=WEAK)
    parts = [each for each in held if each.strength == best and each.dates.is_span]
    if len({each.dates for each in parts}) < _SEVERAL:
        return held
    dates = Dates(min(each.dates.first for each in held), max(each.dates.last for each in held), 0, 0)
    words = tuple(word for each in held if each.page == held[0].page for word in each.words)
    return [Stated(dates, Role.HELD, WEAK, words, held[0].page)]


def _strength(each: Stated) -> int:
    is_said = each.role is not None and each.role is not Role.DATE
    return each.strength if is_said else WEAK


def _first(each: Stated) -> Candidate[date]:
    return Candidate(each.dates.first, each.words, each.page, _strength(each))


def _last(each: Stated) -> Candidate[date]:
    return Candidate(each.dates.last, each.words, each.page, _strength(each))
