import json
from datetime import timedelta

import pytest

from lrs_bridge.errors import Invalid
from lrs_bridge.signing.chain import digest_of
from lrs_bridge.signing.log.checkpoint import (
    LENIENCE,
    REMOVED,
    is_backdated,
    issue,
    leaf_of,
    parse_checkpoint,
    parse_signed_checkpoint,
    write_checkpoint,
)
from lrs_bridge.signing.log.merkle import leaf_hash
from lrs_bridge.signing.signature import CHECKPOINT_TYP, parse_header, unverified_payload, verify_signature
from tests.support.attestations import AT, ISSUER, KEY

ROOT = bytes(range(32))
SIGNED = issue("demo", issuer=ISSUER, size=7, root=ROOT, at=AT, key=KEY)
PAYLOAD = verify_signature(SIGNED, KEY)


def test_says_where_the_log_is_how_large_its_root_and_when():
    assert parse_header(SIGNED, CHECKPOINT_TYP).kid == KEY.thumbprint()
    assert json.loads(PAYLOAD) == {
        "type": "lrs-bridge-checkpoint/1",
        "origin": f"{ISSUER}/logs/demo",
        "tenant": "demo",
        "size": 7,
        "root": f"sha-256:{ROOT.hex()}",
        "at": "2026-11-12T09:30:00Z",
    }
    assert parse_checkpoint(PAYLOAD).at == AT


def test_is_no_attestation():
    with pytest.raises(Invalid, match="of the type"):
        parse_header(SIGNED)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        b"\xff",
        PAYLOAD + b" ",
        PAYLOAD.replace(b":7", b":7.0"),
        PAYLOAD.replace(b":7", b":0"),
        PAYLOAD.replace(b"sha-256:", b"sha-256:0"),
        PAYLOAD.replace(b"}", b',"more":1}'),
    ],
    ids=["empty", "nothing", "no text", "blank", "spelling", "no entries", "root", "more"],
)
def test_reads_nothing_but_the_canonical_form(payload):
    with pytest.raises(Invalid):
        parse_checkpoint(payload)


def test_is_published_with_a_copy_to_read():
    published = parse_signed_checkpoint(write_checkpoint(SIGNED, unverified_payload(SIGNED)))
    assert (published.jws, published.payload) == (SIGNED, json.loads(PAYLOAD))


def test_has_no_payload_without_a_header_of_ours():
    with pytest.raises(Invalid):
        unverified_payload("e30." + SIGNED.partition(".")[2])


def test_hashes_the_raw_digest_of_the_payload_as_a_leaf():
    assert leaf_of(digest_of(b"{}")) == leaf_hash(bytes.fromhex(digest_of(b"{}").removeprefix("sha-256:")))


@pytest.mark.parametrize("stored", ["", "sha-256:", "sha-256:xy", "nonsense"])
def test_takes_what_is_no_digest_for_a_removed_entry(stored):
    assert leaf_of(stored) == REMOVED


@pytest.mark.parametrize(
    ("early", "backdated"),
    [(timedelta(0), False), (LENIENCE, False), (LENIENCE + timedelta(microseconds=1), True), (-LENIENCE, False)],
)
def test_allows_for_requests_that_wait_and_clocks_that_differ(early, backdated):
    assert is_backdated(AT - early, after=AT) is backdated
