"""Scores go out to a platform by real HTTP: each once, in order, whatever happens on the way."""

import logging
import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from lrs_bridge.lti.advantage import client
from lrs_bridge.lti.advantage.grades import SCORE_SCOPE
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.lti.platforms.platform import Product
from lrs_bridge.lti.scores import service
from lrs_bridge.lti.scores.delivery import LEASE, MOST_REFUSALS, State
from lrs_bridge.plans.record import Event
from lrs_bridge.ports import Reached, Standing
from lrs_bridge.rounds import lti
from tests.support.lti.services import Placed, platform_services
from tests.support.plans import DRUGS_IRI, open_ward

ALL_STATES = list(State)


@pytest.fixture
def there():
    client.forget_tokens()
    with platform_services() as services:
        yield services


@pytest.fixture
def ward(engine):
    return open_ward(engine)


@pytest.fixture
def placed(ward, tmp_path, there):
    made = Placed(ward, tmp_path, there)
    yield made
    made.parts.engine.dispose()


@pytest.fixture
def placing(ward, tmp_path, there):
    """A platform that makes no columns itself."""
    made = Placed(ward, tmp_path, there, product=Product.BRIGHTSPACE)
    yield made
    made.parts.engine.dispose()


def shown(placed):
    found = placed.read(lambda s: service.scores_of(s, placed.tenant, placed.platform.platform_id, ALL_STATES))
    return sorted((one.score for one in found), key=lambda score: (score.subject, score.number))


def states(placed):
    return [score.state.value for score in shown(placed)]


