"""Numbers that put statements in order."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.xapi.statements.sequence import LARGEST_NUMBER, Sequence, first_after, microseconds, stored_at

AT = datetime(2026, 3, 4, 10, 0, 0, 5, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def test_gives_a_number_for_each_microsecond_from_now_when_several_are_taken():
    assert [stored_at(number) for number in Sequence(7).take(AT, 3)] == [AT, AT + TICK, AT + 2 * TICK]


def test_goes_on_rising_when_the_clock_stands_still_or_runs_back():
    numbers = Sequence(1)
    taken = [*numbers.take(AT, 2), *numbers.take(AT, 1), *numbers.take(AT - timedelta(hours=1), 2)]
    assert taken == sorted(set(taken))


def test_gives_different_numbers_when_workers_differ():
    assert Sequence(1).take(AT, 1) != Sequence(2).take(AT, 1)
    assert Sequence(1).take(AT, 1) == Sequence(1 + 1024).take(AT, 1)


def test_begins_after_an_instant_when_that_is_excluded():
    before, same, after = (Sequence(1023).take(at, 1)[0] for at in (AT - TICK, AT, AT + TICK))
    assert before < same < first_after(AT) <= after


@given(st.datetimes(timezones=st.just(UTC)))
def test_stays_within_a_column_when_the_instant_is_far_away(at):
    assert 0 <= first_after(at) <= LARGEST_NUMBER


def test_counts_whole_microseconds_when_given_an_instant():
    assert microseconds(datetime(1970, 1, 1, 0, 0, 1, 2, tzinfo=UTC)) == 1_000_002
    assert microseconds(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)) == -1_000_000


def test_gives_larger_numbers_than_others_have_when_it_follows_them():
    numbers, ahead = Sequence(1), Sequence(2).take(AT + timedelta(hours=1), 1)[0]
    numbers.follow(ahead)
    numbers.follow(0)
    assert numbers.take(AT, 1)[0] > ahead
