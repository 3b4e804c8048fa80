"""Storing, replaying, voiding, filtering and paging, on both databases."""

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select

from lrs_bridge.completion import SourceKey
from lrs_bridge.db import read, transact
from lrs_bridge.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated, Unavailable
from lrs_bridge.xapi.credentials import service as credentials
from lrs_bridge.xapi.credentials import store as credential_store
from lrs_bridge.xapi.credentials.authorization import basic_header
from lrs_bridge.xapi.credentials.credential import Credential, Scope
from lrs_bridge.xapi.model.statement import parse_statements
from lrs_bridge.xapi.statements import sequence, service
from lrs_bridge.xapi.statements.pages import store as pages
from lrs_bridge.xapi.statements.query import Format, Single, more_token, parse_query
from lrs_bridge.xapi.statements.tables import statement_target
from tests.support.statements import (
    COMPLETED,
    COURSE,
    KARI,
    OLA,
    OTHER_ID,
    REGISTRATION,
    STATEMENT_ID,
    full_statement,
    statement,
    sub_statement,
    voiding,
)

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
HOME = "https://lrs.example.no"
LMS = Credential("demo", "demo.lms", "Læringsportalen", frozenset({Scope.ALL}), NOW)
OWN = Credential("demo", "demo.own", "Kursbyggeren", frozenset({Scope.WRITE, Scope.READ_MINE}), NOW)
NEIGHBOUR = Credential("nabo", "nabo.lms", "Naboens", frozenset({Scope.ALL}), NOW)
GROUP = {"objectType": "Group", "member": [KARI, OLA]}


class Sink:
    def __init__(self):
        self.received, self.retracted = [], []

    def receive(self, _session, completions, *, now):  # noqa: ARG002  the port names it
        self.received += completions

    def retract(self, _session, retractions, *, now):  # noqa: ARG002  the port names it
        self.retracted += retractions


@pytest.fixture
def sink():
    return Sink()


@pytest.fixture
def lrs(engine, sink, monkeypatch):
    numbers = sequence.Sequence(5)  # of its own, so that it starts at NOW
    monkeypatch.setattr(service, "_sequence", lambda _process_id: numbers)
    return Lrs(engine, sink)


class Lrs:
    def __init__(self, engine, sink):
        self.engine, self.sink = engine, sink

    def post(self, *values, by=LMS, now=NOW):
        batch = parse_statements(orjson.dumps(values), max_bytes=10**6)
        return transact(
            self.engine,
            lambda session: service.store_statements(session, batch, credential=by, home_page=HOME, now=now, sink=self.sink),
        )

    def get(self, id, *, by=LMS, voided=False):
        asked = Single(UUID(str(id)), voided, Format.EXACT, attachments=False)
        return orjson.loads(read(self.engine, lambda session: service.get_statement(session, by, asked))[0])

    def page(self, by=LMS, **parameters):
        query = parse_query(parameters, by.tenant)
        return read(self.engine, lambda session: service.query_statements(session, by, query)), query

    def ids(self, by=LMS, **parameters):
        page, _ = self.page(by, **parameters)
        return [UUID(orjson.loads(payload)["id"]) for payload in page.payloads]


def of(batch):
    return list(batch.ids)


def test_returns_what_was_sent_and_what_it_added_when_asked_by_id(lrs):
    (known,) = of(lrs.post(full_statement()))
    authority = {"objectType": "Agent", "name": LMS.name, "account": {"homePage": HOME, "name": LMS.key}}
    assert lrs.get(known) == full_statement() | {"stored": "2026-03-04T10:00:00.000000Z", "authority": authority}


def test_makes_an_id_when_none_was_sent(lrs):
    batch = lrs.post(statement(), statement())
    assert len(batch.stored) == 2
    assert lrs.get(batch.ids[1])["timestamp"] == lrs.get(batch.ids[1])["stored"] == "2026-03-04T10:00:00.000001Z"


def test_stores_nothing_new_when_the_same_is_sent_again(lrs, sink):
    first = lrs.post(full_statement(), statement(id=OTHER_ID))
    again = lrs.post(statement(id=OTHER_ID), full_statement(), now=NOW + timedelta(days=1))
    assert first.stored == again.replayed == {UUID(STATEMENT_ID), UUID(OTHER_ID)}
    assert again.stored == first.replayed == frozenset()
    assert again.ids == (UUID(OTHER_ID), UUID(STATEMENT_ID))
    assert len(sink.received) == 2
    assert len(lrs.ids()) == 2


