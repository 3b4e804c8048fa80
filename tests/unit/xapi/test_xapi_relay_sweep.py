import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.web.reply import Reply
from lrs_bridge.xapi.relay.reply import RelayFailed
from lrs_bridge.xapi.relay.sweep import (
    COARSE,
    UNTOLD,
    Cursor,
    Page,
    after_page,
    bound,
    first_page,
    id_of,
    in_batches,
    needs_contents,
    one_statement,
    parse_page,
    stored_at,
)

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
URL = "https://lrs.example.no/xapi/statements?limit=1"


def parsed(value, url=URL):
    return parse_page(Reply(200, {}, value if type(value) is bytes else json.dumps(value).encode()), url)


def at(seconds):
    return NOW + timedelta(seconds=seconds)


def stored(*seconds):
    return tuple(json.dumps({"stored": at(s).isoformat()}).encode() for s in seconds)


@pytest.mark.parametrize(
    ("more", "following"),
    [
        ("", None),
        (None, None),
        ("/xapi/statements?more=2", "https://lrs.example.no/xapi/statements?more=2"),
        ("?more=2", "https://lrs.example.no/xapi/statements?more=2"),
        ("statements/more/2", "https://lrs.example.no/xapi/statements/more/2"),
        ("https://lrs.example.no/x?y#z", "https://lrs.example.no/x?y"),
        ("http://10.0.0.1:8080/xapi/statements?more=2", "https://lrs.example.no/xapi/statements?more=2"),
        ("//evil.example.no/x", "https://lrs.example.no/x"),
    ],
)
def test_follows_more_on_the_same_host_only(more, following):
    assert parsed({"statements": [], "more": more}).more == following


def test_keeps_each_statements_bytes_and_takes_a_missing_more_for_the_end():
    assert parsed(b'{"x": 1, "statements": [ {"a": 1.0} , 2]}') == Page((b'{"a": 1.0}', b"2"), None)


@pytest.mark.parametrize("more", [7, ["x"], "http://[x", URL, "?limit=1"])
def test_refuses_more_that_is_no_address_or_the_same_one(more):
    with pytest.raises(RelayFailed, match="more"):
        parsed({"statements": [], "more": more})


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"statements": 1}', b"<html>", b"[" * 100_000, b'{"statements":' + b"[" * 100_000]
)
def test_refuses_what_is_no_statement_result(body):
    with pytest.raises(RelayFailed, match="not a StatementResult"):
        parsed(body)


@given(
    st.binary(max_size=60)
    | st.recursive(
        st.text() | st.none(), lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["statements", "more"]), x)
    ).map(lambda v: json.dumps(v).encode())
)
def test_raises_nothing_but_our_own_errors(body):
    try:
        page = parsed(body)
    except LrsBridgeError:
        return
    for raw in page.statements:
        assert id_of(raw) is None or len(id_of(raw)) <= 64
        stored_at(raw)
    after_page(Cursor(), page, NOW)


@pytest.mark.parametrize(
    ("headers", "until"),
    [
        ({}, NOW - UNTOLD),
        ({"date": "Wed, 04 Mar 2026 09:00:00 GMT"}, at(-3600) - UNTOLD),
        ({"x-experience-api-consistent-through": "2026-03-04T09:59:59.5Z"}, at(-0.5)),
        ({"x-experience-api-consistent-through": "2027-03-04T09:59:59.5Z"}, NOW),
        ({"x-experience-api-consistent-through": "2026-03-04T09:59:59Z", "date": "Wed, 04 Mar 2026 09:00:00 GMT"}, at(-3600)),
        ({"x-experience-api-consistent-through": "now"}, NOW - UNTOLD),
    ],
)
def test_knows_until_when_an_answer_is_whole(headers, until):
    assert bound(headers, NOW) == until


def test_moves_to_a_second_before_the_bound_when_the_last_page_is_stored():
    assert after_page(Cursor(), Page((), None), NOW) == Cursor(NOW - COARSE)
    assert after_page(Cursor(at(-100), "more", at(-50)), Page(stored(5), None), NOW) == Cursor(at(-50) - COARSE)


def test_never_moves_back():
    assert after_page(Cursor(at(10)), Page((), None), NOW) == Cursor(at(10))
    assert after_page(Cursor(at(10)), Page(stored(1), "more"), NOW) == Cursor(at(10), "more", NOW)


def test_moves_along_with_statements_in_order_within_the_bound_of_the_first_page():
    cursor = after_page(Cursor(), Page(stored(-30, -20, -20), "2"), at(-10))
    assert cursor == Cursor(at(-20) - COARSE, "2", at(-10))
    assert after_page(cursor, Page(stored(-15, -5), "3"), NOW) == Cursor(at(-10) - COARSE, "3", at(-10))


@pytest.mark.parametrize("statements", [stored(-10, -20), (*stored(-20), b"{}"), (*stored(-20), b"7"), (b"<",), ()])
def test_stays_where_it_is_when_statements_are_not_in_order(statements):
    assert after_page(Cursor(at(-60)), Page(statements, "2"), NOW) == Cursor(at(-60), "2", NOW)


def test_takes_times_before_time_began():
    ancient = datetime(1, 1, 1, tzinfo=UTC)
    page = Page((json.dumps({"stored": ancient.isoformat()}).encode(),), "2")
    assert after_page(Cursor(), page, ancient).since == datetime(1970, 1, 1, tzinfo=UTC) - COARSE
    assert after_page(Cursor(), Page((), None), ancient).since == datetime(1970, 1, 1, tzinfo=UTC) - COARSE


def test_asks_oldest_first():
    assert first_page("https://x.no/xapi", None) == "https://x.no/xapi/statements?ascending=true&limit=200"
    assert first_page("https://x.no/xapi", NOW).endswith("&since=2026-03-04T10%3A00%3A00.000000Z")
    assert one_statement("https://x.no/xapi", "a&b") == "https://x.no/xapi/statements?statementId=a%26b&attachments=true"
    assert (
        one_statement("https://x.no/xapi", "1", voided=True)
        == "https://x.no/xapi/statements?voidedStatementId=1&attachments=true"
    )


@dataclass(frozen=True)
class One:
    id: int | None


@given(st.lists(st.none() | st.integers(0, 4)))
def test_puts_no_id_twice_into_a_batch(ids):
    batches = in_batches([One(each) for each in ids])
    assert [one.id for batch in batches for one in batch] == ids
    assert all(batches)
    for batch in batches:
        known = [one.id for one in batch if one.id is not None]
        assert len(known) == len(set(known))


@pytest.mark.parametrize(
    ("raw", "named"), [(b'{"id": "x"}', "x"), (b'{"id": 7}', None), (b"{}", None), (b"7", None), (b"<", None)]
)
def test_reads_the_id_of_a_statement_however_wrong(raw, named):
    assert id_of(raw) == named
    assert len(id_of(json.dumps({"id": "x" * 100}).encode())) == 64


@pytest.mark.parametrize(
    ("raw", "needs"),
    [
        (b'{"attachments": [{"sha2": "x"}]}', True),
        (b'{"attachments": [{"fileUrl": "https://x.no"}]}', False),
        (b'{"attachments": [{"fileUrl": "https://x.no"}, {}]}', True),
        (b'{"object": {"attachments": [{}]}}', True),
        (b'{"object": {"attachments": 7}, "attachments": [7]}', False),
        (b'{"attachments": {}}', False),
        (b'["attachments"]', False),
        (b'{"attachments"', False),
        (b"{}", False),
    ],
)
def test_knows_which_statements_need_contents_from_beside_them(raw, needs):
    assert needs_contents(raw) is needs
