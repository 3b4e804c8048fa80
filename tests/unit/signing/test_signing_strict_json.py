import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs_bridge.errors import Invalid, LrsBridgeError, TooLarge
from lrs_bridge.signing import strict_json
from lrs_bridge.signing.strict_json import MAX_DEPTH, parse_json

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


@settings(deadline=None)
@given(values)
def test_reads_what_json_writes(value):
    assert parse_json(json.dumps(value).encode()) == value


@settings(deadline=None)
@given(st.binary())
def test_reads_or_refuses_any_bytes(content):
    try:
        value = parse_json(content)
    except LrsBridgeError:
        return
    assert value == json.loads(content)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "not readable"),
        (b"\xff", "not readable"),
        (b"\xef\xbb\xbf{}", "not readable"),
        (b"{} {}", "not readable"),
        (b"1" * 5000, "not readable"),
        (b"[NaN]", "NaN"),
        (b"[-Infinity]", "-Infinity"),
        (b'{"a":1,"b":2,"a":1}', "'a' occurs twice"),
        (b'[{"x":{"a":1,"a":2}}]', "'a' occurs twice"),
        (b"[" * 100_000, "not readable"),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, "nested deeper"),
        (b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH, "nested deeper"),
    ],
    ids=[
        "empty",
        "not UTF-8",
        "BOM",
        "two",
        "long number",
        "NaN",
        "infinity",
        "twice",
        "twice within",
        "unclosed",
        "deep",
        "deep 2",
    ],
)
def test_refuses_json_that_readers_differ_on(document, reason):
    with pytest.raises(Invalid, match=reason):
        parse_json(document)


def test_reads_what_is_nested_just_not_too_deep():
    depth = MAX_DEPTH - 1
    assert parse_json(b"[" * depth + b"]" * depth)


def test_refuses_a_document_when_it_is_too_large(monkeypatch):
    monkeypatch.setattr(strict_json, "MAX_BYTES", 10)
    assert parse_json(b"[       1]") == [1]
    with pytest.raises(TooLarge):
        parse_json(b"[        1]")


class Name(str):
    """A member's name that counts how often it is compared."""

    __slots__ = ()
    compared = 0

    def __eq__(self, other):
        Name.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_looks_at_each_name_a_few_times_only_when_there_are_many(monkeypatch):
    monkeypatch.setattr(Name, "compared", 0)
    pairs = [(Name(f"a{n}"), 0) for n in range(2000)]
    with pytest.raises(Invalid, match="'a1999' occurs twice"):
        strict_json._members([*pairs, (Name("a1999"), 1)])
    assert Name.compared < 3 * len(pairs)