def test_stores_nothing_at_all_when_one_of_a_batch_conflicts(lrs):
    lrs.post(statement(id=STATEMENT_ID))
    with pytest.raises(Conflict):
        lrs.post(statement(id=OTHER_ID), statement(id=STATEMENT_ID, actor=OLA))
    assert lrs.ids() == [UUID(STATEMENT_ID)]


def test_accepts_an_empty_batch_when_one_is_sent(lrs):
    assert lrs.post().ids == ()


def test_stores_nothing_when_the_key_may_not_write(lrs):
    with pytest.raises(Forbidden):
        lrs.post(statement(), by=Credential("demo", "demo.r", "R", frozenset({Scope.READ}), NOW))
    assert lrs.ids() == []


def test_says_try_again_when_another_worker_drew_the_same_number(lrs, monkeypatch):
    monkeypatch.setattr(service, "_sequence", lambda _process_id: sequence.Sequence(5))
    lrs.post(statement())
    with pytest.raises(Unavailable):
        lrs.post(statement())


def test_hands_on_a_completion_with_its_evidence_when_a_statement_claims_one(lrs, sink):
    (known, _) = of(lrs.post(statement(id=STATEMENT_ID), statement(verb={"id": "http://example.no/opened"})))
    (completion,) = sink.received
    assert completion.key == SourceKey("demo", "xapi", str(known))
    assert completion.asserted_by == "Læringsportalen"
    stored = read(lrs.engine, lambda session: service.evidence_bytes(session, "demo", "xapi", str(known)))
    assert completion.evidence == "sha-256:" + hashlib.sha256(stored).hexdigest()


@pytest.mark.parametrize(
    ("tenant", "source", "id"), [("demo", "xapi", OTHER_ID), ("demo", "xapi", "x"), ("demo", "lti", None), ("nabo", "xapi", None)]
)
def test_has_no_evidence_when_asked_for_another(lrs, tenant, source, id):
    (stored_id,) = of(lrs.post(statement()))
    assert read(lrs.engine, lambda s: service.StatementEvidence().evidence_bytes(s, tenant, source, id or str(stored_id))) is None


# --- voiding


def test_hides_a_statement_and_takes_its_completion_back_when_it_is_voided(lrs, sink):
    (known,) = of(lrs.post(statement()))
    (voider,) = of(lrs.post(voiding(str(known))))
    with pytest.raises(NotFound):
        lrs.get(known)
    assert lrs.get(known, voided=True)["id"] == str(known)
    assert lrs.ids() == [voider]
    (retraction,) = sink.retracted
    assert retraction.key == sink.received[0].key
    assert str(voider) in retraction.reason


def test_is_not_found_as_voided_when_it_is_not(lrs):
    (known,) = of(lrs.post(statement()))
    with pytest.raises(NotFound):
        lrs.get(known, voided=True)


def test_voids_on_arrival_when_the_voiding_statement_came_first(lrs, sink):
    lrs.post(voiding(STATEMENT_ID))
    lrs.post(statement(id=STATEMENT_ID))
    assert lrs.get(STATEMENT_ID, voided=True)
    assert sink.received == sink.retracted == []


def test_voids_within_a_batch_when_both_come_together(lrs, sink):
    lrs.post(voiding(STATEMENT_ID), statement(id=STATEMENT_ID))
    assert lrs.get(STATEMENT_ID, voided=True)
    assert sink.received == sink.retracted == []


def test_refuses_to_void_when_the_target_voids_itself(lrs):
    (voider,) = of(lrs.post(voiding(STATEMENT_ID)))
    with pytest.raises(Invalid) as refused:
        lrs.post(voiding(str(voider)))
    assert refused.value.field == "object.id"
    assert lrs.ids() == [voider]


def test_leaves_a_voiding_statement_valid_when_it_arrives_after_one_against_it(lrs):
    lrs.post(voiding(OTHER_ID))
    lrs.post(voiding(STATEMENT_ID, id=OTHER_ID))
    assert lrs.get(OTHER_ID)


def test_changes_nothing_when_a_statement_is_only_referred_to(lrs, sink):
    (known,) = of(lrs.post(statement()))
    lrs.post(statement(object={"objectType": "StatementRef", "id": str(known)}))
    assert lrs.get(known)
    assert sink.retracted == []


