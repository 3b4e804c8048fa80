"""Many users who log in first and then all launch at once, at two worker processes, each into a session of their own."""

from dataclasses import replace
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from lrs_bridge.db import read, transact
from lrs_bridge.lti import tables
from lrs_bridge.people import service as people
from lrs_bridge.settings import Settings
from tests.support.live import LiveServer
from tests.support.lti.crowd import LOOPBACK, Crowd, Platform, mistaken, names_on, users

TENANT = "sykehus"
AT_ONCE, LINKS, COPIES = 96, 20, 4


@pytest.fixture
def crowd(database_url, engine, tmp_path):
    """A crowd at a live server that knows its platform."""
    server = LiveServer(database_url, tmp_path, ALLOW_PRIVATE_NETWORKS=LOOPBACK)

    def work(session):
        people.add_tenant(session, TENANT, name="Sykehus", kind="trust", language="en", contact=None)
        platform.register(session, TENANT, Settings.from_environ(server.environ))

    with Platform() as platform:
        transact(engine, work)
        server.start()
        yield Crowd(server.url, at_once=AT_ONCE)
        server.stop()


def logged_in(crowd, engine, count):
    """So many users' ways in: they all have logged in, and their platform has signed who they are."""
    known = transact(engine, lambda session: users(session, TENANT, count))
    flows = crowd.flows(known, links=LINKS)
    crowd.each(crowd.begin, flows)
    for flow in flows:
        crowd.sign(flow)
    return flows


def counts(engine):
    kept = (tables.session, tables.used, tables.member, tables.link)
    return read(engine, lambda session: [session.scalar(select(func.count()).select_from(table)) for table in kept])


def test_lets_each_user_once_into_their_own_session_when_a_thousand_launch_at_once(crowd, engine):
    flows = logged_in(crowd, engine, 1000)
    crowd.each(crowd.enter, flows)
    assert read(engine, lambda session: mistaken(session, flows)) == []
    assert len({flow.session_id for flow in flows}) == 1000
    assert counts(engine) == [1000, 1000, 1000, LINKS]
    assert crowd.each(crowd.try_launch, flows) == [False] * 1000
    assert counts(engine) == [1000, 1000, 1000, LINKS]


def test_lets_one_of_them_in_when_each_launch_is_sent_several_times_at_once(crowd, engine):
    flows = logged_in(crowd, engine, 60)
    copies = [replace(flow) for flow in flows for _ in range(COPIES)]
    let_in = crowd.each(crowd.try_launch, copies)
    assert [sum(let_in[start : start + COPIES]) for start in range(0, len(copies), COPIES)] == [1] * 60


def test_shows_nothing_of_a_session_when_another_user_opens_its_address(crowd, engine):
    flows = logged_in(crowd, engine, 21)
    crowd.each(crowd.enter, flows)
    answers = crowd.each(lambda pair: crowd.trespass(*pair), list(pairwise(flows)))
    assert [answer.status for answer in answers] == [401] * 20
    assert [names_on(answer.text) for answer in answers] == [set()] * 20
