"""Forwarding, against another installation as users run it and against an LRS that answers as the test wants."""

import json
import logging
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import text

from lrs_bridge.db import open_engine, read, transact
from lrs_bridge.rounds import relays
from lrs_bridge.xapi.relay import service
from lrs_bridge.xapi.relay.relay import Light, State
from lrs_bridge.xapi.relay.reply import Cause
from lrs_bridge.xapi.relay.running import service as running
from lrs_bridge.xapi.retention import service as retention
from lrs_bridge.xapi.statements.log import store as log
from tests.support.odd_lrs import always
from tests.support.relays import Site, many, new_id
from tests.support.statements import COMPLETED, COURSE, OLA, VOIDED, statement, voiding


def errors(caplog):
    return [record.message for record in caplog.records if record.levelno == logging.ERROR]


def received(database_url):
    """The ids that an installation stored, in order, and their JSON."""
    engine = open_engine(database_url)
    with engine.connect() as session:
        rows = session.execute(text("select statement_id, payload from statement order by seq")).all()
    engine.dispose()
    return {str(uuid.UUID(str(row[0]))): row[1] for row in rows}


def test_delivers_everything_in_order_with_its_very_bytes_when_the_other_side_is_another_installation(here, twin):
    odd = statement(id=new_id(), result={"score": {"scaled": 0.90, "raw": 1.0e1}}, timestamp="2026-03-04T10:00:00.1+01:00")
    ids = here.store(*many(120), odd)
    ids += here.store(voiding(ids[3], id=new_id()))
    relay = here.forward_to(f"{twin.url}/xapi/", key=twin.key, secret=twin.secret)
    assert here.round() == 0
    got = received(twin.database_url)
    assert list(got) == ids
    mine = here.payloads()
    for name in ("result", "timestamp"):
        assert json.loads(got[odd["id"]])[name] == json.loads(mine[odd["id"]])[name]
    assert '"raw":10.0' in got[odd["id"]] or '"raw":1.0e1' in got[odd["id"]] or '"raw":10' in got[odd["id"]]
    found = here.standing(relay)
    assert (found.light, found.waiting, found.relay.relayed) == (Light.RUNNING, 0, 122)
    assert here.round() == 0
    assert list(received(twin.database_url)) == ids


@pytest.mark.parametrize("filtered", [{}, {"verbs": [COMPLETED]}])
def test_sends_a_few_at_a_time_when_statements_are_large(here, there, monkeypatch, filtered):
    monkeypatch.setattr(log, "MOST_BYTES", 5000)
    ids = here.store(*many(7, result={"response": "x" * 4000}))
    here.forward_to(there.url, **filtered)
    assert here.round() == 0
    assert [each for one in there.sent for each in one.ids] == ids
    assert max(len(one.ids) for one in there.sent) == 2


def test_sends_the_stored_bytes_in_batches_of_fifty_when_nothing_is_to_be_left_out(here, there):
    ids = here.store(*many(120))
    here.forward_to(there.url, key="nøkkel", secret="hemmelig")
    here.round()
    assert [len(one.ids) for one in there.sent] == [50, 50, 20]
    assert [each for one in there.sent for each in one.ids] == ids
    assert there.sent[0].body == b"[" + ",".join(list(here.payloads().values())[:50]).encode() + b"]"
    asked = there.sent[0].headers
    assert asked["x-experience-api-version"] == "1.0.3"
    assert asked["content-type"] == "application/json"
    assert asked["authorization"] == "Basic bsO4a2tlbDpoZW1tZWxpZw=="
    assert asked["host"] == there.url.split("/")[2]


def test_leaves_out_what_this_lrs_assigned_when_asked_to(here, there):
    (sent,) = here.store(statement(id=new_id(), timestamp="2026-03-04T10:00:00Z"))
    here.forward_to(there.url, assigned=False)
    here.round()
    (got,) = json.loads(there.sent[0].body)
    assert got["id"] == sent
    assert "stored" not in got
    assert "authority" not in got
    assert got["timestamp"] == "2026-03-04T10:00:00Z"


