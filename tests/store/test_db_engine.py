"""Transactions, locks and types mean the same on both databases."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text

from lrs_bridge.db import audit, lock, open_engine, read, transact
from lrs_bridge.errors import Unavailable

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def test_keeps_nothing_when_the_work_raises(engine):
    def work(session):
        audit.record(session, "demo", audit.AuditEvent(NOON, "system", "record.sign", "record:1"))
        raise KeyError

    with pytest.raises(KeyError):
        transact(engine, work)
    assert read(engine, lambda session: audit.find(session, "demo")) == []


def test_gives_the_instant_back_in_utc_when_it_came_with_another_offset(engine):
    oslo = datetime(2026, 3, 4, 13, 0, 0, 5, tzinfo=timezone(timedelta(hours=1)))
    event = audit.AuditEvent(oslo, "person:1", "record.sign", "record:1", {"from": "done", "to": "signed"})
    transact(engine, lambda session: audit.record(session, "demo", event))
    (found,) = read(engine, lambda session: audit.find(session, "demo", subject="record:1"))
    assert found == event
    assert found.at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("at", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)])
def test_gives_the_first_and_the_last_instant_back(engine, at):
    transact(engine, lambda session: audit.record(session, "demo", audit.AuditEvent(at, "system", "a.b", "record:1")))
    assert [event.at for event in read(engine, lambda session: audit.find(session, "demo"))] == [at]


def test_names_no_values_when_the_database_refuses_them(engine):
    event = audit.AuditEvent(NOON, "person:hemmelig", "a.b", "record:1")
    with pytest.raises(Exception, match=r"(?i)unique") as error:
        transact(engine, lambda session: audit.record(session, "demo", event, event))
    assert "[parameters" not in str(error.value)


def test_keeps_tenants_apart(engine):
    transact(engine, lambda s: audit.record(s, "demo", audit.AuditEvent(NOON, "system", "a.b", "record:1")))
    assert read(engine, lambda session: audit.find(session, "other")) == []


def test_loses_no_update_when_many_writers_hold_the_same_lock(engine):
    def add_one(session):
        lock(session, "counter")
        count = len(audit.find(session, "demo"))
        audit.record(session, "demo", audit.AuditEvent(NOON, "system", "count", f"n:{count}"))

    threads = [threading.Thread(target=lambda: [transact(engine, add_one) for _ in range(5)]) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    subjects = {event.subject for event in read(engine, lambda session: audit.find(session, "demo"))}
    assert subjects == {f"n:{n}" for n in range(30)}


def test_runs_again_when_the_database_reports_a_deadlock(engine):
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    barrier = threading.Barrier(2)
    runs = []

    def crosswise(first, second):
        def work(session):
            runs.append(first)
            lock(session, first)
            if len(runs) <= 2:
                barrier.wait(10)
            lock(session, second)

        transact(engine, work)

    threads = [threading.Thread(target=crosswise, args=names) for names in (("a", "b"), ("b", "a"))]
    [thread.start() for thread in threads]
    [thread.join(30) for thread in threads]
    assert len(runs) == 3


def test_says_unavailable_when_there_is_no_server():
    engine = open_engine("postgresql://postgres@127.0.0.1:1/none?connect_timeout=1")
    with pytest.raises(Unavailable):
        transact(engine, lambda session: session.execute(text("select 1")))
    with pytest.raises(Unavailable):
        read(engine, lambda session: session.execute(text("select 1")))


def test_passes_programming_errors_on_unchanged(engine):
    with pytest.raises(Exception, match="nowhere"):
        transact(engine, lambda session: session.execute(text("select * from nowhere")))
    with pytest.raises(Exception, match="nowhere"):
        read(engine, lambda session: session.execute(text("select * from nowhere")))