def stored(placed, at):
    """An instant as the database writes it."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z") if placed.ward.engine.dialect.name == "sqlite" else at


def pass_drugs(ward, score=0.9):
    """The first score: sent for signing."""
    return ward.reports(DRUGS_IRI, success=True, score=score)


def hand_back(ward):
    """Another score: under way again."""
    ward.apply(ward.record(ward.drugs).record_id, Event.RETURN, comment="Mangler noe")


def test_what_is_done_arrives_with_its_progress_and_then_its_grade(placed, ward, there):
    placed.link(ward.drugs, ("42", ward.kari))
    pass_drugs(ward)
    assert lti.run_scores(placed.parts) == 1  # done, and sent for signing at once
    ward.apply(ward.record(ward.drugs).record_id, Event.SIGN)
    assert lti.run_scores(placed.parts) == 1
    assert there.sent() == [("42", "Submitted", None), ("42", "Completed", 90)]
    assert [s["gradingProgress"] for s in there.taken["1"]] == ["PendingManual", "FullyGraded"]
    assert lti.run_scores(placed.parts) == 0
    assert states(placed) == ["sent", "sent"]
    assert len(there.token_requests) == 1


def test_scores_made_while_the_platform_is_down_arrive_when_it_is_back_once_and_in_order(placed, ward, there, caplog):
    placed.link(ward.drugs, ("42", ward.kari))
    there.down = 503
    pass_drugs(ward)
    with caplog.at_level(logging.WARNING):
        assert lti.run_scores(placed.parts) == 0
    assert "will be sent again" in caplog.text
    hand_back(ward)
    placed.later(hours=5)
    assert lti.run_scores(placed.parts) == 0
    ward.send(ward.drugs)
    ward.apply(ward.record(ward.drugs).record_id, Event.SIGN)
    assert there.sent() == []
    there.down = None
    placed.later(hours=5)
    lti.run_scores(placed.parts)
    assert [progress for _, progress, _ in there.sent()] == ["Submitted", "InProgress", "Submitted", "Completed"]
    assert [given for _, _, given in there.sent()] == [None, None, None, 90]
    placed.later(hours=5)
    assert lti.run_scores(placed.parts) == 0
    assert len(there.sent()) == 4


def test_a_platform_that_is_away_is_asked_once_a_round_and_keeps_nobody_elses_scores(placed, ward, there, tmp_path):
    with platform_services() as away:
        other = Placed(ward, tmp_path, away)
    link_id = other.link(ward.drugs, *((str(n), ward.kari) for n in range(60)))
    signed = Standing(Reached.SIGNED, ward.clock, 1.0, is_final=True, path="/plan")
    for n in range(60):
        other.do(lambda s: service.enqueue_for(s, other.tenant, link_id, str(n), signed, now=ward.clock))  # noqa: B023
    placed.link(ward.hygiene, ("42", ward.kari))
    ward.reports()
    lti.run_scores(placed.parts)
    assert there.sent()[-1] == ("42", "Completed", 100)
    tried = [one for one in shown(other) if one.attempts]
    assert (len(shown(other)), len(tried)) == (60, 1)
    assert {one.next_at for one in shown(other)} == {tried[0].next_at}
    other.parts.engine.dispose()


def test_a_send_that_takes_longer_than_its_lease_is_cut_off(placed, ward, there, monkeypatch):
    assert LEASE.total_seconds() >= lti.SEND_SECONDS + 30  # looking up names is not cut off
    monkeypatch.setattr(lti, "SEND_SECONDS", 1)
    placed.link(ward.drugs, ("42", ward.kari))
    pass_drugs(ward)
    answer, over = there._post_scores, threading.Event()
    there._post_scores = lambda *asked: (over.wait(20), answer(*asked))[1]
    began = time.monotonic()
    assert lti.run_scores(placed.parts) == 0
    assert time.monotonic() - began < 10
    over.set()
    assert shown(placed)[0].reason == "it did not answer in time"


def test_nothing_overtakes_what_was_refused_for_a_while(placed, ward, there):
    placed.link(ward.drugs, ("42", ward.kari))
    there.statuses["scores"] = 500
    pass_drugs(ward)
    lti.run_scores(placed.parts)
    del there.statuses["scores"]
    then = ward.clock
    hand_back(ward)
    ward.clock = then  # the first one's turn has not come again, while the second one could go at any time
    placed.do(lambda s: s.execute(text("update lti_score set next_at = :at where number = 2"), {"at": stored(placed, then)}))
    assert lti.run_scores(placed.parts) == 0
    placed.later(hours=1)
    assert lti.run_scores(placed.parts) == 2
    assert [progress for _, progress, _ in there.sent()] == ["Submitted", "InProgress"]


def test_a_score_whose_sender_died_is_sent_again_and_taken_once(placed, ward, there):
    placed.link(ward.drugs, ("42", ward.kari))
    pass_drugs(ward)
    hand_back(ward)
    first = placed.read(lambda s: service.due(s, ward.clock))[0]
    assert placed.do(lambda s: service.take(s, first, now=ward.clock))
    lti._tried(placed.parts, first)  # and then it dies
    assert lti.run_scores(placed.parts) == 0
    placed.later(seconds=LEASE.total_seconds() + 1)
    lti.run_scores(placed.parts)
    assert [progress for _, progress, _ in there.sent()] == ["Submitted", "InProgress"]
    assert states(placed) == ["newer_there", "sent"]


def test_two_senders_at_once_send_each_score_once(placed, ward, there):
    for number, person in enumerate((ward.kari, ward.ola)):
        placed.link(ward.drugs, (str(number), person))
    placed.link(ward.hygiene, ("0", ward.kari), line_item="2")
    pass_drugs(ward)
    hand_back(ward)
    ward.reports()
    senders = [threading.Thread(target=lti.run_scores, args=(placed.parts,)) for _ in range(3)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    lti.run_scores(placed.parts)
    assert [progress for _, progress, _ in there.sent("1")] == ["Submitted", "InProgress"]
    posts = [asked for asked in there.asked if asked.path.endswith("/scores")]
    assert len(posts) == len(there.taken["1"]) + len(there.taken["2"])


def test_a_refusal_steps_aside_and_can_be_sent_again(placed, ward, there, caplog):
    placed.link(ward.drugs, ("42", ward.kari))
    there.statuses["scores"] = 400
    pass_drugs(ward)
    hand_back(ward)
    with caplog.at_level(logging.ERROR):
        assert lti.run_scores(placed.parts) == 0
    assert "a score was refused: the platform answered 400" in caplog.text
    assert states(placed) == ["failed", "failed"]
    assert shown(placed)[0].reason == "the platform answered 400: because the test says so"
    del there.statuses["scores"]
    ward.send(ward.drugs)
    assert lti.run_scores(placed.parts) == 1
    again = shown(placed)[0]
    resend = lambda s: service.resend(s, placed.tenant, again.platform_id, again.score_id, by="system", now=ward.clock)  # noqa: E731
    assert placed.do(resend) == 0
    assert lti.run_scores(placed.parts) == 0
    assert states(placed) == ["newer_there", "failed", "sent"]
    assert there.sent() == [("42", "Submitted", None)]


def test_a_token_that_has_ended_is_fetched_anew_once(placed, ward, there):
    placed.link(ward.drugs, ("42", ward.kari))
    pass_drugs(ward)
    lti.run_scores(placed.parts)
    there.tokens.clear()
    ward.apply(ward.record(ward.drugs).record_id, Event.SIGN)
    assert lti.run_scores(placed.parts) == 1
    assert len(there.token_requests) == 2


def test_a_short_token_is_not_used_again(placed, ward, there):
    there.lasts = 30
    placed.link(ward.drugs, ("42", ward.kari))
    pass_drugs(ward)
    hand_back(ward)
    lti.run_scores(placed.parts)
    assert len(there.token_requests) == 2


def test_gives_up_when_our_rights_are_refused_for_long(placed, ward, there):
    placed.link(ward.hygiene, ("42", ward.kari))
    there.statuses["scores"] = 403
    ward.reports()
    for _ in range(MOST_REFUSALS - 1):
        lti.run_scores(placed.parts)
        placed.later(hours=2)
    assert states(placed)[0] == "waiting"
    lti.run_scores(placed.parts)
    assert states(placed)[0] == "failed"


def test_makes_the_column_once_where_there_is_none_and_keeps_it(placing, ward, there):
    placing.link(ward.hygiene, ("1", ward.kari), ("2", ward.ola), line_item=None)
    ward.reports()
    lti.run_scores(placing.parts)
    (name,) = there.items
    assert there.items[name]["label"] == "Smittevern"
    assert there.sent(name)
    before = len(there.asked)
    ward.do(
        lambda s: service.note_standings(
            s, placing.tenant, "activity", str(ward.hygiene), standings(placing, ward), now=ward.now()
        )
    )
    lti.run_scores(placing.parts)
    assert list(there.items) == [name]
    assert not any(asked.path.endswith("/items") for asked in there.asked[before:])


def standings(placed, ward):
    return placed.read(
        lambda s: placed.parts.launchables.standings(s, placed.tenant, "activity", str(ward.hygiene), [ward.kari, ward.ola])
    )


def test_finds_the_column_that_was_made_before(placing, ward, there):
    link_id = placing.link(ward.hygiene, ("1", ward.kari), line_item=None)
    there.items |= {str(n): {"label": "x", "resourceId": "other"} for n in range(3)}
    there.items["made"] = {"label": "Smittevern", "resourceId": str(link_id)}
    ward.reports()
    lti.run_scores(placing.parts)
    assert there.sent("made")
    assert len(there.items) == 4


def test_only_one_sender_makes_the_column(placing, ward, there):
    placing.link(ward.hygiene, ("1", ward.kari), ("2", ward.ola), line_item=None)
    there.statuses["items"] = 500
    done = Standing(Reached.DONE, ward.clock, None, is_final=False, path="/plan")
    for person in (ward.kari, ward.ola):
        recipients = {person: done}
        ward.do(lambda s: service.note_standings(s, placing.tenant, "activity", str(ward.hygiene), recipients, now=ward.clock))  # noqa: B023
    assert len(placing.read(lambda s: service.due(s, ward.clock))) == 2
    first = placing.read(lambda s: service.due(s, ward.clock))[0]
    placing.do(lambda s: service.take(s, first, now=ward.clock))
    assert placing.read(lambda s: service.due(s, ward.clock)) == []


def test_a_platform_that_gives_no_right_to_send_gets_nothing(placed, ward, there):
    placed.link(ward.drugs, ("42", ward.kari), scopes=())
    placed.link(ward.drugs, ("43", ward.kari), line_item=None, scopes=(SCORE_SCOPE,))
    placed.link(ward.hygiene, ("44", ward.kari), role="Instructor")
    pass_drugs(ward)
    ward.reports()
    assert lti.run_scores(placed.parts) == 0
    assert shown(placed) == []


def test_a_paused_platform_gets_its_scores_when_it_is_resumed(placed, ward, there):
    placed.link(ward.drugs, ("42", ward.kari))
    ids = {"tenant": placed.tenant, "platform_id": placed.platform.platform_id, "by": "system", "now": ward.clock}
    placed.do(lambda s: platforms.pause_platform(s, **ids))
    pass_drugs(ward)
    assert lti.run_scores(placed.parts) == 0
    placed.do(lambda s: platforms.resume_platform(s, **ids))
    assert lti.run_scores(placed.parts) == 1


def test_canvas_is_told_when_it_was_handed_in(ward, tmp_path, there):
    placed = Placed(ward, tmp_path, there, product=Product.CANVAS)
    placed.link(ward.drugs, ("42", ward.kari))
    pass_drugs(ward)
    lti.run_scores(placed.parts)
    score = there.taken["1"][0]
    assert score["https://canvas.instructure.com/lti/submission"]["submitted_at"] == score["timestamp"]
    placed.parts.engine.dispose()


def test_goes_to_no_address_that_is_not_allowed(placed, ward, there):
    placed.link(ward.drugs, ("42", ward.kari))
    pass_drugs(ward)
    closed = replace(placed.parts, settings=replace(placed.parts.settings, allow_private_networks=()))
    assert lti.run_scores(closed) == 0
    assert there.asked == []
    assert "not on the open Internet" in shown(placed)[0].reason


def test_a_server_process_sends_by_itself(placed, ward, there):
    placed.link(ward.drugs, ("42", ward.kari))
    pass_drugs(ward)
    arrived = threading.Event()
    take, there._post_scores = there._post_scores, lambda *asked: (take(*asked), len(there.sent()) == 1 and arrived.set())[0]
    deliverer = lti.keep_delivering(placed.parts)
    assert arrived.wait(10)
    deliverer.stop()
    deliverer.join(10)
    assert not deliverer.is_alive()


def test_a_server_process_survives_what_goes_wrong(placed, monkeypatch, caplog):
    again = threading.Event()
    monkeypatch.setattr(lti, "AFTER_TROUBLE", timedelta(milliseconds=10))
    tries = iter(range(3))

    def clock():
        if next(tries, None) is None:
            again.set()
        raise RuntimeError("the clock has stopped")

    deliverer = lti.keep_delivering(replace(placed.parts, clock=clock))
    assert again.wait(10)
    deliverer.stop()
    deliverer.join(10)
    assert "sending scores failed" in caplog.text
