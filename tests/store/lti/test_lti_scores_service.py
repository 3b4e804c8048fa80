"""The outbox of scores on both databases: what is queued, for whom, and in which order."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event

from lrs_bridge.errors import NotFound
from lrs_bridge.lti.scores import service
from lrs_bridge.lti.scores.delivery import LEASE, State
from lrs_bridge.plans.launchables.service import ACTIVITY, OWN_PLAN, PLAN, PlanLaunchables
from lrs_bridge.plans.record import Event
from lrs_bridge.ports import Reached, Standing
from tests.support.lti.services import Placed, PlatformServices
from tests.support.plans import DRUGS_IRI, open_ward

NOWHERE = "https://lms.example.no"
SOURCE = PlanLaunchables()


@pytest.fixture
def ward(engine):
    return open_ward(engine)


@pytest.fixture
def placed(ward, tmp_path):
    made = Placed(ward, tmp_path, PlatformServices(NOWHERE))
    yield made
    made.parts.engine.dispose()


def waiting(placed, states=(State.WAITING,)):
    found = placed.read(lambda s: service.scores_of(s, placed.tenant, placed.platform.platform_id, states))
    return sorted((one.score for one in found), key=lambda score: (score.link_id, score.subject, score.number))


def told(placed):
    return [(score.subject, score.number, score.grade.activity_progress, score.grade.given) for score in waiting(placed)]


def standing_of(placed, activity, person):
    return placed.read(lambda s: SOURCE.standings(s, placed.tenant, ACTIVITY, str(activity), [person]))[person]


def enqueue(placed, link_id, subject, standing, *, at=None):
    now = at or placed.ward.clock
    return placed.do(lambda s: service.enqueue_for(s, placed.tenant, link_id, subject, standing, now=now))


# What can be placed


def test_finds_what_can_be_placed(placed, ward):
    found = placed.read(lambda s: SOURCE.search(s, placed.tenant, "", 50))
    assert [one.title for one in found] == ["My learning plan", "Endotrakeal intubasjon", "Legemiddelhåndtering", "Smittevern"]
    assert [one.is_graded for one in found] == [False, True, True, True]
    assert placed.read(lambda s: SOURCE.search(s, placed.tenant, "", 2)) == found[:2]
    assert [one.title for one in placed.read(lambda s: SOURCE.search(s, placed.tenant, " smitte ", 50))] == ["Smittevern"]
    assert placed.read(lambda s: SOURCE.search(s, "other", "smitte", 50)) == []


def test_finds_it_again(placed, ward):
    assert placed.read(lambda s: SOURCE.find(s, placed.tenant, PLAN, "")) == OWN_PLAN
    assert placed.read(lambda s: SOURCE.find(s, placed.tenant, ACTIVITY, str(ward.drugs))).title == "Legemiddelhåndtering"
    for kind, named in ((PLAN, "x"), (ACTIVITY, ""), (ACTIVITY, "x"), (ACTIVITY, str(uuid4())), ("course", str(ward.drugs))):
        assert placed.read(lambda s: SOURCE.find(s, placed.tenant, kind, named)) is None  # noqa: B023
        assert placed.read(lambda s: SOURCE.standings(s, placed.tenant, kind, named, [ward.kari])) == {}  # noqa: B023
    assert placed.read(lambda s: SOURCE.find(s, "other", ACTIVITY, str(ward.drugs))) is None


def test_tells_how_far_everybody_is_in_the_same_queries_for_many_as_for_one(placed, ward):
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    queries = []
    event.listen(ward.engine, "before_cursor_execute", lambda *what: queries.append(what[2]))
    counts = []
    for persons in ([ward.kari], [ward.kari, ward.ola, ward.sigrid]):
        queries.clear()
        found = placed.read(lambda s: SOURCE.standings(s, placed.tenant, ACTIVITY, str(ward.drugs), persons))  # noqa: B023
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert {person: standing.reached for person, standing in found.items()} == {
        ward.kari: Reached.SENT,
        ward.ola: Reached.PLANNED,
        ward.sigrid: Reached.NOT_THEIRS,
    }
    assert (found[ward.kari].share, found[ward.ola].share) == (0.9, None)
    assert found[ward.kari].path == f"/plan/records/{ward.record(ward.drugs).record_id}"
    plans = placed.read(lambda s: SOURCE.standings(s, placed.tenant, PLAN, "", [ward.kari, ward.sigrid]))
    assert {person: standing.reached for person, standing in plans.items()} == {
        ward.kari: Reached.PLANNED,
        ward.sigrid: Reached.NOT_THEIRS,
    }


# What is queued


def test_queues_a_score_at_each_step_of_a_record(placed, ward):
    link_id = placed.link(ward.intubation, ("42", ward.kari))
    assert not enqueue(placed, link_id, "42", standing_of(placed, ward.intubation, ward.kari))  # platforms know that
    ward.mark_done(ward.intubation)
    ward.send(ward.intubation)
    record_id = ward.record(ward.intubation).record_id
    ward.apply(record_id, Event.SIGN)
    assert told(placed) == [
        ("42", 1, "Completed", None),
        ("42", 2, "Submitted", None),
        ("42", 3, "Completed", 100),
    ]
    times = [score.at.replace(microsecond=0) for score in waiting(placed)]
    assert times == sorted(set(times))


def test_gives_scores_of_one_second_a_second_each(placed, ward):
    link_id = placed.link(ward.intubation, ("42", ward.kari))
    planned = standing_of(placed, ward.intubation, ward.kari)
    ward.mark_done(ward.intubation)
    assert enqueue(placed, link_id, "42", planned, at=ward.clock)
    first, second = waiting(placed)
    assert second.at - first.at == timedelta(seconds=1)


def test_says_nothing_twice(placed, ward):
    link_id = placed.link(ward.drugs, ("42", ward.kari))
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    standing = standing_of(placed, ward.drugs, ward.kari)
    assert not enqueue(placed, link_id, "42", standing)
    ward.reports(DRUGS_IRI, success=True, score=0.9, key="again")  # more evidence changes nothing in the gradebook
    assert len(told(placed)) == 1


def test_numbers_scores_of_one_user_one_after_the_other_however_many_queue_them(placed, ward):
    link_id = placed.link(ward.intubation, ("42", ward.kari))
    standings = [Standing(Reached.SIGNED, ward.clock, share / 10, is_final=True, path="/plan") for share in range(8)]
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda standing: enqueue(placed, link_id, "42", standing), standings))
    scores = waiting(placed)
    assert [score.number for score in scores] == list(range(1, 9))
    assert sorted(score.grade.given for score in scores) == [share * 10 for share in range(8)]


def test_tells_each_platform_link_and_user_of_the_person_and_nobody_else(placed, ward):
    placed.link(ward.drugs, ("42", ward.kari), ("43", ward.ola), ("44", None))
    placed.link(ward.drugs, ("42", ward.kari), line_item="2")
    placed.link(ward.hygiene, ("42", ward.kari), line_item="3")
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    assert told(placed) == [("42", 1, "Submitted", None)] * 2
    assert len({score.link_id for score in waiting(placed)}) == 2


def test_tells_nothing_of_what_is_not_theirs(placed, ward):
    link_id = placed.link(ward.drugs, ("42", ward.sigrid))
    assert not enqueue(placed, link_id, "42", standing_of(placed, ward.drugs, ward.sigrid))
    assert not enqueue(placed, link_id, "unknown", standing_of(placed, ward.drugs, ward.kari))
    assert not enqueue(placed, uuid4(), "42", standing_of(placed, ward.drugs, ward.kari))


def test_costs_a_change_of_a_record_one_query_where_nothing_is_placed(ward):
    queries = []
    event.listen(ward.engine, "before_cursor_execute", lambda *what: queries.append(what[2]))
    ward.mark_done(ward.intubation)
    assert sum("lti_" in query for query in queries) == 1


def test_finds_what_is_placed(placed, ward):
    placed.link(ward.drugs, ("42", ward.kari))
    ids = [str(ward.drugs), str(ward.hygiene)]
    assert placed.read(lambda s: service.links_of(s, placed.tenant, ACTIVITY, ids)) == {str(ward.drugs)}
    assert placed.read(lambda s: service.links_of(s, placed.tenant, PLAN, ids)) == set()
    assert placed.read(lambda s: service.links_of(s, "other", ACTIVITY, ids)) == set()


# What goes out


def test_lets_the_lowest_number_of_each_user_go_first_and_others_pass_those_who_wait(placed, ward):
    placed.link(ward.drugs, ("42", ward.kari), ("43", ward.ola))
    for _ in range(2):
        ward.reports(DRUGS_IRI, success=True, score=0.9)
        ward.apply(ward.record(ward.drugs).record_id, Event.RETURN, comment="Mangler noe")
    placed.link(ward.hygiene, ("42", ward.kari), line_item="2")
    ward.reports()
    now = ward.now()
    due = placed.read(lambda s: service.due(s, now))
    assert [(post.score.subject, post.score.number) for post in due] == [("42", 1), ("42", 1)]
    first, other = due
    taken = placed.do(lambda s: service.take(s, first, now=now))
    assert not placed.do(lambda s: service.take(s, first, now=now))
    assert [post.score.score_id for post in placed.read(lambda s: service.due(s, now))] == [other.score.score_id]
    settled = placed.do(lambda s: service.settle(s, taken.score, 503, reason="busy", spread=0, now=now))
    assert settled is State.WAITING
    assert [post.score.score_id for post in placed.read(lambda s: service.due(s, now))] == [other.score.score_id]
    later = now + timedelta(hours=1)
    assert first.score.score_id in {post.score.score_id for post in placed.read(lambda s: service.due(s, later))}
    asked = timedelta(hours=2)
    again = next(post for post in placed.read(lambda s: service.due(s, later)) if post.score.score_id == first.score.score_id)
    placed.do(lambda s: service.settle(s, again.score, 503, reason="busy", spread=0, asked=asked, now=now))
    assert first.score.score_id not in {post.score.score_id for post in placed.read(lambda s: service.due(s, later))}


def test_lets_the_next_go_when_one_failed_for_good(placed, ward):
    placed.link(ward.drugs, ("42", ward.kari))
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    ward.apply(ward.record(ward.drugs).record_id, Event.SIGN)
    now = ward.now()
    (first,) = placed.read(lambda s: service.due(s, now))
    assert placed.do(lambda s: service.settle(s, first.score, 400, reason="x" * 900, spread=0, now=now)) is State.FAILED
    (second,) = placed.read(lambda s: service.due(s, now))
    assert second.score.number == 2
    (failed,) = waiting(placed, [State.FAILED])
    assert failed.reason == "x" * 600


def test_sends_again_what_failed_or_waits_but_not_what_somebody_is_sending(placed, ward):
    placed.link(ward.drugs, ("42", ward.kari))
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    now = ward.now()
    (post,) = placed.read(lambda s: service.due(s, now))
    taken = placed.do(lambda s: service.take(s, post, now=now))
    again = lambda score_id=None: placed.do(  # noqa: E731
        lambda s: service.resend(s, placed.tenant, placed.platform.platform_id, score_id, by="person:x", now=now)
    )
    assert again() == 0
    with pytest.raises(NotFound):
        again(post.score.score_id)
    placed.do(lambda s: service.settle(s, taken.score, None, reason="away", spread=0, now=now))
    assert again(post.score.score_id) == 1
    (due,) = placed.read(lambda s: service.due(s, now))
    assert (due.score.attempts, due.score.reason) == (0, None)
    with pytest.raises(NotFound):
        placed.do(lambda s: service.resend(s, "other", placed.platform.platform_id, None, by="person:x", now=now))


def settle(placed, one, status, now):
    return placed.do(lambda s: service.settle(s, one, status, reason=f"{status}", spread=0, now=now))


def resend(placed, score_id=None):
    ids = (placed.tenant, placed.platform.platform_id, score_id)
    return placed.do(lambda s: service.resend(s, *ids, by="person:x", now=placed.ward.clock))


@pytest.mark.parametrize("newer", [200, 409, None, 503, "waits"])
def test_sends_nothing_again_that_a_newer_score_has_overtaken(placed, ward, newer):
    placed.link(ward.drugs, ("42", ward.kari))
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    ward.apply(ward.record(ward.drugs).record_id, Event.SIGN)
    first, second = waiting(placed)
    settle(placed, first, 400, ward.clock)
    if newer != "waits":
        settle(placed, second, newer, ward.clock)
    assert resend(placed, first.score_id) == 0
    states = {one.number: one.state for one in waiting(placed, list(State))}
    assert states == {1: State.NEWER_THERE, 2: {200: State.SENT, 409: State.NEWER_THERE}.get(newer, State.WAITING)}


def test_sends_only_the_newest_of_several_that_failed_again(placed, ward):
    placed.link(ward.drugs, ("42", ward.kari), ("43", ward.ola))
    placed.link(ward.hygiene, ("42", ward.kari), line_item="2")
    ward.reports()
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    ward.apply(ward.record(ward.drugs).record_id, Event.SIGN)
    for one in waiting(placed):
        settle(placed, one, 400, ward.clock)
    assert resend(placed) == 2
    assert sorted(one.grade.given for one in waiting(placed)) == [90, 100]


def test_a_failed_one_goes_again_by_itself_while_a_newer_one_failed_too(placed, ward):
    placed.link(ward.drugs, ("42", ward.kari))
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    ward.apply(ward.record(ward.drugs).record_id, Event.SIGN)
    first, second = waiting(placed)
    for one in (first, second):
        settle(placed, one, 400, ward.clock)
    assert resend(placed, first.score_id) == 1
    assert [one.number for one in waiting(placed)] == [1]


def test_notes_nothing_once_the_lease_is_somebody_elses(placed, ward):
    placed.link(ward.drugs, ("42", ward.kari))
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    now = ward.now()
    (post,) = placed.read(lambda s: service.due(s, now))
    slow = placed.do(lambda s: service.take(s, post, now=now))
    late = now + LEASE
    (again,) = placed.read(lambda s: service.due(s, late))
    quick = placed.do(lambda s: service.take(s, again, now=late))
    assert settle(placed, slow.score, 400, late) is None
    assert [one.state for one in waiting(placed, list(State))] == [State.WAITING]
    assert settle(placed, quick.score, 200, late) is State.SENT
    assert settle(placed, slow.score, None, late) is None
    assert [one.state for one in waiting(placed, list(State))] == [State.SENT]


# Platforms that do not answer


def several(placed, ward, tmp_path, number=8):
    """Scores of many users for the ward's platform, the older ones, and of one for another platform."""
    placed.link(ward.drugs, *((str(n), None) for n in range(number)))
    link_id = placed.link(ward.drugs, ("0", ward.kari))
    for n in range(number):
        signed = Standing(Reached.SIGNED, ward.clock, 1.0, is_final=True, path="/plan")
        assert enqueue(placed, link_id, str(n), signed, at=ward.clock + timedelta(milliseconds=n))
    other = Placed(ward, tmp_path, PlatformServices("https://other.example.no"))
    there = other.link(ward.drugs, ("0", ward.kari))
    ward.now()
    assert enqueue(other, there, "0", signed)
    return other


