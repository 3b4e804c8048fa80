"""RFC 2046 5.1.1: bodies in parts, whatever chunks they come in."""

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lrs_bridge.errors import Invalid, LrsBridgeError
from lrs_bridge.xapi.attachments.multipart import (
    MAX_HEADER_BYTES,
    MAX_PADDING,
    Begin,
    End,
    Part,
    Piece,
    Reader,
    parse_boundary,
    parse_media_type,
    write,
    written_length,
)

SPEC_BOUNDARY = "abcABC0123'()+_,-./:=?"
SIMPLE = b"--b\r\nA: 1\r\n\r\nfirst\r\n--b\r\n\r\nsecond\r\n--b--\r\n"


def events(chunks, boundary="b"):
    reader = Reader(boundary)
    found = [event for chunk in chunks for event in reader.feed(chunk)]
    reader.close()
    return found


def parts(chunks, boundary="b"):
    """Each part's headers and content."""
    found = []
    for event in events(chunks, boundary):
        match event:
            case Begin(headers):
                found.append([dict(headers), b""])
            case Piece(content):
                assert content
                found[-1][1] += content
            case End():
                found[-1].append("whole")
    assert all(part.pop() == "whole" for part in found)
    return [tuple(part) for part in found]


def test_tells_headers_and_content_when_parts_follow_each_other():
    assert parts([SIMPLE]) == [({"a": "1"}, b"first"), ({}, b"second")]


def test_reads_the_example_of_the_specification_when_colons_have_no_blank_behind_them():
    body = (
        f"\r\n--{SPEC_BOUNDARY}\r\nContent-Type:application/json\r\n\r\n{{}}\r\n--{SPEC_BOUNDARY}\r\n"
        "Content-Type:text/plain\r\nContent-Transfer-Encoding:binary\r\nX-Experience-API-Hash:4953\r\n\r\n"
        f"here is a simple attachment\r\n--{SPEC_BOUNDARY}--"
    ).encode()
    hash_and_type = {"content-type": "text/plain", "content-transfer-encoding": "binary", "x-experience-api-hash": "4953"}
    assert parts([body], parse_boundary(f'multipart/mixed; boundary="{SPEC_BOUNDARY}"')) == [
        ({"content-type": "application/json"}, b"{}"),
        (hash_and_type, b"here is a simple attachment"),
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"for mail\r\n--b\r\n\r\nx\r\n--b--", [({}, b"x")], id="preamble"),
        pytest.param(b"x--b\r\n--b\r\n\r\nx\r\n--b--", [({}, b"x")], id="boundary not at the start of a line"),
        pytest.param(b"--b\r\n\r\nx\r\n--b--\r\nthe end\r\n--b\r\n", [({}, b"x")], id="epilogue"),
        pytest.param(b"--b \t \r\n\r\nx\r\n--b-- \r\n", [({}, b"x")], id="transport padding"),
        pytest.param(b"--b\r\n\r\n\r\n--b--", [({}, b"")], id="no content"),
        pytest.param(b"--b\r\nA: 1\r\n\r\n--b--", [({"a": "1"}, b"")], id="no content and no line end for it"),
        pytest.param(b"--b\r\n\r\n--b--", [({}, b"")], id="no header and no content"),
        pytest.param(b"--b\r\n\r\n\r\n\r\n--b--", [({}, b"\r\n")], id="content of a line end"),
        pytest.param(b"--b\r\n\r\n--c\r\n-b\n--b\r\n--b--", [({}, b"--c\r\n-b\n--b")], id="almost a boundary"),
        pytest.param(b"--b\r\nA: 1;\r\n  x=2\r\nb :\r\n\r\n\r\n--b--", [({"a": "1; x=2", "b": ""}, b"")], id="folded and empty"),
        pytest.param(b"--b--\r\n", [], id="no parts"),
        pytest.param("--b\r\nA: ø\r\n\r\n\r\n--b--".encode(), [({"a": "ø"}, b"")], id="letters"),
        pytest.param(b"--b\r\nA: \xf8\r\n\r\n\r\n--b--", [({"a": "\ufffd"}, b"")], id="no letters"),
    ],
)
def test_reads_what_the_grammar_allows_when_it_is(body, expected):
    assert parts([body]) == expected
    assert parts([bytes([byte]) for byte in body]) == expected


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{}", id="no boundary"),
        pytest.param(b"--b\r\n\r\nx", id="no end"),
        pytest.param(b"--b\r\n\r\nx\r\n--b\r\n", id="no end, but a boundary"),
        pytest.param(b"--b\r\n\r\nx\r\n--b-", id="half an end"),
        pytest.param(b"--b\r\nA: 1\r\n--b--", id="header without its end"),
        pytest.param(b"--b\r\nA\r\n\r\nx\r\n--b--", id="no field"),
        pytest.param(b"--b\r\n: 1\r\n\r\nx\r\n--b--", id="no name"),
        pytest.param(b"--b\r\nA: 1\r\na: 2\r\n\r\nx\r\n--b--", id="twice"),
        pytest.param(b"--b\nA: 1\n\nx\n--b--", id="lines that end in LF"),
        pytest.param(b"--bcd\r\n\r\nx\r\n--b--", id="more behind the boundary"),
        pytest.param(b"--b -\r\n\r\nx\r\n--b--", id="a hyphen behind the padding"),
        pytest.param(b"--b" + b" " * (MAX_PADDING + 1) + b"\r\n\r\nx\r\n--b--", id="padding"),
        pytest.param(b"--b\r\nA: " + b"x" * (MAX_HEADER_BYTES + 1) + b"\r\n\r\nx\r\n--b--", id="long header"),
        pytest.param(b"--b\r\nA: " + b"x" * (MAX_HEADER_BYTES + 1), id="long header that doesn't end"),
    ],
)
def test_refuses_a_body_when_it_breaks_the_format(body):
    for chunks in ([body], [bytes([byte]) for byte in body]):
        with pytest.raises(Invalid) as caught:
            events(chunks)
        assert caught.value.rule.startswith("RFC ")


