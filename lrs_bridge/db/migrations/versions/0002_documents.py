"""Documents: states and profiles."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.db.types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('document',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False, comment='SHA-256 of what the document is about, and its id'),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('context_ref', sa.BigInteger(), nullable=False, comment='hash of kind, activity and agent'),
    sa.Column('activity', sa.Text(), nullable=True),
    sa.Column('agent_ref', sa.BigInteger(), nullable=True, comment='hash of the agent, whatever the case of a mailbox'),
    sa.Column('agent', sa.Text(), nullable=True),
    sa.Column('registration', sa.Uuid(), nullable=True),
    sa.Column('document_id', sa.Text(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('content_type', sa.Text(), nullable=False),
    sa.Column('tag', sa.String(length=40), nullable=False, comment='SHA-1 of the content, the ETag'),
    sa.Column('updated_at', UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'digest', name=op.f('pk_document'))
    )
    op.create_index('ix_document_agent', 'document', ['tenant_id', 'agent_ref'], unique=False, sqlite_where=sa.text('agent_ref is not null'), postgresql_where=sa.text('agent_ref is not null'))
    op.create_index('ix_document_context', 'document', ['tenant_id', 'context_ref', 'updated_at'], unique=False)
