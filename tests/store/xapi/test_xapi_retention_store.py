"""What policies and requests erase, what stays, and what is left of it, on both databases."""

import hashlib
import json
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import select

from lrs_bridge.db import audit, metadata
from lrs_bridge.errors import Conflict, Invalid, NotFound
from lrs_bridge.plans.record import Event, State
from lrs_bridge.signing import service as signing
from lrs_bridge.xapi.attachments import store as attachment_store
from lrs_bridge.xapi.attachments.store import Kept
from lrs_bridge.xapi.documents import service as documents
from lrs_bridge.xapi.documents.conditions import Condition
from lrs_bridge.xapi.documents.key import DocumentKey, Kind, parse_context
from lrs_bridge.xapi.exchange import Version
from lrs_bridge.xapi.retention import service as retention
from lrs_bridge.xapi.retention import store
from lrs_bridge.xapi.retention.policy import Policy
from lrs_bridge.xapi.retention.selection import Selection
from lrs_bridge.xapi.retention.service import STILL_VOIDS
from lrs_bridge.xapi.statements import service as statements
from lrs_bridge.xapi.statements.log import store as log
from lrs_bridge.xapi.statements.query import more_token, parse_query
from tests.support.custody import EXPERIENCED, LMS, open_custody
from tests.support.plans import DRUGS_IRI, HYGIENE_IRI, KARI_MBOX, START, TENANT
from tests.support.statements import KARI, OLA, statement, sub_statement, voiding

DAY = timedelta(days=1)
LATER = START + 400 * DAY
SHA1 = hashlib.sha1(KARI_MBOX.encode(), usedforsecurity=False).hexdigest()
PROGRESS = {"id": EXPERIENCED}


@pytest.fixture
def custody(engine):
    return open_custody(engine)


def policy(**changes) -> Policy:
    return Policy(**{"tenant": TENANT, "name": "progress", "older_than_days": 90, "added_at": START} | changes)


def adds(custody, **changes) -> Policy:
    made = policy(**changes)
    custody.write(lambda s: retention.add_policy(s, made, actor="operator", now=START))
    return made


def runs(custody, made: Policy, now=LATER):
    rule = custody.read(lambda s: retention.rule_of_policy(s, made, actor="system", now=now))
    return custody.erases(rule, now)


def course(iri):
    return {"id": iri, "definition": {"name": {"nb": "Et kurs"}}}


def evidence_of(custody):
    """The service's own way from a digest to the stored bytes."""
    return lambda s: signing.check_ledger(s, TENANT, statements.StatementEvidence())


def test_erases_what_is_old_enough_and_of_the_verb_and_the_course_when_a_policy_says_so(custody):
    old = custody.sends(statement(verb=PROGRESS, object=course("https://kurs.example.no/a/1")))
    kept = [
        *custody.sends(statement(verb=PROGRESS, object=course("https://kurs.example.no/b"))),
        *custody.sends(statement(verb={"id": EXPERIENCED + "x"}, object=course("https://kurs.example.no/a/2"))),
        *custody.sends(statement(verb=PROGRESS, object=course("https://kurs.example.no/a/3")), at=LATER - 89 * DAY),
    ]
    tally = runs(custody, adds(custody, verb=EXPERIENCED, activity="https://kurs.example.no/a/"))
    assert custody.stored() == set(kept)
    assert tally.totals() == {"erased": 1, "held": 0, "claims": 0, "documents": 0}
    assert tally.verbs == {EXPERIENCED: 1}
    assert old[0] not in custody.stored()


def test_erases_page_after_page_when_there_are_many(custody):
    custody.sends_many(1203, verb=PROGRESS)
    kept = custody.sends_many(2)
    rule = custody.read(lambda s: retention.rule_of_policy(s, adds(custody, verb=EXPERIENCED), actor="system", now=LATER))
    assert custody.previews(rule).erased == 1203
    assert len(custody.stored()) == 1205
    assert custody.erases(rule).erased == 1203
    assert custody.stored() == set(kept)
    assert custody.count("statement_related") == 2


