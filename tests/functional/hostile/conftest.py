import pytest

from tests.support.hosting import open_school
from tests.support.plans import open_ward


@pytest.fixture
def school(engine, app):
    """The ward in front of the service, with an owner who hosts whatever they are given."""
    return open_school(open_ward(engine), app)
