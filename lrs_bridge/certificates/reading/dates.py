"""Dates in the spellings of Norwegian (bokmål and nynorsk) and English certificates.

Day before month, but where a month's name or a four-digit year comes first. ``is_clear`` is False where another reading is
possible: 03/04/2026, and years of two digits.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

_NAMES = (
    ("jan", "januar", "january"),
    ("feb", "februar", "february"),
    ("mar", "mars", "march"),
    ("apr", "april"),
    ("mai", "may"),
    ("jun", "juni", "june"),
    ("jul", "juli", "july"),
    ("aug", "august"),
    ("sep", "sept", "september"),
    ("okt", "oct", "oktober", "october"),
    ("nov", "november"),
    ("des", "dec", "desember", "december"),
)
_MONTHS = {name: number for number, names in enumerate(_NAMES, 1) for name in names}
_MONTH = rf"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_MONTHS_A_YEAR, _WHOLE_YEAR = 12, 4
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_YEAR = r"(?:19|20)\d\d"
_TO = r"(?:\s*(?:[-–—]{1,3}|\bt\.?o\.?m\.?|\btil(?:\s+og\s+med)?\b|\bto\b|\buntil\b|\bog\b|\band\b|&)\s*)"
_TH = r"(?:\.|st\b|nd\b|rd\b|th\b)?"
_OF = r"(?:\s+of)?"

_M = r"(?:1[0-2]|0?[1-9])"
_Y = rf"(?:{_YEAR}|\d\d)"
_FIRST = rf"(?P<d1>{_DAY})\s?(?P<sep>[./])\s?(?P<m1>{_M})(?:\s?(?P=sep)\s?(?P<y1>{_Y}))?(?P=sep)?"
_SPOKEN_FIRST = rf"(?P<d1>{_DAY}){_TH}(?:{_OF}\s*(?P<n1>{_MONTH}),?(?:\s*(?P<y1>{_YEAR}))?)?"
_SPOKEN = rf"(?P<d2>{_DAY}){_TH}{_OF}\s*(?P<n2>{_MONTH}),?\s*(?P<y2>{_YEAR})"
_AMERICAN_FIRST = rf"(?P<n1>{_MONTH})\s*(?P<d1>{_DAY}){_TH}(?:,?\s*(?P<y1>{_YEAR}))?"
_SHAPES = (
    # 12.03.–14.03.2026, 12.03.2026 – 14.03.2026; 12.–14.03.2026; 12.03.2026, 12/03/2026
    rf"{_FIRST}{_TO}(?P<d2>{_DAY})\s?(?P=sep)\s?(?P<m2>{_M})\s?(?P=sep)\s?(?P<y2>{_Y})",
    rf"(?P<d1>{_DAY})\.?{_TO}(?P<d2>{_DAY})\.\s?(?P<m2>{_M})\.\s?(?P<y2>{_Y})",
    rf"(?P<d2>{_DAY})\s?(?P<sep>[./-])\s?(?P<m2>{_M})\s?(?P=sep)\s?(?P<y2>{_Y})",
    # 12.–14. mars 2026, 30. mars – 2. april 2026, 9–11 September 2026, 3rd – 5th of November 2025
    rf"{_SPOKEN_FIRST}{_TO}{_SPOKEN}",
    _SPOKEN,
    # March 12, 2026; March 12–14, 2026; March 30 – April 2, 2026
    rf"{_AMERICAN_FIRST}{_TO}(?:(?P<n2>{_MONTH})\s*)?(?P<d2>{_DAY}){_TH},?\s*(?P<y2>{_YEAR})",
    rf"(?P<n2>{_MONTH})\s*(?P<d2>{_DAY}){_TH},?\s*(?P<y2>{_YEAR})",
    # 03/14/2026, where it can be nothing else
    rf"(?P<m2>{_M})/(?P<d2>1[3-9]|2\d|3[01])/(?P<y2>{_YEAR})",
    # 2026-03-12, 2026-03-12 – 2026-03-14
    rf"(?P<y1>{_YEAR})-(?P<m1>{_M})-(?P<d1>{_DAY}){_TO}(?P<y2>{_YEAR})-(?P<m2>{_M})-(?P<d2>{_DAY})",
    rf"(?P<y2>{_YEAR})-(?P<m2>{_M})-(?P<d2>{_DAY})",
)
_PATTERNS = tuple(re.compile(rf"(?<![\w.,/:-])(?:{shape})(?![\w/]|\.\d|-\d)", re.IGNORECASE) for shape in _SHAPES)


@dataclass(frozen=True, slots=True)
class Dates:
    """A date, or the first and the last of several, and where it stands in the text."""

    first: date
    last: date
    start: int
    end: int
    is_clear: bool = True

    @property
    def is_span(self) -> bool:
        """Whether it was written as from one day to another."""
        return self.first != self.last


def dates_in(text: str) -> list[Dates]:
    """All dates in a text, in its order; of two readings at one place, the longer."""
    found: list[Dates] = []
    for pattern in _PATTERNS:
        for dates in _matches(pattern, text):
            if all(dates.end <= other.start or dates.start >= other.end for other in found):
                found.append(dates)
    return sorted(found, key=lambda each: each.start)


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[Dates]:
    for match in pattern.finditer(text):
        part = match.groupdict()
        year, last_day = match["y2"], match["d2"]
        last_month = _month(part.get("n2") or part.get("n1"), part.get("m2"))
        first_day, first_year = part.get("d1") or last_day, part.get("y1") or year
        first = _day(first_year, _month(part.get("n1"), part.get("m1")) or last_month, first_day)
        last = _day(year, last_month, last_day)
        if first is not None and last is not None and first > last and not part.get("y1"):
            first = first.replace(year=first.year - 1)  # 30. desember – 2. januar 2026
        if first is not None and last is not None and first <= last:
            is_mixed_up = part.get("sep") == "/" and max(int(last_day), int(first_day)) <= _MONTHS_A_YEAR
            yield Dates(first, last, *match.span(), is_clear=not is_mixed_up and len(year) == _WHOLE_YEAR)


def _month(name: str | None, number: str | None) -> int:
    """The month's number; 0 where it isn't said."""
    return _MONTHS[name.lower().rstrip(".")] if name else int(number or 0)


def _day(year: str, month: int, day: str) -> date | None:
    """The date, if there is such a day. Years of two digits are of this century."""
    try:
        return date(int(year) + (0 if len(year) == _WHOLE_YEAR else 2000), month, int(day))
    except ValueError:
        return None
