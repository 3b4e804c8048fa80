"""Prerequisites of SCORM 1.2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.scorm.manifest.prerequisites import LONGEST_SCRIPT, Prerequisite, is_open, parse_prerequisites

ITEMS = {"a", "b", "c", "S-1", "item_1.x", "and"}
A, B, C = (Prerequisite("status", item=name) for name in "abc")


def all_of(*parts):
    return Prerequisite("and", parts)


def any_of(*parts):
    return Prerequisite("or", parts)


def is_not(part):
    return Prerequisite("not", (part,))


@pytest.mark.parametrize(
    ("script", "meaning"),
    [
        ("a", A),
        (" a ", A),
        ("S-1", Prerequisite("status", item="S-1")),
        ("item_1.x", Prerequisite("status", item="item_1.x")),
        ("a&b", all_of(A, B)),
        ("a & b & c", all_of(A, B, C)),
        ("a|b", any_of(A, B)),
        ("a|b&c", any_of(A, all_of(B, C))),
        ("(a|b)&c", all_of(any_of(A, B), C)),
        ("~a", is_not(A)),
        ("~~a", is_not(is_not(A))),
        ("~(a&b)|c", any_of(is_not(all_of(A, B)), C)),
        ("a=passed", Prerequisite("status", item="a", status="passed")),
        ('a = "completed"', Prerequisite("status", item="a", status="completed")),
        ("a=P", Prerequisite("status", item="a", status="passed")),
        ('a="not attempted"', Prerequisite("status", item="a", status="not attempted")),
        ("a<>failed", is_not(Prerequisite("status", item="a", status="failed"))),
        ("{a,b}", all_of(A, B)),
        ("2*{a,b,c}", Prerequisite("at_least", (A, B, C), count=2)),
        ("2 * {a, b & c}", Prerequisite("at_least", (A, all_of(B, C)), count=2)),
        ('"a"', A),
        ("a AND b", all_of(A, B)),
        ("(a AND b) OR c", any_of(all_of(A, B), C)),
        ("NOT a", is_not(A)),
        ("a & and", all_of(A, Prerequisite("status", item="and"))),
    ],
)
def test_understands_scripts(script, meaning):
    assert parse_prerequisites(script, ITEMS) == meaning


@pytest.mark.parametrize(
    "script",
    [
        "",
        " ",
        "x",
        "a b",
        "a &",
        "& a",
        "a & & b",
        "(a",
        "a)",
        "()",
        "~",
        "~x",
        "a=",
        "a=done",
        "a<>",
        "a<>done",
        "a=&",
        "2*a",
        "2*",
        "x*{a}",
        "²*{a}",
        "{a",
        "{a,}",
        "{a b}",
        "a < b",
        'a = "pass',
        "a\x00b & <",
        "~" * 100 + "a",
        "(" * 100 + "a" + ")" * 100,
        "a" + " & a" * LONGEST_SCRIPT,
    ],
)
def test_does_not_guess_at_what_it_does_not_understand(script):
    assert parse_prerequisites(script, ITEMS) is None


def test_an_item_may_be_called_like_a_number():
    assert parse_prerequisites("2", {"2"}) == Prerequisite("status", item="2")
    assert parse_prerequisites("2*{2}", {"2"}) is None


@pytest.mark.parametrize(
    ("script", "statuses", "opens"),
    [
        ("a", {}, False),
        ("a", {"a": "incomplete"}, False),
        ("a", {"a": "failed"}, False),
        ("a", {"a": "browsed"}, False),
        ("a", {"a": "passed"}, True),
        ("a", {"a": "completed"}, True),
        ("a=passed", {"a": "completed"}, False),
        ("a=n", {}, True),
        ("a<>failed", {"a": "failed"}, False),
        ("a<>failed", {}, True),
        ("a&b", {"a": "passed"}, False),
        ("a&b", {"a": "passed", "b": "passed"}, True),
        ("a|b", {"b": "passed"}, True),
        ("a|b", {}, False),
        ("~a", {}, True),
        ("2*{a,b,c}", {"a": "passed"}, False),
        ("2*{a,b,c}", {"a": "passed", "c": "completed"}, True),
    ],
)
def test_opens_items(script, statuses, opens):
    assert is_open(parse_prerequisites(script, ITEMS), statuses) is opens


@given(st.text(alphabet='ab2*{}(),~&|=<>" PF\x00²', max_size=60))
def test_always_comes_to_an_end(script):
    found = parse_prerequisites(script, ITEMS)
    assert found is None or is_open(found, {}) in (True, False)
