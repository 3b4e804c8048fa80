import json
from datetime import UTC, timedelta, timezone

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from lrs_bridge.errors import Invalid
from lrs_bridge.signing.attestation import Attestation, canonical, parse_attestation
from tests.support.attestations import AT, attestation

moments = st.datetimes(timezones=st.just(UTC))


def test_reads_back_what_it_wrote():
    assert parse_attestation(canonical(attestation())) == attestation()


@settings(deadline=None)
@given(name=st.text(), at=moments, sequence=st.integers(min_value=1, max_value=2**53 - 1))
def test_reads_back_any_text_instant_and_place(name, at, sequence):
    original = attestation()
    changed = replace(original, sequence=sequence, issued_at=at, tenant=replace(original.tenant, name=name))
    assert parse_attestation(canonical(changed)) == changed


def test_writes_instants_in_utc_and_scores_as_text():
    payload = json.loads(canonical(attestation()))
    assert payload["issued_at"] == "2026-11-12T09:30:00Z"
    assert payload["evidence"][0]["outcome"]["score"]["scaled"] == "0.85"
    assert payload["evidence"][0]["outcome"]["duration"] == "PT2520S"
    assert payload["mapping"]["minimum_score"] == "0.8"


def test_writes_every_member_when_nothing_is_known():
    payload = json.loads(canonical(replace(attestation(), course=None, mapping=None, done_at=None)))
    assert payload.keys() == set(Attestation.__struct_fields__)
    assert (payload["course"], payload["done_at"]) == (None, None)


def test_refuses_to_sign_when_text_has_no_json_form():
    with pytest.raises(Invalid, match="no canonical JSON"):
        canonical(replace(attestation(), issuer="\ud800"))


def mutated(**changes):
    return rfc8785.dumps(json.loads(canonical(attestation())) | changes)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"[]",
        mutated(type="lrs-bridge-attestation/2"),
        mutated(more=1),
        mutated(sequence=0),
        mutated(previous="sha-256:" + "0" * 63),
        mutated(previous="sha-256:" + "0" * 64 + "\n"),
        mutated(issued_at="2026-11-12T09:30:00"),
        mutated(resident=None),
    ],
    ids=["empty", "not UTF-8", "no object", "type", "unknown member", "sequence", "short digest", "line end", "no zone", "null"],
)
def test_refuses_a_payload_that_is_no_attestation(payload):
    with pytest.raises(Invalid, match="not an attestation"):
        parse_attestation(payload)


@pytest.mark.parametrize(
    "payload",
    [
        json.dumps(json.loads(canonical(attestation()))).encode(),
        canonical(attestation()) + b"\n",
        canonical(attestation()).replace(b'"sequence":1', b'"sequence":1,"sequence":1'),
        mutated(id=str(attestation().id).upper()),
        mutated(issued_at="2026-11-12T09:30:00.000Z"),
    ],
    ids=["spaces", "line end", "member twice", "upper case", "needless fraction"],
)
def test_refuses_a_payload_that_is_not_canonical(payload):
    with pytest.raises(Invalid, match="canonical"):
        parse_attestation(payload)


def test_takes_instants_of_other_zones_along_as_utc():
    oslo = AT.astimezone(timezone(timedelta(hours=1)))
    assert attestation().issued_at == oslo
    assert attestation().issued_at.tzinfo is UTC
