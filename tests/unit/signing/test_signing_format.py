"""Files that were handed out must verify for good: with this code, and with nothing but hashes and ECDSA."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from lrs_bridge.signing.keys import parse_jwks
from lrs_bridge.signing.verification import verify_document

KEPT = Path(__file__).parents[2] / "data" / "attestations"
FILES = ["attestation.json", "later.json"]
LOG = ["checkpoint.json", "consistency.json"]


def kept(name):
    return (KEPT / name).read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_still_verifies_files_of_version_1(name):
    verdict = verify_document(kept(name), keys=parse_jwks(kept("jwks.json")), chain=kept("chain.json"))
    assert (verdict.attestation.resident.name, verdict.chain_checked) == ("Kari Nordmann", True)


def test_still_verifies_files_of_version_2():
    checkpoint, consistency = map(kept, LOG)
    verdict = verify_document(
        kept("logged.json"), keys=parse_jwks(kept("jwks.json")), checkpoint=checkpoint, consistency=consistency
    )
    assert (verdict.attestation.resident.name, verdict.logged.size, verdict.kept.size) == ("Kari Nordmann", 5, 3)


def bytes_of(segment):
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def number(segment):
    return int.from_bytes(bytes_of(segment))


@pytest.mark.parametrize("name", FILES)
def test_can_be_checked_without_this_code(name):
    """The recipe of docs/attestations.md."""
    file, chain = json.loads(kept(name)), json.loads(kept("chain.json"))
    (key,) = json.loads(kept("jwks.json"))["keys"]

    payload = payload_of(file["jws"], key)
    assert json.loads(payload) == file["payload"]
    for piece in file["evidence"]:
        assert piece.get("content") is None or sha256(piece["content"].encode()) == piece["digest"]

    entry = bytes(32)
    for link in chain["links"]:
        entry = hashlib.sha256(entry + bytes.fromhex(link["payload_digest"][8:])).digest()
        assert link["chain_hash"] == "sha-256:" + entry.hex()
    assert chain["links"][file["payload"]["sequence"] - 1]["payload_digest"] == sha256(payload)


def payload_of(compact, key):
    signed, _, signature = compact.rpartition(".")
    r, s = bytes_of(signature)[:32], bytes_of(signature)[32:]
    public = ec.EllipticCurvePublicNumbers(number(key["x"]), number(key["y"]), ec.SECP256R1()).public_key()
    der = encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
    public.verify(der, signed.encode(), ec.ECDSA(SHA256()))  # raises when it does not hold
    return bytes_of(signed.partition(".")[2])


def raw(digest):
    return bytes.fromhex(digest[8:])


def parent(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def test_can_be_found_in_the_log_without_this_code():
    """The first leaf of five and the growth from three to five: the tree is ((0 1)(2 3)) 4."""
    (key,) = json.loads(kept("jwks.json"))["keys"]
    file, (old, proof) = json.loads(kept("logged.json")), map(json.loads, map(kept, LOG))
    checkpoint = json.loads(payload_of(file["log"]["checkpoint"], key))
    before = json.loads(payload_of(old["jws"], key))
    assert (file["log"]["index"], checkpoint["size"], before) == (0, 5, old["payload"])

    leaf = hashlib.sha256(b"\x00" + hashlib.sha256(payload_of(file["jws"], key)).digest()).digest()
    second, third_and_fourth, fifth = map(raw, file["log"]["path"])
    assert parent(parent(parent(leaf, second), third_and_fourth), fifth) == raw(checkpoint["root"])

    third, fourth, first_and_second, last = map(raw, proof["path"])
    assert parent(first_and_second, third) == raw(before["root"])
    assert parent(parent(first_and_second, parent(third, fourth)), last) == raw(checkpoint["root"])


def sha256(content):
    return "sha-256:" + hashlib.sha256(content).hexdigest()
