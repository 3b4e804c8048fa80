"""What goes wrong in a server room, done to real processes under load.

No accepted statement is lost, none doubled, and every client is told to try again.
"""

import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import pytest
import requests
from sqlalchemy import text

from lrs_bridge.db import open_engine
from tests.support.databases import new_database
from tests.support.live import LiveServer
from tests.support.load import Load, check, stored_ids
from tests.support.lrs import VERSION, basic, new_key_at
from tests.support.postgres import Cluster, install
from tests.support.statements import OLA, statement

FAKETIME = "/usr/lib/*/faketime/libfaketimeMT.so.1"


class OwnCluster(Cluster):
    """A durable PostgreSQL cluster that a test may stop, start again and take the disk from."""

    def resume(self) -> None:
        self._run("pg_ctl", "-D", self.root / "data", "-l", self.root / "log", "-w", "restart")  # with the options of before


@pytest.fixture(scope="module")
def cluster():
    cluster = OwnCluster(durable=True).start()
    yield cluster
    cluster.remove()


@contextmanager
def serving(database_url, folder, **more):
    folder.mkdir(exist_ok=True)
    server = LiveServer(database_url, folder, **more)
    server.start()
    try:
        yield server
    finally:
        server.stop()


# --- PostgreSQL restarted ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_loses_nothing_when_postgresql_is_restarted_under_load(cluster, tmp_path, mode):
    url = new_database("postgresql", tmp_path, cluster.url)
    key = new_key_at(url)
    with serving(url, tmp_path / "node") as server:
        with Load(server.url, key) as load:
            load.wait_for_more(100)
            for _ in range(2):
                cluster.stop(mode)
                load.wait_for(lambda load: load.answers[503] > 8)
                cluster.resume()
                load.wait_for_more(100)
                load.answers[503] = 0
        assert load.broken == 0  # the service itself was there all the time
        check(load, stored_ids(server.url, key))


# --- the service killed ------------------------------------------------------------------------------------------------------


