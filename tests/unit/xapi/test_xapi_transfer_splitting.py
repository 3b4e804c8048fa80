"""Another LRS's export is taken apart the same way, however the bytes come."""

from contextlib import suppress

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Invalid, LrsBridgeError
from lrs_bridge.xapi.transfer import splitting
from lrs_bridge.xapi.transfer.splitting import Piece, in_batches, split

ODD = '{"id": "1", "text": "a \\"quoted\\" [bracket], {brace}, \\\\", "n": [1, [2, {"x": []}]]}'
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | texts,
    lambda s: st.lists(s, max_size=3) | st.dictionaries(texts, s, max_size=3),
)
objects = st.dictionaries(texts.filter(lambda name: name not in ("statements", "more")), values, max_size=4)


@pytest.fixture(scope="module", autouse=True)
def short_look():
    """What tells the shapes apart is in the first bytes; all the rest is to come in chunks as they were cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splitting, "_SNIFFED", 20)
        yield


def raws(*chunks) -> list[bytes]:
    return [piece.raw for piece in split(chunks)]


def cut(content: bytes, sizes: list[int]):
    at = 0
    for size in sizes:
        yield content[at : at + size]
        at += size
    yield content[at:]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", []),
        ("\n \r\n", []),
        ("[]", []),
        ("[ ]\n", []),
        ('{"a":1}\n{"b":2}', ['{"a":1}', '{"b":2}']),
        ('{"a":1}\r\n\r\n{"b":2}\r\n', ['{"a":1}', '{"b":2}']),
        ("\ufeff" + '{"a":1}\n', ['{"a":1}']),
        ('[{"a":1}, {"b":2}]', ['{"a":1}', '{"b":2}']),
        (" \n[\n" + ODD + ",\n" + ODD + "\n]\n", [ODD, ODD]),
        ('{"statements":[{"a":1},{"b":[2]}],"more":"/x?a=[1"}', ['{"a":1}', '{"b":[2]}']),
        ('{"more":"","statements":[{"a":1}]}{"statements":[{"b":2}],"more":""}', ['{"a":1}', '{"b":2}']),
        ('{"statements":[],"more":""}', []),
        ('{ "more" : "", "other": [1], "statements" : [ {"statements": [3]} ] }', ['{"statements": [3]}']),
        ("[1, null,{}]", ["1", "null", "{}"]),
        ("not JSON\n{}", ["not JSON", "{}"]),
    ],
)
def test_finds_each_statements_bytes(content, expected):
    assert raws(content.encode()) == [one.encode() for one in expected]
    assert raws(*(bytes([byte]) for byte in content.encode())) == [one.encode() for one in expected]


def test_says_where_each_begins():
    assert list(split([b'\n{"a":1}\n\n{"b":2}\n'])) == [Piece(1, 2, b'{"a":1}'), Piece(2, 4, b'{"b":2}')]
    assert [(piece.number, piece.line) for piece in split([b'[\n{"a":\n1},', b'{"b"', b':2},\n\n{"c":3}]'])] == [
        (1, 2),
        (2, 3),
        (3, 5),
    ]


@pytest.mark.parametrize("content", ["[{}", '{"statements":[{}],', '[{"a":"', "[{}]]", '{"statements":[]}}', '[{"a'])
def test_refuses_a_file_when_it_is_not_whole(content):
    with pytest.raises(Invalid):
        raws(content.encode())


def test_gives_what_came_whole_before_it_refuses_the_rest():
    found = split([b'[{"a":1},{"b":2},{"c"'])
    assert [next(found).raw, next(found).raw] == [b'{"a":1}', b'{"b":2}']
    with pytest.raises(Invalid, match="not whole"):
        next(found)


@pytest.mark.parametrize("start", [b"[{", b'[{"a":"', b'{"a":"', b'{"statements":[{'])
def test_refuses_a_file_when_no_statement_ends(start, monkeypatch):
    monkeypatch.setattr(splitting, "LARGEST_PIECE", 10_000)
    with pytest.raises(Invalid, match="without a statement's end"):
        raws(start, *[b"x" * 1000] * 20)


def test_lets_go_of_what_was_read(monkeypatch):
    monkeypatch.setattr(splitting, "LARGEST_PIECE", 10_000)
    page = b'{"statements":[' + b",".join([b'{"a":"' + b"x" * 100 + b'"}'] * 100) + b'],"more":"' + b"y" * 100 + b'"}\n'
    assert len(raws(*[page] * 20)) == 2000


@given(st.lists(objects, max_size=5), st.lists(st.integers(0, 12), max_size=30), st.sampled_from(["lines", "array", "pages"]))
def test_finds_the_same_values_however_the_bytes_are_cut(some, sizes, form):
    option = orjson.OPT_INDENT_2 if form != "lines" else 0
    if form == "lines":
        content = b"\n".join(orjson.dumps(one) for one in some)
    elif form == "array":
        content = orjson.dumps(some, option=option)
    else:
        content = b"\n".join(orjson.dumps({"statements": [one], "more": ""}, option=option) for one in some)
    assert [orjson.loads(raw) for raw in raws(*cut(content, sizes))] == some


@given(st.binary(max_size=60) | st.text('[]{}",:\\ \nstaemnor', max_size=60).map(str.encode))
def test_raises_nothing_but_its_own_error_when_given_anything(content):
    with suppress(LrsBridgeError):
        raws(content)


@given(st.lists(st.integers(0, 30), max_size=40), st.integers(1, 9), st.integers(1, 60))
def test_puts_pieces_together_up_to_a_number_and_a_size(sizes, most, most_bytes):
    pieces = [Piece(number, number, b"x" * size) for number, size in enumerate(sizes, start=1)]
    batches = list(in_batches(iter(pieces), most=most, most_bytes=most_bytes))
    assert [piece for batch in batches for piece in batch] == pieces
    for number, batch in enumerate(batches, start=1):
        *before, _last = [len(piece.raw) for piece in batch]
        assert len(batch) <= most
        assert sum(before) < most_bytes
        is_full = len(batch) == most or sum(len(piece.raw) for piece in batch) >= most_bytes
        assert is_full or number == len(batches)
