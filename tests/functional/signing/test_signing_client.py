"""What the verify command reads: files, and a key set from a file or a server."""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import msgspec
import pytest

from lrs_bridge.errors import Invalid, UpstreamFailed
from lrs_bridge.signing import client
from lrs_bridge.signing.chain import GENESIS, chain_of
from lrs_bridge.signing.client import load_keys, verify_file
from lrs_bridge.signing.keys import public_jwk
from lrs_bridge.signing.verification import Step, VerificationFailed
from tests.support.attestations import (
    KEY,
    KEYS,
    checkpoint_of,
    consistency_of,
    document,
    file_of,
    inclusion_of,
    kept,
    ledger_of,
    link_of,
)
from tests.support.postgres import free_port

JWKS = json.dumps({"keys": [public_jwk(KEY, tenant="demo")]}).encode()


@contextmanager
def serving(status, content, **headers):
    """A server that gives one answer to everything."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/.well-known/jwks.json"
    finally:
        server.shutdown()
        server.server_close()


def test_reads_keys_from_a_file(tmp_path):
    (tmp_path / "jwks.json").write_bytes(JWKS)
    assert load_keys(str(tmp_path / "jwks.json")).keys() == {KEY.thumbprint()}


def test_reads_keys_from_a_server():
    with serving(200, JWKS) as url:
        assert load_keys(url).keys() == {KEY.thumbprint()}


@pytest.mark.parametrize("url", ["http://forger.example/jwks.json", "ftp://127.0.0.1/jwks.json", "file:///etc/passwd"])
def test_reads_no_keys_from_where_they_could_be_changed_on_the_way(url):
    with pytest.raises(Invalid, match="https only"):
        load_keys(url)


@pytest.mark.parametrize(
    ("status", "content", "headers"),
    [(404, b"{}", {}), (302, b"", {"Location": "https://forger.example/"}), (200, b" " * 2000, {})],
    ids=["not found", "redirected", "too large"],
)
def test_says_so_when_the_server_has_no_keys(monkeypatch, status, content, headers):
    monkeypatch.setattr(client, "MAX_JWKS_BYTES", 1999)
    with serving(status, content, **headers) as url, pytest.raises(UpstreamFailed, match="not with a key set"):
        load_keys(url)


def test_says_so_when_the_server_does_not_answer():
    with pytest.raises(UpstreamFailed, match="can't be reached"):
        load_keys(f"http://127.0.0.1:{free_port()}/jwks.json")


def test_verifies_a_file_with_its_chain(tmp_path):
    (tmp_path / "attestation.json").write_bytes(document())
    (tmp_path / "chain.json").write_bytes(msgspec.json.encode(chain_of("demo", GENESIS, [link_of(e) for e in ledger_of(2)])))
    assert not verify_file(tmp_path / "attestation.json", keys=KEYS).chain_checked
    assert verify_file(tmp_path / "attestation.json", keys=KEYS, chain=tmp_path / "chain.json").chain_checked


def test_verifies_a_file_against_a_checkpoint_that_was_kept(tmp_path):
    entries = ledger_of(3)
    contents = {
        "file": file_of(entries[0], log=inclusion_of(entries[0], entries)),
        "checkpoint": kept(checkpoint_of(entries[:2])),
        "consistency": consistency_of(entries, 2),
    }
    places = {name: tmp_path / f"{name}.json" for name in contents}
    for name, content in contents.items():
        places[name].write_bytes(content)
    file = places.pop("file")
    assert verify_file(file, keys=KEYS, **places).kept.size == 2
    with pytest.raises(VerificationFailed, match="is missing"):
        verify_file(file, keys=KEYS, checkpoint=places["checkpoint"])


def test_fails_a_file_that_was_altered(tmp_path):
    (tmp_path / "attestation.json").write_bytes(document().replace(b"Kari", b"Mari", 1))
    with pytest.raises(VerificationFailed) as caught:
        verify_file(tmp_path / "attestation.json", keys=KEYS)
    assert caught.value.step is Step.PAYLOAD


def test_says_so_when_there_is_no_file(tmp_path):
    with pytest.raises(Invalid, match="can't be read"):
        verify_file(tmp_path / "nothing.json", keys=KEYS)
