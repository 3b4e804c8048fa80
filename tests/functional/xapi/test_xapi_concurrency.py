"""The same statement sent many times at once, and statements that race with those that void them."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from lrs_bridge.db import open_engine, read
from lrs_bridge.xapi.statements.pages import store
from lrs_bridge.xapi.statements.query import parse_query
from tests.support.lrs import VERSION, basic, new_key_at
from tests.support.statements import OLA, STATEMENT_ID, full_statement, statement, voiding

CLIENTS = 8


@pytest.fixture
def send(live_server, database_url):
    headers = VERSION | basic(*new_key_at(database_url))

    def post(value):
        return requests.post(f"{live_server.url}/xapi/statements", json=value, headers=headers, timeout=60)

    post.headers = headers
    return post


def stored(database_url):
    engine = open_engine(database_url)
    try:
        return read(
            engine, lambda session: store.find_page(session, "demo", parse_query({"limit": "500"}, "demo"), writer=None).found
        )
    finally:
        engine.dispose()


def at_once(send, values):
    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(send, values))


def test_stores_one_statement_when_eight_clients_send_it_fifty_times(send, database_url):
    answers = at_once(send, [full_statement()] * 50)
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, [STATEMENT_ID])] * 50
    assert len(stored(database_url)) == 1


def test_stays_whole_when_conflicts_overlapping_batches_and_voidings_race(send, database_url, live_server):
    one_id = [full_statement(), full_statement() | {"actor": OLA}] * CLIENTS
    answers = [answer.status_code for answer in at_once(send, one_id)]
    assert (answers.count(200), answers.count(409)) == (CLIENTS, CLIENTS)
    assert len(stored(database_url)) == 1

    ids = [f"5f2f2a0e-8f0a-4c55-9ad1-0f6f3f1f{number:04x}" for number in range(16, 56)]
    batches = [
        [statement(id=one) for one in (ids[start:] + ids[:start])[:20][::step]] for start in range(0, 40, 5) for step in (1, -1)
    ]
    assert {answer.status_code for answer in at_once(send, batches)} == {200}
    assert len(stored(database_url)) == 1 + len(ids)

    ids = [f"5f2f2a0e-8f0a-4c55-9ad1-0f6f3f2f{number:04x}" for number in range(16)]
    siri = {"mbox": "mailto:siri@example.no"}
    pairs = [value for one in ids for value in (statement(id=one, actor=siri), voiding(one, actor=OLA))]
    assert {answer.status_code for answer in at_once(send, pairs)} == {200}
    query = {"agent": json.dumps(siri), "limit": "500"}
    answer = requests.get(f"{live_server.url}/xapi/statements", params=query, headers=send.headers, timeout=60)
    found = answer.json()["statements"]
    assert [one["actor"] for one in found] == [OLA] * len(ids)  # Siri's are void, and found by what points at them
