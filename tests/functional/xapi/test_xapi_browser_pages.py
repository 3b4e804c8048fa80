"""The statement browser as administrators use it."""

import re
from contextlib import contextmanager
from datetime import date
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import event

from lrs_bridge.db import audit, read
from lrs_bridge.people import service as people
from lrs_bridge.people.access import Role
from lrs_bridge.xapi.browser import service, store
from lrs_bridge.xapi.statements.log import store as log
from tests.support import browsing
from tests.support.lrs import Caller
from tests.support.parts import MIXED, attachment, body, digest, part
from tests.support.plans import DRUGS_IRI, HYGIENE_IRI, PASSWORD, TENANT, open_ward
from tests.support.signed import AT, authorities, chain, jws, signature_attachment, signer
from tests.support.statements import COMPLETED, KARI, OLA, REGISTRATION, VOIDED, statement

PASSED = "http://adlnet.gov/expapi/verbs/passed"
UNKNOWN_IRI = "https://kurs.example.no/ukjent"
STRANGER = {"account": {"homePage": "https://ks.example.no", "name": "48213"}}


@pytest.fixture
def ward(engine, app):
    ward = open_ward(engine)
    browsing.set_clock(app, ward.clock.replace(hour=20))
    return ward


@pytest.fixture
def lms(client, engine, ward):
    """A learning system that reports to the ward."""
    return Caller(client, engine, tenant=TENANT, name="Læringsportalen")


@pytest.fixture
def admin(app, ward):
    return logged_in(app, ward, "admin")


def logged_in(app, ward, username, language="en"):
    ward.account(username)
    client = browsing.browser(app, language)
    assert browsing.log_in(client, username, password=PASSWORD, tenant=ward.tenant).status_code == 303
    return client


def send(lms, **changes):
    """Sends a statement and gives its id."""
    told = {"object": {"id": HYGIENE_IRI, "definition": {"name": {"nb": "Smittevern", "en": "Infection control"}}}} | changes
    answer = lms.post(statement(id=str(uuid4()), **told))
    assert answer.status_code == 200, answer.text
    return answer.json[0]


def page_of(client, statement_id):
    answer = client.get(f"/statements/{statement_id}")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.text)


def void(lms, target):
    return send(lms, verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": target})


def found(client, **asked):
    """The ids that a search shows, in its order."""
    answer = client.get("/statements", query_string=asked)
    assert answer.status_code == 200, answer.text
    return re.findall(r'row__title"><a class="ds-link" href="/statements/([0-9a-f-]{36})"', answer.text)


def events(ward, action):
    return [told for told in read(ward.engine, lambda s: audit.find(s, ward.tenant)) if told.action == action]


@pytest.mark.parametrize(("username", "status"), [("admin", 200), ("kari", 403), ("sigrid", 403)])
def test_lets_in_administrators_only(app, ward, lms, username, status):
    statement_id = send(lms)
    client = logged_in(app, ward, username)
    for path in ("/statements", f"/statements/{statement_id}", f"/statements/{statement_id}/json"):
        assert client.get(path).status_code == status


def test_sends_visitors_to_the_login(app, ward):
    assert browsing.browser(app).get("/statements").status_code == 303


def test_knows_no_statement_of_another_tenant(admin, engine, client):
    foreign = send(Caller(client, engine, tenant="demo"))
    assert found(admin) == []
    for path in (f"/statements/{foreign}", f"/statements/{foreign}/json", f"/statements/{uuid4()}"):
        assert admin.get(path).status_code == 404


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("nb", "Kari Nordmann bestod «Smittevern» med 92\xa0% – 34\xa0minutter"),
        ("nn", "Kari Nordmann bestod «Smittevern» med 92\xa0% – 34\xa0minutt"),
        ("en", "Kari Nordmann passed “Infection control” with 92% – 34\xa0minutes"),
    ],
)
def test_tells_each_statement_in_the_readers_language(app, ward, lms, language, line):
    send(lms, verb={"id": PASSED}, result={"score": {"scaled": 0.92}, "duration": "PT34M", "success": True})
    text = logged_in(app, ward, "admin", language).get("/statements").text
    assert line in re.sub(r"<span lang[^>]*>|</span>", "", text)


def test_marks_text_in_another_language(admin, lms):
    send(lms, object={"id": HYGIENE_IRI, "definition": {"name": {"nb": "Smittevern"}}})
    assert '<span lang="nb">Smittevern</span>' in admin.get("/statements").text


