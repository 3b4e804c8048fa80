"""The demo on real databases: every state, a ledger that holds, and a second run that changes nothing."""

import stat
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from lrs_bridge.app import EvidenceSources
from lrs_bridge.db import metadata, read, transact
from lrs_bridge.demo import content
from lrs_bridge.demo.story import id_of
from lrs_bridge.plans import service as plans
from lrs_bridge.plans.courses.service import Editor
from lrs_bridge.plans.launchables.service import PlanLaunchables
from lrs_bridge.plans.record import State
from lrs_bridge.plans.worklist import service as worklist
from lrs_bridge.plans.worklist.entry import Topic
from lrs_bridge.signing import service as signing
from lrs_bridge.xapi.credentials import service as credentials
from lrs_bridge.xapi.credentials.authorization import basic_header
from lrs_bridge.xapi.statements import service as xapi
from tests.support.environment import settings_for

NOW = datetime(2026, 11, 23, 2, 28, tzinfo=UTC)
DEMO = "demo"
KARI = id_of("person", "kari")


@pytest.fixture
def settings(database_url, tmp_path):
    return settings_for(database_url, tmp_path)


@pytest.fixture
def summary(engine, settings):
    return content.load(engine, settings, NOW)


def page(session, who="kari"):
    person = id_of("person", who)
    return plans.plan_of(session, DEMO, person, viewer_id=person, now=NOW)


def counts(engine):
    with engine.connect() as session:
        return {t.name: session.execute(select(func.count()).select_from(t)).scalar() for t in metadata.sorted_tables}


def test_shows_every_state(engine, summary):
    def states(session):
        shown = {record.state for who in ("kari", "amir", "ingrid", "jonas") for record in page(session, who).records.values()}
        before = plans.get_record(session, DEMO, page(session, "amir").records[id_of("activity", "personvern")].supersedes)
        return shown | {before.state}

    assert read(engine, states) == set(State)


def test_leaves_the_live_course_to_kari(engine, summary):
    record = read(engine, lambda s: page(s).records[id_of("activity", "smittevern")])
    assert (record.state, record.evidence) == (State.PLANNED, ())


def test_fills_the_work_list(engine, summary):
    found = read(engine, lambda s: worklist.counts(s, DEMO))
    assert (found.person, found.course, found.mapping, found.aside) == (2, 2, 1, 0)


def test_heals_the_contested_record_when_the_second_account_is_linked(engine, settings, summary):
    editor = Editor(id_of("person", "admin"), signing.SystemSigner(settings.master_key, settings.public_url), NOW)

    def link(session):
        entries = worklist.work_list(session, DEMO, Topic.PERSON).entries
        key = next(entry.key for entry in entries if entry.title == "Kari Nordmann")
        return worklist.link_person(session, DEMO, key, KARI, editor=editor, launchables=PlanLaunchables())

    assert transact(engine, link).activities == 1
    record = read(engine, lambda s: page(s).records[id_of("activity", "brannvern")])
    assert record.state is State.SIGNED
    assert record.supersedes is not None


def test_has_an_unbroken_ledger(engine, summary):
    evidence = EvidenceSources(xapi.StatementEvidence(), plans.NoteEvidence())
    assert read(engine, lambda s: signing.check_ledger(s, DEMO, evidence)) == []


def test_changes_nothing_when_loaded_again(engine, settings, summary):
    before = counts(engine)
    again = content.load(engine, settings, NOW)
    assert counts(engine) == before
    assert (summary.loaded, again.loaded) == (True, False)
    assert (again.key, again.secret) == (summary.key, summary.secret)
    assert "nothing was changed" in again.text()


def test_makes_a_new_key_when_the_old_one_is_forgotten(engine, settings, summary):
    (settings.data_dir / content.CREDENTIAL_FILE).unlink()
    again = content.load(engine, settings, NOW)
    assert again.key != summary.key
    assert (
        read(engine, lambda s: credentials.authenticate(s, basic_header(again.key, again.secret), NOW)).name == content.REPORTER
    )


def test_makes_a_new_key_when_the_kept_one_is_of_another_database(engine, settings, summary):
    path = settings.data_dir / content.CREDENTIAL_FILE
    path.write_text('{"key": "demo.other", "secret": "x"}')
    assert content.load(engine, settings, NOW).key != "demo.other"


def test_keeps_the_secret_from_other_users_of_the_machine(settings, summary):
    mode = (settings.data_dir / content.CREDENTIAL_FILE).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_tells_where_to_log_in_and_what_to_paste(summary, settings):
    text = summary.text()
    for told in ("/login", "kari", "lrs-demo-2026", summary.key, "statement send", "/kurs/smittevern"):
        assert told in text
