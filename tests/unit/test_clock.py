"""The service's clock never runs back."""

from datetime import UTC, datetime, timedelta
from time import monotonic

from lrs_bridge.clock import SteadyClock

HOUR = timedelta(hours=1)
LATER = datetime.now(UTC) + 24 * HOUR
TICKS = monotonic() + 10


def test_follows_the_wall_when_that_goes_on():
    clock = SteadyClock()
    assert [clock.read(LATER, TICKS), clock.read(LATER + HOUR, TICKS + 1)] == [LATER, LATER + HOUR]


def test_goes_on_with_what_has_passed_when_the_wall_was_set_back():
    clock = SteadyClock()
    clock.read(LATER, TICKS)
    assert clock.read(LATER - HOUR, TICKS + 2.5) == LATER + timedelta(seconds=2.5)
    assert clock.read(LATER + HOUR, TICKS + 3) == LATER + HOUR


def test_stands_still_at_worst_when_ticks_run_back():
    clock = SteadyClock()
    assert [clock.read(LATER, TICKS), clock.read(LATER - HOUR, TICKS - 5)] == [LATER, LATER]


def test_tells_the_time_of_day():
    assert abs(SteadyClock()() - datetime.now(UTC)) < HOUR
