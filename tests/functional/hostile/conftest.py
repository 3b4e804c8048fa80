import pytest

from tests.support.hostile import open_house
from tests.support.plans import open_ward


@pytest.fixture
def house(engine, app):
    """The ward behind the application, with an owner who hosts what they are given."""
    return open_house(open_ward(engine), app)