@given(
    chunks=st.lists(st.one_of(st.binary(max_size=20), st.sampled_from([b"\r\n", b"--b", b"--", b"\r\n--b", b"A: 1", b" "]))),
    cuts=st.lists(st.integers(0, 400)),
)
def test_finds_the_same_when_a_body_is_cut_anywhere(chunks, cuts):
    body = b"".join([b"--b\r\n", *chunks])
    edges = [0, *sorted(cut for cut in cuts if cut <= len(body)), len(body)]
    pieces = [body[start:end] for start, end in pairwise(edges)]

    def outcome(chunks):
        try:
            return parts(chunks)
        except LrsBridgeError as error:
            return error.message

    assert outcome(pieces) == outcome([body])


@given(
    contents=st.lists(
        st.tuples(
            st.dictionaries(
                st.from_regex(r"[A-Za-z][A-Za-z\-]{0,9}", fullmatch=True).map(str.lower),
                st.from_regex(r"([!-~]([ -~]{0,20}[!-~])?)?", fullmatch=True),
                max_size=4,
            ),
            st.lists(st.one_of(st.binary(max_size=30), st.sampled_from([b"\r\n", b"--", b"\r\n--", b"-"]))),
        )
    ),
    size=st.integers(1, 50),
)
def test_reads_what_it_wrote_when_the_boundary_is_nowhere_else(contents, size):
    boundary = "0123456789abcdef"
    sent = [(headers, b"".join(pieces)) for headers, pieces in contents]
    assume(all(boundary.encode() not in content for _, content in sent))
    out = [Part(headers, pieces, sum(map(len, pieces))) for headers, pieces in contents]
    body = b"".join(write(out, boundary))
    assert len(body) == written_length(out, boundary)
    assert parts([body[i : i + size] for i in range(0, len(body), size)], boundary) == sent


@given(st.binary(max_size=300), st.text(max_size=100))
def test_raises_its_own_errors_alone_when_fed_anything(body, content_type):
    try:
        boundary = parse_boundary(content_type)
    except LrsBridgeError:
        boundary = "b"
    try:
        found = events([b"--b\r\n" + body], boundary)
    except LrsBridgeError:
        return
    assert found


@pytest.mark.parametrize("more", [0, 1])
def test_takes_a_header_of_the_most_bytes_and_no_more_when_it_comes_in_any_chunks(more):
    body = b"--b\r\nA: " + b"x" * (MAX_HEADER_BYTES - 3 + more) + b"\r\n\r\nx\r\n--b--"
    for chunks in ([body], [bytes([byte]) for byte in body]):
        if more:
            with pytest.raises(Invalid, match="header"):
                events(chunks)
        else:
            assert len(parts(chunks)) == 1


def test_holds_little_when_content_is_long():
    reader = Reader("b")
    list(reader.feed(b"--b\r\n\r\n"))
    for _ in range(50):
        assert sum(len(event.content) for event in reader.feed(b"\r\n--" * 16384)) > 0
        assert len(reader._held) < 100


@pytest.mark.parametrize(
    ("header", "boundary"),
    [
        ("multipart/mixed; boundary=-------314159265358979323846", "-------314159265358979323846"),
        (f'multipart/mixed; boundary="{SPEC_BOUNDARY}"', SPEC_BOUNDARY),
        ("Multipart/Mixed;charset=utf-8 ; Boundary = abc ", "abc"),
        ("multipart/mixed; boundary=a:b=c/d", "a:b=c/d"),
        ('multipart/mixed; x="; boundary=no"; boundary="a b"', "a b"),
        ("multipart/mixed; boundary=" + "x" * 70, "x" * 70),
    ],
)
def test_tells_the_boundary_when_the_content_type_names_one(header, boundary):
    assert parse_boundary(header) == boundary


@pytest.mark.parametrize(
    "header",
    [
        "multipart/mixed",
        "multipart/mixed;",
        "multipart/mixed; boundary=",
        'multipart/mixed; boundary=""',
        'multipart/mixed; boundary="a "',
        "multipart/mixed; boundary=æ",
        "multipart/mixed; boundary=" + "x" * 71,
        'multipart/mixed; boundary="a\r\nb"',
        "",
    ],
)
def test_refuses_a_content_type_when_it_names_no_boundary(header):
    with pytest.raises(Invalid) as caught:
        parse_boundary(header)
    assert caught.value.field == "Content-Type"


def test_tells_a_media_type_and_its_parameters_when_they_are_quoted_or_not():
    assert parse_media_type(' Text/Plain ; charset="a\\"b;c" ;X=Y') == ("text/plain", {"charset": 'a"b;c', "x": "Y"})
