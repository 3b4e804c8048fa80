"""Where the members of a JSON object stand in its text, so that a few bytes can change while all others stay as they came.

Source: RFC 8259. The texts are known to be valid JSON in UTF-8, without a name used twice.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import orjson

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s"{}\[\],:]+')
_STEP = {b"{": 1, b"[": 1, b"}": -1, b"]": -1}


class Member(NamedTuple):
    """A member of an object: where its name begins, and from where to where its value goes."""

    name: str
    name_start: int
    start: int
    end: int


class Edit(NamedTuple):
    """What to write instead of the bytes from ``start`` to ``end``."""

    start: int
    end: int
    replacement: bytes


def members(text: bytes, start: int = 0) -> list[Member]:
    """The members of the object that begins there, in order."""
    tokens = _TOKEN.finditer(text, start)
    found = []
    separator = next(tokens)[0]  # the opening brace, later a comma
    while separator != b"}":
        name = next(tokens)
        if name[0] == b"}":
            break
        next(tokens)  # the colon
        first = next(tokens)
        found.append(Member(orjson.loads(name[0]), name.start(), first.start(), _end(first, tokens)))
        separator = next(tokens)[0]
    return found


def _end(first: re.Match[bytes], tokens: Iterator[re.Match[bytes]]) -> int:
    """Where the value ends that begins with this token; the tokens are used up to there."""
    last = first
    depth = _STEP.get(last[0], 0)
    while depth:
        last = next(tokens)
        depth += _STEP.get(last[0], 0)
    return last.end()


def without(found: list[Member], names: frozenset[str]) -> Iterator[Edit]:
    """The edits that cut members out of an object which keeps others, each with one comma."""
    kept_before = False
    for index, member in enumerate(found):
        if member.name not in names:
            kept_before = True
        elif kept_before:
            yield Edit(found[index - 1].end, member.end, b"")
        else:
            yield Edit(member.name_start, found[index + 1].name_start, b"")


def edited(text: bytes, edits: Iterable[Edit]) -> bytes:
    """The text after edits that don't overlap."""
    pieces = []
    position = 0
    for edit in sorted(edits):
        pieces += [text[position : edit.start], edit.replacement]
        position = edit.end
    return b"".join([*pieces, text[position:]])
