"""What was found of the whole a moment ago."""

from datetime import UTC, datetime, timedelta

from lrs_bridge.xapi.statements.consistency import FRESH_FOR, Consistency

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_knows_what_was_found_when_that_is_a_moment_ago():
    found = Consistency()
    assert found.find("demo", NOON) is None
    assert found.keep("demo", "then", NOON) == "then"
    assert found.find("demo", NOON + FRESH_FOR / 2) == "then"
    assert found.find("nabo", NOON) is None


def test_wants_to_look_again_when_it_is_long_ago_or_the_clock_ran_back():
    found = Consistency()
    found.keep(None, "then", NOON)
    assert found.find(None, NOON + FRESH_FOR) is None
    assert found.find(None, NOON - timedelta(seconds=1)) is None
