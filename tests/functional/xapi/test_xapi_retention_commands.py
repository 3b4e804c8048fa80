"""``lrs-bridge statements``: the commands that operators use, on a service that learning systems write to over HTTP."""

import csv
import gzip
import io
import json
import os
import pty
import stat
import subprocess
from datetime import UTC, datetime
from threading import Event
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from lrs_bridge.cli import main
from lrs_bridge.db import read, transact
from lrs_bridge.people import service as people
from lrs_bridge.rounds.retention import run_due
from lrs_bridge.xapi.retention import service as retention
from tests.support.environment import environ_for
from tests.support.live import LiveServer
from tests.support.lrs import Caller
from tests.support.parts import MIXED, attachment, body, part
from tests.support.statements import KARI, OLA, statement, voiding

OLD = "update statement set seq = seq - 40000000000000 * 1024"  # four hundred and some days


@pytest.fixture
def engine(app):
    return app.extensions["lrs_bridge"].engine


@pytest.fixture
def run(database_url, tmp_path, monkeypatch, engine):
    """Runs a command on the database of the service."""
    monkeypatch.setattr(retention, "FIRST_PAUSE_SECONDS", 0.0)
    runner = CliRunner()

    def command(*arguments, status=0):
        done = runner.invoke(main, ["statements", *map(str, arguments)], env=environ_for(database_url, tmp_path))
        assert done.exit_code == status, done.output
        return done

    environ = environ_for(database_url, tmp_path)
    made = runner.invoke(main, ["tenant", "create", "demo", "--name", "Demo"], env=environ)
    assert made.exit_code == 0, made.output
    return command


@pytest.fixture
def caller(client, engine, run):
    return Caller(client, engine)


def ages(engine) -> None:
    """Lets the statements be old; nothing points at them."""

    def work(session):
        session.execute(text("delete from statement_related"))
        session.execute(text(OLD))

    transact(engine, work)


def lines(output) -> list[dict]:
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def test_exports_what_the_api_gives_and_nothing_else_on_standard_output(run, caller):
    sent = [statement(id=str(uuid4())), statement(id=str(uuid4()), actor=OLA)]
    caller.post(sent)
    done = run("export", "--tenant", "demo", "--ascending")
    assert lines(done.stdout) == caller.get(ascending="true").json["statements"]
    assert len(done.stdout.splitlines()) == 2
    assert done.stderr.endswith("2 statements were exported.\n")
    only = run("export", "--tenant", "demo", "--agent", json.dumps(OLA))
    assert [each["id"] for each in lines(only.stdout)] == [sent[1]["id"]]


def test_exports_each_statement_in_a_line_when_it_was_sent_over_many(run, caller):
    spread = json.dumps(statement(result={"extensions": {"https://x.no": 1.0}}), indent=2).replace("1.0", "1.00e0")
    assert caller("POST", data=spread, content_type="application/json").status_code == 200
    done = run("export", "--tenant", "demo")
    assert len(done.stdout.splitlines()) == 1
    assert "1.00e0" in done.stdout


def test_says_so_when_the_file_can_t_be_written(run, caller, tmp_path):
    caller.post(statement())
    done = run("export", "--tenant", "demo", "--output", tmp_path / "nowhere" / "x", status=1)
    assert "can't be written: No such file or directory" in done.output


def test_writes_a_table_for_spreadsheets_and_one_for_statistics(run, caller, tmp_path):
    caller.post(statement(result={"score": {"scaled": 0.5}}))
    run("export", "--tenant", "demo", "--format", "csv", "--output", tmp_path / "x.csv")
    [row] = csv.DictReader(io.StringIO((tmp_path / "x.csv").read_text()))
    assert (row["actor"], row["scaled"], row["voided"]) == (KARI["mbox"], "0.5", "false")
    assert stat.S_IMODE((tmp_path / "x.csv").stat().st_mode) == 0o600
    run("export", "--tenant", "demo", "--format", "parquet", "--output", tmp_path / "x.parquet")
    from pyarrow import parquet  # noqa: PLC0415  an extra

    [typed] = parquet.read_table(tmp_path / "x.parquet").to_pylist()
    assert (typed["id"], typed["scaled"]) == (row["id"], 0.5)


def test_leaves_nothing_half_written_when_an_export_fails(run, tmp_path):
    for arguments in (["--verb", "x"], ["--agent", "{}"], ["--since", "yesterday"], ["--registration", "1"], ["--verb", ""]):
        done = run("export", "--tenant", "demo", "--output", tmp_path / "x.ndjson", *arguments, status=1)
        assert arguments[0][2:] in done.output
    run("export", "--tenant", "nowhere", "--output", tmp_path / "x.ndjson", status=1)
    assert not [path for path in tmp_path.iterdir() if "ndjson" in path.name]


