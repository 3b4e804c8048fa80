import pytest

from tests.support.odd_lrs import odd_lrs
from tests.support.relays import Site, twin_installation


@pytest.fixture
def here(database_url, tmp_path):
    """The installation that forwards and pulls."""
    site = Site(database_url, tmp_path)
    yield site
    site.close()


@pytest.fixture
def there():
    """An LRS that answers as the test wants."""
    with odd_lrs() as lrs:
        yield lrs


@pytest.fixture
def twin(sqlite_template, tmp_path):
    """A second installation."""
    with twin_installation(sqlite_template, tmp_path / "twin") as server:
        yield server
