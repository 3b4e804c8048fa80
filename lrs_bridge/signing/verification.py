"""Checks a downloaded attestation with nothing but public keys: no database, no network, no clock.

The steps are numbered in the order in which they are taken; each stands on the ones before.

1. The file has the shape of an attestation file.
2. The JWS header names ES256, the type of an attestation, and a key that the verifier trusts.
3. The signature holds.
4. The payload is canonical, agrees with the readable copy, and belongs to the tenant whose key signed it.
5. The evidence in the file is the evidence that was signed, and its contents have the digests that were signed.
6. The entry stands in the chain, when a list of the chain is given.
7. The entry is in the log of the signed checkpoint that the file carries, when it carries one.
8. That log and the one of a checkpoint that the verifier kept are one that only grew, when such a checkpoint is given.

A file without a proof from the log says nothing about the log, and can't be compared with a kept checkpoint.
Left out: whether the record has been contested or superseded since; only the issuer can tell.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

from msgspec import UnsetType

from lrs_bridge.errors import Invalid, LrsBridgeError
from lrs_bridge.signing.attestation import Attestation, Evidence, check_copy, parse_attestation
from lrs_bridge.signing.chain import chain_hash, digest_of, parse_chain
from lrs_bridge.signing.document import Document, EvidenceCopy, jwks_url, parse_document
from lrs_bridge.signing.keys import KeyRing, PublicKey
from lrs_bridge.signing.log.checkpoint import Checkpoint, Inclusion
from lrs_bridge.signing.log.verification import check_instant, check_place, verify_checkpoint, verify_growth, verify_kept
from lrs_bridge.signing.signature import trusted_key, verify_signature

T = TypeVar("T")


class Step(IntEnum):
    """What a verification had come to when it failed."""

    SHAPE = 1
    HEADER = 2
    SIGNATURE = 3
    PAYLOAD = 4
    EVIDENCE = 5
    CHAIN = 6
    LOG = 7
    CONSISTENCY = 8


class VerificationFailed(Invalid):
    """The attestation is not to be trusted; ``step`` tells where that showed, the message tells why."""

    code = "verification_failed"

    def __init__(self, step: Step, reason: str) -> None:
        super().__init__(reason, rule=f"verification step {step.value}")
        self.step = step


@dataclass(frozen=True, slots=True)
class Verdict:
    """What held: the attestation, the key, its place in the chain, and how much was there to check.

    ``evidence_checked`` counts the pieces whose content was in the file; ``chain_checked`` tells whether a list was given.
    ``logged`` is the checkpoint of the log that the entry is in, ``kept`` the verifier's own; None where there was none.
    """

    attestation: Attestation
    kid: str
    chain_hash: str
    evidence_checked: int
    chain_checked: bool
    logged: Checkpoint | None = None
    kept: Checkpoint | None = None


def verify_document(
    content: bytes,
    *,
    keys: KeyRing,
    chain: bytes | None = None,
    checkpoint: bytes | None = None,
    consistency: bytes | None = None,
) -> Verdict:
    """Takes every step. ``keys`` are the verifier's own choice, never the file's. Raises VerificationFailed at the first flaw.

    ``checkpoint`` is one that the verifier kept: as it was published, or another attestation's file. Unless both are of one size
    the published proof of ``consistency`` between the two is needed.
    """
    document = _step(Step.SHAPE, lambda: parse_document(content))
    key = _step(Step.HEADER, lambda: trusted_key(document.jws, keys))
    payload = _step(Step.SIGNATURE, lambda: verify_signature(document.jws, key.key))
    attestation = _step(Step.PAYLOAD, lambda: _agreed(document, payload, key))
    checked = _step(Step.EVIDENCE, lambda: _check_evidence(document.evidence, attestation.evidence))
    entry = chain_hash(attestation.previous, digest_of(payload))
    if chain is not None:
        _step(Step.CHAIN, lambda: _check_membership(chain, attestation, digest_of(payload)))
    logged = _step(Step.LOG, lambda: _check_log(document.log, attestation, digest_of(payload), keys))
    kept = None
    if checkpoint is not None:
        kept = _step(Step.CONSISTENCY, lambda: verify_kept(checkpoint, keys=keys))
        _step(Step.CONSISTENCY, lambda: _check_growth(kept, logged, attestation, consistency))
    return Verdict(attestation, key.kid, entry, checked, chain is not None, logged, kept)


def verify_jws(compact: str, *, keys: KeyRing) -> tuple[bytes, Attestation]:
    """Steps 2 to 4 for an attestation without its file: the payload and what it says. Raises VerificationFailed."""
    key = _step(Step.HEADER, lambda: trusted_key(compact, keys))
    payload = _step(Step.SIGNATURE, lambda: verify_signature(compact, key.key))
    return payload, _step(Step.PAYLOAD, lambda: _owned(payload, key))


def _step(step: Step, take: Callable[[], T]) -> T:
    try:
        return take()
    except LrsBridgeError as error:
        raise VerificationFailed(step, error.message) from error


def _owned(payload: bytes, key: PublicKey) -> Attestation:
    attestation = parse_attestation(payload)
    if attestation.tenant.id != key.tenant:
        raise Invalid(f"it speaks for the tenant {attestation.tenant.id}, but was signed with a key of {key.tenant}")
    return attestation


def _agreed(document: Document, payload: bytes, key: PublicKey) -> Attestation:
    attestation = _owned(payload, key)
    check_copy(document.payload, payload, "the readable copy")
    if document.jwks_url != jwks_url(attestation.issuer):
        raise Invalid(f"the address of the keys was altered: the issuer is {attestation.issuer}")
    return attestation


def _check_evidence(copies: tuple[EvidenceCopy, ...], signed: tuple[Evidence, ...]) -> int:
    if [(c.source, c.id, c.digest) for c in copies] != [(e.source, e.id, e.digest) for e in signed]:
        raise Invalid("the list of evidence was altered: it differs from what was signed")
    included = [copy for copy in copies if isinstance(copy.content, str)]
    for copy in included:
        _check_content(copy, str(copy.content))
    return len(included)


def _check_content(copy: EvidenceCopy, content: str) -> None:
    name = f"evidence {copy.source}:{copy.id}"
    if copy.digest is None:
        raise Invalid(f"{name} has content, but no digest of it was signed")
    try:
        digest = digest_of(content.encode())
    except UnicodeEncodeError as error:
        raise Invalid(f"{name} was altered: it is not text") from error
    if digest != copy.digest:
        raise Invalid(f"{name} was altered: its digest is {digest}, the attestation says {copy.digest}")


def _check_membership(chain: bytes, attestation: Attestation, payload_digest: str) -> None:
    listed = parse_chain(chain)
    if listed.tenant != attestation.tenant.id:
        raise Invalid(f"the chain is that of the tenant {listed.tenant}, not of {attestation.tenant.id}")
    link = next((link for link in listed.links if link.sequence == attestation.sequence), None)
    if link is None:
        raise Invalid(f"the chain does not list entry {attestation.sequence}")
    if (link.payload_digest, link.chain_hash) != (payload_digest, chain_hash(attestation.previous, payload_digest)):
        raise Invalid(f"entry {attestation.sequence} of the chain is another attestation than this one")


def _check_log(proof: Inclusion | UnsetType, attestation: Attestation, payload_digest: str, keys: KeyRing) -> Checkpoint | None:
    if not isinstance(proof, Inclusion):
        return None
    _, logged = verify_checkpoint(proof.checkpoint, keys=keys)
    if logged.tenant != attestation.tenant.id:
        raise Invalid(f"the checkpoint is of the log of {logged.tenant}, not of {attestation.tenant.id}")
    check_place(proof, logged, attestation.sequence, payload_digest)
    return logged


def _check_growth(kept: Checkpoint, logged: Checkpoint | None, attestation: Attestation, consistency: bytes | None) -> None:
    if logged is None:
        raise Invalid("the file carries no proof from the log to hold against the checkpoint: download the attestation anew")
    verify_growth(kept, logged, consistency)
    check_instant(attestation.sequence, attestation.issued_at, kept)
