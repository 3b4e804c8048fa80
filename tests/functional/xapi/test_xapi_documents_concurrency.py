"""Communication 3.1: documents written by many at once, over HTTP to several processes."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.support.lrs import VERSION, basic, new_key_at
from tests.support.statements import COURSE, KARI

CLIENTS = 8
PARAMETERS = {"activityId": COURSE, "profileId": "teller"}
STATE = {"activityId": COURSE, "agent": json.dumps(KARI), "stateId": "teller"}


@pytest.fixture
def send(live_server, database_url):
    known = VERSION | basic(*new_key_at(database_url))

    def call(method, resource="activities/profile", *, headers=None, params=PARAMETERS, **more):
        url = f"{live_server.url}/xapi/{resource}"
        return requests.request(method, url, params=params, headers=known | (headers or {}), timeout=60, **more)

    return call


def at_once(work, values):
    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(work, values))


def test_lets_exactly_one_win_when_many_expect_the_same(send):
    created = at_once(lambda n: send("PUT", json={"n": n}, headers={"If-None-Match": "*"}).status_code, range(24))
    assert sorted(created) == [204] + [412] * 23
    for _ in range(5):
        tag = send("GET").headers["ETag"]
        answers = at_once(lambda n, tag=tag: send("PUT", json={"m": n}, headers={"If-Match": tag}).status_code, range(100, 116))
        assert sorted(answers) == [204] + [412] * 15
        assert send("PUT", json={"n": 0}, headers={"If-Match": "*"}).status_code == 204
    tag = send("GET").headers["ETag"]
    deleted = at_once(lambda _: send("DELETE", headers={"If-Match": tag}).status_code, range(16))
    assert sorted(deleted) == [204] + [412] * 15
    assert send("GET").status_code == 404


def test_loses_no_count_when_many_count_with_tags(send):
    def count(_):
        while True:
            found = send("GET")
            value = found.json()["count"] if found.status_code == 200 else 0
            condition = {"If-Match": found.headers["ETag"]} if found.status_code == 200 else {"If-None-Match": "*"}
            if send("PUT", json={"count": value + 1}, headers=condition).status_code == 204:
                return

    at_once(count, range(20))
    assert send("GET").json() == {"count": 20}


def test_loses_no_member_when_many_post_at_once(send):
    answers = at_once(lambda n: send("POST", "activities/state", params=STATE, json={str(n): n}).status_code, range(40))
    assert answers == [204] * 40
    assert send("GET", "activities/state", params=STATE).json() == {str(n): n for n in range(40)}


def test_ends_whole_when_writes_and_deletions_of_many_race(send):
    def act(n):
        params = STATE | {"stateId": str(n % 4)}
        many = {name: value for name, value in params.items() if name != "stateId"}
        if n % 5 == 0:
            return send("DELETE", "activities/state", params=many).status_code
        if n % 3 == 0:
            return send("PUT", "activities/state", params=params, json={"n": n}).status_code
        return send("POST", "activities/state", params=params, json={str(n): n}).status_code

    assert set(at_once(act, range(80))) == {204}