def test_finds_by_person_course_verb_and_what_is_withdrawn(admin, lms, ward):
    kari = send(lms)
    passed = send(lms, verb={"id": PASSED}, object={"id": DRUGS_IRI})
    stranger = send(lms, actor=STRANGER, object={"id": UNKNOWN_IRI})
    voiding = void(lms, passed)
    assert found(admin) == [voiding, stranger, passed, kari]
    assert found(admin, person="kari nordmann") == [voiding, passed, kari]
    assert found(admin, person="kari@example.no") == [voiding, passed, kari]
    assert found(admin, person_id=str(ward.kari)) == [voiding, passed, kari]
    assert found(admin, person="https://ks.example.no 48213") == [stranger]
    assert found(admin, person="nobody at all") == []
    assert found(admin, course="smittevern") == [kari]
    assert found(admin, course=UNKNOWN_IRI) == [stranger]
    assert found(admin, course="no such course") == []
    assert found(admin, verb="passed") == [passed]
    assert found(admin, verb="fullførte") == [stranger, kari]
    assert found(admin, verb=COMPLETED) == [stranger, kari]
    assert found(admin, voided="yes") == [passed]
    assert found(admin, voided="no", person="kari") == [voiding, kari]
    assert found(admin, source=lms.key, verb="passed") == [passed]
    assert found(admin, source="other") == []


def test_finds_a_course_by_every_address_but_only_by_whole_ones(admin, lms, ward):
    ward.alias(ward.hygiene_course, "https://ks.example.no/9")
    both = [send(lms, object={"id": HYGIENE_IRI}), send(lms, object={"id": "https://ks.example.no/9"})][::-1]
    other = send(lms, object={"id": "https://ks.example.no/"})
    assert found(admin, course="https://ks.example.no/9") == found(admin, course="Smittevern") == both
    assert found(admin, course="https://ks.example.no/") == [other]
    inside = send(lms, object={"id": UNKNOWN_IRI}, context={"contextActivities": {"parent": [{"id": HYGIENE_IRI}]}})
    assert found(admin, course="Smittevern", inside="1") == [inside, *both]


def test_says_what_may_help_when_nothing_is_found(admin, ward):
    text = admin.get("/statements?person=Ukjent&course=Ukjent").text
    assert "No statement found" in text
    assert "A course that is not registered is found by its address." in text
    assert "Somebody unknown is found by the whole e-mail address or account." in text


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"from": "tomorrow"}, "Write a day, such as 2026-03-02."),
        ({"to": "0001-01-01"}, "Write a day, such as 2026-03-02."),
        ({"registration": "x"}, "Part of the address is damaged."),
        ({"before": "x"}, "Part of the address is damaged."),
        ({"after": "9" * 30}, "Part of the address is damaged."),
        ({"voided": "perhaps"}, "Part of the address is damaged."),
    ],
)
def test_says_what_it_can_not_read(admin, asked, told):
    answer = admin.get("/statements", query_string=asked)
    assert answer.status_code == 400
    assert told in answer.text


def test_tells_of_a_signed_activity_with_its_attestation(admin, lms, ward):
    told = page_of(admin, send(lms))
    assert "It counts, and is signed" in told
    assert "What was achieved is enough." in told
    assert "It is evidence in the record." in told
    assert re.search(r'href="/attestations/[0-9a-f-]{36}"', told)
    assert f"/courses/{ward.hygiene_course}" in told


def test_tells_by_how_much_a_score_misses(admin, lms):
    told = page_of(admin, send(lms, verb={"id": PASSED}, object={"id": DRUGS_IRI}, result={"score": {"scaled": 0.6}}))
    assert "It does not count" in told
    assert "The score is 60%; at least 80% is asked for." in told


def test_leads_to_the_work_list_when_person_and_course_are_unknown(admin, lms):
    told = page_of(admin, send(lms, actor=STRANGER, object={"id": UNKNOWN_IRI}))
    assert "It counts for nothing yet" in told
    for topic in ("person", "course"):
        assert admin.get(re.search(rf"/work-list/{topic}/[0-9a-f]+", told)[0]).status_code == 200


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"verb": {"id": "http://adlnet.gov/expapi/verbs/experienced"}}, "completed, passed or failed."),
        ({"actor": {"objectType": "Group", "member": [KARI]}}, "It is about a group"),
        ({"object": STRANGER | {"objectType": "Agent"}}, "It is about a person or another statement"),
        ({"object": {"id": UNKNOWN_IRI, "definition": {"interactionType": "choice"}}}, "It answers a question."),
        (
            {"verb": {"id": "http://adlnet.gov/expapi/verbs/experienced"}, "result": {"score": {"raw": 3}}},
            "It tells a score, but neither",
        ),
    ],
)
def test_says_why_a_statement_is_no_completion(admin, lms, changes, told):
    assert told in page_of(admin, send(lms, **changes))


