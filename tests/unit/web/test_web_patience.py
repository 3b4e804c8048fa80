"""How long calls to other servers may take."""

from lrs_bridge.web.patience import UNHURRIED, Limits, in_request


def test_tells_how_much_time_is_left():
    assert UNHURRIED.left(1e9) is None
    assert Limits(ends_at=10).left(7) == 3
    assert Limits(ends_at=10).left(17) == 0


def test_is_short_where_a_browser_waits():
    limits = in_request(100)
    assert (limits.connect_seconds, limits.read_seconds, limits.left(100)) == (3, 5, 8)