def test_refuses_to_void_what_another_key_stored_without_scope_all(lrs, sink):
    lrs.post(statement(id=STATEMENT_ID, result={"completion": True}))
    with pytest.raises(Forbidden) as refused:
        lrs.post(voiding(STATEMENT_ID), by=OWN)
    assert refused.value.field == "object.id"
    assert (lrs.get(STATEMENT_ID)["id"], sink.retracted) == (STATEMENT_ID, [])
    lrs.post(statement(id=OTHER_ID), by=OWN)
    lrs.post(voiding(OTHER_ID), by=OWN)
    lrs.post(voiding(STATEMENT_ID), by=LMS)
    assert {lrs.get(one, voided=True)["id"] for one in (STATEMENT_ID, OTHER_ID)} == {STATEMENT_ID, OTHER_ID}


def test_voids_on_arrival_only_what_the_key_may_void(lrs, engine):
    made = {"tenant": "demo", "now": NOW}
    keys = [
        transact(engine, lambda s, scopes=scopes: credentials.create_credential(s, name="LMS", scopes=scopes, **made))[0]
        for scopes in (["statements/write"], ["all"])
    ]
    weak, strong = (Credential("demo", key, "LMS", frozenset({Scope.WRITE}), NOW) for key in keys)
    lrs.post(voiding(STATEMENT_ID), by=weak)
    lrs.post(voiding(OTHER_ID), by=strong)
    lrs.post(statement(id=STATEMENT_ID), statement(id=OTHER_ID))
    assert lrs.get(STATEMENT_ID)["id"] == STATEMENT_ID
    assert lrs.get(OTHER_ID, voided=True)["id"] == OTHER_ID


def test_ends_a_page_early_when_its_statements_are_large(lrs, monkeypatch):
    monkeypatch.setattr(pages, "SMALL", 2000)
    monkeypatch.setattr(pages, "MOST_PAGE_BYTES", 20_000)
    pages._page_query.cache_clear()
    large = {"https://example.no/x": "æ" * 7000}
    sent = of(lrs.post(*(statement(context={"extensions": large if number % 2 else {}}) for number in range(12))))
    for ascending, expected in (("false", sent[::-1]), ("true", sent)):
        parameters, seen, count = {"ascending": ascending, "agent": json.dumps(KARI)}, [], 0
        while parameters:
            page, query = lrs.page(**parameters)
            seen += [UUID(orjson.loads(payload)["id"]) for payload in page.payloads]
            parameters = {"more": more_token(query, "demo", page.last)} if page.last else None
            count += 1
        assert seen == expected
        assert count > 1
    pointers = of(lrs.post(*(reference_to(str(one)) for one in sent[:4])))
    assert set(lrs.ids(agent=json.dumps(KARI), since="2026-03-04T10:00:00.000011Z")) >= set(pointers)
    pages._page_query.cache_clear()


def test_names_the_one_that_voids_when_another_of_the_batch_only_refers(lrs, sink):
    (known,) = of(lrs.post(statement()))
    _, voider, _ = of(lrs.post(reference_to(str(known)), voiding(str(known)), reference_to(str(known))))
    (retraction,) = sink.retracted
    assert retraction.reason == f"voided by statement {voider} from {LMS.name}"


def test_voids_only_its_own_tenants_statement_when_ids_are_equal(lrs):
    lrs.post(statement(id=STATEMENT_ID), by=NEIGHBOUR)
    lrs.post(voiding(STATEMENT_ID))
    assert lrs.get(STATEMENT_ID, by=NEIGHBOUR)


# --- filters

INSTRUCTED = statement(context={"instructor": OLA, "registration": REGISTRATION})
PARENT = "https://kurs.example.no/program"
IN_PROGRAM = statement(
    actor=OLA, context={"contextActivities": {"parent": {"id": PARENT}}}, verb={"id": "http://example.no/opened"}
)
PEOPLE = {
    "instructed": INSTRUCTED,
    "in program": IN_PROGRAM,
    "group": statement(actor=GROUP),
    "about Ola": statement(object=OLA | {"objectType": "Agent"}),
    "inknowne": statement(object=sub_statement(actor=OLA), actor={"mbox": "mailto:siri@example.no"}),
}
AUTHORITY = {"account": {"homePage": HOME, "name": LMS.key}}

