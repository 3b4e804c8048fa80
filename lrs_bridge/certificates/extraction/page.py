"""What was found on the pages of a file: words and codes, each with its place and how well it was seen."""

import msgspec

from lrs_bridge.certificates.extraction.projection import Matrix, project, scaling


class Box(msgspec.Struct, frozen=True):
    """A rectangle on a page, in the page's units, from its upper left corner; ``right`` and ``bottom`` are outside of it."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """How high it is."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """The height at which it is half above and half below."""
        return (self.top + self.bottom) / 2

    @property
    def centre(self) -> float:
        """The distance from the left at which it is half on each side."""
        return (self.left + self.right) / 2


class Word(msgspec.Struct, frozen=True):
    """A word between spaces. ``confidence`` is from 0 to 1; ``is_typed`` where it was in the file as text, and not seen in a
    picture.
    """

    text: str
    box: Box
    confidence: float = 1.0
    is_typed: bool = True


class Page(msgspec.Struct, frozen=True):
    """A page as it is read: flat and upright, in units of its own; ``number`` counts from 1. ``shown`` projects these to shares
    (0 to 1) of the width and height of the page as it came, turned as it says itself; without one the two are alike.
    """

    number: int
    width: float
    height: float
    words: tuple[Word, ...]
    shown: Matrix | None = None

    def share(self, box: Box) -> Box:
        """Where a box is on the page as it came, in shares of its width and height."""
        return projected(box, self.shown or scaling(1 / self.width, 1 / self.height))


class Code(msgspec.Struct, frozen=True):
    """A QR code, or another code made to be read by machines, and what it says. ``symbology`` is its kind (``QRCode``), ``box``
    is in shares of the page as it came.
    """

    text: str
    symbology: str
    page: int
    box: Box


class Extract(msgspec.Struct, frozen=True):
    """All that was found in a file."""

    pages: tuple[Page, ...]
    codes: tuple[Code, ...] = ()


def enclosing(boxes: list[Box]) -> Box:
    """The smallest box around these, of which there is at least one."""
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def overlap(one: Box, other: Box) -> bool:
    """Whether they share more than an edge."""
    return one.left < other.right and other.left < one.right and one.top < other.bottom and other.top < one.bottom


def projected(box: Box, matrix: Matrix) -> Box:
    """The smallest box around where the corners go."""
    corners = ((box.left, box.top), (box.right, box.top), (box.left, box.bottom), (box.right, box.bottom))
    return enclosing([Box(x, y, x, y) for x, y in (project(matrix, corner) for corner in corners)])


def level(one: Box, other: Box) -> bool:
    """Whether they are on one height: at least half of the lower one is beside the other."""
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    return shared >= min(one.height, other.height) / 2
