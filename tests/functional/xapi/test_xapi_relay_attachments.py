"""Statements whose attachments go and come with them, and certificates that are looked at."""

import datetime as dt
import email
import hashlib
import io
import ipaddress
import json
import ssl
from datetime import UTC, datetime
from functools import partial
from shutil import copy
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lrs_bridge.db import read, transact
from lrs_bridge.xapi.attachments import service as attachments
from lrs_bridge.xapi.attachments.intake import service as intake
from lrs_bridge.xapi.attachments.report import State
from lrs_bridge.xapi.model.statement import parse_statements
from lrs_bridge.xapi.relay import service
from lrs_bridge.xapi.relay.reply import Cause
from lrs_bridge.xapi.statements import service as statements
from tests.support.odd_lrs import always, odd_lrs
from tests.support.relays import Site, new_id, number_by_the_clock
from tests.support.signed import authorities, chain, jws, signature_attachment, signer
from tests.support.statements import statement

CONTENT = b"\x00\r\n--not a boundary\r\n" * 1000
SHA2 = hashlib.sha256(CONTENT).hexdigest()


def with_attachment(**changes):
    attachment = {
        "usageType": "https://example.no/bevis",
        "display": {"nb": "Bevis"},
        "contentType": "application/pdf",
        "length": len(CONTENT),
        "sha2": SHA2,
    }
    return statement(id=new_id(), attachments=[attachment], **changes)


def multipart(body, content=CONTENT, content_type="application/pdf"):
    head = b"--b\r\nContent-Type: application/json\r\n\r\n%b\r\n--b\r\nContent-Type: %b\r\n" % (body, content_type.encode())
    sha2 = hashlib.sha256(content).hexdigest()
    binary = f"Content-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}\r\n\r\n".encode()
    return head + binary + content + b"\r\n--b--\r\n"


MULTIPART = {"Content-Type": "multipart/mixed; boundary=b"}


def keep(site, *values):
    """Stores statements with their attachment."""
    number_by_the_clock()
    parse = partial(parse_statements, max_bytes=10**6, contents_follow=True)
    where = {"data_dir": site.parts.settings.data_dir, "tenant": "demo", "max_statements_bytes": 10**6}
    stream = io.BytesIO(multipart(json.dumps(values).encode()))
    now = datetime.now(UTC)

    def work(session):
        more = {"credential": site.credential, "home_page": "https://here.example.no", "sink": site.parts.completion_sink}
        done = statements.store_statements(session, received.statements, now=now, **more)
        intake.keep(session, "demo", received, ids=done.ids, new=done.stored, now=now)

    with intake.receive(stream, MULTIPART["Content-Type"], parse=parse, **where) as received:
        transact(site.engine, work)


def test_sends_the_contents_of_attachments_along_once_each(here, there):
    plain = here.store(statement())
    first, second = with_attachment(), with_attachment()
    keep(here, first, second)
    here.forward_to(there.url)
    assert here.round() == 0
    (sent,) = there.sent
    head = f"Content-Type: {sent.headers['content-type']}\r\n\r\n".encode()
    parts = email.message_from_bytes(head + sent.body).get_payload()
    assert [part.get_content_type() for part in parts] == ["application/json", "application/pdf"]
    assert [one["id"] for one in json.loads(parts[0].get_payload(decode=True))] == [*plain, first["id"], second["id"]]
    assert parts[1]["X-Experience-API-Hash"] == SHA2
    assert parts[1]["Content-Transfer-Encoding"] == "binary"
    assert CONTENT in sent.body
    assert sent.body.count(b"not a boundary") == 1000
    assert int(sent.headers["content-length"]) == len(sent.body)
    assert "transfer-encoding" not in sent.headers


def test_halves_batches_with_attachments_too(here, there):
    values = [with_attachment() for _ in range(4)]
    keep(here, *values)
    bad = values[2]["id"].encode()
    there.answer = lambda asked: (400, {}, b"no") if bad in asked.body else (200, {}, b"[]")
    relay = here.forward_to(there.url)
    assert here.round() == 0
    assert [letter.statement_id for letter in here.letters(relay)] == [values[2]["id"]]
    assert here.standing(relay).relay.relayed == 3


def test_waits_when_a_content_is_not_on_disk(here, there, tmp_path):
    keep(here, with_attachment())
    for file in (tmp_path / "attachments").rglob("*"):
        if file.is_file():
            file.unlink()
    relay = here.forward_to(there.url)
    assert here.round() == 1
    assert here.standing(relay).relay.troubles[0].cause is Cause.CONTENT_MISSING
    assert there.sent == []


