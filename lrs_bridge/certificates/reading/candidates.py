"""Values that a field might have, and the choice among them: where they agree, contradict each other, or were hardly seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from lrs_bridge.certificates.extraction.page import Word, enclosing
from lrs_bridge.certificates.reading.certificate import Field, Pages, Place, Sureness

T = TypeVar("T")
WEAK, FAIR, STRONG = 1, 2, 3
"""By its place alone; by a word that may mean something else, too; by words that mean this."""
_READABLE = 0.5
"""Words that were seen no better than this are not read at all: handwriting, stamps."""
_CLEAR = 0.8


@dataclass(frozen=True, slots=True)
class Candidate(Generic[T]):
    """A value, the words it was read from, and how much speaks for it."""

    value: T
    words: tuple[Word, ...]
    page: int
    strength: int

    @property
    def confidence(self) -> float:
        """Of the worst of its words."""
        return min(word.confidence for word in self.words)


def is_readable(words: Sequence[Word]) -> bool:
    """Whether every word was seen well enough to be shown to anybody."""
    return (
        bool(words)
        and min(word.confidence for word in words if len(word.text) > 1 or word.text.isalnum() or len(words) == 1) > _READABLE
    )


def choose(
    candidates: Sequence[Candidate[T]], pages: Pages, *, key: Callable[[T], object] = lambda value: value
) -> Field[T] | None:
    """The best candidate as a field. It is sure only if it is strong, was text in the file, and no candidate that is more than
    weak says otherwise; values are the same when their ``key`` is.
    """
    readable = [each for each in candidates if is_readable(each.words) and (each.strength > WEAK or each.confidence >= _CLEAR)]
    if not readable:
        return None
    best = max(readable, key=lambda candidate: candidate.strength)
    others = [other for other in readable if key(other.value) != key(best.value)]
    is_disputed = any(other.strength >= FAIR for other in others)
    if best.strength == STRONG and not is_disputed and all(word.is_typed for word in best.words):
        sureness = Sureness.SURE
    elif best.strength >= FAIR and best.confidence >= _CLEAR and not any(other.strength == best.strength for other in others):
        sureness = Sureness.LIKELY
    else:
        sureness = Sureness.GUESS
    return Field(best.value, sureness, place_of(best.words, best.page, pages))


def place_of(words: Sequence[Word], page: int, pages: Pages) -> Place:
    """Where words stand, on their page as it came."""
    return Place(page, pages[page].share(enclosing([word.box for word in words])))
