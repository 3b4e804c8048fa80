"""Scores, durations and counts as words, in bokmål, nynorsk and English."""

from datetime import timedelta
from typing import Any

NBSP = "\N{NO-BREAK SPACE}"

_SECOND, _MINUTE, _HOUR, _DAY = 1, 60, 3600, 86_400
_UNITS = (
    (_DAY, {"nb": ("dag", "dager"), "nn": ("dag", "dagar"), "en": ("day", "days")}),
    (_HOUR, {"nb": ("time", "timer"), "nn": ("time", "timar"), "en": ("hour", "hours")}),
    (_MINUTE, {"nb": ("minutt", "minutter"), "nn": ("minutt", "minutt"), "en": ("minute", "minutes")}),
    (_SECOND, {"nb": ("sekund", "sekunder"), "nn": ("sekund", "sekund"), "en": ("second", "seconds")}),
)
_SHORT = 10 * _MINUTE
_SCORES = {"nb": ("av", "poeng"), "nn": ("av", "poeng"), "en": ("out of", "points")}


def number(value: float, language: str) -> str:
    """A number with at most two decimals, and the reader's decimal mark."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text
    return text if language == "en" else text.replace(".", ",")


def percent(share: float, language: str) -> str:
    """A share of one as per cent, with at most one decimal."""
    return number(round(share * 100, 1), language) + ("%" if language == "en" else f"{NBSP}%")


def duration(length: timedelta, language: str) -> str:
    """The two largest units of a length; seconds only below ten minutes, minutes only below a day. Empty for nothing."""
    seconds = round(length.total_seconds())
    step = _SECOND if seconds < _SHORT else _MINUTE if seconds < _DAY else _HOUR
    left = round(seconds / step) * step
    words = []
    for size, names in _UNITS:
        count, left = divmod(left, size)
        if count:
            one, many = names[language]
            words.append(f"{count}{NBSP}{one if count == 1 else many}")
    return " ".join(words[:2])


def score(given: dict[str, Any], language: str) -> str:
    """A statement's score: as a share, else out of its maximum, else as points. Empty when it says none of these."""
    if "scaled" in given:
        return percent(given["scaled"], language)
    if "raw" not in given:
        return ""
    out_of, points = _SCORES[language]
    raw = number(given["raw"], language)
    return f"{raw} {out_of} {number(given['max'], language)}" if "max" in given else f"{raw} {points}"


def shortened(text: str, length: int) -> str:
    """The text on one line, cut with an ellipsis where it is longer than that."""
    line = " ".join(text.replace("\0", "").split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
