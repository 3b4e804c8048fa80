"""XML of packages: read without fetching or expanding anything."""

import time

import pytest

from lrs_bridge.errors import Invalid
from lrs_bridge.packages.markup import (
    attribute,
    child,
    children,
    local_name,
    namespace,
    parse_markup,
    plain_text,
    raw_text,
    text_of,
)
from lrs_bridge.packages.notice import Code, Refused
from tests.support.packages import billion_laughs, xxe_manifest


def parse(text):
    return parse_markup(text if isinstance(text, bytes) else text.encode(), file="a.xml")


def refusal(text):
    with pytest.raises(Invalid) as caught:
        parse(text)
    return caught.value


@pytest.mark.parametrize(
    "content",
    [
        b"<a/>",
        b"\xef\xbb\xbf<a/>",
        b'\n\n<?xml version="1.0"?><a/>',
        "<?xml version='1.0' encoding='iso-8859-1'?><a t='\u00e6'/>".encode("latin-1"),
        "<?xml version='1.0' encoding='utf-16'?><a/>".encode("utf-16"),
        b"<!-- a comment --><?a thing?><a/>",
    ],
)
def test_reads_what_is_well_formed(content):
    assert local_name(parse(content)) == "a"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("<a>", "a.xml:1"),
        ("<a>\n<b>\n</a>", "a.xml:3"),
        ('\n\n<?xml version="1.0"?>\n<a>\n</b>', "a.xml:5"),
        ("plain", "a.xml:1"),
        ("<a>&nbsp;</a>", "a.xml:1"),
        ("<a>\x01</a>", "a.xml:1"),
        ("<x:a/>", "a.xml:1"),
        ("<a>" * 300 + "</a>" * 300, "a.xml:1"),
        (b"<a>\xff</a>", "a.xml:1"),
    ],
)
def test_names_the_line_of_what_is_not_well_formed(text, field):
    error = refusal(text)
    assert error.field == field
    assert error.message.startswith(f"{field}: not well-formed XML: ")
    assert error.rule == "XML 1.0 2.1"


@pytest.mark.parametrize("content", [b"", b" \n "])
def test_refuses_an_empty_file(content):
    assert refusal(content).message == "a.xml is empty"


def test_refuses_an_unknown_encoding():
    assert refusal("<?xml version='1.0' encoding='klingon'?><a/>").field.startswith("a.xml")


def test_refuses_what_is_too_long():
    with pytest.raises(Refused, match=r"^a\.xml is 4 bytes long, 3 are allowed") as caught:
        parse_markup(b"<a/>", file="a.xml", most_bytes=3)
    assert (caught.value.field, caught.value.problems[0].code) == ("a.xml", Code.LONG_MARKUP)


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE a><a/>",
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
        xxe_manifest(),
        xxe_manifest("http://127.0.0.1:9/"),
        billion_laughs(),
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><a/>',
        '<!DOCTYPE a [<!ATTLIST a b CDATA "default">]><a/>',
    ],
)
def test_refuses_document_types_and_what_they_attack_with(text):
    begun = time.monotonic()
    error = refusal(text)
    assert "DOCTYPE" in error.message or "not well-formed" in error.message
    assert "root:" not in error.message
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("target", ["file:///no/such/file", "http://127.0.0.1:9/gone"])
def test_does_not_even_look_for_what_entities_name(target):
    assert "DOCTYPE" in refusal(xxe_manifest(target)).message


def test_finds_elements_by_their_names_in_any_namespace_and_case():
    root = parse('<a xmlns="urn:x" xmlns:y="urn:y"><!-- c --><B/><y:b z="1"><c>t</c></y:b><d/></a>')
    assert [namespace(each) for each in children(root, "b")] == ["urn:x", "urn:y"]
    assert [local_name(each) for each in children(root, "b", "d")] == ["b", "b", "d"]
    assert child(root, "b").tag == "{urn:x}B"
    assert child(root, "b", "c") is None
    assert child(root, "c", "d") is None
    assert child(None, "b") is None
    assert namespace(parse("<a/>")) == ""


@pytest.mark.parametrize(
    ("written", "value"), [('t="1"', "1"), ('t=" 1 "', "1"), ('T="1"', "1"), ('xmlns:y="urn:y" y:t="1"', "1"), ('u="1"', None)]
)
def test_finds_attributes_by_their_names_in_any_namespace_and_case(written, value):
    assert attribute(parse(f"<a {written}/>"), "t") == value


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (None, ""),
        ("  a \n\t b  ", "a b"),
        ("a\u202eb\x07c\x85d", "abcd"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("x" * 301, "x" * 299 + "…"),
        ("x" * 300, "x" * 300),
        ("a b\u00a0c", "a b c"),
    ],
)
def test_makes_texts_plain(text, plain):
    assert plain_text(text) == plain


def test_takes_all_text_of_an_element():
    root = parse("<a> x <b>y</b>\n z </a>")
    assert text_of(root) == "x y z"
    assert text_of(root, 3) == "x…"
    assert raw_text(root) == "x y\n z"
    assert text_of(None) == ""
    assert raw_text(None) is None
