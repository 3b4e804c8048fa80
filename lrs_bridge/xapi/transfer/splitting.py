"""Another LRS's export taken apart: which bytes are each statement, found while the file streams by.

A file is NDJSON (a statement a line), a JSON array of statements, or pages as an LRS answers
(``{"statements": […], "more": …}``), of which there may be several after each other. Nothing is parsed here beyond strings and
brackets: what stands between two commas is handed on as it is, and whoever parses it says what is wrong with it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from lrs_bridge.errors import Invalid

LARGEST_PIECE = 16 * 1024 * 1024
"""Bytes that may come without a statement's end among them."""

_SPACE = b" \t\r\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_RULE = "formats of lrs-bridge statements import"
_SNIFFED = 4096
_IN_PAGE = 2

_PAGE_START = re.compile(rb'\{\s*"(?:statements|more)"\s*:')
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{},]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """One statement's bytes as they stand in the file. ``number`` counts from 1, ``line`` is where it begins, from 1."""

    number: int
    line: int
    raw: bytes


def split(chunks: Iterable[bytes]) -> Iterator[Piece]:
    """The pieces of a file that comes in chunks of any size. Raises Invalid where its outer form breaks."""
    stream = iter(chunks)
    start = b""
    while len(start) < _SNIFFED:
        chunk = next(stream, None)
        if chunk is None:
            break
        start += chunk
    start = start.removeprefix(_BYTE_ORDER_MARK)
    shape = start.lstrip(_SPACE)
    chunked = _prepended(start, stream)
    outer = shape.startswith(b"[") or _PAGE_START.match(shape)
    found = _elements(chunked) if outer else _lines(chunked)
    return (Piece(number, line, raw) for number, (line, raw) in enumerate(found, start=1))


def in_batches(pieces: Iterable[Piece], *, most: int, most_bytes: int) -> Iterator[list[Piece]]:
    """The pieces in order, so many together, or fewer: a batch ends with the piece by which it comes to so many bytes."""
    batch: list[Piece] = []
    size = 0
    for piece in pieces:
        batch.append(piece)
        size += len(piece.raw)
        if len(batch) == most or size >= most_bytes:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _prepended(start: bytes, stream: Iterator[bytes]) -> Iterator[bytes]:
    yield start
    yield from stream


def _lines(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Every line that is not empty, with its number."""
    rest, line = b"", 1
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for raw in whole:
            if raw.strip(_SPACE):
                yield line, raw.strip(_SPACE)
            line += 1
        _require_bounded(rest, line)
    if rest.strip(_SPACE):
        yield line, rest.strip(_SPACE)


def _require_bounded(rest: bytes, line: int) -> None:
    if len(rest) > LARGEST_PIECE:
        message = f"line {line} goes on for more than {LARGEST_PIECE} bytes without a statement's end"
        raise Invalid(message, field="file", rule=_RULE)


@dataclass(slots=True)
class _Outer:
    """Where the scan stands: ``depth`` of brackets, and the depth at which a list of statements lies open, if one does.

    ``key`` is the last string seen in a page itself: what stands before a list's bracket names it.
    """

    depth: int = 0
    list_depth: int | None = None
    key: bytes = b""

    def begins_list(self) -> bool:
        """Whether a bracket that brought us to this depth opens a list of statements."""
        return self.depth == 1 or (self.depth == _IN_PAGE and self.key == b"statements")


@dataclass(slots=True)
class _Buffer:
    """What was read and not let go: ``begin`` is where the present element begins, ``at`` what was scanned.

    ``line`` is the line at ``counted``.
    """

    text: bytes = b""
    begin: int = 0
    at: int = 0
    line: int = 1
    counted: int = 0

    def take(self, chunk: bytes) -> None:
        """Lets go what is before the present element, and goes on with the chunk."""
        self.line_at(self.begin)
        self.text = self.text[self.begin :] + chunk
        self.at -= self.begin
        self.begin = self.counted = 0

    def line_at(self, position: int) -> int:
        """The number of the line there, which is not before the last one that was asked for."""
        self.line += self.text.count(b"\n", self.counted, position)
        self.counted = position
        return self.line


def _elements(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The elements of arrays at the top, and of the statements in pages at the top."""
    buffer, outer = _Buffer(), _Outer()
    for chunk in chunks:
        buffer.take(chunk)
        yield from _complete_elements(buffer, outer)
        if outer.list_depth is None:
            buffer.begin = buffer.at
        _require_bounded(buffer.text[buffer.begin :], buffer.line)
    if outer.depth:
        raise Invalid("the file ends within a list or an object; it is not whole", field="file", rule=_RULE)


def _complete_elements(buffer: _Buffer, outer: _Outer) -> Iterator[tuple[int, bytes]]:
    for token in _TOKEN.finditer(buffer.text, buffer.at):
        mark = token.group()
        if mark == b'"':  # a string that the next chunk goes on with
            buffer.at = token.start()
            return
        edge = _step(outer, mark)
        if edge is not None:
            raw = buffer.text[buffer.begin : token.start()].strip(_SPACE) if edge is Edge.END else b""
            if raw:
                yield buffer.line_at(buffer.text.index(raw[:1], buffer.begin)), raw
            buffer.begin = token.end()
    buffer.at = len(buffer.text)


class Edge(Enum):
    """What a mark is to a list of statements."""

    START = auto()
    END = auto()


def _step(outer: _Outer, mark: bytes) -> Edge | None:
    """Moves on by one mark: END when an element ends before it, START when the first of a list may begin after it."""
    if mark in b"[{":
        outer.depth += 1
        if mark == b"{" or outer.list_depth is not None or not outer.begins_list():
            return None
        outer.list_depth = outer.depth
        return Edge.START
    if mark in b"]}":
        return _close(outer)
    if mark == b",":
        return Edge.END if outer.depth == outer.list_depth else None
    if outer.depth == 1:
        outer.key = mark[1:-1]
    return None


def _close(outer: _Outer) -> Edge | None:
    outer.depth -= 1
    if outer.depth < 0:
        raise Invalid("the file has a bracket that nothing opened", field="file", rule=_RULE)
    if outer.list_depth != outer.depth + 1:
        return None
    outer.list_depth = None
    return Edge.END
