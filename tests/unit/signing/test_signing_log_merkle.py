"""RFC 6962 2.1 and RFC 9162 2.1: the published vectors of certificate transparency, and a tree that is built whole."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Invalid
from lrs_bridge.signing.log.merkle import (
    Tree,
    check_consistency,
    check_inclusion,
    completed,
    consistency,
    cover,
    hashes,
    inclusion,
    leaf_hash,
    needed,
    node_hash,
)

# The vectors of certificate-transparency's and transparency-dev's tests (Apache-2.0), by the leaves' contents and the sizes.
CONTENTS = [
    bytes.fromhex(each)
    for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    bytes.fromhex(each)
    for each in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (6, 7): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
OTHER = hashlib.sha256(b"something else").digest()


def mth(leaves):
    """The Merkle Tree Hash as RFC 6962 2.1 defines it: the whole tree, every time."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m, leaves):
    """PATH of RFC 6962 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return [*path(m, leaves[:k]), mth(leaves[k:])] if m < k else [*path(m - k, leaves[k:]), mth(leaves[:k])]


def proof(m, leaves, whole=True):  # noqa: FBT002  the RFC's own b
    """SUBPROOF of RFC 6962 2.1.2."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if m <= k:
        return [*proof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*proof(m - k, leaves[k:], whole=False), mth(leaves[:k])]


def grown(leaves):
    """The tree, and all its nodes by name."""
    tree, nodes = Tree(), {}
    for leaf in leaves:
        tree, made = tree.grown(leaf)
        nodes |= dict(zip(completed(tree.size), made, strict=True))
    return tree, nodes


LEAVES = [leaf_hash(content) for content in CONTENTS]
NODES = grown(LEAVES)[1]


@pytest.mark.parametrize("size", range(9))
def test_has_the_published_roots(size):
    assert grown(LEAVES[:size])[0].root == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_makes_and_takes_the_published_proofs_of_inclusion(index, size):
    published = [bytes.fromhex(each) for each in INCLUSION[index, size]]
    assert hashes(inclusion(index, size), NODES) == published
    check_inclusion(LEAVES[index], index, published, size=size, root=ROOTS[size])


@pytest.mark.parametrize(("old", "size"), CONSISTENCY)
def test_makes_and_takes_the_published_proofs_of_consistency(old, size):
    published = [bytes.fromhex(each) for each in CONSISTENCY[old, size]]
    assert hashes(consistency(old, size), NODES) == published
    check_consistency(old, ROOTS[old], published, size=size, root=ROOTS[size])


def altered(published, root):
    """Every way in which transparency-dev's tests spoil a path."""
    yield "nothing", []
    yield "trailing root", [*published, root]
    yield "leading root", [root, *published]
    yield "first cut off", published[1:]
    yield "last cut off", published[:-1]
    yield "first twice", [published[0], *published]
    yield "turned round", published[::-1]
    yield "inserted", [published[0], OTHER, *published[1:]]
    for n, each in enumerate(published):
        yield f"bit of {n}", [*published[:n], bytes([each[0] ^ 8, *each[1:]]), *published[n + 1 :]]


def holds(check, *proof, **tree):
    try:
        check(*proof, **tree)
    except Invalid:
        return False
    return True


