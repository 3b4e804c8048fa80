"""``lrs-bridge lti``, and what ``lrs-bridge doctor`` says of the keys."""

import base64
import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from lrs_bridge.cli import main
from lrs_bridge.db import read, transact
from lrs_bridge.lti.platforms import service
from lrs_bridge.settings import Settings
from tests.support import cast
from tests.support.cast import NORTH
from tests.support.environment import environ_for
from tests.support.lti_setups import MOODLE, setup

OTHER_KEY = base64.b64encode(b"another master key of 32 bytes!!").decode()


@pytest.fixture
def run(engine, database_url, tmp_path):
    transact(engine, cast.load)

    def command(*arguments, **environ):
        return CliRunner().invoke(main, arguments, env=environ_for(database_url, tmp_path) | environ)

    return command


def test_prints_a_link_by_which_one_platform_registers_itself(run, engine):
    printed = json.loads(run("lti", "link", "--tenant", NORTH, "--json").stdout)
    plain = run("lti", "link", "--tenant", NORTH).stdout.strip()
    for link in (printed["link"], plain):
        assert link.startswith("http://127.0.0.1:8080/lti/register/")
        claimed = transact(engine, lambda s, link=link: service.claim_link(s, link.rpartition("/")[2], now=datetime.now(UTC)))
        assert (claimed.tenant, claimed.actor) == (NORTH, "system")
    assert datetime.fromisoformat(printed["ends_at"]) > datetime.now(UTC)
    refused = run("lti", "link", "--tenant", "nowhere")
    assert (refused.exit_code, "nowhere" in refused.output) == (1, True)


def test_lists_platforms_and_how_they_fare(run, engine, database_url, tmp_path):
    key = Settings.from_environ(environ_for(database_url, tmp_path)).master_key
    add = {"master_key": key, "by": "system", "now": datetime.now(UTC)}
    transact(engine, lambda s: service.add_platform(s, NORTH, setup(deployment_id="1"), **add))
    (line,) = run("lti", "platforms", "--tenant", NORTH).stdout.splitlines()
    assert line == f"Læringsportalen  moodle  running  {MOODLE}  abc  1 deployments, no launch yet, 0 failed in the last week"
    assert run("lti", "platforms", "--tenant", "nowhere").exit_code == 1


def test_changes_keys_also_when_the_master_key_was_lost(run, engine):
    run("lti", "link", "--tenant", NORTH)
    before = read(engine, lambda s: service.public_keys(s, NORTH, datetime.now(UTC)))
    printed = run("lti", "keys", "rotate", "--tenant", NORTH)
    assert printed.exit_code == 0
    assert printed.stdout.split()[-1] in {key["kid"] for key in before}
    refused = run("lti", "keys", "rotate", "--tenant", NORTH, LRS_BRIDGE_MASTER_KEY=OTHER_KEY)
    assert (refused.exit_code, "LRS_BRIDGE_MASTER_KEY" in refused.output) == (1, True)
    new = run("lti", "keys", "rotate", "--tenant", NORTH, "--lost", LRS_BRIDGE_MASTER_KEY=OTHER_KEY)
    assert new.exit_code == 0
    assert new.stdout.split()[-1] not in {key["kid"] for key in before}


def test_doctor_says_whether_the_keys_can_be_opened_once_there_are_some(run):
    def lines(**environ):
        return [line for line in run("doctor", **environ).output.splitlines() if "LTI keys of north" in line]

    assert lines() == []
    run("lti", "link", "--tenant", NORTH)
    assert lines() == ["ok       LTI keys of north: can be decrypted"]
    (told,) = lines(LRS_BRIDGE_MASTER_KEY=OTHER_KEY)
    assert told.startswith("PROBLEM")
    assert "lti keys rotate --lost" in told
