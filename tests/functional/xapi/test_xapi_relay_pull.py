"""Pulling, from another installation as users run it and from LRSs with ways of their own."""

import json
import logging
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from sqlalchemy import text

from lrs_bridge.db import transact
from lrs_bridge.xapi.credentials import service as credentials
from lrs_bridge.xapi.relay import client, service
from lrs_bridge.xapi.relay.relay import Light, State
from lrs_bridge.xapi.relay.reply import Cause
from tests.support.odd_lrs import always
from tests.support.relays import many, new_id, number_by_the_clock
from tests.support.statements import statement, voiding

THROUGH = "X-Experience-API-Consistent-Through"


def stored(value, at, **more):
    """A statement as another LRS gives it."""
    authority = {"objectType": "Agent", "account": {"homePage": "https://there.example.no", "name": "1"}}
    return (
        value
        | {"id": value.get("id", new_id()), "stored": at, "authority": authority, "timestamp": at, "version": "1.0.0"}
        | more
    )


def page(statements, more=""):
    return json.dumps({"statements": statements, "more": more}).encode()


def count(site, table):
    with site.engine.connect() as session:
        return session.execute(text(f"select count(*) from {table}")).scalar_one()


def test_stores_after_all_that_is_there_when_the_clock_was_set_back(here, there):
    number_by_the_clock()
    (earlier,) = here.store(*many(1), at=datetime.now(UTC) + timedelta(hours=1))
    number_by_the_clock()  # as a worker that starts now does
    there.answer = always(200, {}, page([stored(statement(), "2026-03-04T10:00:00Z")]))
    relay = here.pull_from(there.url)
    assert here.round() == 0
    assert here.standing(relay).relay.relayed == 1
    assert next(iter(here.payloads())) == earlier


def test_brings_a_thousand_statements_over_in_pages_and_then_only_what_is_new(here, twin):
    ids = twin.site.store(*many(1000))
    relay = here.pull_from(f"{twin.url}/xapi", key=twin.key, secret=twin.secret)
    time.sleep(1.1)  # the other LRS vouches for what is a second old
    assert here.round() == 0
    assert list(here.payloads()) == ids
    assert here.standing(relay).relay.relayed == 1000
    assert count(here, "completion") == 1000
    ids += twin.site.store(voiding(ids[0]))
    time.sleep(1.1)
    assert here.round() == 0
    assert here.standing(relay).relay.relayed == 1001
    assert list(here.payloads()) == ids
    assert here.letters(relay) == []


def test_makes_completions_whose_source_is_the_pull(here, there):
    there.answer = always(200, {}, page([stored(statement(), "2026-03-04T10:00:00Z")]))
    here.pull_from(there.url, name="Nabosykehuset")
    assert here.round() == 0
    with here.engine.connect() as session:
        assert session.execute(text("select asserted_by from completion")).scalars().all() == ["Nabosykehuset"]


def test_asks_oldest_first_since_the_cursor_and_never_past_what_is_known_to_be_whole(here, there):
    through = datetime.now(UTC) - timedelta(minutes=5)
    there.answer = always(200, {THROUGH: through.isoformat()}, page([]))
    here.pull_from(there.url)
    here.round()
    here.round()
    first, second = there.asked
    assert first.parameters["ascending"] == "true"
    assert "since" not in first.parameters
    assert datetime.fromisoformat(second.parameters["since"]) == through - timedelta(seconds=1)


def test_stays_a_minute_behind_an_lrs_that_tells_nothing_of_its_consistency(here, there):
    clock = datetime(2026, 3, 4, 10, tzinfo=UTC)
    there.answer = always(200, {"Date": format_datetime(clock, usegmt=True)}, page([]))
    relay = here.pull_from(there.url)
    here.round()
    assert here.standing(relay).relay.sweep.since >= clock - timedelta(seconds=61)


@pytest.mark.parametrize("absolute", [True, False])
def test_follows_more_that_is_relative_or_names_a_host_behind_a_proxy(here, there, absolute):
    values = [stored(statement(), f"2026-03-04T10:00:0{n}Z") for n in range(3)]
    start = "http://internal.example.no:8080" if absolute else ""

    def answer(asked):
        if asked.parameters.get("page") == "2":
            return 200, {}, page(values[2:])
        return 200, {}, page(values[:2], f"{start}/xapi/statements?page=2")

    there.answer = answer
    here.pull_from(there.url)
    assert here.round() == 0
    assert list(here.payloads()) == [value["id"] for value in values]


