"""What is published of a transparency log: signed checkpoints, and the proofs that hang on them.

A checkpoint is a JWS over the canonical JSON (RFC 8785) of how large the log is and what its root is, signed with the key that
signs attestations, under a ``typ`` of its own. Entry *n* of the ledger is the leaf with the index *n* - 1, over the 32 bytes of
the SHA-256 of its payload: so the published links of the chain are enough to build the tree, and no proof tells what it says.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

import msgspec
from joserfc.jwk import ECKey
from msgspec import Meta

from lrs_bridge.errors import Invalid
from lrs_bridge.signing.attestation import Count, Digest, Moment, Part, canonical, parse_canonical
from lrs_bridge.signing.chain import PREFIX
from lrs_bridge.signing.log.merkle import leaf_hash
from lrs_bridge.signing.signature import CHECKPOINT_TYP, sign
from lrs_bridge.signing.strict_json import parse_json

TYPE: Final = "lrs-bridge-checkpoint/1"
INCLUSION: Final = "lrs-bridge-inclusion/1"
CONSISTENCY: Final = "lrs-bridge-consistency/1"
LENIENCE = timedelta(minutes=15)
"""How much earlier than a checkpoint an entry that came after it may be: requests wait for each other, and clocks differ."""
REMOVED = leaf_hash(b"")
"""The leaf hash in the place of an entry that was gone before the log came to it."""


class Checkpoint(Part, frozen=True):
    """A log as it stood: ``origin`` is its public address, ``root`` the Merkle Tree Hash over its ``size`` entries."""

    type: Literal["lrs-bridge-checkpoint/1"]
    origin: str
    tenant: str
    size: Count
    root: Digest
    at: Moment


class SignedCheckpoint(Part, frozen=True):
    """A checkpoint as it is published, to be kept: the JWS, which alone proves, and a copy to read."""

    format: Literal["lrs-bridge-checkpoint/1"]
    jws: str
    payload: dict[str, Any]


class Inclusion(Part, frozen=True):
    """Proof that an entry is in the log as of a checkpoint (a JWS): its leaf's index, and the hashes from there to the root."""

    format: Literal["lrs-bridge-inclusion/1"]
    index: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    path: tuple[Digest, ...]
    checkpoint: str


class Consistency(Part, frozen=True):
    """Proof that the log of a tenant only grew between two sizes."""

    format: Literal["lrs-bridge-consistency/1"]
    tenant: str
    old: Count = msgspec.field(name="from")
    size: Count = msgspec.field(name="to")
    path: tuple[Digest, ...]


def issue(tenant: str, *, issuer: str, size: int, root: bytes, at: datetime, key: ECKey) -> str:
    """The signed checkpoint of a log. ``issuer`` is the service's public address."""
    checkpoint = Checkpoint(TYPE, f"{issuer}/logs/{tenant}", tenant, size, written(root), at.astimezone(UTC))
    return sign(canonical(checkpoint), key=key, kid=key.thumbprint(), typ=CHECKPOINT_TYP)


def parse_checkpoint(payload: bytes) -> Checkpoint:
    """Reads what was signed; see ``parse_canonical``."""
    return parse_canonical(payload, Checkpoint, "a checkpoint", TYPE)


def write_checkpoint(compact: str, payload: bytes) -> bytes:
    """The document that is published for a checkpoint as it was signed."""
    document = SignedCheckpoint(TYPE, compact, msgspec.json.decode(payload))
    return json.dumps(msgspec.to_builtins(document), ensure_ascii=False, indent=2).encode() + b"\n"


def parse_signed_checkpoint(document: bytes) -> SignedCheckpoint:
    """Reads a checkpoint that somebody kept. Raises Invalid when it has not exactly the members of one."""
    try:
        return msgspec.convert(parse_json(document), SignedCheckpoint)
    except msgspec.ValidationError as error:
        raise Invalid(f"not a kept checkpoint: {error}", rule=TYPE) from error


def parse_consistency(document: bytes) -> Consistency:
    """Reads a published proof. Raises Invalid when it is not one."""
    try:
        return msgspec.convert(parse_json(document), Consistency)
    except msgspec.ValidationError as error:
        raise Invalid(f"not a proof of consistency: {error}", rule=CONSISTENCY) from error


def leaf_of(payload_digest: str) -> bytes:
    """The leaf hash of an entry, by the digest of its payload; ``REMOVED`` for what is none: altered rows may hold anything."""
    try:
        return leaf_hash(read(payload_digest))
    except ValueError:
        return REMOVED


def read(digest: str) -> bytes:
    """The raw bytes of a digest."""
    return bytes.fromhex(digest.removeprefix(PREFIX))


def written(raw: bytes) -> str:
    """A hash as it is written."""
    return PREFIX + raw.hex()


def path_of(hashes: Iterable[bytes]) -> tuple[str, ...]:
    """The hashes of a proof as they are written."""
    return tuple(map(written, hashes))


def is_backdated(issued_at: datetime, *, after: datetime) -> bool:
    """Whether an entry that is not in a checkpoint says that it was issued well before that."""
    return issued_at < after - LENIENCE
