"""Retention and erasure."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.db.types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('retention_policy',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('older_than_days', sa.Integer(), nullable=False, comment='counted from when the LRS stored the statement'),
    sa.Column('verb', sa.Text(), nullable=True),
    sa.Column('activity', sa.Text(), nullable=True, comment='what the IRI of the object begins with'),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('added_at', UtcDateTime, nullable=False),
    sa.Column('last_run_at', UtcDateTime, nullable=True),
    sa.ForeignKeyConstraint(['tenant_id', 'person_id'], ['person.tenant_id', 'person.person_id'], name=op.f('fk_retention_policy_tenant_id_person_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'name', name=op.f('pk_retention_policy'))
    )
    op.create_table('erasure',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('erasure_id', sa.Uuid(), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False, comment='policy:<name> or request'),
    sa.Column('actor', sa.String(length=200), nullable=False),
    sa.Column('began_at', UtcDateTime, nullable=False),
    sa.Column('ended_at', UtcDateTime, nullable=True),
    sa.Column('erased', sa.Integer(), nullable=False),
    sa.Column('held', sa.Integer(), nullable=False),
    sa.Column('claims', sa.Integer(), nullable=False),
    sa.Column('documents', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'erasure_id', name=op.f('pk_erasure'))
    )
    op.create_index(op.f('ix_erasure_tenant_id_began_at'), 'erasure', ['tenant_id', 'began_at'], unique=False)
    op.create_table('statement_tombstone',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('statement_id', sa.Uuid(), nullable=False),
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False, comment='SHA-256 of what was erased'),
    sa.Column('erased_at', UtcDateTime, nullable=False),
    sa.Column('erasure_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id', 'erasure_id'], ['erasure.tenant_id', 'erasure.erasure_id'], name=op.f('fk_statement_tombstone_tenant_id_erasure_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'statement_id', name=op.f('pk_statement_tombstone'))
    )
    op.create_table('statement_import',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False, comment='SHA-256 of the file'),
    sa.Column('credential_key', sa.String(length=100), nullable=False),
    sa.Column('dealt_with', sa.BigInteger(), nullable=False, comment='how many statements from the file\'s beginning'),
    sa.Column('stored', sa.Integer(), nullable=False),
    sa.Column('present', sa.Integer(), nullable=False, comment='were there already'),
    sa.Column('refused', sa.Integer(), nullable=False),
    sa.Column('began_at', UtcDateTime, nullable=False),
    sa.Column('updated_at', UtcDateTime, nullable=False),
    sa.Column('ended_at', UtcDateTime, nullable=True),
    sa.PrimaryKeyConstraint('tenant_id', 'digest', name=op.f('pk_statement_import'))
    )
    op.create_index('ix_statement_related_of', 'statement_related', ['tenant_id', 'seq'], unique=False)
