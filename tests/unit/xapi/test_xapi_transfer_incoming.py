"""A statement of another LRS, read by the rules of the door."""

from datetime import UTC, datetime

import orjson
import pytest

from lrs_bridge.errors import Invalid
from lrs_bridge.xapi.credentials.credential import Credential, Scope
from lrs_bridge.xapi.transfer.incoming import (
    Fate,
    Incoming,
    Refusal,
    erased,
    read_piece,
    require_same_tenant,
)
from lrs_bridge.xapi.transfer.splitting import Piece
from tests.support.statements import KARI, STATEMENT_ID, statement

KEY = Credential("demo", "demo.lms", "Portalen", frozenset({Scope.ALL}), datetime(2026, 1, 1, tzinfo=UTC))


def read(value, **more):
    raw = value if isinstance(value, bytes) else orjson.dumps(value)
    return read_piece(Piece(7, 3, raw), **({"max_bytes": 10_000} | more))


def test_says_where_and_by_which_rule_when_a_statement_is_refused():
    told = read(statement(verb={"id": "completed"}))
    assert isinstance(told, Refusal)
    assert (told.line, told.number, told.fate, told.field) == (3, 7, Fate.INVALID, "verb.id")
    assert told.rule
    assert orjson.loads(told.as_json())["fate"] == "invalid"


@pytest.mark.parametrize(
    "raw", [b"", b"nonsense", b"[]", b"{}", b"\xff", orjson.dumps(statement(result={"response": "x" * 9999}))]
)
def test_refuses_what_is_no_statement(raw):
    assert isinstance(read(raw), Refusal)


def test_takes_the_other_lrss_time_of_storing_when_a_statement_has_no_timestamp():
    stored = {"stored": "2020-01-02T03:04:05.678Z"}
    dated = read(orjson.dumps(statement(**stored, id=STATEMENT_ID)) + b" \n")
    assert isinstance(dated, Incoming)
    assert dated.statement.value["timestamp"] == stored["stored"]
    assert orjson.loads(dated.statement.raw) == dated.statement.value
    own = read(statement(**stored, timestamp="2019-01-01T00:00:00Z"))
    assert own.statement.value["timestamp"] == "2019-01-01T00:00:00Z"
    assert "timestamp" not in read(statement()).statement.value


def test_reads_a_statement_by_the_rules_of_its_own_version():
    agents = {"contextAgents": [{"objectType": "contextAgent", "agent": KARI}]}
    assert isinstance(read(statement(context=agents, version="2.0.0")), Incoming)
    assert isinstance(read(statement(context=agents, version="1.0.3")), Refusal)
    assert isinstance(read(statement(context=agents)), Refusal)
    assert isinstance(read(statement(version=2)), Refusal)
    assert isinstance(read(b"[" * 100_000), Refusal)


def test_tells_of_a_statement_that_only_storing_refuses():
    one = read(statement(id=STATEMENT_ID))
    told = one.refused(Fate.ERASED, erased(one.statement.id))
    assert (told.line, told.number, str(told.id), told.fate) == (3, 7, STATEMENT_ID, Fate.ERASED)
    assert STATEMENT_ID in told.message


def test_refuses_another_tenants_key():
    require_same_tenant(KEY, "demo")
    with pytest.raises(Invalid):
        require_same_tenant(KEY, "other")
