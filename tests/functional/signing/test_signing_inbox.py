"""The supervisor's way: inbox, record, decision; and everybody else's way to a closed door."""

import re
from datetime import timedelta

import pytest

from lrs_bridge.db import read, transact
from lrs_bridge.people import service as people
from lrs_bridge.people.access import Role
from lrs_bridge.plans import service as plans
from lrs_bridge.plans.record import State
from lrs_bridge.signing import service
from lrs_bridge.signing.attestation import parse_attestation
from lrs_bridge.xapi.statements.service import evidence_bytes
from tests.support import browsing
from tests.support.lrs import Caller
from tests.support.signing_world import (
    NOW,
    PASSWORD,
    TENANT,
    accounts,
    contest,
    id_of,
    sent,
    sign,
    sign_due,
    with_statement,
    world,
)
from tests.support.statements import STATEMENT_ID, statement


@pytest.fixture
def clock(app):
    browsing.set_clock(app, NOW)


@pytest.fixture
def log_in(engine, client, clock):
    """Logs somebody of the cast in, making the account first."""

    def as_(username):
        transact(engine, lambda session: accounts(session, username))
        answer = browsing.log_in(client, username, password=PASSWORD, tenant=TENANT)
        assert answer.status_code == 303
        return client

    return as_


def page_of(record_id):
    return f"/signing/records/{record_id}"


def decide(client, record_id, action, **fields):
    return browsing.submit(client, f"{page_of(record_id)}/{action}", **fields)


def state_of(engine, record_id):
    return read(engine, lambda session: plans.get_record(session, TENANT, record_id)).state


def revision_of(engine, record_id):
    return str(read(engine, lambda session: plans.get_record(session, TENANT, record_id)).revision)


def test_shows_what_waits_with_its_evidence(engine, log_in):
    second, first = world(engine, 2, state="planned")
    transact(engine, lambda session: sent(session, second))
    transact(engine, lambda session: sent(session, first, at=NOW - timedelta(hours=1)))
    inbox = log_in("sigrid").get("/signing").text
    assert inbox.index(page_of(first)) < inbox.index(page_of(second))
    assert "Kari Nordmann" in inbox
    assert "Sentralt venekateter 2" in inbox


def test_shows_nothing_that_was_sent_to_another(engine, log_in):
    (record_id,) = world(engine, 1, state="planned")
    transact(engine, lambda session: sent(session, record_id, to="siri"))
    client = log_in("sigrid")
    assert page_of(record_id) not in client.get("/signing").text
    assert 'action="' + page_of(record_id) not in client.get(page_of(record_id)).text


def test_signs_a_record_that_the_supervisor_has_looked_at(engine, log_in):
    (record_id,) = world(engine, 1)
    client = log_in("sigrid")
    assert "Gjort under oppsyn på Hovedintensiv." in client.get(page_of(record_id)).text
    answer = decide(client, record_id, "sign", comment="Sett.", revision=revision_of(engine, record_id))
    assert (answer.status_code, answer.location) == (303, "/signing")
    inbox = client.get("/signing").text
    assert "ds-alert" in inbox
    assert page_of(record_id) in inbox
    reference = read(engine, lambda session: service.attestations_of(session, TENANT, [record_id]))[record_id]
    assert f"/attestations/{reference.attestation_id}" in client.get(page_of(record_id)).text
    entry = read(engine, lambda session: service.get_entry(session, reference.attestation_id))
    decision = parse_attestation(entry.payload.encode()).decision
    assert (decision.signed_by.name, decision.comment, decision.login.provider) == ("Sigrid Sæther", "Sett.", "local")


def test_returns_a_record_with_a_comment(engine, log_in):
    (record_id,) = world(engine, 1)
    client = log_in("sigrid")
    answer = decide(client, record_id, "return", comment="Skriv mer", revision=revision_of(engine, record_id))
    assert answer.status_code == 303
    assert state_of(engine, record_id) is State.RETURNED
    assert "Skriv mer" in client.get(page_of(record_id)).text


def test_asks_for_a_comment_on_the_page_when_a_record_is_returned_without(engine, log_in):
    (record_id,) = world(engine, 1)
    answer = decide(log_in("sigrid"), record_id, "return", comment=" ", revision=revision_of(engine, record_id))
    assert (answer.status_code, 'aria-invalid="true"' in answer.text) == (400, True)
    assert state_of(engine, record_id) is State.SENT


def test_says_that_somebody_was_faster_when_the_record_is_signed_already(engine, log_in):
    (record_id,) = world(engine, 1)
    client, revision = log_in("sigrid"), revision_of(engine, record_id)
    transact(engine, lambda session: sign(session, record_id, by="siri"))
    answer = decide(client, record_id, "sign", revision=revision)
    assert answer.status_code == 409
    assert "Siri Solberg" in answer.text
    assert 'action="' + page_of(record_id) not in answer.text


def test_signs_nothing_when_the_record_has_changed_since_it_was_shown(engine, log_in):
    (record_id,) = world(engine, 1)
    answer = decide(log_in("sigrid"), record_id, "sign", comment="Ok", revision="1")
    assert (answer.status_code, state_of(engine, record_id)) == (409, State.SENT)


@pytest.mark.parametrize("revision", [{}, {"revision": "x"}], ids=["missing", "no number"])
def test_signs_nothing_when_the_form_does_not_say_what_was_shown(engine, log_in, revision):
    (record_id,) = world(engine, 1)
    assert decide(log_in("sigrid"), record_id, "sign", **revision).status_code == 400
    assert state_of(engine, record_id) is State.SENT


