"""Relay: forwarding and pulling."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.db.types import Json, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "relay",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("relay_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("endpoint", sa.String(length=1000), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=10), nullable=False),
        sa.Column("filter", Json, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("assigned", sa.Boolean(), nullable=False, comment="whether stored and authority go out"),
        sa.Column("stall_minutes", sa.Integer(), nullable=False),
        sa.Column("credential_key", sa.String(length=100), nullable=True, comment="what a pull stores with"),
        sa.Column("cursor", sa.BigInteger(), nullable=False, comment="the last statement that a forwarding is done with"),
        sa.Column("since", UtcDateTime, nullable=True, comment="until when a pull has seen all"),
        sa.Column("more", sa.Text(), nullable=True, comment="the next page of a pull's sweep"),
        sa.Column("bound", UtcDateTime, nullable=True, comment="until when that sweep is whole"),
        sa.Column("relayed", sa.BigInteger(), nullable=False),
        sa.Column("refused_in_row", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", UtcDateTime, nullable=True),
        sa.Column("troubles", Json, nullable=False),
        sa.Column("moved_at", UtcDateTime, nullable=False),
        sa.Column("stall_told", sa.Boolean(), nullable=False),
        sa.Column("leased_by", sa.String(length=100), nullable=True),
        sa.Column("leased_until", UtcDateTime, nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "relay_id", name=op.f("pk_relay")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_relay_tenant_id_name")),
    )
    op.create_table(
        "relay_dead_letter",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("relay_id", sa.Uuid(), nullable=False),
        sa.Column("letter_id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=600), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_at", UtcDateTime, nullable=False),
        sa.Column("last_at", UtcDateTime, nullable=False),
        sa.Column("queued", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "relay_id"], ["relay.tenant_id", "relay.relay_id"], name=op.f("fk_relay_dead_letter_tenant_id_relay_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "relay_id", "letter_id", name=op.f("pk_relay_dead_letter")),
        comment="statements that were refused; their content is not kept here",
    )
    op.create_index("ix_relay_dead_letter_order", "relay_dead_letter", ["tenant_id", "relay_id", "last_at"], unique=False)
    op.create_index(
        "ix_relay_dead_letter_queued",
        "relay_dead_letter",
        ["tenant_id", "relay_id"],
        unique=False,
        postgresql_where=sa.text("queued"),
        sqlite_where=sa.text("queued"),
    )
