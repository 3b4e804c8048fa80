import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from lrs_bridge.identity import Identifier, IdentifierKind, LtiUser, identifier_of
from lrs_bridge.lti.advantage.grades import Grade, parse_result
from lrs_bridge.lti.results.column import Column, in_turn, pause
from lrs_bridge.lti.results.outcome import (
    completion_id,
    digest_of,
    is_echo,
    is_same,
    parse_id,
    result_key,
    takes_back,
    to_completion,
)

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
COLUMN = Column(
    tenant="north",
    line_item_id=UUID(int=7),
    link_id=UUID(int=8),
    platform_id=UUID(int=9),
    issuer="https://lms.example.no",
    platform_name="Læringsportalen",
    url="https://lms.example.no/items/7?type_id=1",
    label="Quiz",
    is_own=False,
    asked_at=None,
    next_at=NOW,
    failures=0,
    reason=None,
)


def result(score=None, maximum=10, subject="42"):
    return parse_result(json.dumps({"userId": subject, "resultScore": score, "resultMaximum": maximum}))


@pytest.mark.parametrize(
    ("score", "maximum", "completion", "share"),
    [(8, 10, True, 0.8), (0.1, 10, True, 0.01), (0, 10, None, 0.0), (12, 10, True, 1.2)],
)
def test_claims_what_was_graded(score, maximum, completion, share):
    given = result(score, maximum)
    claim = to_completion(given, COLUMN, number=3, seen_at=NOW)
    assert (claim.outcome.completion, claim.outcome.success) == (completion, None)
    assert claim.outcome.score.share() == pytest.approx(share)
    assert (claim.key.tenant, claim.key.source) == ("north", "lti")
    assert parse_id(claim.key.id) == (result_key(UUID(int=7), "42"), 3)
    assert claim.learner == LtiUser("https://lms.example.no", "42")
    assert identifier_of(claim.learner) == Identifier(IdentifierKind.LTI_USER, "https://lms.example.no", "42")
    assert (claim.activity, claim.activity_name, claim.asserted_by) == (COLUMN.url, "Quiz", "Læringsportalen")
    assert claim.evidence == "sha-256:" + hashlib.sha256(given.document.encode()).hexdigest() == digest_of(given.document)
    assert claim.occurred_at == NOW


def test_claims_nothing_where_nothing_is_graded():
    assert to_completion(result(None), COLUMN, number=1, seen_at=NOW) is None


def test_names_each_users_place_in_a_column_apart():
    assert len({result_key(UUID(int=i), subject) for i in (1, 2) for subject in ("1", "2")}) == 4
    assert completion_id("k", 2) == "k.2"


@pytest.mark.parametrize("id", ["", "k", "k.", "k.x", "k.²", "k.1234567890", "k.-1"])
def test_knows_ids_that_are_not_of_results(id):
    assert parse_id(id) is None


@pytest.mark.parametrize(
    ("new", "last", "same"),
    [
        (result(8), None, False),
        (result(None), None, True),
        (result(8), result(8), True),
        (result(8), result(80, 100), True),
        (result(8), result(9), False),
        (result(None), result(8), False),
        (result(8), result(None), False),
        (result(None), result(None), True),
        (result(0), result(None), False),
        (result(0), None, False),
    ],
)
def test_tells_news(new, last, same):
    assert is_same(new, last) is same


@pytest.mark.parametrize(
    ("new", "earlier", "gone"),
    [
        (result(None), result(8), True),
        (result(None), result(0), True),
        (result(7), result(8), True),
        (result(8), result(8), False),
        (result(9), result(8), False),
        (result(0), result(None), False),
    ],
)
def test_takes_back_what_said_more(new, earlier, gone):
    assert takes_back(new, earlier) is gone


def test_knows_its_own_scores_when_they_come_back():
    sent = [Grade("Completed", "Pending", None, 100.0), Grade("Completed", "FullyGraded", 80.0, 100.0)]
    assert is_echo(result(8), sent)
    assert not is_echo(result(9), sent)
    assert not is_echo(result(None), sent)
    assert not is_echo(result(8), [])


def test_asks_seldom_where_it_fails():
    assert [pause(n, 0).total_seconds() / 60 for n in (0, 1, 2, 6, 7, 99)] == [5, 10, 20, 320, 360, 360]
    assert pause(0, 1) == timedelta(minutes=3.75)


def test_gives_each_platform_its_turn_and_those_first_that_answer():
    def columns(*names, failures=0):
        later = [NOW + timedelta(minutes=n) for n in range(len(names))]
        return [replace(COLUMN, label=name, failures=failures, next_at=at) for name, at in zip(names, later, strict=True)]

    found = in_turn([columns("away", failures=1), columns("a", "b"), columns("c"), []])
    assert [column.label for column in found] == ["a", "c", "b", "away"]
