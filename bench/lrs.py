"""How fast the LRS is, as ratios of what the machine could do at best, all in one run.

    python -m bench.lrs [--database postgresql|sqlite] [--seconds 8] [--rounds 3]

Each round measures, in turns: rows per second of the database alone, requests per second of an empty Flask view, and the LRS
taking batches and single statements and answering queries. The ratios are medians over the rounds; targets are in README.md.
"""

import argparse
import statistics
from contextlib import ExitStack
from pathlib import Path

from bench import lab, raw_limit

BATCH = 50
TARGETS = {
    "postgresql": {"batch": 0.45, "single": 0.5, "agent": 0.35, "verb": 0.35},
    "sqlite": {"batch": 0.35, "single": 0.4, "agent": 0.35, "verb": 0.35},
}
Round = dict[str, tuple[float, float]]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=TARGETS, default="postgresql")
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(lab.folder())
        url = stack.enter_context(lab.database(options.database, folder))
        server = lab.Server(url, folder)
        rounds = [measure(server, url, folder, options.seconds) for _ in range(options.rounds)]
    print(f"{'':8} {'per s':>9} {'of limit':>9} {'ratio':>6} {'target':>7}   ({options.database}, medians of {options.rounds})")
    for name, target in TARGETS[options.database].items():
        rate, limit = (statistics.median(each[name][k] for each in rounds) for k in (0, 1))
        ratio = statistics.median(each[name][0] / each[name][1] for each in rounds)
        print(f"{name:8} {rate:9.0f} {limit:9.0f} {ratio:6.2f} {target:7.2f}")


def measure(server: lab.Server, url: str, folder: Path, seconds: int) -> Round:
    """Per phase: what the LRS does in a second, and the limit that it is measured against."""
    limits = {batch: raw_limit.rate(url, folder, batch=batch, seconds=seconds) for batch in (BATCH, 1)}
    with lab.empty_view() as empty:
        view = lab.wrk(empty, "empty", seconds=seconds).requests_per_s
    with server.serving():
        batch = server.load("batch", str(BATCH), seconds=seconds)
        single = server.load("single", seconds=seconds)
        queries = {name: server.load(name, seconds=seconds) for name in ("agent", "verb")}
    refused = [each for each in (batch, single, *queries.values()) if each.failed]
    if refused:
        raise SystemExit(f"some requests failed: {refused}")
    answers = {name: (found.requests_per_s, view) for name, found in queries.items()}
    return {"batch": (batch.requests_per_s * BATCH, limits[BATCH]), "single": (single.requests_per_s, limits[1]), **answers}


if __name__ == "__main__":
    main()
