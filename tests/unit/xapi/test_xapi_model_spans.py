"""RFC 8259: where members stand in a text, and what stays when some are cut out or changed."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.xapi.model.spans import Edit, edited, members, without

NAMES = st.text(max_size=3) | st.sampled_from(["stored", "authority", 'a"b', "\\", "{", "[", ":", ","])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([1.5, 1e300]) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=5)
SPELLINGS = st.sampled_from(
    [
        {},
        {"ensure_ascii": False},
        {"indent": 1},
        {"separators": (" ,\n", "\t: ")},
        {"separators": (",", ":"), "ensure_ascii": False},
    ]
)


@given(OBJECTS, SPELLINGS)
def test_finds_every_member_where_it_stands_when_the_text_is_any_object(value, spelling):
    text = json.dumps(value, **spelling).encode()
    found = members(b"[" + text + b"]", 1)
    assert {member.name: orjson.loads((b" " + text)[member.start : member.end]) for member in found} == value
    assert [member.name for member in found] == list(value)
    assert all((b" " + text)[member.name_start : member.start].rstrip(b" \t\n").endswith(b":") for member in found)


@given(OBJECTS, SPELLINGS, st.sets(NAMES), st.integers(0, 4))
def test_leaves_all_other_bytes_when_members_are_cut_out(value, spelling, names, kept_place):
    value = dict([*list(value.items())[:kept_place], ("always kept", 1), *list(value.items())[kept_place:]])
    kept = {name: item for name, item in value.items() if name not in names}
    text = json.dumps(value, **spelling).encode()
    found = members(text)
    cut = edited(text, without(found, frozenset(names)))
    assert orjson.loads(cut) == kept
    assert list(orjson.loads(cut)) == list(kept)
    assert all(text[member.start : member.end] in cut for member in found if member.name in kept)


@pytest.mark.parametrize(
    ("names", "left"),
    [
        ({"a"}, b'{ "b" : [1.50] ,\n"c":"x" }'),
        ({"b"}, b'{ "a": 1 ,\n"c":"x" }'),
        ({"c"}, b'{ "a": 1, "b" : [1.50] }'),
        ({"a", "b"}, b'{ "c":"x" }'),
        ({"b", "c"}, b'{ "a": 1 }'),
        ({"a", "c"}, b'{ "b" : [1.50] }'),
        (set(), b'{ "a": 1, "b" : [1.50] ,\n"c":"x" }'),
    ],
)
def test_cuts_one_comma_with_each_member_when_it_is_first_between_or_last(names, left):
    text = b'{ "a": 1, "b" : [1.50] ,\n"c":"x" }'
    assert edited(text, without(members(text), frozenset(names))) == left


def test_finds_nothing_when_the_object_is_empty():
    assert members(b"{ }") == []


def test_writes_edits_in_the_order_of_the_text_when_they_are_given_in_another():
    assert edited(b"abcdef", [Edit(4, 5, b"E"), Edit(0, 1, b""), Edit(6, 6, b"!")]) == b"bcdEf!"
