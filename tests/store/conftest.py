"""Databases that begin empty."""

import pytest

from lrs_bridge.db import open_engine
from tests.support.databases import empty_database


@pytest.fixture(params=["sqlite", "postgresql"])
def open_new(request, tmp_path):
    """Opens one new database after the other, of the same kind, without tables."""
    opened = []

    def make():
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        opened.append(open_engine(empty_database(request.param, folder)))
        return opened[-1]

    yield make
    for engine in opened:
        engine.dispose()
