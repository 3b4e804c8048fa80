"""What migrations make of rows that are there already is what the present code would have written."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import MetaData, Table, insert, select

from lrs_bridge.db import metadata, read, transact
from lrs_bridge.db.migrations import upgrade
from lrs_bridge.xapi.credentials.credential import Credential, Scope
from lrs_bridge.xapi.model.statement import parse_statements
from lrs_bridge.xapi.statements import service
from tests.support.databases import migrate
from tests.support.statements import KARI, OLA, REGISTRATION, full_statement, statement, voiding

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEAM = {"objectType": "Group", "name": "Vakt", "member": [KARI, OLA, {"openid": "https://id.example.no/siri"}]}
NAMED_TEAM = {"objectType": "Group", "mbox": "mailto:Vakt@Example.no", "member": [{"mbox_sha1sum": "AB" * 20}]}
NEW = ("statement_related", "statement_target")
BEYOND_A_STRETCH = 1100


class Silent:
    """Nobody who wants completions."""

    def receive(self, _session, completions, *, now):
        pass

    def retract(self, _session, retractions, *, now):
        pass


def rows_of(engine, name):
    return sorted(read(engine, lambda session: session.execute(select(metadata.tables[name])).all()), key=repr)


def send(engine, tenant, *batches):
    """Stores the batches one after the other, each at its own second."""
    credential = Credential(tenant, f"{tenant}.lms", "LMS", frozenset({Scope.ALL}), NOW)
    for number, values in enumerate(batches):
        service._sequence.cache_clear()
        batch = parse_statements(orjson.dumps(values), max_bytes=1 << 22)
        more = {"credential": credential, "home_page": "https://lrs.example.no", "sink": Silent()}
        at = NOW + timedelta(seconds=number)
        transact(engine, lambda s: service.store_statements(s, batch, now=at, **more))  # noqa: B023


def pointing_at(target, **changes):
    return statement(id=str(uuid4()), object={"objectType": "StatementRef", "id": target}, **changes)


def history():
    """Groups that act and are acted on, chains of pointing statements, some before their targets, and voidings."""
    attempt = {"registration": REGISTRATION, "instructor": OLA, "team": TEAM}
    whole = full_statement()
    first = pointing_at(whole["id"], actor=OLA)
    second = pointing_at(first["id"], actor=TEAM)
    early = pointing_at(str(uuid4()), context={"registration": REGISTRATION})
    late = statement(id=early["object"]["id"], actor=NAMED_TEAM, context=attempt, timestamp="2026-03-04T10:00:00Z")
    groups = [statement(id=str(uuid4()), actor=actor, object=TEAM) for actor in (KARI, TEAM, NAMED_TEAM)]
    return [whole, first, second, early, late, *groups, voiding(late["id"], id=str(uuid4())), pointing_at(second["id"])]


def earlier(engine, filled):
    """Brings an empty database to 0006 and copies into it what that version had written of the filled one's statements.

    What a statement refers to stood in an array on PostgreSQL, and what it points at was noted without what that refers to.
    """
    migrate(engine, "0006")
    was = MetaData()
    statement_was, related_was, target_was = (_table(engine, name, was) for name in ("statement", *NEW))
    has_arrays = engine.dialect.name == "postgresql"
    related = rows_of(filled, "statement_related")
    statements = [row._asdict() for row in rows_of(filled, "statement")]
    refs = defaultdict(list)
    for tenant, ref, seq in related if has_arrays else ():
        refs[tenant, seq].append(ref)
    for one in statements if has_arrays else ():
        one["related"] = refs[one["tenant_id"], one["seq"]]
    pairs = {(tenant, seq, target) for tenant, _ref, seq, target, _related in rows_of(filled, "statement_target")}

    def fill(session):
        session.execute(insert(statement_was), statements)
        if not has_arrays:
            session.execute(insert(related_was), [row._asdict() for row in related])
        session.execute(insert(target_was), [dict(zip(target_was.columns.keys(), pair, strict=True)) for pair in sorted(pairs)])

    transact(engine, fill)


def _table(engine, name, was):
    """As it is in the database at hand, with the types that we give our columns where they have any."""
    own = {column.name: column.type for column in metadata.tables[name].columns}
    table = read(engine, lambda session: Table(name, was, autoload_with=session))
    for column in table.columns:
        column.type = own.get(column.name, column.type)
    return table


@pytest.fixture
def filled(open_new):
    """A database that the present code filled."""
    engine = open_new()
    upgrade(engine)
    return engine


def upgraded(old, filled):
    """The rows of each new table once a database that held the same at 0006 is upgraded; they are those of the present code."""
    earlier(old, filled)
    upgrade(old)
    for name in NEW:
        found = rows_of(old, name)
        assert found == rows_of(filled, name)
        yield found


def test_finds_members_and_targets_as_the_present_code_notes_them_when_0006_held_statements(open_new, filled):
    for tenant in ("fjordvik", "nabo"):
        send(filled, tenant, *([value] for value in history()))
    for found in upgraded(open_new(), filled):
        assert {row[0] for row in found} == {"fjordvik", "nabo"}


def test_goes_through_every_statement_when_they_are_more_than_are_read_at_a_time(open_new, filled):
    whole = full_statement()
    pointing = [pointing_at(whole["id"], actor=TEAM) for _ in range(BEYOND_A_STRETCH)]
    send(filled, "fjordvik", [whole], pointing)
    for found in upgraded(open_new(), filled):
        assert len(found) > BEYOND_A_STRETCH
