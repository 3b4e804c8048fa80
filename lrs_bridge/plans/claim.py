"""A completion as the plan side keeps it, and the JSON of its outcome.

Text of foreign origin is kept in a form that every database takes: U+0000, which PostgreSQL has no place for, becomes U+FFFD.
Names of any length are looked up by their SHA-256.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from lrs_bridge.completion import Completion, Outcome, Score, SourceKey
from lrs_bridge.identity import Identifier, identifier_of
from lrs_bridge.xapi.remembering import remembering

LONGEST_NAME = 300
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""Other times are a source's slip: such claims are kept as of the nearest of these two, so that days can be counted from them."""


class Claim(msgspec.Struct, frozen=True):
    """A source's claim in its newest revision. ``person_id`` and ``course_id`` are None until they are recognised."""

    key: SourceKey
    learner: Identifier
    learner_name: str | None
    course_iri: str
    course_name: str | None
    registration: UUID | None
    outcome: Outcome
    occurred_at: datetime
    received_at: datetime
    asserted_by: str
    digest: str | None
    person_id: UUID | None
    course_id: UUID | None
    revision: int = 1
    retracted_at: datetime | None = None
    retraction_reason: str | None = None


def learner_of(completion: Completion) -> Identifier:
    """The identifier of whom it is about, as it is looked up and kept."""
    learner = identifier_of(completion.learner)
    return Identifier(learner.kind, storable(learner.issuer), storable(learner.value))


def claim_of(
    completion: Completion,
    learner: Identifier,
    *,
    received_at: datetime,
    person_id: UUID | None = None,
    course_id: UUID | None = None,
) -> Claim:
    """The first revision of what a door handed in about this learner, its time between EARLIEST and LATEST."""
    return Claim(
        key=completion.key,
        learner=learner,
        learner_name=_name(completion.learner_name),
        course_iri=storable(completion.activity),
        course_name=_name(completion.activity_name),
        registration=completion.registration,
        outcome=completion.outcome,
        occurred_at=min(max(completion.occurred_at, EARLIEST), LATEST),
        received_at=received_at,
        asserted_by=storable(completion.asserted_by)[:LONGEST_NAME],
        digest=completion.evidence,
        person_id=person_id,
        course_id=course_id,
    )


def storable(text: str) -> str:
    """The text without the one character that not every database can hold."""
    return text.replace("\0", "\ufffd")


def _name(text: str | None) -> str | None:
    return storable(text)[:LONGEST_NAME] if text else None


def learner_key(learner: Identifier) -> str:
    """A short name for an identifier of any length: 64 hexadecimal digits."""
    return _digest(f"{learner.kind}\n{learner.issuer}\n{learner.value}")


def course_key(iri: str) -> str:
    """A short name for a course's IRI of any length: 64 hexadecimal digits."""
    return _digest(iri)


@remembering(16_384)  # most people and courses are told of again and again
def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    """Only what the source said; ``duration`` in seconds."""
    members: dict[str, Any] = {}
    if outcome.completion is not None:
        members["completion"] = outcome.completion
    if outcome.success is not None:
        members["success"] = outcome.success
    if outcome.score is not None:
        members["score"] = {part: number for part, number in msgspec.structs.asdict(outcome.score).items() if number is not None}
    if outcome.duration is not None:
        members["duration"] = outcome.duration.total_seconds()
    return members


def outcome_from_json(members: dict[str, Any]) -> Outcome:
    """The outcome that ``outcome_to_json`` wrote."""
    score, seconds = members.get("score"), members.get("duration")
    return Outcome(
        completion=members.get("completion"),
        success=members.get("success"),
        score=None if score is None else Score(**score),
        duration=None if seconds is None else timedelta(seconds=seconds),
    )
