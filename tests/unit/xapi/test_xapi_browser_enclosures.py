"""Attachments as a reader of statements sees them."""

import pytest

from lrs_bridge.xapi.browser.enclosures import enclosures_of, file_name, has_attachments
from lrs_bridge.xapi.browser.sentence import Piece
from tests.support.statements import full_statement, statement, sub_statement

ONE = full_statement()["attachments"][0]


def of(**changes):
    changed = {name: value for name, value in (ONE | changes).items() if value is not None}
    (one,) = enclosures_of(statement(attachments=[changed]), "en", {"0" * 64})
    return one


def test_tells_name_type_and_place():
    one = of()
    assert (one.name, one.description) == (Piece("Kursbevis", "", "nb"), Piece("Bevis", "", "nb"))
    assert (one.content_type, one.sha2, one.is_here) == ("application/pdf; x=y", "0" * 64, True)
    assert one.link == "https://kurs.example.no/bevis.pdf"
    assert not of(sha2="1" * 64).is_here


def test_goes_by_its_type_when_it_has_no_name():
    one = of(display={}, description=None)
    assert (one.name, one.description) == (Piece("application/pdf; x=y"), None)


@pytest.mark.parametrize("address", [None, "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://x.example.no"])
def test_offers_no_link_when_the_address_is_not_the_webs(address):
    assert of(fileUrl=address).link is None


@pytest.mark.parametrize(
    ("length", "nb"), [(0, "0 B"), (999, "999 B"), (1234, "1,2 kB"), (5_000_000, "5 MB"), (12_345_678, "12,3 MB")]
)
def test_tells_the_size_in_words(length, nb):
    assert of(length=length).size("nb").replace("\N{NO-BREAK SPACE}", " ") == nb


def test_counts_those_of_a_sub_statement():
    value = statement(object=sub_statement(attachments=[ONE]))
    assert len(enclosures_of(value, "nb", ())) == 1
    assert has_attachments(value)
    assert not has_attachments(statement())


@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        ("application/pdf; x=y", "0123456789abcdef.pdf"),
        ("TEXT/PLAIN", "0123456789abcdef.txt"),
        ("application/x-unheard-of", "0123456789abcdef.bin"),
    ],
)
def test_names_a_file_after_its_sum_and_type(content_type, name):
    assert file_name("0123456789ABCDEF" * 4, content_type) == name
