"""A signed activity to test with: a record, the keys of two tenants, ledger entries and downloaded files made of them."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
from joserfc.jwk import ECKey

from lrs_bridge.completion import Outcome, Score
from lrs_bridge.plans.mapping import Course, Mapping, Policy, Requirement
from lrs_bridge.plans.objective import Activity, Kind, Mode, Objective
from lrs_bridge.plans.record import TRANSITIONS, Event, Evidence, Record, RecordEvent, State
from lrs_bridge.settings import Secret
from lrs_bridge.signing import attestation as signed
from lrs_bridge.signing.chain import Link, digest_of
from lrs_bridge.signing.document import write_document
from lrs_bridge.signing.drafting import Facts, attest
from lrs_bridge.signing.keys import key_ring, public_jwk
from lrs_bridge.signing.ledger import EMPTY, enter
from lrs_bridge.signing.log import merkle
from lrs_bridge.signing.log.checkpoint import (
    CONSISTENCY,
    INCLUSION,
    Consistency,
    Inclusion,
    issue,
    leaf_of,
    path_of,
    write_checkpoint,
)
from lrs_bridge.signing.signature import unverified_payload

MASTER_KEY = Secret(b"tests use this and nobody else!!")
ISSUER = "https://bridge.example.no"
AT = datetime(2026, 11, 12, 9, 30, tzinfo=UTC)

KARI = UUID("00000000-0000-4000-8000-000000000001")
SIGRID = UUID("00000000-0000-4000-8000-000000000002")
COURSE_OWNER = UUID("00000000-0000-4000-8000-000000000003")
ACTIVITY = UUID("00000000-0000-4000-8000-0000000000a1")
RECORD = UUID("00000000-0000-4000-8000-0000000000b1")
COURSE = UUID("00000000-0000-4000-8000-0000000000c1")
MAPPING = UUID("00000000-0000-4000-8000-0000000000d1")
EVIDENCE = UUID("00000000-0000-4000-8000-0000000000e1")
NOTE = UUID("00000000-0000-4000-8000-0000000000e2")
ATTESTATIONS = [UUID(f"00000000-0000-4000-8000-00000000f{n:03}") for n in range(1, 10)]

STATEMENT = json.dumps(
    {
        "id": str(EVIDENCE),
        "actor": {"name": "Kari Nordmann", "mbox": "mailto:kari@example.no"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
        "object": {"id": "https://kurs.example.no/smittevern", "definition": {"name": {"nb": "Smittevern på «sengepost»"}}},
        "result": {"success": True, "score": {"scaled": 0.85}},
    },
    ensure_ascii=False,
).encode()
NOTE_TEXT = "Gjort under oppsyn på Hovedintensiv."

KEY = ECKey.import_key(
    {
        "kty": "EC",
        "crv": "P-256",
        "x": "3eRsUZAWsOfHKk7h9ejuKIk2qycFeRdb3gHtnfwLtLA",
        "y": "_wIlEyPFwKZ1bBY_CZl2jZv0k0eBFGZaCHXMDCy6oa0",
        "d": "q4pCiQUjrOaK_RQz7cd277pfSJy2AsyPDJ03HZmnBN0",
    }
)
OTHER_KEY = ECKey.generate_key("P-256")
KEYS = key_ring([public_jwk(KEY, tenant="demo"), public_jwk(OTHER_KEY, tenant="other")])


def evidence(**changes) -> Evidence:
    return replace(
        Evidence(
            evidence_id=EVIDENCE,
            kind="completion",
            source="xapi",
            source_id=str(EVIDENCE),
            asserted_by="Læringsportalen",
            activity_iri="https://kurs.example.no/smittevern",
            outcome=Outcome(completion=True, success=True, score=Score(scaled=0.85), duration=timedelta(minutes=42)),
            occurred_at=AT,
            received_at=AT,
            digest=digest_of(STATEMENT),
            retracted_at=None,
            retraction_reason=None,
            added_at=AT,
        ),
        **changes,
    )


def note(**changes) -> Evidence:
    return evidence(
        **{
            "evidence_id": NOTE,
            "kind": "note",
            "source": "plans",
            "source_id": str(NOTE),
            "activity_iri": None,
            "outcome": Outcome(),
            "digest": digest_of(NOTE_TEXT.encode()),
            "text": NOTE_TEXT,
        }
        | changes
    )


def record(**changes) -> Record:
    return replace(
        Record(
            record_id=RECORD,
            person_id=KARI,
            activity=Activity(ACTIVITY, "Smittevern", Kind.ELEARNING, Mode.COURSES),
            objectives=(Objective("KLS-014", "1", "Kunne forebygge smitte"),),
            state=State.SENT,
            note=None,
            done_at=AT,
            sent_at=AT,
            signer_id=None,
            closed_at=None,
            mapping=Mapping(MAPPING, COURSE, ACTIVITY, Policy.SUPERVISOR, Requirement.PASSED, 0.8, 12, 3),
            course=Course(COURSE, "https://kurs.example.no/smittevern", "Smittevern for leger", "2026", COURSE_OWNER),
            evidence=(evidence(),),
            events=(),
            supersedes=None,
            superseded_by=None,
            valid_until=date(2027, 11, 12),
            revision=3,
        ),
        **changes,
    )


def history(*events: Event, first: State = State.PLANNED) -> tuple[RecordEvent, ...]:
    """The lines that these events leave; Sigrid signs, in the words and at the time of ``facts``."""
    lines: list[RecordEvent] = []
    for number, event in enumerate(events, start=1):
        before = lines[-1].to_state if lines else first
        signs = event is Event.SIGN
        actor, role, comment = (SIGRID, "supervisor", "Sett og godt utført.") if signs else (None, "system", None)
        lines.append(RecordEvent(number, event, before, TRANSITIONS[before, event], actor, role, None, comment, AT))
    return tuple(lines)


SIGNATURE = (Event.COMPLETE, Event.SEND, Event.SIGN)


def signed_record(*later: Event, **changes) -> Record:
    """The record after Sigrid signed it and what came later."""
    events = history(*SIGNATURE, *later)
    replaced = COURSE if events[-1].to_state is State.SUPERSEDED else None
    after = {"closed_at": AT, "signed_revision": len(SIGNATURE), "revision": len(events), "superseded_by": replaced}
    return record(**{"events": events, "state": events[-1].to_state} | after | changes)


def facts(**changes) -> Facts:
    decision = signed.Decision(
        signed_by=signed.Person(SIGRID, "Sigrid Sæther"),
        role="supervisor",
        on_behalf_of=None,
        at=AT,
        comment="Sett og godt utført.",
        login=signed.Login("local", None),
    )
    tenant = signed.Tenant("demo", "Helse Fjordvik")
    resident = signed.Resident(KARI, "Kari Nordmann", "9876543")
    return replace(Facts(record(), tenant, resident, decision), **changes)


def attestation(*, after=EMPTY, **changes) -> signed.Attestation:
    return attest(facts(**changes), attestation_id=ATTESTATIONS[after.sequence], issuer=ISSUER, after=after, issued_at=AT)


def entry(*, after=EMPTY, key=KEY, **changes):
    return enter(attestation(after=after, **changes), key=key, kid=key.thumbprint())


def ledger_of(length):
    """Entries of consecutive records, the oldest first."""
    entries = []
    for n in range(length):
        mine = record(record_id=UUID(int=RECORD.int + n))
        entries.append(entry(after=entries[-1].head if entries else EMPTY, record=mine))
    return entries


def link_of(made) -> Link:
    return Link(made.sequence, made.payload_digest, made.chain_hash)


def document(*, contents=True, log=None, **changes) -> bytes:
    """A downloaded file, with the evidence's contents or without."""
    return file_of(entry(**changes), contents=contents, log=log)


