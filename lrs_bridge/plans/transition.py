"""What an event makes of a record's own fields, and the trace that it leaves."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from lrs_bridge.plans.mapping import Mapping
from lrs_bridge.plans.record import Event, Head, RecordEvent, State, after
from lrs_bridge.plans.standing import Grounds
from lrs_bridge.plans.validity import valid_until

SYSTEM = "system"
RESIDENT = "resident"


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something to a record, in which role and in whose name, why, and when."""

    at: datetime
    actor_id: UUID | None = None
    actor_role: str = SYSTEM
    on_behalf_of: UUID | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One event applied: the record after it and the line in its history."""

    head: Head
    event: RecordEvent


def take(head: Head, event: Event, act: Act) -> Step:
    """Applies an event. Raises Conflict when it is illegal in the record's state."""
    state = after(head.state, event)
    moved = replace(_marked(head, event, act), state=state, revision=head.revision + 1)
    line = RecordEvent(
        moved.revision, event, head.state, state, act.actor_id, act.actor_role, act.on_behalf_of, act.comment, act.at
    )
    return Step(moved, line)


def _marked(head: Head, event: Event, act: Act) -> Head:
    """The record with the times that the event sets or clears."""
    match event:
        case Event.COMPLETE:
            return replace(head, done_at=head.done_at or act.at)
        case Event.SEND:
            return replace(head, sent_at=act.at)
        case Event.RECALL:
            return replace(head, sent_at=None, signer_id=None)
        case Event.RETRACT:
            return replace(head, done_at=None, sent_at=None, signer_id=None, mapping_id=None, valid_until=None)
        case Event.SIGN:
            return replace(head, closed_at=act.at, signed_revision=head.revision + 1)
    return head


def rest_on(head: Head, grounds: Grounds, today: date) -> Head:
    """The record as completed by a course. ``today`` is the local day of the completion, from which its validity runs."""
    return replace(
        head,
        done_at=grounds.done_at,
        mapping_id=grounds.mapping.mapping_id,
        valid_until=_runs_out(grounds.mapping, today),
    )


def _runs_out(mapping: Mapping, day: date) -> date | None:
    return valid_until(day, mapping.validity_months)


def successor(head: Head, record_id: UUID) -> Head:
    """The empty record that takes the place of one that is superseded."""
    return Head(record_id, head.person_id, head.activity_id, State.PLANNED, supersedes=head.record_id)
