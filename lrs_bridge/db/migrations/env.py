"""Alembic's entry: always run with an open connection, by ``lrs_bridge.db.migrations``."""

from typing import Any, Literal

from alembic import context

from lrs_bridge.db.metadata import metadata
from lrs_bridge.db.types import Json, UtcDateTime


def render(kind: str, item: Any, _autogenerate: Any) -> str | Literal[False]:
    """Drafts name our own column types plainly."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "UtcDateTime"
    if kind == "type" and item is Json:
        return "Json"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    render_item=render,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
