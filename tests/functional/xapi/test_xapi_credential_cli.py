"""Keys at the command line, which operators script against."""

import json

import pytest
from click.testing import CliRunner

from lrs_bridge.app import now
from lrs_bridge.cli import main
from lrs_bridge.db import read, transact
from lrs_bridge.errors import Unauthenticated
from lrs_bridge.xapi.credentials import service
from lrs_bridge.xapi.credentials.authorization import basic_header
from lrs_bridge.xapi.credentials.credential import Scope
from lrs_bridge.xapi.credentials.journal import service as journals
from lrs_bridge.xapi.credentials.journal.buffer import Entry
from tests.support.environment import environ_for


@pytest.fixture
def run(database_url, tmp_path):
    def command(*arguments):
        return CliRunner().invoke(main, ["credentials", *arguments], env=environ_for(database_url, tmp_path))

    tenant = ["tenant", "create", "fjordvik", "--name", "Helse Fjordvik"]
    assert CliRunner().invoke(main, tenant, env=environ_for(database_url, tmp_path)).exit_code == 0
    return command


@pytest.fixture
def make(run):
    def made(*arguments):
        done = run("create", "Læringsportalen", "--tenant", "fjordvik", "--json", *arguments)
        assert done.exit_code == 0, done.output
        said = json.loads(done.output)
        assert set(said) == {"key", "secret"}
        return said["key"], said["secret"]

    return made


def who(engine, key, secret):
    return read(engine, lambda session: service.authenticate(session, basic_header(key, secret), now()))


def test_makes_a_key_on_terms_when_options_say_so(make, engine):
    key, secret = make(
        *("--scope", "state", "--origin", "https://a.no", "--origin", "https://b.no"),
        *("--requests-per-minute", "60", "--expires", "30", "--note", "avtale 12"),
    )
    found = who(engine, key, secret)
    assert (found.scopes, found.origins, found.requests_per_minute) == ({Scope.STATE}, ("https://a.no", "https://b.no"), 60)
    assert ((found.expires_at - found.created_at).days, found.note) == (30, "avtale 12")


def test_makes_a_key_that_reports_when_no_scope_is_named(make, engine):
    assert who(engine, *make()).scopes == {Scope.WRITE, Scope.READ_MINE}


@pytest.mark.parametrize(
    "options", [["--scope", "x"], ["--origin", "a.no"], ["--requests-per-minute", "0"], ["--expires", "0"], ["--expires", "x"]]
)
def test_makes_no_key_when_an_option_is_wrong(run, engine, options):
    assert run("create", "X", "--tenant", "fjordvik", *options).exit_code in {1, 2}
    assert read(engine, lambda session: service.list_credentials(session, "fjordvik")) == []


def test_gives_a_new_secret_when_asked(run, make, engine):
    key, first = make()
    second = json.loads(run("rotate", key, "--json").output)["secret"]
    who(engine, key, first)
    third = run("rotate", key, "--overlap", "0").output.splitlines()[1].removeprefix("secret: ")
    who(engine, key, third)
    for ended in (first, second):
        with pytest.raises(Unauthenticated):
            who(engine, key, ended)
    assert run("rotate", "fjordvik.none").exit_code == 1


def test_shows_how_to_connect_and_what_went_wrong_when_asked(run, make, engine):
    key, _secret = make()
    wrong = {"code": "invalid", "field": "X-Experience-API-Version", "message": "the header is missing"}
    entry = Entry("fjordvik", key, now(), "POST", "statements", "", 400, user_agent="curl/8", **wrong)
    transact(engine, lambda session: journals.flush(session, [entry], now()))
    shown = run("show", key).output
    for text in ("Læringsportalen: works", "/xapi/", "origins: any", "unlimited", "ends: never", "no version header, from curl"):
        assert text in shown
    assert "refused 1 times" in shown
    assert "no_version: the header is missing" in shown
    assert run("show", "fjordvik.none").exit_code == 1
    assert run("revoke", key).exit_code == 0
    assert "ended" in run("show", key).output
