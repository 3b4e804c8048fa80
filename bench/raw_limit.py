"""How fast the database alone takes such rows: the ceiling that ingest is measured against.

One table with a unique id and four secondary indexes, rows of about a kilobyte, durable commits, no parsing and no checks. On
PostgreSQL two writers insert, on SQLite one, as there can't be more.
"""

import random
import sqlite3
import time
import uuid
from collections.abc import Callable
from multiprocessing import Process, Queue
from pathlib import Path
from typing import Any

import psycopg

COLUMNS = ("id", "actor", "verb", "activity", "registration", "at", "payload")
INDEXES = ("actor", "verb", "activity", "registration")
PADDING = "x" * 860
Row = tuple[str, ...]


def rate(database_url: str, folder: Path, *, batch: int, seconds: float) -> float:
    """Rows per second that went in, ``batch`` to a commit."""
    writers = 1 if database_url.startswith("sqlite") else 2
    target = str(folder / "raw.sqlite3") if writers == 1 else database_url
    _make(target)
    counts: Queue[int] = Queue()
    began = time.perf_counter()
    processes = [Process(target=_write, args=(target, batch, seconds, number, counts)) for number in range(writers)]
    for process in processes:
        process.start()
    total = sum(counts.get() for _ in processes)
    for process in processes:
        process.join()
    return total / (time.perf_counter() - began)


def _make(target: str) -> None:
    text = "id text unique, actor text, verb text, activity text, registration text, at text, payload text"
    steps = ["drop table if exists raw_limit"]
    if target.startswith("postgres"):
        steps.append(f"create table raw_limit (seq bigserial primary key, {text.replace('id text', 'id uuid', 1)})")
    else:
        steps.append(f"create table raw_limit (seq integer primary key, {text})")
    steps += [f"create index raw_limit_{name} on raw_limit ({name}, seq)" for name in INDEXES]
    if target.startswith("postgres"):
        with psycopg.connect(target, autocommit=True) as connection:
            for step in steps:
                connection.execute(step)  # type: ignore[arg-type]
        return
    plain = sqlite3.connect(target, isolation_level=None)
    for step in ("pragma journal_mode=wal", *steps):
        plain.execute(step)
    plain.close()


def _write(target: str, batch: int, seconds: float, number: int, counts: "Queue[int]") -> None:
    random.seed(time.time_ns() + number)
    ready = [[_row() for _ in range(batch)] for _ in range(40)]
    commit = _postgresql(target, batch) if target.startswith("postgres") else _sqlite(target)
    done, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        commit([(str(uuid.uuid4()), *row[1:]) for row in ready[done // batch % len(ready)]])
        done += batch
    counts.put(done)


def _row() -> Row:
    learner, course = random.randrange(2000), random.randrange(300)
    registration = str(uuid.UUID(int=learner << 64 | course))
    activity = f"https://kurs.example.no/kurs/{course}/side/{random.randrange(40)}"
    return ("", f"https://idp.example.no|hpr-{learner:07d}", "completed", activity, registration, "2026-03-04T10:00:00Z", PADDING)


def _postgresql(target: str, batch: int) -> Callable[[list[Row]], None]:
    connection = psycopg.connect(target)
    marks = ",".join(["(%s,%s,%s,%s,%s,%s,%s)"] * batch)
    text: Any = f"insert into raw_limit ({','.join(COLUMNS)}) values {marks}"

    def commit(rows: list[Row]) -> None:
        connection.execute(text, [value for row in rows for value in row])
        connection.commit()

    return commit


def _sqlite(target: str) -> Callable[[list[Row]], None]:
    connection = sqlite3.connect(target, isolation_level=None, timeout=30)
    connection.execute("pragma synchronous=full")
    text = f"insert into raw_limit ({','.join(COLUMNS)}) values (?,?,?,?,?,?,?)"

    def commit(rows: list[Row]) -> None:
        connection.execute("begin immediate")
        connection.executemany(text, rows)
        connection.execute("commit")

    return commit