def test_moves_statements_from_one_lrs_to_another(run, caller, client, engine, tmp_path):
    sent = [statement(id=str(uuid4())) for _ in range(3)]
    caller.post(sent)
    caller.post(voiding(sent[0]["id"]))
    run("export", "--tenant", "demo", "--voided", "--output", tmp_path / "all.ndjson")
    packed = tmp_path / "all.ndjson.gz"
    packed.write_bytes(gzip.compress((tmp_path / "all.ndjson").read_bytes()))
    transact(engine, lambda s: s.execute(text("insert into tenant values ('other', 'Other', 'trust', 'nb', null)")))
    theirs = Caller(client, engine, tenant="other")
    foretold = run("import", packed, "--tenant", "other", "--credential", theirs.key, "--dry-run")
    assert foretold.output == "4 would be stored.\n"
    assert theirs.stored() == []
    done = run("import", packed, "--tenant", "other", "--credential", theirs.key, "--keep-authority")
    assert done.output.splitlines() == ["4 were stored.", "2 completions came of them."]
    names = {each["authority"]["account"]["name"] for each in theirs.stored()}
    assert names == {caller.key}
    assert len(theirs.stored()) == 3
    assert "--again" in run("import", packed, "--tenant", "other", "--credential", theirs.key).output


def test_moves_attachments_from_one_lrs_to_another(run, caller, client, engine, tmp_path):
    proof = attachment(b"bevis")
    value = statement(id=str(uuid4()), attachments=[proof])
    assert caller("POST", data=body(value, part(b"bevis")), content_type=MIXED).status_code == 200
    run("export", "--tenant", "demo", "--output", tmp_path / "all.ndjson", "--attachments", tmp_path / "contents")
    transact(engine, lambda s: s.execute(text("insert into tenant values ('other', 'Other', 'trust', 'nb', null)")))
    theirs = Caller(client, engine, tenant="other")
    arguments = ["import", tmp_path / "all.ndjson", "--tenant", "other", "--credential", theirs.key]
    assert "--attachments DIR" in run(*arguments, "--dry-run", status=1).stderr
    run(*arguments, "--attachments", tmp_path / "contents")
    assert b"bevis" in theirs.get(attachments="true").data


def test_tells_every_refusal_when_a_file_has_wrong_statements(run, caller, tmp_path):
    file, errors = tmp_path / "x.ndjson", tmp_path / "errors.ndjson"
    values = [statement(verb={"id": f"verb {n}"}) for n in range(25)]
    file.write_text("\n".join(json.dumps(each) for each in [*values, statement()]))
    arguments = ["import", file, "--tenant", "demo", "--credential", caller.key, "--errors", errors]
    done = run(*arguments, status=1)
    assert done.stdout.splitlines() == ["1 were stored.", "25 invalid.", "1 completions came of them."]
    assert "line 1, statement 1: invalid: " in done.stderr
    assert "and more, see" in done.stderr
    told = lines(errors.read_text())
    assert [each["line"] for each in told] == list(range(1, 26))
    assert all(each["field"] == "verb.id" and each["rule"] for each in told)
    assert KARI["mbox"] not in errors.read_text()
    assert "no key" in run("import", file, "--tenant", "demo", "--credential", "demo.x", status=1).output


def test_erases_a_person_and_refuses_the_statements_when_they_are_sent_again(run, caller):
    sent = [statement(id=str(uuid4())), statement(id=str(uuid4()), actor=OLA)]
    caller.post(sent)
    foretold = run("erase", "--tenant", "demo", "--agent", json.dumps(KARI), "--dry-run")
    assert foretold.output.startswith("1 statements would be erased.\n")
    assert len(caller.stored()) == 2
    done = run("erase", "--tenant", "demo", "--agent", json.dumps(KARI), "--yes")
    assert done.output.startswith("1 statements were erased.\n")
    assert "1 completions" in done.output
    assert [each["id"] for each in caller.stored()] == [sent[1]["id"]]
    listed = run("retention", "list", "--tenant", "demo").output
    assert "request  operator" in listed
    assert "erased 1, held 0" in listed


