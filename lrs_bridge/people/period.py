"""Days and periods: when a relation holds.

Relations are agreed in days, not instants, and a day is a day in Norway: one that starts on 1 March holds from midnight there.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")


def day_of(at: datetime) -> date:
    """The calendar day in Norway at an aware instant."""
    return at.astimezone(OSLO).date()


@dataclass(frozen=True, slots=True)
class Period:
    """From ``starts_on`` to ``ends_on``, both days included; without an end it goes on."""

    starts_on: date
    ends_on: date | None = None
