"""What anyone may see and check: the public page, the file, the keys and the chain."""

import json
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from lrs_bridge.db import read, transact
from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.plans import service as plans
from lrs_bridge.plans.record import Event
from lrs_bridge.signing import service
from lrs_bridge.signing.keys import parse_jwks
from lrs_bridge.signing.verification import Step, VerificationFailed, verify_document
from lrs_bridge.xapi.statements.service import evidence_bytes
from tests.support import browsing
from tests.support.lrs import Caller
from tests.support.signing_world import (
    NOW,
    PASSWORD,
    TENANT,
    accounts,
    done,
    people_of,
    planned,
    sign,
    sign_due,
    supersede,
    with_statement,
    world,
)
from tests.support.statements import STATEMENT_ID, statement

MESSAGES = {
    "nb": "HPR",
    "nn": "HPR",
    "en": "The signature holds",
}


@pytest.fixture
def signed(engine, app, client):
    """An attestation that rests on a note and a statement."""
    browsing.set_clock(app, NOW)
    (record_id,) = world(engine, 1)
    Caller(client, engine).post(statement(id=STATEMENT_ID))
    content = read(engine, lambda session: evidence_bytes(session, TENANT, "xapi", STATEMENT_ID))

    def work(session):
        with_statement(session, record_id, STATEMENT_ID, content)
        return sign(session, record_id, comment="Godt utført")

    return transact(engine, work)


def english(client, path):
    return client.get(path, headers={"Accept-Language": "en", "Accept": "text/html"})


def keys_of(client):
    return parse_jwks(client.get("/.well-known/jwks.json").data)


def alter(engine, sql):
    with engine.begin() as session:
        assert session.execute(text(sql)).rowcount == 1


def test_shows_anyone_what_was_signed_and_that_it_holds(signed, client):
    page = english(client, f"/attestations/{signed}")
    assert page.status_code == 200
    for told in (
        "The signature holds",
        "Kari Nordmann",
        "9876543",
        "Sigrid Sæther",
        "Supervisor",
        "Godt utført",
        "KLS-014",
        "1 of 1",
    ):
        assert told in page.text
    assert "Wrong" not in page.text


def test_gives_its_own_address_and_the_time_of_the_check_for_paper(signed, app, client):
    browsing.set_clock(app, datetime(2027, 1, 14, 9, 30, tzinfo=UTC))
    page = english(client, f"/attestations/{signed}").text
    assert f"{app.extensions['lrs_bridge'].settings.public_url}/attestations/{signed}</span>" in page
    assert "14 January 2027 at 10:30" in page


def test_keeps_the_page_out_of_search_engines(signed, client):
    page = english(client, f"/attestations/{signed}")
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert '<meta name="robots" content="noindex' in page.text


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_shows_the_page_in_every_language(signed, client, language):
    page = client.get(f"/attestations/{signed}", headers={"Accept-Language": language, "Accept": "text/html"})
    assert (page.status_code, f'lang="{language}"' in page.text) == (200, True)


def test_names_the_course_owner_when_the_service_signed(engine, app, client):
    browsing.set_clock(app, NOW)
    records = world(engine, 1, state="done")
    transact(engine, lambda session: sign_due(session, records))
    made = read(engine, lambda session: service.attestations_of(session, TENANT, records))[records[0]].attestation_id
    page = english(client, f"/attestations/{made}").text
    assert "Kristin Kurseier, owner of the course" in page


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("update attestation set payload = replace(payload, 'Kari', 'Kåri')", "its payload was altered"),
        ("update attestation set jws = replace(jws, '.', '')", "its jws was altered"),
        ("update attestation set previous = chain_hash", "its previous was altered"),
        (
            "update statement set payload = replace(payload, 'completed', 'completeD')",
            f"evidence xapi:{STATEMENT_ID} was altered",
        ),
        ("update activity_record set state = 'done'", "is done, though it was signed"),
        ("update activity_record set valid_until = '2099-01-01'", "its valid_until was altered"),
        ("update record_event set comment = 'Godt' where event = 'sign'", "the comment of its sign event was altered"),
    ],
    ids=["payload", "jws", "chain", "evidence", "state", "validity", "sign event"],
)
def test_says_what_is_wrong_when_a_row_was_altered(engine, signed, client, sql, told):
    alter(engine, sql)
    page = english(client, f"/attestations/{signed}").text
    assert "This cannot be trusted" in page
    assert told in page
    assert "The signature holds" not in page


def test_says_that_it_is_contested(engine, signed, client):
    entry = read(engine, lambda session: service.get_entry(session, signed))

    def contest(session):
        plans.apply_event(session, TENANT, entry.record_id, Event.CONTEST, actor_id=None, actor_role="system", now=NOW)

    transact(engine, contest)
    assert "The signature holds, but it is contested" in english(client, f"/attestations/{signed}").text


