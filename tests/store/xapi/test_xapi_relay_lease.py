"""A relay has one holder at a time, however many ask for it at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from lrs_bridge.db import read, transact
from lrs_bridge.people import service as people
from lrs_bridge.settings import Secret
from lrs_bridge.xapi.relay import service
from lrs_bridge.xapi.relay.filter import Filter
from lrs_bridge.xapi.relay.relay import Direction, parse_setup
from lrs_bridge.xapi.relay.reply import Cause, RelayFailed
from lrs_bridge.xapi.relay.running import service as running

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
LENGTH = timedelta(seconds=60)


@pytest.fixture
def relay(engine):
    setup = parse_setup(
        name="There",
        endpoint="https://there.example.no",
        key="k",
        secret="s",
        version="1.0.3",
        filter=Filter(),
        assigned=True,
        stall_minutes="15",
    )

    def work(session):
        people.add_tenant(session, "demo", name="Demo", kind="trust", language="nb")
        more = {"start": "beginning", "master_key": Secret(bytes(32)), "by": "system", "now": NOW}
        return service.add_relay(session, "demo", Direction.FORWARDING, setup, **more)

    return transact(engine, work)


def hold(engine, relay, worker, now=NOW):
    return transact(engine, lambda s: running.hold(s, relay, worker, length=LENGTH, now=now))


def test_is_held_by_one_worker_when_many_ask_at_once(engine, relay):
    barrier = Barrier(6)

    def ask(worker):
        barrier.wait()
        return hold(engine, relay, f"worker {worker}")

    with ThreadPoolExecutor(6) as pool:
        held = [one for one in pool.map(ask, range(6)) if one is not None]
    assert len(held) == 1


def test_goes_to_another_worker_once_the_lease_has_run_out_and_not_before(engine, relay):
    first = hold(engine, relay, "first")
    assert hold(engine, relay, "second", NOW + LENGTH - timedelta(seconds=1)) is None
    transact(engine, lambda s: running.keep_holding(s, first, NOW + LENGTH))
    assert hold(engine, relay, "second", NOW + LENGTH + timedelta(seconds=1)) is None
    assert hold(engine, relay, "second", NOW + 2 * LENGTH) is not None
    with pytest.raises(running.LeaseLost):
        transact(engine, lambda s: running.keep_holding(s, first, NOW + 2 * LENGTH))


def test_is_free_when_its_worker_lets_go_and_taken_from_it_by_an_administrator(engine, relay):
    first = hold(engine, relay, "first")
    transact(engine, lambda s: running.let_go(s, first))
    second = hold(engine, relay, "second")
    assert second is not None
    transact(engine, lambda s: service.pause_relay(s, "demo", relay.relay_id, by="system", now=NOW))
    with pytest.raises(running.LeaseLost):
        transact(engine, lambda s: running.advance(s, second, cursor=7, taken=1, now=NOW))
    assert hold(engine, relay, "third") is None
    assert read(engine, lambda s: service.get_relay(s, "demo", relay.relay_id)).cursor == 0


def test_keeps_nothing_of_a_step_by_a_worker_that_lost_it(engine, relay):
    held = hold(engine, relay, "first")
    hold(engine, relay, "second", NOW + LENGTH)
    steps = (
        lambda s: running.reject(s, held, cursor=5, statement_id="x", reason="no", now=NOW),
        lambda s: running.fail(s, held, RelayFailed("no", cause=Cause.KEY_REFUSED), spread=0, now=NOW),
    )
    for step in steps:
        with pytest.raises(running.LeaseLost):
            transact(engine, step)
    found = read(engine, lambda s: service.standing(s, service.get_relay(s, "demo", relay.relay_id), NOW))
    assert (found.dead_letters, found.relay.cursor, found.relay.failures) == (0, 0, 0)
