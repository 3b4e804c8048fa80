import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.xapi.relay import delivery
from lrs_bridge.xapi.relay.delivery import MAX_BATCH, Outgoing, begin, body, is_same, without_assigned
from lrs_bridge.xapi.relay.reply import Verdict
from tests.support.statements import KARI, STATEMENT_ID, statement


def outgoing(number, payload=b"{}"):
    return Outgoing(number, UUID(int=number), payload)


def deliver(statements, refused=(), there=()):
    """What is taken and refused, in order, by an LRS that is all or nothing."""
    way = begin(statements)
    taken, bad, calls = [], [], 0
    while way.next:
        calls += 1
        numbers = {one.seq for one in way.next}
        found = Verdict.UNFIT if numbers & set(refused) else Verdict.THERE if numbers & set(there) else Verdict.TAKEN
        settled = way.settle(found)
        taken += [one.seq for one in settled.taken]
        bad += [settled.refused.seq] if settled.refused else []
    return taken, bad, calls


@given(st.integers(0, 130), st.sets(st.integers(0, 130)), st.sets(st.integers(0, 130)))
def test_settles_each_statement_once_in_order_whichever_are_refused(count, refused, there):
    numbers = list(range(count))
    taken, bad, _calls = deliver([outgoing(n) for n in numbers], refused, there)
    assert taken == [n for n in numbers if n not in refused]
    assert bad == [n for n in numbers if n in refused]


def test_finds_one_bad_statement_in_few_calls():
    _taken, bad, calls = deliver([outgoing(n) for n in range(50)], refused={33})
    assert (bad, calls <= 13) == ([33], True)


def test_settles_the_beginning_first():
    way = begin([outgoing(n) for n in range(4)])
    assert way.settle(Verdict.UNFIT) == delivery.Settled()
    assert [one.seq for one in way.next] == [0, 1]


def test_keeps_batches_within_a_number_and_a_size(monkeypatch):
    monkeypatch.setattr(delivery, "MAX_BATCH_BYTES", 10)
    sizes = (4, 4, 4, 30, 1, 9, 1)
    way = begin([outgoing(n, b"x" * size) for n, size in enumerate(sizes)])
    assert [[len(one.payload) for one in group] for group in reversed(way.groups)] == [[4, 4], [4], [30], [1, 9], [1]]
    monkeypatch.undo()
    assert [len(group) for group in reversed(begin([outgoing(n) for n in range(MAX_BATCH + 1)]).groups)] == [MAX_BATCH, 1]
    assert begin([]).next == ()


def test_knows_a_statement_again_when_another_lrs_gives_it_as_its_own():
    stored = {"timestamp": "2026-03-04T10:00:00Z", "stored": "2026-03-04T10:00:01Z"}
    ours = statement(id=STATEMENT_ID, result={"score": {"raw": 1}}, **stored)
    theirs = ours | {"stored": "2026-03-05T10:00:00Z", "timestamp": "2026-03-04T11:00:00+01:00", "authority": KARI}
    sent = outgoing(1, json.dumps(ours).encode())
    assert is_same(sent, json.dumps(theirs | {"result": {"score": {"raw": 1.0}}}).encode())
    assert not is_same(sent, json.dumps(theirs | {"result": {"score": {"raw": 2}}}).encode())
    for wrong in (b"", b"<html>", b"[]", b"1", b"{}", b'{"actor": 1, "verb": 2, "object": 3}'):
        assert not is_same(sent, wrong)


def test_writes_an_array_of_the_very_bytes():
    assert body([outgoing(1, b'{"a": 1.0}'), outgoing(2, b'{"b":1e1}')]) == b'[{"a": 1.0},{"b":1e1}]'


@pytest.mark.parametrize(
    ("payload", "kept"),
    [
        (b'{"id":"1","raw": 1.0e1 ,"stored":"x","authority":{"name":"y"}}', b'{"id":"1","raw":1.0e1}'),
        (b'{"stored":"x"}', b"{}"),
        ('{"å":{"stored":"x"},"stored":1}'.encode(), '{"å":{"stored":"x"}}'.encode()),
    ],
)
def test_cuts_out_what_the_lrs_assigned_and_leaves_the_rest_as_it_stands(payload, kept):
    assert without_assigned(payload) == kept
    assert json.loads(kept) is not None
