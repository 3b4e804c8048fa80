"""From an activity record and a decision to the attestation of them: what is taken along, and in which spelling.

Retracted evidence is left out: nobody decides on what its source has taken back.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from lrs_bridge import completion
from lrs_bridge.plans import mapping as course_mapping
from lrs_bridge.plans import record as plan
from lrs_bridge.signing import attestation as signed
from lrs_bridge.signing.ledger import Head


@dataclass(frozen=True, slots=True)
class Facts:
    """All that an attestation says, but for its place in the ledger. ``supersedes`` is the attestation that it replaces."""

    record: plan.Record
    tenant: signed.Tenant
    resident: signed.Resident
    decision: signed.Decision
    supersedes: UUID | None = None


def attest(facts: Facts, *, attestation_id: UUID, issuer: str, after: Head, issued_at: datetime) -> signed.Attestation:
    """The attestation that follows ``after`` in the tenant's ledger. ``issuer`` is the service's public address."""
    record = facts.record
    return signed.Attestation(
        type=signed.TYPE,
        id=attestation_id,
        issuer=issuer,
        tenant=facts.tenant,
        sequence=after.sequence + 1,
        previous=after.chain_hash,
        issued_at=issued_at.astimezone(UTC),
        record=record.record_id,
        resident=facts.resident,
        activity=_activity(record),
        course=_course(record.course),
        mapping=draft_mapping(record.mapping),
        done_at=_utc(record.done_at),
        valid_until=record.valid_until,
        evidence=tuple(draft_evidence(piece) for piece in record.evidence if piece.retracted_at is None),
        decision=facts.decision,
        supersedes=facts.supersedes,
    )


def _activity(record: plan.Record) -> signed.Activity:
    activity = record.activity
    objectives = tuple(signed.Objective(o.code, o.version, o.title) for o in record.objectives)
    return signed.Activity(activity.activity_id, activity.title, activity.kind.value, activity.mode.value, objectives)


def _course(course: course_mapping.Course | None) -> signed.Course | None:
    return None if course is None else signed.Course(course.iri, course.title, course.version)


def draft_mapping(mapping: course_mapping.Mapping | None) -> signed.Mapping | None:
    """The rule as it is attested."""
    if mapping is None:
        return None
    return signed.Mapping(
        id=mapping.mapping_id,
        version=mapping.version,
        policy=mapping.policy.value,
        requirement=mapping.requirement.value,
        minimum_score=_decimal(mapping.minimum_score),
        validity_months=mapping.validity_months,
    )


def draft_evidence(piece: plan.Evidence) -> signed.Evidence:
    """A piece of evidence as it is attested."""
    return signed.Evidence(
        kind=piece.kind,
        source=piece.source,
        id=piece.source_id,
        asserted_by=piece.asserted_by,
        activity=piece.activity_iri,
        occurred_at=piece.occurred_at.astimezone(UTC),
        digest=piece.digest,
        outcome=_outcome(piece.outcome),
    )


def _outcome(outcome: completion.Outcome) -> signed.Outcome:
    return signed.Outcome(outcome.completion, outcome.success, _score(outcome.score), outcome.duration)


def _score(score: completion.Score | None) -> signed.Score | None:
    if score is None:
        return None
    return signed.Score(_decimal(score.scaled), _decimal(score.raw), _decimal(score.minimum), _decimal(score.maximum))


def _decimal(number: float | None) -> Decimal | None:
    """The shortest decimal that means the same number."""
    return None if number is None else Decimal(str(number))


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
