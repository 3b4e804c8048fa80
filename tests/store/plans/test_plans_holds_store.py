"""What records rest on is held, and nothing else; claims are forgotten wholly."""

import pytest
from sqlalchemy import func, select

from lrs_bridge.db import metadata
from lrs_bridge.plans.holds.service import REASONS, RecordHold
from lrs_bridge.plans.record import Event, State
from lrs_bridge.plans.service import PlanSink
from tests.support.plans import DRUGS_IRI, SIGNER, TENANT, open_ward

PASSED = {"completion": True, "success": True, "score": 0.9}
HOLD = RecordHold(PlanSink(SIGNER))


@pytest.fixture
def ward(engine):
    return open_ward(engine)


def held(ward, *keys, by_request=False, tenant=TENANT):
    return ward.do(lambda s: HOLD.held(s, tenant, "xapi", [key.id for key in keys], by_request=by_request))


def forgets(ward, *keys):
    def work(session):
        HOLD.lock(session, TENANT, "xapi", [key.id for key in keys])
        return HOLD.forget(session, TENANT, "xapi", [key.id for key in keys], now=ward.now())

    return ward.do(work)


def count(ward, table):
    return ward.do(lambda s: s.scalar(select(func.count()).select_from(metadata.tables[table])))


def test_names_a_reason_for_every_state_but_planned():
    assert set(State) - REASONS.keys() == {State.PLANNED}


def test_holds_what_a_signed_record_rests_on_whoever_asks(ward):
    key, other = ward.reports(), ward.reports("https://kurs.example.no/ukjent")
    for by_request in (True, False):
        assert held(ward, key, other, by_request=by_request) == {key.id: "evidence of a signed activity"}
    assert held(ward, key, tenant="other") == {}
    assert ward.do(lambda s: HOLD.held(s, TENANT, "certificates", [key.id], by_request=False)) == {}


def test_holds_what_was_signed_on_when_it_was_taken_back_or_superseded(ward):
    key = ward.reports()
    ward.voids(key)
    assert ward.record(ward.hygiene).state is State.CONTESTED
    assert held(ward, key, by_request=True) == {key.id: "evidence of a signed activity"}
    ward.apply(ward.record(ward.hygiene).record_id, Event.SUPERSEDE)
    assert held(ward, key, by_request=True) == {key.id: "evidence of a signed activity"}


def test_holds_what_a_sent_record_rests_on_unless_it_was_taken_back(ward):
    key, second = ward.reports(DRUGS_IRI, **PASSED), ward.reports(DRUGS_IRI, **PASSED)
    assert ward.record(ward.drugs).state is State.SENT
    assert held(ward, key, second, by_request=True).keys() == {key.id, second.id}
    ward.voids(second)
    assert ward.record(ward.drugs).state is State.SENT
    assert held(ward, key, second, by_request=True).keys() == {key.id}


def test_tells_the_weightiest_reason_when_several_records_rest_on_it(ward):
    ward.map(ward.hygiene_course, ward.intubation)
    key = ward.reports()
    ward.map(ward.hygiene_course, ward.drugs)
    assert held(ward, key) == {key.id: "evidence of a signed activity"}


def test_forgets_a_claim_with_its_history(ward):
    key = ward.reports("https://kurs.example.no/ukjent")
    ward.reports("https://kurs.example.no/ukjent", key=key.id, completion=False)
    kept = ward.reports("https://kurs.example.no/annet")
    assert count(ward, "completion_revision") == 1
    assert forgets(ward, key) == 1
    assert [count(ward, table) for table in ("completion", "completion_revision")] == [1, 0]
    assert forgets(ward, key) == 0
    assert held(ward, kept) == {}
