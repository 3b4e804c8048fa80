"""Whatever is altered in a record after it was attested is found, by the name of what was altered."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from msgspec import structs

from lrs_bridge.completion import Outcome, Score
from lrs_bridge.plans.mapping import Policy, Requirement
from lrs_bridge.plans.record import Event, State
from lrs_bridge.signing import attestation as payload
from lrs_bridge.signing.agreement import check_record
from lrs_bridge.signing.ledger import Flaw
from tests.support.attestations import (
    AT,
    COURSE_OWNER,
    NOTE_TEXT,
    SIGRID,
    attestation,
    entry,
    evidence,
    facts,
    history,
    note,
    record,
    signed_record,
)

OTHER = UUID(int=1)
LATER = AT + timedelta(days=1)
SIGNED = signed_record()
SIGN, RECALL, CONTEST, UPHOLD = Event.SIGN, Event.RECALL, Event.CONTEST, Event.UPHOLD


def told(now, attested=None, predecessor=None) -> list[str]:
    """What is said of the record, after its name."""
    found = check_record(entry(), attested or attestation(), now, predecessor)
    assert {finding.code for finding in found} <= {Flaw.RECORD}
    return [finding.message.split(" ", 3)[3] for finding in found]


def altered(*names: str) -> list[str]:
    return [f"is not what was signed: {name} was altered" for name in names]


@pytest.mark.parametrize(
    "later", [(), (CONTEST,), (CONTEST, UPHOLD), (Event.SUPERSEDE,)], ids=["signed", "contested", "upheld", "superseded"]
)
def test_agrees_with_the_record_whatever_came_later(later):
    assert told(signed_record(*later)) == []


def test_agrees_when_a_piece_was_restated_or_taken_back_since_and_another_came():
    pieces = (
        evidence(retracted_at=LATER, retraction_reason="restated"),
        evidence(revision=2, outcome=Outcome(success=False), record_revision=4),
        evidence(source_id="another", record_revision=5),
        evidence(source_id="voided before", record_revision=1, retracted_at=AT, retraction_reason="voided"),
    )
    assert told(replace(SIGNED, evidence=pieces)) == []


def test_agrees_without_a_course():
    bare = {"course": None, "mapping": None, "done_at": None, "valid_until": None, "evidence": ()}
    assert told(replace(SIGNED, **bare), attestation(record=record(**bare))) == []


def test_finds_that_the_record_is_gone():
    assert told(None) == ["is gone"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"person_id": OTHER}, ["belongs to another person than was signed"]),
        ({"activity": replace(SIGNED.activity, activity_id=OTHER)}, ["is of another activity than was signed"]),
        ({"done_at": LATER}, altered("its done_at")),
        ({"done_at": None}, altered("its done_at")),
        ({"valid_until": date(2099, 1, 1)}, altered("its valid_until")),
        ({"valid_until": None}, altered("its valid_until")),
        ({"closed_at": LATER}, altered("its closed_at")),
        ({"signed_revision": None}, altered("its signed_revision")),
        ({"signed_revision": 2}, altered("its signed_revision")),
        ({"revision": 2}, ["has a revision that was altered: its history is longer"]),
        ({"supersedes": OTHER}, altered("its supersedes")),
        ({"superseded_by": OTHER}, altered("its superseded_by")),
        ({"mapping": None}, altered("its mapping_id")),
        ({"mapping": replace(SIGNED.mapping, mapping_id=OTHER)}, altered("its mapping_id")),
        ({"mapping": replace(SIGNED.mapping, policy=Policy.AUTO)}, altered("the policy of its mapping")),
        ({"mapping": replace(SIGNED.mapping, requirement=Requirement.COMPLETED)}, altered("the requirement of its mapping")),
        ({"mapping": replace(SIGNED.mapping, minimum_score=None)}, altered("the minimum_score of its mapping")),
        ({"mapping": replace(SIGNED.mapping, validity_months=600)}, altered("the validity_months of its mapping")),
        ({"mapping": replace(SIGNED.mapping, version=4)}, altered("the version of its mapping")),
        ({"course": replace(SIGNED.course, iri="https://kurs.example.no/annet")}, altered("its course")),
    ],
)
def test_names_the_field_that_was_altered(change, message):
    assert told(replace(SIGNED, **change)) == message


@pytest.mark.parametrize("title", ["activity", "course"])
def test_does_not_mind_a_new_title(title):
    assert told(replace(SIGNED, **{title: replace(getattr(SIGNED, title), title="Et nytt navn")})) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "note"),
        ("asserted_by", "Noen andre"),
        ("activity_iri", "https://kurs.example.no/annet"),
        ("occurred_at", LATER),
        ("digest", None),
        ("outcome", Outcome(completion=True, success=True, score=Score(scaled=1.0), duration=timedelta(minutes=42))),
        ("outcome", Outcome()),
    ],
)
def test_names_the_field_of_the_evidence_that_was_altered(field, value):
    then = SIGNED.evidence[0]
    name = f"the {field.removesuffix('_iri')} of its evidence xapi:{then.source_id}"
    assert told(
        replace(SIGNED, evidence=(evidence(**{field: value}), evidence(source_id="another", record_revision=4)))
    ) == altered(name)


def test_tells_of_the_version_that_comes_closest_when_a_restated_piece_was_altered():
    pieces = (evidence(asserted_by="Noen andre"), evidence(revision=2, outcome=Outcome(), record_revision=4))
    assert told(replace(SIGNED, evidence=pieces)) == altered(f"the asserted_by of its evidence xapi:{pieces[0].source_id}")


def test_finds_that_a_piece_of_evidence_is_gone():
    (message,) = told(replace(SIGNED, evidence=(evidence(source="scorm", record_revision=4),)))
    assert message == f"is not what was signed: its evidence xapi:{SIGNED.evidence[0].source_id} is gone"


def test_finds_that_evidence_was_made_out_to_have_come_later_or_earlier():
    (then,) = SIGNED.evidence
    message = altered(f"the record_revision of its evidence xapi:{then.source_id}")
    assert told(replace(SIGNED, evidence=(evidence(record_revision=3),))) == message
    slipped_in = evidence(source_id="another", record_revision=2)
    assert told(replace(SIGNED, evidence=(then, slipped_in))) == ["is not what was signed: its evidence xapi:another was added"]


@pytest.mark.parametrize(("words", "message"), [(None, []), (NOTE_TEXT, []), ("Noe annet", altered("its note"))])
def test_finds_that_the_note_was_altered(words, message):
    attested = attestation(record=record(evidence=(note(),)))
    assert told(replace(SIGNED, evidence=(note(),), note=words), attested) == message


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"actor_id": COURSE_OWNER}, "actor_id"),
        ({"actor_id": None}, "actor_id"),
        ({"actor_role": "advisor"}, "actor_role"),
        ({"on_behalf_of": COURSE_OWNER}, "on_behalf_of"),
        ({"comment": None}, "comment"),
        ({"at": LATER}, "time"),
    ],
)
def test_names_the_field_of_the_sign_event_that_was_altered(change, field):
    events = (*SIGNED.events[:-1], replace(SIGNED.events[-1], **change))
    assert told(replace(SIGNED, events=events)) == altered(f"the {field} of its sign event")


def by_the_system(**changes):
    line = replace(SIGNED.events[-1], actor_id=None, actor_role="system", on_behalf_of=COURSE_OWNER, comment=None)
    return replace(SIGNED, events=(*SIGNED.events[:-1], replace(line, **changes)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, []),
        ({"actor_id": SIGRID}, altered("the actor_id of its sign event")),
        ({"on_behalf_of": None}, altered("the on_behalf_of of its sign event")),
    ],
)
def test_compares_a_signature_by_the_system(change, message):
    owner = payload.Person(COURSE_OWNER, "Kristin Kurseier")
    attested = attestation(
        decision=structs.replace(facts().decision, signed_by="system", role="system", on_behalf_of=owner, comment=None)
    )
    assert told(by_the_system(**change), attested) == message


@pytest.mark.parametrize(
    ("later", "state", "message"),
    [
        ((CONTEST,), State.SIGNED, "its state was altered to signed, its history leads to contested"),
        ((), State.CONTESTED, "its state was altered to contested, its history leads to signed"),
        ((CONTEST, UPHOLD), State.CONTESTED, "its state was altered to contested, its history leads to signed"),
    ],
)
def test_finds_a_state_that_the_history_does_not_lead_to(later, state, message):
    assert told(signed_record(*later, state=state)) == [f"is not what was signed: {message}"]


def test_finds_a_record_that_is_no_longer_counted_as_signed():
    assert told(replace(SIGNED, state=State.DONE)) == ["is done, though it was signed"]


@pytest.mark.parametrize("removed", range(5), ids=["complete", "send", "sign", "contest", "uphold"])
def test_finds_that_an_event_was_removed(removed):
    whole = signed_record(CONTEST, UPHOLD)
    assert told(replace(whole, events=whole.events[:removed] + whole.events[removed + 1 :]))


@pytest.mark.parametrize(
    ("events", "message"),
    [
        (
            (*SIGNED.events, *history(CONTEST, first=State.SIGNED)),
            "its state was altered to signed, its history leads to contested",
        ),
        ((*SIGNED.events, *history(RECALL, first=State.SENT)), "recall (number 1) does not follow from signed"),
        (
            (replace(SIGNED.events[0], to_state=State.SENT), *SIGNED.events[1:]),
            "complete (number 1) does not follow from planned",
        ),
    ],
    ids=["contest", "impossible", "wrong end"],
)
def test_finds_that_an_event_was_added_or_altered(events, message):
    (found,) = told(replace(SIGNED, events=events))
    assert message in found


def test_finds_a_second_signature():
    twice = (*SIGNED.events, *history(SIGN, first=State.SENT))
    assert "has 2 sign events in its history, not one" in told(replace(SIGNED, events=twice))


@pytest.mark.parametrize(
    ("supersedes", "predecessor", "message"),
    [
        (OTHER, OTHER, []),
        (OTHER, None, []),
        (None, OTHER, altered("its supersedes")),
        (None, None, altered("its supersedes")),
        (COURSE_OWNER, OTHER, altered("its supersedes")),
    ],
    ids=["same", "older attestation is lost", "removed", "removed, and lost", "another"],
)
def test_compares_what_it_supersedes(supersedes, predecessor, message):
    assert told(replace(SIGNED, supersedes=supersedes), attestation(supersedes=SIGRID), predecessor) == message
