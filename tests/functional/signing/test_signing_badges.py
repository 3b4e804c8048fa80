"""Badges: who may have one, and that a library which is not ours accepts it, its status lists and its issuer, or refuses them."""

import base64
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from openbadgeslib.ob3 import OB3VerificationError, OB3Verifier
from sqlalchemy import text

from lrs_bridge.db import read, transact
from lrs_bridge.plans import service as plans
from lrs_bridge.settings import Secret
from lrs_bridge.signing import service
from lrs_bridge.signing.badges import service as badges
from lrs_bridge.signing.badges import store
from tests.support import browsing, environment
from tests.support.signing_world import (
    NOW,
    PASSWORD,
    TENANT,
    URL,
    accounts,
    contest,
    id_of,
    sign,
    supersede,
    world,
)

DID = "did:web:127.0.0.1%3A8080:issuers:demo"
LIST = f"/issuers/{TENANT}/status/1"
MASTER_KEY = Secret(base64.b64decode(environment.MASTER_KEY))
NOTES = plans.NoteEvidence()
WORDS = {"nb": "Last ned som Open Badge", "nn": "Last ned som Open Badge", "en": "Download as Open Badge"}


@pytest.fixture
def records(engine, app):
    """Two records that were sent, and a clock that is right, since the verifier has one of its own."""
    return world(engine, 2)


@pytest.fixture
def signed(engine, records):
    """An attestation of the first of them."""
    return transact(engine, lambda session: sign(session, records[0], master_key=MASTER_KEY))


@pytest.fixture
def kari(engine, signed, app):
    return logged_in(engine, app, "kari")


def logged_in(engine, app, username, language="en"):
    transact(engine, lambda session: accounts(session, username))
    client = browsing.browser(app, language)
    browsing.log_in(client, username, password=PASSWORD, tenant=TENANT)
    return client


def fetch(client, attestation_id):
    answer = client.get(f"/attestations/{attestation_id}/open-badge")
    assert answer.status_code == 200
    return answer.text


def claims_of(badge):
    payload = badge.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def verifying(client):
    """The verifier, and how it gets what it fetches: from the service, as anybody."""

    def download(url):
        answer = client.get(urlsplit(url).path)
        assert answer.status_code == 200
        return answer.data

    return OB3Verifier.for_issuer_did(DID, download=download), download


def verify(client, badge):
    verifier, download = verifying(client)
    return verifier.verify(badge, check_status=True, download=download)


def test_is_accepted_by_another_library_with_its_status_lists_and_issuer(signed, kari, client):
    credential = verify(client, fetch(kari, signed))
    assert credential.id == f"urn:uuid:{signed}"
    assert credential.recipient_id == f"urn:uuid:{id_of('kari')}"
    assert (credential.issuer.id, credential.issuer.name) == (DID, "Helse Fjordvik")
    assert credential.achievement.name == "Sentralt venekateter 1"
    assert credential.evidence_url == f"{URL}/attestations/{signed}"
    assert [entry["statusPurpose"] for entry in credential.credential_status] == ["revocation"]


def test_comes_as_a_file_of_its_type(signed, kari):
    answer = kari.get(f"/attestations/{signed}/open-badge")
    assert answer.mimetype == "application/vc+jwt"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="open-badge-{signed}.jwt"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_is_the_same_each_time_for_whoever_may_have_it_and_after_a_new_key(engine, app, signed, kari, client):
    first = fetch(kari, signed)
    transact(engine, lambda session: service.rotate_key(session, TENANT, master_key=MASTER_KEY, now=datetime.now(UTC)))
    assert fetch(kari, signed) == fetch(logged_in(engine, app, "sigrid"), signed) == first
    assert verify(client, first).id == f"urn:uuid:{signed}"


def test_is_refused_when_it_was_altered(signed, kari, client):
    header, _, signature = fetch(kari, signed).split(".")
    claims = claims_of(fetch(kari, signed))
    claims["credentialSubject"]["achievement"]["name"] = "Hjertetransplantasjon"
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    with pytest.raises(OB3VerificationError, match="Invalid signature"):
        verify(client, f"{header}.{payload}.{signature}")


def test_is_revoked_when_a_newer_record_takes_its_place(engine, records, signed, kari, client):
    badge = fetch(kari, signed)
    verify(client, badge)
    transact(engine, lambda session: supersede(session, records[0], records[1]))
    with pytest.raises(OB3VerificationError, match="'revocation' is set"):
        verify(client, badge)
    assert fetch(kari, signed) == badge


def test_holds_while_it_is_contested_as_the_signature_does(engine, records, signed, kari, client):
    badge = fetch(kari, signed)
    transact(engine, lambda session: contest(session, records[0]))
    assert verify(client, badge).id == f"urn:uuid:{signed}"
    assert "it is contested" in kari.get(f"/attestations/{signed}").text


def test_tells_of_one_badge_only_when_another_is_revoked(engine, records, signed, kari, client):
    other = transact(engine, lambda session: sign(session, records[1], master_key=MASTER_KEY))
    kept, lost = fetch(kari, other), fetch(kari, signed)
    transact(engine, lambda session: supersede(session, records[0], records[1]))
    assert verify(client, kept).id == f"urn:uuid:{other}"
    with pytest.raises(OB3VerificationError, match="'revocation' is set"):
        verify(client, lost)