def test_halves_a_refused_batch_until_the_bad_one_stands_alone_and_goes_on_with_the_rest(here, there):
    ids = here.store(*many(30))
    bad = {ids[7], ids[20]}
    there.answer = lambda asked: (400, {}, b'{"message": "not this one"}') if bad & set(asked.ids) else (200, {}, b"[]")
    relay = here.forward_to(there.url)
    assert here.round() == 0
    accepted = [one for one in there.sent if not bad & set(one.ids)]
    assert [each for one in accepted for each in one.ids] == [each for each in ids if each not in bad]
    letters = here.letters(relay)
    assert {letter.statement_id for letter in letters} == bad
    assert {(letter.reason, letter.attempts) for letter in letters} == {('400: {"message": "not this one"}', 1)}
    assert here.standing(relay).waiting == 0
    assert here.standing(relay).relay.relayed == 28


def knowing(statement_id, parameter, answer):
    """Answers of an LRS that has a statement under this id, and gives it, or something else, by the parameter."""

    def give(asked):
        if asked.method == "POST":
            return (409, {}, b"known") if statement_id in asked.ids else (204, {}, b"")
        return answer if asked.parameters.get(parameter) == statement_id else (404, {}, b"")

    return give


@pytest.mark.parametrize("parameter", ["statementId", "voidedStatementId"])
def test_takes_a_conflict_for_delivered_when_the_same_statement_is_there_already(here, there, parameter):
    ids = here.store(*many(3))
    theirs = json.loads(here.payloads()[ids[1]]) | {"stored": "2020-01-01T00:00:00Z", "authority": OLA}
    there.answer = knowing(ids[1], parameter, (200, {}, json.dumps(theirs).encode()))
    relay = here.forward_to(there.url)
    assert here.round() == 0
    assert here.letters(relay) == []
    assert here.standing(relay).relay.relayed == 3


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}, json.dumps(statement(actor=OLA, timestamp="2026-03-04T10:00:00Z")).encode()),
        (200, {}, b"<html>"),
        (200, {}, b"[1]"),
        (403, {}, b""),
        (404, {}, b""),
    ],
    ids=["another", "no JSON", "no statement", "unreadable", "gone"],
)
def test_lists_a_statement_when_another_one_may_have_its_id_there(here, there, answer):
    ids = here.store(*many(3))
    there.answer = knowing(ids[1], "statementId", answer)
    relay = here.forward_to(there.url)
    assert here.round() == 0
    assert here.standing(relay).relay.relayed == 2
    (letter,) = here.letters(relay)
    assert letter.statement_id == ids[1]
    assert letter.reason == "409: the other LRS has another statement under this id. known"
    here.change(service.resend, relay, None)
    assert here.round() == 0
    assert [letter.attempts for letter in here.letters(relay)] == [2]
    there.answer = always(204, {}, b"")
    here.change(service.resend, relay, None)
    assert here.round() == 0
    assert here.letters(relay) == []


def test_waits_when_it_can_not_be_asked_what_has_the_id_there(here, there):
    (known,) = here.store(*many(1))
    there.answer = knowing(known, "statementId", (503, {}, b""))
    relay = here.forward_to(there.url)
    assert here.round() == 1
    found = here.standing(relay)
    assert (found.waiting, found.dead_letters, found.relay.troubles[0].cause) == (1, 0, Cause.OUT_OF_ORDER)


@pytest.mark.parametrize("status", [401, 403])
def test_stops_with_an_alert_when_the_key_is_refused(here, there, status, caplog):
    here.store(*many(3))
    there.answer = always(status, {}, b"who are you?")
    relay = here.forward_to(there.url)
    with caplog.at_level(logging.ERROR):
        assert here.round() == 1
    assert "was stopped" in caplog.text
    found = here.standing(relay)
    assert (found.light, found.relay.state) == (Light.REFUSED, State.REFUSED)
    assert found.relay.troubles[0].cause is Cause.KEY_REFUSED
    asked = len(there.sent)
    here.round()
    assert len(there.sent) == asked
    there.answer = always(200, {}, b"[]")
    here.change(service.resume_relay, relay)
    assert here.round() == 0
    assert here.standing(relay).waiting == 0


