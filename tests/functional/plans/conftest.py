import pytest

from tests.support import browsing
from tests.support.plans import PASSWORD, open_ward


@pytest.fixture
def ward(engine, app):
    """The ward behind the application, whose clock it shares."""
    ward = open_ward(engine)
    browsing.set_clock(app, ward.clock.replace(hour=20))
    return ward


@pytest.fixture
def log_in(app, ward):
    """A browser of one of the cast, logged in."""

    def as_(username):
        ward.account(username)
        client = browsing.browser(app)
        assert browsing.log_in(client, username, password=PASSWORD, tenant=ward.tenant).status_code == 303
        return client

    return as_
