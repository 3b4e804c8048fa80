"""Documents that several clients write at once, over HTTP: one wins, and no change is lost without its sender knowing."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier

import pytest
import requests

from tests.support.databases import served
from tests.support.lrs import VERSION, basic, new_key_at
from tests.support.statements import COURSE, KARI

CLIENTS = 8
ROUNDS = 6
AGENT = json.dumps(KARI)
KINDS = {
    "activities/state": {"activityId": COURSE, "agent": AGENT, "stateId": "bokmerke"},
    "activities/profile": {"activityId": COURSE, "profileId": "bokmerke"},
    "agents/profile": {"agent": AGENT, "profileId": "bokmerke"},
}


TENANTS = count()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request, tmp_path_factory):
    with served(request.param, tmp_path_factory.mktemp("race")) as server:  # with two workers
        yield server


@pytest.fixture
def call(server):
    headers = VERSION | basic(*new_key_at(server.database_url, tenant=f"race-{next(TENANTS)}"))

    def ask(method, kind, value=None, **conditions):
        content = {} if value is None else {"Content-Type": "application/json"}
        more = {name.replace("_", "-"): said for name, said in conditions.items()}
        body = None if value is None else json.dumps(value)
        address = f"{server.url}/xapi/{kind}"
        return requests.request(method, address, params=KINDS[kind], data=body, headers=headers | content | more, timeout=60)

    return ask


def at_once(ask):
    """What each client was answered, all asking at the same time."""
    together = Barrier(CLIENTS)

    def client(number):
        together.wait(60)
        return ask(number)

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(client, range(CLIENTS)))


@pytest.mark.parametrize("kind", KINDS)
def test_lets_one_client_create_a_document_when_all_say_there_is_none(call, kind):
    answers = at_once(lambda number: call("PUT", kind, {"client": number}, If_None_Match="*"))
    assert Counter(answer.status_code for answer in answers) == {204: 1, 412: CLIENTS - 1}
    winner = next(number for number, answer in enumerate(answers) if answer.status_code == 204)
    assert call("GET", kind).json() == {"client": winner}


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("kind", KINDS)
def test_lets_one_client_win_when_all_have_the_same_etag(call, kind, method):
    assert call("PUT", kind, {"round": 0}, If_None_Match="*").status_code == 204
    for turn in range(1, ROUNDS):
        etag = call("GET", kind).headers["ETag"]
        answers = at_once(lambda number, etag=etag, turn=turn: call(method, kind, {"by": number, "round": turn}, If_Match=etag))
        assert Counter(answer.status_code for answer in answers) == {204: 1, 412: CLIENTS - 1}
        winner = next(number for number, answer in enumerate(answers) if answer.status_code == 204)
        assert call("GET", kind).json() == {"by": winner, "round": turn}


@pytest.mark.parametrize("kind", KINDS)
def test_lets_one_client_delete_or_change_when_all_have_the_same_etag(call, kind):
    assert call("PUT", kind, {"round": 0}, If_None_Match="*").status_code == 204
    etag = call("GET", kind).headers["ETag"]

    def ask(number):
        return call("DELETE", kind, If_Match=etag) if number % 2 else call("PUT", kind, {"by": number}, If_Match=etag)

    answers = at_once(ask)
    assert Counter(answer.status_code for answer in answers) == {204: 1, 412: CLIENTS - 1}
    winner = next(number for number, answer in enumerate(answers) if answer.status_code == 204)
    assert call("GET", kind).status_code == (404 if winner % 2 else 200)
