"""Data 2.4.11 and 2.6, Communication 1.5.2 and 2.1.3: attachments as callers send and get them."""

import json
import os
from uuid import UUID

import pytest

from lrs_bridge.db import transact
from lrs_bridge.people import service as people
from lrs_bridge.rounds import attachments as rounds
from lrs_bridge.xapi.attachments import service as attachments
from tests.support.lrs import Caller
from tests.support.parts import BOUNDARY, MIXED, attachment, body, digest, part, taken_apart
from tests.support.signed import authorities, certify, chain, jws, rsa_key, signature_attachment, signer
from tests.support.statements import KARI, OTHER_ID, STATEMENT_ID, statement, sub_statement, voiding

TEXT = b"here is a simple attachment"
BINARY = bytes(range(256)) * 1000
VERSION_2 = {"X-Experience-API-Version": "2.0.0"}


@pytest.fixture
def lrs(client, app):
    return Caller(client, app.extensions["lrs_bridge"].engine)


@pytest.fixture
def files(settings):
    """The files of the tenant."""
    return lambda: sorted(path for path in (settings.data_dir / "attachments").rglob("*") if path.is_file())


def send(lrs, value, *parts, method="POST", headers=None, **more):
    return lrs(method, data=body(value, *parts), content_type=MIXED, headers=headers, **more)


def with_attachments(*contents, **changes):
    return statement(id=STATEMENT_ID, attachments=[attachment(content) for content in contents], **changes)


def contents(answer):
    """The answer's JSON, and the attachments' headers and contents."""
    assert answer.status_code == 200, answer.json
    (first, text), *others = taken_apart(answer.headers["Content-Type"], answer.data)
    assert first == {"content-type": "application/json"}
    return json.loads(text), others


@pytest.mark.parametrize("version", [{}, VERSION_2])
def test_gives_back_every_byte_when_attachments_are_asked_for(lrs, files, version):
    assert send(lrs, with_attachments(TEXT, BINARY), part(TEXT), part(BINARY), headers=version).json == [STATEMENT_ID]
    answer = lrs("GET", query_string={"statementId": STATEMENT_ID, "attachments": "true"}, headers=version)
    value, others = contents(answer)
    assert value["id"] == STATEMENT_ID
    assert {headers["x-experience-api-hash"]: content for headers, content in others} == {
        digest(one): one for one in (TEXT, BINARY)
    }
    assert {(headers["content-type"], headers["content-transfer-encoding"]) for headers, _ in others} == {
        ("text/plain", "binary")
    }
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert "Last-Modified" in answer.headers
    assert "X-Experience-API-Consistent-Through" in answer.headers
    assert [path.name for path in files()] == sorted([digest(TEXT), digest(BINARY)])


def test_gives_json_alone_when_attachments_are_not_asked_for(lrs):
    send(lrs, with_attachments(TEXT), part(TEXT))
    for more in ({}, {"attachments": "false"}):
        answer = lrs.get(statementId=STATEMENT_ID, **more)
        assert answer.mimetype == "application/json"
        assert TEXT not in answer.data


def test_gives_each_content_once_when_a_page_has_it_often(lrs, files):
    batch = [with_attachments(TEXT), statement(attachments=[attachment(TEXT), attachment(BINARY)]), statement()]
    send(lrs, batch, part(TEXT), part(BINARY))
    value, others = contents(lrs.get(attachments="true"))
    assert len(value["statements"]) == 3
    assert sorted(len(content) for _, content in others) == [len(TEXT), len(BINARY)]
    assert len(files()) == 2


def test_gives_no_content_when_a_page_has_none(lrs):
    lrs.post(statement())
    value, others = contents(lrs.get(attachments="true"))
    assert (len(value["statements"]), others) == (1, [])


def test_keeps_content_once_when_it_comes_again(lrs, files):
    send(lrs, with_attachments(TEXT), part(TEXT))
    send(lrs, statement(attachments=[attachment(TEXT)]), part(TEXT))
    send(lrs, with_attachments(TEXT), part(TEXT))
    assert len(files()) == 1
    assert files()[0].read_bytes() == TEXT


