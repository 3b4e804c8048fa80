"""What a platform graded comes in by real HTTP, becomes evidence, and is taken back when it is graded anew."""

import logging
from datetime import timedelta

import pytest

from lrs_bridge.db import audit
from lrs_bridge.errors import Forbidden, Invalid, NotFound
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.lti.advantage import client
from lrs_bridge.lti.advantage.grades import LINE_ITEM_READ_SCOPE, RESULT_SCOPE, LineItem
from lrs_bridge.lti.results import service
from lrs_bridge.lti.scores import service as scores
from lrs_bridge.people import service as people
from lrs_bridge.plans.courses import service as courses
from lrs_bridge.plans.mapping import Policy
from lrs_bridge.plans.record import Event, State
from lrs_bridge.ports import Reached, Standing
from lrs_bridge.rounds import lti
from tests.support.lti.services import Placed, PlatformServices, platform_services
from tests.support.plans import open_ward

WHOLE = {"resultScore": 8, "resultMaximum": 10}


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
    user = Identifier(IdentifierKind.LTI_USER, made.platform.issuer, "42")
    ward.do(lambda s: people.link_identifier(s, ward.tenant, user, ward.kari, actor="system", now=ward.clock))
    yield made
    made.parts.engine.dispose()


def watched(placed, name="quiz", **changes):
    """A column of the course of a link, whose results are brought here."""
    link_id = placed.link(placed.ward.intubation, ("42", placed.ward.kari), line_item=None, **changes)
    place = placed.read(lambda s: service.get_place(s, placed.tenant, link_id))
    item = LineItem(placed.services.item_url(name), "Quiz")
    return placed.do(lambda s: service.watch(s, placed.tenant, place, item, by="system", now=placed.ward.clock))


def counts_for(placed, activity, name="quiz"):
    """The column is one of a course, which is good for an activity."""
    placed.ward.alias(placed.ward.hygiene_course, placed.services.item_url(name))
    placed.ward.map(placed.ward.hygiene_course, activity, policy=Policy.SUPERVISOR, minimum_score=0.5)


def again(placed):
    placed.later(minutes=10)
    return lti.run_results(placed.parts)


def evidence(placed, activity):
    return [piece for piece in placed.ward.record(activity).evidence if piece.source == "lti"]


def test_what_was_graded_becomes_evidence_with_the_text_that_said_so(placed, ward, there):
    watched(placed)
    counts_for(placed, ward.intubation)
    there.results["quiz"] = [{"userId": str(n)} | WHOLE for n in range(5)] + [{"userId": "42", "comment": "godt"} | WHOLE]
    assert lti.run_results(placed.parts) == 6
    assert ward.record(ward.intubation).state is State.SENT
    (piece,) = evidence(placed, ward.intubation)
    assert (piece.outcome.completion, piece.outcome.score.share(), piece.asserted_by) == (True, 0.8, "Læringsportalen")
    source = placed.parts.evidence_source
    content = placed.read(lambda s: source.evidence_bytes(s, placed.tenant, "lti", piece.source_id))
    assert content == b'{"userId": "42", "comment": "godt", "resultScore": 8, "resultMaximum": 10}'
    for wrong in (("xapi", piece.source_id), ("lti", piece.source_id + "9"), ("lti", "x")):
        assert placed.read(lambda s: source.evidence_bytes(s, placed.tenant, *wrong)) is None  # noqa: B023
    assert placed.read(lambda s: source.evidence_bytes(s, "other", "lti", piece.source_id)) is None


def test_asks_again_after_a_while_and_finds_nothing_new(placed, ward, there):
    watched(placed)
    there.results["quiz"] = [{"userId": "42"} | WHOLE]
    assert lti.run_results(placed.parts) == 1
    asked = len(there.asked)
    assert lti.run_results(placed.parts) == 0
    assert len(there.asked) == asked
    there.results["quiz"] = [{"userId": "42", "comment": "a new word", "resultScore": 80, "resultMaximum": 100}]
    assert again(placed) == 0
    assert len(there.asked) > asked


def test_a_better_grade_stands_beside_and_a_worse_one_takes_back(placed, ward, there):
    watched(placed)
    counts_for(placed, ward.intubation)
    for score, share in ((6, 0.6), (9, 0.9), (5, 0.5)):
        there.results["quiz"] = [{"userId": "42", "resultScore": score, "resultMaximum": 10}]
        assert again(placed) == 1
        stands = [piece for piece in evidence(placed, ward.intubation) if piece.retracted_at is None]
        assert max(piece.outcome.score.share() for piece in stands) == share
    assert ward.record(ward.intubation).state is State.SENT
    assert [piece.retraction_reason for piece in evidence(placed, ward.intubation)].count(
        "graded anew by the learning platform"
    ) == 2
    there.results["quiz"] = [{"userId": "42"}]
    assert again(placed) == 1
    assert ward.record(ward.intubation).state is State.PLANNED
    there.results["quiz"] = [{"userId": "42"} | WHOLE]
    assert again(placed) == 1
    assert ward.record(ward.intubation).state is State.SENT