@pytest.mark.parametrize(
    ("answer", "cause", "least", "most"),
    [
        ((500, {}, b"oops"), Cause.OUT_OF_ORDER, 1, 2),
        ((503, {"Retry-After": "120"}, b""), Cause.OUT_OF_ORDER, 120, 120),
        ((429, {"Retry-After": "7"}, b""), Cause.BUSY, 7, 7),
        ((404, {}, b"<h1>Not found</h1>"), Cause.NO_LRS, 1, 2),
        ((302, {"Location": "https://elsewhere.example.no/"}, b""), Cause.REDIRECT, 1, 2),
    ],
    ids=["500", "503", "429", "404", "302"],
)
def test_waits_and_tries_again_when_the_other_side_can_not(here, there, answer, cause, least, most):
    ids = here.store(*many(3))
    there.answer = always(*answer)
    relay = here.forward_to(there.url)
    assert here.round() == 1
    after = here.standing(relay).relay
    assert (after.state, after.failures, after.troubles[0].cause) == (State.RUNNING, 1, cause)
    assert here.standing(relay).light is Light.TROUBLED
    wait = (after.retry_at - here.parts.clock()).total_seconds()
    assert least - 5 < wait <= most
    assert [one.relay_id for one in relays.due(here.parts)] == ([] if wait > 0 else [relay.relay_id])
    here.ahead += timedelta(hours=2)
    assert [one.relay_id for one in relays.due(here.parts)] == [relay.relay_id]
    there.answer = always(200, {}, b"[]")
    assert here.round() == 0
    assert there.sent[-1].ids == ids
    assert here.standing(relay).light is Light.RUNNING


def test_tries_again_when_nobody_listens(here):
    here.store(*many(1))
    relay = here.forward_to("http://127.0.0.1:9/xapi")
    assert here.round() == 1
    assert here.standing(relay).relay.troubles[0].cause is Cause.UNREACHABLE


def test_stops_when_every_statement_is_refused_one_after_the_other(here, there, monkeypatch):
    monkeypatch.setattr(running, "MAX_REFUSED_IN_ROW", 4)
    here.store(*many(10))
    there.answer = always(400, {}, b"no")
    relay = here.forward_to(there.url)
    assert here.round() == 1
    found = here.standing(relay)
    assert found.relay.troubles[0].cause is Cause.ALL_REFUSED
    assert (found.light, found.dead_letters, found.waiting) == (Light.REFUSED, 4, 6)


def test_tries_dead_letters_again_or_forgets_them_when_told_to(here, there):
    ids = here.store(*many(3))
    there.answer = always(400, {}, b"no")
    relay = here.forward_to(there.url)
    here.round()
    assert len(here.letters(relay)) == 3
    first = next(letter for letter in here.letters(relay) if letter.statement_id == ids[0])
    here.change(service.resend, relay, first.letter_id)
    here.round()
    assert {(one.statement_id, one.attempts) for one in here.letters(relay)} == {(ids[0], 2), (ids[1], 1), (ids[2], 1)}
    second = next(letter for letter in here.letters(relay) if letter.statement_id == ids[1])
    assert here.change(service.forget, relay, second.letter_id) == 1
    there.answer = always(200, {}, b"[]")
    assert here.change(service.resend, relay, None) == 2
    sent = len(there.sent)
    here.round()
    assert sorted(each for one in there.sent[sent:] for each in one.ids) == sorted([ids[0], ids[2]])
    assert here.letters(relay) == []


def test_sends_only_what_fits_the_filter_and_what_voids_it(here, there):
    other = "http://adlnet.gov/expapi/verbs/experienced"
    ids = here.store(
        statement(actor=OLA),
        statement(verb={"id": other}, actor=OLA),
        statement(),
        statement(actor=OLA, object={"id": COURSE + "/1"}),
        statement(actor=OLA, object={"id": "https://elsewhere.example.no"}),
    )
    ids += here.store(voiding(ids[0]), voiding(ids[1]))
    here.forward_to(there.url, verbs=[COMPLETED], activities=[COURSE + "*"], actors=["https://idp.example.no"])
    here.round()
    assert [each for one in there.sent for each in one.ids] == [ids[0], ids[3], ids[5]]