def test_looks_at_a_few_statements_at_a_time_when_they_are_large(custody, monkeypatch):
    monkeypatch.setattr(log, "MOST_BYTES", 5000)
    custody.sends(*(statement(id=str(uuid4()), verb=PROGRESS, result={"response": "x" * 1800}) for _ in range(10)))
    selection = Selection(verb=EXPERIENCED)
    pages, beyond = [], -1
    while found := custody.read(lambda s, beyond=beyond: store.find_candidates(s, TENANT, selection, beyond)):
        pages.append(len(found))
        beyond = found[-1].seq
    assert pages == [3, 3, 3, 1]
    rule = custody.read(lambda s: retention.rule_of_policy(s, adds(custody, verb=EXPERIENCED), actor="system", now=LATER))
    assert custody.erases(rule).erased == 10
    assert custody.stored() == set()


def test_leaves_a_tombstone_without_content_when_a_statement_is_erased(custody):
    sent = statement(verb=PROGRESS, id=str(uuid4()))
    custody.sends(sent)
    payload = custody.read(lambda s: s.scalar(select(metadata.tables["statement"].c.payload)))
    runs(custody, adds(custody))
    stone = custody.read(lambda s: s.execute(select(metadata.tables["statement_tombstone"])).one())
    assert (stone.statement_id, stone.erased_at) == (UUID(sent["id"]), LATER)
    assert stone.digest == hashlib.sha256(payload.encode()).digest()
    [run] = custody.read(lambda s: retention.recent_erasures(s, TENANT))
    assert (run.reason, run.actor, run.erased, run.held, run.ended_at) == ("policy:progress", "system", 1, 0, LATER)
    told = custody.read(lambda s: audit.find(s, TENANT, subject="policy:progress"))
    assert {event.action for event in told} == {"retention.add", "statements.erase", "statements.erased"}
    assert next(event.detail["erased"] for event in told if event.action == "statements.erased") == 1
    everything = orjson.dumps([event.detail for event in told]).decode() + str(stone)
    assert "kari" not in everything.lower()


def test_refuses_a_statement_again_when_one_of_its_id_was_erased(custody):
    sent = statement(verb=PROGRESS, id=str(uuid4()))
    custody.sends(sent)
    custody.read(lambda s: retention.refuse_erased(s, TENANT, [UUID(sent["id"])]))  # and believes so from now on
    runs(custody, adds(custody))
    retention._NEVER_ERASED.clear()  # as if the first erasure's pause had passed
    with pytest.raises(Conflict, match="was erased"):
        custody.read(lambda s: retention.refuse_erased(s, TENANT, [uuid4(), UUID(sent["id"])]))
    custody.read(lambda s: retention.refuse_erased(s, TENANT, [uuid4()]))
    custody.read(lambda s: retention.refuse_erased(s, "other", [UUID(sent["id"])]))


def test_waits_for_every_worker_to_look_when_a_tenant_erases_for_the_first_time(custody):
    made = adds(custody)
    runs(custody, made)
    assert custody.pauses == [retention.FIRST_PAUSE_SECONDS]
    assert retention.FIRST_PAUSE_SECONDS > 2 * retention.LOOK_SECONDS
    runs(custody, made)
    assert len(custody.pauses) == 1


def test_asks_the_database_about_erasures_once_in_a_while_when_a_tenant_never_erased(custody, monkeypatch):
    asked = []
    monkeypatch.setattr(retention.store, "has_erasures", lambda *_: asked.append(1) or False)
    for _ in range(100):
        custody.read(lambda s: retention.refuse_erased(s, TENANT, [uuid4()]))
    assert len(asked) == 1


def test_keeps_what_a_signed_record_rests_on_when_policy_or_person_would_have_it_erased(custody):
    signed = custody.sends(statement(object=course(HYGIENE_IRI)), at=START + DAY)
    assert custody.ward.record(custody.ward.hygiene).state is State.SIGNED
    for tally in (runs(custody, adds(custody)), custody.erases_agent(KARI)):
        assert tally.held == {"evidence of a signed activity": 1}
        assert tally.erased == 0
    assert custody.stored() == set(signed)
    assert custody.read(evidence_of(custody)) == []


