"""For how long a signed activity counts, and from when a newer completion may take its place."""

import calendar
from datetime import MAXYEAR, date, datetime, timedelta
from enum import StrEnum

from lrs_bridge.people.period import day_of

RENEWAL_WINDOW = timedelta(days=90)


class Validity(StrEnum):
    """How a signed activity stands on a day."""

    UNLIMITED = "unlimited"
    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"


def local_day(at: datetime) -> date:
    """The calendar day in Norway at an instant; where the calendar ends there first, its first or last day."""
    try:
        return day_of(at)
    except OverflowError:
        return at.date()


def add_months(day: date, months: int) -> date:
    """The same day that many months later, or the last of the month where there is no such day; at most the calendar's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > MAXYEAR:
        return date.max
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def valid_until(day: date, months: int | None) -> date | None:
    """The last day on which something achieved on ``day`` counts; None when it counts for ever."""
    return None if months is None else add_months(day, months)


def renewable_from(achieved_on: date, until: date) -> date:
    """From this day on a new completion renews: 90 days before the end, and never before half the time is gone."""
    return until - min(RENEWAL_WINDOW, (until - achieved_on) / 2)


def validity(until: date | None, today: date) -> Validity:
    """How something that counts until (and with) ``until`` stands today."""
    if until is None:
        return Validity.UNLIMITED
    if today > until:
        return Validity.EXPIRED
    return Validity.EXPIRING if today >= until - RENEWAL_WINDOW else Validity.VALID
