"""Pages typed out in a test: what stands where is seen at once."""

from lrs_bridge.certificates.extraction.page import Box, Extract, Page, Word

WIDTH, HEIGHT, LETTER = 600, 850, 6
SIZES = {"# ": 26, "## ": 18}


def words(text: str, *, confidence: float = 1.0, is_typed: bool = True, top: float = 40) -> list[Word]:
    """The words of a text: a column is 6 units wide, a line 15 high; ``# `` and ``## `` begin lines in larger letters."""
    found = []
    for line in text.strip("\n").splitlines():
        size = next((size for mark, size in SIZES.items() if line.startswith(mark)), 11)
        body = line.lstrip("# ") if size > 11 else line
        wide, at = LETTER * size / 11, 0
        for word in body.split(" "):
            if word:
                left = 40 + at * wide
                found.append(Word(word, Box(left, top, left + len(word) * wide, top + size), confidence, is_typed))
            at += len(word) + 1
        top += size + 4
    return found


def page(text: str, *, number: int = 1, confidence: float = 1.0, is_typed: bool = True) -> Page:
    return Page(number, WIDTH, HEIGHT, tuple(words(text, confidence=confidence, is_typed=is_typed)))


def extract(*texts: str, confidence: float = 1.0, is_typed: bool = True) -> Extract:
    return Extract(
        tuple(page(text, number=number, confidence=confidence, is_typed=is_typed) for number, text in enumerate(texts, 1))
    )