FILTERS = {
    "nothing": ({}, set(PEOPLE)),
    "agent": ({"agent": KARI}, {"instructed", "group", "about Ola"}),
    "agent as object or member": ({"agent": OLA}, {"in program", "group", "about Ola"}),
    "agent anywhere": ({"agent": OLA, "related_agents": "true"}, set(PEOPLE)),
    "authority": ({"agent": AUTHORITY, "related_agents": "true"}, set(PEOPLE)),
    "authority is no actor": ({"agent": AUTHORITY}, set()),
    "verb": ({"verb": COMPLETED}, set(PEOPLE) - {"in program"}),
    "activity": ({"activity": COURSE}, {"instructed", "in program", "group"}),
    "activity anywhere": ({"activity": PARENT, "related_activities": "true"}, {"in program"}),
    "object anywhere": ({"activity": COURSE, "related_activities": "true"}, {"instructed", "in program", "group", "inknowne"}),
    "context activity is no object": ({"activity": PARENT}, set()),
    "registration": ({"registration": REGISTRATION}, {"instructed"}),
    "agent and verb": ({"agent": OLA, "verb": "http://example.no/opened"}, {"in program"}),
    "agent and activity anywhere": (
        {"agent": OLA, "activity": COURSE, "related_agents": "true", "related_activities": "true"},
        {"instructed", "in program", "group", "inknowne"},
    ),
}


@pytest.mark.parametrize(("parameters", "names"), FILTERS.values(), ids=FILTERS.keys())
def test_finds_the_statements_that_fit_when_filtered(lrs, parameters, names):
    batch = lrs.post(*PEOPLE.values())
    by_id = dict(zip(batch.ids, PEOPLE, strict=True))
    texts = {name: json.dumps(value) if name == "agent" else value for name, value in parameters.items()}
    assert {by_id[known] for known in lrs.ids(**texts)} == names


def test_leaves_a_statement_out_when_only_its_hash_fits(lrs, monkeypatch):
    lrs.post(statement())
    monkeypatch.setattr(pages, "reference", lambda tenant, kind, _value: original(tenant, kind, COMPLETED))
    assert lrs.ids(verb="http://example.no/never-sent") == []


original = pages.reference


def reference_to(target, **changes):
    return statement(
        actor=OLA, object={"objectType": "StatementRef", "id": target}, verb={"id": "http://example.no/confirmed"}, **changes
    )


def test_finds_what_points_at_a_statement_when_that_fits(lrs):
    """Communication 2.1.3, Filter Conditions for StatementRefs, and recursively."""
    a, b, c = of(lrs.post(reference_to(OTHER_ID), reference_to(STATEMENT_ID, id=OTHER_ID), statement(id=STATEMENT_ID)))
    assert lrs.ids(agent=json.dumps(KARI)) == [c, b, a]
    assert lrs.ids(activity=COURSE, ascending="true") == [a, b, c]
    assert lrs.ids(verb="http://example.no/confirmed") == [b, a]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)], ids=str)
def test_finds_a_chain_of_pointers_when_they_arrive_in_any_order(lrs, order):
    chain = [reference_to(OTHER_ID), reference_to(STATEMENT_ID, id=OTHER_ID), statement(id=STATEMENT_ID)]
    for position in order:
        lrs.post(chain[position])
    assert len(lrs.ids(agent=json.dumps(KARI))) == 3


def test_finds_the_pointer_but_not_the_target_when_the_target_is_voided(lrs):
    lrs.post(statement(id=STATEMENT_ID))
    (voider,) = of(lrs.post(voiding(STATEMENT_ID, actor=OLA)))
    assert lrs.ids(activity=COURSE) == [voider]


def test_goes_round_no_circle_when_two_statements_point_at_each_other(lrs):
    lrs.post(reference_to(OTHER_ID, id=STATEMENT_ID), reference_to(STATEMENT_ID, id=OTHER_ID))
    assert len(lrs.ids(agent=json.dumps(OLA))) == 2


def chain_of(length):
    """Statements each of which points at the next, the last one at none."""
    ids = [str(UUID(int=number, version=4)) for number in range(1, length + 1)]
    pointers = [reference_to(target, id=own) for own, target in pairwise(ids)]
    return [*pointers, statement(id=ids[-1])]


def targets_by_statement(lrs):
    rows = read(
        lrs.engine, lambda session: session.execute(select(statement_target.c.seq, statement_target.c.target_seq).distinct())
    )
    return Counter(row.seq for row in rows)


