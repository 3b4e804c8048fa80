"""The keys of courses that are played here, and what readers are shown for them."""

from uuid import UUID

import pytest

from lrs_bridge.xapi.statements.own.naming import NAME, own_key, source_name


def test_shows_attempts_as_courses_played_here():
    assert source_name(own_key("north", UUID(int=1))) == NAME


@pytest.mark.parametrize("key", ["north.0123456789abcdef", "", "north", f"North.{'0' * 32}", f"north.{'0' * 33}"])
def test_shows_other_keys_as_they_are(key):
    assert source_name(key) == key