def test_connects_a_voided_statement_with_the_one_that_voids_it(admin, lms):
    target = send(lms)
    voiding = void(lms, target)
    told = page_of(admin, target)
    assert "The statement is withdrawn" in told
    assert f'href="/statements/{voiding}"' in told
    assert "It does not count any more" in told
    assert f"voided by statement {voiding}" in told
    back = page_of(admin, voiding)
    assert "It withdraws another statement" in back
    assert f'href="/statements/{target}"' in back


def test_shows_the_attempt_as_a_time_line(admin, lms):
    context = {"registration": REGISTRATION}
    began = send(lms, verb={"id": "http://adlnet.gov/expapi/verbs/initialized"}, context=context)
    ended = send(lms, context=context)
    alone = send(lms)
    told = page_of(admin, ended)
    assert "The same attempt" in told
    assert f'href="/statements/{began}"' in told
    assert found(admin, registration=REGISTRATION) == [ended, began]
    assert "The same attempt" not in page_of(admin, alone)


def test_gives_the_exact_bytes(admin, lms):
    body = b'{"actor":{"mbox":"mailto:kari@example.no"},"verb":{"id":"http://adlnet.gov/expapi/verbs/completed"},'
    body += b'"object":{"id":"https://kurs.example.no/1"},"result":{"score":{"scaled":0.50}}}'
    statement_id = lms("POST", data=body, headers={"Content-Type": "application/json"}).json[0]
    answer = admin.get(f"/statements/{statement_id}/json")
    assert b'"scaled":0.50' in answer.data
    assert orjson.loads(answer.data)["id"] == statement_id
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{statement_id}.json"'
    assert answer.data.decode() in lms.get(statementId=statement_id).text


def test_shows_foreign_text_as_text(admin, lms):
    told = page_of(admin, send(lms, actor=KARI | {"name": "<script>alert(1)</script>"}, result={"response": "<b>x</b>"}))
    assert "<script>alert" not in told
    assert "<b>x</b>" not in told


def test_audits_each_reading(admin, lms, ward):
    statement_id = send(lms)
    page_of(admin, statement_id)
    admin.get(f"/statements/{statement_id}/json")
    found(admin, person="kari nordmann")
    for action in ("statement.read", "statement.download"):
        (told,) = events(ward, action)
        assert (told.actor, told.subject) == (f"person:{ward.admin}", f"statement:{statement_id}")
    (searched,) = events(ward, "statements.search")
    assert searched.subject == f"person:{ward.kari}"
    assert searched.detail == {"asked": {"person": "kari nordmann"}, "shown": [statement_id]}


def test_turns_pages_both_ways_while_statements_arrive(admin, lms):
    ids = [send(lms, object={"id": UNKNOWN_IRI}) for _ in range(27)]
    newest = ids[::-1]
    assert found(admin) == newest[:25]
    older = link(admin, "/statements", "next")
    late = send(lms, object={"id": UNKNOWN_IRI})
    assert ids_at(admin, older) == newest[25:]
    newer = link(admin, older, "prev")
    assert ids_at(admin, newer) == newest[:25]
    assert ids_at(admin, link(admin, newer, "next")) == newest[25:]
    assert ids_at(admin, link(admin, newer, "prev")) == [late, *newest[:24]]
    assert link(admin, "/statements", "prev") is None


def test_shows_fewer_statements_on_a_page_when_they_are_large(admin, lms, monkeypatch):
    monkeypatch.setattr(log, "MOST_BYTES", 10_000)
    newest = [send(lms, object={"id": UNKNOWN_IRI}, result={"response": "x" * 4000}) for _ in range(7)][::-1]
    pages = ["/statements"]
    while older := link(admin, pages[-1], "next"):
        pages.append(older)
    assert [ids_at(admin, page) for page in pages] == [newest[:3], newest[3:6], newest[6:]]
    assert ids_at(admin, link(admin, pages[2], "prev")) == newest[3:6]


