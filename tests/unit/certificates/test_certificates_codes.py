"""QR codes in pictures."""

import pytest
from PIL import Image

from lrs_bridge.certificates.extraction.codes import codes_in
from tests.support.certificates import layouts, scanning
from tests.support.certificates.corpus import TRUTHS


@pytest.fixture(scope="module")
def picture():
    (page,) = scanning.rendered(layouts.draw([TRUTHS["legemiddel"]]), 100)
    return page.convert("L")


def test_reads_a_code_and_where_it_is(picture):
    (code,) = codes_in(picture, 3)
    assert (code.text, code.symbology, code.page) == ("https://kurs.example.no/verifiser/LH-7731-QX", "QRCode", 3)
    assert (round(code.box.left, 1), round(code.box.top, 1)) == (0.7, 0.8)
    assert code.box.right < 1
    assert code.box.bottom < 1


def test_reads_it_in_a_large_picture_too(picture):
    large = picture.resize((picture.width * 4, picture.height * 4))
    assert [code.text for code in codes_in(large, 1)] == [code.text for code in codes_in(picture, 1)]


def test_finds_none_on_an_empty_page():
    assert codes_in(Image.new("L", (50, 50), 255), 1) == []