def test_no_points_are_no_completion(placed, ward, there):
    watched(placed)
    counts_for(placed, ward.intubation)
    there.results["quiz"] = [{"userId": "42", "resultScore": 0, "resultMaximum": 10}, {"userId": "43"}]
    assert lti.run_results(placed.parts) == 1
    assert ward.record(ward.intubation).state is State.PLANNED


def test_own_columns_are_asked_by_themselves_and_their_echo_is_no_news(placed, ward, there):
    placed.link(ward.hygiene, ("42", ward.kari))
    placed.link(ward.drugs, ("42", ward.kari), line_item="2", scopes=(LINE_ITEM_READ_SCOPE,))  # results are not ours to read
    ward.mark_done(ward.intubation)
    placed.link(ward.intubation, ("42", ward.kari), line_item="3")
    ward.send(ward.intubation)
    ward.apply(ward.record(ward.intubation).record_id, Event.SIGN)
    lti.run_scores(placed.parts)
    there.results["3"] = [{"userId": "42", "resultScore": 100, "resultMaximum": 100}]
    assert again(placed) == 0
    columns = placed.read(lambda s: service.columns(s, placed.tenant, placed.platform.platform_id))
    assert {column.url for column in columns} == {there.item_url("1"), there.item_url("3")}
    assert all(column.is_own and column.asked_at for column in columns)
    there.results["3"] = [{"userId": "42", "resultScore": 40, "resultMaximum": 100}]  # the teacher thinks otherwise
    assert again(placed) == 1


def test_what_a_teacher_takes_back_counts_no_more(placed, ward, there):
    counts_for(placed, ward.drugs, "3")
    placed.link(ward.intubation, ("42", ward.kari), line_item="3")
    ward.mark_done(ward.intubation)
    ward.send(ward.intubation)
    ward.apply(ward.record(ward.intubation).record_id, Event.SIGN)
    lti.run_scores(placed.parts)

    def graded(points):
        there.results["3"] = [{"userId": "42", "resultScore": points, "resultMaximum": 100}]
        return again(placed)

    def counted():
        return [piece.retracted_at is None for piece in evidence(placed, ward.drugs)]

    assert graded(100) == 0
    assert graded(60) == 1
    assert counted() == [True]
    assert graded(100) == 1
    assert counted() == [False]
    assert graded(100) == 0
    assert graded(60) == 1
    assert counted() == [False, True]


def test_only_what_was_sent_last_is_our_own_word(placed, ward, there):
    link_id = placed.link(ward.intubation, ("42", ward.kari), line_item="3")
    for share in (0.4, 1.0):
        said = Standing(Reached.SIGNED, ward.clock, share, is_final=True, path="/plan")
        placed.do(lambda s: scores.enqueue_for(s, placed.tenant, link_id, "42", said, now=ward.now()))  # noqa: B023
        lti.run_scores(placed.parts)
    there.results["3"] = [{"userId": "42", "resultScore": 40, "resultMaximum": 100}]
    assert again(placed) == 1


def test_own_columns_of_two_links_are_one_and_stay_unwatched_when_an_administrator_says_so(placed, ward, there):
    placed.link(ward.drugs, ("42", ward.kari), line_item="1")
    placed.link(ward.hygiene, ("42", ward.kari), line_item="1")
    assert placed.do(lambda s: service.watch_own(s, ward.clock)) == 1
    assert placed.do(lambda s: service.watch_own(s, ward.clock)) == 0
    (column,) = placed.read(lambda s: service.columns(s, placed.tenant, placed.platform.platform_id))
    placed.do(lambda s: service.unwatch(s, placed.tenant, column.line_item_id, by="person:x", now=ward.clock))
    placed.link(ward.intubation, ("42", ward.kari), line_item="1")
    assert placed.do(lambda s: service.watch_own(s, ward.clock)) == 0
    assert placed.read(lambda s: service.columns(s, placed.tenant, placed.platform.platform_id)) == []


def test_links_whose_results_are_not_ours_to_read_hide_no_others(placed, ward, there, monkeypatch):
    monkeypatch.setattr(service, "LOOKED_AT", 1)
    placed.link(ward.hygiene, ("42", ward.kari), line_item="1")
    ward.now()
    placed.link(ward.drugs, ("42", ward.kari), line_item="2", scopes=(LINE_ITEM_READ_SCOPE,))
    assert placed.do(lambda s: service.watch_own(s, ward.clock)) == 1


def test_a_platform_that_names_anothers_column_keeps_it_from_nobody(placed, ward, there, tmp_path):
    other = Placed(ward, tmp_path, PlatformServices("https://evil.example.no"))
    other.services.item_url = there.item_url
    other.link(ward.drugs, ("42", ward.kari), line_item="1")
    assert placed.do(lambda s: service.watch_own(s, ward.clock)) == 1
    placed.link(ward.hygiene, ("42", ward.kari), line_item="1")
    assert placed.do(lambda s: service.watch_own(s, ward.clock)) == 1
    for each in (placed, other):
        (column,) = placed.read(lambda s: service.columns(s, placed.tenant, each.platform.platform_id))  # noqa: B023
        assert (column.issuer, column.url) == (each.platform.issuer, there.item_url("1"))
    other.parts.engine.dispose()


