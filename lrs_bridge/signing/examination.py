"""What is found when an attestation is looked at today: each aspect recomputed, and what it all amounts to."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from lrs_bridge.plans.record import State
from lrs_bridge.signing.attestation import Attestation
from lrs_bridge.signing.ledger import Entry, Finding, Flaw
from lrs_bridge.signing.log.examination import Place


class Aspect(StrEnum):
    """What is checked, in the order in which it is shown."""

    SIGNATURE = "signature"
    ENTRY = "entry"
    CHAIN = "chain"
    LOG = "log"
    EVIDENCE = "evidence"
    RECORD = "record"


class Standing(StrEnum):
    """What an attestation is worth now. BROKEN outweighs all: something is not as it was signed."""

    HOLDS = "holds"
    CONTESTED = "contested"
    SUPERSEDED = "superseded"
    BROKEN = "broken"


ASPECTS = {
    Flaw.KEY: Aspect.SIGNATURE,
    Flaw.SIGNATURE: Aspect.SIGNATURE,
    Flaw.COLUMN: Aspect.ENTRY,
    Flaw.MISSING: Aspect.CHAIN,
    Flaw.CHAIN: Aspect.CHAIN,
    Flaw.LOG: Aspect.LOG,
    Flaw.EVIDENCE_ALTERED: Aspect.EVIDENCE,
    Flaw.EVIDENCE_MISSING: Aspect.EVIDENCE,
    Flaw.RECORD: Aspect.RECORD,
    Flaw.UNATTESTED: Aspect.RECORD,
}

STANDINGS = {State.CONTESTED: Standing.CONTESTED, State.SUPERSEDED: Standing.SUPERSEDED}


@dataclass(frozen=True, slots=True)
class Examination:
    """One attestation as of now. ``attestation`` is None when the signature does not hold: then nothing it says can be shown.

    ``length`` is how many entries the ledger has; ``superseded_by`` is the attestation of the record that replaced this one's;
    ``place`` is where it is in the log, None while no checkpoint has it.
    """

    entry: Entry
    attestation: Attestation | None
    findings: tuple[Finding, ...]
    state: State | None
    length: int
    superseded_by: UUID | None = None
    place: Place | None = None

    def flawed(self) -> dict[Aspect, list[Finding]]:
        """Every aspect with what is wrong with it: an empty list where all is well."""
        return {aspect: [f for f in self.findings if ASPECTS[f.code] is aspect] for aspect in Aspect}

    def expired(self, *, on: date) -> bool:
        """Whether what was signed was valid for a time only, and that has passed."""
        until = self.attestation.valid_until if self.attestation else None
        return until is not None and until < on

    @property
    def standing(self) -> Standing:
        """What it amounts to."""
        if self.findings or self.state is None:
            return Standing.BROKEN
        return STANDINGS.get(self.state, Standing.HOLDS)
