"""Statements at speed."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.db.types import Json, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
