"""The forms in which statements are exported, each written to an open file as the statements come."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import BinaryIO, Protocol

from lrs_bridge.xapi.transfer.lines import Row, csv_lines, one_line, row_of
from lrs_bridge.xapi.transfer.parquet import ParquetWriter


class Form(StrEnum):
    """What an export looks like. Only NDJSON is whole: it can be imported again."""

    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"


class HasPayload(Protocol):
    """A stored statement, and whether it was voided."""

    @property
    def payload(self) -> str:
        """Its JSON as stored."""

    @property
    def voided(self) -> bool:
        """Whether it was voided."""


class Writer(Protocol):
    """Takes statements in their order."""

    def write(self, statements: Sequence[HasPayload]) -> None:
        """Takes some more."""

    def close(self) -> None:
        """Writes what is left; the file stays open."""


class NdjsonWriter:
    """A statement a line, spelt as it is stored."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, statements: Sequence[HasPayload]) -> None:
        """Takes some more."""
        self._file.write("".join([one_line(each.payload) + "\n" for each in statements]).encode())

    def close(self) -> None:
        """Nothing is left."""


class CsvWriter:
    """A line with the names of the columns (``lines.Row``), and a row a statement, in UTF-8."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._file.write(csv_lines([Row._fields]).encode())

    def write(self, statements: Sequence[HasPayload]) -> None:
        """Takes some more."""
        self._file.write(csv_lines(row_of(each.payload, voided=each.voided) for each in statements).encode())

    def close(self) -> None:
        """Nothing is left."""


class ParquetRows:
    """The same columns, typed, and the whole statement in one more."""

    def __init__(self, file: BinaryIO) -> None:
        self._writer = ParquetWriter(file)

    def write(self, statements: Sequence[HasPayload]) -> None:
        """Takes some more."""
        payloads = [each.payload for each in statements]
        self._writer.write([row_of(each.payload, voided=each.voided) for each in statements], payloads)

    def close(self) -> None:
        """Writes what is held back, and the end of the file, without which it is none."""
        self._writer.close()


_WRITERS: dict[Form, Callable[[BinaryIO], Writer]] = {Form.NDJSON: NdjsonWriter, Form.CSV: CsvWriter, Form.PARQUET: ParquetRows}


def open_writer(form: Form, file: BinaryIO) -> Writer:
    """A writer of that form. Raises Unavailable when what it needs is not installed."""
    return _WRITERS[form](file)
