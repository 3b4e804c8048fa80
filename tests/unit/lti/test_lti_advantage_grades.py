import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import UpstreamFailed
from lrs_bridge.lti.advantage.grades import (
    CANVAS_SUBMISSION,
    Grade,
    LineItem,
    line_item_document,
    parse_line_item,
    parse_line_items,
    parse_result,
    parse_results,
    score_document,
)

AT = datetime(2026, 3, 4, 11, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
FULL = Grade("Completed", "FullyGraded", 87.5, 100.0)


def test_writes_a_score():
    assert json.loads(score_document("42", FULL, at=AT, submitted_at=None)) == {
        "userId": "42",
        "timestamp": "2026-03-04T10:00:00.123Z",
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "scoreGiven": 87.5,
        "scoreMaximum": 100,
    }


def test_leaves_the_points_out_where_there_are_none():
    document = json.loads(score_document("42", Grade("Submitted", "PendingManual", None, 100.0), at=AT, submitted_at=None))
    assert {"scoreGiven", "scoreMaximum", "comment", CANVAS_SUBMISSION}.isdisjoint(document)


def test_tells_canvas_when_it_was_handed_in_and_says_what_was_commented():
    document = json.loads(score_document("42", Grade("a", "b", 0.0, 100.0, "fine"), at=AT, submitted_at=AT))
    assert document[CANVAS_SUBMISSION] == {"submitted_at": "2026-03-04T10:00:00.123Z"}
    assert (document["comment"], document["scoreGiven"]) == ("fine", 0)


def test_makes_a_line_item_without_a_resource_link():
    document = json.loads(line_item_document("x" * 300, "link", 100.0))
    assert document == {"label": "x" * 200, "scoreMaximum": 100, "resourceId": "link", "tag": "lrs_bridge"}


def test_reads_line_items_and_leaves_out_what_is_none():
    found = parse_line_items(
        json.dumps(
            [
                {"id": "https://a/1", "label": "Quiz", "scoreMaximum": 10, "resourceId": "r", "tag": "t", "resourceLinkId": 5},
                {"id": "https://a/2", "label": "", "scoreMaximum": "x"},
                {"label": "no address"},
                "odd",
                {"id": True},
            ]
        ).encode()
    )
    assert found == [LineItem("https://a/1", "Quiz", 10.0, "r", "t", "5"), LineItem("https://a/2", "https://a/2")]


def test_reads_one_line_item():
    assert parse_line_item(b'{"id": "https://a/1", "label": "Quiz"}') == LineItem("https://a/1", "Quiz")
    for odd in (b"[]", b"{", b"{}"):
        with pytest.raises(UpstreamFailed):
            parse_line_item(odd)


def test_reads_results_with_the_very_text_that_they_were_given_in():
    content = b'[{"userId":"42", "resultScore" : 8, "resultMaximum": 10,"comment":"godt"},  {"userId": 7}, {"resultScore": 1}]'
    first, second = parse_results(content)
    assert (first.subject, first.score, first.maximum, first.share, first.comment) == ("42", 8.0, 10.0, 0.8, "godt")
    assert first.document == '{"userId":"42", "resultScore" : 8, "resultMaximum": 10,"comment":"godt"}'
    assert (second.subject, second.score, second.share) == ("7", None, None)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"resultScore": 0.5}, (0.5, 1.0)),
        ({"resultScore": 0.5, "resultMaximum": 0}, (0.5, 1.0)),
        ({"resultScore": 0.5, "resultMaximum": -3}, (0.5, 1.0)),
        ({"resultScore": "8.5", "resultMaximum": "10"}, (8.5, 10.0)),
        ({"resultScore": ""}, (None, 1.0)),
        ({"resultScore": None}, (None, 1.0)),
        ({"resultScore": True}, None),
        ({"resultScore": "much"}, None),
        ({"resultScore": 10**400}, None),
        ({"userId": "x" * 256, "resultScore": 1}, None),
        ({"userId": " "}, None),
    ],
)
def test_reads_points_in_what_platforms_write(members, expected):
    found = parse_result(json.dumps({"userId": "42"} | members))
    assert (found and (found.score, found.maximum)) == expected


def test_takes_no_score_that_is_no_number():
    assert parse_result('{"userId": "42", "resultScore": NaN}') is None
    assert parse_result('{"userId": "4\\u00002"}').subject == "4\ufffd2"


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"[" * 100_000, b"null"])
def test_says_when_there_is_no_list(content):
    for parse in (parse_results, parse_line_items):
        with pytest.raises(UpstreamFailed):
            parse(content)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda some: st.lists(some) | st.dictionaries(st.text(), some)
    )
)
def test_reads_any_json(value):  # fmt: skip
    content = json.dumps([value, {"userId": value, "id": value, "resultScore": value}]).encode()
    for parse in (parse_results, parse_line_items):
        try:
            found = parse(content)
        except UpstreamFailed:  # NaN is no JSON
            continue
        assert len(found) <= 2


def test_writes_times_with_parts_of_a_second():
    assert (
        '"2026-01-01T00:00:00.000Z"' in score_document("1", FULL, at=datetime(2026, 1, 1, tzinfo=UTC), submitted_at=None).decode()
    )
