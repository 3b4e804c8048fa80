import pytest

from tests.support.cmi5_lms import Lms


@pytest.fixture
def lms(app):
    return Lms(app)
