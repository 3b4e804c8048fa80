"""Use cases of the transparency log: growing with the ledger, checkpoints, proofs, and what can be found wrong with it.

All that writes is called with the ledger's lock held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from joserfc.jwk import ECKey

from lrs_bridge.db import Session
from lrs_bridge.errors import Invalid, LrsBridgeError, NotFound, Unavailable
from lrs_bridge.signing import store as ledger_store
from lrs_bridge.signing.attestation import Attestation
from lrs_bridge.signing.keys import KeyRing
from lrs_bridge.signing.ledger import Entry, Finding
from lrs_bridge.signing.log import checkpoint as log
from lrs_bridge.signing.log import merkle, store
from lrs_bridge.signing.log.checkpoint import Consistency, Inclusion
from lrs_bridge.signing.log.examination import (
    Beside,
    Extent,
    Kept,
    Leaf,
    Place,
    Walk,
    check_time,
    digest_signed,
    entry_flaw,
    stated,
)
from lrs_bridge.signing.log.merkle import Stretch, Tree
from lrs_bridge.signing.log.verification import check_place, verify_checkpoint
from lrs_bridge.signing.signature import unverified_payload


@dataclass(frozen=True, slots=True)
class Signer:
    """With which key, for whom and when a checkpoint is made. ``issuer`` is the service's public address."""

    key: ECKey
    issuer: str
    at: datetime


def extend(session: Session, tenant: str, digests: Sequence[str], *, after: int, signer: Signer) -> None:
    """Adds entries, by the digests of their payloads, that follow the ledger's first ``after``, and signs a checkpoint of them.

    What the log lacks of the ledger is added first: entries of a program that had no log. Raises Unavailable when rows of the
    log or of the ledger's end were removed: what is signed on top of that would cover it up.
    """
    tree = _known(session, tenant, after) or _caught_up(session, tenant, after)
    tree = _grow(session, tenant, tree, [log.leaf_of(digest) for digest in digests])
    jws = log.issue(tenant, issuer=signer.issuer, size=tree.size, root=tree.root, at=signer.at, key=signer.key)
    if not store.add_checkpoint(session, tenant, Kept(tree.size, jws)):
        raise _too_long(tenant)


def _known(session: Session, tenant: str, size: int) -> Tree | None:
    peaks = merkle.cover((0, size))
    nodes = store.nodes(session, tenant, peaks)
    return Tree(size, tuple(nodes[peak] for peak in peaks)) if len(nodes) == len(peaks) else None


def _caught_up(session: Session, tenant: str, length: int) -> Tree:
    size = store.extent(session, tenant).size
    tree = _known(session, tenant, size) if size < length else None
    if tree is None:
        raise _lacking(tenant)
    links = ledger_store.links(session, tenant, first=size + 1, last=length)
    leaves = {link.sequence: log.leaf_of(link.payload_digest) for link in links}
    return _grow(session, tenant, tree, [leaves.get(n, log.REMOVED) for n in range(size + 1, length + 1)])


def _grow(session: Session, tenant: str, tree: Tree, hashes: Sequence[bytes]) -> Tree:
    leaves = []
    for leaf in hashes:
        tree, made = tree.grown(leaf)
        leaves.append(Leaf(tree.size, b"".join(made)))
    if not store.add_leaves(session, tenant, leaves):
        raise _too_long(tenant)
    return tree


def _too_long(tenant: str) -> Unavailable:
    return Unavailable(f"the ledger of {tenant} ends before its transparency log does; run: lrs-bridge doctor")


def _lacking(tenant: str) -> Unavailable:
    return Unavailable(f"the transparency log of {tenant} lacks rows; run: lrs-bridge doctor")


# What is published


def latest(session: Session, tenant: str) -> bytes:
    """The newest checkpoint of a tenant's log, as it is published. Raises NotFound."""
    compact = _newest(session, tenant).jws
    return log.write_checkpoint(compact, unverified_payload(compact))


def include(session: Session, entry: Entry) -> Inclusion:
    """Proof that an entry is in the log of the newest checkpoint. Raises NotFound while none has it, and Unavailable."""
    newest = _newest(session, entry.tenant)
    if newest.size < entry.sequence:
        raise NotFound("no checkpoint has this attestation")
    path = _hashes(session, entry.tenant, merkle.inclusion(entry.sequence - 1, newest.size))
    return Inclusion(log.INCLUSION, entry.sequence - 1, log.path_of(path), newest.jws)


def prove_growth(session: Session, tenant: str, old: int, new: int | None) -> Consistency:
    """Proof that the log only grew between two sizes, ``new`` the newest checkpoint's by default.

    Raises NotFound, Invalid and Unavailable.
    """
    newest = _newest(session, tenant).size
    size = newest if new is None else new
    if not 1 <= old <= size <= newest:
        raise Invalid(f"from and to must be between 1 and {newest}, and in order", field="from")
    path = _hashes(session, tenant, merkle.consistency(old, size))
    return Consistency(log.CONSISTENCY, tenant, old, size, log.path_of(path))


def _newest(session: Session, tenant: str) -> Kept:
    newest = store.newest_checkpoint(session, tenant)
    if newest is None:
        raise NotFound("there is no checkpoint of such a log")
    return newest


def _hashes(session: Session, tenant: str, stretches: Sequence[Stretch]) -> list[bytes]:
    wanted = merkle.needed(stretches)
    nodes = store.nodes(session, tenant, wanted)
    if len(nodes) < len(wanted):
        raise _lacking(tenant)
    return merkle.hashes(stretches, nodes)


# Finding what is wrong


def extent(session: Session, tenant: str) -> Extent:
    """How far the log and its checkpoints have come."""
    return store.extent(session, tenant)


def load(session: Session, tenant: str, beside: Beside, *, first: int, last: int) -> None:
    """Brings what the log has beside the ledger's entries from one sequence number to another, both included."""
    leaves = store.leaves(session, tenant, first=first, last=last)
    beside.load(leaves, store.checkpoints(session, tenant, first=first - 1, last=last))


def place(session: Session, entry: Entry, attestation: Attestation | None, keys: KeyRing) -> tuple[Place | None, list[Finding]]:
    """Where an entry is in the log of the newest checkpoint, by proof, if any has it; and what is wrong with that."""
    before = store.newest_checkpoint(session, entry.tenant, below=entry.sequence)
    found = check_time(entry, attestation, stated(before, keys) if before else None)
    try:
        proof = include(session, entry)
        _, logged = verify_checkpoint(proof.checkpoint, keys=keys)
        check_place(proof, logged, entry.sequence, digest_signed(entry, attestation))
    except NotFound:
        return None, found
    except LrsBridgeError as error:
        return None, [*found, entry_flaw(entry, error.message)]
    return Place(proof.index, logged), found


def check_log(session: Session, tenant: str, keys: KeyRing) -> list[Finding]:
    """Walks the whole log, page by page."""
    walk, found = Walk(tenant, keys), []
    for page in store.pages(session, tenant):
        checkpoints = store.checkpoints(session, tenant, first=page[0].sequence, last=page[-1].sequence)
        kept = {each.size: each for each in checkpoints}
        for leaf in page:
            found += walk.step(leaf, kept.get(leaf.sequence))
            if walk.lost:
                return found
    return [*found, *walk.end(store.extent(session, tenant).signed)]
