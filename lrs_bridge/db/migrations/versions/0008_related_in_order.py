"""Related statements in order: what statements refer to stands in one table on every database, by reference and number."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

RELATED = "what a statement refers to beside its actor, verb and object, members of groups included"


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            "insert into statement_related (tenant_id, ref, seq) "
            "select tenant_id, unnest(related), seq from statement on conflict do nothing"
        )
        op.drop_index("ix_statement_related", "statement")
        op.create_table_comment("statement_related", RELATED)
    op.drop_index("ix_statement_related_of", "statement_related")
    op.drop_column("statement", "related")
