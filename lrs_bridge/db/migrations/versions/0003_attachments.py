"""Attachments."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.db.types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('attachment_content',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('sha256', sa.LargeBinary(length=32), nullable=False),
    sa.Column('length', sa.BigInteger(), nullable=False, comment='bytes'),
    sa.Column('stored_at', UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'sha256', name=op.f('pk_attachment_content'))
    )
    op.create_table('attachment',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('statement_id', sa.Uuid(), nullable=False),
    sa.Column('sha2', sa.String(length=128), nullable=False, comment='as the statement spells it, whichever SHA-2 it is'),
    sa.Column('sha256', sa.LargeBinary(length=32), nullable=False),
    sa.Column('content_type', sa.Text(), nullable=False, comment='as the statement says'),
    sa.ForeignKeyConstraint(['tenant_id', 'sha256'], ['attachment_content.tenant_id', 'attachment_content.sha256'], name=op.f('fk_attachment_tenant_id_sha256')),
    sa.PrimaryKeyConstraint('tenant_id', 'statement_id', 'sha2', name=op.f('pk_attachment'))
    )
    op.create_index('ix_attachment_sha256', 'attachment', ['tenant_id', 'sha256'], unique=False)
