"""A thousand users who log in first and then all launch at once, at two worker processes, each into a session of their own."""

import itertools
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import func, select

from lrs_bridge.db import Engine, open_engine, read, transact
from lrs_bridge.lti import tables
from lrs_bridge.people import service as people
from lrs_bridge.settings import Settings
from tests.conftest import DATABASES, empty, make_sqlite, nothing
from tests.support.live import LiveServer
from tests.support.lti.crowd import LOOPBACK, Crowd, Flow, Platform, User, mistaken, names_on, users

TENANT = "sykehus"
FLOWS, LINKS, AT_ONCE = 1000, 20, 96
RACES, COPIES = 50, 4
KEPT = {"lti_session": FLOWS, "lti_used": FLOWS, "lti_member": FLOWS, "lti_link": LINKS}


@dataclass(frozen=True)
class Launched:
    """The tool after the thousand, with what was in its tables then, and the users who have yet to come."""

    engine: Engine
    crowd: Crowd
    flows: list[Flow]
    kept: dict[str, int]
    others: list[User]


def count(engine):
    def work(session):
        return {name: session.scalar(select(func.count()).select_from(tables.metadata.tables[name])) for name in KEPT}

    return read(engine, work)


def database_of(kind, request, folder) -> str:
    if kind == "sqlite":
        return f"sqlite:///{make_sqlite(folder / 'lrs_bridge.sqlite3', nothing)}"
    url = request.getfixturevalue("postgres_database")
    engine = open_engine(url)
    empty(engine)
    engine.dispose()
    return url


@pytest.fixture(scope="module", params=[pytest.param(kind, marks=pytest.mark.xdist_group(f"crowd {kind}")) for kind in DATABASES])
def launched(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("crowd")
    url = database_of(request.param, request, folder)
    server = LiveServer(url, folder, ALLOW_PRIVATE_NETWORKS=LOOPBACK)
    engine = open_engine(url)

    def work(session):
        people.add_tenant(session, TENANT, name="Sykehus", kind="trust", language="en", contact=None)
        platform.register(session, TENANT, Settings.from_environ(server.environ))
        return users(session, TENANT, FLOWS + RACES)

    with Platform() as platform:
        known = transact(engine, work)
        server.start()
        crowd = Crowd(server.url, at_once=AT_ONCE)
        flows = crowd.flows(known[:FLOWS], links=LINKS)
        ready(crowd, flows)
        crowd.each(crowd.enter, flows)
        yield Launched(engine, crowd, flows, count(engine), known[FLOWS:])
        server.stop()
    engine.dispose()


def ready(crowd, flows):
    """All have logged in, and their platform has signed who they are."""
    crowd.each(crowd.begin, flows)
    for flow in flows:
        crowd.sign(flow)


def test_lets_every_user_into_a_session_of_their_own_when_all_launch_at_once(launched):
    assert read(launched.engine, lambda session: mistaken(session, launched.flows)) == []
    assert len({flow.session_id for flow in launched.flows}) == FLOWS


def test_keeps_each_session_link_and_member_once_when_all_launch_at_once(launched):
    assert launched.kept == KEPT


def test_refuses_each_launch_when_it_is_sent_again(launched):
    before = count(launched.engine)
    again = launched.crowd.each(launched.crowd.try_launch, launched.flows)
    assert again == [False] * FLOWS
    assert count(launched.engine) == before


def test_shows_nothing_of_a_session_when_another_user_opens_its_address(launched):
    pairs = list(itertools.pairwise(launched.flows[: AT_ONCE + 1]))
    answers = launched.crowd.each(lambda pair: launched.crowd.trespass(*pair), pairs)
    assert {answer.status for answer in answers} == {401}
    assert set().union(*(names_on(answer.text) for answer in answers)) == set()


def test_lets_one_of_them_in_when_a_launch_is_sent_several_times_at_once(launched):
    flows = launched.crowd.flows(launched.others, links=LINKS)
    ready(launched.crowd, flows)
    copies = [replace(flow) for flow in flows for _ in range(COPIES)]
    let_in = launched.crowd.each(launched.crowd.try_launch, copies)
    assert [sum(let_in[start : start + COPIES]) for start in range(0, len(copies), COPIES)] == [1] * RACES