def test_puts_statements_that_break_a_rule_aside_and_takes_the_rest(here, there):
    good, bad = stored(statement(), "2026-03-04T10:00:00Z"), stored(statement(), "2026-03-04T10:00:01Z")
    bad["actor"] = {"mbox": "kari@example.no"}
    nameless = stored(statement(), "2026-03-04T10:00:01Z")
    del nameless["id"], nameless["verb"]
    there.answer = always(200, {}, page([bad, nameless, good, 42]))
    relay = here.pull_from(there.url)
    assert here.round() == 0
    assert list(here.payloads()) == [good["id"]]
    letters = {letter.statement_id: letter.reason for letter in here.letters(relay)}
    assert set(letters) == {bad["id"], None}
    assert "actor.mbox" in letters[bad["id"]]
    here.round()
    assert {one.attempts for one in here.letters(relay) if one.statement_id} == {2}


def test_puts_a_statement_aside_whose_id_means_something_else_here(here, there):
    (taken,) = here.store(statement(id=new_id()))
    other = stored(statement(id=taken, verb={"id": "https://example.no/verb"}), "2026-03-04T10:00:00Z")
    good = stored(statement(), "2026-03-04T10:00:00Z")
    there.answer = always(200, {}, page([other, good, good]))
    relay = here.pull_from(there.url)
    assert here.round() == 0
    assert good["id"] in here.payloads()
    assert [letter.statement_id for letter in here.letters(relay)] == [taken]


def test_goes_on_when_a_statement_would_void_what_another_source_stored(here, there):
    [own] = here.store(*many(1))
    taken, voids = (stored(one, "2026-03-04T10:00:00Z") for one in (statement(), voiding(own)))
    there.answer = always(200, {}, page([voids, taken]))
    relay = here.pull_from(there.url)
    assert here.round() == 0
    assert list(here.payloads()) == [own, taken["id"]]
    assert [letter.statement_id for letter in here.letters(relay)] == [voids["id"]]
    assert count(here, "completion") == 2


def test_fetches_a_dead_letter_anew_by_its_id_when_told_to(here, there):
    bad = stored(statement(), "2026-03-04T10:00:01Z")
    good, broken = dict(bad), bad | {"actor": {}}
    there.answer = always(200, {}, page([broken]))
    relay = here.pull_from(there.url)
    here.round()
    there.answer = lambda asked: (200, {}, json.dumps(broken).encode() if "statementId" in asked.parameters else page([]))
    here.change(service.resend, relay, None)
    here.round()
    assert [letter.attempts for letter in here.letters(relay)] == [2]

    def voided_since(asked):
        if "voidedStatementId" in asked.parameters:
            return 200, {}, json.dumps(good).encode()
        return (404, {}, b"") if "statementId" in asked.parameters else (200, {}, page([]))

    there.answer = voided_since
    here.change(service.resend, relay, None)
    here.round()
    assert here.letters(relay) == []
    assert list(here.payloads()) == [good["id"]]


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"[]", b'{"more": ""}', b'{"statements": {}}', b'{"statements": [', b'{"statements": [], "more": 7}', b"\xff"],
)
def test_waits_and_tries_again_when_the_answer_is_not_what_an_lrs_gives(here, there, body):
    there.answer = always(200, {}, body)
    relay = here.pull_from(there.url)
    assert here.round() == 1
    after = here.standing(relay).relay
    assert (after.state, after.failures, after.troubles[0].cause) == (State.RUNNING, 1, Cause.ODD_ANSWER)
    there.answer = always(200, {}, page([stored(statement(), "2026-03-04T10:00:01Z")]))
    assert here.round() == 0
    assert here.standing(relay).light is Light.RUNNING