def test_sends_a_voiding_after_its_target_when_that_came_later_and_fits_the_filter(here, there):
    late, never = new_id(), new_id()
    voidings = here.store(voiding(late), voiding(never))
    here.store(statement(id=late))
    here.forward_to(there.url, verbs=[COMPLETED])
    here.round()
    assert [each for one in there.sent for each in one.ids] == [late, voidings[0]]
    assert VOIDED in there.sent[-1].body.decode()


def test_begins_anew_from_a_statement_a_time_or_the_beginning(here, there):
    ids = here.store(*many(5))
    between = datetime.now(UTC)
    ids += here.store(*many(5))
    relay = here.forward_to(there.url, start="now")
    here.round()
    assert there.sent == []
    for start, expected in ((ids[3], ids[3:]), (between.isoformat(), ids[5:]), ("beginning", ids)):
        there.asked.clear()
        here.change(service.replay, relay, start)
        here.round()
        assert [each for one in there.sent for each in one.ids] == expected


def test_rests_while_paused_and_then_goes_on_where_it_stopped(here, there):
    here.store(*many(2))
    relay = here.forward_to(there.url)
    here.round()
    here.change(service.pause_relay, relay)
    later = here.store(*many(2))
    here.round()
    assert len(there.sent) == 1
    assert here.standing(relay).light is Light.PAUSED
    here.change(service.resume_relay, relay)
    here.round()
    assert there.sent[-1].ids == later


def test_tells_once_of_a_stall_and_again_of_the_next_one(here, there, caplog):
    here.store(*many(1))
    relay = here.forward_to(there.url, stall_minutes="15")
    there.answer = always(500, {}, b"")
    here.round()
    assert here.standing(relay).light is Light.TROUBLED
    here.ahead += timedelta(minutes=16)
    assert here.standing(relay).light is Light.STALLED
    with caplog.at_level(logging.ERROR):
        here.round()
        here.round()
    assert errors(caplog) == ["the forwarding Andre siden has stalled"]
    there.answer = always(200, {}, b"[]")
    assert here.round() == 0
    assert here.standing(relay).light is Light.RUNNING
    here.ahead += timedelta(hours=1)
    assert here.standing(relay).light is Light.RUNNING  # nothing waits
    here.store(*many(1))
    there.answer = always(500, {}, b"")
    here.ahead += timedelta(hours=1)
    caplog.clear()
    with caplog.at_level(logging.ERROR):
        here.round()
    assert errors(caplog) == ["the forwarding Andre siden has stalled"]


def test_leaves_a_relay_to_the_worker_that_holds_it_until_its_lease_runs_out(here, there):
    here.store(*many(1))
    relay = here.forward_to(there.url)
    now = here.parts.clock()
    length = timedelta(seconds=60)
    held = transact(here.engine, lambda s: running.hold(s, relay, "another", length=length, now=now))
    assert held is not None
    assert here.round() == 0
    assert there.sent == []
    here.ahead += timedelta(seconds=61)
    assert here.round() == 0
    assert len(there.sent) == 1
    with pytest.raises(running.LeaseLost):
        transact(here.engine, lambda s: running.advance(s, held, cursor=0, taken=1, now=here.parts.clock()))


def test_keeps_its_lease_while_one_call_takes_longer_than_that(here, there):
    ids = here.store(*many(1))
    relay = here.forward_to(there.url)
    lease, taken = timedelta(seconds=1), []

    def ask():
        now = here.parts.clock()
        return transact(here.engine, lambda s: running.hold(s, relay, "another", length=lease, now=now))

    def slow(_asked):
        end = time.monotonic() + 3 * lease.total_seconds()
        while time.monotonic() < end:
            taken.append(ask())
            time.sleep(0.2)
        return 200, {}, b"[]"

    there.answer = slow
    assert relays.run(here.parts, relay, "worker", threading.Event(), lease=lease)
    assert set(taken) == {None}
    assert [one.ids for one in there.sent] == [ids]
    assert here.standing(relay).waiting == 0


