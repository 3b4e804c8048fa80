"""Fixtures that every test may use: real databases, the application, a live server."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis
import pytest
from argon2 import PasswordHasher
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import text

from lrs_bridge.db import open_engine
from lrs_bridge.db.migrations import upgrade
from lrs_bridge.people import passwords
from tests.support.environment import settings_for
from tests.support.live import LiveServer
from tests.support.postgres import Cluster

hypothesis.settings.register_profile("lrs_bridge", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("lrs_bridge")

POSTGRES_URL = "TEST_POSTGRESQL_URL"
DATABASES = ("sqlite", "postgresql")
TEMPLATES = FileSystemBytecodeCache()  # each test has its own application; compiling every template anew takes its time
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def pytest_addoption(parser) -> None:
    parser.addoption("--screenshots", default=".cache/screenshots", help="folder for pictures of every page")


def pytest_configure(config) -> None:
    """The controller starts one cluster; xdist's workers find it in their environment."""
    if POSTGRES_URL not in os.environ and not config.option.collectonly:
        cluster = Cluster().start()
        os.environ[POSTGRES_URL] = cluster.url
        config.add_cleanup(cluster.remove)


REAL_HASHER, REAL_NOBODY = passwords._HASHER, passwords.NOBODYS_HASH


def hash_with(hasher, nobody):
    """Passwords are hashed by this hasher meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", hasher)
        patch.setattr(passwords, "NOBODYS_HASH", nobody)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_passwords():
    """Argon2 with its real cost would take most of the run."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, hash_len=32, salt_len=passwords.SALT_BYTES)
    yield from hash_with(quick, quick.hash("nobody", salt=b"nobodynobodynobo"))


@pytest.fixture(scope="module")
def real_passwords(quick_passwords):
    """The cost that users' passwords have."""
    yield from hash_with(REAL_HASHER, REAL_NOBODY)


def make_sqlite(path: Path, fill) -> Path:
    """A database file at the newest migration, filled, to be copied."""
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    fill(engine)
    engine.dispose()  # the last connection folds the write-ahead log into the file
    return path


def make_postgres(name: str, fill, template: str = "template1") -> str:
    """URL of a new database of that name, a copy of the template, at the newest migration, filled."""
    maintenance = open_engine(os.environ[POSTGRES_URL])
    with maintenance.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"drop database if exists {name} with (force)"))
        connection.execute(text(f"create database {name} template {template}"))
    maintenance.dispose()
    url = os.environ[POSTGRES_URL].rsplit("/", 1)[0] + f"/{name}"
    engine = open_engine(url)
    upgrade(engine)
    fill(engine)
    engine.dispose()
    return url


def nothing(engine) -> None:
    """Leaves a database as it is."""


def load_demo(engine) -> None:
    """Fills a database with the demo, as of noon."""
    from lrs_bridge.demo import content  # noqa: PLC0415  unit tests must not load the service

    with TemporaryDirectory() as folder:
        content.load(engine, settings_for(str(engine.url), folder), NOON)


def empty(engine) -> None:
    """Removes all rows; far quicker for small tables than truncating them."""
    with engine.begin() as session:
        tables = session.scalars(text("select relname from pg_stat_user_tables where schemaname = 'public'")).all()
        session.execute(text("set local session_replication_role = replica"))  # foreign keys rest meanwhile
        for name in tables:
            if name != "alembic_version":
                session.execute(text(f'delete from "{name}"'))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory) -> Path:
    return make_sqlite(tmp_path_factory.mktemp("template") / "empty.sqlite3", nothing)


@pytest.fixture(scope="session")
def sqlite_demo_template(tmp_path_factory) -> Path:
    return make_sqlite(tmp_path_factory.mktemp("template") / "demo.sqlite3", load_demo)


@pytest.fixture(scope="session")
def postgres_database(worker_id) -> str:
    return make_postgres(f"test_{worker_id}", nothing)


@pytest.fixture(scope="session")
def postgres_demo_template(worker_id) -> str:
    name = f"demo_template_{worker_id}"
    make_postgres(name, load_demo)
    return name


@pytest.fixture(params=DATABASES)
def database_url(request, tmp_path) -> str:
    """URL of an empty, migrated database: once SQLite, once PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "lrs_bridge.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url = request.getfixturevalue("postgres_database")
    engine = open_engine(url)
    empty(engine)
    engine.dispose()
    return url


@pytest.fixture(params=DATABASES)
def demo_database_url(request, tmp_path, worker_id) -> str:
    """URL of a database of its own with the demo in it: once SQLite, once PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "lrs_bridge.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_demo_template"), path)
        return f"sqlite:///{path}"
    return make_postgres(f"demo_{worker_id}", nothing, template=request.getfixturevalue("postgres_demo_template"))


@pytest.fixture
def engine(database_url):
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def settings(database_url, tmp_path):
    return settings_for(database_url, tmp_path)


@pytest.fixture
def app(settings):
    from lrs_bridge.app import create_app  # noqa: PLC0415  unit tests must not load Flask

    app = create_app(settings)
    app.testing = True
    app.jinja_env.bytecode_cache = TEMPLATES
    yield app
    app.extensions["lrs_bridge"].engine.dispose()


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def live_server(database_url, tmp_path):
    """The service as users run it: ``lrs-bridge serve`` with two workers, on a free port."""
    server = LiveServer(database_url, tmp_path)
    server.start()
    yield server
    server.stop()
