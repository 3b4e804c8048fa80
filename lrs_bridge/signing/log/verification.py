"""Checks checkpoints and the proofs that hang on them with nothing but public keys: no database, no network, no clock.

Two checkpoints of one log are held together by a published proof of consistency. Whoever kept the older one so finds that an
entry was altered, removed, put elsewhere or slipped in since, whoever did it, and with whatever keys.
"""

from datetime import datetime

from lrs_bridge.errors import Invalid
from lrs_bridge.signing.attestation import check_copy
from lrs_bridge.signing.document import parse_document
from lrs_bridge.signing.keys import KeyRing
from lrs_bridge.signing.log.checkpoint import (
    Checkpoint,
    Inclusion,
    is_backdated,
    leaf_of,
    parse_checkpoint,
    parse_consistency,
    parse_signed_checkpoint,
    read,
)
from lrs_bridge.signing.log.merkle import check_consistency, check_inclusion
from lrs_bridge.signing.signature import CHECKPOINT_TYP, trusted_key, verify_signature
from lrs_bridge.signing.strict_json import parse_json


def verify_checkpoint(compact: str, *, keys: KeyRing) -> tuple[bytes, Checkpoint]:
    """The payload of a checkpoint and what it says, when a trusted key of the log's tenant signed it. Raises Invalid."""
    key = trusted_key(compact, keys, CHECKPOINT_TYP)
    payload = verify_signature(compact, key.key)
    stated = parse_checkpoint(payload)
    if stated.tenant != key.tenant:
        raise Invalid(f"the checkpoint speaks for the tenant {stated.tenant}, but was signed with a key of {key.tenant}")
    return payload, stated


def verify_kept(content: bytes, *, keys: KeyRing) -> Checkpoint:
    """A checkpoint that the verifier kept: as it was published, or in an attestation's file. Raises Invalid."""
    members = parse_json(content)
    proof = parse_document(content).log if isinstance(members, dict) and "log" in members else None
    if isinstance(proof, Inclusion):
        return verify_checkpoint(proof.checkpoint, keys=keys)[1]
    document = parse_signed_checkpoint(content)
    payload, kept = verify_checkpoint(document.jws, keys=keys)
    check_copy(document.payload, payload, "the readable copy of the checkpoint")
    return kept


def verify_growth(kept: Checkpoint, other: Checkpoint, consistency: bytes | None) -> None:
    """The log of one checkpoint grew out of that of the other, whichever is the larger. Raises Invalid.

    ``consistency`` is the published proof between their sizes, which equal sizes do without.
    """
    if kept.tenant != other.tenant:
        raise Invalid(f"the checkpoints are of two logs: {kept.tenant} and {other.tenant}")
    old, new = sorted((kept, other), key=lambda each: each.size)
    if is_backdated(new.at, after=old.at):
        told = f"{old.size} entries at {old.at}, and {new.size} already at {new.at}"
        raise Invalid(f"the log is said to have had {told}: it was cut, or a checkpoint was back-dated")
    path = [] if old.size == new.size else _path_between(old, new, consistency)
    check_consistency(old.size, read(old.root), path, size=new.size, root=read(new.root))


def _path_between(old: Checkpoint, new: Checkpoint, consistency: bytes | None) -> list[bytes]:
    if consistency is None:
        address = f"{new.origin}/consistency.json?from={old.size}&to={new.size}"
        raise Invalid(f"the proof that the log only grew between the checkpoints is missing; it is at {address}")
    proof = parse_consistency(consistency)
    if (proof.tenant, proof.old, proof.size) != (old.tenant, old.size, new.size):
        given = f"{proof.tenant} from {proof.old} to {proof.size}"
        raise Invalid(f"the proof is of {given}; the checkpoints are of {old.tenant} from {old.size} to {new.size}")
    return [read(each) for each in proof.path]


def check_place(proof: Inclusion, logged: Checkpoint, sequence: int, payload_digest: str) -> None:
    """The entry is at its place in the log of the checkpoint. Raises Invalid."""
    if proof.index != sequence - 1:
        raise Invalid(f"the proof is of the leaf {proof.index}, but entry {sequence} is the leaf {sequence - 1}")
    path = [read(each) for each in proof.path]
    check_inclusion(leaf_of(payload_digest), proof.index, path, size=logged.size, root=read(logged.root))


def check_instant(sequence: int, issued_at: datetime, kept: Checkpoint) -> None:
    """An entry that a checkpoint does not have yet was issued after that. Raises Invalid."""
    if kept.size < sequence and is_backdated(issued_at, after=kept.at):
        when = f"it says that it was issued at {issued_at}, but at {kept.at} the log had {kept.size} entries, and not this one"
        raise Invalid(f"{when}: it was back-dated, or a clock was wrong")