def test_takes_a_put_when_it_brings_attachments(lrs):
    value = statement(attachments=[attachment(TEXT)])
    assert send(lrs, value, part(TEXT), method="PUT", query_string={"statementId": STATEMENT_ID}).status_code == 204
    assert contents(lrs.get(statementId=STATEMENT_ID, attachments="true"))[1][0][1] == TEXT
    wrong = send(lrs, value | {"id": OTHER_ID}, part(TEXT), method="PUT", query_string={"statementId": STATEMENT_ID})
    assert (wrong.status_code, wrong.json["field"]) == (400, "id")


def test_answers_a_head_with_the_headers_of_a_get_when_attachments_are_asked_for(lrs):
    send(lrs, with_attachments(BINARY), part(BINARY))
    head = lrs("HEAD", query_string={"statementId": STATEMENT_ID, "attachments": "true"})
    assert (head.status_code, head.data, head.mimetype) == (200, b"", "multipart/mixed")
    assert int(head.headers["Content-Length"]) > len(BINARY)


@pytest.mark.parametrize("algorithm", ["sha224", "sha256", "sha384", "sha512"])
def test_takes_content_when_its_sum_is_any_sha2(lrs, algorithm):
    total = digest(TEXT, algorithm).upper()
    send(
        lrs, with_attachments() | {"attachments": [attachment(TEXT, sha2=total)]}, part(TEXT, X_Experience_API_Hash=total.lower())
    )
    _, ((headers, content),) = contents(lrs.get(statementId=STATEMENT_ID, attachments="true"))
    assert (headers["x-experience-api-hash"], content) == (total, TEXT)


def test_gives_the_content_of_a_sub_statement_and_a_voided_statement_when_asked(lrs):
    value = statement(id=STATEMENT_ID, object=sub_statement(attachments=[attachment(TEXT)]))
    send(lrs, value, part(TEXT))
    lrs.post(voiding(STATEMENT_ID))
    assert contents(lrs.get(voidedStatementId=STATEMENT_ID, attachments="true"))[1][0][1] == TEXT


def test_takes_a_statement_when_its_part_stands_alone(lrs):
    elsewhere = attachment(TEXT, fileUrl="https://example.no/a.txt")
    for value in (statement(), statement(attachments=[elsewhere]), [statement(), statement(attachments=[elsewhere])]):
        assert send(lrs, value).status_code == 200
    assert lrs.post(statement(attachments=[elsewhere])).status_code == 200


def test_takes_content_when_length_or_type_say_little(lrs):
    value = statement(attachments=[attachment(TEXT, length=5, contentType="text/plain; charset=ascii")])
    for one in (part(TEXT), part(TEXT, Content_Type="application/octet-stream"), part(TEXT, Content_Transfer_Encoding=None)):
        assert send(lrs, value, one).status_code == 200
    assert send(lrs, value, part(TEXT), part(TEXT)).status_code == 200


def without_boundary(value, *parts):
    return body(value, *parts).split(b"\r\n", 1)[1]


