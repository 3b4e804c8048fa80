"""Databases of a test's own, for servers that outlive one test or are broken on purpose."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from alembic import command
from sqlalchemy import text

from lrs_bridge.db import open_engine, transact
from lrs_bridge.db.migrations import configuration, upgrade
from tests.support.live import LiveServer


def empty_database(kind: str, folder: Path, cluster_url: str | None = None) -> str:
    """URL of a database without tables: a SQLite file in the folder, or one of a cluster, else the test run's own."""
    if kind == "sqlite":
        return f"sqlite:///{folder}/lrs_bridge.sqlite3"
    name = f"own_{uuid4().hex[:12]}"
    server = cluster_url or os.environ["TEST_POSTGRESQL_URL"]
    maintenance = open_engine(server)
    with maintenance.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"create database {name}"))
    maintenance.dispose()
    return f"{server.rsplit('/', 1)[0]}/{name}"


def new_database(kind: str, folder: Path, cluster_url: str | None = None) -> str:
    """URL of an ``empty_database`` that was migrated."""
    url = empty_database(kind, folder, cluster_url)
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()
    return url


@contextmanager
def served(kind: str, folder: Path, **more) -> Iterator[LiveServer]:
    """A server of its own with an empty database. Tests that share one keep apart by their tenants."""
    server = LiveServer(new_database(kind, folder), folder, **more)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def migrate(engine, revision: str) -> None:
    """Brings a database to a revision, and no further."""

    def work(session):
        session.begin()  # as upgrade does
        config = configuration()
        config.attributes["connection"] = session
        command.upgrade(config, revision)

    transact(engine, work)