def test_a_platform_that_is_away_is_asked_for_one_column_a_round_and_keeps_no_others_from_their_turn(
    placed, ward, there, tmp_path
):
    with platform_services() as away:
        other = Placed(ward, tmp_path, away)
    for n in range(12):
        other.link(ward.drugs, ("42", ward.kari), line_item=f"away {n}")
    assert placed.do(lambda s: service.watch_own(s, ward.clock)) == 12
    ward.now()
    watched(placed)
    there.results["quiz"] = [{"userId": "42"} | WHOLE]
    assert lti.run_results(placed.parts) == 1
    columns = placed.read(lambda s: service.columns(s, placed.tenant, other.platform.platform_id))
    assert sorted(column.failures for column in columns) == [0] * 11 + [1]
    assert len({column.next_at for column in columns}) == 1
    assert columns[0].next_at > ward.clock
    other.parts.engine.dispose()


def test_a_platform_with_many_columns_is_asked_for_all_of_them(placed, ward, there):
    for n in range(service.AT_A_TIME + 2):
        placed.link(ward.drugs, ("42", ward.kari), line_item=str(n))
        there.results[str(n)] = [{"userId": "42"} | WHOLE]
    assert lti.run_results(placed.parts) == service.AT_A_TIME + 2


def test_asks_later_and_later_where_it_fails(placed, ward, there, caplog):
    line_item_id = watched(placed)
    there.statuses["results"] = 500
    with caplog.at_level(logging.WARNING):
        assert lti.run_results(placed.parts) == 0
    assert "could not bring results: the platform answered 500" in caplog.text
    column = placed.read(lambda s: service.get_column(s, placed.tenant, line_item_id))
    assert (column.failures, column.reason) == (1, "the platform answered 500: because the test says so")
    assert column.next_at - ward.clock > timedelta(minutes=7)
    placed.later(hours=1)
    lti.run_results(placed.parts)
    del there.statuses["results"]
    placed.later(hours=1)
    lti.run_results(placed.parts)
    column = placed.read(lambda s: service.get_column(s, placed.tenant, line_item_id))
    assert (column.failures, column.reason, column.asked_at) == (0, None, ward.clock)


def test_no_two_ask_for_one_column_at_once(placed, ward):
    watched(placed)
    (column,) = placed.read(lambda s: service.due(s, ward.clock))
    assert placed.do(lambda s: service.take(s, column, now=ward.clock))
    assert not placed.do(lambda s: service.take(s, column, now=ward.clock))
    assert lti.ask_column(placed.parts, column) == 0


def test_watches_only_what_is_the_gradebooks_and_ours_to_read(placed, ward):
    with pytest.raises(Forbidden):
        watched(placed, scopes=(RESULT_SCOPE,))
    with pytest.raises(Forbidden):
        watched(placed, scopes=(LINE_ITEM_READ_SCOPE,))
    link_id = placed.link(ward.drugs, ("42", ward.kari), line_item="x")
    place = placed.read(lambda s: service.get_place(s, placed.tenant, link_id))
    item = LineItem("https://evil.example/items", "Quiz")
    with pytest.raises(Invalid):
        placed.do(lambda s: service.watch(s, placed.tenant, place, item, by="system", now=ward.clock))
    with pytest.raises(NotFound):
        placed.read(lambda s: service.get_place(s, "other", link_id))


def test_stops_when_it_is_told_to_and_begins_again(placed, ward, there):
    line_item_id = watched(placed)
    there.results["quiz"] = [{"userId": "42"} | WHOLE]
    lti.run_results(placed.parts)
    placed.do(lambda s: service.unwatch(s, placed.tenant, line_item_id, by="person:x", now=ward.clock))
    with pytest.raises(NotFound):
        placed.do(lambda s: service.unwatch(s, placed.tenant, line_item_id, by="person:x", now=ward.clock))
    there.results["quiz"] = [{"userId": "42", "resultScore": 10, "resultMaximum": 10}]
    assert again(placed) == 0
    assert watched(placed) == line_item_id
    assert again(placed) == 1
    log = placed.read(lambda s: audit.find(s, placed.tenant, subject=f"lti_platform:{placed.platform.platform_id}"))
    assert {"lti_results.watch", "lti_results.unwatch"} <= {event.action for event in log}


def test_the_column_waits_on_the_work_list_until_it_is_linked(placed, ward, there):
    watched(placed)
    there.results["quiz"] = [{"userId": "42"} | WHOLE]
    lti.run_results(placed.parts)
    assert ward.record(ward.hygiene).state is State.PLANNED
    editor = ward.editor()
    alias = courses.Alias(there.item_url("quiz"), "Læringsportalen")
    applied = ward.do(lambda s: courses.add_alias(s, ward.tenant, ward.hygiene_course, alias, editor=editor))
    assert (applied.completions, applied.activities) == (1, 1)
