"""Statements that arrive while others are erased: nothing comes back, nothing points at nothing, nobody is told a wrong thing."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import event, select

from lrs_bridge.db import metadata
from lrs_bridge.errors import Conflict
from lrs_bridge.plans.holds.service import RecordHold
from lrs_bridge.plans.record import Event, State
from lrs_bridge.settings import Secret
from lrs_bridge.xapi.relay import service as relays
from lrs_bridge.xapi.relay.filter import Filter
from lrs_bridge.xapi.relay.relay import Direction, parse_setup
from lrs_bridge.xapi.relay.running import service as running
from lrs_bridge.xapi.retention import service as retention
from lrs_bridge.xapi.retention import store
from tests.support.custody import EXPERIENCED, open_custody
from tests.support.plans import DRUGS_IRI, START, TENANT
from tests.support.statements import KARI, OLA, statement, voiding

PROGRESS = {"id": EXPERIENCED}


@pytest.fixture
def custody(engine, monkeypatch):
    monkeypatch.setattr(store, "BATCH", 5)
    custody = open_custody(engine)
    custody.erases_agent({"mbox": "mailto:nobody@example.no"})  # the tenant has erased, and every worker knows it
    retention._NEVER_ERASED.clear()
    return custody


class Interrupted(RecordHold):
    """Lets something else happen between the look at what is held and the erasure, if locks let it."""

    def __init__(self, sink, meanwhile):
        super().__init__(sink)
        self.meanwhile, self.pool, self.begun = meanwhile, ThreadPoolExecutor(1), None

    def held(self, session, tenant, source, ids, **more):
        found = super().held(session, tenant, source, ids, **more)
        if self.begun is None:
            self.begun = self.pool.submit(self.meanwhile)
            with suppress(TimeoutError):  # it waits for the erasure, as it should
                self.begun.result(timeout=1)
        return found


def erases_while(custody, meanwhile):
    """The tally of an erasure, and what the other thing came to."""
    hold = Interrupted(custody.sink, meanwhile)
    rule = retention.rule_of_agent(orjson.dumps(KARI).decode(), actor="operator")
    with hold.pool:
        return retention.carry_out(replace(custody.sweep(START), hold=hold), TENANT, rule), hold.begun.result()


def tombstones(custody):
    return set(custody.read(lambda s: s.scalars(select(metadata.tables["statement_tombstone"].c.statement_id)).all()))


def test_lets_nothing_come_back_when_statements_are_sent_again_while_they_are_erased(custody):
    values = [statement(id=str(uuid4()), verb=PROGRESS) for _ in range(40)]
    custody.sends(*values)

    def send_again(value) -> bool:
        try:
            custody.sends(value)
        except Conflict as error:
            return "was erased" in error.message
        return True  # it was there still, and the same

    with ThreadPoolExecutor(4) as pool:
        erasing = pool.submit(custody.erases_agent, KARI)
        answers = list(pool.map(send_again, values * 3))
        assert erasing.result().erased == 40
    assert all(answers)
    assert custody.stored() == set()
    assert len(tombstones(custody)) == 40


def test_lets_nothing_point_at_what_is_gone_when_pointers_arrive_meanwhile(custody):
    ids = custody.sends(*(statement(id=str(uuid4()), verb=PROGRESS) for _ in range(40)))
    with ThreadPoolExecutor(4) as pool:
        erasing = pool.submit(custody.erases_agent, KARI)
        pointing = list(pool.map(lambda each: custody.sends(voiding(str(each), actor=OLA))[0], ids))
        assert erasing.result().erased == 40
    assert custody.stored() == set(pointing)
    assert custody.count("statement_target") == 0


@pytest.fixture
def refused(custody):
    """Notes that another LRS refused a statement, whose id somebody spelt in capitals; what is noted is in its ``letters``."""
    terms = {"key": "k", "secret": "s", "version": "1.0.3", "filter": Filter(), "assigned": True, "stall_minutes": "15"}
    setup = parse_setup(name="There", endpoint="https://there.example.no", **terms)
    more = {"start": "beginning", "master_key": Secret(bytes(32)), "by": "system", "now": START}
    relay = custody.write(lambda s: relays.add_relay(s, TENANT, Direction.FORWARDING, setup, **more))
    held = custody.write(lambda s: running.hold(s, relay, "worker", length=timedelta(seconds=60), now=START))

    def note(statement_id):
        named = str(statement_id).upper()
        custody.write(lambda s: running.reject(s, held, cursor=1, statement_id=named, reason="400: Kari", now=START))

    note.letters = lambda: custody.read(lambda s: relays.dead_letters(s, relay))
    return note


def test_notes_no_refusal_of_a_statement_when_it_is_erased_meanwhile(custody, refused):
    (gone,) = custody.sends(statement(id=str(uuid4()), verb=PROGRESS))
    with amid_an_erasure(custody, lambda: refused(gone)):
        assert custody.erases_agent(KARI).erased == 1
    assert refused.letters() == []


def test_forgets_the_refusal_of_a_statement_that_is_erased(custody, refused):
    gone, left = custody.sends(*(statement(id=str(uuid4()), verb=PROGRESS, actor=actor) for actor in (KARI, OLA)))
    refused(gone)
    refused(left)
    custody.erases_agent(KARI)
    assert [letter.statement_id for letter in refused.letters()] == [str(left).upper()]


def test_erases_once_when_two_runs_go_through_the_same_statements(custody):
    custody.sends(*(statement(id=str(uuid4()), verb=PROGRESS) for _ in range(60)))
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(custody.erases_agent, KARI) for _ in range(2)]
        assert sum(run.result().erased for run in runs) == 60
    assert len(tombstones(custody)) == 60


@contextmanager
def amid_an_erasure(custody, meanwhile):
    """Does something in another thread once an erasure has come to the statements themselves; gives where it will be."""
    begun = []

    def begin(_connection, _cursor, text, *_):
        if text.startswith("DELETE FROM statement WHERE") and not begun:
            begun.append(pool.submit(meanwhile))
            with suppress(TimeoutError):  # it waits for the erasure, as it should
                begun[0].result(timeout=1)

    event.listen(custody.engine, "before_cursor_execute", begin)
    with ThreadPoolExecutor(1) as pool:
        yield begun
        begun[0].result()


def test_lets_a_pointer_wait_when_it_arrives_amid_an_erasure(custody):
    [gone] = custody.sends(statement(id=str(uuid4()), verb=PROGRESS))
    with amid_an_erasure(custody, lambda: custody.sends(voiding(str(gone), actor=OLA))) as begun:
        assert custody.erases_agent(KARI).erased == 1
    assert custody.stored() == set(begun[0].result())


def test_keeps_or_erases_wholly_when_a_record_is_sent_for_signing_meanwhile(engine):
    custody = open_custody(engine)
    passed = {"completion": True, "success": True, "score": {"scaled": 0.9}}
    [evidence] = custody.sends(statement(object={"id": DRUGS_IRI}, result=passed))
    record = custody.ward.record(custody.ward.drugs)
    custody.ward.apply(record.record_id, Event.RECALL, actor=custody.ward.kari, role="resident")

    def send():
        try:
            custody.ward.send(custody.ward.drugs)
        except Conflict:
            return False
        return True

    tally, was_sent = erases_while(custody, send)
    state = custody.ward.record(custody.ward.drugs).state
    assert (evidence in custody.stored()) == (state is State.SENT) == was_sent
    assert tally.held.total() == int(was_sent)
    assert custody.count("record_evidence") == int(was_sent)
