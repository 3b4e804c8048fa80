"""What pure functions gave a moment ago, since callers ask the same again and again. Only short texts are remembered, and so many
of them, so that nobody can fill the memory.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

T = TypeVar("T")
Text = TypeVar("Text", str, bytes)

LONGEST = 1000


def remembering(most: int) -> Callable[[Callable[[Text], T]], Callable[[Text], T]]:
    """Has a function of a text remember what it gave for the last ``most`` of at most 1000 characters; not what it raised."""

    def remember(function: Callable[[Text], T]) -> Callable[[Text], T]:
        known = lru_cache(maxsize=most)(function)

        @wraps(function)
        def find(text: Text) -> T:
            return known(text) if len(text) <= LONGEST else function(text)

        return find

    return remember
