"""A tenant's ledger: entries as they are stored, how one is made, and what can be found wrong with them.

The signed payload is the truth that every stored column is held against. Where the signature itself does not hold, the
payload's own digest still tells which of the two copies was touched.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from joserfc.jwk import ECKey

from lrs_bridge.signing.attestation import Attestation, canonical
from lrs_bridge.signing.chain import GENESIS, chain_hash, digest_of
from lrs_bridge.signing.keys import KeyRing
from lrs_bridge.signing.signature import parse_header, sign
from lrs_bridge.signing.verification import VerificationFailed, verify_jws


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry of a ledger: where the next one goes, and before when it was not issued (None: whenever)."""

    sequence: int
    chain_hash: str
    issued_at: datetime | None = None


EMPTY = Head(0, GENESIS)


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored attestation. ``payload`` is the canonical JSON exactly as signed; all digests are ``sha-256:…``."""

    tenant: str
    attestation_id: UUID
    sequence: int
    record_id: UUID
    payload: str
    payload_digest: str
    previous: str
    chain_hash: str
    kid: str
    jws: str
    issued_at: datetime

    @property
    def head(self) -> Head:
        """The ledger's head while this was its newest entry."""
        return Head(self.sequence, self.chain_hash, self.issued_at)


class Flaw(StrEnum):
    """The kinds of finding."""

    KEY = "key"
    SIGNATURE = "signature"
    COLUMN = "column"
    MISSING = "missing"
    CHAIN = "chain"
    LOG = "log"
    EVIDENCE_ALTERED = "evidence_altered"
    EVIDENCE_MISSING = "evidence_missing"
    RECORD = "record"
    UNATTESTED = "unattested"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: its kind, what it is about (``attestation:<id>``, ``record:<id>`` …), and a plain sentence."""

    code: Flaw
    subject: str
    message: str


def enter(attestation: Attestation, *, key: ECKey, kid: str) -> Entry:
    """The signed entry for an attestation that has its place in the ledger."""
    payload = canonical(attestation)
    return _entry(attestation, payload, kid=kid, jws=sign(payload, key=key, kid=kid))


def check_entry(entry: Entry, *, keys: KeyRing) -> tuple[Attestation | None, list[Finding]]:
    """What was signed, if the signature holds, and every stored column that does not agree with it."""
    try:
        payload, attestation = verify_jws(entry.jws, keys=keys)
    except VerificationFailed as failure:
        reason = f"its jws was altered or its key is gone: {failure.message}"
        return None, [_finding(entry, Flaw.SIGNATURE, reason), *_own_digest(entry)]
    expected = _entry(attestation, payload, kid=parse_header(entry.jws).kid, jws=entry.jws)
    altered = _differing(entry, expected)
    return attestation, [_finding(entry, Flaw.COLUMN, f"its {name} was altered: it is not what was signed") for name in altered]


def check_succession(head: Head, entry: Entry, attestation: Attestation | None) -> list[Finding]:
    """Whether an entry follows the one before. What was signed counts, so that one altered column makes no second finding."""
    if entry.sequence != head.sequence + 1:
        gap = _removed(head.sequence + 1, entry.sequence - 1)
        return [Finding(Flaw.MISSING, f"ledger:{entry.tenant}", f"{gap} removed from the ledger")]
    previous = attestation.previous if attestation else entry.previous
    if previous != head.chain_hash:
        return [
            _finding(entry, Flaw.CHAIN, f"the chain breaks at entry {entry.sequence}: it does not follow from the one before")
        ]
    return []


def check_end(tenant: str, head: Head, told: Mapping[str, int]) -> list[Finding]:
    """Whether the ledger ends no sooner than it was ``told`` to have come: a chain alone can't show that its end was cut off.

    ``told`` is by who tells.
    """
    witnesses = [name for name, last in told.items() if last > head.sequence]
    if not witnesses:
        return []
    gap = _removed(head.sequence + 1, max(told.values()))
    message = f"{gap} removed from the end of the ledger: known from {', '.join(witnesses)}"
    return [Finding(Flaw.MISSING, f"ledger:{tenant}", message)]


def signed_head(entry: Entry, attestation: Attestation | None) -> Head:
    """The head after an entry, by what was signed as far as that can be known."""
    if attestation is None:
        return entry.head
    return Head(entry.sequence, chain_hash(attestation.previous, digest_of(canonical(attestation))))


def check_evidence(entry: Entry, attestation: Attestation, contents: Mapping[tuple[str, str], bytes | None]) -> list[Finding]:
    """Whether the stored evidence still has the digests that were signed. ``contents`` is by (source, id)."""
    findings = []
    for piece in attestation.evidence:
        content = contents.get((piece.source, piece.id))
        name = f"evidence {piece.source}:{piece.id}"
        if piece.digest is not None and content is None:
            findings.append(_finding(entry, Flaw.EVIDENCE_MISSING, f"{name} is missing"))
        elif piece.digest is not None and content is not None and digest_of(content) != piece.digest:
            message = f"{name} was altered: its digest is {digest_of(content)}, the attestation says {piece.digest}"
            findings.append(_finding(entry, Flaw.EVIDENCE_ALTERED, message))
    return findings


def _removed(first: int, last: int) -> str:
    return f"entry {first} was" if first == last else f"entries {first} to {last} were"


def _entry(attestation: Attestation, payload: bytes, *, kid: str, jws: str) -> Entry:
    digest = digest_of(payload)
    return Entry(
        tenant=attestation.tenant.id,
        attestation_id=attestation.id,
        sequence=attestation.sequence,
        record_id=attestation.record,
        payload=payload.decode(),
        payload_digest=digest,
        previous=attestation.previous,
        chain_hash=chain_hash(attestation.previous, digest),
        kid=kid,
        jws=jws,
        issued_at=attestation.issued_at,
    )


def _differing(entry: Entry, expected: Entry) -> list[str]:
    pairs: list[tuple[str, Any, Any]] = [(name, getattr(entry, name), getattr(expected, name)) for name in Entry.__slots__]
    return [name for name, stored, signed in pairs if stored != signed]


def _own_digest(entry: Entry) -> list[Finding]:
    if digest_of(entry.payload.encode()) == entry.payload_digest:
        return []
    return [_finding(entry, Flaw.COLUMN, "its payload does not have the payload_digest that is stored with it")]


def _finding(entry: Entry, code: Flaw, message: str) -> Finding:
    return Finding(code, f"attestation:{entry.attestation_id}", message)
