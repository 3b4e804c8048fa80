"""What residents and signers do with records, and who sees what."""

from datetime import timedelta
from uuid import uuid4

import pytest

from lrs_bridge.errors import Conflict, Forbidden, Invalid, NotFound
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.people import service as people
from lrs_bridge.plans import service as plans
from lrs_bridge.plans.objective import Objective, Plan
from lrs_bridge.plans.record import Event, State
from tests.support.plans import DRUGS_IRI, SIGNER, open_ward


@pytest.fixture
def ward(engine):
    return open_ward(engine)


def test_registers_own_words_as_evidence_that_can_be_read_back(ward):
    record = ward.mark_done(ward.intubation, "Ti intubasjoner.")
    (note,) = record.evidence
    assert (record.state, record.note, note.kind, note.asserted_by) == (State.DONE, "Ti intubasjoner.", "note", "Kari Nordmann")
    read = ward.do(lambda s: plans.NoteEvidence().evidence_bytes(s, ward.tenant, note.source, note.source_id))
    assert read == b"Ti intubasjoner."
    assert ward.do(lambda s: plans.NoteEvidence().evidence_bytes(s, ward.tenant, "xapi", note.source_id)) is None
    assert ward.do(lambda s: plans.NoteEvidence().evidence_bytes(s, ward.tenant, "note", "unknown")) is None


@pytest.mark.parametrize(("note", "field"), [("  ", "note"), ("x" * 4001, "comment")])
def test_asks_for_words_of_reasonable_length(ward, note, field):
    with pytest.raises(Invalid) as told:
        ward.mark_done(ward.intubation, note)
    assert told.value.field == field


def test_refuses_own_words_where_a_course_is_needed(ward):
    with pytest.raises(Invalid):
        ward.mark_done(ward.hygiene)


def test_sends_returns_and_signs(ward):
    ward.mark_done(ward.intubation)
    sent = ward.send(ward.intubation, to=ward.sigrid)
    assert (sent.state, sent.signer_id) == (State.SENT, ward.sigrid)
    ward.apply(sent.record_id, Event.RETURN, comment="Mer, takk.")
    assert ward.record(ward.intubation).last(Event.RETURN).comment == "Mer, takk."
    ward.mark_done(ward.intubation, "Tolv nå.")
    ward.send(ward.intubation)
    signed = ward.apply(sent.record_id, Event.SIGN)
    assert signed.state is State.SIGNED
    assert [e.sequence for e in signed.events] == list(range(1, signed.revision + 1))
    assert signed.signed_revision == signed.revision


def test_recalls_what_was_sent(ward):
    ward.mark_done(ward.intubation)
    sent, now = ward.send(ward.intubation), ward.now()
    recalled = ward.do(lambda s: plans.recall_record(s, ward.tenant, sent.record_id, actor_id=ward.kari, now=now))
    assert (recalled.state, recalled.sent_at) == (State.DONE, None)


def test_refuses_a_signer_who_does_not_follow_the_resident(ward):
    ward.mark_done(ward.intubation)
    with pytest.raises(Invalid) as told:
        ward.send(ward.intubation, to=ward.admin)
    assert told.value.field == "signer_id"


def test_refuses_to_send_when_nobody_may_sign(engine):
    ward = open_ward(engine, supervisor=False)
    ward.mark_done(ward.intubation)
    with pytest.raises(Invalid):
        ward.send(ward.intubation)


def test_refuses_what_the_state_does_not_allow_and_changes_nothing(ward):
    with pytest.raises(Conflict):
        ward.send(ward.intubation)
    assert ward.record(ward.intubation).events == ()


def test_lets_only_the_resident_act_on_the_record(ward):
    with pytest.raises(Forbidden):
        ward.send(ward.intubation, actor=ward.sigrid)
    with pytest.raises(NotFound):
        ward.send(ward.intubation, actor=ward.ola)


def test_raises_not_found_for_records_of_other_tenants(engine, ward):
    other = open_ward(engine, "other")
    record_id = other.record(other.hygiene).record_id
    with pytest.raises(NotFound):
        ward.get(record_id)


def test_shows_a_plan_to_those_who_follow_and_to_nobody_else(ward):
    assert ward.page(viewer=ward.sigrid).person.name == "Kari Nordmann"
    for stranger in (ward.ola, ward.owner, uuid4()):
        with pytest.raises(NotFound):
            ward.page(viewer=stranger)