def test_keeps_what_a_record_rested_on_when_it_was_signed_and_the_source_took_it_back(custody):
    [signed] = custody.sends(statement(object=course(HYGIENE_IRI)), at=START + DAY)
    [taking_back] = custody.sends(voiding(str(signed)), at=START + 2 * DAY)
    assert custody.ward.record(custody.ward.hygiene).state is State.CONTESTED
    tally = runs(custody, adds(custody))
    assert tally.held == {"evidence of a signed activity": 1, STILL_VOIDS: 1}
    assert custody.stored() == {signed, taking_back}
    assert custody.read(evidence_of(custody)) == []


def sent_for_signing(custody):
    passed = {"completion": True, "success": True, "score": {"scaled": 0.9}}
    return custody.sends(statement(object=course(DRUGS_IRI), result=passed), at=START + DAY)


def test_keeps_what_a_record_rests_on_when_it_was_sent_for_signing(custody):
    sent = sent_for_signing(custody)
    assert custody.ward.record(custody.ward.drugs).state is State.SENT
    for tally in (runs(custody, adds(custody)), custody.erases_agent(KARI)):
        assert tally.held == {"evidence of an activity that was sent for signing": 1}
    assert custody.stored() == set(sent)


def test_keeps_what_a_done_record_rests_on_from_a_policy_and_gives_it_up_when_the_person_asks(engine):
    custody = open_custody(engine, supervisor=False)
    sent_for_signing(custody)
    assert custody.ward.record(custody.ward.drugs).state is State.DONE
    assert runs(custody, adds(custody)).held == {"evidence of an activity that is done": 1}
    tally = custody.erases_agent(KARI)
    assert tally.totals() == {"erased": 1, "held": 0, "claims": 1, "documents": 0}
    record = custody.ward.record(custody.ward.drugs)
    assert (record.state, record.done_at) == (State.PLANNED, None)
    assert [custody.count(table) for table in ("statement", "completion", "record_evidence")] == [0, 0, 0]
    assert custody.read(evidence_of(custody)) == []


def test_gives_up_what_a_returned_record_rests_on_when_the_person_asks(custody):
    sent_for_signing(custody)
    record = custody.ward.record(custody.ward.drugs)
    custody.ward.apply(record.record_id, Event.RETURN, comment="Mangler")
    assert runs(custody, adds(custody)).held == {"evidence of an activity that was returned": 1}
    assert custody.erases_agent(KARI).claims == 1
    assert custody.ward.record(custody.ward.drugs).state is State.PLANNED


def test_erases_the_claims_too_when_nothing_rests_on_them(custody):
    custody.sends(statement(object=course("https://kurs.example.no/ukjent")), at=START + DAY)
    assert custody.count("completion") == 1
    assert runs(custody, adds(custody)).claims == 1
    assert custody.count("completion") == 0


def test_finds_everything_of_a_person_when_the_person_asks(custody):
    gone = [
        *custody.sends(statement(verb=PROGRESS)),
        *custody.sends(statement(verb=PROGRESS, actor={"mbox": KARI_MBOX.replace("kari", "KARI")})),
        *custody.sends(statement(verb=PROGRESS, actor={"mbox_sha1sum": SHA1})),
        *custody.sends(statement(verb=PROGRESS, actor=OLA, object=KARI)),
        *custody.sends(statement(verb=PROGRESS, actor=OLA, object=sub_statement())),
        *custody.sends(statement(verb=PROGRESS, actor={"objectType": "Group", "member": [KARI]})),
    ]
    others = [
        *custody.sends(statement(verb=PROGRESS, actor=OLA)),
        *custody.sends(statement(verb=PROGRESS, actor={"objectType": "Group", "member": [KARI, OLA]})),
        *custody.sends(statement(verb=PROGRESS, actor=OLA, context={"instructor": KARI})),
    ]
    rule = custody.read(lambda s: retention.rule_of_person(s, TENANT, custody.ward.kari, actor="operator"))
    assert custody.previews(rule).erased == len(gone)
    tally = custody.erases(rule)
    assert (tally.erased, tally.mentioned) == (len(gone), 2)
    assert custody.stored() == set(others)
    subjects = {event.subject for event in custody.read(lambda s: audit.find(s, TENANT)) if event.action == "statements.erased"}
    assert subjects == {f"person:{custody.ward.kari}"}


def escaped(values) -> bytes:
    """JSON as some learning systems write it: only ASCII, and no bare slash or at sign."""
    return json.dumps(values).replace("/", "\\/").replace("@", "\\u0040").encode()


