"""The commands that operators script against."""

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from lrs_bridge import __version__
from lrs_bridge.cli import main
from lrs_bridge.db import open_engine, read, transact
from lrs_bridge.people import service as people
from lrs_bridge.signing import service as signing
from tests.support.environment import environ_for


@pytest.fixture
def run(database_url, tmp_path):
    """Runs a command on an empty, migrated database."""

    def command(*arguments, **environ):
        return CliRunner().invoke(main, arguments, env=environ_for(database_url, tmp_path) | environ)

    return command


@pytest.fixture
def look(database_url):
    """Reads from the database that the commands wrote to."""
    engine = open_engine(database_url)
    yield lambda work: read(engine, work)
    engine.dispose()


def create_tenant(run):
    return run("tenant", "create", "fjordvik", "--name", "Helse Fjordvik")


def test_tells_its_version(run):
    assert __version__ in run("--version").output


def test_makes_a_tenant_that_can_sign(run, look):
    assert create_tenant(run).exit_code == 0
    assert [(t.tenant, t.name, t.language) for t in look(people.tenants)] == [("fjordvik", "Helse Fjordvik", "nb")]
    assert len(look(signing.public_keys)) == 1


def test_makes_a_key_that_scripts_can_read(run):
    create_tenant(run)
    done = run("credentials", "create", "Læringsportalen", "--tenant", "fjordvik", "--scope", "statements/write", "--json")
    assert done.exit_code == 0
    made = json.loads(done.output)
    assert set(made) == {"key", "secret"}
    assert made["key"].startswith("fjordvik.")
    assert len(made["secret"]) >= 43


def test_ends_a_key_that_leaked(run):
    create_tenant(run)
    made = json.loads(run("credentials", "create", "KS Læring", "--tenant", "fjordvik", "--scope", "all", "--json").output)
    assert f"{made['key']}  KS Læring  works  all" in run("credentials", "list", "--tenant", "fjordvik").output
    assert run("credentials", "revoke", made["key"]).exit_code == 0
    assert "ended" in run("credentials", "list", "--tenant", "fjordvik").output
    assert run("credentials", "revoke", made["key"]).exit_code == 1


def test_says_which_scope_is_unknown(run):
    create_tenant(run)
    done = run("credentials", "create", "X", "--tenant", "fjordvik", "--scope", "everything", "--json")
    assert done.exit_code == 1
    assert "everything" in done.output


def test_says_that_there_is_no_such_tenant(run):
    for arguments in (
        ("credentials", "create", "X", "--tenant", "nowhere", "--scope", "all"),
        ("keys", "rotate", "--tenant", "nowhere"),
        ("account", "create", "x", "--tenant", "nowhere", "--name", "X", "--password", "a long enough one"),
    ):
        done = run(*arguments)
        assert done.exit_code == 1, arguments
        assert "no tenant nowhere" in done.output


def test_makes_an_account_that_can_log_in(run, look):
    create_tenant(run)
    arguments = ["--tenant", "fjordvik", "--name", "Åse Admin", "--administrator", "--password", "correct horse battery"]
    done = run("account", "create", "aase", *arguments)
    assert done.exit_code == 0, done.output
    (person,) = look(lambda session: people.find_persons(session, "fjordvik", "Åse"))
    assert person.name == "Åse Admin"


def test_refuses_a_password_that_is_too_short_and_keeps_nothing(run, look):
    create_tenant(run)
    done = run("account", "create", "aase", "--tenant", "fjordvik", "--name", "Åse Admin", "--password", "short")
    assert done.exit_code == 1
    assert "12 characters" in done.output
    assert look(lambda session: people.find_persons(session, "fjordvik", "Åse")) == []


def test_signs_with_a_new_key_after_rotation_and_still_publishes_the_old(run, look):
    create_tenant(run)
    before = [key["kid"] for key in look(signing.public_keys)]
    done = run("keys", "rotate", "--tenant", "fjordvik")
    assert done.exit_code == 0
    after = [key["kid"] for key in look(signing.public_keys)]
    assert after[:-1] == before
    assert after[-1] in done.output


def test_refuses_to_rotate_with_another_master_key_unless_the_old_one_is_lost(run):
    create_tenant(run)
    other = {"LRS_BRIDGE_MASTER_KEY": "A" * 43 + "="}
    refused = run("keys", "rotate", "--tenant", "fjordvik", **other)
    assert refused.exit_code == 1
    assert "LRS_BRIDGE_MASTER_KEY" in refused.output
    assert run("keys", "rotate", "--tenant", "fjordvik").exit_code == 0
    assert run("keys", "rotate", "--tenant", "fjordvik", "--lost", **other).exit_code == 0


def test_loads_the_demo_twice_without_harm(run):
    first, second = run("demo", "load"), run("demo", "load")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.output.splitlines()[1:] == second.output.splitlines()[1:]
    assert " statement send --endpoint http://127.0.0.1:8080/xapi/ --key demo." in first.output


