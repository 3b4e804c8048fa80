"""The use cases of cmi5 on both databases: what is refused, races, and what a completion leads to."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from lrs_bridge.app import build_parts
from lrs_bridge.cmi5 import service
from lrs_bridge.cmi5.door.service import AuSessions
from lrs_bridge.cmi5.following.service import Outlets
from lrs_bridge.cmi5.vocabulary import MoveOn
from lrs_bridge.db import read, transact
from lrs_bridge.errors import Conflict, Forbidden, Invalid, NotFound
from lrs_bridge.identity import Account, identifier_of
from lrs_bridge.people import service as people
from lrs_bridge.plans.record import State
from lrs_bridge.plans.service import PlanSink
from lrs_bridge.signing import service as signing
from tests.support.cmi5 import IDS, LEARNER, block_of, course_of, unit
from tests.support.cmi5_lms import COURSE_IRI, Heard
from tests.support.plans import HYGIENE_IRI, SIGNER, open_ward

READING = course_of(unit("text", MoveOn.COMPLETED))


# What is refused


def test_refuses_a_course_whose_own_address_is_its_publishers(lms):  # 9.4
    with pytest.raises(Invalid, match="must not be the publisher's"):
        lms.keep(READING, iri=f"{IDS}/course")


def test_keeps_a_course_as_it_was_first(lms):
    course = lms.keep(READING)
    other = course_of(unit("other"))
    lms.do(lambda s: service.keep_course(s, lms.tenant, course, other, iri=COURSE_IRI, now=lms.at))
    registration = lms.register(course)
    assert [each.publisher_id for each in lms.standing(registration).units] == [f"{IDS}/text"]


def test_refuses_a_registration_that_is_anothers(lms):
    course, registration = lms.keep(READING), uuid4()
    lms.register(course, registration=registration)
    with pytest.raises(Conflict, match="another learner or course"):
        lms.register(course, Account(LEARNER.home_page, "ola"), registration)
    with pytest.raises(Conflict, match="another learner or course"):
        lms.register(lms.keep(READING), registration=registration)


def _check(lms, registration):
    lms.do(lambda s: service.check_registration(s, lms.tenant, registration, COURSE_IRI, LEARNER))


UNKNOWN = {
    "course": (lambda lms, _: lms.register(uuid4()), "no course"),
    "registration launched": (lambda lms, _: lms.launch(uuid4()), "no registration"),
    "registration looked at": (lambda lms, _: lms.standing(uuid4()), "no registration"),
    "registration checked": (lambda lms, _: _check(lms, uuid4()), "no registration"),
    "AU launched": (lambda lms, registration: lms.launch(registration, 1), "has 1 AUs"),
    "AU before the first": (lambda lms, registration: lms.launch(registration, -1), "has 1 AUs"),
    "AU waived": (lambda lms, registration: lms.waive(registration, 1), "has 1 AUs"),
    "session abandoned": (lambda lms, _: lms.abandon(uuid4()), "no session"),
}


@pytest.mark.parametrize(("ask", "message"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_knows_nothing_that_is_not_there(lms, ask, message):
    registration = lms.enrol(READING)
    with pytest.raises(NotFound, match=message):
        ask(lms, registration)
    assert lms.verbs(registration) == []


@pytest.mark.parametrize("reason", [" ", "x" * 1001])
def test_waives_for_a_reason_alone(lms, reason):
    with pytest.raises(Invalid, match="a reason has"):
        lms.waive(lms.enrol(READING), reason=reason)


def test_launches_nothing_when_nobody_knows_where_the_files_are(lms):
    registration = lms.enrol(READING)
    with pytest.raises(Invalid, match="say where the package's files are"):
        lms.launch(registration, files_url=None)
    assert lms.standing(registration).sessions == ()


def test_keeps_tenants_apart(lms):
    registration = lms.enrol(READING)
    with pytest.raises(NotFound):
        lms.do(lambda s: service.standing(s, "nabo", registration))
    au = lms.open(registration, ready=False)
    assert au.client.post(au.fetch_url.replace("/demo.", "/nabo.")).json["error-code"] == "2"


def test_takes_no_pass_for_a_session_that_is_gone(lms):
    au = lms.open(lms.enrol(READING))
    sessions = AuSessions(lms.outlets)
    asker = lms.do(lambda s: sessions.find_pass(s, *_basic(au), lms.at))
    with pytest.raises(Forbidden, match="session is gone"):
        lms.do(lambda s: sessions.check_agent(s, replace(asker, session_id=uuid4()), None))


def _basic(au):
    import base64  # noqa: PLC0415  one line of one test

    return base64.b64decode(au.headers["Authorization"].removeprefix("Basic ")).decode().split(":")


# Standing


def test_tells_how_a_registration_stands(lms):
    registration = lms.enrol(course_of(block_of("block", unit("a", MoveOn.PASSED)), unit("b")))
    au = lms.open(registration)
    au.tell("passed")
    found = lms.standing(registration)
    assert [(each.publisher_id, each.satisfied) for each in found.units] == [(f"{IDS}/a", True), (f"{IDS}/b", True)]
    assert (found.units[0].activity_id, found.units[0].progress.passed) == (au.activity, True)
    assert [each.session_id for each in found.sessions] == [au.session_id]
    assert found.satisfied_at - lms.at < timedelta(seconds=1)
    assert found.registration.learner == LEARNER


# Races


def test_gives_the_token_to_one_of_two_who_ask_at_once(lms):
    au = lms.open(lms.enrol(READING), ready=False)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: lms.app.test_client().post(au.fetch_url).json, range(4)))
    assert sorted("auth-token" in answer for answer in answers) == [False, False, False, True]


def test_takes_one_of_two_statements_that_come_at_once(lms):
    registration = lms.enrol(READING)
    au = lms.open(registration)
    statements = [au.statement("completed") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda one: _post(lms, au, one), statements))
    assert sorted(statuses) == [200, 403, 403, 403]
    assert lms.verbs(registration) == ["launched", "initialized", "completed", "satisfied"]
    assert len(lms.sink.received) == 1


def _post(lms, au, statement):
    return lms.app.test_client().post(au.endpoint + "statements", json=[statement], headers=au.headers).status_code


def test_leaves_one_session_open_when_two_are_launched_at_once(lms):
    registration = lms.enrol(READING)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: lms.launch(registration), range(4)))
    states = sorted(each.state for each in lms.standing(registration).sessions)
    assert states == ["abandoned", "abandoned", "abandoned", "launched"]
    assert sorted(lms.verbs(registration)) == ["abandoned"] * 3 + ["launched"] * 4


# What a completion leads to


def test_completes_and_signs_an_activity_and_its_evidence_can_be_checked(app):
    from tests.support.cmi5_lms import Lms  # noqa: PLC0415  the ward is the tenant here

    ward = open_ward(app.extensions["lrs_bridge"].engine)
    lms = Lms(app, tenant=ward.tenant)
    sink = PlanSink(SIGNER)
    lms.outlets = Outlets(lms.outlets.public_url, sink, Heard())
    app.extensions["lrs_bridge"] = replace(app.extensions["lrs_bridge"], launched_content=AuSessions(lms.outlets))
    transact(
        lms.engine,
        lambda s: people.link_identifier(s, ward.tenant, identifier_of(LEARNER), ward.kari, actor="system", now=ward.clock),
    )
    course = uuid4()
    lms.do(lambda s: service.keep_course(s, ward.tenant, course, READING, iri=HYGIENE_IRI, now=lms.at))
    registration = lms.register(course)
    au = lms.open(registration)
    au.tell("completed")
    record = ward.record(ward.hygiene)
    assert record.state is State.SIGNED
    [evidence] = record.evidence
    source = build_parts(app.extensions["lrs_bridge"].settings).evidence_source
    content = read(lms.engine, lambda s: source.evidence_bytes(s, ward.tenant, "cmi5", str(registration)))
    assert evidence.digest == f"sha-256:{hashlib.sha256(content).hexdigest()}"
    assert b"verbs/satisfied" in content
    au.tell("passed", score={"scaled": 1})
    assert ward.record(ward.hygiene).state is State.SIGNED
    assert read(lms.engine, lambda s: signing.check_ledger(s, ward.tenant, source)) == []


def test_has_evidence_of_satisfied_registrations_alone(lms):
    registration, done = lms.enrol(READING), lms.enrol(course_of(unit("x")))
    source = service.SatisfiedEvidence()
    kept = (str(registration), str(done), str(uuid4()), "x")
    found = [lms.do(lambda s, one=one: source.evidence_bytes(s, lms.tenant, "cmi5", one)) for one in kept]
    assert [content is None for content in found] == [True, False, True, True]
    assert lms.do(lambda s: source.evidence_bytes(s, lms.tenant, "xapi", str(done))) is None
