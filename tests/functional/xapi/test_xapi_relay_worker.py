"""The worker and the commands, as processes of their own."""

import json
import re
import signal
import subprocess
import time
from datetime import timedelta

import pytest
import requests
from sqlalchemy import text

from lrs_bridge import doctor
from lrs_bridge.db import open_engine
from tests.support.live import LiveServer
from tests.support.odd_lrs import always
from tests.support.relays import LOOPBACK, many

PATIENCE = 40


@pytest.fixture
def service(database_url, tmp_path):
    """The installation's commands."""
    return LiveServer(database_url, tmp_path, workers=1, ALLOW_PRIVATE_NETWORKS=LOOPBACK)


@pytest.fixture
def start_worker(service, tmp_path):
    started = []

    def start(*options):
        log = (tmp_path / f"worker{len(started)}.log").open("wb")
        line = [service.command, "worker", "--relay-every", "1", *options]
        started.append((subprocess.Popen(line, env=service.environ, stderr=log), log))
        return started[-1][0]

    yield start
    for running, log in started:
        if running.poll() is None:
            running.kill()
            running.wait()
        log.close()


def wait_until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def received(lrs):
    return [each for one in list(lrs.sent) for each in one.ids]


def test_loses_nothing_and_keeps_the_order_when_the_worker_is_killed_under_way(here, there, start_worker):
    ids = here.store(*many(300))
    here.forward_to(there.url)
    first = start_worker("--lease", "2")

    def slow(asked):
        time.sleep(0.1)
        return 200, {}, b"[]"

    there.answer = slow
    wait_until(lambda: len(there.sent) >= 2)
    first.kill()
    first.wait()
    before = len(received(there))
    assert before < len(ids)
    start_worker("--lease", "2")
    wait_until(lambda: ids[-1] in received(there))
    got = received(there)
    assert list(dict.fromkeys(got)) == ids  # each at least once, the first time in order
    assert len(got) - len(ids) <= 100  # what was under way


def test_takes_turns_when_two_workers_run(here, there, start_worker):
    ids = here.store(*many(200))
    here.forward_to(there.url)
    start_worker()
    start_worker()
    wait_until(lambda: len(received(there)) >= len(ids))
    later = here.store(*many(50))
    wait_until(lambda: later[-1] in received(there))
    assert received(there) == ids + later


def test_stops_when_told_to_once_the_call_under_way_is_answered(here, there, start_worker):
    here.store(*many(500))
    here.forward_to(there.url)

    def slow(asked):
        time.sleep(0.5)
        return 200, {}, b"[]"

    there.answer = slow
    running = start_worker()
    wait_until(lambda: there.sent)
    running.send_signal(signal.SIGTERM)
    assert running.wait(PATIENCE) == 0
    with here.engine.connect() as session:
        row = session.execute(text("select relayed, leased_by from relay")).one()
    assert row.relayed == len(received(there))
    assert row.leased_by is None


def test_goes_on_when_the_other_side_comes_back(here, there, start_worker):
    ids = here.store(*many(3))
    there.answer = always(503, {}, b"")
    here.forward_to(there.url)
    running = start_worker()
    wait_until(lambda: len(there.sent) >= 2)
    there.answer = always(200, {}, b"[]")
    wait_until(lambda: received(there)[-3:] == ids and len(there.sent) >= 3)
    assert running.poll() is None


def test_survives_a_database_that_is_away(here, there, start_worker, service):
    if here.engine.dialect.name != "postgresql":
        pytest.skip("SQLite is a file")
    name = here.engine.url.database
    here.forward_to(there.url)
    running = start_worker()
    (first,) = here.store(*many(1))
    wait_until(lambda: first in received(there))
    maintenance = open_engine(service.database_url.rsplit("/", 1)[0] + "/postgres")
    ids = here.store(*many(2))
    with maintenance.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
        session.execute(text(f"alter database {name} allow_connections false"))
        session.execute(text("select pg_terminate_backend(pid) from pg_stat_activity where datname = :name"), {"name": name})
        time.sleep(3)
        session.execute(text(f"alter database {name} allow_connections true"))
    maintenance.dispose()
    wait_until(lambda: ids[-1] in received(there))
    assert running.poll() is None


