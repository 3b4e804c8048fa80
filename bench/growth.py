"""What a hundred times as many statements cost: ingest and each indexed query, before and after, and how they are looked up.

    python -m bench.growth [--database postgresql|sqlite] [--from 10000] [--to 1000000] [--seconds 4] [--rounds 3]

A small store and a large one are measured in turns. Prints what is kept of each rate, and on PostgreSQL the plan of each query
in the large store. Where fewer statements fit than a page holds, the large store's answers are longer, too (``activity``).
"""

import argparse
import statistics
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import create_engine

from bench import lab
from lrs_bridge.db import open_engine, read
from lrs_bridge.xapi.statements.pages import store
from lrs_bridge.xapi.statements.query import Query, parse_query

QUERIES = {
    "agent": {"agent": '{"account":{"homePage":"https://idp.example.no","name":"hpr-0000007"}}'},
    "verb": {"verb": "http://adlnet.gov/expapi/verbs/passed", "since": "2026-01-01T00:00:00Z"},
    "activity": {"activity": "https://kurs.example.no/kurs/7/side/7"},
    "related": {"activity": "https://kurs.example.no/kurs/7", "related_activities": "true"},
    "registration": {"registration": "00000007-0000-4000-8000-000000000007"},
    "newest": {},
    "oldest": {"ascending": "true"},
}
INGEST = {"batch": ("50",), "single": ()}


def main() -> None:
    """Fills two stores and measures them in turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--from", type=int, default=10_000, dest="small")
    parser.add_argument("--to", type=int, default=1_000_000, dest="large")
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with ExitStack() as stack:
        stores = [stack.enter_context(store_of(options.database, size)) for size in (options.small, options.large)]
        rounds = [[measure(server, options.seconds) for server, _ in stores] for _ in range(options.rounds)]
        sizes = [count(url) for _, url in stores]
        print(f"{'':13} {'kept':>5}   per s with {sizes[0]} and with {sizes[1]} statements (medians of {options.rounds})")
        for name in rounds[0][0]:
            small, large = (statistics.median(each[k][name] for each in rounds) for k in (0, 1))
            kept = statistics.median(each[1][name] / each[0][name] for each in rounds)
            print(f"{name:13} {kept:5.2f}   {small:6.0f} {large:6.0f}")
        if options.database == "postgresql":
            explain(stores[1][1])


@contextmanager
def store_of(kind: str, size: int) -> Iterator[tuple[lab.Server, str]]:
    """A server with a database of its own that holds so many statements, and the database's address."""
    with lab.folder() as folder, lab.database(kind, folder) as url, lab.Server(url, folder).serving() as server:
        grow(server, url, size)
        yield server, url


def measure(server: lab.Server, seconds: int) -> dict[str, float]:
    """Requests per second of each phase, queries first: ingest changes what they ask."""
    queries = {name: server.load(name, seconds=seconds).requests_per_s for name in QUERIES}
    return queries | {name: server.load(name, *more, seconds=seconds).requests_per_s for name, more in INGEST.items()}


def grow(server: lab.Server, url: str, size: int) -> None:
    """Sends statements until there are so many, and lets the database settle."""
    while count(url) < size:
        server.load("batch", "200", seconds=1 if size - count(url) < 50_000 else 10)
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for step in ("vacuum analyze", "checkpoint") if url.startswith("postgresql") else ("pragma optimize",):
            connection.exec_driver_sql(step)
    engine.dispose()


def count(url: str) -> int:
    """How many statements there are."""
    engine = open_engine(url)
    try:
        return int(read(engine, lambda session: session.exec_driver_sql("select count(*) from statement").scalar_one()))
    finally:
        engine.dispose()


def explain(url: str) -> None:
    """Prints PostgreSQL's plan of each query."""
    engine = open_engine(url)
    for name, parameters in QUERIES.items():
        query = parse_query({**parameters, "limit": "25"}, lab.TENANT)
        assert isinstance(query, Query)  # noqa: S101  none of them asks for one statement
        print(f"\n{name}: {parameters}")
        for line in read(engine, lambda session, query=query: store.explain_page(session, lab.TENANT, query)):
            print(f"    {line}")
    engine.dispose()


if __name__ == "__main__":
    main()