def file_of(made, *, contents=True, log=None) -> bytes:
    """The downloaded file of an entry."""
    return write_document(made.jws, made.payload.encode(), {("xapi", str(EVIDENCE)): STATEMENT} if contents else {}, log)


def log_of(entries):
    """The tree over these entries, and all its nodes by name."""
    tree, nodes = merkle.Tree(), {}
    for each in entries:
        tree, made = tree.grown(leaf_of(each.payload_digest))
        nodes |= dict(zip(merkle.completed(tree.size), made, strict=True))
    return tree, nodes


def checkpoint_of(entries, *, at=AT, key=KEY, tenant="demo") -> str:
    """The signed checkpoint of a log that has these entries."""
    tree, _ = log_of(entries)
    return issue(tenant, issuer=ISSUER, size=tree.size, root=tree.root, at=at, key=key)


def kept(compact) -> bytes:
    """The file of a checkpoint, as somebody keeps it."""
    return write_checkpoint(compact, unverified_payload(compact))


def inclusion_of(made, entries, **checkpoint) -> Inclusion:
    """Proof that an entry is in the log of these entries."""
    path = merkle.hashes(merkle.inclusion(made.sequence - 1, len(entries)), log_of(entries)[1])
    return Inclusion(INCLUSION, made.sequence - 1, path_of(path), checkpoint_of(entries, **checkpoint))


def consistency_of(entries, old, *, tenant="demo") -> bytes:
    """Proof that the log of these entries grew out of that of the first ``old``."""
    path = merkle.hashes(merkle.consistency(old, len(entries)), log_of(entries)[1])
    return msgspec.json.encode(Consistency(CONSISTENCY, tenant, old, len(entries), path_of(path)))
