"""What can be found wrong with a log: rows that are not what the ledger has, what they are folded from, or what was signed."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.signing.attestation import Attestation, canonical
from lrs_bridge.signing.chain import digest_of
from lrs_bridge.signing.keys import KeyRing
from lrs_bridge.signing.ledger import Entry, Finding, Flaw
from lrs_bridge.signing.log.checkpoint import Checkpoint, is_backdated, leaf_of, read
from lrs_bridge.signing.log.merkle import HASH_BYTES, Tree
from lrs_bridge.signing.log.verification import check_instant, verify_checkpoint


@dataclass(frozen=True, slots=True)
class Leaf:
    """A row of the log: the entry's sequence number, and the hashes of the nodes that its leaf completes, upwards, one string."""

    sequence: int
    nodes: bytes

    @property
    def hash(self) -> bytes:
        """The leaf hash."""
        return self.nodes[:HASH_BYTES]


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored checkpoint: the size that it is kept under, and its JWS."""

    size: int
    jws: str


@dataclass(frozen=True, slots=True)
class Extent:
    """How many entries the log has, and how many the newest checkpoint; 0 for none."""

    size: int
    signed: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry is in the log: its leaf's index, and the checkpoint that has it."""

    index: int
    checkpoint: Checkpoint


def stated(kept: Kept, keys: KeyRing) -> Checkpoint | None:
    """What a stored checkpoint says, if it holds."""
    try:
        return verify_checkpoint(kept.jws, keys=keys)[1]
    except LrsBridgeError:
        return None


def digest_signed(entry: Entry, attestation: Attestation | None) -> str:
    """The digest of an entry's payload, by what was signed as far as that can be known."""
    return entry.payload_digest if attestation is None else digest_of(canonical(attestation))


def check_leaf(entry: Entry, attestation: Attestation | None, leaf: Leaf | None) -> list[Finding]:
    """Whether the log has the entry at its place."""
    if leaf is None:
        return [entry_flaw(entry, f"entry {entry.sequence} is not in the transparency log")]
    if leaf.hash != leaf_of(digest_signed(entry, attestation)):
        message = f"the transparency log has another entry {entry.sequence}: one of the two was altered"
        return [entry_flaw(entry, message)]
    return []


def check_time(entry: Entry, attestation: Attestation | None, before: Checkpoint | None) -> list[Finding]:
    """Whether an entry was issued after the checkpoint ``before`` it."""
    if attestation is None or before is None:
        return []
    try:
        check_instant(attestation.sequence, attestation.issued_at, before)
    except LrsBridgeError as error:
        return [entry_flaw(entry, error.message)]
    return []


class Beside:
    """Holds a ledger against its log, entry by entry: the log is brought up beside the entries stretch by stretch (``load``)."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys
        self._leaves: dict[int, Leaf] = {}
        self._ahead: deque[Kept] = deque()
        self._before: Checkpoint | None = None

    def load(self, leaves: Sequence[Leaf], checkpoints: Sequence[Kept]) -> None:
        """What the log has at the entries that come next."""
        self._leaves = {leaf.sequence: leaf for leaf in leaves}
        self._ahead.extend(checkpoints)

    def check(self, entry: Entry, attestation: Attestation | None) -> list[Finding]:
        """Whether the log has the next entry at its place, and whether that was issued after the checkpoint before it."""
        while self._ahead and self._ahead[0].size < entry.sequence:
            self._before = stated(self._ahead.popleft(), self._keys) or self._before
        leaf = self._leaves.get(entry.sequence)
        return [*check_leaf(entry, attestation, leaf), *check_time(entry, attestation, self._before)]


class Walk:
    """Recomputes a log from its leaves, row by row, and holds stored nodes and signed checkpoints against it.

    ``lost`` says that a row is missing: nothing that comes after can be recomputed.
    """

    def __init__(self, tenant: str, keys: KeyRing) -> None:
        self.lost = False
        self._tenant = tenant
        self._keys = keys
        self._tree = Tree()
        self._rewritten = False
        self._signed: Checkpoint | None = None

    def step(self, leaf: Leaf, checkpoint: Kept | None) -> list[Finding]:
        """What is wrong with the next row, and with the checkpoint of that size if there is one."""
        if leaf.sequence != self._tree.size + 1:
            self.lost = True
            return [self._flaw(f"entry {self._tree.size + 1} was removed from the transparency log")]
        self._tree, made = self._tree.grown(leaf.hash)
        altered = leaf.nodes != b"".join(made)
        found = [self._flaw(f"the nodes at entry {leaf.sequence} of the transparency log were altered")] if altered else []
        return found if checkpoint is None else [*found, *self._check(checkpoint)]

    def end(self, newest: int) -> list[Finding]:
        """What is wrong when the last row was taken and the newest checkpoint is of this size, 0 for none."""
        if self.lost or newest >= self._tree.size:
            return []
        unsigned = f"no signed checkpoint has the entries {newest + 1} to {self._tree.size} of the transparency log"
        return [self._flaw(f"{unsigned}; lrs-bridge db upgrade makes one")]

    def _check(self, kept: Kept) -> list[Finding]:
        try:
            _, signed = verify_checkpoint(kept.jws, keys=self._keys)
        except LrsBridgeError as error:
            return [self._flaw(f"the checkpoint of size {kept.size} was altered: {error.message}")]
        if signed.size != kept.size:
            return [self._flaw(f"the checkpoint of size {kept.size} was altered: it was signed for {signed.size} entries")]
        before, self._signed = self._signed, signed
        if before and is_backdated(signed.at, after=before.at):
            return [self._flaw(f"the checkpoint of size {kept.size} is dated before that of size {before.size}")]
        return self._check_root(signed)

    def _check_root(self, signed: Checkpoint) -> list[Finding]:
        if read(signed.root) == self._tree.root or self._rewritten:
            return []
        self._rewritten = True  # all later ones must disagree too
        told = f"its first {signed.size} entries are not those that were signed at {signed.at}"
        return [self._flaw(f"the transparency log was rewritten: {told}")]

    def _flaw(self, message: str) -> Finding:
        return Finding(Flaw.LOG, f"ledger:{self._tenant}", message)


def entry_flaw(entry: Entry, message: str) -> Finding:
    """A finding about an entry's place in the log."""
    return Finding(Flaw.LOG, f"attestation:{entry.attestation_id}", message)
