"""One flaw for every step, and any byte at all."""

import json
from datetime import timedelta

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey
from msgspec.structs import replace as replaced

from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.signing.chain import GENESIS, chain_of
from lrs_bridge.signing.keys import key_ring, public_jwk
from lrs_bridge.signing.log.checkpoint import LENIENCE
from lrs_bridge.signing.signature import sign
from lrs_bridge.signing.verification import Step, VerificationFailed, verify_document
from tests.support.attestations import (
    AT,
    ISSUER,
    KEY,
    KEYS,
    OTHER_KEY,
    checkpoint_of,
    consistency_of,
    document,
    entry,
    evidence,
    file_of,
    inclusion_of,
    kept,
    ledger_of,
    link_of,
    note,
    record,
)

GOOD = document()
DIGESTS_ONLY = document(contents=False)
LEDGER = ledger_of(3)
LONGER = ledger_of(6)
PROOF = inclusion_of(LEDGER[0], LEDGER)
IN_LOG = document(log=PROOF)
DAY = timedelta(days=1)
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


def failure(content, keys=KEYS, chain=None, **log):
    with pytest.raises(VerificationFailed) as caught:
        verify_document(content, keys=keys, chain=chain, **log)
    return caught.value


def test_holds_with_the_evidence():
    verdict = verify_document(GOOD, keys=KEYS)
    assert verdict.attestation.resident.name == "Kari Nordmann"
    assert (verdict.kid, verdict.evidence_checked, verdict.chain_checked) == (KEY.thumbprint(), 1, False)
    assert (verdict.logged, verdict.kept) == (None, None)
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


def test_holds_in_the_log_that_the_file_proves():
    verdict = verify_document(IN_LOG, keys=KEYS)
    assert verdict.logged is not None
    assert (verdict.logged.size, verdict.logged.origin, verdict.kept) == (3, f"{ISSUER}/logs/demo", None)


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        (replaced(PROOF, index=1), "the leaf 1"),
        (replaced(PROOF, path=PROOF.path[:1]), "too short"),
        (replaced(PROOF, path=PROOF.path * 2), "too long"),
        (replaced(PROOF, path=PROOF.path[::-1]), "not in the tree"),
        (replaced(PROOF, checkpoint=checkpoint_of(LEDGER[:2])), "too long"),
        (replaced(PROOF, checkpoint=checkpoint_of([*LEDGER[1:], LEDGER[0]])), "not in the tree"),
        (replaced(PROOF, checkpoint=checkpoint_of(LEDGER, key=ECKey.generate_key("P-256"))), "not among the keys"),
        (replaced(PROOF, checkpoint=checkpoint_of(LEDGER, key=OTHER_KEY)), "with a key of other"),
        (replaced(PROOF, checkpoint=checkpoint_of(LEDGER, key=OTHER_KEY, tenant="other")), "the log of other"),
        (replaced(PROOF, checkpoint=LEDGER[0].jws), "of the type"),
    ],
    ids=["index", "short", "long", "order", "smaller log", "other log", "key", "tenant's key", "tenant", "an attestation's JWS"],
)
def test_fails_at_the_log_when_the_proof_does_not_hold(log, reason):
    found = failure(document(log=log))
    assert (found.step, reason in found.message) == (Step.LOG, True)


@pytest.mark.parametrize(
    "content", [GOOD.replace(b"attestation/1", b"attestation/2", 1), IN_LOG.replace(b"attestation/2", b"attestation/1", 1)]
)
def test_fails_at_the_shape_when_version_and_proof_do_not_fit(content):
    assert failure(content).step is Step.SHAPE


@pytest.mark.parametrize(
    ("checkpoint", "consistency"),
    [
        (kept(checkpoint_of(LEDGER[:1])), consistency_of(LEDGER, 1)),
        (kept(checkpoint_of(LEDGER[:2])), consistency_of(LEDGER, 2)),
        (kept(checkpoint_of(LEDGER)), None),
        (kept(checkpoint_of(LONGER)), consistency_of(LONGER, 3)),
        (IN_LOG, None),
        (file_of(LONGER[4], log=inclusion_of(LONGER[4], LONGER)), consistency_of(LONGER, 3)),
    ],
    ids=["from before", "of the day", "the same", "newer", "the file itself", "another attestation's file"],
)
def test_holds_against_a_checkpoint_of_the_same_log(checkpoint, consistency):
    verdict = verify_document(IN_LOG, keys=KEYS, checkpoint=checkpoint, consistency=consistency)
    assert verdict.kept is not None
    assert verdict.kept.tenant == "demo"


FORGED = [LEDGER[0], entry(after=LEDGER[0].head, record=record(course=None)), LEDGER[2]]
OLD = kept(checkpoint_of(LEDGER[:2]))


