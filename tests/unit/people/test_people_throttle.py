from datetime import UTC, datetime, timedelta

import pytest

from lrs_bridge.people.throttle import (
    FORGET_AFTER,
    FREE_FAILURES,
    LONGEST_WAIT,
    Attempts,
    Scope,
    Throttled,
    counted,
    network_of,
    wait_until,
)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize(
    ("beyond", "seconds"),
    [(-1, 0), (0, 1), (1, 2), (2, 4), (9, 512), (10, LONGEST_WAIT.total_seconds()), (10_000, LONGEST_WAIT.total_seconds())],
)
def test_wait_doubles_up_to_a_limit_once_the_free_failures_are_spent(scope, beyond, seconds):
    assert wait_until(scope, Attempts(FREE_FAILURES[scope] + beyond, AT)) == AT + timedelta(seconds=seconds)


def test_count_goes_up_by_one_when_there_were_failures_today():
    assert counted(Attempts(3, AT), AT + FORGET_AFTER) == Attempts(4, AT + FORGET_AFTER)


@pytest.mark.parametrize(
    "before", [None, Attempts(99, AT - FORGET_AFTER - timedelta(seconds=1))], ids=["none", "a quiet day ago"]
)
def test_count_begins_at_one_when_nothing_is_remembered(before):
    assert counted(before, AT) == Attempts(1, AT)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_addresses_are_counted_by_what_one_user_can_have(address, network):
    assert network_of(address) == network


def test_throttled_tells_until_when():
    assert Throttled(AT).until == AT
