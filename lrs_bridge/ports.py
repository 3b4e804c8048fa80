"""Protocols that cross room borders. They are wired in ``app`` and nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from lrs_bridge.completion import Completion, Retraction
from lrs_bridge.db import Session


class CompletionSink(Protocol):
    """Where doors hand in completions, inside the transaction that stores their evidence."""

    def receive(self, session: Session, completions: Sequence[Completion], *, now: datetime) -> None:
        """Keeps each completion once by its key and applies it, or leaves it on the work list. Replays change nothing."""

    def retract(self, session: Session, retractions: Sequence[Retraction], *, now: datetime) -> None:
        """Takes completions back; unknown keys are ignored, since the claim may never have been a completion."""


@dataclass(frozen=True, slots=True)
class DueSignature:
    """An activity record that a mapping's ``auto`` policy lets the system sign, and in whose name."""

    record_id: UUID
    mapping_id: UUID
    course_owner_id: UUID


class SystemSigner(Protocol):
    """Signs activity records in the name of the course owner, where the mapping's policy says so."""

    def sign_due(self, session: Session, tenant: str, due: Sequence[DueSignature], *, now: datetime) -> None:
        """Signs each record and moves it to ``signed``. Raises when no signing key is usable."""


class EvidenceSource(Protocol):
    """Reads the stored bytes that a completion's evidence digest was made of, so that they can be checked and shown."""

    def evidence_bytes(self, session: Session, tenant: str, source: str, id: str) -> bytes | None:
        """The stored bytes, or None when this source keeps nothing under that id."""


class AttestationIndex(Protocol):
    """Finds the attestations of activity records, for rooms below signing that link to them."""

    def attestations_of(self, session: Session, tenant: str, record_ids: Sequence[UUID]) -> dict[UUID, UUID]:
        """Record id to attestation id, for those that have one."""
