"""Hours and points in the words of certificates."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

_NUMBER = r"(?<![\w.,:/-])(\d{1,3}(?:[.,]\d{1,2})?|\d{0,2}½)"
_HOUR = (
    r"(?:kurs|undervisnings|under\w*|klokke|læringstimar|studie)?(?:timers?|timar|time|timer|tim|t|hours?|hrs?|h)\b"
    r"|(?:contact|learning|teaching|training|CPD|CME|study)\s+hours?\b"
)
_MINUTE = r"(?:minutters?|minutt|minutes?|mins?)\b"
_HOURS = re.compile(
    rf"{_NUMBER}\s*(?:{_HOUR})\.?(?:\s*(?:og|and|,)?\s*(\d{{1,2}})\s*{_MINUTE})?|{_NUMBER}\s*{_MINUTE}",
    re.IGNORECASE,
)
_POINT = (
    r"(?:studie|kurs|fag|tellende\s+kurs|tellende\s+|etterutdannings|videreutdannings)?(?:poeng|kreditter|kreditt)\b|ECTS\b|"
    r"(?:(?:European\s+|external\s+)?(?:CME|CPD|ECTS|AMA\s+PRA\s+Category\s+1|ECMEC)[\s®™]*)?(?:credits?|points?)\b|CME\b|ECMEC"
)
_POINTS = re.compile(rf"{_NUMBER}\s*(?:{_POINT})", re.IGNORECASE)
_BARE = re.compile(rf"^\W*{_NUMBER}\s*$")
_CLOCK = re.compile(r"\bkl(?:okken|\.)?\s*$", re.IGNORECASE)
_MOST_HOURS = 500
_SIXTY = Decimal(60)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of hours or points, and where it stands in the text."""

    value: Decimal
    start: int
    end: int


def hours_in(text: str) -> list[Amount]:
    """Every duration in a text, in hours."""
    return [amount for amount in _durations(text) if 0 < amount.value <= _MOST_HOURS]


def _durations(text: str) -> Iterator[Amount]:
    for match in _HOURS.finditer(text):
        hours, more, minutes = match.groups()
        if not _CLOCK.search(text[: match.start()]):
            value = _decimal(hours) + _decimal(more) / _SIXTY if hours else _decimal(minutes) / _SIXTY
            yield Amount(_plain(value.quantize(Decimal("0.01"))), *match.span())


def points_in(text: str) -> list[Amount]:
    """Every number of points or credits in a text."""
    return [Amount(_plain(_decimal(match[1])), *match.span()) for match in _POINTS.finditer(text)]


def bare_in(text: str) -> list[Amount]:
    """The number, if the text is nothing else: the value of a label that tells the unit."""
    match = _BARE.match(text)
    return [Amount(_plain(_decimal(match[1])), *match.span(1))] if match else []


def _decimal(written: str | None) -> Decimal:
    whole = (written or "0").replace(",", ".")
    return Decimal(whole.replace("½", "") or "0") + (Decimal("0.5") if "½" in whole else 0)


def _plain(value: Decimal) -> Decimal:
    """Without zeros at its end: 7.5, 30."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
