"""Rows as COPY reads them: every kind of value, alone and among others."""

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from uuid import UUID

import pytest

from lrs_bridge.db.copying import copy_lines

ID = UUID("5f2f2a0e-8f0a-4c55-9ad1-0f6f3f1f0001")
NOON = datetime(2026, 3, 4, 12, 0, 0, 7, tzinfo=UTC)


class Word(StrEnum):
    """Some text of ours that is no plain string."""

    TAB = "tab\t"


KINDS = [
    ("plain", "plain"),
    ("\\ \n \r \t é", "\\\\ \\n \\r \\t é"),
    (None, "\\N"),
    (-(2**63), "-9223372036854775808"),
    (True, "t"),
    (False, "f"),
    (b"\x00\xff\\", "\\\\x00ff5c"),
    (ID, ID.hex),
    (NOON, "2026-03-04T12:00:00.000007Z"),
    (NOON.astimezone(timezone(timedelta(hours=2))), "2026-03-04T12:00:00.000007Z"),
    ({"a": ["\t", 1.5, None]}, '{"a":["\\\\t",1.5,null]}'),
    ((1, -2), "{1,-2}"),
    ((), "{}"),
    (Word.TAB, "tab\\t"),
]


@pytest.mark.parametrize(("value", "written"), KINDS)
def test_writes_a_value_when_its_column_holds_one_kind(value, written):
    assert copy_lines([(value, 1), (value, 2)]).decode() == f"{written}\t1\n{written}\t2\n"


@pytest.mark.parametrize(("value", "written"), KINDS)
def test_writes_each_value_as_its_kind_is_written_when_a_column_is_mixed(value, written):
    assert copy_lines([(None,), (value,), ("\t",), (value,)]).decode() == f"\\N\n{written}\n\\t\n{written}\n"


def test_tells_equal_values_of_different_kinds_apart_when_they_share_a_column():
    assert copy_lines([(1,), (True,), (0,), (False,)]) == b"1\nt\n0\nf\n"
