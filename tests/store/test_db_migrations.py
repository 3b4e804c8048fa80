"""The migrations make exactly the schema that the tables describe."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from lrs_bridge.db import metadata, open_engine, read, transact
from lrs_bridge.db.migrations import load_all_tables, pending, upgrade
from lrs_bridge.errors import Unavailable

GIN = "ix_statement_related"  # on PostgreSQL alone
KEYED_BY_TENANT = {f"ix_statement_{name}" for name in ("related", "actor", "verb", "object", "registration")} | {
    "ix_lti_platform_client",
    "ix_lti_registration_link_token_key",
    "ix_lti_session_session_id",
}
"""Indexes of numbers that are made with the tenant as key, of UUIDs, and of what a browser brings that tells the tenant."""


def test_leaves_no_difference_between_migrations_and_tables(engine):
    load_all_tables()
    with engine.connect() as session:
        options = {
            "compare_type": True,
            "include_object": lambda _item, name, *_: engine.dialect.name == "postgresql" or name != GIN,
        }
        context = MigrationContext.configure(session, opts=options)
        assert compare_metadata(context, metadata) == []


def test_has_nothing_pending_when_it_ran_and_runs_again_without_harm(engine):
    assert read(engine, pending) == []
    upgrade(engine)
    assert read(engine, pending) == []


def test_names_what_is_pending_when_the_database_is_new(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/new.sqlite3")
    assert read(engine, pending) != []
    upgrade(engine)
    assert read(engine, pending) == []
    engine.dispose()


def test_says_so_when_the_database_is_ahead_of_the_program(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/newer.sqlite3")
    upgrade(engine)
    transact(engine, lambda session: session.execute(text("update alembic_version set version_num = '9999'")))
    with pytest.raises(Unavailable, match="9999"):
        read(engine, pending)
    engine.dispose()


def test_puts_the_tenant_first_in_every_key_and_index():
    load_all_tables()
    wrong = []
    for table in metadata.tables.values():
        for group in (table.primary_key, *table.indexes, *(c for c in table.constraints if hasattr(c, "columns"))):
            columns = [column.name for column in getattr(group, "columns", [])]
            if columns and columns[0] != "tenant_id" and group.name not in KEYED_BY_TENANT:
                wrong.append(f"{table.name}: {getattr(group, 'name', group)} {columns}")
    assert wrong == []
