"""Merkle trees as RFC 6962 2.1 and RFC 9162 2.1 have them, with SHA-256: hashes, growth, proofs, and how proofs are verified.

Nothing here holds a whole tree. A *node* is a perfect subtree, named by its level and its place on that level: node (l, p) is
over the leaves p·2^l to (p+1)·2^l - 1. Nodes never change once their last leaf is there, so they can be stored; the hash of any
subtree of any tree is folded from a few of them. Leaf indexes count from 0, sizes count leaves.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from lrs_bridge.errors import Invalid

HASH_BYTES = 32
RULE = "RFC 9162 2.1"

Node = tuple[int, int]
"""A perfect subtree: level, and place on that level."""
Stretch = tuple[int, int]
"""Leaves from the first to before the last, such that they are a subtree of some tree."""
Nodes = Mapping[Node, bytes]
"""Hashes of perfect subtrees."""


def leaf_hash(content: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the parent of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def cover(stretch: Stretch) -> list[Node]:
    """The nodes that a stretch consists of, from left to right: at most one on each level."""
    first, last = stretch
    nodes = []
    while first < last:
        level = (last - first).bit_length() - 1
        nodes.append((level, first >> level))
        first += 1 << level
    return nodes


def completed(size: int) -> list[Node]:
    """The nodes that the last leaf of a tree of this size completes, from the leaf upwards."""
    levels = (size & -size).bit_length()
    return [(level, (size - 1) >> level) for level in range(levels)]


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree that can grow: its size, and the hashes of the nodes that it consists of (``cover``)."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    @property
    def root(self) -> bytes:
        """The Merkle Tree Hash."""
        return _fold(self.peaks)

    def grown(self, leaf: bytes) -> tuple["Tree", list[bytes]]:
        """The tree with one more leaf hash, and the hashes of the nodes that it ``completed``."""
        peaks, made = list(self.peaks), [leaf]
        for _ in completed(self.size + 1)[1:]:
            made.append(node_hash(peaks.pop(), made[-1]))
        return Tree(self.size + 1, (*peaks, made[-1])), made


def inclusion(index: int, size: int) -> list[Stretch]:
    """The stretches whose hashes prove that a leaf is in a tree (RFC 9162 2.1.3.1), from the leaf's side upwards."""
    first, last, path = 0, size, []
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            path.append((middle, last))
            last = middle
        else:
            path.append((first, middle))
            first = middle
    return path[::-1]


def consistency(old: int, size: int) -> list[Stretch]:
    """The stretches whose hashes prove that a tree grew out of a smaller one (RFC 9162 2.1.4.1)."""
    first, last, path = 0, size, []
    while old < last:
        middle = first + _split(last - first)
        if old <= middle:
            path.append((middle, last))
            last = middle
        else:
            path.append((first, middle))
            first = middle
    return [*([(first, last)] if first else []), *path[::-1]]


def needed(stretches: Iterable[Stretch]) -> list[Node]:
    """The nodes that the hashes of these stretches are folded from."""
    return [node for stretch in stretches for node in cover(stretch)]


def hashes(stretches: Iterable[Stretch], nodes: Nodes) -> list[bytes]:
    """The hash of each stretch. ``nodes`` has what is ``needed``."""
    return [_fold([nodes[node] for node in cover(stretch)]) for stretch in stretches]


def check_inclusion(leaf: bytes, index: int, path: Sequence[bytes], *, size: int, root: bytes) -> None:
    """The leaf hash is at its index in the tree (RFC 9162 2.1.3.2). Raises Invalid."""
    if not 0 <= index < size:
        raise Invalid(f"there is no leaf {index} in a tree of {size}", rule=RULE)
    _, reached = _climb(leaf, path, index, size - 1)
    if reached != root:
        raise Invalid("the proof does not lead to the root: the leaf is not in the tree", rule=RULE)


def check_consistency(old: int, old_root: bytes, path: Sequence[bytes], *, size: int, root: bytes) -> None:
    """The tree has the old one's leaves, in its order, and only added to them (RFC 9162 2.1.4.2). Raises Invalid."""
    if not 1 <= old <= size:
        raise Invalid(f"a tree of {size} does not grow out of one of {old}", rule=RULE)
    if old == size:
        if path or old_root != root:
            raise Invalid("two trees of one size have different roots", rule=RULE)
        return
    steps = path if old & (old - 1) else [old_root, *path]
    if not steps:
        raise Invalid("the proof is empty", rule=RULE)
    shared = ((old & -old).bit_length()) - 1  # levels below which both trees are the same on the way
    before, after = _climb(steps[0], steps[1:], (old - 1) >> shared, (size - 1) >> shared)
    if (before, after) != (old_root, root):
        raise Invalid("the proof does not lead from the old root to the new: the log was rewritten", rule=RULE)


def _climb(start: bytes, path: Sequence[bytes], place: int, last: int) -> tuple[bytes, bytes]:
    """From a subtree to the top: what its left siblings alone lead to, and what all do. ``last`` is the level's last place."""
    before = after = start
    for sibling, is_left in _siblings(path, place, last):
        if is_left:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
        else:
            after = node_hash(after, sibling)
    return before, after


def _siblings(path: Sequence[bytes], place: int, last: int) -> Iterator[tuple[bytes, bool]]:
    """Each hash of the path, and whether it stands on the left. Raises Invalid when they are too many or too few."""
    for sibling in path:
        if last == 0:
            raise Invalid("the proof is too long", rule=RULE)
        is_left = place & 1 == 1 or place == last
        while not place & 1 and place == last and place:  # a subtree without a right sibling is its own parent
            place, last = place >> 1, last >> 1
        yield sibling, is_left
        place, last = place >> 1, last >> 1
    if last != 0:
        raise Invalid("the proof is too short", rule=RULE)


def _split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << ((size - 1).bit_length() - 1)


def _fold(parts: Sequence[bytes]) -> bytes:
    """The root over nodes from left to right; without any that of the empty tree."""
    return reduce(lambda right, left: node_hash(left, right), parts[-2::-1], parts[-1]) if parts else hashlib.sha256(b"").digest()
