from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from lrs_bridge.signing.chain import GENESIS
from lrs_bridge.signing.ledger import (
    EMPTY,
    Entry,
    Flaw,
    check_end,
    check_entry,
    check_evidence,
    check_succession,
    enter,
    signed_head,
)
from tests.support.attestations import (
    AT,
    EVIDENCE,
    KEY,
    KEYS,
    OTHER_KEY,
    STATEMENT,
    attestation,
    entry,
    evidence,
    ledger_of,
    note,
    record,
)

LEDGER = ledger_of(4)
ZERO = "sha-256:" + "0" * 64
ALTERED = {
    "tenant": "other",
    "attestation_id": UUID(int=1),
    "sequence": 9,
    "record_id": UUID(int=2),
    "payload": LEDGER[0].payload.replace("Kari", "Kåri"),
    "payload_digest": ZERO,
    "previous": "sha-256:" + "1" * 64,
    "chain_hash": ZERO,
    "kid": OTHER_KEY.thumbprint(),
    "issued_at": AT + timedelta(microseconds=1),
}


def walk(entries):
    """Every finding of a walk through these entries."""
    head, found = EMPTY, []
    for each in entries:
        attested, flaws = check_entry(each, keys=KEYS)
        found += flaws + check_succession(head, each, attested)
        head = signed_head(each, attested)
    return found


def test_begins_an_empty_ledger_with_the_zero_hash():
    first = entry()
    assert (first.sequence, first.previous) == (1, GENESIS)


def test_follows_from_the_entry_before():
    assert [each.previous for each in LEDGER[1:]] == [each.chain_hash for each in LEDGER[:-1]]


def test_finds_nothing_in_a_ledger_that_nobody_touched():
    assert walk(LEDGER) == []


@pytest.mark.parametrize("column", ALTERED)
def test_names_the_column_when_one_was_altered(column):
    attested, found = check_entry(replace(LEDGER[0], **{column: ALTERED[column]}), keys=KEYS)
    assert attested is not None
    assert [(finding.code, finding.message) for finding in found] == [
        (Flaw.COLUMN, f"its {column} was altered: it is not what was signed")
    ]


def test_checks_every_column_that_there_is():
    assert {*ALTERED, "jws"} == set(Entry.__slots__)


def test_names_the_jws_when_it_was_altered():
    attested, found = check_entry(replace(LEDGER[0], jws=LEDGER[0].jws[:-5] + "AAAAA"), keys=KEYS)
    assert attested is None
    assert [finding.code for finding in found] == [Flaw.SIGNATURE]


def test_names_both_when_jws_and_payload_were_altered():
    touched = replace(LEDGER[0], jws=LEDGER[1].jws[:-5] + "AAAAA", payload=ALTERED["payload"])
    assert [finding.code for finding in check_entry(touched, keys=KEYS)[1]] == [Flaw.SIGNATURE, Flaw.COLUMN]


def test_names_the_signature_when_its_key_is_gone():
    assert [finding.code for finding in check_entry(LEDGER[0], keys={})[1]] == [Flaw.SIGNATURE]


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (LEDGER[1:], "entry 1 was removed"),
        ([LEDGER[0], LEDGER[2], LEDGER[3]], "entry 2 was removed"),
        ([LEDGER[0], LEDGER[3]], "entries 2 to 3 were removed"),
    ],
    ids=["the first", "one", "two"],
)
def test_tells_which_entries_are_missing(left, told):
    assert [(finding.code, told in finding.message) for finding in walk(left)] == [(Flaw.MISSING, True)]


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"the audit log": 4, "the log": 3}, []),
        ({}, []),
        ({"the audit log": 5, "the log": 4}, ["entry 5 was removed from the end of the ledger: known from the audit log"]),
        (
            {"the audit log": 6, "the log": 7},
            ["entries 5 to 7 were removed from the end of the ledger: known from the audit log, the log"],
        ),
    ],
    ids=["whole", "nothing told", "one", "three"],
)
def test_tells_when_the_end_was_cut_off(told, message):
    assert [finding.message for finding in check_end("demo", LEDGER[-1].head, told)] == message


def test_tells_where_the_chain_breaks_when_an_entry_was_signed_anew():
    """Somebody with the key replaces an entry by another that is valid in itself."""
    forged = entry(after=LEDGER[0].head, record=record(course=None))
    found = walk([LEDGER[0], forged, LEDGER[2], LEDGER[3]])
    assert [(finding.code, finding.subject) for finding in found] == [(Flaw.CHAIN, f"attestation:{LEDGER[2].attestation_id}")]


def test_follows_the_stored_hashes_where_the_signature_does_not_hold():
    broken = replace(LEDGER[1], jws="x")
    assert [finding.code for finding in walk([LEDGER[0], broken, *LEDGER[2:]])] == [Flaw.SIGNATURE]


def test_finds_a_second_break_when_the_stored_hash_before_was_altered_too():
    broken = replace(LEDGER[1], jws="x", previous=ZERO)
    assert [finding.code for finding in walk([LEDGER[0], broken, *LEDGER[2:]])] == [Flaw.SIGNATURE, Flaw.CHAIN]


@pytest.mark.parametrize(
    ("content", "code"),
    [(STATEMENT, None), (None, Flaw.EVIDENCE_MISSING), (STATEMENT + b" ", Flaw.EVIDENCE_ALTERED)],
    ids=["as it was", "missing", "altered"],
)
def test_holds_evidence_against_its_digest(content, code):
    made = attestation(record=record(evidence=(evidence(), note(digest=None))))
    found = check_evidence(enter(made, key=KEY, kid=KEY.thumbprint()), made, {("xapi", str(EVIDENCE)): content})
    assert [finding.code for finding in found] == ([code] if code else [])
