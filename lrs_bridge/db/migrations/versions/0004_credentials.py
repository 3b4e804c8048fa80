"""Credentials: tokens, limits and the request journal."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.db.types import Json, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('credential', sa.Column('origins', Json, nullable=True, comment='of pages that may use the key; NULL: any'))
    op.add_column('credential', sa.Column('requests_per_minute', sa.Integer(), nullable=True, comment='NULL: unlimited'))
    op.add_column('credential', sa.Column('note', sa.String(length=500), nullable=True))
    op.add_column('credential', sa.Column('vouched_by', Json, nullable=True, comment="the authority that the administrator gave; NULL: the key's own account"))
    op.add_column('credential', sa.Column('earlier_secret_hash', sa.String(length=64), nullable=True, comment='of the secret that was replaced'))
    op.add_column('credential', sa.Column('earlier_until', UtcDateTime, nullable=True, comment='when that one ends'))
    op.create_table('credential_token',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('key', sa.String(length=100), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('scopes', Json, nullable=False),
    sa.Column('issued_at', UtcDateTime, nullable=False),
    sa.Column('expires_at', UtcDateTime, nullable=False),
    sa.ForeignKeyConstraint(['tenant_id', 'key'], ['credential.tenant_id', 'credential.key'], name=op.f('fk_credential_token_tenant_id_key')),
    sa.PrimaryKeyConstraint('tenant_id', 'key', 'token_hash', name=op.f('pk_credential_token'))
    )
    op.create_table('credential_request',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('request_id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.String(length=100), nullable=False, comment='empty when it is none of ours'),
    sa.Column('at', UtcDateTime, nullable=False),
    sa.Column('rejected', sa.Boolean(), nullable=False),
    sa.Column('method', sa.String(length=10), nullable=False),
    sa.Column('resource', sa.String(length=100), nullable=False),
    sa.Column('version', sa.String(length=20), nullable=False, comment='as the header names it; empty: none'),
    sa.Column('status', sa.SmallInteger(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=True),
    sa.Column('field', sa.String(length=300), nullable=True),
    sa.Column('rule', sa.String(length=200), nullable=True),
    sa.Column('message', sa.String(length=300), nullable=True),
    sa.Column('origin', sa.String(length=200), nullable=True),
    sa.Column('program', sa.String(length=60), nullable=False),
    sa.Column('alternate', sa.String(length=40), nullable=False, comment='content type of a request in the alternate syntax'),
    sa.Column('named', sa.String(length=100), nullable=False, comment='the unknown key that it named'),
    sa.PrimaryKeyConstraint('tenant_id', 'request_id', name=op.f('pk_credential_request'))
    )
    op.create_index('ix_credential_request_newest', 'credential_request', ['tenant_id', 'key', 'rejected', 'at'], unique=False)
    op.create_table('credential_use',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('key', sa.String(length=100), nullable=False),
    sa.Column('hour', UtcDateTime, nullable=False),
    sa.Column('version', sa.String(length=20), nullable=False),
    sa.Column('program', sa.String(length=60), nullable=False),
    sa.Column('requests', sa.Integer(), nullable=False),
    sa.Column('rejected', sa.Integer(), nullable=False),
    sa.Column('alternate', sa.Integer(), nullable=False),
    sa.Column('alternate_text', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id', 'key'], ['credential.tenant_id', 'credential.key'], name=op.f('fk_credential_use_tenant_id_key')),
    sa.PrimaryKeyConstraint('tenant_id', 'key', 'hour', 'version', 'program', name=op.f('pk_credential_use'))
    )