@pytest.mark.parametrize(
    "person",
    [{"account": {"homePage": "https://h.no", "name": "Åse"}}, {"mbox": "mailto:ase@h.no"}, {"openid": "https://h.no/a"}],
)
def test_finds_everything_of_a_person_when_the_sender_escapes_what_json_lets_stand(custody, person):
    for each in (
        {"object": sub_statement(actor=person)},
        {"object": sub_statement(actor=OLA, object=person | {"objectType": "Agent"})},
        {"actor": {"objectType": "Group", "member": [person]}},
        {"actor": person},
    ):
        custody.sends(statement(**({"actor": OLA} | each)), written=escaped)
    kept = [
        *custody.sends(statement(actor=OLA, context={"instructor": person}), written=escaped),
        *custody.sends(statement(actor={"objectType": "Group", "member": [person, OLA]}), written=escaped),
        *custody.sends(statement(actor=OLA), written=escaped),
    ]
    tally = custody.erases_agent(person)
    assert custody.stored() == set(kept)
    assert (tally.erased, tally.mentioned) == (4, 2)


def test_erases_one_persons_old_statements_when_a_policy_names_the_person(custody):
    custody.sends(statement(verb=PROGRESS))
    kept = [
        *custody.sends(statement(verb=PROGRESS, actor=OLA)),
        *custody.sends(statement(verb=PROGRESS), at=LATER - DAY),
    ]
    assert runs(custody, adds(custody, person_id=custody.ward.kari)).erased == 1
    assert custody.stored() == set(kept)


def test_says_that_nothing_can_be_found_when_a_person_is_known_by_no_identifier_of_statements(custody):
    with pytest.raises(Invalid, match="not known by"):
        custody.read(lambda s: retention.rule_of_person(s, TENANT, custody.ward.ola, actor="operator"))
    with pytest.raises(NotFound):
        custody.read(lambda s: retention.rule_of_person(s, TENANT, uuid4(), actor="operator"))


def test_erases_no_other_tenants_statements_when_they_are_alike(engine, custody):
    other = open_custody(engine, tenant="other")
    theirs = custody.sends(statement(verb=PROGRESS), credential=LMS.__class__("other", "other.lms", "X", LMS.scopes, START))
    custody.sends(statement(verb=PROGRESS))
    assert custody.erases_agent(KARI).erased == 1
    assert other.stored() == set(theirs)


def test_leaves_pointers_harmless_when_what_they_point_at_was_erased(custody):
    [gone] = custody.sends(statement(verb=PROGRESS))
    [pointing] = custody.sends(statement(actor=OLA, object={"objectType": "StatementRef", "id": str(gone)}), at=START + 300 * DAY)
    [taking_back] = custody.sends(voiding(str(gone), actor=OLA), at=START + 301 * DAY)
    runs(custody, adds(custody, older_than_days=200))
    assert custody.stored() == {pointing, taking_back}
    assert custody.count("statement_target") == 0
    page = custody.read(lambda s: statements.query_statements(s, LMS, parse_query({"verb": EXPERIENCED}, TENANT)))
    assert page.payloads == ()
    again = custody.sends(voiding(str(gone), actor=OLA), at=START + 302 * DAY)  # nothing to void, nothing to fear
    assert again[0] in custody.stored()


def test_goes_on_where_it_was_when_the_statement_of_a_more_token_was_erased(custody):
    ids = [custody.sends(statement(verb=PROGRESS, id=str(uuid4())), at=START + n * DAY)[0] for n in range(6)]
    query = parse_query({"limit": "2", "ascending": "true"}, TENANT)
    page = custody.read(lambda s: statements.query_statements(s, LMS, query))
    token = more_token(query, TENANT, page.last)
    runs(custody, adds(custody, older_than_days=1), now=START + 4 * DAY + timedelta(hours=1))
    rest = custody.read(lambda s: statements.query_statements(s, LMS, parse_query({"more": token}, TENANT)))
    assert [orjson.loads(payload)["id"] for payload in rest.payloads] == [str(each) for each in ids[4:]]


