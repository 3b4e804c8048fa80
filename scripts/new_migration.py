"""Drafts a migration from the difference between the newest revision and the tables.

python scripts/new_migration.py NUMBER TITLE
"""

import sys
import tempfile
from pathlib import Path

from alembic import command

from lrs_bridge.db import migrations, open_engine


def main() -> None:
    """Writes the draft under lrs_bridge/db/migrations/versions; read it before you commit it."""
    number, title = sys.argv[1:]
    migrations.load_all_tables()
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder)}/draft.sqlite3")
        migrations.upgrade(engine)
        with engine.begin() as session:
            config = migrations.configuration()
            config.attributes["connection"] = session
            command.revision(config, message=title, rev_id=number, autogenerate=True)
        engine.dispose()


if __name__ == "__main__":
    main()