@pytest.mark.parametrize("order", [1, -1], ids=["from its beginning", "from its end"])
@pytest.mark.parametrize("at_once", [True, False], ids=["in a batch", "one by one"])
def test_notes_no_more_than_the_limit_for_each_statement_when_a_chain_is_long(lrs, monkeypatch, order, at_once):
    monkeypatch.setattr(service, "MAX_CHAIN", 4)
    chain = chain_of(30)[::order]
    for batch in [chain] if at_once else [[one] for one in chain]:
        lrs.post(*batch)
    noted = targets_by_statement(lrs)
    assert max(noted.values()) == 4
    assert sum(noted.values()) == 26 * 4 + 3 + 2 + 1
    assert len(lrs.ids(agent=json.dumps(KARI))) == 1 + 4  # the last and what reaches it


def test_notes_the_same_when_two_chains_are_joined_in_their_middle(lrs, monkeypatch):
    monkeypatch.setattr(service, "MAX_CHAIN", 5)
    chain = chain_of(20)
    lrs.post(*chain[:9])
    lrs.post(*chain[10:])
    lrs.post(chain[9])
    assert sorted(targets_by_statement(lrs).values()) == [1, 2, 3, 4, *[5] * 15]


def test_notes_every_pointer_when_very_many_point_at_one(lrs, monkeypatch):
    monkeypatch.setattr(service, "MAX_CHAIN", 4)
    lrs.post(reference_to(STATEMENT_ID, id=OTHER_ID), *(reference_to(OTHER_ID) for _ in range(20)))
    lrs.post(statement(id=STATEMENT_ID))
    assert len(lrs.ids(agent=json.dumps(KARI))) == 22


def test_counts_a_pointer_once_when_it_reaches_several_that_fit(lrs):
    (first,) = of(lrs.post(statement()))
    (early,) = of(lrs.post(reference_to(str(first))))
    (both,) = of(lrs.post(statement(object={"objectType": "StatementRef", "id": str(first)})))
    (late,) = of(lrs.post(reference_to(str(both))))
    (last,) = of(lrs.post(reference_to(str(late))))
    assert lrs.ids(verb=COMPLETED, limit="4") == [last, late, both, early]


def test_applies_the_range_to_the_pointer_when_its_target_fits(lrs):
    lrs.post(statement(id=STATEMENT_ID))
    (pointer,) = of(lrs.post(reference_to(STATEMENT_ID), now=NOW + timedelta(days=1)))
    assert lrs.ids(activity=COURSE, since="2026-03-04T12:00:00Z") == [pointer]
    assert lrs.ids(activity=COURSE, until="2026-03-04T12:00:00Z") == [UUID(STATEMENT_ID)]


# --- order and pages


def test_goes_through_all_in_order_when_read_page_by_page(lrs):
    ids = of(lrs.post(*(statement() for _ in range(7))))
    for ascending, expected in (("false", ids[::-1]), ("true", ids)):
        page, query = lrs.page(limit="3", ascending=ascending, agent=json.dumps(KARI))
        seen = [orjson.loads(p)["id"] for p in page.payloads]
        while page.last is not None:
            page, query = lrs.page(more=more_token(query, "demo", page.last))
            seen += [orjson.loads(p)["id"] for p in page.payloads]
        assert seen == [str(known) for known in expected]


def test_takes_since_as_exclusive_and_until_as_inclusive_when_given_a_stored_time(lrs):
    first, second, third = of(lrs.post(statement(), statement(), statement()))
    at = lrs.get(second)["stored"]
    assert lrs.ids(since=at) == [third]
    assert lrs.ids(until=at) == [second, first]


# --- until when it is whole


def through(lrs, now, tenant="demo"):
    return read(lrs.engine, lambda session: service.consistent_through(session, tenant, now))


def test_is_whole_until_just_now_when_nobody_stores(lrs):
    lrs.post(statement())
    later = NOW + timedelta(hours=1)
    assert through(lrs, later) == through(lrs, later, None) == later - service.CLOCK_SKEW


@pytest.mark.parametrize("batch", [[statement(id=OTHER_ID)], [reference_to(STATEMENT_ID, id=OTHER_ID)]], ids=["plain", "pointer"])
def test_is_whole_until_before_what_is_being_stored_when_that_takes_long(lrs, batch):
    lrs.post(statement())
    began, later = NOW + timedelta(minutes=1), NOW + timedelta(minutes=10)
    values = parse_statements(orjson.dumps(batch), max_bytes=10**6)
    with lrs.engine.begin() as session:
        times = iter([began + timedelta(seconds=5)])
        service.store_statements(
            session, values, credential=LMS, home_page=HOME, now=began, clock=lambda: next(times), sink=lrs.sink
        )
        while_open = through(lrs, later)
    stored = datetime.fromisoformat(lrs.get(OTHER_ID)["stored"])
    assert stored == began + timedelta(seconds=5)
    assert NOW - 2 * service.CLOCK_SKEW < while_open < stored
    assert through(lrs, later) == later - service.CLOCK_SKEW


