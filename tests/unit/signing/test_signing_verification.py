"""One flaw for every step, and any byte at all."""

import json

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.signing.chain import GENESIS, chain_of
from lrs_bridge.signing.keys import key_ring, public_jwk
from lrs_bridge.signing.signature import sign
from lrs_bridge.signing.verification import Step, VerificationFailed, verify_document
from tests.support.attestations import KEY, KEYS, OTHER_KEY, document, entry, evidence, ledger_of, link_of, note, record

GOOD = document()
DIGESTS_ONLY = document(contents=False)
LEDGER = ledger_of(3)
CHAIN = msgspec.json.encode(chain_of("demo", GENESIS, [link_of(each) for each in LEDGER]))
WHITESPACE = b" \t\n\r"


def changed(**changes):
    """The file with some members replaced; None leaves one out."""
    members = json.loads(GOOD) | changes
    return json.dumps({name: value for name, value in members.items() if value is not None}).encode()


def with_payload(**changes):
    return changed(payload=json.loads(GOOD)["payload"] | changes)


def with_evidence(**changes):
    copy = json.loads(GOOD)["evidence"][0] | changes
    return changed(evidence=[{name: value for name, value in copy.items() if value is not None}])


def resigned(payload, key=KEY):
    return changed(jws=sign(payload, key=key, kid=key.thumbprint()))


def failure(content, keys=KEYS, chain=None):
    with pytest.raises(VerificationFailed) as caught:
        verify_document(content, keys=keys, chain=chain)
    return caught.value


def test_holds_with_the_evidence():
    verdict = verify_document(GOOD, keys=KEYS)
    assert verdict.attestation.resident.name == "Kari Nordmann"
    assert (verdict.kid, verdict.evidence_checked, verdict.chain_checked) == (KEY.thumbprint(), 1, False)
    assert verdict.chain_hash == entry().chain_hash


def test_holds_without_the_evidence():
    assert verify_document(DIGESTS_ONLY, keys=KEYS).evidence_checked == 0


def test_holds_with_evidence_that_nobody_digested():
    made = document(record=record(evidence=(evidence(), note(digest=None))))
    assert verify_document(made, keys=KEYS).evidence_checked == 1


def test_holds_in_the_chain():
    assert verify_document(GOOD, keys=KEYS, chain=CHAIN).chain_checked


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", changed(format="other/1"), changed(more=1), changed(jws=None), changed(payload=[]), GOOD + b"x"],
    ids=["empty", "cut", "array", "format", "unknown member", "no jws", "payload", "trailing"],
)
def test_fails_at_the_shape_when_it_is_no_attestation_file(content):
    assert failure(content).step is Step.SHAPE


def test_fails_at_the_shape_when_a_member_occurs_twice():
    twice = GOOD.replace(b'"jwks_url"', b'"payload": {}, "jwks_url"')
    assert (failure(twice).step, "occurs twice" in failure(twice).message) == (Step.SHAPE, True)


def test_fails_at_the_header_when_the_algorithm_is_none():
    header = "eyJhbGciOiJub25lIn0"  # {"alg":"none"}
    assert failure(changed(jws=".".join([header, json.loads(GOOD)["jws"].split(".")[1], ""]))).step is Step.HEADER


def test_fails_at_the_header_when_the_key_is_not_trusted():
    found = failure(GOOD, keys=key_ring([public_jwk(OTHER_KEY, tenant="demo")]))
    assert (found.step, KEY.thumbprint() in found.message) == (Step.HEADER, True)


def test_fails_at_the_signature_when_another_key_made_it():
    forger = ECKey.generate_key("P-256")
    forged = changed(jws=sign(b"{}", key=forger, kid=KEY.thumbprint()))
    assert failure(forged).step is Step.SIGNATURE


def test_fails_at_the_payload_when_it_is_not_canonical():
    assert failure(resigned(json.dumps(json.loads(GOOD)["payload"]).encode())).step is Step.PAYLOAD


def test_fails_at_the_payload_when_another_tenants_key_signed_it():
    found = failure(resigned(entry().payload.encode(), key=OTHER_KEY))
    assert (found.step, found.message) == (
        Step.PAYLOAD,
        "it speaks for the tenant demo, but was signed with a key of other",
    )


