"""What is published of the transparency log: to anyone, with nothing about anybody; and how its place is shown."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from lrs_bridge.db import transact
from lrs_bridge.signing import service
from lrs_bridge.signing.keys import parse_jwks
from lrs_bridge.signing.log.verification import verify_growth, verify_kept
from lrs_bridge.signing.verification import Step, VerificationFailed, verify_document
from tests.support import browsing
from tests.support.signing_world import NOW, TENANT, done, planned, sign, sign_due, world

CHECKPOINT, CONSISTENCY = f"/logs/{TENANT}/checkpoint.json", f"/logs/{TENANT}/consistency.json"
PLACES = {
    "nb": ("Plass i loggen", "Indeks 1, av 3 oppføringer", "Kontrollpunkt for loggen", "12. november 2026"),
    "nn": ("Plass i loggen", "Indeks 1, av 3 oppføringar", "Kontrollpunkt for loggen", "12. november 2026"),
    "en": ("Place in the log", "Index 1, of 3 entries", "Checkpoint of the log", "12 November 2026"),
}


@pytest.fixture
def made(engine, app):
    """Three attestations."""
    browsing.set_clock(app, NOW)
    return [transact(engine, lambda session, each=each: sign(session, each)) for each in world(engine, 3)]


def keys_of(client):
    return parse_jwks(client.get("/.well-known/jwks.json").data)


@pytest.mark.parametrize("language", PLACES)
def test_shows_the_place_in_the_log_in_every_language(made, client, language):
    page = client.get(f"/attestations/{made[1]}", headers={"Accept-Language": language, "Accept": "text/html"}).text
    for told in PLACES[language]:
        assert told in page
    assert f'href="{CHECKPOINT}"' in page


@pytest.mark.parametrize("language", PLACES)
def test_shows_when_no_checkpoint_has_it_and_when_the_log_was_altered(engine, made, client, language):
    def page():
        return client.get(f"/attestations/{made[1]}", headers={"Accept-Language": language, "Accept": "text/html"}).text

    with engine.begin() as session:
        session.exec_driver_sql("update log_leaf set nodes = (select nodes from log_leaf where sequence = 1) where sequence = 3")
    altered = page()
    assert {"nb": "Åpenhetsloggen stemmer ikke", "nn": "Openheitsloggen stemmer ikkje", "en": "log does not agree"}[
        language
    ] in altered
    assert PLACES[language][0] not in altered
    with engine.begin() as session:
        session.exec_driver_sql("delete from log_checkpoint")
    assert {"nb": "noe kontrollpunkt ennå", "nn": "noko kontrollpunkt enno", "en": "No checkpoint has it yet"}[language] in page()


def test_publishes_all_that_is_needed_to_check_a_file_against_what_was_kept(engine, made, client):
    kept = client.get(CHECKPOINT).data
    (more,) = more_records(engine, 1)
    file = client.get(f"/attestations/{more}/download").data
    with pytest.raises(VerificationFailed, match=r"/logs/demo/consistency\.json\?from=3&to=4") as caught:
        verify_document(file, keys=keys_of(client), checkpoint=kept)
    assert caught.value.step is Step.CONSISTENCY
    proof = client.get(f"{CONSISTENCY}?from=3&to=4").data
    verdict = verify_document(file, keys=keys_of(client), checkpoint=kept, consistency=proof)
    assert (verdict.logged.size, verdict.kept.size) == (4, 3)
    newest = verify_kept(client.get(CHECKPOINT).data, keys=keys_of(client))
    assert verify_growth(verdict.kept, newest, client.get(f"{CONSISTENCY}?from=3").data) is None


def more_records(engine, count):
    """As many attestations again, of another resident."""

    def work(session):
        records = planned(session, "ola", count)
        for record_id in records:
            done(session, record_id, "ola")
        sign_due(session, records)
        return [each.attestation_id for each in service.attestations_of(session, TENANT, records).values()]

    return transact(engine, work)


def test_proves_the_place_of_an_attestation_to_whoever_knows_its_id(made, client):
    answer = client.get(f"/attestations/{made[1]}/inclusion.json")
    assert (answer.json["format"], answer.json["index"], len(answer.json["path"])) == ("lrs-bridge-inclusion/1", 1, 2)
    assert answer.json == client.get(f"/attestations/{made[1]}.json").json["log"]


def test_says_nothing_about_anybody_and_nothing_of_where_attestations_are(made, client):
    paths = [
        CHECKPOINT,
        f"{CONSISTENCY}?from=1",
        f"{CONSISTENCY}?from=2&to=3",
        *(f"/attestations/{each}/inclusion.json" for each in made),
    ]
    for path in paths:
        answer = client.get(path)
        assert (answer.status_code, answer.mimetype) == (200, "application/json")
        assert (answer.headers["Access-Control-Allow-Origin"], "noindex" in answer.headers["X-Robots-Tag"]) == ("*", True)
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", answer.text)
        assert not any(name in answer.text for name in ("Kari", "Sigrid", "Fjordvik", "9876543"))


@pytest.mark.parametrize(
    "path", ["/logs/nobody/checkpoint.json", "/logs/nobody/consistency.json?from=1", "/logs/other/checkpoint.json"]
)
def test_has_no_log_of_a_tenant_that_has_signed_nothing_or_is_not_there(made, client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.json["message"]) == (404, "there is no checkpoint of such a log")


def test_knows_no_place_of_an_attestation_that_is_not_there(made, client):
    assert client.get(f"/attestations/{uuid4()}/inclusion.json").status_code == 404


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("", "from"),
        ("from=x", "from"),
        ("from=1&to=x", "to"),
        ("from=0", "from"),
        ("from=3&to=2", "from"),
        ("from=1&to=4", "from"),
    ],
)
def test_refuses_to_prove_growth_between_sizes_that_there_are_not(made, client, asked, field):
    answer = client.get(f"{CONSISTENCY}?{asked}")
    assert (answer.status_code, answer.json["field"]) == (400, field)


def test_tells_the_time_of_the_checkpoint_not_of_the_visit(made, app, client):
    browsing.set_clock(app, NOW + timedelta(days=9))
    assert client.get(CHECKPOINT).json["payload"]["at"] == "2026-11-12T09:30:00Z"
