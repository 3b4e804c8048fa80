"""Whether an activity record still is what was attested.

Three things are held against the signed payload: every fact that the record copies, each attested piece of evidence as it is
kept beside the record, and the line in the record's history that tells of the signature. The history as a whole is replayed
through the record's own table of states, which must lead to the present state. Names and titles are those of the day of the
signature and may have changed since.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec

from lrs_bridge.plans.record import NOTE, TRANSITIONS, Event, Evidence, Record, RecordEvent, State, was_signed_on
from lrs_bridge.signing.attestation import Attestation, Decision, Part, Person
from lrs_bridge.signing.attestation import Evidence as SignedEvidence
from lrs_bridge.signing.chain import digest_of
from lrs_bridge.signing.drafting import draft_evidence, draft_mapping
from lrs_bridge.signing.ledger import Entry, Finding, Flaw

ATTESTED = frozenset({State.SIGNED, State.CONTESTED, State.SUPERSEDED})
"""The states of a record that has an attestation."""

UNREADABLE = "can't be read: a field of it was altered, or something that it refers to is gone"

Compared = tuple[str, Any, Any]
"""A field's name, what it says now, and what was signed."""


def check_record(entry: Entry, attestation: Attestation, record: Record | None, predecessor: UUID | None = None) -> list[Finding]:
    """What of the record is not as it was attested, each with the field that was altered.

    ``predecessor`` is the record of the attestation that this one supersedes, as far as the ledger still has that.
    """
    if record is None:
        return [record_finding(entry, "is gone")]
    wrong = [
        *_identity(record, attestation),
        *_told(_copied(record, attestation, predecessor)),
        *_evidence(record.evidence, attestation.evidence),
        *_signature(record, attestation),
        *_history(record),
    ]
    return [record_finding(entry, message) for message in wrong]


def record_finding(entry: Entry, message: str) -> Finding:
    """A finding about the entry's record; the message goes on from its name."""
    return Finding(Flaw.RECORD, f"attestation:{entry.attestation_id}", f"its record {entry.record_id} {message}")


def _identity(record: Record, attestation: Attestation) -> Iterator[str]:
    if record.person_id != attestation.resident.id:
        yield "belongs to another person than was signed"
    if record.activity.activity_id != attestation.activity.id:
        yield "is of another activity than was signed"


def _copied(record: Record, attestation: Attestation, predecessor: UUID | None) -> Iterator[Compared]:
    yield "its done_at", record.done_at, attestation.done_at
    yield "its valid_until", record.valid_until, attestation.valid_until
    yield "its closed_at", record.closed_at, attestation.decision.at
    yield "its superseded_by", record.superseded_by is not None, record.state is State.SUPERSEDED
    yield from _succession(record, attestation, predecessor)
    yield from _rule(record, attestation)
    notes = {piece.digest for piece in attestation.evidence if piece.kind == NOTE}
    if record.note is not None and notes:
        yield "its note", digest_of(record.note.encode()) in notes, True


def _succession(record: Record, attestation: Attestation, predecessor: UUID | None) -> Iterator[Compared]:
    """Where the ledger has lost the older attestation, which is told elsewhere, only that there was one is known."""
    if attestation.supersedes is not None and predecessor is None:
        yield "its supersedes", record.supersedes is None, False
    else:
        yield "its supersedes", record.supersedes, predecessor


def _rule(record: Record, attestation: Attestation) -> Iterator[Compared]:
    """The mapping, which is never changed, only followed by its next version; and the course that it is of."""
    now, then = draft_mapping(record.mapping), attestation.mapping
    yield "its mapping_id", now and now.id, then and then.id
    if now and then and now.id == then.id:
        yield from _members("its mapping", now, then)
        yield "its course", record.course and record.course.iri, attestation.course and attestation.course.iri


def _evidence(kept: Sequence[Evidence], attested: Sequence[SignedEvidence]) -> Iterator[str]:
    """A source may have restated a piece since: then one of its versions is the attested one."""
    for then in attested:
        name = f"its evidence {then.source}:{then.id}"
        versions = [draft_evidence(piece) for piece in kept if (piece.source, piece.source_id) == (then.source, then.id)]
        altered = [list(_told(_members(name, now, then))) for now in versions]
        yield from min(altered, key=len, default=[f"is not what was signed: {name} is gone"])


def _signature(record: Record, attestation: Attestation) -> Iterator[str]:
    lines = [line for line in record.events if line.event is Event.SIGN]
    if len(lines) != 1:
        yield f"has {len(lines)} sign events in its history, not one"
        return
    yield from _told(_line(lines[0], attestation.decision))
    yield from _told([("its signed_revision", record.signed_revision, lines[0].sequence)])
    yield from _signed_on(record.evidence, attestation.evidence, lines[0].sequence)


def _signed_on(kept: Sequence[Evidence], attested: Sequence[SignedEvidence], signed_revision: int) -> Iterator[str]:
    """By their revisions the attested pieces came before the signature, and no others but what had been taken back."""
    places = {(then.source, then.id) for then in attested}
    before = [piece for piece in kept if was_signed_on(piece.record_revision, signed_revision)]
    for source, source_id in sorted(places & {(piece.source, piece.source_id) for piece in kept}):
        if (source, source_id) not in {(piece.source, piece.source_id) for piece in before}:
            yield f"is not what was signed: the record_revision of its evidence {source}:{source_id} was altered"
    for piece in before:
        if piece.retracted_at is None and (piece.source, piece.source_id) not in places:
            yield f"is not what was signed: its evidence {piece.source}:{piece.source_id} was added"


def _line(line: RecordEvent, decision: Decision) -> Iterator[Compared]:
    signer = decision.signed_by.id if isinstance(decision.signed_by, Person) else None
    owner = decision.on_behalf_of.id if decision.on_behalf_of else None
    yield "the actor_id of its sign event", line.actor_id, signer
    yield "the actor_role of its sign event", line.actor_role, decision.role
    yield "the on_behalf_of of its sign event", line.on_behalf_of, owner
    yield "the comment of its sign event", line.comment, decision.comment
    yield "the time of its sign event", line.at, decision.at


def _history(record: Record) -> Iterator[str]:
    state = State.PLANNED
    for line in record.events:
        if line.from_state is not state or TRANSITIONS.get((state, line.event)) is not line.to_state:
            yield f"has a history that was altered: {line.event} (number {line.sequence}) does not follow from {state}"
            break
        state = line.to_state
    else:
        if record.state is not state and record.state in ATTESTED:
            yield f"is not what was signed: its state was altered to {record.state}, its history leads to {state}"
    if record.state not in ATTESTED:
        yield f"is {record.state}, though it was signed"
    if record.events and record.revision < record.events[-1].sequence:
        yield "has a revision that was altered: its history is longer"


def _members(name: str, now: Part, then: Part) -> Iterator[Compared]:
    """All members, in the spelling in which they are signed."""
    for member in type(then).__struct_fields__:
        values = [msgspec.to_builtins(getattr(part, member)) for part in (now, then)]
        yield f"the {member} of {name}", *values


def _told(compared: Iterable[Compared]) -> Iterator[str]:
    return (f"is not what was signed: {name} was altered" for name, now, then in compared if now != then)
