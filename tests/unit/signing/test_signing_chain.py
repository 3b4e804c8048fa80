import hashlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs_bridge.errors import Invalid
from lrs_bridge.signing.chain import GENESIS, Link, chain_hash, chain_of, check_links, digest_of, parse_chain
from tests.support.attestations import ledger_of, link_of

ENTRIES = ledger_of(4)
LINKS = [link_of(entry) for entry in ENTRIES]


def written(previous=GENESIS, links=LINKS, tenant="demo"):
    return msgspec.json.encode(chain_of(tenant, previous, links))


def test_hashes_the_raw_bytes_of_both_digests():
    payload = hashlib.sha256(b"{}").digest()
    assert chain_hash(GENESIS, digest_of(b"{}")) == "sha-256:" + hashlib.sha256(bytes(32) + payload).hexdigest()


def test_reads_a_whole_chain():
    assert parse_chain(written()).links == tuple(LINKS)


def test_reads_the_end_of_a_chain_when_it_names_the_hash_before():
    assert parse_chain(written(LINKS[1].chain_hash, LINKS[2:])).links == tuple(LINKS[2:])


def test_reads_a_chain_without_links():
    assert parse_chain(written(links=[])).links == ()


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"{", "JSON"),
        (b"{}", "not a list of ledger links"),
        (written().replace(b"chain/1", b"chain/2"), "not a list of ledger links"),
        (written(links=LINKS[1:]), "does not begin"),
        (written(LINKS[0].chain_hash), "does not begin"),
        (written(links=[LINKS[0], LINKS[2]]), "entry 2 is missing"),
        (written(links=[LINKS[1], LINKS[0]]), "does not begin"),
        (written(LINKS[0].chain_hash, LINKS[2:]), "breaks at entry 3"),
        (written(links=[LINKS[0], Link(2, LINKS[2].payload_digest, LINKS[1].chain_hash)]), "breaks at entry 2"),
    ],
    ids=["no JSON", "no chain", "format", "no start", "false start", "gap", "order", "wrong hash before", "other payload"],
)
def test_refuses_a_chain_that_does_not_hold_together(document, reason):
    with pytest.raises(Invalid, match=reason):
        parse_chain(document)


@settings(deadline=None)
@given(n=st.integers(0, len(LINKS) - 1), digit=st.integers(0, 63), field=st.sampled_from(["payload_digest", "chain_hash"]))
def test_breaks_when_any_digit_changes(n, digit, field):
    old = getattr(LINKS[n], field)
    place = len("sha-256:") + digit
    changed = old[:place] + ("1" if old[place] == "0" else "0") + old[place + 1 :]
    link = msgspec.structs.replace(LINKS[n], **{field: changed})
    with pytest.raises(Invalid, match="breaks at entry"):
        check_links(GENESIS, [*LINKS[:n], link, *LINKS[n + 1 :]])