def test_lists_what_waits_for_a_signer_the_oldest_first(ward):
    ward.mark_done(ward.intubation)
    first = ward.send(ward.intubation, to=ward.sigrid)
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    now = ward.now()
    waiting = ward.do(lambda s: plans.records_for_signer(s, ward.tenant, ward.sigrid, now))
    assert [r.activity.activity_id for r in waiting] == [ward.intubation, ward.drugs]
    assert ward.do(lambda s: plans.records_for_signer(s, ward.tenant, ward.ola, now)) == []
    later = now + timedelta(days=3650)
    assert len(ward.do(lambda s: plans.records_for_signer(s, ward.tenant, ward.sigrid, later))) == 2
    ward.apply(first.record_id, Event.SIGN)
    (decided,) = ward.do(lambda s: plans.records_decided_by(s, ward.tenant, ward.sigrid))
    assert decided.record_id == first.record_id
    assert decided.state is State.SIGNED


def test_lists_contested_records_for_those_who_may_sign_now(ward):
    keys = [ward.reports(), ward.reports(DRUGS_IRI, success=True, score=0.9)]
    ward.apply(ward.record(ward.drugs).record_id, Event.SIGN)
    for key in reversed(keys):
        ward.voids(key)
    now = ward.now()

    def listed(signer, at=now):
        return ward.do(lambda s: plans.contested_for_signer(s, ward.tenant, signer, at))

    assert [r.activity.activity_id for r in listed(ward.sigrid)] == [ward.drugs, ward.hygiene]
    assert listed(ward.kari) == listed(ward.admin) == listed(ward.sigrid, now - timedelta(days=3650)) == []
    ward.apply(ward.record(ward.drugs).record_id, Event.UPHOLD, comment="Sett.")
    assert [r.activity.activity_id for r in listed(ward.sigrid)] == [ward.hygiene]


def test_shows_how_far_followed_residents_have_come(ward):
    ward.reports()
    now = ward.now()
    kari, ola = ward.do(lambda s: plans.residents_followed_by(s, ward.tenant, ward.sigrid, now))
    assert (kari.person.name, kari.states) == ("Kari Nordmann", {State.PLANNED: 2, State.SIGNED: 1})
    assert sum(share.done for share in ola.mix) == 0


def test_counts_what_was_completed_before_the_plan_was_assigned(ward):
    with_identifier = ward.admin
    ward.do(lambda s: _link(s, ward, with_identifier))
    ward.reports(who="mailto:admin@example.no")
    now = ward.now()
    objective_ids = [planned.objective_id for planned in ward.page().plans[0].objectives]
    plan = Plan(uuid4(), with_identifier, "LIS1")
    completed = ward.do(lambda s: plans.assign_plan(s, ward.tenant, plan, objective_ids, signer=SIGNER, now=now))
    assert completed == 1
    assert ward.record(ward.hygiene, person=with_identifier).state is State.SIGNED


def test_counts_what_was_completed_long_before_the_plan_was_assigned(ward):
    ward.do(lambda s: _link(s, ward, ward.admin))
    told = {"who": "mailto:admin@example.no"}
    ward.reports(at=ward.clock - timedelta(days=900), **told)
    ward.receive(*(ward.completion("https://elsewhere.example.no/1", **told) for _ in range(plans.CLAIMS_SHOWN + 1)))
    now = ward.now()
    objective_ids = [planned.objective_id for planned in ward.page().plans[0].objectives]
    plan = Plan(uuid4(), ward.admin, "LIS1")
    assert ward.do(lambda s: plans.assign_plan(s, ward.tenant, plan, objective_ids, signer=SIGNER, now=now)) == 1


def test_assigns_a_plan_that_is_still_empty(ward):
    objective_id, now = uuid4(), ward.now()

    def work(s):
        plans.add_objective(s, ward.tenant, Objective("KLS-099", "1", "Eksempel"), objective_id=objective_id)
        plans.serve_objective(s, ward.tenant, objective_id, [])
        for title, objectives in (("Tom", []), ("Nesten tom", [objective_id])):
            plans.assign_plan(s, ward.tenant, Plan(uuid4(), ward.admin, title), objectives, signer=SIGNER, now=now)

    ward.do(work)
    page = ward.page(viewer=ward.admin, person=ward.admin)
    shown = {plan.title: [objective.activity_ids for objective in plan.objectives] for plan in page.plans}
    assert shown == {"Tom": [], "Nesten tom": [()]}


def _link(s, ward, person):
    mailbox = Identifier(IdentifierKind.MBOX, "", "mailto:admin@example.no")
    people.link_identifier(s, ward.tenant, mailbox, person, actor="system", now=ward.clock)


def test_reads_a_plan_page_with_a_fixed_number_of_queries(ward, count_queries):
    ward.reports()
    with count_queries() as queries:
        ward.page()
    assert len([q for q in queries if q.lower().startswith("select")]) <= 16
