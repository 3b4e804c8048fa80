"""How much an attempt may send, and when the database is asked what is kept of it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from lrs_bridge.scorm.allowance import (
    AT_ONCE,
    LOOK_AFTER,
    MOST_KNOWN,
    PER_MINUTE,
    ROW_BYTES,
    Allowances,
    AttemptFull,
    CommitTooSoon,
    most_of,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MOST = 1 << 30
KARI, OLA = ("demo", UUID(int=1)), ("demo", UUID(int=2))


def spent(key=KARI) -> Allowances:
    """An attempt that has sent all that it may at once."""
    allowances = Allowances()
    for _ in range(AT_ONCE):
        allowances.admit(key, 0, MOST, NOON)
    return allowances


def test_takes_what_a_course_sends_that_saves_all_the_time_for_twelve_hours():
    allowances = Allowances()
    taken = [
        allowances.admit(KARI, 0, MOST, NOON + second * SECOND) for second in range(12 * 3600) for _ in range(PER_MINUTE // 60)
    ]
    assert len(taken) == 12 * 60 * PER_MINUTE


def test_refuses_what_comes_too_soon_and_says_when_to_come_again():
    allowances = spent()
    with pytest.raises(CommitTooSoon, match=f"{PER_MINUTE} commits a minute") as refused:
        allowances.admit(KARI, 0, MOST, NOON)
    assert refused.value.retry_after == 1
    allowances.admit(KARI, 0, MOST, NOON + refused.value.retry_after * SECOND)
    allowances.admit(OLA, 0, MOST, NOON)  # who has sent nothing yet


def test_gives_back_no_more_than_was_there_and_nothing_when_the_clock_goes_back():
    allowances = spent()
    for _ in range(AT_ONCE):
        allowances.admit(KARI, 0, MOST, NOON + timedelta(days=1))
    for at in (NOON + timedelta(days=1), NOON):
        with pytest.raises(CommitTooSoon):
            allowances.admit(KARI, 0, MOST, at)


@pytest.mark.parametrize(("most", "look"), [(MOST, LOOK_AFTER), (80_000, 10_000)])
def test_asks_what_is_kept_once_a_good_part_has_come(most, look):
    allowances = Allowances()
    assert allowances.admit(KARI, look - ROW_BYTES - 1, most, NOON) is False
    assert allowances.admit(KARI, 1, most, NOON) is True
    allowances.learn(KARI, 5, 1, NOON)
    assert allowances.admit(KARI, 1, most, NOON) is False


def test_takes_nothing_more_of_an_attempt_than_is_kept_of_one():
    allowances = Allowances()
    allowances.learn(KARI, 79_000 - ROW_BYTES, 0, NOON)
    with pytest.raises(AttemptFull, match="80000 bytes") as refused:
        allowances.admit(KARI, 1001 - ROW_BYTES, 80_000, NOON)
    assert refused.value.retry_after is None
    allowances.admit(KARI, 1000 - ROW_BYTES, 80_000, NOON)
    with pytest.raises(AttemptFull):
        allowances.admit(KARI, 0, 80_000, NOON)
    allowances.learn(KARI, 0, 0, NOON)
    allowances.admit(KARI, 1, 80_000, NOON)


def test_grants_an_eighth_to_what_counts_for_nothing():
    assert (most_of(800, counts=True), most_of(800, counts=False)) == (800, 100)


def test_forgets_the_attempt_that_was_silent_for_longest():
    allowances = spent()
    allowances.admit(OLA, 0, MOST, NOON)
    for number in range(MOST_KNOWN - 1):
        allowances.admit(("other", UUID(int=number)), 0, MOST, NOON)
    assert allowances.admit(KARI, 0, MOST, NOON) is False  # as if it were new