def test_does_one_round_of_all_and_fails_when_something_went_wrong(here, there, service):
    ids = here.store(*many(3))
    time.sleep(1.1)
    here.forward_to(there.url)
    assert service.run("worker", "--once").returncode == 0
    assert received(there) == ids
    here.store(*many(1))
    time.sleep(1.1)
    there.answer = always(401, {}, b"")
    done = service.run("worker", "--once", check=False)
    assert done.returncode == 1
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert any(line["level"] == "ERROR" and "was stopped" in line["message"] and line["tenant"] == "demo" for line in told)
    assert "secret" not in done.stderr


def test_sets_up_and_looks_after_relays_by_command(here, there, service):
    def relay(*arguments, **more):
        return service.run("relay", *arguments, "--tenant", "demo", **more)

    ids = here.store(*many(3))
    time.sleep(1.1)
    connection = ["--endpoint", f"{there.url}/statements/", "--key", "k", "--secret", "s"]
    relay("add-forwarding", "Ut", *connection, "--from", "beginning")
    relay("add-pull", "Inn", *connection)
    there.answer = lambda asked: (400, {}, b"no") if asked.method == "POST" else (200, {}, b'{"statements": [], "more": ""}')
    service.run("worker", "--once")
    assert {one.path for one in there.asked} == {"/xapi/statements"}
    listed = relay("list").stdout
    assert re.search(r"^Ut  forwarding  running  http://127.* 0 relayed, .*3 dead letters$", listed, re.MULTILINE)
    assert re.search(r"^Inn  pull  running ", listed, re.MULTILINE)
    letters = relay("dead-letters", "Ut").stdout
    assert all(each in letters for each in ids)
    assert "400: no" in letters
    assert relay("resend", "Ut").stdout == "3 will be tried again.\n"
    there.answer = lambda asked: (200, {}, b"[]") if asked.method == "POST" else (200, {}, b'{"statements": [], "more": ""}')
    service.run("worker", "--once")
    assert relay("dead-letters", "Ut").stdout == ""
    relay("pause", "Ut")
    assert "Ut  forwarding  paused" in relay("list").stdout
    relay("resume", "Ut")
    there.asked.clear()
    relay("replay", "Ut", "--from", ids[1])
    service.run("worker", "--once")
    assert received(there) == ids[1:]
    assert relay("forget", "Ut").stdout == "0 taken off the list.\n"
    relay("remove", "Inn", "--yes")
    assert "Inn" not in relay("list").stdout
    done = relay("pause", "Nowhere", check=False)
    assert (done.returncode, "Nowhere" in done.stderr) == (1, True)
    done = relay("add-pull", "Ut", *connection, check=False)
    assert (done.returncode, "name" in done.stderr) == (1, True)


def test_shows_stalls_to_the_doctor_and_to_prometheus(here, there, service):
    here.store(*many(3))
    relay = here.forward_to(there.url)
    told = [one.message for one in doctor.examine(here.parts) if "Andre siden" in one.topic]
    assert told == ["runs"]
    here.ahead += timedelta(hours=1)
    (found,) = [one for one in doctor.examine(here.parts) if "Andre siden" in one.topic]
    assert (found.level, "has stalled" in found.message) == (doctor.Level.PROBLEM, True)
    with here.engine.begin() as session:
        session.execute(text("update relay set state = 'refused'"))
    service.start()
    try:
        told = requests.get(f"{service.url}/metrics", timeout=30).text
    finally:
        service.stop()
    label = f'{{direction="forwarding",relay="{relay.relay_id}"}}'
    assert f"lrs_bridge_relay_waiting{label} 3.0" in told
    assert f"lrs_bridge_relay_stalled{label} 1.0" in told
    assert f"lrs_bridge_relay_dead_letters{label} 0.0" in told
    assert float(re.search(rf"lrs_bridge_relay_lag_seconds{re.escape(label)} (\S+)", told)[1]) > 0
    assert "Andre siden" not in told
    assert "demo" not in told
