"""Who may sign what, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from lrs_bridge.db import audit, read, transact
from lrs_bridge.errors import Conflict, Forbidden, Invalid, LrsBridgeError, NotFound
from lrs_bridge.plans import service as plans
from lrs_bridge.plans.record import Event, State
from lrs_bridge.settings import Secret
from lrs_bridge.signing import service
from lrs_bridge.signing.attestation import Login, parse_attestation
from lrs_bridge.signing.keys import UnusableKey
from tests.support.signing_world import (
    NOW,
    RESIDENT,
    TENANT,
    Statements,
    id_of,
    sent,
    sign,
    sign_due,
    with_statement,
    world,
)


def state_of(engine, record_id):
    return read(engine, lambda session: plans.get_record(session, TENANT, record_id)).state


def entry_of(engine, attestation_id):
    return read(engine, lambda session: service.get_entry(session, attestation_id))


def attestations(engine, *record_ids):
    return read(engine, lambda session: service.attestations_of(session, TENANT, record_ids))


def test_attests_what_a_supervisor_signs(engine):
    (record_id,) = world(engine, 1)
    login = Login("helseid", "high")
    made = transact(engine, lambda s: sign(s, record_id, comment=" Godt utført. ", login=login, seen_revision=2))
    attested = parse_attestation(entry_of(engine, made).payload.encode())
    assert (attested.resident.name, attested.resident.hpr_number) == ("Kari Nordmann", "9876543")
    assert (attested.decision.signed_by.name, attested.decision.role) == ("Sigrid Sæther", "supervisor")
    assert (attested.decision.comment, attested.decision.login) == ("Godt utført.", login)
    assert [(o.code, o.title) for o in attested.activity.objectives] == [("KLS-014", "Kunne forebygge smitte")]
    assert [piece.kind for piece in attested.evidence] == ["note"]
    assert (attested.tenant.name, attested.issued_at, attested.sequence) == ("Helse Fjordvik", NOW, 1)
    assert state_of(engine, record_id) is State.SIGNED


def test_signs_in_the_advisors_role(engine):
    (record_id,) = world(engine, 1)
    made = transact(engine, lambda session: sign(session, record_id, by="anders"))
    assert parse_attestation(entry_of(engine, made).payload.encode()).decision.role == "advisor"


def test_signs_in_the_name_of_the_course_owner(engine):
    records = world(engine, 2, state="done")
    transact(engine, lambda session: sign_due(session, records))
    made = [entry_of(engine, each.attestation_id) for each in attestations(engine, *records).values()]
    decisions = [parse_attestation(entry.payload.encode()).decision for entry in made]
    assert {(each.signed_by, each.role, each.on_behalf_of.name) for each in decisions} == {
        ("system", "system", "Kristin Kurseier")
    }
    assert sorted(entry.sequence for entry in made) == [1, 2]


def test_signs_nothing_when_nothing_is_due(engine):
    world(engine, 1)
    transact(engine, lambda session: sign_due(session, []))
    assert read(engine, service.public_keys) == []


@pytest.mark.parametrize("state", ["planned", "sent"])
def test_refuses_the_system_when_the_record_is_not_done(engine, state):
    records = world(engine, 1, state=state)
    with pytest.raises(Conflict):
        transact(engine, lambda session: sign_due(session, records))
    assert attestations(engine, *records) == {}


def test_refuses_the_system_when_the_course_owner_is_the_resident(engine):
    records = world(engine, 1, state="done")
    with pytest.raises(Forbidden, match="own activity"):
        transact(engine, lambda session: sign_due(session, records, owner=RESIDENT))
    assert (state_of(engine, records[0]), attestations(engine, *records)) == (State.DONE, {})


@pytest.mark.parametrize(
    ("by", "refusal"),
    [("kari", Forbidden), ("leder", Forbidden), ("ola", NotFound), ("erik", NotFound), ("admin", NotFound), ("frida", NotFound)],
    ids=["resident", "leader", "another resident", "expired relation", "administrator", "other tenant"],
)
@pytest.mark.parametrize("act", ["sign", "return", "uphold"])
def test_refuses_those_who_may_not_decide(engine, by, refusal, act):
    (record_id,) = world(engine, 1)
    acts = {
        "sign": lambda session: sign(session, record_id, by=by),
        "return": lambda s: service.return_record(s, TENANT, record_id, actor_id=id_of(by), comment="Nei", now=NOW),
        "uphold": lambda s: service.uphold_record(s, TENANT, record_id, actor_id=id_of(by), comment="Ja", now=NOW),
    }
    with pytest.raises(refusal):
        transact(engine, acts[act])
    assert (state_of(engine, record_id), attestations(engine, record_id)) == (State.SENT, {})


def test_knows_no_record_of_another_tenant(engine):
    (record_id,) = world(engine, 1)
    with pytest.raises(NotFound):
        transact(
            engine,
            lambda session: service.return_record(session, "other", record_id, actor_id=id_of("frida"), comment="Nei", now=NOW),
        )


def test_refuses_a_supervisor_when_it_was_sent_to_another(engine):
    (record_id,) = world(engine, 1, state="planned")
    transact(engine, lambda session: sent(session, record_id, to="siri"))
    with pytest.raises(Forbidden, match="another supervisor"):
        transact(engine, lambda session: sign(session, record_id, by="sigrid"))
    transact(engine, lambda session: sign(session, record_id, by="siri"))
    assert state_of(engine, record_id) is State.SIGNED


def test_refuses_to_sign_when_the_record_has_changed_since_it_was_seen(engine):
    (record_id,) = world(engine, 1)
    with pytest.raises(Conflict, match="changed since"):
        transact(engine, lambda session: sign(session, record_id, seen_revision=1))


def test_returns_a_record_with_the_comment(engine):
    (record_id,) = world(engine, 1)

    def work(session):
        service.return_record(session, TENANT, record_id, actor_id=id_of("sigrid"), comment="Si mer", now=NOW, seen_revision=2)

    transact(engine, work)
    record = read(engine, lambda session: plans.get_record(session, TENANT, record_id))
    assert (record.state, record.events[-1].comment) == (State.RETURNED, "Si mer")


def test_asks_for_a_comment_when_a_record_is_returned(engine):
    (record_id,) = world(engine, 1)
    with pytest.raises(Invalid, match="comment"):
        transact(
            engine,
            lambda session: service.return_record(session, TENANT, record_id, actor_id=id_of("sigrid"), comment=" ", now=NOW),
        )


def contested(engine):
    (record_id,) = world(engine, 1)

    def work(session):
        sign(session, record_id)
        plans.apply_event(
            session, TENANT, record_id, Event.CONTEST, actor_id=None, actor_role="system", comment="voided", now=NOW
        )

    transact(engine, work)
    return record_id


def test_upholds_a_contested_record_without_a_new_attestation(engine):
    record_id = contested(engine)
    before = attestations(engine, record_id)

    def work(session):
        service.uphold_record(session, TENANT, record_id, actor_id=id_of("siri"), comment="Jeg var der", now=NOW)

    transact(engine, work)
    assert state_of(engine, record_id) is State.SIGNED
    assert attestations(engine, record_id) == before


def test_does_not_uphold_a_record_that_has_changed_since_it_was_seen(engine):
    record_id = contested(engine)
    seen = read(engine, lambda session: plans.get_record(session, TENANT, record_id)).revision

    def uphold(revision):
        def work(session):
            service.uphold_record(
                session, TENANT, record_id, actor_id=id_of("siri"), comment="Ja", now=NOW, seen_revision=revision
            )

        return transact(engine, work)

    with pytest.raises(Conflict, match="changed since"):
        uphold(seen - 1)
    assert state_of(engine, record_id) is State.CONTESTED
    uphold(seen)
    assert state_of(engine, record_id) is State.SIGNED


def test_does_not_uphold_what_is_not_contested(engine):
    (record_id,) = world(engine, 1)
    with pytest.raises(Conflict):
        transact(
            engine,
            lambda session: service.uphold_record(session, TENANT, record_id, actor_id=id_of("siri"), comment="Ja", now=NOW),
        )


@pytest.mark.parametrize("master_key", [Secret(b""), Secret(b"another master key of 32 bytes!!")], ids=["missing", "wrong"])
def test_changes_nothing_when_the_signing_key_is_not_usable(engine, master_key):
    first, second = world(engine, 2)
    transact(engine, lambda session: sign(session, first))
    with pytest.raises(UnusableKey, match="LRS_BRIDGE_MASTER_KEY"):
        transact(engine, lambda session: sign(session, second, master_key=master_key))
    assert (state_of(engine, second), attestations(engine, second)) == (State.SENT, {})


def test_lets_one_of_two_supervisors_win_when_both_sign_at_once(engine):
    (record_id,) = world(engine, 1)

    def attempt(by):
        try:
            return transact(engine, lambda session: sign(session, record_id, by=by))
        except LrsBridgeError as error:
            return type(error)

    with ThreadPoolExecutor(4) as supervisors:
        results = list(supervisors.map(attempt, ["sigrid", "siri", "anders", "sigrid"]))
    assert results.count(Conflict) == 3
    assert len(attestations(engine, record_id)) == 1


def test_shows_a_record_to_those_who_may_see_its_evidence(engine):
    (record_id,) = world(engine, 1)

    def seen_by(name):
        return read(engine, lambda s: service.visible_record(s, TENANT, record_id, actor_id=id_of(name), now=NOW)).record_id

    assert {seen_by(name) for name in (RESIDENT, "sigrid", "leder")} == {record_id}
    with pytest.raises(NotFound):
        seen_by("admin")


def test_tells_the_audit_log_where_the_ledger_came_to(engine):
    first, second = world(engine, 2)
    transact(engine, lambda session: sign(session, first))
    later = NOW + timedelta(minutes=1)
    made = transact(engine, lambda session: sign(session, second, now=later))
    (newest, _) = read(engine, lambda session: audit.find(session, TENANT, subject=f"ledger:{TENANT}"))
    assert newest.action == "attestation.issue"
    assert newest.detail == {"sequence": 2, "chain_hash": entry_of(engine, made).chain_hash, "records": [str(second)]}


def test_names_the_attestation_that_a_new_record_supersedes(engine):
    first, second = world(engine, 2)
    old = transact(engine, lambda session: sign(session, first))
    supersede = text("update activity_record set supersedes = (select record_id from attestation) where state = 'sent'")

    def work(session):
        session.execute(supersede)
        return sign(session, second)

    made = transact(engine, work)
    assert parse_attestation(entry_of(engine, made).payload.encode()).supersedes == old


def test_tells_other_rooms_which_attestation_a_record_has(engine):
    first, second = world(engine, 2)
    made = transact(engine, lambda session: sign(session, first))
    index = service.RecordAttestations()
    assert read(engine, lambda session: index.attestations_of(session, TENANT, [first, second])) == {first: made}
    assert read(engine, lambda session: index.attestations_of(session, TENANT, [])) == {}
    assert read(engine, lambda session: index.attestations_of(session, "other", [first])) == {}


def test_gives_evidence_contents_only_to_those_who_may_see_them(engine):
    (record_id,) = world(engine, 1)
    content = b'{"verb":"passed"}'

    def work(session):
        with_statement(session, record_id, "s1", content)
        return sign(session, record_id)

    made = transact(engine, work)
    source = Statements({"s1": content})

    def file_for(reader):
        return read(engine, lambda session: service.download(session, made, source, reader=reader, now=NOW))

    for reader in ((TENANT, id_of(RESIDENT)), (TENANT, id_of("sigrid")), (TENANT, id_of("leder"))):
        assert b'{\\"verb\\":\\"passed\\"}' in file_for(reader)
    for reader in (
        None,
        (TENANT, id_of("admin")),
        (TENANT, id_of("erik")),
        ("other", id_of("frida")),
        ("other", id_of(RESIDENT)),
    ):
        assert b'"content"' not in file_for(reader)


def test_knows_no_attestation_under_another_id(engine):
    world(engine, 1)
    with pytest.raises(NotFound):
        entry_of(engine, uuid4())
