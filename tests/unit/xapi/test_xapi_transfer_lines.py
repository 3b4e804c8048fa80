"""A statement as a line and as a row."""

import csv
import io

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Unavailable
from lrs_bridge.xapi.transfer import parquet
from lrs_bridge.xapi.transfer.lines import Row, csv_lines, one_line, row_of
from lrs_bridge.xapi.transfer.store import Stored
from lrs_bridge.xapi.transfer.writers import Form, open_writer
from tests.support.statements import KARI, OLA, full_statement, statement, sub_statement

STORED = "2026-03-04T09:00:00.000001Z"
KEPT = {"stored": STORED, "timestamp": "2026-03-04T10:00:00.123456+01:00", "id": "5f2f2a0e-8f0a-4c55-9ad1-0f6f3f1f0001"}


def row(**changes) -> Row:
    return row_of(orjson.dumps(statement(**(KEPT | changes))).decode(), voided=False)


def test_keeps_the_spelling_of_numbers_and_letters_when_it_makes_one_line():
    spread = '{\r\n "n": 1.0e3,\n\t"t": "\\u00e5\\n\u2028" }'
    assert one_line(spread) == '{   "n": 1.0e3, \t"t": "\\u00e5\\n\u2028" }'
    assert orjson.loads(one_line(spread)) == orjson.loads(spread)
    assert one_line('{"n":1.0}') == '{"n":1.0}'


def test_shows_everything_that_a_table_has_when_the_statement_says_it():
    assert row_of(orjson.dumps(full_statement() | {"stored": STORED}).decode(), voided=True) == Row(
        id="5f2f2a0e-8f0a-4c55-9ad1-0f6f3f1f0001",
        stored=STORED,
        timestamp="2026-03-04T10:00:00.123+01:00",
        actor="mailto:kari@example.no",
        verb="http://adlnet.gov/expapi/verbs/completed",
        object="https://kurs.example.no/smittevern",
        name="Smittevern",
        success=True,
        completion=True,
        scaled=0.9,
        duration="PT1H30M",
        registration="5f2f2a0e-8f0a-4c55-9ad1-0f6f3f1f00aa",
        voided=True,
    )


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, {"success": None, "scaled": None, "registration": None}),
        ({"result": {"score": {"scaled": 1}}}, {"scaled": 1.0}),
        ({"actor": OLA}, {"actor": "https://idp.example.no hpr-7654321"}),
        ({"actor": {"mbox_sha1sum": "a" * 40}}, {"actor": "a" * 40}),
        ({"actor": {"openid": "https://id.example.no/a"}}, {"actor": "https://id.example.no/a"}),
        (
            {"actor": {"objectType": "Group", "member": [KARI, OLA]}},
            {"actor": "mailto:kari@example.no, https://idp.example.no hpr-7654321"},
        ),
        ({"object": KARI}, {"object": "mailto:kari@example.no", "name": "Kari Nordmann"}),
        ({"object": {"objectType": "Group"}}, {"object": "", "name": None}),
        ({"object": {"objectType": "StatementRef", "id": "x"}}, {"object": "x", "name": None}),
        ({"object": sub_statement()}, {"object": None, "name": None}),
        ({"object": {"id": "https://x.no", "definition": {"name": {"fr": "Un"}}}}, {"name": "Un"}),
    ],
)
def test_shows_what_there_is_when_a_statement_is_unlike_others(changes, shown):
    found = row(**changes)._asdict()
    assert {name: found[name] for name in shown} == shown


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=4))
def test_writes_rows_that_any_reader_reads_and_no_spreadsheet_runs(cells):
    [read] = csv.reader(io.StringIO(csv_lines([cells]), newline=""))
    assert [each.removeprefix("'") if not mine.startswith("'") else each for each, mine in zip(read, cells, strict=True)] == cells
    assert not any(each.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝")) for each in read)


def test_leaves_numbers_and_truths_as_they_are():
    assert csv_lines([[-0.5, True, False, None, "-1"]]) == "-0.5,true,false,,'-1\r\n"


def exported(form, count=3) -> bytes:
    file = io.BytesIO()
    writer = open_writer(form, file)
    for n in range(count):
        payload = orjson.dumps(statement(**KEPT, result={"score": {"scaled": n / count}}), option=orjson.OPT_INDENT_2).decode()
        writer.write([Stored(n, n == 0, payload)])
    writer.close()
    return file.getvalue()


def test_writes_a_statement_a_line():
    lines = exported(Form.NDJSON).splitlines()
    assert [orjson.loads(line)["result"]["score"]["scaled"] for line in lines] == [0, 1 / 3, 2 / 3]


def test_writes_a_head_and_a_row_a_statement():
    found = list(csv.DictReader(io.StringIO(exported(Form.CSV).decode())))
    assert [each["voided"] for each in found] == ["true", "false", "false"]
    assert found[0].keys() == set(Row._fields)


@pytest.mark.parametrize("count", [0, 3])
def test_writes_parquet_that_keeps_types(count, monkeypatch):
    from pyarrow import parquet as reader  # noqa: PLC0415  an extra

    monkeypatch.setattr(parquet, "GROUP", 2)
    table = reader.read_table(io.BytesIO(exported(Form.PARQUET, count)))
    assert table.num_rows == count
    assert [str(table.schema.field(name).type) for name in ("stored", "scaled", "voided")] == [
        "timestamp[us, tz=UTC]",
        "double",
        "bool",
    ]
    for each in table.to_pylist():
        assert each["timestamp"].isoformat() == "2026-03-04T09:00:00.123456+00:00"
        assert orjson.loads(each["statement"])["id"] == each["id"]


def test_says_what_to_install_when_parquet_can_not_be_written(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(Unavailable, match="pip install"):
        open_writer(Form.PARQUET, io.BytesIO())
