"""Queries of the transparency log."""

from collections.abc import Iterator, Sequence

from sqlalchemy import bindparam, func, select

from lrs_bridge.db import Session, insert_new
from lrs_bridge.signing.log.examination import Extent, Kept, Leaf
from lrs_bridge.signing.log.merkle import HASH_BYTES, Node
from lrs_bridge.signing.log.tables import log_checkpoint, log_leaf

PAGE = 500


def extent(session: Session, tenant: str) -> Extent:
    """How far the log and its checkpoints have come."""
    rows = select(func.max(log_leaf.c.sequence)).where(log_leaf.c.tenant_id == tenant).scalar_subquery()
    signed = select(func.max(log_checkpoint.c.size)).where(log_checkpoint.c.tenant_id == tenant).scalar_subquery()
    found = session.execute(select(rows.label("size"), signed.label("signed"))).one()
    return Extent(found.size or 0, found.signed or 0)


def nodes(session: Session, tenant: str, wanted: Sequence[Node]) -> dict[Node, bytes]:
    """The hashes of these nodes, as far as they are there. A node is kept with the leaf that completes it."""
    places = {node: (node[1] + 1) << node[0] for node in wanted}
    chosen = {"tenant": tenant, "places": sorted(set(places.values()))}
    rows = {row.sequence: bytes(row.nodes) for row in session.execute(_LEAVES, chosen)} if wanted else {}
    parts = {node: rows.get(place, b"")[node[0] * HASH_BYTES :][:HASH_BYTES] for node, place in places.items()}
    return {node: part for node, part in parts.items() if part}


_LEAVES = select(log_leaf.c.sequence, log_leaf.c.nodes).where(
    log_leaf.c.tenant_id == bindparam("tenant"), log_leaf.c.sequence.in_(bindparam("places", expanding=True))
)


def add_leaves(session: Session, tenant: str, leaves: Sequence[Leaf]) -> bool:
    """Appends to the log; False when it has one of them already."""
    rows = [(tenant, leaf.sequence, leaf.nodes) for leaf in leaves]
    return all(insert_new(session, log_leaf, ("tenant_id", "sequence", "nodes"), rows))


def leaves(session: Session, tenant: str, *, first: int, last: int | None = None) -> list[Leaf]:
    """Leaves from one sequence number on, in order: to another (both included), or as many as a page has."""
    mine = (log_leaf.c.tenant_id == tenant) & (log_leaf.c.sequence >= first)
    query = select(log_leaf.c.sequence, log_leaf.c.nodes).where(mine).order_by(log_leaf.c.sequence)
    query = query.limit(PAGE) if last is None else query.where(log_leaf.c.sequence <= last)
    return [Leaf(row.sequence, bytes(row.nodes)) for row in session.execute(query)]


def pages(session: Session, tenant: str) -> Iterator[list[Leaf]]:
    """The whole log, in order."""
    first = 0
    while page := leaves(session, tenant, first=first):
        yield page
        first = page[-1].sequence + 1


def add_checkpoint(session: Session, tenant: str, checkpoint: Kept) -> bool:
    """Keeps a signed checkpoint; False when there is one of that size already."""
    row = (tenant, checkpoint.size, checkpoint.jws)
    return all(insert_new(session, log_checkpoint, ("tenant_id", "size", "jws"), [row]))


def newest_checkpoint(session: Session, tenant: str, *, below: int | None = None) -> Kept | None:
    """The checkpoint of the largest size, or of the largest below a size."""
    query = select(log_checkpoint.c.size, log_checkpoint.c.jws).where(log_checkpoint.c.tenant_id == tenant)
    if below is not None:
        query = query.where(log_checkpoint.c.size < below)
    row = session.execute(query.order_by(log_checkpoint.c.size.desc()).limit(1)).one_or_none()
    return Kept(row.size, row.jws) if row else None


def checkpoints(session: Session, tenant: str, *, first: int, last: int) -> list[Kept]:
    """The checkpoints of sizes from one to another, both included, in order."""
    columns = log_checkpoint.c
    chosen = (columns.tenant_id == tenant) & columns.size.between(first, last)
    rows = session.execute(select(columns.size, columns.jws).where(chosen).order_by(columns.size))
    return [Kept(row.size, row.jws) for row in rows]