@pytest.mark.parametrize(
    ("username", "status"),
    [("kari", 200), ("sigrid", 200), ("leder", 200), ("ola", 404), ("erik", 404), ("eier", 404), ("admin", 404)],
)
def test_is_for_the_resident_and_for_those_who_may_see_the_record(engine, app, signed, username, status):
    assert logged_in(engine, app, username).get(f"/attestations/{signed}/open-badge").status_code == status


def test_is_not_for_who_is_not_logged_in_nor_for_another_organisation(engine, signed, client):
    answer = client.get(f"/attestations/{signed}/open-badge", headers={"Accept": "text/html"})
    assert (answer.status_code, urlsplit(answer.location).path) == (303, "/login")
    attested = read(engine, lambda session: service.examine(session, signed, NOTES)).attestation
    assert not read(engine, lambda session: badges.may_have(session, attested, ("other", id_of("kari")), NOW))
    assert not read(engine, lambda session: badges.may_have(session, attested, None, NOW))


def test_is_not_there_for_an_attestation_that_is_not(kari):
    assert kari.get(f"/attestations/{uuid4()}/open-badge").status_code == 404


def test_is_not_made_of_what_was_altered(engine, signed, kari):
    with engine.begin() as session:
        session.execute(text("update attestation set payload = replace(payload, 'Kari', 'Kåri')"))
    assert kari.get(f"/attestations/{signed}/open-badge").status_code == 409
    assert "open-badge" not in kari.get(f"/attestations/{signed}").text


@pytest.mark.parametrize("language", WORDS)
def test_is_offered_to_those_who_may_have_it_in_every_language(engine, app, records, signed, language):
    kari, client = logged_in(engine, app, "kari", language), browsing.browser(app, language)
    link = f'href="/attestations/{signed}/open-badge"'
    for path in (f"/attestations/{signed}", f"/plan/records/{records[0]}"):
        page = kari.get(path).text
        assert link in page
        assert WORDS[language] in page
    assert link not in client.get(f"/attestations/{signed}").text


def test_leaves_a_trace_of_its_making_once(engine, signed, kari):
    fetch(kari, signed)
    fetch(kari, signed)
    query = text("select actor, subject from audit_event where action = 'badge.issue'")
    with engine.connect() as session:
        assert [tuple(row) for row in session.execute(query)] == [(f"person:{id_of('kari')}", f"attestation:{signed}")]


def test_publishes_lists_and_issuer_to_everybody_for_a_while(signed, kari, client):
    fetch(kari, signed)
    for path, seconds in ((LIST, 300), (f"/issuers/{TENANT}/did.json", 3600)):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == f"public, max-age={seconds}"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_publishes_no_list_before_there_is_a_badge_nor_any_other(signed, kari, client):
    assert client.get(LIST).status_code == 404
    fetch(kari, signed)
    for path in (f"/issuers/{TENANT}/status/0", f"/issuers/{TENANT}/status/2", "/issuers/other/status/1"):
        assert client.get(path).status_code == 404
    assert client.get("/issuers/other/did.json").status_code == 404


def test_publishes_the_keys_of_one_organisation_the_newest_first(engine, signed, client):
    old = read(engine, service.public_keys)[0]["kid"]
    rotated = NOW + timedelta(days=1)
    new = transact(engine, lambda session: service.rotate_key(session, TENANT, master_key=MASTER_KEY, now=rotated))
    transact(engine, lambda session: service.rotate_key(session, "other", master_key=MASTER_KEY, now=NOW))
    document = client.get(f"/issuers/{TENANT}/did.json").json
    assert document["assertionMethod"] == [f"{DID}#{new}", f"{DID}#{old}"]


def test_gives_no_place_twice(engine, records, signed, monkeypatch):
    drawn = iter([5, 5, 5, 6])
    monkeypatch.setattr(badges.secrets, "randbelow", lambda _: next(drawn))
    second = transact(engine, lambda session: sign(session, records[1], master_key=MASTER_KEY))
    places = [place_of(issued(engine, attestation_id)) for attestation_id in (signed, second)]
    assert places == [(1, 5), (1, 6)]


def test_begins_a_new_list_when_one_is_half_full(engine, records, signed, monkeypatch):
    monkeypatch.setattr(badges, "FILLED", 1)
    monkeypatch.setattr(badges.secrets, "randbelow", lambda _: 5)
    second = transact(engine, lambda session: sign(session, records[1], master_key=MASTER_KEY))
    numbers = [place_of(issued(engine, each))[0] for each in (signed, second)]
    assert numbers == [1, 2]
    assert read(engine, lambda session: store.last_list(session, TENANT)) == (2, 1)
    revoked = [read(engine, lambda session, n=n: store.indexes_of(session, TENANT, n, [records[0]])) for n in (1, 2)]
    assert revoked == [{5}, set()]


def test_gives_who_comes_second_the_badge_that_the_first_one_made(engine, signed):
    assert issued(engine, signed) == issued(engine, signed)


def issued(engine, attestation_id):
    def work(session):
        attested = service.examine(session, attestation_id, NOTES).attestation
        return badges.issue(session, attested, actor_id=id_of("kari"), now=NOW, master_key=MASTER_KEY, public_url=URL)

    return transact(engine, work)


def place_of(badge):
    status = claims_of(badge)["credentialStatus"]
    return int(status["statusListCredential"].rsplit("/", 1)[1]), int(status["statusListIndex"])