@pytest.mark.parametrize(
    "content",
    [
        with_payload(sequence=2),
        with_payload(resident={**json.loads(GOOD)["payload"]["resident"], "name": "Ola Nordmann"}),
        with_payload(more=1),
        changed(payload={}),
        with_payload(sequence=1e400),
        with_payload(issuer="\ud800"),
    ],
    ids=["number", "name", "more", "nothing", "infinity", "no text"],
)
def test_fails_at_the_payload_when_the_readable_copy_was_altered(content):
    assert failure(content.replace(b"Infinity", b"1e400")).step is Step.PAYLOAD


def test_fails_at_the_payload_when_the_address_of_the_keys_was_altered():
    found = failure(changed(jwks_url="https://forger.example/.well-known/jwks.json"))
    assert (found.step, "address of the keys" in found.message) == (Step.PAYLOAD, True)


def test_fails_at_the_evidence_when_its_content_was_altered():
    copy = json.loads(GOOD)["evidence"][0]
    found = failure(with_evidence(content=copy["content"].replace("0.85", "0.95")))
    assert found.step is Step.EVIDENCE
    assert found.message.startswith(f"evidence xapi:{copy['id']} was altered: its digest is sha-256:")
    assert found.message.endswith(f"the attestation says {copy['digest']}")


@pytest.mark.parametrize(
    "content",
    [
        changed(evidence=[]),
        with_evidence(id="another"),
        with_evidence(digest="sha-256:" + "0" * 64),
        with_evidence(content="\ud800"),
        changed(evidence=json.loads(GOOD)["evidence"] * 2),
    ],
    ids=["removed", "id", "digest", "no text", "added"],
)
def test_fails_at_the_evidence_when_the_list_was_altered(content):
    assert failure(content).step is Step.EVIDENCE


def test_fails_at_the_evidence_when_content_was_added_that_was_never_digested():
    members = json.loads(document(record=record(evidence=(note(digest=None),))))
    members["evidence"][0]["content"] = "I did this too"
    assert "no digest of it was signed" in failure(json.dumps(members).encode()).message


@pytest.mark.parametrize(
    ("chain", "reason"),
    [
        (b"", "JSON"),
        (CHAIN.replace(b'"sequence":2', b'"sequence":3'), "entry 2 is missing"),
        (CHAIN.replace(b'"tenant":"demo"', b'"tenant":"other"'), "tenant other"),
        (msgspec.json.encode(chain_of("demo", GENESIS, [])), "does not list entry 1"),
        (
            msgspec.json.encode(chain_of("demo", GENESIS, [link_of(entry(record=record(course=None)))])),
            "another attestation",
        ),
    ],
    ids=["shape", "broken", "tenant", "not listed", "replaced"],
)
def test_fails_at_the_chain_when_the_list_disagrees(chain, reason):
    found = failure(GOOD, chain=chain)
    assert (found.step, reason in found.message) == (Step.CHAIN, True)


def test_says_which_step_failed_in_the_rule():
    assert failure(b"").rule == "verification step 1"


@settings(deadline=None)
@given(place=st.integers(0, len(GOOD) - 1), byte=st.integers(0, 255))
@example(place=GOOD.index(b'",\n  "payload"') - 1, byte=ord("A"))
def test_fails_when_any_byte_is_changed_but_for_blanks_between_members(place, byte):
    content = bytearray(GOOD)
    blank = content[place] in WHITESPACE and byte in WHITESPACE and json_blank(place)
    same = content[place] == byte
    content[place] = byte
    if same or blank:
        verify_document(bytes(content), keys=KEYS)
    else:
        assert isinstance(failure(bytes(content)).step, Step)


def json_blank(place):
    """Whether the byte stands between JSON values: an even number of unescaped quotation marks comes before it."""
    return GOOD[:place].replace(b'\\"', b"").count(b'"') % 2 == 0


def test_fails_when_any_character_of_the_signature_is_changed():
    members = json.loads(GOOD)
    for place in range(members["jws"].rindex(".") + 1, len(members["jws"])):
        for other in "AQgw_-":
            altered = members["jws"][:place] + other + members["jws"][place + 1 :]
            if altered != members["jws"]:
                assert failure(changed(jws=altered)).step in (Step.HEADER, Step.SIGNATURE)


@settings(deadline=None)
@given(st.binary())
def test_fails_in_one_way_only_whatever_the_file_is(content):
    with pytest.raises(VerificationFailed):
        verify_document(content, keys=KEYS)


@settings(deadline=None)
@given(chain=st.binary())
def test_fails_in_one_way_only_whatever_the_chain_is(chain):
    with pytest.raises(LrsBridgeError):
        verify_document(GOOD, keys=KEYS, chain=chain)
