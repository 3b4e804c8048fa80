"""Data 2.2: the small checks that rules are made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.xapi.model.shapes import Broken, Remembered, familiar, list_of, map_of, one_of, recurring, shape, string, text


def test_forgets_all_texts_when_they_become_too_many():
    seen = Remembered()
    for number in range(Remembered.MOST):
        seen.learn(str(number))
    assert len(seen) == Remembered.MOST
    seen.learn("one more")
    assert seen == {"one more"}


def test_does_not_remember_a_text_when_it_is_long():
    seen = Remembered()
    seen.learn("x" * Remembered.LONGEST)
    seen.learn("y" * (Remembered.LONGEST + 1))
    assert seen == {"x" * Remembered.LONGEST}


@pytest.mark.parametrize("value", ["X", "x y", "", None, 1, ["x"], {"x": 1}, True])
def test_refuses_a_wrong_value_each_time_when_right_ones_are_remembered(value):
    check = recurring("lower-case", lambda word: word.isalpha() and word.islower(), "a rule")
    for _ in range(2):
        check("x")
        with pytest.raises(Broken):
            check(value)


def test_asks_once_about_a_text_when_it_comes_again():
    asked = []
    check = recurring("any", lambda word: asked.append(word) is None)
    check("nb")
    check("nb")
    assert asked == ["nb"]
    names = map_of("a rule", lambda word: asked.append(word) is None, "anything")
    names({"nn": 1})
    names({"nn": 2})
    assert asked == ["nb", "nn"]


@pytest.mark.parametrize(
    ("check", "value", "path", "rule"),
    [
        (shape("shape", {"a": string}), [], [], "shape"),
        (shape("shape", {"a": string}), None, [], "xAPI 1.0.3 Data 2.2"),
        (shape("shape", {"a": string}), {"a": 1}, ["a"], "shape"),
        (shape("shape", {"a": text("x", str.islower, "text")}), {"a": "A"}, ["a"], "text"),
        (shape("shape", {"a": string}), {"b": "x"}, ["b"], "xAPI 1.0.3 Data 2.2"),
        (shape("shape", {"a": string}, required=("a",)), {}, ["a"], "shape"),
        (map_of("map", str.islower, "letters", string), {"a": "x", "B": "x"}, ["B"], "map"),
        (map_of("map", str.islower, "letters", string), {"a": "x", "b": 1}, ["b"], "map"),
        (map_of("map", str.islower, "letters"), [], [], "map"),
        (list_of(string, "list"), {}, [], "list"),
        (list_of(string, "list"), ["a", 1], [1], None),
        (list_of(string, "list", least=1), [], [], "list"),
        (one_of("a", "b"), "A", [], None),
        (one_of("a", "b"), ["a"], [], None),
    ],
)
def test_tells_where_a_rule_is_broken_and_which(check, value, path, rule):
    with pytest.raises(Broken) as broken:
        check(value)
    assert broken.value.path == path
    assert broken.value.rule == rule


def test_tells_of_the_shape_when_a_rule_about_several_properties_has_no_name_of_its_own():
    def refuse(_value):
        raise Broken("is wrong", "a")

    with pytest.raises(Broken) as broken:
        shape("shape", {"a": string}, also=(refuse,))({"a": "x"})
    assert (broken.value.path, broken.value.rule) == (["a"], "shape")


def test_takes_no_slip_of_a_check_for_an_unknown_name():
    def slip(_value):
        raise KeyError("a")

    with pytest.raises(KeyError):
        shape("shape", {"a": slip})({"a": "x"})


def test_looks_once_at_a_value_when_it_comes_again_as_a_whole():
    looked_at = []
    check = familiar(looked_at.append)
    for value in ({"a": 1}, {"a": 1}, {"a": True}, {"a": 1.0}, {"a": "x" * 1000}, {"a": "x" * 1000}):
        check(value)
    assert looked_at == [{"a": 1}, {"a": True}, {"a": 1.0}, {"a": "x" * 1000}, {"a": "x" * 1000}]
    assert list(map(type, (each["a"] for each in looked_at[:3]))) == [int, bool, float]


def test_refuses_a_value_each_time_when_it_is_not_right():
    check = familiar(shape("shape", {"a": string}))
    check({"a": "x"})
    for _ in range(2):
        with pytest.raises(Broken):
            check({"a": 1})


@given(st.lists(st.text(max_size=210)))
def test_never_holds_more_than_it_may_when_it_learns_any_texts(words):
    seen = Remembered()
    seen.MOST = 3
    for word in words:
        seen.learn(word)
        assert len(seen) <= 3
        assert all(len(kept) <= Remembered.LONGEST for kept in seen)
