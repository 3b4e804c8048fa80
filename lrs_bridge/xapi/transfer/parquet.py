"""Rows as a Parquet file, a row group at a time, by pyarrow, which the extra ``lrs-bridge[parquet]`` brings."""

from collections.abc import Sequence
from typing import Any, BinaryIO

from lrs_bridge.errors import Unavailable
from lrs_bridge.xapi.model.formats import parse_timestamp
from lrs_bridge.xapi.transfer.lines import Row

GROUP = 5_000
"""How many rows are held back until they are written together; with their statements that is some megabytes."""

STATEMENT = "statement"
"""The last column: the whole statement, as stored."""

_INSTANTS = ("stored", "timestamp")
_FLAGS = ("success", "completion", "voided")


class ParquetWriter:
    """Writes rows and their statements to an open file. Raises Unavailable when pyarrow is not installed.

    Instants are columns of microseconds in UTC; ``statement`` is the JSON as stored.
    """

    def __init__(self, file: BinaryIO) -> None:
        try:
            import pyarrow as pa  # noqa: PLC0415  only those who ask for Parquet need it
            from pyarrow import parquet  # noqa: PLC0415
        except ImportError as error:
            message = "Parquet needs pyarrow, which is not installed; run: pip install 'lrs-bridge[parquet]'"
            raise Unavailable(message) from error
        self._arrow: Any = pa
        self._schema = _schema(pa)
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._held: list[tuple[Any, ...]] = []

    def write(self, rows: Sequence[Row], payloads: Sequence[str]) -> None:
        """Takes rows with their statements; they may be written later."""
        self._held += [(*_typed(row), payload) for row, payload in zip(rows, payloads, strict=True)]
        if len(self._held) >= GROUP:
            self._flush()

    def close(self) -> None:
        """Writes what is held back, and the end of the file, without which it is none."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        columns = [list(column) for column in zip(*self._held, strict=True)] or [[] for _ in self._schema.names]
        self._held.clear()
        self._writer.write_table(self._arrow.table(columns, schema=self._schema))


def _schema(arrow: Any) -> Any:
    instant = arrow.timestamp("us", tz="UTC")
    types = dict.fromkeys(_INSTANTS, instant) | dict.fromkeys(_FLAGS, arrow.bool_()) | {"scaled": arrow.float64()}
    return arrow.schema([(name, types.get(name, arrow.string())) for name in (*Row._fields, STATEMENT)])


def _typed(row: Row) -> tuple[Any, ...]:
    return tuple(parse_timestamp(value) if name in _INSTANTS else value for name, value in row._asdict().items())
