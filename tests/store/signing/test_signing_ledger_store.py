"""Keys and the ledger on both databases: one chain whatever happens at once, and every alteration found."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from lrs_bridge.db import read, transact
from lrs_bridge.errors import Invalid, NotFound
from lrs_bridge.settings import Secret
from lrs_bridge.signing import service, store
from lrs_bridge.signing.chain import GENESIS, check_links
from lrs_bridge.signing.examination import Aspect, Standing
from lrs_bridge.signing.keys import UnusableKey, key_ring
from lrs_bridge.signing.ledger import Flaw
from lrs_bridge.signing.verification import verify_document
from tests.support.signing_world import (
    MASTER_KEY,
    NOW,
    TENANT,
    Statements,
    contest,
    crowd,
    people_of,
    sign,
    sign_due,
    supersede,
    under_a_rule,
    with_statement,
    world,
)

WITNESSES = "the audit log, the transparency log, a signed checkpoint"
STATEMENT = b'{"id":"s1","verb":{"id":"http://adlnet.gov/expapi/verbs/passed"}}'


def signed_ledger(engine, count=4):
    """A ledger with that many entries, the second with a statement as evidence; the source and the attestation ids."""
    records = world(engine, count)

    def work(session):
        with_statement(session, records[1], "s1", STATEMENT)
        return [sign(session, record_id) for record_id in records]

    return Statements({"s1": STATEMENT}), transact(engine, work)


def findings(engine, source):
    return read(engine, lambda session: service.check_ledger(session, TENANT, source))


def tell(engine, source):
    return [(finding.code, finding.message) for finding in findings(engine, source)]


def alter(engine, sql, **values):
    """Does by SQL what nobody may do."""
    with engine.begin() as session:
        if engine.dialect.name == "sqlite":
            session.execute(text("pragma defer_foreign_keys = on"))
        assert session.execute(text(sql), values).rowcount == 1


def examined(engine, source, attestation_id):
    return read(engine, lambda session: service.examine(session, attestation_id, source))


def test_keeps_one_unbroken_chain_when_eight_threads_sign_at_once(engine):
    records = crowd(engine, residents=8, each=3)
    with ThreadPoolExecutor(8) as signers:
        made = list(signers.map(lambda record_id: transact(engine, lambda session: sign(session, record_id)), records))
    entries = read(engine, lambda session: list(store.entries(session, TENANT, first=1)))
    check_links(GENESIS, read(engine, lambda session: store.links(session, TENANT, first=1, last=24)))
    assert [entry.sequence for entry in entries] == list(range(1, 25))
    assert {entry.attestation_id for entry in entries} == set(made)
    assert len(read(engine, service.public_keys)) == 1
    assert tell(engine, Statements()) == []


def test_keeps_one_chain_when_batches_and_people_sign_at_once(engine):
    records = crowd(engine, residents=4, each=4, state="done")

    def in_batches(some):
        transact(engine, lambda session: sign_due(session, some))

    with ThreadPoolExecutor(4) as signers:
        list(signers.map(in_batches, [records[4 * n : 4 * n + 4] for n in range(4)]))
    assert tell(engine, Statements()) == []
    assert read(engine, lambda session: store.head(session, TENANT)).sequence == 16


def test_walks_a_ledger_of_several_pages(engine, monkeypatch):
    monkeypatch.setattr(store, "PAGE", 2)
    source, _ = signed_ledger(engine, 5)
    assert tell(engine, source) == []


def test_finds_nothing_when_nobody_touched_anything(engine):
    source, made = signed_ledger(engine)
    assert tell(engine, source) == []
    assert {examined(engine, source, each).standing for each in made} == {Standing.HOLDS}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("payload = replace(payload, 'Kari', 'Kåri')", "its payload was altered: it is not what was signed"),
        ("payload_digest = replace(payload_digest, substr(payload_digest, 9), substr(chain_hash, 9))", "its payload_digest was"),
        ("previous = chain_hash", "its previous was altered"),
        ("chain_hash = previous", "its chain_hash was altered"),
        ("issued_at = (select max(created_at) from signing_key where retired_at is not null)", "its issued_at was altered"),
        ("kid = (select kid from signing_key where retired_at is not null)", "its kid was altered"),
        ("jws = replace(jws, substr(jws, length(jws) - 20), substr(jws, 1, 21))", "its jws was altered"),
        ("jws = replace(jws, '.', '')", "its jws was altered"),
    ],
)
def test_says_which_column_was_altered(engine, change, told):
    def rotated(session):
        people_of(session)
        service.ensure_key(session, TENANT, master_key=MASTER_KEY, now=NOW - timedelta(days=9))
        service.rotate_key(session, TENANT, master_key=MASTER_KEY, now=NOW - timedelta(days=8))

    transact(engine, rotated)
    source, made = signed_ledger(engine)
    alter(engine, f"update attestation set {change} where sequence = 2")
    (finding,) = findings(engine, source)
    assert finding.subject == f"attestation:{made[1]}"
    assert told in finding.message
    page = examined(engine, source, made[1])
    assert page.standing is Standing.BROKEN
    assert [aspect for aspect, flaws in page.flawed().items() if flaws] in ([Aspect.ENTRY], [Aspect.SIGNATURE])


@pytest.mark.parametrize(
    "change",
    ["sequence = 9", "record_id = attestation_id", "attestation_id = record_id", "tenant_id = 'other'"],
)
def test_finds_an_entry_that_was_given_another_place_or_name(engine, change):
    source, _ = signed_ledger(engine)
    if "tenant" in change:
        transact(engine, lambda session: service.ensure_key(session, "other", master_key=MASTER_KEY, now=NOW))
        theirs = "(select kid from signing_key where tenant_id = 'other')"
        alter(engine, f"update attestation set tenant_id = 'other', kid = {theirs} where sequence = 2")
    else:
        alter(engine, f"update attestation set {change} where sequence = 2")
    assert findings(engine, source)


@pytest.mark.parametrize(
    ("sequence", "told"),
    [
        (1, "entry 1 was removed from the ledger"),
        (2, "entry 2 was removed from the ledger"),
        (4, f"entry 4 was removed from the end of the ledger: known from {WITNESSES}"),
    ],
    ids=["first", "within", "last"],
)
def test_finds_that_an_entry_was_removed(engine, sequence, told):
    source, made = signed_ledger(engine)
    alter(engine, f"delete from attestation where sequence = {sequence}")
    unattested = (Flaw.UNATTESTED, "it is marked as signed, but there is no attestation of it")
    assert tell(engine, source) == [(Flaw.MISSING, told), unattested]
    if sequence < 4:
        assert examined(engine, source, made[sequence]).flawed()[Aspect.CHAIN]


def test_finds_evidence_that_was_altered_or_removed(engine):
    source, made = signed_ledger(engine)
    source.contents["s1"] = STATEMENT.replace(b"passed", b"failed")
    assert [code for code, _ in tell(engine, source)] == [Flaw.EVIDENCE_ALTERED]
    assert examined(engine, source, made[1]).flawed()[Aspect.EVIDENCE]
    del source.contents["s1"]
    assert [code for code, _ in tell(engine, source)] == [Flaw.EVIDENCE_MISSING]


def test_finds_a_note_that_was_altered(engine):
    source, _ = signed_ledger(engine, 1 + 1)
    alter(
        engine,
        "update record_evidence set text = 'Noe annet' where kind = 'note'"
        " and record_id = (select record_id from attestation where sequence = 1)",
    )
    assert [code for code, _ in tell(engine, source)] == [Flaw.EVIDENCE_ALTERED]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("state = 'done'", "is done, though it was signed"),
        ("person_id = (select person_id from person where name_key = 'ola hansen')", "another person"),
        ("activity_id = (select activity_id from learning_activity where title = 'Utenfor planen')", "another activity"),
    ],
    ids=["state", "person", "activity"],
)
def test_finds_a_record_that_no_longer_agrees(engine, change, told):
    source, made = signed_ledger(engine)
    alter(
        engine,
        "insert into learning_activity (tenant_id, activity_id, title, kind, mode, rule)"
        " select tenant_id, record_id, 'Utenfor planen', 'procedure', '70', 'signature' from attestation where sequence = 1",
    )
    alter(engine, f"update activity_record set {change} where record_id = (select record_id from attestation where sequence = 2)")
    (finding,) = findings(engine, source)
    assert (finding.code, finding.subject, told in finding.message) == (Flaw.RECORD, f"attestation:{made[1]}", True)
    assert examined(engine, source, made[1]).standing is Standing.BROKEN


@pytest.mark.parametrize(
    ("table", "change", "name"),
    [
        ("activity_record", "valid_until = '2099-01-01'", "its valid_until"),
        ("activity_record", "done_at = (select min(created_at) from signing_key)", "its done_at"),
        ("activity_record", "closed_at = null", "its closed_at"),
        ("activity_record", "note = 'Noe annet'", "its note"),
        ("activity_record", "signed_revision = 9", "its signed_revision"),
        ("activity_record", "supersedes = (select record_id from attestation where sequence = 1)", "its supersedes"),
        ("activity_record", "superseded_by = (select record_id from attestation where sequence = 1)", "its superseded_by"),
        (
            "record_evidence",
            'outcome = \'{"completion": true, "score": {"scaled": 1.0}}\'',
            "the outcome of its evidence xapi:s1",
        ),
        ("record_evidence", "asserted_by = 'Noen andre'", "the asserted_by of its evidence xapi:s1"),
        ("record_evidence", "occurred_at = (select min(created_at) from signing_key)", "the occurred_at of its evidence xapi:s1"),
        ("record_evidence", "record_revision = 9", "the record_revision of its evidence xapi:s1"),
        ("record_evidence", "digest = null", "the digest of its evidence xapi:s1"),
        (
            "record_event",
            "actor_id = (select person_id from person where name_key = 'ola hansen')",
            "the actor_id of its sign event",
        ),
        ("record_event", "on_behalf_of = actor_id", "the on_behalf_of of its sign event"),
        ("record_event", "at = (select min(created_at) from signing_key)", "the time of its sign event"),
        ("record_event", "comment = 'Godt utført'", "the comment of its sign event"),
    ],
)
def test_names_what_was_altered_beside_an_attestation(engine, table, change, name):
    old = NOW - timedelta(days=9)
    transact(engine, lambda session: [people_of(session), service.ensure_key(session, TENANT, master_key=MASTER_KEY, now=old)])
    source, made = signed_ledger(engine)
    chosen = {"activity_record": "true", "record_evidence": "source = 'xapi'", "record_event": "event = 'sign'"}[table]
    mine = "record_id = (select record_id from attestation where sequence = 2)"
    alter(engine, f"update {table} set {change} where {chosen} and {mine}")
    (finding,) = findings(engine, source)
    assert (finding.code, finding.subject) == (Flaw.RECORD, f"attestation:{made[1]}")
    assert f"is not what was signed: {name}" in finding.message
    assert examined(engine, source, made[1]).standing is Standing.BROKEN


def test_finds_evidence_that_was_put_in_the_place_of_what_was_signed(engine):
    source, _ = signed_ledger(engine, 2)
    alter(engine, "update record_evidence set source_id = 's2' where source_id = 's1'")
    gone, added = [message.partition("not what was signed: ")[2] for _, message in tell(engine, source)]
    assert (gone, added) == ("its evidence xapi:s1 is gone", "its evidence xapi:s2 was added")


@pytest.mark.parametrize(
    "change",
    [
        "update activity_record set state = 'signed' where state = 'contested'",
        "delete from record_event where event = 'contest'",
        "update activity_record set state = 'superseded' where state = 'contested'",
    ],
)
def test_finds_that_the_dispute_over_a_record_was_hidden(engine, change):
    source, made = signed_ledger(engine)
    disputed = read(engine, lambda session: service.get_entry(session, made[2])).record_id
    transact(engine, lambda session: contest(session, disputed))
    assert tell(engine, source) == []
    alter(engine, change)
    assert {finding.subject for finding in findings(engine, source)} == {f"attestation:{made[2]}"}
    assert examined(engine, source, made[2]).flawed()[Aspect.RECORD]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("update activity_record set mapping_id = null where mapping_id is not null", "its mapping_id"),
        ("update course_mapping set policy = 'auto'", "the policy of its mapping"),
        ("update course_mapping set minimum_score = 0.1", "the minimum_score of its mapping"),
        ("update course set iri = 'https://kurs.example.no/annet'", "its course"),
    ],
)
def test_names_what_was_altered_of_the_rule_that_was_applied(engine, change, name):
    (record_id,) = world(engine, 1)

    def work(session):
        under_a_rule(session, record_id)
        return sign(session, record_id)

    made = transact(engine, work)
    assert tell(engine, Statements()) == []
    alter(engine, change)
    (finding,) = findings(engine, Statements())
    assert finding.subject == f"attestation:{made}"
    assert f"is not what was signed: {name}" in finding.message


def test_names_the_link_that_was_cut_between_a_record_and_its_successor(engine):
    old, new = world(engine, 2)

    def work(session):
        sign(session, old)
        supersede(session, old, new)
        return sign(session, new)

    made = transact(engine, work)
    assert tell(engine, Statements()) == []
    alter(engine, "update activity_record set supersedes = null where supersedes is not null")
    (finding,) = findings(engine, Statements())
    assert (finding.subject, "its supersedes was altered" in finding.message) == (f"attestation:{made}", True)


def test_still_looks_at_all_when_a_record_makes_no_sense(engine):
    source, made = signed_ledger(engine, 2)
    alter(
        engine,
        "update activity_record set state = 'signert' where record_id = (select record_id from attestation where sequence = 2)",
    )
    (finding,) = findings(engine, source)
    assert (finding.subject, "can't be read" in finding.message) == (f"attestation:{made[1]}", True)
    assert examined(engine, source, made[1]).standing is Standing.BROKEN


def test_finds_a_record_that_is_gone(engine):
    source, made = signed_ledger(engine)
    chosen = "where record_id = (select record_id from attestation where sequence = 1)"
    with engine.begin() as session:
        for table in ("record_event", "record_evidence", "activity_record"):
            session.execute(text(f"delete from {table} {chosen}"))
    assert {finding.code for finding in findings(engine, source)} == {Flaw.RECORD, Flaw.EVIDENCE_MISSING}
    assert examined(engine, source, made[0]).standing is Standing.BROKEN


def test_finds_a_public_key_that_was_altered(engine):
    source, made = signed_ledger(engine, 2)
    as_text = "cast(public_jwk as text)"
    cast = "jsonb" if engine.dialect.name == "postgresql" else "text"
    alter(engine, f"update signing_key set public_jwk = cast(replace({as_text}, 'ES256', 'ES384') as {cast})")
    assert {code for code, _ in tell(engine, source)} == {Flaw.KEY, Flaw.SIGNATURE, Flaw.LOG}
    assert examined(engine, source, made[0]).attestation is None


def test_shows_an_attestation_as_contested_or_superseded(engine):
    records = world(engine, 2)
    first = transact(engine, lambda session: sign(session, records[0]))

    transact(engine, lambda session: contest(session, records[0]))
    assert examined(engine, Statements(), first).standing is Standing.CONTESTED
    second = transact(engine, lambda session: [supersede(session, *records), sign(session, records[1])][1])
    found = examined(engine, Statements(), first)
    assert (found.standing, found.superseded_by, found.length) == (Standing.SUPERSEDED, second, 2)
    assert tell(engine, Statements()) == []


def test_shows_no_successor_when_that_is_not_signed_yet(engine):
    records = world(engine, 2)
    first = transact(engine, lambda session: sign(session, records[0]))
    transact(engine, lambda session: supersede(session, *records))
    found = examined(engine, Statements(), first)
    assert (found.standing, found.superseded_by) == (Standing.SUPERSEDED, None)


def test_publishes_the_chain_up_to_an_attestation(engine):
    _, made = signed_ledger(engine)
    chain = read(engine, lambda session: service.chain_until(session, made[2]))
    check_links(chain.previous, chain.links)
    assert [link.sequence for link in chain.links] == [1, 2, 3]
    later = read(engine, lambda session: service.chain_until(session, made[3], 3))
    check_links(later.previous, later.links)
    assert [link.sequence for link in later.links] == [3, 4]


def test_publishes_no_longer_a_chain_than_is_bearable(engine, monkeypatch):
    monkeypatch.setattr(service, "MAX_LINKS", 2)
    _, made = signed_ledger(engine)
    latest = read(engine, lambda session: service.chain_until(session, made[3]))
    assert [link.sequence for link in latest.links] == [3, 4]
    first = read(engine, lambda session: service.chain_until(session, made[3], 1))
    assert [link.sequence for link in first.links] == [1, 2]


@pytest.mark.parametrize("first", [0, 3, -1])
def test_refuses_a_chain_that_begins_nowhere(engine, first):
    _, made = signed_ledger(engine, 2)
    with pytest.raises(Invalid, match="between 1 and 2"):
        read(engine, lambda session: service.chain_until(session, made[1], first))


def test_rotates_keys_and_keeps_publishing_the_old(engine):
    records = world(engine, 2)
    first = transact(engine, lambda session: sign(session, records[0]))
    kid = transact(engine, lambda s: service.rotate_key(s, TENANT, master_key=MASTER_KEY, now=NOW + timedelta(days=1)))
    second = transact(engine, lambda session: sign(session, records[1]))
    entries = [read(engine, lambda session, each=each: service.get_entry(session, each)) for each in (first, second)]
    assert entries[0].kid != kid
    assert entries[1].kid == kid
    assert key_ring(read(engine, service.public_keys)).keys() == {entry.kid for entry in entries}
    assert tell(engine, Statements()) == []


def test_makes_the_first_key_once(engine):
    transact(engine, people_of)

    def ensure(_):
        return transact(engine, lambda session: service.ensure_key(session, TENANT, master_key=MASTER_KEY, now=NOW))

    with ThreadPoolExecutor(4) as processes:
        assert len(set(processes.map(ensure, range(4)))) == 1
    assert len(read(engine, service.public_keys)) == 1


@pytest.mark.parametrize("make", [service.ensure_key, service.rotate_key])
def test_makes_no_key_for_a_tenant_that_is_not_there(engine, make):
    with pytest.raises(NotFound):
        transact(engine, lambda session: make(session, "nobody", master_key=MASTER_KEY, now=NOW))


def test_tells_whether_the_keys_can_be_opened(engine):
    transact(engine, people_of)
    transact(engine, lambda session: service.ensure_key(session, TENANT, master_key=MASTER_KEY, now=NOW))
    read(engine, lambda session: service.check_keys(session, TENANT, master_key=MASTER_KEY))
    with pytest.raises(UnusableKey):
        read(engine, lambda session: service.check_keys(session, TENANT, master_key=Secret(b"x" * 32)))


def test_does_not_need_retired_keys_to_open_once_the_old_master_key_is_given_up(engine):
    transact(engine, people_of)
    old = Secret(b"the master key that was lost ...")
    transact(engine, lambda session: service.ensure_key(session, TENANT, master_key=old, now=NOW))
    with pytest.raises(UnusableKey):
        transact(engine, lambda session: service.rotate_key(session, TENANT, master_key=MASTER_KEY, now=NOW))
    transact(engine, lambda session: service.rotate_key(session, TENANT, master_key=MASTER_KEY, now=NOW, lost=True))
    read(engine, lambda session: service.check_keys(session, TENANT, master_key=MASTER_KEY))


def test_verifies_its_files_with_the_keys_of_the_installation(engine):
    source, made = signed_ledger(engine, 2)
    file = read(engine, lambda session: service.download(session, made[1], source, reader=None, now=NOW))
    verdict = verify_document(file, keys=read(engine, service.known_keys))
    assert verdict.attestation.id == made[1]


def test_has_no_keys_to_verify_with_before_the_first_is_made(engine):
    transact(engine, people_of)
    with pytest.raises(Invalid, match="no key"):
        read(engine, service.known_keys)