def test_leads_on_when_it_is_superseded(engine, app, client):
    browsing.set_clock(app, NOW)
    old, new = world(engine, 2)

    def work(session):
        return sign(session, old), supersede(session, old, new), sign(session, new)

    first, _, second = transact(engine, work)
    page = english(client, f"/attestations/{first}").text
    assert "a newer one has replaced it" in page
    assert f"/attestations/{second}" in page


def test_says_that_it_is_no_longer_valid(engine, app, client):
    browsing.set_clock(app, NOW)
    (record_id,) = world(engine, 1)
    until = date(2027, 1, 1)
    alter(engine, f"update activity_record set valid_until = '{until}'")
    made = transact(engine, lambda session: sign(session, record_id))
    assert "no longer valid" not in english(client, f"/attestations/{made}").text
    browsing.set_clock(app, NOW + timedelta(days=365))
    assert "no longer valid" in english(client, f"/attestations/{made}").text


@pytest.mark.parametrize("path", ["", "/download", ".json", "/chain.json"])
def test_knows_no_attestation_under_another_id(signed, client, path):
    assert client.get(f"/attestations/{uuid4()}{path}").status_code == 404


def test_gives_strangers_a_file_that_verifies_without_the_evidence(signed, client):
    answer = client.get(f"/attestations/{signed}/download")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="attestation-{signed}.json"'
    assert answer.mimetype == "application/json"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    verdict = verify_document(answer.data, keys=keys_of(client))
    assert (verdict.attestation.id, verdict.evidence_checked) == (signed, 0)
    assert client.get(f"/attestations/{signed}.json").data == answer.data


@pytest.mark.parametrize(("username", "checked"), [("kari", 2), ("sigrid", 2), ("leder", 2), ("admin", 0), ("erik", 0)])
def test_gives_the_evidence_to_those_who_may_see_it(engine, signed, client, username, checked):
    transact(engine, lambda session: accounts(session, username))
    browsing.log_in(client, username, password=PASSWORD, tenant=TENANT)
    answer = client.get(f"/attestations/{signed}/download")
    assert answer.headers["Cache-Control"] == "no-store"
    assert verify_document(answer.data, keys=keys_of(client)).evidence_checked == checked


def test_fails_the_file_when_a_byte_of_the_evidence_is_changed(engine, signed, client):
    transact(engine, lambda session: accounts(session, "kari"))
    browsing.log_in(client, "kari", password=PASSWORD, tenant=TENANT)
    content = client.get(f"/attestations/{signed}/download").data
    with pytest.raises(VerificationFailed, match=f"evidence xapi:{STATEMENT_ID} was altered") as caught:
        verify_document(content.replace(b"verbs/completed", b"verbs/compleTed"), keys=keys_of(client))
    assert caught.value.step is Step.EVIDENCE


def test_publishes_keys_that_anyone_may_read_and_keep_for_a_while(signed, client):
    answer = client.get("/.well-known/jwks.json")
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert [key["tenant"] for key in answer.json["keys"]] == [TENANT]
    assert b'"d"' not in answer.data


def test_publishes_the_chain_without_saying_whose_it_is(engine, app, client):
    browsing.set_clock(app, NOW)
    made = transact(engine, lambda session: [people_of(session), *planned(session, "kari", 3)][1:])

    def sign_all(session):
        for record_id in made:
            done(session, record_id)
        sign_due(session, made)
        return service.attestations_of(session, TENANT, made)

    references = sorted(transact(engine, sign_all).values(), key=lambda each: each.sequence)
    last = references[-1].attestation_id
    chain = client.get(f"/attestations/{last}/chain.json")
    assert chain.headers["Access-Control-Allow-Origin"] == "*"
    assert chain.json.keys() == {"format", "tenant", "previous", "links"}
    assert [link["sequence"] for link in chain.json["links"]] == [1, 2, 3]
    assert b"Kari" not in chain.data
    for reference in references:
        file = client.get(f"/attestations/{reference.attestation_id}/download").data
        assert verify_document(file, keys=keys_of(client), chain=chain.data).chain_checked
    later = client.get(f"/attestations/{last}/chain.json?from=2").json
    assert [link["sequence"] for link in later["links"]] == [2, 3]


@pytest.mark.parametrize("first", ["0", "2", "x", ""])
def test_refuses_a_chain_from_nowhere(signed, client, first):
    answer = client.get(f"/attestations/{signed}/chain.json?from={first}")
    assert (answer.status_code, answer.json["field"]) == (400, "from")


def test_does_not_take_another_keys_signature_for_its_own(signed, client):
    members = json.loads(client.get(f"/attestations/{signed}.json").data)
    members["payload"]["resident"]["name"] = "Ola Nordmann"
    with pytest.raises(LrsBridgeError, match="readable copy was altered"):
        verify_document(json.dumps(members).encode(), keys=keys_of(client))
