"""Open badges of attestations, and their places in status lists."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.db.types import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "open_badge",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("attestation_id", sa.Uuid(), nullable=False),
        sa.Column("list_number", sa.Integer(), nullable=False, comment="which of the organisation's status lists, from 1"),
        sa.Column("list_index", sa.Integer(), nullable=False, comment="which of its bits, drawn at random"),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.Column("issued_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "attestation_id"],
            ["attestation.tenant_id", "attestation.attestation_id"],
            name=op.f("fk_open_badge_tenant_id_attestation_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "attestation_id", name=op.f("pk_open_badge")),
        sa.UniqueConstraint("tenant_id", "list_number", "list_index", name=op.f("uq_open_badge_tenant_id_list_number_list_index")),
    )
