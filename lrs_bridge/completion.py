"""The hand-over: what every door (xAPI, SCORM, cmi5, LTI, certificates) tells the plan side, and nothing more.

A ``Completion`` is evidence, never an approval. Completion and success stay two axes, each yes, no or not said.
"""

import math
import re
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from lrs_bridge.errors import Invalid
from lrs_bridge.identity import Learner

DIGEST = re.compile(r"sha-256:[0-9a-f]{64}")


class SourceKey(msgspec.Struct, frozen=True, order=True):
    """Names one act once and for all: the tenant, the door (``xapi``, ``certificates`` …) and the door's own id for it."""

    tenant: str
    source: str
    id: str


class Score(msgspec.Struct, frozen=True):
    """``scaled`` is between -1 and 1; ``raw`` lies between ``minimum`` and ``maximum`` where these are known."""

    scaled: float | None = None
    raw: float | None = None
    minimum: float | None = None
    maximum: float | None = None

    def share(self) -> float | None:
        """The score as a share of what could be had: ``scaled``, or else computed from raw and its range, None if that fails."""
        if self.scaled is not None:
            return self.scaled
        if self.raw is None or self.maximum is None:
            return None
        span = self.maximum - (self.minimum or 0.0)
        share = (self.raw - (self.minimum or 0.0)) / span if span > 0 else math.nan
        return share if math.isfinite(share) else None


class Outcome(msgspec.Struct, frozen=True):
    """What was achieved; None means that the source does not say."""

    completion: bool | None = None
    success: bool | None = None
    score: Score | None = None
    duration: timedelta | None = None


class Completion(msgspec.Struct, frozen=True):
    """A source's claim that a learner finished (or failed) an activity.

    ``activity`` is the IRI that the source knows the course by. ``asserted_by`` is the name of the system that says so, as shown
    to users. ``evidence`` is ``sha-256:`` and the lower-case hexadecimal digest of what the claim rests on, as it is stored.
    """

    key: SourceKey
    learner: Learner
    activity: str
    registration: UUID | None
    outcome: Outcome
    occurred_at: datetime
    asserted_by: str
    evidence: str | None
    activity_name: str | None = None
    learner_name: str | None = None

    def __post_init__(self) -> None:
        if self.occurred_at.tzinfo is None:
            raise Invalid("occurred_at must have a time zone", field="occurred_at")
        if self.evidence is not None and not DIGEST.fullmatch(self.evidence):
            raise Invalid("evidence must be sha-256: and 64 lower-case hexadecimal digits", field="evidence")


class Retraction(msgspec.Struct, frozen=True):
    """The source takes a completion back: a voided statement, a revoked certificate, a corrected score."""

    key: SourceKey
    occurred_at: datetime
    reason: str
