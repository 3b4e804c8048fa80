"""The whole way, from a reported completion to a verified signature, against the service as users run it."""

import html
import json
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import requests
from sqlalchemy import text

from lrs_bridge.db import open_engine, transact
from lrs_bridge.xapi.credentials import service as xapi
from tests.support.live import LiveServer

COURSE = "https://kursbygger.example.no/kurs/smittevern"
VERBS = "http://adlnet.gov/expapi/verbs/"
RECORDS = "(select record_id from record_evidence where source_id = :id)"
HEADERS = {"X-Experience-API-Version": "1.0.3"}


@pytest.fixture
def demo(demo_database_url, tmp_path):
    """The demo behind a live server, with a key for its tenant."""
    server = LiveServer(demo_database_url, tmp_path)
    engine = open_engine(demo_database_url)
    new = {"tenant": "demo", "name": "Testkilden", "scopes": ["all"], "now": datetime.now(UTC)}
    server.auth = transact(engine, lambda session: xapi.create_credential(session, **new))
    engine.dispose()
    server.start()
    yield server
    server.stop()


def statement(**changes):
    return {
        "id": str(uuid.uuid4()),
        "actor": {"mbox": "mailto:kari.nordmann@fjordvik.example.no"},
        "verb": {"id": VERBS + "completed"},
        "object": {"id": COURSE},
        "timestamp": "2026-11-01T10:00:00Z",
    } | changes


def post(demo, what):
    return requests.post(f"{demo.url}/xapi/statements", json=what, auth=demo.auth, headers=HEADERS, timeout=30)


def count(demo, sql, **values):
    engine = open_engine(demo.database_url)
    with engine.connect() as session:
        number = session.execute(text(sql), values).scalar_one()
    engine.dispose()
    return number


def rows_behind(demo, statement_id):
    """How many statements, completions, evidence rows, records and attestations one statement led to."""
    return {
        "statements": len(statements_with(demo, statement_id)),
        "completions": count(demo, "select count(*) from completion where source_id = :id", id=statement_id),
        "records": count(demo, f"select count(*) from activity_record where record_id in {RECORDS}", id=statement_id),
        "attestations": count(demo, f"select count(*) from attestation where record_id in {RECORDS}", id=statement_id),
    }


ONE_OF_EACH = {"statements": 1, "completions": 1, "records": 1, "attestations": 1}


def statements_with(demo, statement_id):
    url = f"{demo.url}/xapi/statements"
    found = requests.get(url, params={"activity": COURSE, "limit": 0}, auth=demo.auth, headers=HEADERS, timeout=30).json()
    return [s for s in found["statements"] if s["id"] == statement_id]


def log_in(demo, username):
    browser = requests.Session()
    page = browser.get(f"{demo.url}/login", timeout=30).text
    form = {"tenant": "demo", "username": username, "password": "lrs-demo-2026", "csrf_token": csrf_token(page)}
    answer = browser.post(f"{demo.url}/login", data=form, timeout=30)
    assert answer.status_code == 200, answer.text
    return browser


def csrf_token(page):
    return html.unescape(re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1])


def test_counts_once_when_eight_clients_send_the_same_statement_fifty_times(demo):
    sent = statement()
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda _: post(demo, sent), range(50)))
    assert {(a.status_code, a.text.strip()) for a in answers} == {(200, json.dumps([sent["id"]]).replace(" ", ""))}
    assert rows_behind(demo, sent["id"]) == ONE_OF_EACH


def test_has_everything_after_a_restart_when_killed_right_after_the_answer(demo):
    sent = statement()
    assert post(demo, sent).status_code == 200
    demo.kill()
    demo.start()
    assert rows_behind(demo, sent["id"]) == ONE_OF_EACH
    assert demo.run("doctor").returncode == 0


def test_verifies_the_downloaded_attestation_offline_until_a_byte_is_changed(demo, tmp_path):
    post(demo, statement())
    browser = log_in(demo, "kari")
    plan = browser.get(f"{demo.url}/plan", timeout=30).text
    links = set(re.findall(r"/attestations/[0-9a-f-]{36}", plan))
    pages = {link: requests.get(demo.url + link, timeout=30).text for link in links}
    (mine,) = [link for link, page in pages.items() if COURSE in page]

    for name, session in (("public", requests.Session()), ("with_evidence", browser)):
        file = tmp_path / f"{name}.json"
        file.write_bytes(session.get(f"{demo.url}{mine}/download", timeout=30).content)
        jwks = tmp_path / "jwks.json"
        jwks.write_bytes(requests.get(f"{demo.url}/.well-known/jwks.json", timeout=30).content)
        good = demo.run("verify", str(file), "--jwks", str(jwks), check=False)
        assert (good.returncode, good.stderr) == (0, "")
        assert demo.run("verify", str(file), check=False).returncode == 0

        content = file.read_text()
        file.write_text(content.replace("Nordmann", "Nordmenn", 1))
        bad = demo.run("verify", str(file), "--jwks", str(jwks), check=False)
        assert bad.returncode == 1
        assert "alter" in bad.stdout + bad.stderr


def test_contests_the_signed_record_when_its_statement_is_voided(demo):
    sent = statement()
    post(demo, sent)
    voiding = statement(
        actor={"account": {"homePage": "https://lms.example.no", "name": "admin"}},
        verb={"id": VERBS + "voided"},
        object={"objectType": "StatementRef", "id": sent["id"]},
    )
    assert post(demo, voiding).status_code == 200
    contested = f"select count(*) from activity_record where state = 'contested' and record_id in {RECORDS}"
    assert count(demo, contested, id=sent["id"]) == 1
    assert rows_behind(demo, sent["id"])["attestations"] == 1
    plan = log_in(demo, "kari").get(f"{demo.url}/plan", timeout=30).text
    assert "Omstridt" in plan


def test_stops_politely_when_told_to(demo):
    assert post(demo, statement()).status_code == 200
    assert demo.stop() == 0
