"""``lrs-bridge worker`` finds what was altered, and stops when told to."""

import json
import signal
import subprocess
import time

import pytest
from sqlalchemy import text

from lrs_bridge.db import open_engine, transact
from tests.support.live import LiveServer


@pytest.fixture
def service(demo_database_url, tmp_path):
    return LiveServer(demo_database_url, tmp_path)


def lines(written):
    return [json.loads(line) for line in written.splitlines() if line.startswith("{")]


def test_logs_what_was_altered_and_fails_when_run_once(service):
    assert service.run("worker", "--once").returncode == 0
    engine = open_engine(service.database_url)
    transact(engine, lambda session: session.execute(text("delete from attestation where sequence = 3")))
    engine.dispose()
    done = service.run("worker", "--once", check=False)
    assert done.returncode == 1
    told = [line for line in lines(done.stderr) if line["level"] == "ERROR"]
    assert any("entry 3 was removed" in line["message"] and line["tenant"] == "demo" for line in told)


def test_stops_between_rounds_when_told_to(service, tmp_path):
    log = tmp_path / "worker.log"
    with log.open("wb") as file:
        running = subprocess.Popen([service.command, "worker"], env=service.environ, stderr=file)
        while "checked the ledgers" not in log.read_text():
            assert running.poll() is None
            time.sleep(0.05)
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
