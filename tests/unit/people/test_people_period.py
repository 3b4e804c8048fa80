from datetime import UTC, date, datetime

import pytest

from lrs_bridge.people.period import day_of


@pytest.mark.parametrize(
    ("at", "day"),
    [
        pytest.param(datetime(2026, 2, 28, 22, 59, 59, tzinfo=UTC), date(2026, 2, 28), id="winter, a second before midnight"),
        pytest.param(datetime(2026, 2, 28, 23, 0, tzinfo=UTC), date(2026, 3, 1), id="winter, midnight in Norway"),
        pytest.param(datetime(2026, 7, 1, 21, 59, tzinfo=UTC), date(2026, 7, 1), id="summer, a minute before midnight"),
        pytest.param(datetime(2026, 7, 1, 22, 0, tzinfo=UTC), date(2026, 7, 2), id="summer, midnight in Norway"),
    ],
)
def test_day_is_the_day_in_norway(at, day):
    assert day_of(at) == day
