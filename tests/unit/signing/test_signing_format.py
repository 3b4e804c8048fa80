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


def kept(name):
    return (KEPT / name).read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_still_verifies_files_of_version_1(name):
    verdict = verify_document(kept(name), keys=parse_jwks(kept("jwks.json")), chain=kept("chain.json"))
    assert (verdict.attestation.resident.name, verdict.chain_checked) == ("Kari Nordmann", True)


def bytes_of(segment):
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def number(segment):
    return int.from_bytes(bytes_of(segment))


@pytest.mark.parametrize("name", FILES)
def test_can_be_checked_without_this_code(name):
    """The recipe of docs/attestations.md."""
    file, chain = json.loads(kept(name)), json.loads(kept("chain.json"))
    (key,) = json.loads(kept("jwks.json"))["keys"]

    signed, _, signature = file["jws"].rpartition(".")
    r, s = bytes_of(signature)[:32], bytes_of(signature)[32:]
    public = ec.EllipticCurvePublicNumbers(number(key["x"]), number(key["y"]), ec.SECP256R1()).public_key()
    der = encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
    public.verify(der, signed.encode(), ec.ECDSA(SHA256()))  # raises when it does not hold

    payload = bytes_of(signed.partition(".")[2])
    assert json.loads(payload) == file["payload"]
    for piece in file["evidence"]:
        assert piece.get("content") is None or sha256(piece["content"].encode()) == piece["digest"]

    entry = bytes(32)
    for link in chain["links"]:
        entry = hashlib.sha256(entry + bytes.fromhex(link["payload_digest"][8:])).digest()
        assert link["chain_hash"] == "sha-256:" + entry.hex()
    assert chain["links"][file["payload"]["sequence"] - 1]["payload_digest"] == sha256(payload)


def sha256(content):
    return "sha-256:" + hashlib.sha256(content).hexdigest()