def test_fetches_statements_with_their_attachments_when_those_are_nowhere_else(here, there):
    value = with_attachment(timestamp="2026-03-04T10:00:00Z")
    missing, elsewhere = with_attachment(), with_attachment()
    elsewhere["attachments"][0]["fileUrl"] = "https://example.no/bevis.pdf"

    def answer(asked):
        if asked.parameters.get("statementId") == value["id"]:
            return 200, MULTIPART, multipart(json.dumps(value).encode())
        if "statementId" in asked.parameters:
            return 200, {"Content-Type": "application/json"}, json.dumps(missing).encode()
        return 200, {}, json.dumps({"statements": [value, missing, elsewhere], "more": ""}).encode()

    there.answer = answer
    relay = here.pull_from(there.url)
    assert here.round() == 0
    assert set(here.payloads()) == {value["id"], elsewhere["id"]}
    asked = [(one.parameters.get("statementId"), one.parameters.get("attachments")) for one in there.asked]
    assert asked == [(None, None), (value["id"], "true"), (missing["id"], "true")]
    (letter,) = here.letters(relay)
    assert (letter.statement_id, "fileUrl" in letter.reason) == (missing["id"], True)
    (kept,) = read(here.engine, lambda s: attachments.of(s, "demo", [UUID(value["id"])]))
    assert b"".join(attachments.pieces(here.parts.settings.data_dir, "demo", kept)) == CONTENT
    there.answer = lambda asked: (
        (200, MULTIPART, multipart(json.dumps(missing).encode()))
        if "statementId" in asked.parameters
        else (200, {}, b'{"statements": [], "more": ""}')
    )
    here.change(service.resend, relay, None)
    here.round()
    assert here.letters(relay) == []
    assert missing["id"] in here.payloads()


def test_takes_a_signed_statement_whose_time_the_other_lrs_assigned(here, there):
    signed = statement(id=new_id())
    content = jws(signed, x5c=chain(signer(), *reversed(authorities())))
    signature = signature_attachment(content, hashlib.sha256(content).hexdigest())
    value = signed | {"timestamp": "2026-03-04T10:00:00.000Z", "stored": "2026-03-04T10:00:00.000Z", "attachments": [signature]}
    there.answer = lambda asked: (
        (200, MULTIPART, multipart(json.dumps(value).encode(), content, signature["contentType"]))
        if "statementId" in asked.parameters
        else (200, {}, json.dumps({"statements": [value], "more": ""}).encode())
    )
    relay = here.pull_from(there.url)
    assert here.round() == 0
    assert here.letters(relay) == []
    where = {"data_dir": here.parts.settings.data_dir, "trusted": authorities()[:1], "now": datetime.now(UTC)}
    report = read(here.engine, lambda s: attachments.signature_report(s, "demo", UUID(value["id"]), **where))
    assert report.state is State.VALID
    assert [reason.message for reason in report.reasons] == [
        "The signature does not cover these parts of the statement: timestamp."
    ]


def test_takes_attachments_to_another_installation_and_back(here, twin, sqlite_template, tmp_path):
    value = with_attachment()
    keep(here, value)
    relay = here.forward_to(f"{twin.url}/xapi", key=twin.key, secret=twin.secret)
    assert here.round() == 0
    assert here.letters(relay) == []
    (tmp_path / "back").mkdir()
    copy(sqlite_template, tmp_path / "back.sqlite3")
    back = Site(f"sqlite:///{tmp_path}/back.sqlite3", tmp_path / "back")
    relay = back.pull_from(f"{twin.url}/xapi", key=twin.key, secret=twin.secret)
    assert back.round() == 0
    assert back.letters(relay) == []
    (kept,) = read(back.engine, lambda s: attachments.of(s, "demo", [UUID(value["id"])]))
    assert b"".join(attachments.pieces(back.parts.settings.data_dir, "demo", kept)) == CONTENT
    back.close()


@pytest.fixture
def authority(tmp_path):
    """A certificate for 127.0.0.1 that signs itself, and a server's side of TLS with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "there.example.no")])
    now = dt.datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = tmp_path / "there.pem", tmp_path / "there.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return certificate, context


def test_sends_nothing_to_who_shows_a_certificate_that_nobody_vouches_for(here, authority, monkeypatch):
    certificate, context = authority
    here.store(statement())
    with odd_lrs(tls=context) as lrs:
        lrs.answer = always(200, {}, b"[]")
        relay = here.forward_to(lrs.url)
        assert here.round() == 1
        assert here.standing(relay).relay.troubles[0].cause is Cause.CERTIFICATE
        assert lrs.asked == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))  # the system's list of authorities
        assert here.round() == 0
        assert len(lrs.sent) == 1
