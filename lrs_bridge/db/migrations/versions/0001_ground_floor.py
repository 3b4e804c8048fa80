"""The ground floor: statements, people, plans, signatures and the audit log."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.db.types import Json, UtcDateTime


revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit_event',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('at', UtcDateTime, nullable=False),
    sa.Column('actor', sa.String(length=200), nullable=False),
    sa.Column('action', sa.String(length=80), nullable=False),
    sa.Column('subject', sa.String(length=300), nullable=False),
    sa.Column('detail', Json, nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'event_id', name=op.f('pk_audit_event'))
    )
    op.create_index(op.f('ix_audit_event_tenant_id_at'), 'audit_event', ['tenant_id', 'at'], unique=False)
    op.create_index(op.f('ix_audit_event_tenant_id_subject_at'), 'audit_event', ['tenant_id', 'subject', 'at'], unique=False)
    op.create_table('completion',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('source_id', sa.String(length=200), nullable=False),
    sa.Column('learner_key', sa.String(length=64), nullable=False),
    sa.Column('learner_kind', sa.String(length=40), nullable=False),
    sa.Column('learner_issuer', sa.Text(), nullable=False),
    sa.Column('learner_value', sa.Text(), nullable=False),
    sa.Column('learner_name', sa.String(length=300), nullable=True),
    sa.Column('course_key', sa.String(length=64), nullable=False),
    sa.Column('course_iri', sa.Text(), nullable=False),
    sa.Column('course_name', sa.String(length=300), nullable=True),
    sa.Column('registration', sa.Uuid(), nullable=True),
    sa.Column('outcome', Json, nullable=False),
    sa.Column('occurred_at', UtcDateTime, nullable=False),
    sa.Column('received_at', UtcDateTime, nullable=False),
    sa.Column('asserted_by', sa.String(length=300), nullable=False),
    sa.Column('digest', sa.String(length=72), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('course_id', sa.Uuid(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('retracted_at', UtcDateTime, nullable=True),
    sa.Column('retraction_reason', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('tenant_id', 'source', 'source_id', name=op.f('pk_completion'))
    )
    op.create_index('ix_completion_known_course', 'completion', ['tenant_id', 'course_id'], unique=False, sqlite_where=sa.text('course_id IS NOT NULL'), postgresql_where=sa.text('course_id IS NOT NULL'))
    op.create_index('ix_completion_known_person', 'completion', ['tenant_id', 'person_id', 'course_id'], unique=False, sqlite_where=sa.text('person_id IS NOT NULL'), postgresql_where=sa.text('person_id IS NOT NULL'))
    op.create_index('ix_completion_unknown_course', 'completion', ['tenant_id', 'course_key'], unique=False, sqlite_where=sa.text('course_id IS NULL'), postgresql_where=sa.text('course_id IS NULL'))
    op.create_index('ix_completion_unknown_person', 'completion', ['tenant_id', 'learner_key'], unique=False, sqlite_where=sa.text('person_id IS NULL'), postgresql_where=sa.text('person_id IS NULL'))
    op.create_table('credential',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('key', sa.String(length=100), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('secret_hash', sa.String(length=64), nullable=False),
    sa.Column('scopes', Json, nullable=False),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Column('expires_at', UtcDateTime, nullable=True),
    sa.Column('revoked_at', UtcDateTime, nullable=True),
    sa.PrimaryKeyConstraint('tenant_id', 'key', name=op.f('pk_credential'))
    )
    op.create_table('learning_activity',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('activity_id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('mode', sa.String(length=2), nullable=False),
    sa.Column('rule', sa.String(length=40), nullable=False),
    sa.CheckConstraint("mode in ('70', '20', '10')", name=op.f('ck_learning_activity_mode')),
    sa.PrimaryKeyConstraint('tenant_id', 'activity_id', name=op.f('pk_learning_activity'))
    )
    op.create_index(op.f('ix_learning_activity_tenant_id_title'), 'learning_activity', ['tenant_id', 'title'], unique=False)
    op.create_table('learning_objective',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('objective_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('version', sa.String(length=40), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('theme', sa.String(length=300), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'objective_id', name=op.f('pk_learning_objective')),
    sa.UniqueConstraint('tenant_id', 'code', 'version', name=op.f('uq_learning_objective_tenant_id_code_version'))
    )
    op.create_table('login_throttle',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('scope', sa.String(length=10), nullable=False),
    sa.Column('subject', sa.String(length=100), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('last_at', UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'scope', 'subject', name=op.f('pk_login_throttle'))
    )
    op.create_table('set_aside',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('topic', sa.String(length=40), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('set_at', UtcDateTime, nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'topic', 'key', name=op.f('pk_set_aside'))
    )
    op.create_table('signing_key',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('kid', sa.String(length=64), nullable=False),
    sa.Column('algorithm', sa.String(length=16), nullable=False),
    sa.Column('public_jwk', Json, nullable=False),
    sa.Column('private_encrypted', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Column('retired_at', UtcDateTime, nullable=True),
    sa.PrimaryKeyConstraint('tenant_id', 'kid', name=op.f('pk_signing_key'))
    )
    op.create_table('statement',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False, comment='when it was stored (xapi.sequence)'),
    sa.Column('statement_id', sa.Uuid(), nullable=False),
    sa.Column('credential_key', sa.String(length=100), nullable=False, comment='who stored it'),
    sa.Column('actor_ref', sa.BigInteger(), nullable=True),
    sa.Column('verb_ref', sa.BigInteger(), nullable=False),
    sa.Column('object_ref', sa.BigInteger(), nullable=True),
    sa.Column('registration', sa.Uuid(), nullable=True),
    sa.Column('related', sa.BigInteger().with_variant(sa.ARRAY(sa.BigInteger()), 'postgresql'), nullable=True, comment='on SQLite in statement_related'),
    sa.Column('target_id', sa.Uuid(), nullable=True, comment='the statement that its object points at'),
    sa.Column('voids', sa.Boolean(), nullable=False, comment='whether it voids its target'),
    sa.Column('voided', sa.Boolean(), nullable=False),
    sa.Column('payload', sa.Text(), nullable=False, comment='the JSON, exactly as it is returned'),
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False, comment='SHA-256 of the payload in UTF-8'),
    sa.PrimaryKeyConstraint('tenant_id', 'seq', name=op.f('pk_statement')),
    sa.UniqueConstraint('tenant_id', 'statement_id', name=op.f('uq_statement_tenant_id_statement_id'))
    )
    op.create_index('ix_statement_actor', 'statement', ['tenant_id', 'actor_ref', 'seq'], unique=False)
    op.create_index('ix_statement_object', 'statement', ['tenant_id', 'object_ref', 'seq'], unique=False)
    op.create_index('ix_statement_registration', 'statement', ['tenant_id', 'registration', 'seq'], unique=False, postgresql_where=sa.text('registration is not null'), sqlite_where=sa.text('registration is not null'))
    if op.get_context().dialect.name == 'postgresql':
        op.create_index('ix_statement_related', 'statement', ['related'], unique=False, postgresql_using='gin')
    op.create_index('ix_statement_target', 'statement', ['tenant_id', 'target_id'], unique=False, postgresql_where=sa.text('target_id is not null'), sqlite_where=sa.text('target_id is not null'))
    op.create_index('ix_statement_verb', 'statement', ['tenant_id', 'verb_ref', 'seq'], unique=False)
    op.create_table('tenant',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('contact', sa.String(length=500), nullable=True),
    sa.PrimaryKeyConstraint('tenant_id', name=op.f('pk_tenant'))
    )
    op.create_table('attestation',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('attestation_id', sa.Uuid(), nullable=False),
    sa.Column('sequence', sa.BigInteger(), nullable=False),
    sa.Column('record_id', sa.Uuid(), nullable=False),
    sa.Column('payload', sa.Text(), nullable=False),
    sa.Column('payload_digest', sa.String(length=72), nullable=False),
    sa.Column('previous', sa.String(length=72), nullable=False),
    sa.Column('chain_hash', sa.String(length=72), nullable=False),
    sa.Column('kid', sa.String(length=64), nullable=False),
    sa.Column('jws', sa.Text(), nullable=False),
    sa.Column('issued_at', UtcDateTime, nullable=False),
    sa.ForeignKeyConstraint(['tenant_id', 'kid'], ['signing_key.tenant_id', 'signing_key.kid'], name=op.f('fk_attestation_tenant_id_kid')),
    sa.PrimaryKeyConstraint('tenant_id', 'attestation_id', name=op.f('pk_attestation')),
    sa.UniqueConstraint('tenant_id', 'record_id', name=op.f('uq_attestation_tenant_id_record_id')),
    sa.UniqueConstraint('tenant_id', 'sequence', name=op.f('uq_attestation_tenant_id_sequence'))
    )
    op.create_table('completion_revision',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('source_id', sa.String(length=200), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('outcome', Json, nullable=False),
    sa.Column('occurred_at', UtcDateTime, nullable=False),
    sa.Column('digest', sa.String(length=72), nullable=True),
    sa.Column('replaced_at', UtcDateTime, nullable=False),
    sa.ForeignKeyConstraint(['tenant_id', 'source', 'source_id'], ['completion.tenant_id', 'completion.source', 'completion.source_id'], name=op.f('fk_completion_revision_tenant_id_source_source_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'source', 'source_id', 'revision', name=op.f('pk_completion_revision'))
    )
    op.create_table('objective_activity',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('objective_id', sa.Uuid(), nullable=False),
    sa.Column('activity_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id', 'activity_id'], ['learning_activity.tenant_id', 'learning_activity.activity_id'], name=op.f('fk_objective_activity_tenant_id_activity_id')),
    sa.ForeignKeyConstraint(['tenant_id', 'objective_id'], ['learning_objective.tenant_id', 'learning_objective.objective_id'], name=op.f('fk_objective_activity_tenant_id_objective_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'objective_id', 'activity_id', name=op.f('pk_objective_activity'))
    )
    op.create_index(op.f('ix_objective_activity_tenant_id_activity_id'), 'objective_activity', ['tenant_id', 'activity_id'], unique=False)
    op.create_table('person',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('name_key', sa.String(length=200), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=True),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Column('blocked_at', UtcDateTime, nullable=True),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.tenant_id'], name=op.f('fk_person_tenant_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'person_id', name=op.f('pk_person'))
    )
    op.create_index(op.f('ix_person_tenant_id_name_key'), 'person', ['tenant_id', 'name_key'], unique=False)
    op.create_table('statement_related',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('ref', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.ForeignKeyConstraint(['tenant_id', 'seq'], ['statement.tenant_id', 'statement.seq'], name=op.f('fk_statement_related_tenant_id_seq')),
    sa.PrimaryKeyConstraint('tenant_id', 'ref', 'seq', name=op.f('pk_statement_related')),
    comment='statement.related, one number a row, for databases without arrays',
    sqlite_with_rowid=False
    )
    op.create_table('statement_target',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('target_seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.ForeignKeyConstraint(['tenant_id', 'seq'], ['statement.tenant_id', 'statement.seq'], name=op.f('fk_statement_target_tenant_id_seq')),
    sa.ForeignKeyConstraint(['tenant_id', 'target_seq'], ['statement.tenant_id', 'statement.seq'], name=op.f('fk_statement_target_tenant_id_target_seq')),
    sa.PrimaryKeyConstraint('tenant_id', 'seq', 'target_seq', name=op.f('pk_statement_target')),
    comment='which statements a statement points at, directly or through others',
    sqlite_with_rowid=False
    )
    op.create_index('ix_statement_target_of', 'statement_target', ['tenant_id', 'target_seq', 'seq'], unique=False)
    op.create_table('unknown_login',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('issuer', sa.String(length=1000), nullable=False),
    sa.Column('subject', sa.String(length=255), nullable=False),
    sa.Column('provider', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=True),
    sa.Column('hpr_number', sa.String(length=20), nullable=True),
    sa.Column('first_at', UtcDateTime, nullable=False),
    sa.Column('last_at', UtcDateTime, nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.tenant_id'], name=op.f('fk_unknown_login_tenant_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'issuer', 'subject', name=op.f('pk_unknown_login'))
    )
    op.create_table('course',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('course_id', sa.Uuid(), nullable=False),
    sa.Column('iri', sa.Text(), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('version', sa.String(length=40), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('added_at', UtcDateTime, nullable=False),
    sa.ForeignKeyConstraint(['tenant_id', 'owner_id'], ['person.tenant_id', 'person.person_id'], name=op.f('fk_course_tenant_id_owner_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'course_id', name=op.f('pk_course'))
    )
    op.create_index(op.f('ix_course_tenant_id_title'), 'course', ['tenant_id', 'title'], unique=False)
    op.create_table('employment',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('department', sa.String(length=200), nullable=False),
    sa.Column('position', sa.String(length=200), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['tenant_id', 'person_id'], ['person.tenant_id', 'person.person_id'], name=op.f('fk_employment_tenant_id_person_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'person_id', 'department', 'position', 'starts_on', name=op.f('pk_employment'))
    )
    op.create_table('local_account',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('username', sa.String(length=100), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('password_hash', sa.String(length=300), nullable=False),
    sa.Column('changed_at', UtcDateTime, nullable=False),
    sa.ForeignKeyConstraint(['tenant_id', 'person_id'], ['person.tenant_id', 'person.person_id'], name=op.f('fk_local_account_tenant_id_person_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'username', name=op.f('pk_local_account'))
    )
    op.create_table('login_session',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('provider', sa.String(length=64), nullable=False),
    sa.Column('signed_in_at', UtcDateTime, nullable=False),
    sa.Column('sealed_id_token', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['tenant_id', 'person_id'], ['person.tenant_id', 'person.person_id'], name=op.f('fk_login_session_tenant_id_person_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'session_id', name=op.f('pk_login_session'))
    )
    op.create_index(op.f('ix_login_session_tenant_id_person_id'), 'login_session', ['tenant_id', 'person_id'], unique=False)
    op.create_index(op.f('ix_login_session_tenant_id_signed_in_at'), 'login_session', ['tenant_id', 'signed_in_at'], unique=False)
    op.create_table('objective_plan',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('plan_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('assigned_at', UtcDateTime, nullable=False),
    sa.ForeignKeyConstraint(['tenant_id', 'person_id'], ['person.tenant_id', 'person.person_id'], name=op.f('fk_objective_plan_tenant_id_person_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'plan_id', name=op.f('pk_objective_plan'))
    )
    op.create_index(op.f('ix_objective_plan_tenant_id_person_id'), 'objective_plan', ['tenant_id', 'person_id'], unique=False)
    op.create_table('person_identifier',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('issuer', sa.String(length=2048), nullable=False),
    sa.Column('value', sa.String(length=2048), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('linked_at', UtcDateTime, nullable=False),
    sa.ForeignKeyConstraint(['tenant_id', 'person_id'], ['person.tenant_id', 'person.person_id'], name=op.f('fk_person_identifier_tenant_id_person_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'kind', 'issuer', 'value', name=op.f('pk_person_identifier'))
    )
    op.create_index(op.f('ix_person_identifier_tenant_id_person_id'), 'person_identifier', ['tenant_id', 'person_id'], unique=False)
    op.create_table('role_relation',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('resident_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.CheckConstraint('resident_id <> person_id', name=op.f('ck_role_relation_not_to_oneself')),
    sa.ForeignKeyConstraint(['tenant_id', 'person_id'], ['person.tenant_id', 'person.person_id'], name=op.f('fk_role_relation_tenant_id_person_id')),
    sa.ForeignKeyConstraint(['tenant_id', 'resident_id'], ['person.tenant_id', 'person.person_id'], name=op.f('fk_role_relation_tenant_id_resident_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'resident_id', 'person_id', 'role', 'starts_on', name=op.f('pk_role_relation'))
    )
    op.create_index(op.f('ix_role_relation_tenant_id_person_id'), 'role_relation', ['tenant_id', 'person_id'], unique=False)
    op.create_table('tenant_role',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['tenant_id', 'person_id'], ['person.tenant_id', 'person.person_id'], name=op.f('fk_tenant_role_tenant_id_person_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'person_id', 'role', 'starts_on', name=op.f('pk_tenant_role'))
    )
    op.create_table('course_alias',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('course_key', sa.String(length=64), nullable=False),
    sa.Column('iri', sa.Text(), nullable=False),
    sa.Column('course_id', sa.Uuid(), nullable=False),
    sa.Column('known_to', sa.String(length=300), nullable=False),
    sa.Column('added_at', UtcDateTime, nullable=False),
    sa.ForeignKeyConstraint(['tenant_id', 'course_id'], ['course.tenant_id', 'course.course_id'], name=op.f('fk_course_alias_tenant_id_course_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'course_key', name=op.f('pk_course_alias'))
    )
    op.create_index(op.f('ix_course_alias_tenant_id_course_id'), 'course_alias', ['tenant_id', 'course_id'], unique=False)
    op.create_table('course_mapping',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('mapping_id', sa.Uuid(), nullable=False),
    sa.Column('course_id', sa.Uuid(), nullable=False),
    sa.Column('activity_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('policy', sa.String(length=40), nullable=False),
    sa.Column('requirement', sa.String(length=40), nullable=False),
    sa.Column('minimum_score', sa.Float(), nullable=True),
    sa.Column('validity_months', sa.Integer(), nullable=True),
    sa.Column('sources', Json, nullable=False),
    sa.Column('added_at', UtcDateTime, nullable=False),
    sa.Column('retired_at', UtcDateTime, nullable=True),
    sa.ForeignKeyConstraint(['tenant_id', 'activity_id'], ['learning_activity.tenant_id', 'learning_activity.activity_id'], name=op.f('fk_course_mapping_tenant_id_activity_id')),
    sa.ForeignKeyConstraint(['tenant_id', 'course_id'], ['course.tenant_id', 'course.course_id'], name=op.f('fk_course_mapping_tenant_id_course_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'mapping_id', name=op.f('pk_course_mapping')),
    sa.UniqueConstraint('tenant_id', 'course_id', 'activity_id', 'version', name=op.f('uq_course_mapping_tenant_id_course_id_activity_id_version'))
    )
    op.create_table('plan_objective',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('plan_id', sa.Uuid(), nullable=False),
    sa.Column('objective_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id', 'objective_id'], ['learning_objective.tenant_id', 'learning_objective.objective_id'], name=op.f('fk_plan_objective_tenant_id_objective_id')),
    sa.ForeignKeyConstraint(['tenant_id', 'plan_id'], ['objective_plan.tenant_id', 'objective_plan.plan_id'], name=op.f('fk_plan_objective_tenant_id_plan_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'plan_id', 'objective_id', name=op.f('pk_plan_objective'))
    )
    op.create_index(op.f('ix_plan_objective_tenant_id_objective_id'), 'plan_objective', ['tenant_id', 'objective_id'], unique=False)
    op.create_table('activity_record',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('record_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('activity_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('done_at', UtcDateTime, nullable=True),
    sa.Column('sent_at', UtcDateTime, nullable=True),
    sa.Column('signer_id', sa.Uuid(), nullable=True),
    sa.Column('closed_at', UtcDateTime, nullable=True),
    sa.Column('mapping_id', sa.Uuid(), nullable=True),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('supersedes', sa.Uuid(), nullable=True),
    sa.Column('superseded_by', sa.Uuid(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('signed_revision', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['tenant_id', 'activity_id'], ['learning_activity.tenant_id', 'learning_activity.activity_id'], name=op.f('fk_activity_record_tenant_id_activity_id')),
    sa.ForeignKeyConstraint(['tenant_id', 'mapping_id'], ['course_mapping.tenant_id', 'course_mapping.mapping_id'], name=op.f('fk_activity_record_tenant_id_mapping_id')),
    sa.ForeignKeyConstraint(['tenant_id', 'person_id'], ['person.tenant_id', 'person.person_id'], name=op.f('fk_activity_record_tenant_id_person_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'record_id', name=op.f('pk_activity_record'))
    )
    op.create_index(op.f('ix_activity_record_tenant_id_state_sent_at'), 'activity_record', ['tenant_id', 'state', 'sent_at'], unique=False)
    op.create_index('uq_activity_record_current', 'activity_record', ['tenant_id', 'person_id', 'activity_id'], unique=True, sqlite_where=sa.text('superseded_by IS NULL'), postgresql_where=sa.text('superseded_by IS NULL'))
    op.create_table('record_event',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('record_id', sa.Uuid(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('event', sa.String(length=40), nullable=False),
    sa.Column('from_state', sa.String(length=40), nullable=False),
    sa.Column('to_state', sa.String(length=40), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('actor_role', sa.String(length=40), nullable=False),
    sa.Column('on_behalf_of', sa.Uuid(), nullable=True),
    sa.Column('comment', sa.Text(), nullable=True),
    sa.Column('at', UtcDateTime, nullable=False),
    sa.ForeignKeyConstraint(['tenant_id', 'record_id'], ['activity_record.tenant_id', 'activity_record.record_id'], name=op.f('fk_record_event_tenant_id_record_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'record_id', 'sequence', name=op.f('pk_record_event'))
    )
    op.create_index(op.f('ix_record_event_tenant_id_actor_id_at'), 'record_event', ['tenant_id', 'actor_id', 'at'], unique=False)
    op.create_table('record_evidence',
    sa.Column('tenant_id', sa.String(length=64), nullable=False),
    sa.Column('evidence_id', sa.Uuid(), nullable=False),
    sa.Column('record_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('source_id', sa.String(length=200), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('asserted_by', sa.String(length=300), nullable=False),
    sa.Column('activity_iri', sa.Text(), nullable=True),
    sa.Column('outcome', Json, nullable=False),
    sa.Column('occurred_at', UtcDateTime, nullable=False),
    sa.Column('received_at', UtcDateTime, nullable=False),
    sa.Column('digest', sa.String(length=72), nullable=True),
    sa.Column('text', sa.Text(), nullable=True),
    sa.Column('added_at', UtcDateTime, nullable=False),
    sa.Column('record_revision', sa.Integer(), nullable=False),
    sa.Column('retracted_at', UtcDateTime, nullable=True),
    sa.Column('retraction_reason', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['tenant_id', 'record_id'], ['activity_record.tenant_id', 'activity_record.record_id'], name=op.f('fk_record_evidence_tenant_id_record_id')),
    sa.PrimaryKeyConstraint('tenant_id', 'evidence_id', name=op.f('pk_record_evidence')),
    sa.UniqueConstraint('tenant_id', 'record_id', 'source', 'source_id', 'revision', name=op.f('uq_record_evidence_tenant_id_record_id_source_source_id_revision'))
    )
    op.create_index(op.f('ix_record_evidence_tenant_id_source_source_id'), 'record_evidence', ['tenant_id', 'source', 'source_id'], unique=False)
