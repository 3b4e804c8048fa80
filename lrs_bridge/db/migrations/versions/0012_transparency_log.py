"""Transparency log: a Merkle tree over each ledger, built here of the entries that there are."""

import hashlib
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

READ_ROWS = 1000
NODES = "hashes of the leaf and of each subtree that it completes, upwards"


def upgrade() -> None:
    leaves = op.create_table(
        "log_leaf",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("nodes", sa.LargeBinary(), nullable=False, comment=NODES),
        sa.PrimaryKeyConstraint("tenant_id", "sequence", name=op.f("pk_log_leaf")),
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "size", name=op.f("pk_log_checkpoint")),
    )
    session = op.get_bind()
    for tenant in session.execute(sa.text("select distinct tenant_id from attestation")).scalars().all():
        for rows in stretches(grown(entries(session, tenant))):
            session.execute(leaves.insert(), [{"tenant_id": tenant, **row} for row in rows])


def entries(session: sa.Connection, tenant: str) -> Iterator[tuple[int, str]]:
    query = sa.text(
        "select sequence, payload_digest from attestation where tenant_id = :tenant and sequence > :after order by sequence limit :most"
    )
    after = 0
    while rows := session.execute(query, {"tenant": tenant, "after": after, "most": READ_ROWS}).all():
        yield from ((row.sequence, row.payload_digest) for row in rows)
        after = rows[-1].sequence


def grown(found: Iterator[tuple[int, str]]) -> Iterator[dict[str, object]]:
    """The rows of the log. Entries that are not there any more have the hash of an empty leaf, so that the others keep their places."""
    peaks: list[bytes] = []
    size = 0
    for sequence, digest in found:
        while size < sequence:
            size += 1
            made = [hashlib.sha256(b"\x00" + (content_of(digest) if size == sequence else b"")).digest()]
            for _ in range((size & -size).bit_length() - 1):
                made.append(hashlib.sha256(b"\x01" + peaks.pop() + made[-1]).digest())
            peaks.append(made[-1])
            yield {"sequence": size, "nodes": b"".join(made)}


def content_of(digest: str) -> bytes:
    try:
        return bytes.fromhex(digest.removeprefix("sha-256:"))
    except ValueError:
        return b""


def stretches(rows: Iterator[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    stretch: list[dict[str, object]] = []
    for row in rows:
        stretch.append(row)
        if len(stretch) == READ_ROWS:
            yield stretch
            stretch = []
    if stretch:
        yield stretch
