"""``lrs-bridge doctor`` on the demo: silent while all is well, and naming what was altered when something was."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from lrs_bridge import doctor
from lrs_bridge.app import build_parts
from lrs_bridge.db import transact
from tests.support.environment import environ_for, settings_for


@pytest.fixture
def parts(demo_database_url, tmp_path):
    """The service's parts, with the demo in the database."""
    parts = build_parts(settings_for(demo_database_url, tmp_path))
    yield parts
    parts.engine.dispose()


def problems(parts):
    return [f"{found.topic}: {found.message}" for found in doctor.examine(parts) if found.level is doctor.Level.PROBLEM]


def run(*arguments, **environ):
    command = Path(sys.executable).parent / "lrs-bridge"
    others = {name: value for name, value in os.environ.items() if not name.startswith("LRS_")}
    return subprocess.run([command, *arguments], env=others | environ, capture_output=True, text=True, check=False)


ATTESTED = "select record_id from attestation where sequence = 1"
STATEMENT = f"select source_id from record_evidence where source = 'xapi' and record_id in ({ATTESTED})"


@pytest.mark.parametrize(
    ("altering", "told"),
    [
        ("update statement set payload = replace(payload, 'mailto:', 'mailto:x')", "evidence"),
        ("update attestation set payload = replace(payload, 'resident', 'Resident') where sequence = 1", "payload"),
        ("update attestation set jws = replace(jws, '.', '..') where sequence = 1", "jws"),
        ("delete from attestation where sequence = 2", "entry 2 was removed"),
        ("delete from attestation where sequence = (select max(sequence) from attestation)", "removed from the end"),
        (f"update activity_record set state = 'done' where record_id in ({ATTESTED})", "record"),
        ("update record_evidence set text = 'something else' where kind = 'note'", "evidence"),
        ("update activity_record set state = 'signed' where state = 'planned'", "attestation"),
        ("update log_leaf set nodes = (select nodes from log_leaf where sequence = 1) where sequence = 3", "transparency log"),
        ("delete from log_leaf where sequence = 2", "entry 2 was removed from the transparency log"),
        ("update log_checkpoint set jws = replace(jws, '.', '..') where size = 1", "the checkpoint of size 1 was altered"),
        ("delete from log_checkpoint", "no signed checkpoint"),
    ],
    ids=[
        "evidence",
        "attestation",
        "signature",
        "removal",
        "cut-off",
        "record",
        "note",
        "forged-signature",
        "leaf",
        "no-leaf",
        "checkpoint",
        "no-checkpoint",
    ],
)
def test_says_which_when_a_row_is_altered(parts, altering, told):
    assert problems(parts) == []
    assert transact(parts.engine, lambda session: session.execute(text(altering)).rowcount) > 0
    found = problems(parts)
    assert found != []
    assert told in " ".join(found).lower()


def test_prints_every_setting_without_secrets_and_ends_well_when_nothing_is_wrong(demo_database_url, tmp_path):
    done = run("doctor", **environ_for(demo_database_url, tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "LRS_BRIDGE_MASTER_KEY=(set)" in done.stdout + done.stderr
    assert "ledger of demo: unbroken" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"LRS_BRIDGE_MASTER_KEY": ""}, "master key: none"),
        ({"LRS_BRIDGE_PUBLIC_URL": "http://lrs.example.no"}, "not https"),
        ({"LRS_BRIDGE_DATA_DIR": "/nowhere/at/all"}, "is not there"),
        ({"LRS_BRIDGE_DATABASE_URL": "postgresql://postgres@127.0.0.1:1/none"}, "can't be reached"),
        ({"LRS_BRIDGE_DATABASE_URL": "sqlite://"}, "lrs-bridge db upgrade"),
        ({"LRS_BRIDGE_TYPO": "1"}, "LRS_BRIDGE_TYPO"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_says_what_is_wrong_with_a_set_up(database_url, tmp_path, changes, told):
    done = run("doctor", **(environ_for(database_url, tmp_path) | changes))
    assert done.returncode == 1
    assert told in done.stdout + done.stderr


def test_says_which_keys_another_master_key_cannot_open(demo_database_url, tmp_path):
    done = run("doctor", **environ_for(demo_database_url, tmp_path) | {"LRS_BRIDGE_MASTER_KEY": "A" * 43 + "="})
    assert done.returncode == 1
    assert "keys of demo" in done.stdout
    assert "LRS_BRIDGE_MASTER_KEY" in done.stdout


def test_says_that_there_is_no_tenant_when_the_database_is_new(database_url, tmp_path):
    done = run("doctor", **environ_for(database_url, tmp_path))
    assert done.returncode == 0
    assert "none yet" in done.stdout + done.stderr
