import json

import pytest

from lrs_bridge.errors import Invalid
from lrs_bridge.signing.document import parse_document, write_document
from tests.support.attestations import EVIDENCE, NOTE, NOTE_TEXT, STATEMENT, document, entry, evidence, note, record

BOTH = record(evidence=(evidence(), note()))


def test_has_a_readable_copy_of_what_was_signed():
    members = json.loads(document())
    assert members["payload"] == json.loads(entry().payload)
    assert members["jwks_url"] == "https://bridge.example.no/.well-known/jwks.json"


def test_has_the_digests_and_only_the_contents_that_may_be_shown():
    made = entry(record=BOTH)
    note_place = ("plans", str(NOTE))
    members = json.loads(write_document(made.jws, made.payload.encode(), {note_place: NOTE_TEXT.encode()}))
    shown, hidden = members["evidence"][1], members["evidence"][0]
    assert shown == {"source": "plans", "id": str(NOTE), "digest": note().digest, "content": NOTE_TEXT}
    assert hidden == {"source": "xapi", "id": str(EVIDENCE), "digest": evidence().digest}


def test_keeps_the_evidence_byte_for_byte():
    assert parse_document(document()).evidence[0].content.encode() == STATEMENT


def test_leaves_letters_as_they_are():
    assert "Smittevern på «sengepost»".encode() in document()


def test_refuses_what_has_not_the_shape_of_a_file():
    with pytest.raises(Invalid, match="not an attestation file"):
        parse_document(b'{"format":"lrs-bridge-attestation/1"}')
