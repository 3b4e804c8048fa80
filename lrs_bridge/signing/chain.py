"""The hash chain that binds a tenant's attestations together, and the published list of its links.

``entry hash = SHA-256(previous entry hash ‖ SHA-256(canonical payload))``, over raw bytes; the first entry follows 32 zero bytes.
Nothing of a payload can be read from its digest, so the list may be public: whoever holds one attestation can check every
link before it. Removing or altering an entry would change all entry hashes after it, and somebody holds one of those.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from lrs_bridge.errors import Invalid
from lrs_bridge.signing.attestation import Count, Digest, Part
from lrs_bridge.signing.strict_json import parse_json

FORMAT: Final = "lrs-bridge-chain/1"
PREFIX = "sha-256:"
GENESIS = PREFIX + "0" * 64


class Link(Part, frozen=True):
    """One ledger entry without its contents."""

    sequence: Count
    payload_digest: Digest
    chain_hash: Digest


class Chain(Part, frozen=True):
    """Consecutive links of one tenant's ledger; ``previous`` is the entry hash before the first of them."""

    format: Literal["lrs-bridge-chain/1"]
    tenant: str
    previous: Digest
    links: tuple[Link, ...]


def digest_of(content: bytes) -> str:
    """``sha-256:`` and the hexadecimal digest of the bytes."""
    return PREFIX + hashlib.sha256(content).hexdigest()


def chain_hash(previous: str, payload_digest: str) -> str:
    """The entry hash of a payload that follows ``previous``."""
    return digest_of(_raw(previous) + _raw(payload_digest))


def chain_of(tenant: str, previous: str, links: Sequence[Link]) -> Chain:
    """A list of links to be published."""
    return Chain(FORMAT, tenant, previous, tuple(links))


def parse_chain(document: bytes) -> Chain:
    """Reads a published list. Raises Invalid when it is not one, or when it does not hold together (``check_links``)."""
    try:
        chain = msgspec.convert(parse_json(document), Chain)
    except msgspec.ValidationError as error:
        raise Invalid(f"not a list of ledger links: {error}", rule=FORMAT) from error
    check_links(chain.previous, chain.links)
    return chain


def check_links(previous: str, links: Iterable[Link]) -> None:
    """Every link follows from the one before. Raises Invalid naming the first sequence number that does not."""
    expected: int | None = None
    for link in links:
        if expected is not None and link.sequence != expected:
            raise Invalid(f"entry {expected} is missing from the chain", rule=FORMAT)
        if expected is None and (link.sequence == 1) != (previous == GENESIS):
            raise Invalid("the chain does not begin where it says", rule=FORMAT)
        if link.chain_hash != chain_hash(previous, link.payload_digest):
            raise Invalid(f"the chain breaks at entry {link.sequence}: it does not follow from the one before", rule=FORMAT)
        previous, expected = link.chain_hash, link.sequence + 1


def _raw(digest: str) -> bytes:
    return bytes.fromhex(digest.removeprefix(PREFIX))