def test_knows_nothing_to_be_whole_when_the_first_statement_is_being_stored(lrs):
    with lrs.engine.begin() as session:
        values = parse_statements(orjson.dumps(statement()), max_bytes=10**6)
        service.store_statements(session, values, credential=LMS, home_page=HOME, now=NOW, sink=lrs.sink)
        assert through(lrs, NOW + timedelta(hours=1)) < NOW
        assert through(lrs, NOW + timedelta(hours=1), None) < NOW


def test_still_waits_for_writers_when_it_has_asked_until_when_it_is_whole(lrs):
    if lrs.engine.dialect.name == "sqlite":
        with lrs.engine.connect() as session, session.begin():
            before = session.exec_driver_sql("pragma busy_timeout").scalar_one()
            service.consistent_through(session, "demo", NOW)
            assert session.exec_driver_sql("pragma busy_timeout").scalar_one() == before > 0


# --- who may see what


def test_sees_only_its_own_when_the_scope_is_mine(lrs):
    (others,) = of(lrs.post(statement(), by=LMS))
    own, pointer = of(lrs.post(statement(), reference_to(str(others)), by=OWN))
    assert lrs.ids(by=OWN) == [pointer, own]
    assert lrs.ids(by=OWN, agent=json.dumps(KARI)) == [own]
    assert lrs.get(own, by=OWN)
    with pytest.raises(NotFound):
        lrs.get(others, by=OWN)


def test_fills_its_page_when_another_tenant_has_newer_statements(lrs):
    (known,) = of(lrs.post(statement()))
    lrs.post(statement(), statement(), by=NEIGHBOUR)
    assert lrs.ids(limit="1") == lrs.ids(limit="1", agent=json.dumps(KARI)) == [known]


def test_sees_nothing_of_another_tenant_when_it_has_statements(lrs):
    (known,) = of(lrs.post(statement(id=STATEMENT_ID), by=NEIGHBOUR))
    assert lrs.ids() == lrs.ids(agent=json.dumps(KARI)) == []
    with pytest.raises(NotFound):
        lrs.get(known)
    assert lrs.post(statement(id=STATEMENT_ID, actor=OLA)).stored == {known}


# --- credentials


def make(engine, **more):
    return transact(
        engine,
        lambda s: credentials.create_credential(s, tenant="demo", name="LMS", scopes=["statements/write"], now=NOW, **more),
    )


def who(engine, key, secret, now=NOW):
    return read(engine, lambda session: credentials.authenticate(session, basic_header(key, secret), now))


def test_knows_a_key_when_its_secret_is_right(engine):
    key, secret = make(engine)
    assert who(engine, key, secret) == Credential("demo", key, "LMS", frozenset({Scope.WRITE}), NOW)
    assert key.startswith("demo.")


def test_makes_secrets_that_a_command_line_takes_when_keys_are_made(engine):
    assert all(make(engine)[1].isalnum() for _ in range(10))


def test_knows_nobody_when_key_or_secret_is_wrong_or_ended(engine):
    key, secret = make(engine, expires_at=NOW + timedelta(days=1))
    for wrong in ((key, secret + "x"), (key, ""), ("demo.x", secret), ("", ""), (key.replace("demo", "nabo"), secret)):
        with pytest.raises(Unauthenticated):
            who(engine, *wrong)
    with pytest.raises(Unauthenticated):
        who(engine, key, secret, NOW + timedelta(days=1))


def test_ends_a_key_at_once_when_it_is_revoked(engine):
    key, secret = make(engine)
    transact(engine, lambda session: credentials.revoke_credential(session, "demo", key, NOW))
    with pytest.raises(Unauthenticated):
        who(engine, key, secret)
    with pytest.raises(NotFound):
        transact(engine, lambda session: credentials.revoke_credential(session, "demo", key, NOW))
    (listed,) = read(engine, lambda session: credentials.list_credentials(session, "demo"))
    assert listed.revoked_at == NOW


def test_lists_no_keys_when_they_are_another_tenants(engine):
    make(engine)
    assert read(engine, lambda session: credentials.list_credentials(session, "nabo")) == []


def test_keeps_no_secret_when_a_key_is_made(engine):
    key, secret = make(engine)
    assert secret not in str(read(engine, lambda session: credential_store.find_credential(session, "demo", key)))