def test_drops_the_worker_out_when_an_administrator_changes_the_relay_meanwhile(here, there):
    ids = here.store(*many(60))
    relay = here.forward_to(there.url)

    def answer(asked):
        if len(there.sent) == 1:
            here.change(service.replay, relay, ids[30])
        return 200, {}, b"[]"

    there.answer = answer
    assert here.round() == 0
    assert len(there.sent) == 1
    assert here.round() == 0
    assert [each for one in there.sent[1:] for each in one.ids] == ids[30:]


def test_keeps_the_secret_where_only_the_master_key_opens_it(here, there):
    here.store(*many(1))
    relay = here.forward_to(there.url, secret="very secret")
    with here.engine.connect() as session:
        kept = session.execute(text("select sealed_secret from relay")).scalar_one()
        told = session.execute(text("select detail from audit_event")).scalars().all()
    assert "very secret" not in kept
    assert "very secret" not in repr((relay, told))
    other = Site(str(here.engine.url.render_as_string(hide_password=False)), "/nowhere", MASTER_KEY="A" * 43 + "=")
    assert other.round() == 1
    assert here.standing(relay).relay.troubles[0].cause is Cause.SECRET_UNREADABLE
    other.close()


def test_is_not_sent_into_networks_that_nobody_allowed(database_url, tmp_path, there):
    site = Site(database_url, tmp_path, ALLOW_PRIVATE_NETWORKS="10.0.0.0/8")
    site.store(*many(1))
    relay = site.forward_to(there.url)
    assert site.round() == 1
    assert there.asked == []
    assert site.standing(relay).relay.troubles[0].cause is Cause.FORBIDDEN_ADDRESS
    site.close()


def erase_ola(site):
    """As a person's request does, whose first one waits until every worker has looked for erasures again."""
    reading, writing = partial(read, site.engine), partial(transact, site.engine)
    parts = site.parts
    told = {"pause": lambda _s: retention._NEVER_ERASED.clear()}
    sweep = retention.Sweep(reading, writing, parts.evidence_hold, parts.kept_attempts, parts.clock, **told)
    return retention.carry_out(sweep, "demo", retention.rule_of_agent(json.dumps(OLA), actor="operator"))


def test_forgets_the_letters_of_statements_that_are_erased(here, there):
    ids = here.store(*many(1, actor=OLA), *many(1))
    there.answer = always(400, {}, b"no")
    relay = here.forward_to(there.url)
    here.round()
    erase_ola(here)
    assert [letter.statement_id for letter in here.letters(relay)] == [ids[1]]


def test_notes_nothing_of_a_statement_that_is_erased_while_it_is_under_way(here, there):
    _gone, left = here.store(*many(1, actor=OLA), *many(1))

    def answer(_asked):
        if len(there.sent) == 1:
            erase_ola(here)
        return 400, {}, b"Ola is not wanted here"

    there.answer = answer
    relay = here.forward_to(there.url)
    assert here.round() == 0
    assert [letter.statement_id for letter in here.letters(relay)] == [left]


def test_forgets_what_the_other_side_said_when_a_person_is_erased(here, there):
    here.store(*many(1, actor=OLA))
    there.answer = always(500, {}, b"no place for Ola")
    relay = here.forward_to(there.url)
    here.round()
    before = here.standing(relay).relay.troubles[0]
    assert "Ola" in before.message
    erase_ola(here)
    (after,) = here.standing(relay).relay.troubles
    assert (after.at, after.cause, after.status, after.message) == (before.at, before.cause, 500, "")


def test_removes_a_relay_with_its_letters(here, there):
    here.store(*many(1))
    there.answer = always(400, {}, b"no")
    relay = here.forward_to(there.url)
    here.round()
    here.change(service.remove_relay, relay)
    assert read(here.engine, lambda s: service.standings(s, None, here.parts.clock())) == []
