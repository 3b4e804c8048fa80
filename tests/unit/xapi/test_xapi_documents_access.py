"""Communication 4.2: which scopes open the agents and activities resources, and whose words count."""

from datetime import UTC, datetime

import pytest

from lrs_bridge.errors import Forbidden
from lrs_bridge.xapi.credentials.credential import Credential, Scope
from lrs_bridge.xapi.documents import access


def key(scope):
    return Credential("demo", "demo.lms", "Læringsportalen", frozenset({scope}), datetime(2026, 3, 4, tzinfo=UTC))


@pytest.mark.parametrize(
    ("scope", "reads", "all_statements", "links", "defines"),
    [
        (Scope.WRITE, False, False, False, False),
        (Scope.READ_MINE, True, False, False, False),
        (Scope.READ, True, True, False, False),
        (Scope.STATE, True, False, False, False),
        (Scope.DEFINE, False, False, False, True),
        (Scope.PROFILE, True, False, False, False),
        (Scope.ALL_READ, True, True, True, False),
        (Scope.ALL, True, True, True, True),
    ],
)
def test_opens_what_the_scope_is_for(scope, reads, all_statements, links, defines):
    if reads:
        access.require_reader(key(scope))
    else:
        with pytest.raises(Forbidden):
            access.require_reader(key(scope))
    found = access.reads_all_statements(key(scope)), access.reads_links(key(scope)), access.defines(key(scope))
    assert found == (all_statements, links, defines)
