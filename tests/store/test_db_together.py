"""Writes that meet go together, and each gets its own answer, whatever becomes of the others."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from lrs_bridge.db import Together, read, transact, write_at_once
from lrs_bridge.db.together import MOST


@pytest.fixture
def numbers(engine):
    """A table of numbers, with what writes them and how many went each time."""

    class Numbers:
        def __init__(self):
            self.together = Together(self.write)
            self.went = []
            self.holding = threading.Event()
            self.go_on = threading.Event()
            self.go_on.set()

        def write(self, session, new):
            self.went.append(len(new))
            self.holding.set()
            assert self.go_on.wait(30)
            marks = ", ".join(f"({number})" for number in new)
            session.execute(text(f"insert into number_kept (number) values {marks}"))
            return [number * 10 for number in new]

        def keep(self, number):
            return self.together.keep(engine, number)

        def waiting(self):
            return len(self.together._waiting)

        def kept(self):
            return read(engine, lambda s: [n for (n,) in s.execute(text("select number from number_kept order by number"))])

    transact(engine, lambda s: s.execute(text("create table number_kept (number integer primary key check (number > 0))")))
    yield Numbers()
    transact(engine, lambda s: s.execute(text("drop table number_kept")))


def meet(numbers, first, others):
    """What each gets when the others come while the first one is being written."""
    numbers.go_on.clear()
    with ThreadPoolExecutor(1 + len(others)) as pool:
        leading = pool.submit(numbers.keep, first)
        assert numbers.holding.wait(30)
        following = [pool.submit(numbers.keep, number) for number in others]
        while numbers.waiting() < len(others):
            threading.Event().wait(0.005)
        numbers.go_on.set()
        return [future.exception() or future.result() for future in (leading, *following)]


def test_keeps_one_by_itself(numbers):
    assert numbers.keep(3) == 30
    assert numbers.kept() == [3]


def test_keeps_together_what_comes_during_a_write(numbers):
    assert meet(numbers, 1, [2, 3, 4]) == [10, 20, 30, 40]
    assert numbers.went == [1, 3]
    assert numbers.kept() == [1, 2, 3, 4]


def test_keeps_no_more_together_than_a_statement_should_hold(numbers):
    others = list(range(2, MOST + 5))
    assert meet(numbers, 1, others) == [number * 10 for number in (1, *others)]
    assert numbers.went == [1, MOST, 3]


def test_lets_nobody_pay_for_anothers_mistake(numbers):
    one, two, bad, three = meet(numbers, 1, [2, -1, 3])
    assert (one, two, three) == (10, 20, 30)
    assert "number_kept" in str(bad)
    assert numbers.kept() == [1, 2, 3]


def test_goes_on_after_the_one_in_front_has_failed(numbers):
    bad, two = meet(numbers, -1, [2])
    assert "number_kept" in str(bad)
    assert two == 20
    assert numbers.keep(3) == 30
    assert numbers.kept() == [2, 3]


def test_loses_nothing_of_what_many_keep(numbers, engine):
    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(numbers.keep, range(1, 301))) == [number * 10 for number in range(1, 301)]
    assert numbers.kept() == list(range(1, 301))
    assert write_at_once(engine, lambda session: session.execute(text("select count(*) from number_kept")).scalar_one()) == 300


def test_begins_again_after_a_time_in_which_nothing_came(numbers, monkeypatch):
    monkeypatch.setattr("lrs_bridge.db.together.LINGER_SECONDS", 0.01)
    assert numbers.keep(1) == 10
    while any(thread.name == "together" for thread in threading.enumerate()):
        threading.Event().wait(0.005)
    assert numbers.keep(2) == 20
    assert numbers.kept() == [1, 2]


def test_asks_for_a_thread_again_where_none_could_start(numbers, monkeypatch):
    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="can't start"):
            numbers.keep(1)
    assert numbers.keep(2) == 20
    assert 2 in numbers.kept()
