"""Statements at speed: indexes without the tenant, members of groups and targets that are found by what they refer to."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

REGISTERED = sa.text("registration is not null")
READ_PAYLOADS, READ_ROWS = 100, 1000
RELATED = "the members of groups that act or are acted on; for databases without arrays all of statement.related"


def upgrade() -> None:
    for name in ("actor", "verb", "object", "registration"):
        op.drop_index(f"ix_statement_{name}", "statement")
    op.create_index("ix_statement_actor", "statement", ["actor_ref", "seq"])
    op.create_index("ix_statement_verb", "statement", ["verb_ref", "seq"])
    op.create_index("ix_statement_object", "statement", ["object_ref", "seq"])
    op.create_index("ix_statement_registration", "statement", ["registration", "seq"], sqlite_where=REGISTERED, postgresql_where=REGISTERED)
    related = renew_related()
    targets = renew_targets()
    session = op.get_bind()
    if session.dialect.name == "postgresql":
        note_members(session, related)
    note_targets(session, related, targets)
    op.drop_table("former_target")


def renew_related() -> sa.Table:
    columns = (
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("ref", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
    )
    op.drop_index("ix_statement_related_of", "statement_related")
    op.rename_table("statement_related", "former_related")
    if op.get_context().dialect.name == "postgresql":
        op.drop_constraint("pk_statement_related", "former_related")
    made = op.create_table(
        "statement_related",
        *columns,
        sa.PrimaryKeyConstraint("tenant_id", "ref", "seq", name=op.f("pk_statement_related")),
        comment=RELATED,
        sqlite_with_rowid=False,
    )
    op.execute("insert into statement_related (tenant_id, ref, seq) select tenant_id, ref, seq from former_related")
    op.drop_table("former_related")
    op.create_index("ix_statement_related_of", "statement_related", ["tenant_id", "seq"])
    return made


def renew_targets() -> sa.Table:
    op.drop_index("ix_statement_target_of", "statement_target")
    op.rename_table("statement_target", "former_target")
    if op.get_context().dialect.name == "postgresql":
        for name in ("pk_statement_target", "fk_statement_target_tenant_id_seq", "fk_statement_target_tenant_id_target_seq"):
            op.drop_constraint(name, "former_target")
    made = op.create_table(
        "statement_target",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("ref", sa.BigInteger(), autoincrement=False, nullable=False, comment="what the target refers to"),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("target_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("related", sa.Boolean(), nullable=False, comment="whether only the wider filters find the target by it"),
        sa.ForeignKeyConstraint(["tenant_id", "seq"], ["statement.tenant_id", "statement.seq"], name=op.f("fk_statement_target_tenant_id_seq")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "target_seq"], ["statement.tenant_id", "statement.seq"], name=op.f("fk_statement_target_tenant_id_target_seq")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "ref", "seq", "target_seq", name=op.f("pk_statement_target")),
        comment="what a statement can be found by because it points, directly or through others, at one that refers to it",
        sqlite_with_rowid=False,
    )
    op.create_index("ix_statement_target_seq", "statement_target", ["tenant_id", "seq"])
    op.create_index("ix_statement_target_target_seq", "statement_target", ["tenant_id", "target_seq"])
    return made


def note_members(session: sa.Connection, related: sa.Table) -> None:
    """On PostgreSQL members stood in the array only, where a plain agent query is too slow to look for them."""
    query = sa.text("select tenant_id, seq, payload from statement where payload like '%\"member\"%'")
    for rows in stretches(session, query, READ_PAYLOADS):
        links = [{"tenant_id": row.tenant_id, "ref": ref, "seq": row.seq} for row in rows for ref in members_of(row.tenant_id, row.payload)]
        if links:
            session.execute(related.insert(), links)


def members_of(tenant: str, payload: str) -> list[int]:
    value = json.loads(payload)
    members = [member for group in (value["actor"], value["object"]) for member in group.get("member", ())]
    return sorted({reference(tenant, "member", agent_key(member)) for member in members})


def note_targets(session: sa.Connection, related: sa.Table, targets: sa.Table) -> None:
    wide = "s.related" if session.dialect.name == "postgresql" else "null as related"
    query = f"""select f.tenant_id, f.seq, f.target_seq, s.actor_ref, s.verb_ref, s.object_ref, s.registration, {wide}
        from former_target f join statement s on s.tenant_id = f.tenant_id and s.seq = f.target_seq"""
    for rows in stretches(session, sa.text(query).columns(registration=sa.Uuid()), READ_ROWS):
        linked = links_of(session, related, {(row.tenant_id, row.target_seq) for row in rows})
        session.execute(targets.insert(), [new for row in rows for new in target_rows(row, linked[row.tenant_id, row.target_seq])])


def links_of(session: sa.Connection, related: sa.Table, wanted: set[tuple[str, int]]) -> dict[tuple[str, int], list[int]]:
    found: dict[tuple[str, int], list[int]] = {each: [] for each in wanted}
    for tenant in sorted({tenant for tenant, _ in wanted}):
        seqs = [seq for other, seq in wanted if other == tenant]
        query = sa.select(related.c.seq, related.c.ref).where(related.c.tenant_id == tenant, related.c.seq.in_(seqs))
        for seq, ref in session.execute(query):
            found[tenant, seq].append(ref)
    return found


def target_rows(row: Any, linked: list[int]) -> list[dict[str, Any]]:
    attempt = reference(row.tenant_id, "registration", str(row.registration)) if row.registration else None
    plain = [ref for ref in (row.actor_ref, row.verb_ref, row.object_ref, attempt) if ref is not None]
    refs = dict.fromkeys([*linked, *(row.related or ())], True) | dict.fromkeys(plain, False)
    new = {"tenant_id": row.tenant_id, "seq": row.seq, "target_seq": row.target_seq}
    return [new | {"ref": ref, "related": is_wide} for ref, is_wide in sorted(refs.items())]


def stretches(session: sa.Connection, query: sa.Executable, size: int) -> Iterator[Sequence[Any]]:
    """The rows, so many at a time, which alone are held in memory."""
    with session.execute(query, execution_options={"yield_per": size}) as rows:
        yield from rows.partitions(size)


def reference(tenant: str, kind: str, value: str) -> int:
    digest = hashlib.blake2b(f"{kind} {value}".encode(), digest_size=8, key=tenant.encode()).digest()
    return int.from_bytes(digest, signed=True)


def agent_key(agent: dict[str, Any]) -> str:
    name = next(name for name in ("mbox", "mbox_sha1sum", "openid", "account") if name in agent)
    value = agent[name]
    return f"{name} {value['homePage']} {value['name']}" if name == "account" else f"{name} {value}"
