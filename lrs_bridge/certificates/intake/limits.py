"""How large an uploaded certificate may be, and checks of that by its headers, before anything is decoded.

PNG 3rd edition (IHDR), JPEG (ITU-T T.81 B.2.2), TIFF 6.0 section 2, HEIF (ISO/IEC 23008-12, ``ispe``). How many pages a PDF
has is only known when its page tree is walked: that is checked where it is opened.
"""

import re
import struct
from collections.abc import Iterator
from mmap import mmap

import msgspec

from lrs_bridge.certificates.intake.kind import Kind
from lrs_bridge.errors import Invalid, TooLarge

RULE = "the service's limits"
_MIB = 1024**2


class Limits(msgspec.Struct, frozen=True):
    """``most_pixels`` is for one page; ``most_memory`` and ``most_seconds`` are for reading the whole file."""

    most_bytes: int = 50 * _MIB
    most_text_bytes: int = 10 * _MIB
    """Of kinds that are text: badges, SVG, messages."""
    most_pages: int = 20
    most_pixels: int = 64_000_000
    most_memory: int = 1536 * _MIB
    most_seconds: float = 300


_TEXTS = (Kind.SVG, Kind.JSON_BADGE, Kind.JWT_BADGE, Kind.EML)
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG's markers of frames, which tell their size."""
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a length."""
_MARK = 0xFF
_IHDR_END = 24
_SHORT = 3
_WIDTH, _HEIGHT = 256, 257
"""TIFF's tags."""
_MOST_STEPS = 10_000


def check_limits(content: bytes | mmap, kind: Kind, limits: Limits) -> None:
    """Raises TooLarge when the file has too many bytes, pages or pixels by its own headers; Invalid when these are missing."""
    most = limits.most_text_bytes if kind in _TEXTS else limits.most_bytes
    if len(content) > most:
        raise TooLarge(f"the file is {len(content)} bytes long, {most} are allowed", field="file", rule=RULE)
    sizes = list(_SIZES[kind](content)) if kind in _SIZES else []
    if kind in _SIZES and not sizes:
        raise Invalid(
            f"the {kind.value.upper()} file does not say how large its picture is: it is damaged", field="file", rule=RULE
        )
    if kind is Kind.TIFF and len(sizes) > limits.most_pages:
        raise TooLarge(f"the file has {len(sizes)} pages, {limits.most_pages} are allowed", field="file", rule=RULE)
    for width, height in sizes:
        if width * height > limits.most_pixels:
            message = f"a picture of {width} × {height} pixels is too large; {limits.most_pixels} pixels are allowed"
            raise TooLarge(message, field="file", rule=RULE)


def _png(content: bytes | mmap) -> Iterator[tuple[int, int]]:
    if content[12:16] == b"IHDR" and len(content) >= _IHDR_END:
        yield struct.unpack(">II", content[16:24])


def _jpeg(content: bytes | mmap) -> Iterator[tuple[int, int]]:
    at = 2
    for _ in range(_MOST_STEPS):
        if len(content) < at + 9 or content[at] != _MARK:
            return
        marker = content[at + 1]
        if marker in _SOF:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            yield width, height
            return
        padding = marker == _MARK
        at += 1 if padding else 2 if marker in _BARE else 2 + struct.unpack(">H", content[at + 2 : at + 4])[0]


def _tiff(content: bytes | mmap) -> Iterator[tuple[int, int]]:
    order = "<" if content[:2] == b"II" else ">"
    at, seen = _number(content, order, 4, 4), set[int]()
    while at and at not in seen and len(seen) < _MOST_STEPS:
        seen.add(at)
        count = _number(content, order, at, 2)
        entries = {
            _number(content, order, place, 2): _value(content, order, place) for place in range(at + 2, at + 2 + 12 * count, 12)
        }
        if entries.get(_WIDTH) and entries.get(_HEIGHT):
            yield entries[_WIDTH], entries[_HEIGHT]
        at = _number(content, order, at + 2 + 12 * count, 4)


def _value(content: bytes | mmap, order: str, place: int) -> int:
    """The value of a directory's entry, if it is a SHORT (3) or a LONG (4)."""
    is_short = _number(content, order, place + 2, 2) == _SHORT
    return _number(content, order, place + 8, 2 if is_short else 4)


def _number(content: bytes | mmap, order: str, at: int, length: int) -> int:
    """0 past the end."""
    return int.from_bytes(content[at : at + length], "little" if order == "<" else "big")


def _heic(content: bytes | mmap) -> Iterator[tuple[int, int]]:
    for found in re.finditer(rb"\x00\x00\x00\x14ispe\x00\x00\x00\x00(.{8})", content[: 4 * _MIB], re.DOTALL):
        yield struct.unpack(">II", found[1])


_SIZES = {Kind.PNG: _png, Kind.JPEG: _jpeg, Kind.TIFF: _tiff, Kind.HEIC: _heic}