def test_goes_on_near_where_it_was_when_more_is_no_longer_answered(here, there):
    values = [stored(statement(), f"2026-03-04T10:00:{n:02}.123Z") for n in range(0, 40, 10)]

    def answer(asked):
        if "page" in asked.parameters:
            return 400, {}, b"that query has expired"
        since = asked.parameters.get("since", "")
        return 200, {}, page(values[2:]) if since else page(values[:2], "/xapi/statements?page=2")

    there.answer = answer
    relay = here.pull_from(there.url)
    assert here.round() == 1
    assert here.round() == 0
    assert there.asked[-1].parameters["since"] == "2026-03-04T10:00:09.123000Z"
    assert list(here.payloads()) == [value["id"] for value in values]
    assert here.standing(relay).light is Light.RUNNING


def test_gives_up_on_an_answer_that_comes_too_slowly_or_is_too_long(here, there, monkeypatch):
    monkeypatch.setattr(client, "READ_SECONDS", 0.2)
    real = client.Remote.__init__
    monkeypatch.setattr(client.Remote, "__init__", lambda self, *a, **more: real(self, *a, **more, read_seconds=0.2))

    def slow(asked):
        time.sleep(0.6)
        return 200, {}, page([])

    there.answer = slow
    relay = here.pull_from(there.url)
    assert here.round() == 1
    assert here.standing(relay).relay.troubles[0].cause is Cause.TIMEOUT
    monkeypatch.setattr("lrs_bridge.rounds.pulling.MAX_PAGE_BYTES", 1000)
    there.answer = always(200, {}, page([]) + b" " * 2000)
    assert here.round() == 1
    assert here.standing(relay).relay.troubles[0].cause is Cause.ODD_ANSWER


def test_stops_with_an_alert_when_the_key_is_refused_there_or_its_own_was_revoked_here(here, there, caplog):
    there.answer = always(401, {}, b"no")
    relay = here.pull_from(there.url)
    with caplog.at_level(logging.ERROR):
        assert here.round() == 1
    assert here.standing(relay).light is Light.REFUSED
    here.change(service.resume_relay, relay)
    there.answer = always(200, {}, page([stored(statement(), "2026-03-04T10:00:01Z")]))
    now = datetime.now(UTC)
    transact(here.engine, lambda s: credentials.revoke_credential(s, "demo", relay.credential_key, now))
    assert here.round() == 1
    assert here.standing(relay).relay.troubles[0].cause is Cause.OWN_KEY_ENDED
    assert here.standing(relay).relay.state is State.REFUSED
    assert here.payloads() == {}


def test_keeps_only_what_fits_the_filter(here, there):
    values = [
        stored(statement(), "2026-03-04T10:00:01Z"),
        stored(statement(verb={"id": "https://x.example.no/v"}), "2026-03-04T10:00:02Z"),
    ]
    there.answer = always(200, {}, page(values))
    here.pull_from(there.url, verbs=["https://x.example.no/v"])
    here.round()
    assert list(here.payloads()) == [values[1]["id"]]


def test_stalls_when_no_answer_comes_for_long_and_begins_anew_from_a_time(here, there):
    there.answer = always(500, {}, b"")
    relay = here.pull_from(there.url)
    here.ahead += timedelta(minutes=16)
    here.round()
    assert here.standing(relay).light is Light.STALLED
    here.change(service.replay, relay, "2026-01-01T00:00:00+01:00")
    there.answer = always(200, {}, page([]))
    here.round()
    assert there.asked[-1].parameters["since"] == "2025-12-31T23:00:00.000000Z"


def test_is_a_ring_without_end_for_nobody_when_two_installations_pull_from_each_other(here, twin):
    ids = here.store(*many(3))
    here.forward_to(f"{twin.url}/xapi", name="Ut", key=twin.key, secret="wrong")
    out = transact(twin.site.engine, _writer)
    here.forward_to(f"{twin.url}/xapi", name="Ut to", key=out[0], secret=out[1])
    here.pull_from(f"{twin.url}/xapi", name="Inn", key=twin.key, secret=twin.secret)
    here.round()
    time.sleep(1.1)
    here.round()
    assert sorted(twin.site.payloads()) == sorted(ids)
    assert list(here.payloads()) == ids


def _writer(session):
    return credentials.create_credential(session, tenant="demo", name="Inn", scopes=["statements/write"], now=datetime.now(UTC))