def test_signs_nothing_when_the_form_has_no_token(engine, log_in):
    (record_id,) = world(engine, 1)
    answer = log_in("sigrid").post(f"{page_of(record_id)}/sign", data={"revision": revision_of(engine, record_id)})
    assert (answer.status_code, state_of(engine, record_id)) == (400, State.SENT)


@pytest.mark.parametrize(
    ("username", "status"),
    [("kari", 403), ("leder", 403), ("erik", 404), ("ola", 404), ("admin", 404)],
    ids=["the resident", "the leader", "expired relation", "another resident", "administrator"],
)
@pytest.mark.parametrize("action", ["sign", "return", "uphold"])
def test_refuses_a_decision_by_anybody_else(engine, log_in, username, status, action):
    (record_id,) = world(engine, 1)
    client = log_in(username)
    assert client.get(page_of(record_id)).status_code == (200 if status == 403 else 404)
    assert decide(client, record_id, action, comment="Ok", revision=revision_of(engine, record_id)).status_code == status
    assert state_of(engine, record_id) is State.SENT


def test_offers_no_decision_to_the_resident(engine, log_in):
    (record_id,) = world(engine, 1)
    assert 'action="' + page_of(record_id) not in log_in("kari").get(page_of(record_id)).text


@pytest.mark.parametrize("username", ["kari", "admin", "erik"])
def test_has_an_inbox_for_signers_only(engine, log_in, username):
    world(engine, 1)
    assert log_in(username).get("/signing").status_code == 403


@pytest.mark.parametrize("path", ["/signing", page_of("00000000-0000-4000-8000-000000000001")])
def test_asks_strangers_to_log_in(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.location.startswith("/login")) == (303, True)


def test_shows_the_statement_as_it_was_received(engine, client, log_in):
    (record_id,) = world(engine, 1)
    Caller(client, engine).post(statement(id=STATEMENT_ID))
    content = read(engine, lambda session: evidence_bytes(session, TENANT, "xapi", STATEMENT_ID))
    transact(engine, lambda session: with_statement(session, record_id, STATEMENT_ID, content))
    page = log_in("sigrid").get(page_of(record_id)).text
    assert "kari@example.no" in page
    assert "&#34;verb&#34;: {" in page


def test_says_so_when_the_source_no_longer_keeps_the_evidence(engine, log_in):
    (record_id,) = world(engine, 1)
    transact(engine, lambda session: with_statement(session, record_id, STATEMENT_ID, b"gone"))
    page = log_in("sigrid").get(page_of(record_id)).text
    assert "Læringsportalen" in page
    assert "sha-256:" in page


def test_upholds_a_contested_record(engine, log_in):
    (record_id,) = world(engine, 1)

    transact(engine, lambda session: [sign(session, record_id), contest(session, record_id)])
    client, revision = log_in("sigrid"), revision_of(engine, record_id)
    assert contested_in(client.get("/signing").text) == [page_of(record_id)]
    assert f'name="revision" value="{revision}"' in client.get(page_of(record_id)).text
    assert decide(client, record_id, "uphold", comment="", revision=revision).status_code == 400
    assert decide(client, record_id, "uphold", comment="Jeg så det selv", revision=revision).status_code == 303
    assert state_of(engine, record_id) is State.SIGNED


@pytest.mark.parametrize(("revision", "status"), [("3", 409), (None, 400)], ids=["changed", "missing"])
def test_upholds_nothing_when_it_is_not_what_was_shown(engine, log_in, revision, status):
    (record_id,) = world(engine, 1)
    transact(engine, lambda session: [sign(session, record_id), contest(session, record_id)])
    fields = {"comment": "Jeg så det selv"} | ({"revision": revision} if revision else {})
    assert decide(log_in("sigrid"), record_id, "uphold", **fields).status_code == status
    assert state_of(engine, record_id) is State.CONTESTED


def contested_in(inbox):
    """The records under the heading for contested ones, in order."""
    _, _, section = inbox.partition('id="contested"')
    return re.findall(r'href="(/signing/records/[^"]+)"', section.partition("</section>")[0])


def test_lists_what_is_contested_whoever_signed_it(engine, log_in):
    by_system, by_colleague = world(engine, 2, state="done")

    def work(session):
        sign_due(session, [by_system])
        plans.send_record(session, TENANT, by_colleague, actor_id=id_of("kari"), signer_id=None, comment=None, now=NOW)
        sign(session, by_colleague, by="siri")
        contest(session, by_system)
        contest(session, by_colleague)

    transact(engine, work)
    assert set(contested_in(log_in("sigrid").get("/signing").text)) == {page_of(by_system), page_of(by_colleague)}


def test_shows_older_decisions_without_a_link_when_the_relation_has_ended(engine, log_in):
    (record_id,) = world(engine, 1)
    earlier = NOW - timedelta(days=3)
    transact(engine, lambda session: sign(session, record_id, by="erik", now=earlier))

    def keep(session):
        people.add_role_relation(
            session, TENANT, resident_id=id_of("ola"), person_id=id_of("erik"), role=Role.SUPERVISOR, starts_on=NOW.date()
        )

    transact(engine, keep)
    client = log_in("erik")
    inbox = client.get("/signing").text
    assert "Sentralt venekateter 1" in inbox
    assert page_of(record_id) not in inbox
    assert client.get(page_of(record_id)).status_code == 404


def test_knows_no_record_under_another_id(engine, log_in):
    world(engine, 1)
    assert log_in("sigrid").get(page_of(id_of("nothing"))).status_code == 404
