"""What the measurements share: a durable database and a server of their own, wrk, and what a server's processes hold."""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.postgres import Cluster, free_port

BIN = Path(sys.executable).parent
LOAD = Path(__file__).parent / "load.lua"
SENT = Path(__file__).parent / "sent.lua"
TENANT = "bench"
CONNECTIONS = 8


@dataclass(frozen=True)
class Rate:
    """What wrk found."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    failed: int


@contextmanager
def folder() -> Iterator[Path]:
    """A directory on disk, not in memory: commits must cost what they cost."""
    with tempfile.TemporaryDirectory(prefix="lrs-bridge-bench-", dir=os.environ.get("BENCH_FOLDER", "/var/tmp")) as name:  # noqa: S108
        yield Path(name)


@contextmanager
def database(kind: str, data_dir: Path) -> Iterator[str]:
    """The URL of an empty database with durable commits."""
    if kind == "sqlite":
        yield f"sqlite:///{data_dir / 'bench.sqlite3'}"
        return
    cluster = Cluster(durable=True).start()
    try:
        yield cluster.url
    finally:
        cluster.remove()


class Server:
    """``lrs-bridge serve`` as an operator starts it, with the defaults for this machine."""

    def __init__(self, database_url: str, data_dir: Path) -> None:
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("LRS_BRIDGE_")}
        self.environ |= {"LRS_BRIDGE_DATABASE_URL": database_url, "LRS_BRIDGE_DATA_DIR": str(data_dir)}
        self.port = free_port()
        self.run("db", "upgrade")
        self.run("tenant", "create", TENANT, "--name", "Bench")
        made = json.loads(self.run("credentials", "create", "bench", "--tenant", TENANT, "--scope", "all", "--json"))
        self.key, self.secret = made["key"], made["secret"]
        self.url = f"http://127.0.0.1:{self.port}/xapi"

    def run(self, *arguments: str) -> str:
        """An ``lrs-bridge`` command's output."""
        done = subprocess.run([BIN / "lrs-bridge", *arguments], env=self.environ, check=True, capture_output=True, text=True)
        return done.stdout

    @contextmanager
    def serving(self) -> Iterator["Server"]:
        """Up for the block."""
        with process([str(BIN / "lrs-bridge"), "serve", "--port", str(self.port)], self.port, self.environ) as self.pid:
            yield self

    def load(self, phase: str, *more: str, seconds: int) -> Rate:
        """One phase of the load."""
        return wrk(self.url, phase, *more, seconds=seconds, auth=f"{self.key}:{self.secret}")

    def peak_mib(self) -> float:
        """The most memory that one of the server's processes ever held, in MiB."""
        children = subprocess.run(["pgrep", "-P", str(self.pid)], check=False, capture_output=True, text=True).stdout.split()
        return max(_peak_kib(int(pid)) for pid in [str(self.pid), *children]) / 1024


def _peak_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


@contextmanager
def empty_view() -> Iterator[str]:
    """The URL of an empty Flask view under the same server with the same defaults."""
    port = free_port()
    line = f"-m granian --interface wsgi --workers {os.cpu_count()} --blocking-threads 4 --no-ws --log-level error --port {port}"
    command = [sys.executable, *line.split(), "bench.empty_view:app"]
    with process(command, port, dict(os.environ)):
        yield f"http://127.0.0.1:{port}/"


@contextmanager
def process(command: list[str], port: int, environ: dict[str, str]) -> Iterator[int]:
    """The pid of a server that answers at the port; stopped politely at the end."""
    running = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, running)
        yield running.pid
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)


def _wait_for(port: int, running: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(1)  # the other workers come up, too
                return
        if running.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit("the server did not start")


def sent(
    url: str, requests: list[bytes], status: int, file: Path, *, seconds: int, once: bool, connections: int = CONNECTIONS
) -> Rate:
    """What wrk finds that sends these requests, in turns or once each, and gets answers of that status."""
    file.write_bytes(b"".join(b"%010d" % len(request) + request for request in requests))
    line = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(SENT), url, "--"]
    more = [str(file), str(int(status)), *(["once"] if once else [])]
    done = subprocess.run([*line, *more], check=True, capture_output=True, text=True)
    return Rate(**json.loads(done.stdout.splitlines()[-1]))


def report(rounds: list[dict[str, Rate]], database: str) -> None:
    """Prints the medians of what was measured in each round, beside that of the empty view in the same round."""
    print(f"{'':10} {'per s':>8} {'ratio':>7} {'p50 ms':>7} {'p99 ms':>7}   ({database}, medians of {len(rounds)})")
    for name in rounds[0]:
        rates = [each[name] for each in rounds]
        ratio = statistics.median(each[name].requests_per_s / each["empty view"].requests_per_s for each in rounds)
        rate, p50, p99 = (
            statistics.median(getattr(rate, what) for rate in rates) for what in ("requests_per_s", "p50_ms", "p99_ms")
        )
        print(f"{name:10} {rate:8.0f} {ratio:7.3f} {p50:7.1f} {p99:7.1f}")


def wrk(url: str, phase: str, *more: str, seconds: int, auth: str = "", connections: int = CONNECTIONS) -> Rate:
    """What wrk, with one thread, finds at the URL."""
    line = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(LOAD), url, "--", phase, *more]
    done = subprocess.run(line, env=os.environ | {"LRS_AUTH": auth}, check=True, capture_output=True, text=True)
    return Rate(**json.loads(done.stdout.splitlines()[-1]))