@pytest.mark.parametrize(("index", "size"), [(0, 8), (5, 8), (2, 3), (1, 5)])
def test_refuses_a_proof_of_inclusion_that_was_spoilt(index, size):
    good = [bytes.fromhex(each) for each in INCLUSION[index, size]]
    wrong = [("leaf", OTHER, index, good, size, ROOTS[size]), ("root", LEAVES[index], index, good, size, OTHER)]
    wrong += [(f"index {n}", LEAVES[index], n, good, size, ROOTS[size]) for n in range(-1, 10) if n != index]
    wrong += [(f"size {n}", LEAVES[index], index, good, n, ROOTS[size]) for n in (-1, 0, 1, size // 2, size * 2)]
    wrong += [(name, LEAVES[index], index, bad, size, ROOTS[size]) for name, bad in altered(good, ROOTS[size]) if bad != good]
    taken = [name for name, leaf, at, bad, of, root in wrong if holds(check_inclusion, leaf, at, bad, size=of, root=root)]
    assert taken == []


@pytest.mark.parametrize(("old", "size"), [(1, 8), (6, 8), (2, 5), (6, 7)])
def test_refuses_a_proof_of_consistency_that_was_spoilt(old, size):
    good = [bytes.fromhex(each) for each in CONSISTENCY[old, size]]
    wrong = [("old root", old, OTHER, good, size, ROOTS[size]), ("root", old, ROOTS[old], good, size, OTHER)]
    wrong += [("roots, swapped", old, ROOTS[size], good, size, ROOTS[old])]
    wrong += [(f"old size {n}", n, ROOTS[old], good, size, ROOTS[size]) for n in range(-1, 10) if n != old]
    wrong += [(f"size {n}", old, ROOTS[old], good, n, ROOTS[size]) for n in (-1, 0, 1, size // 2, size * 2)]
    wrong += [(name, old, ROOTS[old], bad, size, ROOTS[size]) for name, bad in altered(good, ROOTS[size]) if bad != good]
    taken = [name for name, *of, bad, size, root in wrong if holds(check_consistency, *of, bad, size=size, root=root)]
    assert taken == []


@pytest.mark.parametrize(("path_given", "root"), [([], OTHER), ([OTHER], ROOTS[3])])
def test_takes_trees_of_one_size_only_when_they_are_the_same(path_given, root):
    check_consistency(3, ROOTS[3], [], size=3, root=ROOTS[3])
    with pytest.raises(Invalid, match="different roots"):
        check_consistency(3, ROOTS[3], path_given, size=3, root=root)


def test_tells_leaves_from_nodes():
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != node_hash(LEAVES[0], LEAVES[1])


def test_keeps_one_node_a_level_at_most():
    assert cover((0, 7)) == [(2, 0), (1, 2), (0, 6)]
    assert completed(8) == [(0, 7), (1, 3), (2, 1), (3, 0)]
    assert cover((0, 0)) == []


@given(size=st.integers(1, 70), choice=st.integers(0, 10**6))
def test_agrees_with_a_tree_that_is_built_whole(size, choice):
    leaves = [leaf_hash(str(n).encode()) for n in range(size)]
    tree, nodes = grown(leaves)
    index, old = choice % size, 1 + choice % size
    assert tree.root == mth(leaves)
    proved, grew = hashes(inclusion(index, size), nodes), hashes(consistency(old, size), nodes)
    assert (proved, grew) == (path(index, leaves), proof(old, leaves))
    check_inclusion(leaves[index], index, proved, size=size, root=tree.root)
    check_consistency(old, mth(leaves[:old]), grew, size=size, root=tree.root)


@given(size=st.integers(2, 40), choice=st.integers(0, 10**6), spoilt=st.integers(0, 10**6))
def test_takes_no_other_leaf_and_no_rewritten_tree(size, choice, spoilt):
    leaves = [leaf_hash(str(n).encode()) for n in range(size)]
    at, old = spoilt % size, 1 + choice % size
    rewritten = [*leaves[:at], OTHER, *leaves[at + 1 :]]
    tree, nodes = grown(rewritten)
    with pytest.raises(Invalid):
        check_inclusion(leaves[at], at, hashes(inclusion(at, size), nodes), size=size, root=tree.root)
    before = mth(leaves[:old])
    if at < old:
        with pytest.raises(Invalid):
            check_consistency(old, before, hashes(consistency(old, size), nodes), size=size, root=tree.root)
    else:
        check_consistency(old, before, hashes(consistency(old, size), nodes), size=size, root=tree.root)


@given(size=st.integers(1, 10**12), choice=st.integers(0, 10**13))
def test_needs_few_nodes_however_large_the_log(size, choice):
    assert len(needed(inclusion(choice % size, size))) <= 2 * size.bit_length()
    assert len(needed(consistency(1 + choice % size, size))) <= 2 * size.bit_length() + 1
    assert len(cover((0, size))) <= size.bit_length()
