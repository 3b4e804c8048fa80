"""Queries that go to the driver as they are, rows that go in by COPY, locks and turns: the same on both databases."""

import os
import threading
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, LargeBinary, MetaData, String, Table, Uuid, bindparam, select, text
from sqlalchemy.exc import DBAPIError

from lrs_bridge.db import AnyOf, Json, Lock, Prepared, UtcDateTime, as_uuid, hold, insert_new, named, read, transact
from lrs_bridge.db import turns as turns_module
from lrs_bridge.db.turns import Turns
from lrs_bridge.errors import Unavailable

NOON = datetime(2026, 3, 4, 12, 0, 0, 7, tzinfo=UTC)
thing = Table(
    "thing",
    MetaData(),
    Column("tenant_id", String, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("name", String),
    Column("at", UtcDateTime),
    Column("more", Json),
    Column("octets", LargeBinary),
)
COLUMNS = ("tenant_id", "id", "name", "at", "more", "octets")


@pytest.fixture
def things(engine):
    transact(engine, thing.create)
    yield engine
    transact(engine, thing.drop)


def row(id=None, name="x", tenant="demo"):
    return (tenant, id or uuid4(), name, NOON, {"a": ["\t", 1.5, None]}, b"\x00\xff\\")


def insert(engine, *rows):
    return transact(engine, lambda session: insert_new(session, thing, COLUMNS, rows))


def stored(engine):
    return read(engine, lambda session: [tuple(each) for each in session.execute(select(thing).order_by(thing.c.id))])


@pytest.mark.parametrize("count", [1, 2, 30])
def test_gives_every_value_back_when_rows_are_new(things, count):
    rows = sorted((row() for _ in range(count)), key=lambda each: each[1].hex)
    assert insert(things, *rows) == [True] * count
    assert stored(things) == rows


def test_tells_which_rows_went_in_when_some_were_there(things):
    first, second, third = row(name="first"), row(), row()
    insert(things, first)
    again = (*first[:2], "another", *first[3:])
    assert insert(things, second, again, third) == [True, False, True]
    assert {each[2] for each in stored(things)} == {"first", "x"}
    assert insert(things, again) == [False]


def test_keeps_rows_of_the_transaction_when_a_later_one_is_there_already(things):
    known = row()
    insert(things, known)

    def work(session):
        insert_new(session, thing, COLUMNS, [row(), row()])
        insert_new(session, thing, COLUMNS, [known, row()])

    transact(things, work)
    assert len(stored(things)) == 4


def test_raises_when_a_row_breaks_another_rule(things):
    nobody = (None, *row()[1:])
    with pytest.raises(DBAPIError):
        insert(things, nobody, row())
    with pytest.raises(DBAPIError):
        insert(things, nobody)
    assert stored(things) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), min_size=2, max_size=4))
def test_gives_any_text_back_when_rows_are_copied(things, names):
    rows = [row(name=name, tenant=f"t{uuid4().hex}") for name in names]
    insert(things, *rows)
    for one in rows:
        (found,) = read(things, lambda s, one=one: s.execute(select(thing.c.name).where(thing.c.id == one[1])).scalars().all())
        assert found == one[2]


def test_finds_any_of_a_list_when_it_is_bound_as_one_value(things):
    ids = [uuid4() for _ in range(5)]
    insert(things, *(row(one, name=f"n{number}") for number, one in enumerate(ids)))
    query = Prepared(select(thing.c.id).where(thing.c.tenant_id == bindparam("tenant"), AnyOf(thing.c.id, "ids")))
    by_name = Prepared(select(thing.c.name).where(AnyOf(thing.c.name, "names")).order_by(thing.c.name))

    def look(session):
        some = [query.all(session, {"tenant": "demo", "ids": wanted}) for wanted in ([], ids[:1], ids[1:4], [uuid4()])]
        return [[as_uuid(one) for (one,) in rows] for rows in some], by_name.all(session, {"names": ["n4", "n1", "%"]})

    found, names = read(things, look)
    assert [sorted(each, key=UUID.__int__) for each in found] == [
        [],
        ids[:1],
        sorted(ids[1:4], key=UUID.__int__),
        [],
    ]
    assert names == [("n1",), ("n4",)]


def test_names_no_values_when_the_driver_refuses_them(things):
    with pytest.raises(DBAPIError) as error:
        read(
            things,
            lambda session: Prepared(text("select nothing from thing where name = :name")).all(session, {"name": "hemmelig"}),
        )
    assert "hemmelig" not in str(error.value)


def held(session):
    rows = session.execute(
        text("select classid, objid, mode from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()")
    )
    return sorted((f"{each.classid:x}:{each.objid:x}", each.mode) for each in rows)


def test_holds_locks_from_the_beginning_and_asks_for_none_twice(engine):
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite's writer holds everything")
    early, late = Lock((7, 9), shared=True), Lock((3,))

    def work(session):
        before = held(session)
        hold(session, early, late)
        return before, held(session)

    before, after = transact(engine, work, locks=[early])
    assert before == [("7:9", "ShareLock")]
    assert after == [("0:3", "ExclusiveLock"), ("7:9", "ShareLock")]
    again, _ = transact(engine, work)
    assert again == []  # the connection's notes of the transaction before are not believed