REFUSED = {
    "a part that nobody names": (with_attachments(TEXT), [part(TEXT), part(BINARY)], "X-Experience-API-Hash"),
    "content that did not come": (with_attachments(TEXT, BINARY), [part(TEXT)], "attachments[1].fileUrl"),
    "content of a sub-statement that did not come": (
        statement(object=sub_statement(attachments=[attachment(TEXT)])),
        [],
        "object.attachments[0].fileUrl",
    ),
    "content that did not come in a batch": ([statement(), with_attachments(TEXT)], [], "[1].attachments[0].fileUrl"),
    "no hash": (with_attachments(TEXT), [part(TEXT, X_Experience_API_Hash=None)], "X-Experience-API-Hash"),
    "another's hash": (with_attachments(TEXT), [part(TEXT, X_Experience_API_Hash=digest(BINARY))], "X-Experience-API-Hash"),
    "other bytes": (with_attachments(TEXT), [part(BINARY, X_Experience_API_Hash=digest(TEXT))], "X-Experience-API-Hash"),
    "base64": (with_attachments(TEXT), [part(TEXT, Content_Transfer_Encoding="base64")], "Content-Transfer-Encoding"),
    "another type": (with_attachments(TEXT), [part(TEXT, Content_Type="image/png")], "attachments[0]"),
    "statements in two parts": (
        with_attachments(TEXT),
        [body(with_attachments(TEXT)).replace(f"--{BOUNDARY}--\r\n".encode(), b""), part(TEXT)],
        "X-Experience-API-Hash",
    ),
    "a broken statement": (statement(actor={}), [], "actor"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_keeps_nothing_when_a_request_is_refused(lrs, files, case):
    value, parts, field = REFUSED[case]
    answer = send(lrs, value, *parts)
    assert (answer.status_code, answer.json["field"]) == (400, field)
    assert lrs.stored() == []
    assert files() == []


@pytest.mark.parametrize(
    ("content_type", "content", "field"),
    [
        ("multipart/mixed", body(statement()), "Content-Type"),
        ("multipart/mixed;", body(statement()), "Content-Type"),
        ("multipart/mixed; boundary=other", body(statement()), "body"),
        ("multipart/form-data; boundary=" + BOUNDARY, body(statement()), "Content-Type"),
        (MIXED, body(statement(), content_type="text/plain"), "Content-Type"),
        (MIXED, without_boundary(with_attachments(TEXT), part(TEXT)), "Content-Type"),
        (MIXED, body(with_attachments(TEXT), part(TEXT)).replace(f"--{BOUNDARY}\r\n".encode() * 1, b"", 2), "body"),
        (MIXED, b"", "body"),
        (MIXED, f"--{BOUNDARY}--".encode(), "body"),
        (MIXED, body(with_attachments(TEXT), part(TEXT))[:-30], "body"),
    ],
)
def test_refuses_a_body_when_its_parts_are_not_as_they_must_be(lrs, files, content_type, content, field):
    answer = lrs("POST", data=content, content_type=content_type)
    assert (answer.status_code, answer.json["field"]) == (400, field)
    assert files() == []


def test_refuses_a_compressed_body_and_one_in_a_form_when_it_has_parts(lrs):
    assert send(lrs, statement(), headers={"Content-Encoding": "gzip"}).status_code == 415
    form = {"content": body(statement()).decode(), "Content-Type": MIXED}
    assert lrs("POST", "/xapi/statements?method=POST", data=form).status_code == 415


def test_refuses_attachments_when_the_key_may_not_write(client, app, files):
    reader = Caller(client, app.extensions["lrs_bridge"].engine, "statements/read")
    assert send(reader, with_attachments(TEXT), part(TEXT)).status_code == 403
    assert files() == []


def test_leaves_a_conflict_without_a_trace_when_it_brings_content(lrs, files):
    lrs.post(statement(id=STATEMENT_ID))
    answer = send(lrs, with_attachments(TEXT, actor=KARI | {"mbox": "mailto:x@example.no"}), part(TEXT))
    assert answer.status_code == 409
    assert files() == []


def test_keeps_what_a_statement_had_when_it_is_sent_again_with_more(lrs, files):
    lrs.post(statement(id=STATEMENT_ID))
    assert send(lrs, with_attachments(TEXT), part(TEXT)).status_code == 200
    assert contents(lrs.get(statementId=STATEMENT_ID, attachments="true"))[1] == []
    assert files() == []


def test_answers_503_when_a_content_is_gone_from_the_disk(lrs, files):
    send(lrs, with_attachments(TEXT), part(TEXT))
    files()[0].unlink()
    answer = lrs.get(statementId=STATEMENT_ID, attachments="true")
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert lrs.get(statementId=STATEMENT_ID).status_code == 200


def test_shows_nothing_of_others_when_keys_are_of_other_tenants_or_may_read_their_own(client, app, lrs):
    engine = app.extensions["lrs_bridge"].engine
    send(lrs, with_attachments(TEXT), part(TEXT))
    for other in (Caller(client, engine, tenant="other"), Caller(client, engine, "statements/read/mine")):
        assert other.get(statementId=STATEMENT_ID, attachments="true").status_code == 404
        assert contents(other.get(attachments="true"))[1] == []


def test_answers_503_when_the_disk_takes_nothing(lrs, settings):
    (settings.data_dir / "attachments").symlink_to("/dev/full")
    answer = send(lrs, with_attachments(TEXT), part(TEXT))
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert lrs.stored() == []
    (settings.data_dir / "attachments").unlink()
    assert send(lrs, with_attachments(TEXT), part(TEXT)).status_code == 200


def test_removes_only_what_no_statement_has_when_the_worker_comes_round(lrs, app, files):
    wired = app.extensions["lrs_bridge"]
    transact(wired.engine, lambda session: people.add_tenant(session, "demo", name="Demo", kind="trust", language="nb"))
    send(lrs, [with_attachments(TEXT), statement(id=OTHER_ID, attachments=[attachment(BINARY)])], part(TEXT), part(BINARY))
    for path in files():
        os.utime(path, (0, 0))
    assert rounds.sweep(wired) == 0
    transact(wired.engine, lambda session: attachments.forget(session, "demo", [UUID(OTHER_ID)]))
    assert rounds.sweep(wired) == 1
    assert [path.name for path in files()] == [digest(TEXT)]


# --- signatures ------------------------------------------------------------------------------------------------------------


def signed(value=None, *, content=None, x5c=True, **changes):
    """A statement, its signature and the attachment that says so."""
    value = value or statement(id=STATEMENT_ID, timestamp="2026-03-04T10:00:00Z")
    root, below = authorities()
    content = content or jws(value, x5c=chain(signer(), below, root) if x5c else None)
    own = signature_attachment(content, digest(content), **changes)
    return value | {"attachments": [own]}, part(content, Content_Type=own["contentType"])


def report(lrs, **more):
    return lrs("GET", "/xapi/statements/signature", query_string={"statementId": STATEMENT_ID}, **more)


def test_tells_who_signed_when_a_signed_statement_is_asked_about(lrs):
    assert send(lrs, *signed()).status_code == 200
    answer = report(lrs)
    assert answer.status_code == 200
    assert (answer.json["state"], answer.json["algorithm"]) == ("untrusted", "RS256")
    assert answer.json["signer"]["subject"] == "O=HF,CN=Kursavdelingen"
    assert len(answer.json["chain"]) == 3
    assert answer.json["reasons"] == ["There is no list of trusted certificates."]
    assert report(lrs, headers=VERSION_2).json["state"] == "untrusted"


def test_tells_that_nobody_signed_when_nobody_did(lrs):
    lrs.post(statement(id=STATEMENT_ID))
    assert (report(lrs).json["state"], report(lrs).json["signer"], report(lrs).json["chain"]) == ("unsigned", None, [])


def test_tells_nothing_of_a_statement_when_the_key_may_not_read_it(client, app, lrs):
    engine = app.extensions["lrs_bridge"].engine
    send(lrs, *signed())
    assert report(Caller(client, engine, "statements/read/mine")).status_code == 404
    assert report(Caller(client, engine, "statements/write")).status_code == 403
    assert report(Caller(client, engine, tenant="other")).status_code == 404
    for query in ({}, {"statementId": "x"}, {"statementId": STATEMENT_ID, "x": "y"}):
        assert lrs("GET", "/xapi/statements/signature", query_string=query).status_code == 400


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(lambda: signed(contentType="text/plain; charset=ascii"), id="content type"),
        pytest.param(lambda: signed(content=b"no JWS"), id="no JWS"),
        pytest.param(lambda: signed(content=jws(statement(), alg="HS256")), id="HS256"),
        pytest.param(lambda: signed(content=jws(statement(actor=KARI | {"name": "Ola"}))), id="another statement"),
        pytest.param(lambda: signed(content=jws(statement(), x5c=chain(certify("A", rsa_key("other"))))), id="another key"),
        pytest.param(lambda: (signed(fileUrl="https://example.no/jws")[0],), id="to be had elsewhere"),
    ],
)
def test_refuses_a_statement_when_its_signature_is_malformed(lrs, files, sent):
    answer = send(lrs, *sent())
    assert answer.status_code == 400
    assert answer.json["field"].startswith("attachments[0]")
    assert files() == []


def test_refuses_plain_json_when_a_signature_should_have_come_along(lrs):
    answer = lrs.post(signed(fileUrl="https://example.no/jws")[0])
    assert (answer.status_code, answer.json["field"], answer.json["rule"]) == (400, "attachments[0]", "xAPI 1.0.3 Data 2.6")