def test_gives_every_platform_its_turn_however_much_waits_for_another(placed, ward, tmp_path):
    other = several(placed, ward, tmp_path)
    found = placed.read(lambda s: service.due(s, ward.clock))
    assert len([post for post in found if post.score.platform_id == placed.platform.platform_id]) == service.AT_A_TIME
    assert other.platform.platform_id in {post.score.platform_id for post in found[:2]}
    without = placed.read(lambda s: service.due(s, ward.clock, without={placed.platform.platform_id}))
    assert [post.score.platform_id for post in without] == [other.platform.platform_id]
    other.parts.engine.dispose()


def test_lets_everything_for_a_platform_that_does_not_answer_wait_and_go_when_it_does(placed, ward, tmp_path):
    other = several(placed, ward, tmp_path)
    now = ward.clock
    first = next(
        post for post in placed.read(lambda s: service.due(s, now)) if post.score.platform_id == placed.platform.platform_id
    )
    taken = placed.do(lambda s: service.take(s, first, now=now))
    assert settle(placed, taken.score, None, now) is State.WAITING
    due = placed.read(lambda s: service.due(s, now))
    assert [post.score.platform_id for post in due] == [other.platform.platform_id]
    later = now + timedelta(seconds=2)
    due = placed.read(lambda s: service.due(s, later))
    assert due[0].score.platform_id == other.platform.platform_id  # what was tried in vain comes after it
    assert due[1].score.score_id == first.score.score_id
    again = placed.do(lambda s: service.take(s, due[1], now=later))
    assert settle(placed, again.score, None, later) is State.WAITING
    latest = later + timedelta(seconds=5)
    (tried,) = [post for post in placed.read(lambda s: service.due(s, latest)) if post.score.attempts]
    assert settle(placed, placed.do(lambda s: service.take(s, tried, now=later)).score, 200, later) is State.SENT
    assert len(placed.read(lambda s: service.due(s, later))) == service.AT_A_TIME + 1
    other.parts.engine.dispose()


