"""Relay: forwarding and pulling."""

import sqlalchemy as sa
from alembic import op

from lrs_bridge.db.types import Json, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
