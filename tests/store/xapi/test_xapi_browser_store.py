"""Searches of the statement browser against the list of all statements, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID, uuid4

import orjson
import pytest

from lrs_bridge.db import read, transact
from lrs_bridge.xapi.browser import store
from lrs_bridge.xapi.browser.agents import value_of
from lrs_bridge.xapi.browser.search import Search, Voided, criteria_of
from lrs_bridge.xapi.credentials import service as credentials
from lrs_bridge.xapi.model.statement import parse_statements
from lrs_bridge.xapi.statements import service
from lrs_bridge.xapi.statements.log import store as log
from tests.support.statements import COMPLETED, COURSE, KARI, OLA, REGISTRATION, statement, voiding

TENANT = "demo"
BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)
PASSED = "http://adlnet.gov/expapi/verbs/passed"
LESSON = f"{COURSE}/1"
INSIDE = {"registration": REGISTRATION, "contextActivities": {"parent": [{"id": COURSE}]}}
GROUP = {"objectType": "Group", "member": [KARI, OLA]}


class NoSink:
    def receive(self, session, completions, *, now) -> None:
        pass

    def retract(self, session, retractions, *, now) -> None:
        pass


@pytest.fixture
def world(engine):
    """Statements of two systems, with all that a search tells apart, in the order in which they were stored."""
    service._sequence.cache_clear()  # earlier tests had later times
    keys = [transact(engine, lambda s, name=name: _credential(s, name)) for name in ("Kursbyggeren", "Læringsportalen")]
    values = []
    actors, verbs = [KARI, OLA, GROUP], [COMPLETED, PASSED]
    abouts = [({"id": COURSE}, None), ({"id": LESSON}, INSIDE), ({"id": LESSON}, None)]
    for number, (actor, verb, (about, context)) in enumerate(product(actors, verbs, abouts)):
        value = statement(id=str(uuid4()), actor=actor, verb={"id": verb}, object=about, context=context)
        values.append((keys[number % 2], value))
    values += [(keys[0], voiding(values[n][1]["id"], id=str(uuid4()))) for n in (1, 6)]
    for number, (key, value) in enumerate(values):
        at = BEGAN + timedelta(hours=3 * number)
        batch = parse_statements(orjson.dumps(value), max_bytes=100_000)
        transact(
            engine,
            lambda s, key=key, batch=batch, at=at: service.store_statements(
                s, batch, credential=key, home_page="https://lrs.example.no", now=at, sink=NoSink()
            ),
        )
    return World(engine, keys, values)


def _credential(session, name):
    key, _ = credentials.create_credential(session, tenant=TENANT, name=name, scopes=["all"], now=BEGAN)
    return next(one for one in credentials.list_credentials(session, TENANT) if one.key == key)


class World:
    def __init__(self, engine, keys, values) -> None:
        self.engine, self.keys, self.values = engine, keys, values

    def found(self, criteria, *, limit=100, ascending=False, tenant=TENANT):
        return read(self.engine, lambda s: store.find_numbers(s, tenant, criteria, limit=limit, ascending=ascending))

    def ids(self, numbers):
        stored = read(self.engine, lambda s: store.find_by_numbers(s, TENANT, numbers))
        return [str(one.statement_id) for one in stored]

    def walk(self, search, *, ascending, limit, **meant):
        """All that a search finds, page by page, and how many pages that took."""
        numbers, pages = [], 0
        while True:
            pages += 1
            page = self.found(criteria_of(search, **meant), limit=limit, ascending=ascending)
            numbers += page.found
            last = page.found[-1] if len(page.found) == limit else page.stopped_at
            if last is None:
                return numbers, pages
            search = replace(search, after=last) if ascending else replace(search, before=last)

    def naive(self, fits):
        return [value["id"] for key, value in reversed(self.values) if fits(key, value)]


def _speaks_of(agent):
    return lambda _key, value: value["actor"] == agent or agent in value["actor"].get("member", ())


def _is_voided(world):
    targets = {value["object"]["id"] for _, value in world.values if value["object"].get("objectType") == "StatementRef"}
    return lambda _key, value: value["id"] in targets


QUESTIONS = {
    "all": (Search(), {}, lambda _w: lambda _k, _v: True),
    "a person": (Search(), {"agents": [KARI]}, lambda _w: _speaks_of(KARI)),
    "two persons": (Search(), {"agents": [KARI, OLA]}, lambda _w: lambda _k, _v: True),
    "a course": (Search(), {"courses": [COURSE]}, lambda _w: lambda _k, v: v["object"]["id"] == COURSE),
    "a course, inside it": (
        Search(inside=True),
        {"courses": [COURSE]},
        lambda _w: lambda _k, v: v["object"]["id"] == COURSE or v.get("context") == INSIDE,
    ),
    "a verb": (Search(verb=PASSED), {}, lambda _w: lambda _k, v: v["verb"]["id"] == PASSED),
    "an attempt": (Search(registration=UUID(REGISTRATION)), {}, lambda _w: lambda _k, v: v.get("context") == INSIDE),
    "withdrawn": (Search(voided=Voided.YES), {}, _is_voided),
    "a verb, not withdrawn": (
        Search(verb=COMPLETED, voided=Voided.NO),
        {},
        lambda w: lambda k, v: v["verb"]["id"] == COMPLETED and not _is_voided(w)(k, v),
    ),
    "a person's course": (
        Search(),
        {"agents": [OLA], "courses": [LESSON]},
        lambda _w: lambda k, v: _speaks_of(OLA)(k, v) and v["object"]["id"] == LESSON,
    ),
    "a person's verb inside a course": (
        Search(verb=COMPLETED, inside=True, registration=UUID(REGISTRATION)),
        {"agents": [KARI], "courses": [COURSE]},
        lambda _w: lambda k, v: _speaks_of(KARI)(k, v) and v["verb"]["id"] == COMPLETED and v.get("context") == INSIDE,
    ),
    "nothing": (Search(verb=COMPLETED), {"courses": ["https://example.no/none"]}, lambda _w: lambda _k, _v: False),
    "hopeless": (Search(verb="danced"), {}, lambda _w: lambda _k, _v: False),
}


@pytest.mark.parametrize("looked_at", [3, 10_000])
@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("name", QUESTIONS)
def test_finds_page_by_page_what_a_look_at_each_statement_finds(world, monkeypatch, name, ascending, looked_at):
    monkeypatch.setattr(store, "MOST_LOOKED_AT", looked_at)
    search, meant, fits = QUESTIONS[name]
    values = {"agents": None, "courses": None} | meant
    if values["agents"]:
        values["agents"] = [value_of({k: v for k, v in one.items() if k in ("mbox", "account")}) for one in values["agents"]]
    numbers, _ = world.walk(search, ascending=ascending, limit=4, **values)
    assert numbers == sorted(set(numbers), reverse=not ascending)
    assert world.ids(numbers) == world.naive(fits(world))


def test_finds_what_one_system_reported_looking_at_some_at_a_time(world, monkeypatch):
    key = world.keys[1]
    monkeypatch.setattr(store, "MOST_LOOKED_AT", 5)
    numbers, pages = world.walk(Search(source=key.key), ascending=False, limit=100, agents=None, courses=None)
    assert world.ids(numbers) == world.naive(lambda by, _value: by == key)
    assert pages == len(world.values) // 5 + 1


def test_says_where_it_broke_off_when_nothing_fits(world, monkeypatch):
    monkeypatch.setattr(store, "MOST_LOOKED_AT", 5)
    page = world.found(criteria_of(Search(source="other"), agents=None, courses=None))
    assert page.found == ()
    assert world.ids([page.stopped_at]) == [world.values[-5][1]["id"]]


def test_keeps_to_the_days_asked_for(world):
    first, second = BEGAN.date(), BEGAN.date() + timedelta(days=1)
    search = Search(since=second, until=second)
    page = world.found(criteria_of(search, agents=None, courses=None))
    assert len(page.found) == 8
    assert world.found(criteria_of(Search(until=first), agents=None, courses=None)).found[0] < page.found[-1]


def test_finds_nothing_in_another_tenant(world):
    meant = {"agents": [value_of({"mbox": KARI["mbox"]})], "courses": None}
    assert world.found(criteria_of(Search(), **meant), tenant="other").found == ()
    assert world.found(criteria_of(Search(), agents=None, courses=None), tenant="other").found == ()


def test_shows_fewer_statements_around_one_when_they_are_large(world, monkeypatch):
    monkeypatch.setattr(log, "MOST_BYTES", 1)
    ids = [value["id"] for _, value in world.values if value.get("context") == INSIDE]
    third = read(world.engine, lambda s: store.find_one(s, TENANT, UUID(ids[2])))
    around = read(world.engine, lambda s: store.find_attempt(s, TENANT, UUID(REGISTRATION), third.seq, 20))
    assert [str(one.statement_id) for one in around] == ids[2:4]


def test_looks_around_a_statement_in_its_attempt(world):
    ids = [value["id"] for _, value in world.values if value.get("context") == INSIDE]
    third = read(world.engine, lambda s: store.find_one(s, TENANT, UUID(ids[2])))
    around = read(world.engine, lambda s: store.find_attempt(s, TENANT, UUID(REGISTRATION), third.seq, 2))
    assert [str(one.statement_id) for one in around] == ids[1:5]
    voiding_ids = [value["id"] for _, value in world.values[-2:]]
    target = UUID(world.values[1][1]["id"])
    (pointing,) = read(world.engine, lambda s: store.find_pointing_at(s, TENANT, target, 5))
    assert str(pointing.statement_id) == voiding_ids[0]
    assert (pointing.voids, pointing.target_id) == (True, target)
    assert read(world.engine, lambda s: store.find_one(s, "other", target)) is None