@pytest.mark.parametrize("command", [("serve",), ("worker", "--once"), ("tenant", "create", "x", "--name", "X")])
def test_says_what_to_do_when_the_database_is_not_set_up(run, command, tmp_path):
    done = run(*command, LRS_BRIDGE_DATABASE_URL=f"sqlite:///{tmp_path}/nothing.sqlite3")
    assert done.exit_code == 1
    assert "lrs-bridge db upgrade" in done.output


def test_says_what_is_wrong_when_there_is_no_server(run):
    done = run("worker", "--once", LRS_BRIDGE_DATABASE_URL="postgresql://u:hemmelig@127.0.0.1:1/none")
    assert done.exit_code == 1
    assert "can't be opened" in done.output
    assert "hemmelig" not in done.output


def test_names_the_variable_that_is_wrong(run):
    done = run("worker", "--once", LRS_BRIDGE_PUBLIC_URL="nonsense")
    assert done.exit_code == 1
    assert "LRS_BRIDGE_PUBLIC_URL" in done.output


def test_refuses_to_serve_without_a_master_key(run):
    done = run("serve", LRS_BRIDGE_MASTER_KEY="")
    assert done.exit_code == 1
    assert "master key" in done.output


def test_sets_up_a_new_database_and_makes_a_master_key(run, tmp_path):
    new = tmp_path / "new"
    environ = {"LRS_BRIDGE_DATA_DIR": str(new), "LRS_BRIDGE_MASTER_KEY": "", "LRS_BRIDGE_DATABASE_URL": ""}
    assert run("db", "upgrade", **environ).exit_code == 0
    key = (new / "master.key").read_text()
    assert run("db", "upgrade", **environ).exit_code == 0
    assert (new / "master.key").read_text() == key


def test_reads_the_chain_and_the_keys_that_the_verifier_names(run, tmp_path):
    known = "tests/data/attestations"
    file, jwks, chain = (f"{known}/{name}.json" for name in ("attestation", "jwks", "chain"))
    good = run("verify", file, "--jwks", jwks, "--chain", chain)
    assert good.exit_code == 0, good.output
    assert "The signature holds" in good.output
    unknown = run("verify", file)
    assert unknown.exit_code == 1
    broken = tmp_path / "broken.json"
    broken.write_text(Path(file).read_text().replace("jws", "JWS", 1))
    done = run("verify", str(broken), "--jwks", jwks)
    assert done.exit_code == 1
    assert "verification step 1" in done.output


def test_holds_a_file_against_the_checkpoint_that_the_verifier_kept(run):
    known = "tests/data/attestations"
    file, jwks, checkpoint, proof = (f"{known}/{name}.json" for name in ("logged", "jwks", "checkpoint", "consistency"))
    alone = run("verify", file, "--jwks", jwks)
    assert "Log: it is entry 1 of 5, by the checkpoint of 2026-11-12" in alone.output
    assert "Kept checkpoint: none given" in alone.output
    good = run("verify", file, "--jwks", jwks, "--checkpoint", checkpoint, "--consistency", proof)
    assert (good.exit_code, "the same log, which only grew (3 entries at 2026-11-12" in good.output) == (0, True)
    unproved = run("verify", file, "--jwks", jwks, "--checkpoint", checkpoint)
    assert (unproved.exit_code, "/logs/demo/consistency.json?from=3&to=5" in unproved.output) == (1, True)
    old = run("verify", f"{known}/attestation.json", "--jwks", jwks)
    assert (old.exit_code, "this file carries no proof that it is in the log" in old.output) == (0, True)


def unseal(database_url):
    """Takes away what a program without a log had not made."""
    engine = open_engine(database_url)
    transact(engine, lambda session: [session.execute(text(f"delete from {name}")) for name in ("log_leaf", "log_checkpoint")])
    engine.dispose()


def test_signs_the_first_checkpoint_of_ledgers_that_had_no_log_when_it_upgrades(run, database_url):
    assert run("demo", "load").exit_code == 0
    unseal(database_url)
    assert (run("doctor").exit_code, run("worker", "--once").exit_code) == (1, 1)
    assert run("db", "upgrade").exit_code == 0
    assert run("doctor").exit_code == 0


def test_still_upgrades_when_no_checkpoint_can_be_signed(run, database_url):
    assert run("demo", "load").exit_code == 0
    unseal(database_url)
    done = run("db", "upgrade", LRS_BRIDGE_MASTER_KEY="A" * 43 + "=")
    assert done.exit_code == 0
    assert "The transparency log of demo has no checkpoint of its newest entries: the signing key" in done.output


def test_refuses_a_port_that_another_server_listens_on(run):
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = run("serve", "--port", str(other.getsockname()[1]))
    assert done.exit_code == 1
    assert "--port" in done.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--course", "https://example.no/kurs"], "--email or by --account"),
        (["--course", "https://example.no/kurs", "--email", "a@example.no", "--verb", "flew"], "flew"),
    ],
)
def test_says_what_is_wrong_before_it_sends_a_statement(run, arguments, told):
    done = run("statement", "send", "--key", "k", "--secret", "s", *arguments)
    assert done.exit_code == 2
    assert told in done.output
