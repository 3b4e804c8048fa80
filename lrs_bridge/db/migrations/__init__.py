"""The schema's history, run by Alembic: ``upgrade`` goes to the newest revision, ``pending`` tells what is missing."""

import importlib
import pkgutil
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import lrs_bridge
from lrs_bridge.db.engine import Engine, Session, lock, transact
from lrs_bridge.errors import Unavailable


def configuration() -> Config:
    """Alembic's configuration; the connection is set in its attributes."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


def load_all_tables() -> None:
    """Imports every room's tables, so that the metadata is whole."""
    for module in pkgutil.walk_packages(lrs_bridge.__path__, "lrs_bridge."):
        if module.name.endswith(".tables"):
            importlib.import_module(module.name)
    importlib.import_module("lrs_bridge.db.audit")


def upgrade(engine: Engine) -> None:
    """Runs what is pending, in one transaction where the database can; several nodes may call it at once."""

    def work(session: Session) -> None:
        session.begin()  # or Alembic, which asks SQLAlchemy whether there is a transaction, would commit one of its own
        lock(session, "migrations")
        config = configuration()
        config.attributes["connection"] = session
        command.upgrade(config, "head")

    transact(engine, work)


def pending(session: Session) -> list[str]:
    """The revisions that this database still lacks, oldest first. Raises Unavailable when it is ahead of this program."""
    script = ScriptDirectory.from_config(configuration())
    current = MigrationContext.configure(session).get_current_revision()
    if current not in {None, *(each.revision for each in script.walk_revisions())}:
        raise Unavailable(f"the database is at revision {current}, which this version of the program does not know")
    return [r.revision for r in reversed(list(script.iterate_revisions("head", current or "base")))]
