"""Compares WSGI servers on this machine: the same small Flask view under each, in turns, loaded by wrk.

    python bench/wsgi_servers.py [--seconds 5] [--rounds 3]

Needs wrk and gunicorn (pip install gunicorn) beside the project's own environment. Prints requests per second and the 99th
percentile of latency per server, and each as a ratio of the first in the same round, median over rounds.
"""

import argparse
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

from flask import Flask, Response, request
from orjson import dumps, loads

BIN = Path(sys.executable).parent
BODY = (Path(__file__).parent / "statement.lua").resolve()
app = Flask(__name__)


@app.post("/")
def read_and_answer() -> Response:
    """Reads a JSON body of a kilobyte and answers its id, as the smallest useful LRS would."""
    return Response(dumps([loads(request.get_data())["id"]]), mimetype="application/json")


GRANIAN = "granian --interface wsgi --workers 2 --no-ws --log-level error --port {port}"
GUNICORN = "gunicorn -w 2 -b 127.0.0.1:{port}"
SERVERS = {
    "granian 2 x 1": f"{GRANIAN} --blocking-threads 1",
    "granian 2 x 4": f"{GRANIAN} --blocking-threads 4",
    "granian 2 x 4 mt": f"{GRANIAN} --blocking-threads 4 --runtime-mode mt",
    "gunicorn gthread 2 x 4": f"{GUNICORN} -k gthread --threads 4",
    "gunicorn sync 2": f"{GUNICORN} -k sync",
}


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def measure(command: str, seconds: int) -> tuple[float, float]:
    """Requests per second and p99 in milliseconds of one server under wrk."""
    port = free_port()
    line = f"{BIN}/{command.format(port=port)} wsgi_servers:app"
    server = subprocess.Popen(line.split(), cwd=Path(__file__).parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        load = ["wrk", "-t1", "-c8", f"-d{seconds}s", "--latency", "-s", str(BODY), f"http://127.0.0.1:{port}/"]
        text = subprocess.run(load, check=True, capture_output=True, text=True).stdout
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])  # type: ignore[index]
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return rate, float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def wait_for(port: int) -> None:
    """Returns when the port answers."""
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the server did not start")


def main() -> None:
    """Measures in rounds and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rounds = [{name: measure(line, options.seconds) for name, line in SERVERS.items()} for _ in range(options.rounds)]
    first = next(iter(SERVERS))
    print(f"{'server':24} {'req/s':>8} {'p99 ms':>8} {'ratio':>6}   ({os.cpu_count()} cores, medians of {options.rounds} rounds)")
    for name in SERVERS:
        rate, p99 = (statistics.median(r[name][k] for r in rounds) for k in (0, 1))
        ratio = statistics.median(r[name][0] / r[first][0] for r in rounds)
        print(f"{name:24} {rate:8.0f} {p99:8.2f} {ratio:6.2f}")


if __name__ == "__main__":
    main()