def test_refuses_an_erased_statement_at_the_door(run, caller):
    sent = statement(id=str(uuid4()))
    caller.post(sent)
    run("erase", "--tenant", "demo", "--agent", json.dumps(KARI), "--yes")
    retention._NEVER_ERASED.clear()
    assert caller.post(sent).status_code == 409
    assert caller.stored() == []


def test_erases_by_policy_what_is_old_enough(run, caller, engine):
    caller.post([statement(), statement(actor=OLA)])
    ages(engine)
    young = caller.post(statement()).json
    run("retention", "add", "progress", "--tenant", "demo", "--older-than", 365, "--verb", statement()["verb"]["id"])
    assert "2 statements would be erased" in run("retention", "run", "--tenant", "demo", "--dry-run").output
    done = run("retention", "run", "progress", "--tenant", "demo", "--yes")
    assert done.stdout.splitlines()[:2] == ["progress:", "2 statements were erased."]
    assert [each["id"] for each in caller.stored()] == young
    listed = run("retention", "list", "--tenant", "demo").output
    assert "progress  older than 365 days  verb http://adlnet.gov/expapi/verbs/completed  last run 2" in listed
    run("retention", "enable", "progress", "--off", "--tenant", "demo")
    assert "disabled" in run("retention", "list", "--tenant", "demo").output
    assert run("retention", "run", "--tenant", "demo").output == ""
    run("retention", "remove", "progress", "--tenant", "demo")
    run("retention", "run", "progress", "--tenant", "demo", status=1)


def test_runs_due_policies_once_a_day_when_the_worker_does_its_rounds(run, caller, engine, app):
    caller.post([statement(), statement(actor=OLA)])
    ages(engine)
    run("retention", "add", "old", "--tenant", "demo", "--older-than", 365)
    run("retention", "add", "resting", "--tenant", "demo", "--older-than", 1, "--disabled")
    parts = app.extensions["lrs_bridge"]
    assert run_due(parts) == 2
    ages(engine)
    caller.post(statement())
    ages(engine)
    assert run_due(parts) == 0
    runs = read(engine, lambda s: retention.recent_erasures(s, "demo"))
    assert [(each.reason, each.actor, each.erased) for each in runs] == [("policy:old", "system", 2)]


def test_runs_the_other_policies_when_one_fails_and_none_when_told_to_stop(run, caller, engine, app, caplog):
    caller.post(statement())
    ages(engine)
    nobody = transact(engine, lambda s: people.add_person(s, "demo", name="Ingen", now=datetime.now(UTC)))
    run("retention", "add", "a", "--tenant", "demo", "--older-than", 365, "--person", nobody)
    run("retention", "add", "b", "--tenant", "demo", "--older-than", 365)
    parts, stop = app.extensions["lrs_bridge"], Event()
    stop.set()
    assert run_due(parts, stop) == 0
    assert len(caller.stored()) == 1
    assert run_due(parts, Event()) == 1
    assert "could not run a retention policy: the person is not known by" in caplog.text
    assert caller.stored() == []


def test_asks_for_one_way_to_name_the_person(run):
    run("erase", "--tenant", "demo", status=2)
    run("erase", "--tenant", "demo", "--agent", "{}", "--person", uuid4(), status=2)
    assert "agent" in run("erase", "--tenant", "demo", "--agent", "{}", status=1).output
    assert "no such person" in run("erase", "--tenant", "demo", "--person", uuid4(), status=1).output


@pytest.mark.parametrize("command", [("erase", "--agent", json.dumps(KARI)), ("retention", "run", "old")])
def test_erases_nothing_when_nobody_can_be_asked_and_none_has_said_yes(run, caller, engine, command):
    caller.post(statement())
    ages(engine)
    run("retention", "add", "old", "--tenant", "demo", "--older-than", 365)
    assert "--yes" in run(*command, "--tenant", "demo", status=2).output
    assert len(caller.stored()) == 1


@pytest.mark.parametrize(("said", "left"), [(b"n\n", 1), (b"y\n", 0)])
def test_asks_first_at_a_terminal(run, caller, database_url, tmp_path, said, left):
    caller.post(statement())
    run("erase", "--tenant", "demo", "--agent", json.dumps(OLA), "--yes")  # only the first erasure waits for all workers
    service = LiveServer(database_url, tmp_path)
    ours, theirs = pty.openpty()
    line = [service.command, "statements", "erase", "--tenant", "demo", "--agent", json.dumps(KARI)]
    erasing = subprocess.Popen(line, env=service.environ, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    os.write(ours, said)
    told, _ = erasing.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert b"Erase for good?" in told
    assert (erasing.returncode, len(caller.stored())) == (left, left)