@pytest.mark.parametrize(
    ("checkpoint", "consistency", "reason"),
    [
        (OLD, None, f"{ISSUER}/logs/demo/consistency.json?from=2&to=3"),
        (OLD, b"{", "JSON"),
        (OLD, b"{}", "not a proof of consistency"),
        (OLD, consistency_of(LEDGER, 1), "from 2 to 3"),
        (OLD, consistency_of(LEDGER, 2, tenant="other"), "is of other"),
        (OLD, consistency_of([*LEDGER[:2], LONGER[5]], 2), "rewritten"),
        (kept(checkpoint_of(FORGED[:2])), consistency_of(LEDGER, 2), "rewritten"),
        (kept(checkpoint_of(FORGED)), None, "different roots"),
        (kept(checkpoint_of(LEDGER[:2], key=OTHER_KEY, tenant="other")), consistency_of(LEDGER, 2), "two logs"),
        (kept(checkpoint_of(LEDGER[:2], key=OTHER_KEY)), consistency_of(LEDGER, 2), "with a key of other"),
        (kept(checkpoint_of(LEDGER[:2], at=AT + DAY)), consistency_of(LEDGER, 2), "already at"),
        (kept(checkpoint_of(LONGER, at=AT - DAY)), consistency_of(LONGER, 3), "it was cut, or"),
        (OLD.replace(b'"size": 2', b'"size": 1'), consistency_of(LEDGER, 2), "readable copy of the checkpoint was altered"),
        (OLD.replace(b'"size": 2', b'"size": 1e400'), consistency_of(LEDGER, 2), "no canonical form"),
        (b"[]", None, "not a kept checkpoint"),
        (b"", None, "JSON"),
        (GOOD, None, "not a kept checkpoint"),
    ],
    ids=[
        "no proof",
        "no JSON",
        "no members",
        "other sizes",
        "other tenant",
        "another proof",
        "forged before",
        "forged now",
        "other log",
        "other's key",
        "kept later",
        "larger earlier",
        "copy",
        "copy infinite",
        "list",
        "empty",
        "file without proof",
    ],
)
def test_fails_at_the_consistency_when_it_is_not_the_log_that_was_kept(checkpoint, consistency, reason):
    found = failure(IN_LOG, checkpoint=checkpoint, consistency=consistency)
    assert (found.step, reason in found.message) == (Step.CONSISTENCY, True), found.message


@pytest.mark.parametrize(
    "rewritten",
    [
        [LONGER[0], FORGED[1], *LONGER[2:]],
        [LONGER[0], *LONGER[2:], LONGER[1]],
        [LONGER[0], LONGER[2], LONGER[1], *LONGER[3:]],
        [LONGER[0], FORGED[1], *LONGER[1:]],
        [LONGER[0], *LONGER[2:]],
    ],
    ids=["altered", "moved to the end", "swapped", "slipped in", "removed"],
)
def test_fails_at_the_consistency_when_the_log_was_rewritten_since_it_was_kept(rewritten):
    """Whoever holds the key rewrote the log and proves what can be proved of it."""
    file = file_of(LONGER[0], log=inclusion_of(LONGER[0], rewritten))
    assert verify_document(file, keys=KEYS).logged is not None
    found = failure(file, checkpoint=kept(checkpoint_of(LONGER[:4])), consistency=consistency_of(rewritten, 4))
    assert (found.step, "rewritten" in found.message) == (Step.CONSISTENCY, True)


def test_fails_at_the_consistency_when_the_file_has_nothing_to_compare():
    found = failure(GOOD, checkpoint=OLD)
    assert (found.step, "carries no proof" in found.message) == (Step.CONSISTENCY, True)


@pytest.mark.parametrize(("seen", "holds"), [(AT + LENIENCE, True), (AT + LENIENCE + timedelta(seconds=1), False)])
def test_fails_at_the_consistency_when_it_is_dated_before_a_checkpoint_that_did_not_have_it(seen, holds):
    """Somebody with the key issues an attestation as of an earlier day, at the end, where the log only grows."""
    file = file_of(LEDGER[2], log=inclusion_of(LEDGER[2], LEDGER, at=seen))
    given = {"checkpoint": kept(checkpoint_of(LEDGER[:2], at=seen)), "consistency": consistency_of(LEDGER, 2)}
    if holds:
        assert verify_document(file, keys=KEYS, **given).kept is not None
    else:
        assert "was back-dated" in failure(file, **given).message


@settings(deadline=None)
@given(place=st.integers(0, len(IN_LOG) - 1), byte=st.integers(0, 255))
@example(place=IN_LOG.index(b'",\n  "payload"') - 1, byte=ord("A"))
def test_fails_when_any_byte_is_changed_but_for_blanks_between_members(place, byte):
    content = bytearray(IN_LOG)
    blank = content[place] in WHITESPACE and byte in WHITESPACE and json_blank(place)
    same = content[place] == byte
    content[place] = byte
    if same or blank:
        verify_document(bytes(content), keys=KEYS)
    else:
        assert isinstance(failure(bytes(content)).step, Step)


def json_blank(place):
    """Whether the byte stands between JSON values: an even number of unescaped quotation marks comes before it."""
    return IN_LOG[:place].replace(b'\\"', b"").count(b'"') % 2 == 0


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


@settings(deadline=None)
@given(checkpoint=st.binary(), consistency=st.binary())
def test_fails_in_one_way_only_whatever_was_kept(checkpoint, consistency):
    with pytest.raises(VerificationFailed):
        verify_document(IN_LOG, keys=KEYS, checkpoint=checkpoint, consistency=consistency)
    with pytest.raises(VerificationFailed):
        verify_document(IN_LOG, keys=KEYS, checkpoint=OLD, consistency=consistency)