def workers(server) -> list[int]:
    """The processes that the server has started to serve."""
    children = Path(f"/proc/{server.running.pid}/task/{server.running.pid}/children").read_text().split()
    return [int(child) for child in children if b"granian" in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_loses_nothing_when_workers_and_then_the_server_are_killed_under_load(database_url, tmp_path):
    key = new_key_at(database_url)
    server = LiveServer(database_url, tmp_path)
    server.start()
    with Load(server.url, key) as load:
        load.wait_for_more(100)
        for worker in workers(server)[-2:]:
            os.kill(worker, signal.SIGKILL)
            load.wait_for_more(50)
        server.kill()
        time.sleep(0.5)
        server.start()
        load.wait_for_more(100)
    check(load, stored_ids(server.url, key))
    server.stop()


# --- disk full ---------------------------------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder, size):
    """A file system of its own with so many MiB; gives a function that makes it larger."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system to fill")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}m,mode=0777", "lrs-bridge-test", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let its root mount a small file system to fill")
    try:
        yield lambda size: subprocess.run(["mount", "-o", f"remount,size={size}m", str(folder)], check=True)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_loses_nothing_when_the_disk_of_sqlite_is_full(tmp_path):
    with small_disk(tmp_path / "disk", 8) as enlarge:
        url = new_database("sqlite", tmp_path / "disk")
        fill_and_check(url, tmp_path, enlarge)


def test_loses_nothing_when_the_disk_of_postgresql_is_full(cluster, tmp_path):
    disk = cluster.root / f"disk-{uuid4().hex[:6]}"
    name = f"small_{uuid4().hex[:8]}"
    with small_disk(disk, 24) as enlarge:
        place = disk / "place"
        place.mkdir()
        shutil.chown(place, "postgres", "postgres")
        administrate(cluster, f"create tablespace {name} location '{place}'")
        url = new_database("postgresql", tmp_path, cluster.url)
        administrate(cluster, f"alter database {url.rsplit('/', 1)[1]} set tablespace {name}")
        fill_and_check(url, tmp_path, enlarge)
        administrate(cluster, f"drop database {url.rsplit('/', 1)[1]} with (force)")
        administrate(cluster, f"drop tablespace {name}")


def administrate(cluster, statement):
    engine = open_engine(cluster.url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    engine.dispose()


def fill_and_check(url, tmp_path, enlarge):
    """Sends until the disk is full, and makes it larger then."""
    key = new_key_at(url)
    with serving(url, tmp_path / "node") as server:
        with Load(server.url, key, padding=40_000) as load:
            load.wait_for(lambda load: load.answers[503] > 8)
            time.sleep(0.5)
            accepted = len(load.accepted)
            assert set(load.accepted) - set(stored_ids(server.url, key)) == set()  # it can still be read from
            enlarge(400)
            load.wait_for(lambda load: len(load.accepted) > accepted + 40)
        assert load.broken == 0
        check(load, stored_ids(server.url, key))


# --- two nodes ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def two_nodes(cluster, tmp_path):
    url = new_database("postgresql", tmp_path, cluster.url)
    with serving(url, tmp_path / "one") as one, serving(url, tmp_path / "two") as two:
        yield url, [one.url, two.url]


def test_stores_each_statement_once_when_two_nodes_get_the_same_at_once(two_nodes):
    url, nodes = two_nodes
    key = new_key_at(url)
    headers = VERSION | basic(*key)
    same = [[statement(id=str(uuid4())) for _ in range(10)] for _ in range(30)]
    unlike = [[statement(id=str(uuid4())) for _ in range(3)] for _ in range(30)]
    together = Barrier(8)

    def client(number):
        answers = []
        with requests.Session() as session:
            for batch, contested in zip(same, unlike, strict=True):
                together.wait(60)
                order = batch if number % 4 < 2 else batch[::-1]
                mine = [one | {"actor": OLA} for one in contested] if number % 2 else contested
                for send in (order, mine):
                    address = f"{nodes[number // 2 % 2]}/xapi/statements"
                    answers.append(session.post(address, json=send, headers=headers, timeout=60).status_code)
        return answers

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(client, range(8)))
    assert {status for each in answers for status in each[0::2]} == {200}
    for attempt in range(1, 60, 2):  # one content wins, and all who sent the other are told so
        assert Counter(each[attempt] for each in answers) == {200: 4, 409: 4}
    found = stored_ids(nodes[0], key)
    assert Counter(found) == Counter(one["id"] for batch in [*same, *unlike] for one in batch)
    assert found == stored_ids(nodes[1], key)


def test_loses_nothing_when_one_of_two_nodes_is_killed_under_load(cluster, tmp_path):
    url = new_database("postgresql", tmp_path, cluster.url)
    key = new_key_at(url)
    with serving(url, tmp_path / "one") as one:
        two = LiveServer(url, tmp_path)
        two.start()
        with Load([one.url, two.url], key) as load:
            load.wait_for_more(100)
            two.kill()
            load.wait_for_more(100)
            two.start()
            load.wait_for_more(100)
        check(load, stored_ids(one.url, key))
        two.stop()


# --- the clock set back ------------------------------------------------------------------------------------------------------


@pytest.fixture
def clocked(database_url, tmp_path):
    """A server whose clock a test can set; gives it, and a function that sets the clock so many seconds off."""
    install(["faketime"], lambda: list(Path("/").glob(FAKETIME[1:])))
    offset = tmp_path / "clock"
    offset.write_text("+0s\n")
    server = LiveServer(database_url, tmp_path)
    server.environ |= {
        "LD_PRELOAD": str(next(Path("/").glob(FAKETIME[1:]))),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    server.start()

    def set_clock(seconds):
        moved = tmp_path / "clock.new"
        moved.write_text(f"{seconds:+}s\n")
        moved.replace(offset)

    yield server, set_clock
    server.kill()  # whoever waits for it to end waits by a clock that was moved


class Follower:
    """A program that asks again and again for what is new, since all was known through then or since what it saw last."""

    def __init__(self, url, key, *, since_last=False) -> None:
        self.url, self.headers = url, VERSION | basic(*key)
        self.since_last = since_last
        self.since = datetime(2020, 1, 1, tzinfo=UTC)
        self.seen: list[str] = []

    def follow(self) -> None:
        parameters = {"ascending": "true", "limit": "500", "since": self.since.isoformat()}
        answer = requests.get(f"{self.url}/xapi/statements", params=parameters, headers=self.headers, timeout=60)
        assert answer.status_code == 200, answer.text
        statements, known = answer.json()["statements"], set(self.seen)
        self.seen += [one["id"] for one in statements if one["id"] not in known]
        told = [one["stored"] for one in statements]
        if not self.since_last:
            told = [answer.headers["X-Experience-API-Consistent-Through"]]
        self.since = max([self.since, *map(datetime.fromisoformat, told)])


def test_loses_and_doubles_nothing_when_the_clock_is_set_back_under_load(clocked, database_url):
    server, set_clock = clocked
    key = new_key_at(database_url)
    with Load(server.url, key, clients=4) as load:
        load.wait_for_more(50)
        for seconds in (-7200, -3600, 0):
            set_clock(seconds)
            load.wait_for_more(50)
    assert load.broken == 0
    check(load, stored_ids(server.url, key))


def tell(server, follower, set_clock, restart):
    """Ten batches, then ten more with the clock set back by an hour; what was sent, in order."""
    sent = []
    for seconds in (0, -3600):
        set_clock(seconds)
        if restart and seconds:
            server.kill()
            server.start()
        for _ in range(10):
            batch = [statement(id=str(uuid4())) for _ in range(2)]
            answer = requests.post(f"{server.url}/xapi/statements", json=batch, headers=follower.headers, timeout=60)
            assert answer.status_code == 200, answer.text
            sent += [one["id"] for one in batch]
        time.sleep(1.5)  # consistent-through stays a second behind
        follower.follow()
    return sent


@pytest.mark.parametrize("since_last", [False, True], ids=["consistent-through", "since-last"])
def test_shows_followers_every_statement_when_the_clock_is_set_back(clocked, database_url, since_last):
    server, set_clock = clocked
    follower = Follower(server.url, new_key_at(database_url), since_last=since_last)
    sent = tell(server, follower, set_clock, restart=False)
    assert Counter(follower.seen) == Counter(sent)


def test_numbers_statements_after_those_that_are_there_when_it_starts_with_a_clock_set_back(clocked, database_url):
    server, set_clock = clocked
    key = new_key_at(database_url)
    follower = Follower(server.url, key, since_last=True)
    sent = tell(server, follower, set_clock, restart=True)
    assert Counter(follower.seen) == Counter(sent)
    assert set(stored_ids(server.url, key)[:20]) == set(sent[:20])  # what came before the restart comes first
