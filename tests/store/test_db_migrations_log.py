"""The log that the migration builds of ledgers that are there already is the one that the present code would have kept."""

import pytest
from sqlalchemy import delete, insert, select

from lrs_bridge.db import metadata, read, transact
from lrs_bridge.db.migrations import upgrade
from lrs_bridge.signing import service
from lrs_bridge.signing.ledger import Flaw
from lrs_bridge.signing.log.checkpoint import REMOVED
from tests.support.databases import migrate
from tests.support.signing_world import MASTER_KEY, NOW, TENANT, URL, Statements, sign, world

COPIED = ("signing_key", "attestation")


def rows_of(engine, name):
    return sorted(read(engine, lambda session: session.execute(select(metadata.tables[name])).all()), key=repr)


def earlier(engine, filled):
    """Brings an empty database to 0011, with the ledgers of the filled one."""
    migrate(engine, "0011")
    for name in COPIED:
        rows = [row._asdict() for row in rows_of(filled, name)]
        transact(engine, lambda session, name=name, rows=rows: session.execute(insert(metadata.tables[name]), rows))


def emptied(session, *, but=()):
    """Takes the log away, and some entries."""
    for name in ("log_leaf", "log_checkpoint"):
        session.execute(delete(metadata.tables[name]))
    ledger = metadata.tables["attestation"]
    session.execute(delete(ledger).where(ledger.c.sequence.in_(but)))


def seal(engine):
    given = {"master_key": MASTER_KEY, "public_url": URL, "now": NOW}
    transact(engine, lambda session: service.seal_log(session, TENANT, **given))


@pytest.fixture
def filled(open_new):
    """A database with a ledger of seven, by the present code."""
    engine = open_new()
    upgrade(engine)
    for record_id in world(engine, 7):
        transact(engine, lambda session, each=record_id: sign(session, each))
    return engine


def test_builds_the_log_as_the_present_code_keeps_it(open_new, filled):
    old = open_new()
    earlier(old, filled)
    upgrade(old)
    assert rows_of(old, "log_leaf") == rows_of(filled, "log_leaf")
    assert len(rows_of(old, "log_leaf")) == 7
    assert rows_of(old, "log_checkpoint") == []


def test_keeps_the_places_of_the_others_when_entries_were_removed(open_new, filled):
    old = open_new()
    transact(filled, lambda session: emptied(session, but=(2, 5)))
    earlier(old, filled)
    upgrade(old)
    seal(filled)  # as the present code catches up
    assert rows_of(old, "log_leaf") == rows_of(filled, "log_leaf")
    assert [row.sequence for row in rows_of(old, "log_leaf") if bytes(row.nodes[:32]) == REMOVED] == [2, 5]


def test_takes_a_digest_that_was_altered_for_a_removed_entry(open_new, filled):
    ledger = metadata.tables["attestation"]
    nonsense = ledger.update().where(ledger.c.sequence == 3).values(payload_digest="nonsense")
    transact(filled, lambda session: [emptied(session), session.execute(nonsense)])
    old = open_new()
    earlier(old, filled)
    upgrade(old)
    seal(filled)
    assert rows_of(old, "log_leaf") == rows_of(filled, "log_leaf")
    found = read(filled, lambda session: service.check_ledger(session, TENANT, Statements()))
    assert {finding.code for finding in found} == {Flaw.COLUMN, Flaw.LOG}


def test_builds_nothing_where_nothing_was_signed(open_new):
    old = open_new()
    migrate(old, "0011")
    upgrade(old)
    assert rows_of(old, "log_leaf") == []
