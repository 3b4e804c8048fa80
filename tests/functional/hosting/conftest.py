import pytest

from tests.support.hosting import open_school
from tests.support.plans import open_ward


@pytest.fixture
def ward(engine):
    return open_ward(engine)


@pytest.fixture
def school(ward, app):
    """Owners, residents and the service between them, on both databases."""
    return open_school(ward, app)
