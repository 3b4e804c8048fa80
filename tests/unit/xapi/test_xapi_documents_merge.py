"""Communication 2.2: the merge of JSON documents, checked against that of Python's dictionaries."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Invalid, LrsBridgeError
from lrs_bridge.xapi.documents.merge import check_object, check_types, is_json, merge

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(alphabet='abcæ"\\\n', max_size=2), JSON_VALUES, max_size=4)


def encoded(value) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def test_merges_as_in_the_specification():
    assert json.loads(merge(b'{"x" : "foo", "y" : "bar"}', b'{"x" : "bash", "z" : "faz"}')) == {
        "x": "bash",
        "y": "bar",
        "z": "faz",
    }


def test_replaces_a_member_whole_when_both_are_objects():
    assert json.loads(merge(b'{"car":{"make":"Ford","model":"Escape"}}', b'{"car":{"make":"Dodge"}}')) == {
        "car": {"make": "Dodge"}
    }


def test_keeps_each_value_as_it_was_spelled():
    stored = b'{"n": 1.0, "big": 123456789012345678901234567890, "e": 1E3}'
    assert merge(stored, '{"t": "\\u00e6\\/", "ø": [1, 2.50 ]}'.encode()) == (
        b'{"n":1.0,"big":123456789012345678901234567890,"e":1E3,"t":"\\u00e6\\/","\xc3\xb8":[1, 2.50 ]}'
    )


@given(OBJECTS, OBJECTS)
def test_agrees_with_dictionaries(stored, posted):
    assert json.loads(merge(encoded(stored), encoded(posted))) == stored | posted


@given(OBJECTS, OBJECTS, OBJECTS)
def test_gives_the_same_when_merged_in_one_step_or_two(first, second, third):
    one_by_one = merge(merge(encoded(first), encoded(second)), encoded(third))
    assert json.loads(one_by_one) == json.loads(merge(encoded(first), encoded(second | third)))


DEEP = b'{"a":' + b"[" * 900 + b"]" * 900 + b"}"
BOTTOMLESS = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
NO_OBJECTS = [
    b"",
    b"[]",
    b"1",
    b"null",
    b'"x"',
    b'{"a":1}{',
    b'{"a":}',
    b'{"a":"\xff"}',
    b'\xef\xbb\xbf{"a":1}',
    b'{"a":NaN}',
    BOTTOMLESS,
]


@pytest.mark.parametrize("content", NO_OBJECTS)
def test_refuses_what_is_no_json_object(content):
    for work in (lambda: check_object(content), lambda: merge(content, b"{}"), lambda: merge(b"{}", content)):
        with pytest.raises(Invalid, match="JSON object") as caught:
            work()
        assert caught.value.field == "body"


@given(st.binary() | st.text().map(str.encode))
def test_raises_nothing_but_our_errors_for_any_bytes(content):
    try:
        merge(content, content)
    except LrsBridgeError:
        return
    assert type(json.loads(content)) is dict


def test_takes_what_is_nested_deeply_or_says_that_it_does_not():
    try:
        merged = merge(DEEP, b"{}")
    except Invalid as refused:
        assert refused.field == "body"  # noqa: PT017  either will do
    else:
        assert merged == DEEP


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON ;x=y"])
def test_knows_json_however_it_is_spelled(content_type):
    assert is_json(content_type)
    check_types(content_type, content_type)


@pytest.mark.parametrize("content_type", ["text/plain", "application/jsonp", "application/ld+json", "application/octet-stream"])
def test_merges_nothing_when_either_is_not_json(content_type):
    assert not is_json(content_type)
    with pytest.raises(Invalid) as caught:
        check_types("application/json", content_type)
    assert caught.value.field == "Content-Type"
    with pytest.raises(Invalid, match="PUT"):
        check_types(content_type, "application/json")