def test_lets_shared_holders_in_together_and_others_alone(engine):
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite's writer holds everything")
    together = threading.Barrier(2)
    both = [
        threading.Thread(
            target=transact, args=(engine, lambda _s: together.wait(10)), kwargs={"locks": [named("a", shared=True)]}
        )
    ]
    both.append(threading.Thread(target=transact, args=(engine, lambda s: (hold(s, named("a", shared=True)), together.wait(10)))))
    [thread.start() for thread in both]
    [thread.join(20) for thread in both]
    assert not together.broken


def test_lets_one_writer_in_at_a_time_when_there_are_many(tmp_path):
    (tmp_path / "db").touch()
    turns = [Turns(str(tmp_path / "db")), Turns(str(tmp_path / "db"))]  # as in two processes
    inside, most = [], []

    def write(own):
        for _ in range(20):
            with own.one():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=write, args=(turns[number % 2],)) for number in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(most) == 120
    assert set(most) == {1}


def test_gives_the_file_of_turns_to_whoever_owns_the_database(tmp_path):
    database = tmp_path / "db"
    database.touch()
    database.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(database, 65534, 65534)
    with Turns(str(database)).one():
        made = (tmp_path / "db-writer").stat()
    assert (made.st_mode & 0o777, made.st_uid) == (0o640, database.stat().st_uid)


def test_goes_on_without_turns_when_the_file_can_t_be_had(tmp_path):
    (tmp_path / "db").touch()
    (tmp_path / "db-writer").mkdir()
    turns, served = Turns(str(tmp_path / "db")), []
    for number in range(2):
        with turns.one():
            served.append(number)
    assert served == [0, 1]


def test_gives_up_when_another_process_keeps_its_turn(tmp_path, monkeypatch):
    monkeypatch.setattr(turns_module, "MOST_SECONDS", 0.05)
    (tmp_path / "db").touch()
    with Turns(str(tmp_path / "db")).one(), pytest.raises(Unavailable), Turns(str(tmp_path / "db")).one():
        pass


def test_gives_up_when_its_turn_does_not_come(tmp_path, monkeypatch):
    monkeypatch.setattr(turns_module, "MOST_SECONDS", 0.05)
    turns = Turns(str(tmp_path / "db"))
    with turns.one(), pytest.raises(Unavailable), turns.one():
        pass
    with turns.one():
        pass


def test_passes_the_turn_on_when_a_writer_fails(tmp_path):
    for turns in (Turns(str(tmp_path / "db")), Turns(None)):
        with pytest.raises(KeyError), turns.one():
            raise KeyError
        with turns.one():
            pass


def test_goes_on_when_the_connections_in_the_pool_have_broken(engine):
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no server")
    count = Prepared(text("select 1"))
    other = engine.execution_options()
    for begin in (read, transact):
        victim = begin(engine, lambda session: session.execute(text("select pg_backend_pid()")).scalar_one())
        with other.connect() as killer:
            killer.execute(text("select pg_terminate_backend(:pid) where :pid <> pg_backend_pid()"), {"pid": victim})
        assert begin(engine, lambda session: count.all(session, {})) == [(1,)]


def test_keeps_a_connection_and_takes_another_while_that_is_in_use(engine):
    if engine.dialect.name != "postgresql":
        pytest.skip("on SQLite none is kept")
    pid = text("select pg_backend_pid()")

    def own(session):
        return session.execute(pid).scalar_one()

    def nested(session):
        return own(session), read(engine, own)

    first = read(engine, own)
    assert read(engine, own) == first
    outer, inner = read(engine, nested)
    assert outer == first != inner
    assert read(engine, own) == first
    with pytest.raises(KeyError):
        read(engine, lambda session: {}[own(session)])
    assert read(engine, own) != first
    engine.dispose()
    assert read(engine, own) > 0


def test_goes_on_when_more_threads_have_come_and_gone_than_there_are_connections(engine):
    def use():
        pids.append(read(engine, lambda _session: transact(engine, own)))

    def own(session):
        return session.connection.driver_connection is not None

    pids = []
    for _ in range(60):
        thread = threading.Thread(target=use)
        thread.start()
        thread.join(30)
    assert pids == [True] * 60


def test_begins_nothing_on_a_kept_connection_that_outlives_a_read(engine):
    transact(engine, lambda session: session.execute(text("create table counted (n integer)")))
    try:
        for number in range(3):
            transact(engine, lambda session, n=number: session.execute(text("insert into counted values (:n)"), {"n": n}))
            count = read(engine, lambda session: session.execute(text("select count(*) from counted")).scalar_one())
            assert count == number + 1
    finally:
        transact(engine, lambda session: session.execute(text("drop table counted")))


def test_drops_every_kept_connection_when_one_turns_out_to_be_broken(engine):
    if engine.dialect.name != "postgresql":
        pytest.skip("on SQLite none is kept")
    together = threading.Barrier(4)
    threads = [threading.Thread(target=read, args=(engine, lambda _s: together.wait(10))) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join(20) for thread in threads]
    with engine.connect() as killer:
        others = "datname = current_database() and pid <> pg_backend_pid()"
        killer.execute(text(f"select pg_terminate_backend(pid) from pg_stat_activity where {others}"))
    for begin in (read, transact, read):
        assert begin(engine, lambda session: session.execute(text("select 1")).scalar_one()) == 1
