"""The activity record: one learning activity in one resident's plan, its states, its evidence and its history.

The states are the table ``TRANSITIONS`` and nothing else. A signed record is never edited: it may be contested and upheld, and a
new, linked record may supersede it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from lrs_bridge.completion import Outcome
from lrs_bridge.errors import Conflict
from lrs_bridge.plans.mapping import Course, Mapping
from lrs_bridge.plans.objective import Activity, Objective

NOTE = "note"
"""Evidence in the resident's own words."""


class State(StrEnum):
    """Where a record stands."""

    PLANNED = "planned"
    DONE = "done"
    SENT = "sent"
    RETURNED = "returned"
    SIGNED = "signed"
    CONTESTED = "contested"
    SUPERSEDED = "superseded"


class Event(StrEnum):
    """What can happen to a record."""

    COMPLETE = "complete"
    SEND = "send"
    SIGN = "sign"
    RETURN = "return"
    RECALL = "recall"
    RETRACT = "retract"
    CONTEST = "contest"
    UPHOLD = "uphold"
    SUPERSEDE = "supersede"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.PLANNED, Event.COMPLETE): State.DONE,
    (State.DONE, Event.COMPLETE): State.DONE,  # a course's completion takes the place of the resident's own word
    (State.DONE, Event.SEND): State.SENT,
    (State.DONE, Event.SIGN): State.SIGNED,  # by the system, in the name of the course owner
    (State.DONE, Event.RETRACT): State.PLANNED,
    (State.SENT, Event.SIGN): State.SIGNED,
    (State.SENT, Event.RETURN): State.RETURNED,
    (State.SENT, Event.RECALL): State.DONE,
    (State.SENT, Event.RETRACT): State.PLANNED,
    (State.RETURNED, Event.COMPLETE): State.DONE,
    (State.RETURNED, Event.SEND): State.SENT,
    (State.RETURNED, Event.RETRACT): State.PLANNED,
    (State.SIGNED, Event.CONTEST): State.CONTESTED,
    (State.SIGNED, Event.SUPERSEDE): State.SUPERSEDED,
    (State.CONTESTED, Event.UPHOLD): State.SIGNED,
    (State.CONTESTED, Event.SUPERSEDE): State.SUPERSEDED,
}


def after(state: State, event: Event) -> State:
    """The state that the event leads to. Raises Conflict when it can't happen in this state."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise Conflict(f"a record that is {state} can't {event}", field="state", rule="states of a record") from None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that a record rests on, as it was when it was added.

    ``kind`` is ``completion`` or ``note`` (the resident's own words, in ``text``). ``source`` and ``source_id`` say where the
    bytes behind ``digest`` are kept. ``revision`` counts what the source has said; ``record_revision`` is the revision that the
    record came to when this was added.
    """

    evidence_id: UUID
    kind: str
    source: str
    source_id: str
    asserted_by: str
    activity_iri: str | None
    outcome: Outcome
    occurred_at: datetime
    received_at: datetime
    digest: str | None
    retracted_at: datetime | None
    retraction_reason: str | None
    added_at: datetime
    text: str | None = None
    revision: int = 1
    record_revision: int = 0


@dataclass(frozen=True, slots=True)
class RecordEvent:
    """One step in a record's history. ``actor_id`` is None for the system.

    ``sequence`` is the revision that the record came to: it grows, with gaps where evidence came or went without a step.
    """

    sequence: int
    event: Event
    from_state: State
    to_state: State
    actor_id: UUID | None
    actor_role: str
    on_behalf_of: UUID | None
    comment: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Head:
    """A record without what belongs to it.

    ``revision`` grows with every event, and whenever evidence comes or is taken back: what somebody looked at is still so as long
    as it has not grown. ``signed_revision`` is what the signature made it.
    """

    record_id: UUID
    person_id: UUID
    activity_id: UUID
    state: State = State.PLANNED
    note: str | None = None
    done_at: datetime | None = None
    sent_at: datetime | None = None
    signer_id: UUID | None = None
    closed_at: datetime | None = None
    mapping_id: UUID | None = None
    valid_until: date | None = None
    supersedes: UUID | None = None
    superseded_by: UUID | None = None
    revision: int = 0
    signed_revision: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A record with everything that a reader, or a signature, needs to know.

    ``signer_id`` is whom it was sent to (None: anyone who may sign); ``closed_at`` is when it was signed. ``evidence`` and
    ``events`` are in the order in which they came.
    """

    record_id: UUID
    person_id: UUID
    activity: Activity
    objectives: tuple[Objective, ...]
    state: State
    note: str | None
    done_at: datetime | None
    sent_at: datetime | None
    signer_id: UUID | None
    closed_at: datetime | None
    mapping: Mapping | None
    course: Course | None
    evidence: tuple[Evidence, ...]
    events: tuple[RecordEvent, ...]
    supersedes: UUID | None
    superseded_by: UUID | None
    valid_until: date | None
    revision: int
    signed_revision: int | None = None

    def last(self, event: Event) -> RecordEvent | None:
        """The newest event of that kind, or None."""
        return next((e for e in reversed(self.events) if e.event == event), None)

    @property
    def newest_evidence(self) -> tuple[Evidence, ...]:
        """The evidence without what its own source has restated since."""
        newest = {(e.source, e.source_id): e.revision for e in sorted(self.evidence, key=lambda e: e.revision)}
        return tuple(e for e in self.evidence if e.revision == newest[e.source, e.source_id])

    @property
    def signed_on(self) -> tuple[Evidence, ...]:
        """The evidence that was there when the record was signed; all of it while it is not."""
        return tuple(e for e in self.evidence if was_signed_on(e.record_revision, self.signed_revision))


def was_signed_on(record_revision: int, signed_revision: int | None) -> bool:
    """Whether evidence that was added at the one revision was there at the other; always while nothing is signed.

    Revisions are counted under the record's lock. Clocks would mislead: whoever waits for the lock has read them before.
    """
    return signed_revision is None or record_revision < signed_revision