def test_says_nothing_of_the_statement_that_one_speaks_of_when_that_is_very_large(admin, lms, monkeypatch):
    large = send(lms, object={"id": UNKNOWN_IRI, "definition": {"name": {"en": "Very long"}}})
    send(lms, actor=OLA, object={"objectType": "StatementRef", "id": large})
    assert admin.get("/statements").text.count("Very long") == 2
    monkeypatch.setattr(store, "LARGEST_TOLD", 100)
    assert admin.get("/statements").text.count("Very long") == 2  # it stands on the page itself
    monkeypatch.setattr(service, "PAGE_SIZE", 1)
    assert "Very long" not in admin.get("/statements").text


def link(client, path, rel):
    match = re.search(rf'rel="{rel}" href="([^"]+)"', client.get(path).text)
    return match and match[1].replace("&amp;", "&")


def ids_at(client, path):
    return re.findall(r'row__title"><a class="ds-link" href="/statements/([0-9a-f-]{36})"', client.get(path).text)


@contextmanager
def counted(engine):
    """The statements that the engine runs meanwhile."""
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_asks_as_often_for_a_full_page_as_for_one_line(admin, lms, ward, app):
    def asked(**search):
        with counted(app.extensions["lrs_bridge"].engine) as seen:
            shown = found(admin, **search)
        return len(shown), [one for one in seen if "statement" in one or "completion" in one or "person_identifier" in one]

    send(lms)
    one, few = asked(person="kari nordmann")
    for _ in range(25):
        send(lms)
    many, queries = asked(person="kari nordmann")
    assert (one, many) == (1, 25)
    assert len(queries) == len(few) <= 8, "\n\n".join(queries)


def test_is_one_click_away_from_the_work_list_and_from_a_records_evidence(app, engine, ward, admin, lms):
    waiting = send(lms, actor=STRANGER)
    entry = re.search(r"/work-list/person/[0-9a-f]+", admin.get("/work-list?list=person").text)[0]
    assert f'href="/statements/{waiting}"' in admin.get(entry).text
    evidence = send(lms)
    path = f"/plan/records/{ward.record(ward.hygiene).record_id}"
    assert f"/statements/{evidence}" not in logged_in(app, ward, "kari").get(path).text
    ward.do(
        lambda s: people.add_role_relation(
            s, TENANT, resident_id=ward.kari, person_id=ward.admin, role=Role.LEADER, starts_on=date(2026, 1, 1)
        )
    )
    assert f'href="/statements/{evidence}"' in admin.get(path).text


def send_with(lms, value, content, kind="application/octet-stream"):
    """Sends a statement with a content of its attachments and gives its id."""
    answer = lms("POST", data=body(value, part(content, Content_Type=kind)), content_type=MIXED)
    assert answer.status_code == 200, answer.text
    return answer.json[0]


def test_lists_attachments_and_gives_their_content_as_files(admin, lms):
    proof, elsewhere = b"<script>alert(1)</script>", b"something else"
    named = [
        attachment(proof, contentType="text/html", display={"en": "Proof"}),
        attachment(elsewhere, fileUrl="https://kurs.example.no/bevis.pdf", description={"nb": "Beskrivelse"}),
        attachment(b"nowhere", fileUrl="javascript:alert(1)"),
    ]
    statement_id = send_with(lms, statement(attachments=named), proof, "text/html")
    told = page_of(admin, statement_id)
    assert "Its content is not here." in told
    assert "javascript:alert" not in re.sub(r"<pre.*</pre>", "", told)
    assert 'href="https://kurs.example.no/bevis.pdf"' in told
    assert '<span lang="nb">Beskrivelse</span>' in told
    path = f"/statements/{statement_id}/attachments/{digest(proof)}"
    assert f'href="{path}"' in told
    answer = admin.get(path)
    assert answer.data == proof
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{digest(proof)[:16]}.html"'
    assert admin.get(f"/statements/{statement_id}/attachments/{digest(elsewhere)}").status_code == 404
    assert admin.get(f"/statements/{uuid4()}/attachments/{digest(proof)}").status_code == 404


def test_reports_on_the_senders_signature(app, ward, lms):
    browsing.set_clock(app, AT)  # when the certificates hold
    admin = logged_in(app, ward, "admin")
    told = statement(id=str(uuid4()), timestamp="2026-03-04T10:00:00Z")
    signature = jws(told, x5c=chain(signer(), *reversed(authorities())))
    named = signature_attachment(signature, digest(signature))
    text = page_of(admin, send_with(lms, told | {"attachments": [named]}, signature))
    assert "The sender's signature" in text
    assert "Not trusted" in text
    assert "Kursavdelingen" in text
    assert "RS256" in text
    assert "The sender's signature" not in page_of(admin, send(lms))