def test_one_score_that_never_gets_an_answer_does_not_keep_the_others_for_ever(placed, ward, tmp_path):
    other = several(placed, ward, tmp_path)
    now = ward.clock
    bad = next(one for one in waiting(placed) if one.subject == "0")
    settle(placed, replace(bad, attempts=8), None, now)
    assert {post.score.platform_id for post in placed.read(lambda s: service.due(s, now))} == {other.platform.platform_id}
    later = now + timedelta(hours=2)
    bad = next(one for one in waiting(placed) if one.subject == "0")
    settle(placed, replace(bad, attempts=9), None, later)
    due = placed.read(lambda s: service.due(s, later))
    assert len([post for post in due if post.score.platform_id == placed.platform.platform_id]) == service.AT_A_TIME
    other.parts.engine.dispose()


def test_counts_by_tenant(placed, ward):
    assert placed.read(service.counts) == []
    placed.link(ward.drugs, ("42", ward.kari))
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    ward.apply(ward.record(ward.drugs).record_id, Event.SIGN)
    (first, _second) = waiting(placed)
    (count,) = placed.read(service.counts)
    assert (count.tenant, count.waiting, count.failed, count.waiting_since) == (placed.tenant, 2, 0, first.at)
    placed.do(lambda s: service.settle(s, first, 404, reason="gone", spread=0, now=ward.clock))
    (count,) = placed.read(service.counts)
    assert (count.waiting, count.failed) == (1, 1)


def test_forgets_old_scores_but_never_the_newest_of_a_user(placed, ward, monkeypatch):
    monkeypatch.setattr(service, "KEPT_SENT", 1)
    placed.link(ward.drugs, ("42", ward.kari), ("43", ward.ola))
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    ward.apply(ward.record(ward.drugs).record_id, Event.SIGN)
    placed.link(ward.hygiene, ("42", ward.kari), line_item="2")
    ward.reports()
    for score in waiting(placed):
        placed.do(lambda s: service.settle(s, score, 200, reason=None, spread=0, now=ward.clock))  # noqa: B023
    kept = waiting(placed, [State.SENT])
    assert sorted(score.grade.given or 0 for score in kept) == [90, 100]