def test_changes_nothing_when_it_is_run_again(custody):
    custody.sends_many(3, verb=PROGRESS)
    made = adds(custody)
    assert runs(custody, made).erased == 3
    assert runs(custody, made).erased == 0
    assert custody.count("statement_tombstone") == 3


def test_refuses_a_policy_when_it_makes_no_sense(custody):
    for changes, error in (
        ({"older_than_days": 0}, Invalid),
        ({"verb": "experienced"}, Invalid),
        ({"activity": " "}, Invalid),
        ({"name": " "}, Invalid),
        ({"person_id": uuid4()}, NotFound),
        ({"tenant": "nowhere"}, NotFound),
    ):
        with pytest.raises(error):
            adds(custody, **changes)
    adds(custody)
    with pytest.raises(Conflict, match="already"):
        adds(custody)


def test_lists_rests_and_removes_policies(custody):
    made = adds(custody, verb=EXPERIENCED, person_id=custody.ward.kari)
    listed = lambda: custody.read(lambda s: retention.list_policies(s, TENANT))  # noqa: E731
    assert listed() == [made]
    assert made.is_due(LATER)
    custody.write(lambda s: retention.enable_policy(s, TENANT, "progress", enabled=False, actor="operator", now=LATER))
    assert not listed()[0].is_due(LATER)
    custody.write(lambda s: retention.enable_policy(s, TENANT, "progress", enabled=True, actor="operator", now=LATER))
    runs(custody, made)
    assert listed()[0].last_run_at == LATER
    assert not listed()[0].is_due(LATER + timedelta(hours=22))
    assert listed()[0].is_due(LATER + DAY)
    custody.write(lambda s: retention.remove_policy(s, TENANT, "progress", actor="operator", now=LATER))
    assert listed() == []
    with pytest.raises(NotFound):
        custody.write(lambda s: retention.remove_policy(s, TENANT, "progress", actor="operator", now=LATER))


def test_forgets_the_attachments_when_their_statement_is_erased(custody):
    gone, kept = [*custody.sends(statement(verb=PROGRESS)), *custody.sends(statement(verb=PROGRESS, actor=OLA))]
    shared, own = b"s" * 32, b"o" * 32
    contents = [
        Kept(gone, "s", "text/plain", shared, 1),
        Kept(gone, "o", "text/plain", own, 1),
        Kept(kept, "s", "text/plain", shared, 1),
    ]
    custody.write(lambda s: attachment_store.insert(s, TENANT, contents, now=START))
    custody.erases_agent(KARI)
    assert [custody.count(table) for table in ("attachment", "attachment_content")] == [1, 1]


def test_erases_the_documents_of_a_person_who_asks_and_leaves_them_to_policies(custody):
    for number, agent in enumerate((KARI, OLA)):
        told = {"activityId": HYGIENE_IRI, "agent": orjson.dumps(agent).decode()}
        key = DocumentKey(parse_context(told, Kind.STATE, tenant=TENANT, version=Version.V1), str(number))
        put = partial(documents.put_document, key=key, content=b"{}", content_type="text/plain", now=START, condition=Condition())
        custody.write(put)
    runs(custody, adds(custody))
    rule = custody.read(lambda s: retention.rule_of_person(s, TENANT, custody.ward.kari, actor="operator"))
    assert custody.previews(rule).documents == 1
    assert custody.count("document") == 2
    assert custody.erases(rule).documents == 1
    assert custody.count("document") == 1
    assert custody.read(lambda s: retention.recent_erasures(s, TENANT, 1))[0].ended_at is not None


def test_counts_what_was_done_when_a_run_is_cut_short(custody):
    custody.sends_many(1100, verb=PROGRESS)
    rule = custody.read(lambda s: retention.rule_of_policy(s, adds(custody), actor="system", now=LATER))
    sweep = custody.sweep(LATER)
    shares = []

    def stop(share):
        shares.append(share)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retention.carry_out(
            retention.Sweep(sweep.read, sweep.write, sweep.hold, sweep.attempts, sweep.clock, stop, sweep.pause), TENANT, rule
        )
    assert len(custody.stored()) == 900
    [run] = custody.read(lambda s: retention.recent_erasures(s, TENANT))
    assert (run.erased, run.ended_at) == (200, None)
    assert 0 < shares[0] < 1
    assert custody.erases(rule).erased == 900
