"""What is remembered of pure functions, and what not."""

import pytest

from lrs_bridge.xapi.remembering import LONGEST, remembering


def counted(most):
    asked = []

    @remembering(most)
    def double(text):
        """Twice the text."""
        asked.append(text)
        return text * 2

    return double, asked


def test_asks_once_when_a_short_text_comes_again():
    double, asked = counted(2)
    assert [double("a"), double("a"), double("a" * LONGEST)] == ["aa", "aa", "a" * 2 * LONGEST]
    double("a" * LONGEST)
    assert asked == ["a", "a" * LONGEST]
    assert double.__doc__ == "Twice the text."


def test_asks_again_when_the_text_is_long_or_others_came_between():
    double, asked = counted(2)
    for text in ("x" * (LONGEST + 1), "x" * (LONGEST + 1), "a", "b", "c", "a"):
        assert double(text) == text * 2
    assert len(asked) == 6


def test_asks_again_when_an_error_was_raised():
    asked = []

    @remembering(8)
    def refuse(text):
        asked.append(text)
        raise ValueError(text)

    for _ in range(2):
        with pytest.raises(ValueError, match="a"):
            refuse("a")
    assert asked == ["a", "a"]
