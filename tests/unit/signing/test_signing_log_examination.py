from dataclasses import replace
from datetime import timedelta

import pytest

from lrs_bridge.signing.attestation import parse_attestation
from lrs_bridge.signing.ledger import Flaw
from lrs_bridge.signing.log.checkpoint import LENIENCE, issue, leaf_of
from lrs_bridge.signing.log.examination import Beside, Kept, Leaf, Walk, check_leaf, check_time, digest_signed, stated
from lrs_bridge.signing.log.merkle import HASH_BYTES, Tree
from tests.support.attestations import AT, ISSUER, KEY, KEYS, OTHER_KEY, attestation, checkpoint_of, entry, ledger_of, log_of

LEDGER = ledger_of(4)
SIGNED = {each: parse_attestation(each.payload.encode()) for each in LEDGER}
LATE = AT + LENIENCE + timedelta(seconds=1)


def leaves_of(entries):
    tree, leaves = Tree(), []
    for each in entries:
        tree, made = tree.grown(leaf_of(each.payload_digest))
        leaves.append(Leaf(tree.size, b"".join(made)))
    return leaves


LEAVES = leaves_of(LEDGER)
CHECKPOINTS = {n: Kept(n, checkpoint_of(LEDGER[:n])) for n in (1, 3, 4)}


def walked(leaves=LEAVES, checkpoints=None, newest=4):
    """Every finding of a walk through these rows."""
    walk, found = Walk("demo", KEYS), []
    kept = CHECKPOINTS | (checkpoints or {})
    for leaf in leaves:
        found += walk.step(leaf, kept.get(leaf.sequence))
        if walk.lost:
            break
    return [finding.message for finding in found + walk.end(newest)]


def test_finds_nothing_in_a_log_that_nobody_touched():
    assert walked() == []


def test_finds_nothing_in_a_log_without_entries():
    assert walked([], newest=0) == []


@pytest.mark.parametrize("gone", [1, 2, 3])
def test_tells_which_row_is_missing(gone):
    assert walked([leaf for leaf in LEAVES if leaf.sequence != gone]) == [f"entry {gone} was removed from the transparency log"]


def test_names_the_row_when_a_node_was_altered():
    altered = [*LEAVES[:3], Leaf(4, LEAVES[3].nodes[:HASH_BYTES] + bytes(HASH_BYTES * 2))]
    assert walked(altered) == ["the nodes at entry 4 of the transparency log were altered"]


@pytest.mark.parametrize(
    "entries",
    [
        [LEDGER[0], entry(after=LEDGER[0].head), *LEDGER[2:]],
        [LEDGER[0], LEDGER[2], LEDGER[1], LEDGER[3]],
        [LEDGER[0], *LEDGER[2:], LEDGER[1]],
    ],
    ids=["altered", "swapped", "moved"],
)
def test_tells_from_which_checkpoint_on_the_log_was_rewritten(entries):
    (told,) = walked(leaves_of(entries))
    assert told.startswith("the transparency log was rewritten: its first 3 entries are not those that were signed at 2026-11-12")


def test_tells_when_the_newest_entries_have_no_checkpoint():
    unsigned = "no signed checkpoint has the entries 4 to 4 of the transparency log; lrs-bridge db upgrade makes one"
    assert walked(newest=3) == [unsigned]


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        (Kept(3, "x"), "the checkpoint of size 3 was altered: a JWS has three segments"),
        (Kept(3, checkpoint_of(LEDGER[:3], key=OTHER_KEY)), "with a key of other"),
        (Kept(3, CHECKPOINTS[1].jws), "the checkpoint of size 3 was altered: it was signed for 1 entries"),
        (Kept(3, checkpoint_of(LEDGER[:3], at=AT - LENIENCE * 2)), "the checkpoint of size 3 is dated before that of size 1"),
    ],
    ids=["nonsense", "key", "size", "time"],
)
def test_tells_what_is_wrong_with_a_checkpoint(kept, told):
    (found,) = walked(checkpoints={3: kept})
    assert told in found


def test_finds_the_entry_at_its_place():
    assert check_leaf(LEDGER[1], None, LEAVES[1]) == []
    assert [(found.code, "is not in the" in found.message) for found in check_leaf(LEDGER[1], None, None)] == [(Flaw.LOG, True)]
    (found,) = check_leaf(LEDGER[1], None, LEAVES[2])
    assert (found.subject, "has another entry 2" in found.message) == (f"attestation:{LEDGER[1].attestation_id}", True)


def test_goes_by_what_was_signed_as_far_as_that_is_known():
    altered = replace(entry(), payload_digest=LEDGER[3].payload_digest)
    assert digest_signed(altered, attestation()) == entry().payload_digest
    assert digest_signed(altered, None) == LEDGER[3].payload_digest


def late(size):
    tree, _ = log_of(LEDGER[:size])
    return Kept(size, issue("demo", issuer=ISSUER, size=size, root=tree.root, at=LATE, key=KEY))


def test_tells_when_an_entry_is_dated_before_a_checkpoint_that_does_not_have_it():
    made = SIGNED[LEDGER[1]]
    (found,) = check_time(LEDGER[1], made, stated(late(1), KEYS))
    assert (found.code, "was back-dated" in found.message) == (Flaw.LOG, True)
    assert check_time(LEDGER[1], None, stated(late(1), KEYS)) == []
    assert check_time(LEDGER[1], made, None) == []
    assert check_time(LEDGER[1], made, stated(late(2), KEYS)) == []


def test_knows_nothing_from_a_checkpoint_that_does_not_hold():
    assert stated(Kept(1, "x"), KEYS) is None


def test_holds_each_entry_against_the_checkpoint_before_it_stretch_by_stretch():
    beside = Beside(KEYS)
    beside.load(LEAVES[:2], [CHECKPOINTS[1], Kept(2, "x")])
    found = [beside.check(each, SIGNED[each]) for each in LEDGER[:2]]
    beside.load(LEAVES[2:], [late(3)])
    found += [beside.check(LEDGER[2], SIGNED[LEDGER[2]])]
    assert found == [[], [], []]
    (backdated,) = beside.check(LEDGER[3], SIGNED[LEDGER[3]])
    assert "at 2026-11-12 09:45:01+00:00 the log had 3 entries" in backdated.message
