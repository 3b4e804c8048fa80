"""The calls of a course as support reads them."""

import json
from datetime import UTC, datetime

import pytest

from lrs_bridge.hosting.calls import ShownCall, count_errors, shown_commit
from lrs_bridge.scorm.commit import Reason

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
BASE = {"session": 3, "sequence": 17, "sco": "i1", "reason": "commit"}


def shown(**members):
    body = json.dumps(BASE | members)
    return shown_commit(session=3, sequence=17, item="i1", received_at=AT, body=body)


def test_takes_a_commit_apart():
    calls = [
        [1732791600123, "LMSInitialize", "", "", "true", 0],
        [1732791600456.7, "LMSSetValue", "cmi.core.lesson_status", "done", "false", 405],
        [1732791600789, "LMSGetValue", "x", "", "", "999"],
    ]
    found = shown(reason="terminate", terminated=True, cmi={"b": 2, "a": "1"}, calls=calls)
    assert (found.session, found.sequence, found.item, found.received_at) == (3, 17, "i1", AT)
    assert (found.reason, found.is_terminated, found.values) == (Reason.TERMINATE, True, (("a", "1"), ("b", "2")))
    at = datetime(2024, 11, 28, 11, 0, 0, 123000, tzinfo=UTC)
    assert found.calls[0] == ShownCall(at, "LMSInitialize", "", "", "true", 0)
    assert [call.said for call in found.calls] == ["", "element is write only, or incorrect data type", "unknown error"]
    assert count_errors([found, found]) == 4


@pytest.mark.parametrize("body", ["", "{", "[]", '{"session": 0}'])
def test_shows_a_commit_that_can_not_be_read_without_calls(body):
    found = shown_commit(session=3, sequence=17, item="i1", received_at=AT, body=body)
    assert (found.session, found.reason, found.calls, found.values) == (3, None, (), ())
    assert count_errors([found]) == 0


@pytest.mark.parametrize(("at_ms", "year"), [(0, 1970), (9e15, 9999), (253402300800000, 9999)])
def test_shows_calls_of_clocks_that_are_wrong_by_thousands_of_years(at_ms, year):
    (call,) = shown(calls=[[at_ms, "Commit", "", "", "true", 0]]).calls
    assert call.at.year == year
