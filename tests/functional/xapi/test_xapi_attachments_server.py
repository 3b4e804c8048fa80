"""Attachments through the server as users run it: large ones, answers before the end, files that two nodes share."""

import hashlib
import http.client
import json
import os
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from tests.support.live import LiveServer
from tests.support.lrs import VERSION, basic, new_key_at
from tests.support.parts import BOUNDARY, MIXED, attachment, body, digest, part
from tests.support.signed import certify, chain, jws, pem, rsa_key, signature_attachment
from tests.support.statements import COURSE, KARI, STATEMENT_ID, statement

LARGE = 100 * 1024 * 1024
CHUNK = 256 * 1024
MIB = 1024 * 1024
NOW = datetime.now(UTC)
AGENT = quote(json.dumps(KARI))
STATE = f"/xapi/activities/state?stateId=x&activityId={quote(COURSE)}&agent={AGENT}"


@contextmanager
def calling(server, headers):
    """A client with a key's headers."""
    caller = Http(server, headers)
    try:
        yield caller
    finally:
        caller.close()


@contextmanager
def serving(database_url, tmp_path, **settings):
    """A server of one worker with these settings, and a client."""
    server = LiveServer(database_url, tmp_path, workers=1, **settings)
    server.start()
    try:
        with calling(server, basic(*new_key_at(database_url)) | VERSION) as caller:
            yield caller
    finally:
        server.stop()


@pytest.fixture
def caller(database_url, live_server):
    with calling(live_server, basic(*new_key_at(database_url)) | VERSION) as caller:
        yield caller


class Http:
    """Plain HTTP, a connection for each request."""

    def __init__(self, server, headers):
        self.server, self.headers = server, headers
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)

    def close(self):
        self.connection.close()

    def __call__(self, method, path, content=None, **headers):
        self.close()
        wanted = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        with suppress(BrokenPipeError, ConnectionResetError):  # who is refused early need not have sent everything
            self.connection.request(method, path, content, wanted)
        return self.connection.getresponse()

    def post(self, content, length=None):
        headers = {"Content_Type": MIXED} | ({"Content_Length": str(length)} if length else {})
        answer = self("POST", "/xapi/statements", content, **headers)
        return answer.status, json.loads(answer.read())


def chunks():
    """Content that repeats itself only after 100 MiB."""
    for number in range(LARGE // CHUNK):
        yield hashlib.sha256(b"%d" % number).digest() * (CHUNK // 32)


def test_keeps_memory_flat_when_an_attachment_has_100_mib(caller, live_server):
    total = hashlib.sha256()
    for chunk in chunks():
        total.update(chunk)
    value = statement(id=STATEMENT_ID, attachments=[attachment(b"", length=LARGE, sha2=total.hexdigest())])
    whole = body(value, part(b"", X_Experience_API_Hash=total.hexdigest()))
    head, tail = whole[: -len(f"\r\n--{BOUNDARY}--\r\n")], f"\r\n--{BOUNDARY}--\r\n".encode()
    caller.post(body(statement()))  # both ways are warm
    caller("GET", "/xapi/statements?attachments=true").read()
    before = live_server.peak_mib()

    def sent():
        yield head
        yield from chunks()
        yield tail

    assert caller.post(sent(), len(head) + LARGE + len(tail)) == (200, [STATEMENT_ID])
    answer = caller("GET", f"/xapi/statements?statementId={STATEMENT_ID}&attachments=true")
    boundary = answer.headers["Content-Type"].partition("boundary=")[2].encode()
    received, first, count = hashlib.sha256(), answer.read(CHUNK), 0
    last = first[first.rindex(b"\r\n\r\n") + 4 :] if b"\r\n\r\n" in first else first
    while more := answer.read(CHUNK):
        received.update(last)
        count += len(last)
        last = more
    end = b"\r\n--" + boundary + b"--\r\n"
    assert last.endswith(end)
    received.update(last[: -len(end)])
    assert (received.hexdigest(), count + len(last) - len(end)) == (total.hexdigest(), LARGE)
    assert live_server.peak_mib() - before < 8
    assert live_server.peak_mib() < 200


def test_tells_why_when_it_refuses_a_large_body_at_its_first_part(caller):
    content = os.urandom(3 * MIB)
    status, answer = caller.post(body(statement(), part(content)))
    assert (status, answer["field"]) == (400, "X-Experience-API-Hash")


def test_answers_413_when_a_request_is_larger_than_the_setting_allows(database_url, tmp_path):
    with serving(database_url, tmp_path, MAX_ATTACHMENT_BYTES=str(MIB), MAX_BODY_BYTES=str(MIB // 2)) as caller:
        fits, large = os.urandom(MIB * 3 // 4), os.urandom(MIB)
        assert caller.post(body(statement(attachments=[attachment(fits)]), part(fits)))[0] == 200
        whole = body(statement(attachments=[attachment(large)]), part(large))
        assert caller.post(whole)[0] == 413
        assert caller.post(iter([whole[:MIB], whole[MIB:]]))[0] == 413  # in chunks, of no announced length
        assert caller.post(body([statement(result={"response": "x" * (MIB // 2)})]))[0] == 413
        for method, path in (("PUT", STATE), ("POST", "/xapi/statements?method=PUT")):  # held in memory, whatever they call it
            answer = caller(method, path, body(statement(), part(fits)), Content_Type=MIXED)
            assert (answer.status, json.loads(answer.read())["code"]) == (413, "too_large")
    left = [path for path in (tmp_path / "attachments").rglob("*") if path.is_file()]
    assert [path.name for path in left] == [digest(fits)]


def test_reads_what_another_node_took_when_they_share_the_directory(database_url, tmp_path, caller):
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite is for one node")
    content = os.urandom(MIB)
    assert caller.post(body(statement(id=STATEMENT_ID, attachments=[attachment(content)]), part(content)))[0] == 200
    with serving(database_url, tmp_path) as other:
        assert content in other("GET", f"/xapi/statements?statementId={STATEMENT_ID}&attachments=true").read()


def test_says_valid_when_the_operator_trusts_the_authority(database_url, tmp_path):
    root = certify("Rot", rsa_key("root"), ca=True, at=NOW, usage="authority")
    below = certify("Utsteder", rsa_key("below"), root, rsa_key("root"), ca=True, at=NOW, usage="authority")
    own = certify("Kursavdelingen", rsa_key("signer"), below, rsa_key("below"), at=NOW)
    trust = tmp_path / "trust.pem"
    trust.write_bytes(pem(root))
    value = statement(id=STATEMENT_ID, timestamp="2026-03-04T10:00:00Z")
    content = jws(value, x5c=chain(own, below))
    signed = value | {"attachments": [signature_attachment(content, digest(content))]}
    with serving(database_url, tmp_path, SIGNATURE_TRUST_FILE=str(trust)) as caller:
        assert caller.post(body(signed, part(content, Content_Type="application/octet-stream")))[0] == 200
        report = json.loads(caller("GET", f"/xapi/statements/signature?statementId={STATEMENT_ID}").read())
    assert (report["state"], report["reasons"], report["signer"]["subject"]) == ("valid", [], "O=HF,CN=Kursavdelingen")
