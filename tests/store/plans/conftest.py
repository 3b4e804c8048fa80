from contextlib import contextmanager

import pytest
from sqlalchemy import event


@pytest.fixture
def count_queries(engine):
    """Collects the statements that the engine runs meanwhile."""

    @contextmanager
    def counting():
        seen = []

        def note(_connection, _cursor, statement, *_rest):
            seen.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        yield seen
        event.remove(engine, "before_cursor_execute", note)

    return counting
