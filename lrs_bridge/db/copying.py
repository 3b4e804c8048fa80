"""Rows as PostgreSQL's COPY reads them in its text format, written column by column: what a column holds is found out once."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from types import NoneType
from typing import Any
from uuid import UUID

import msgspec
import orjson

Values = Sequence[Any]
Texts = Sequence[str]

_ESCAPES = (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))


def copy_lines(rows: Iterable[Values]) -> bytes:
    """A line for each row, in UTF-8."""
    columns = [_column(values) for values in zip(*rows, strict=True)]
    return "".join([f"{line}\n" for line in map("\t".join, zip(*columns, strict=True))]).encode()


def _column(values: Values) -> Texts:
    kinds = set(map(type, values))
    if len(kinds) == 1:
        return _WRITERS.get(kinds.pop(), _others)(values)
    texts = {kind: iter(_column([value for value in values if type(value) is kind])) for kind in kinds}
    return [next(texts[type(value)]) for value in values]


def _texts(values: Texts) -> Texts:
    together = "".join(values)
    for character, escape in _ESCAPES:
        if character in together:
            values = [text.replace(character, escape) for text in values]
    return values


def _others(values: Values) -> Texts:
    return _texts([str(value) for value in values])


_WRITERS: dict[type, Callable[[Any], Texts]] = {
    str: _texts,
    NoneType: lambda nothing: ["\\N"] * len(nothing),
    int: lambda numbers: [*map(str, numbers)],
    bool: lambda truths: ["t" if truth else "f" for truth in truths],
    bytes: lambda all_octets: ["\\\\x" + octets.hex() for octets in all_octets],
    UUID: lambda ids: [one.hex for one in ids],
    datetime: lambda instants: [msgspec.to_builtins(at.astimezone(UTC)) for at in instants],
    dict: lambda objects: _texts([orjson.dumps(one).decode() for one in objects]),
    tuple: lambda arrays: [f"{{{','.join(map(str, numbers))}}}" for numbers in arrays],
}
