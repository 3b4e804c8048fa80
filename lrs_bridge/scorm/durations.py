"""Lengths of time as SCORM writes them.

SCORM 1.2 RTE 3.4.4, CMITimespan (``HHHH:MM:SS.SS``); SCORM 2004 4th ed. RTE 4.1.1.7, timeinterval(second,10,2), which is
ISO 8601's designator form (``P1Y2M3DT4H5M6.78S``). Reading is tolerant: real courses write hours without zeros, sixty seconds and
more, or the other version's form. Left out: that months differ in length; one counts as 30 days, a year as 365, as in the LRS.
"""

import re
from datetime import timedelta

LONGEST = timedelta(days=36_500)
"""More than this is no length of time that somebody spent."""

_TIMESPAN = re.compile(r"(\d{1,6}):(\d{1,2})(?::(\d{1,2}(?:[.,]\d*)?))?", re.ASCII)
_NUMBER = r"(\d{1,12}(?:[.,]\d*)?)"
_INTERVAL = re.compile(
    rf"P(?=\d|T\d)(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.ASCII | re.IGNORECASE,
)
_SECONDS_IN = (365 * 86_400, 30 * 86_400, 7 * 86_400, 86_400, 3_600, 60, 1)
_SECONDS_IN_TIMESPAN = (3_600, 60, 1)


def parse_time(text: str) -> timedelta | None:
    """A CMITimespan or a timeinterval, whichever it is; None for what can't be read, and for more than LONGEST."""
    text = text.strip()
    for pattern, seconds_in in ((_TIMESPAN, _SECONDS_IN_TIMESPAN), (_INTERVAL, _SECONDS_IN)):
        match = pattern.fullmatch(text)
        if match is not None:
            seconds = sum(_number(number) * each for number, each in zip(match.groups(), seconds_in, strict=True))
            return timedelta(seconds=seconds) if seconds <= LONGEST.total_seconds() else None
    return None


def _number(text: str | None) -> float:
    return float((text or "0").replace(",", "."))


def write_timespan(length: timedelta) -> str:
    """``HHHH:MM:SS.SS``, the hours with at least four digits (SCORM 1.2 RTE 3.4.4). Hundredths are cut off, not rounded."""
    hours, minutes, hundredths = _parts(length)
    return f"{hours:04}:{minutes:02}:{hundredths // 100:02}.{hundredths % 100:02}"


def write_interval(length: timedelta) -> str:
    """``PT1H2M3.45S`` in hours, minutes and hundredths of seconds, ``PT0S`` for none (SCORM 2004 RTE 4.1.1.7)."""
    hours, minutes, hundredths = _parts(length)
    seconds = f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")
    written = "".join((f"{hours}H" if hours else "", f"{minutes}M" if minutes else "", f"{seconds}S" if hundredths else ""))
    return f"PT{written or '0S'}"


def _parts(length: timedelta) -> tuple[int, int, int]:
    hundredths = max(length, timedelta()) // timedelta(milliseconds=10)
    hours, rest = divmod(hundredths, 360_000)
    minutes, rest = divmod(rest, 6_000)
    return hours, minutes, rest


def total_time(before: timedelta, session: timedelta | None) -> timedelta:
    """The time spent in all once a sitting is over (SCORM 2004 RTE 4.2.25, SCORM 1.2 RTE 3.4.4), never more than LONGEST."""
    return min(before + max(session or timedelta(), timedelta()), LONGEST)
