"""Text and pictures of PDF pages."""

from io import BytesIO

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from lrs_bridge.certificates.extraction import pdf
from lrs_bridge.errors import Invalid, TooLarge


def document(draw, *, pages=1, **options):
    file = BytesIO()
    canvas = Canvas(file, pagesize=A4, **options)
    for _ in range(pages):
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def text(canvas):
    canvas.drawString(100, 742, "Kursbevis for Åse Ødegård")


def words(content):
    with pdf.opened(content, 20) as found:
        return pdf.words_of(found[0])


def test_reads_words_with_their_places():
    found = words(document(text))
    assert [word.text for word in found] == ["Kursbevis", "for", "Åse", "Ødegård"]
    assert found[0].box.left == pytest.approx(100, abs=1)
    assert found[0].box.top < A4[1] - 742 < found[0].box.bottom
    assert all(word.is_typed and word.confidence == 1 for word in found)


def test_reads_turned_pages_as_they_are_shown():
    def sideways(canvas):
        canvas.setPageRotation(90)
        canvas.rotate(90)
        canvas.drawString(100, -200, "Kursbevis")
        canvas.drawString(100, -230, "Deltaker")

    found = words(document(sideways))
    assert [word.text for word in found] == ["Kursbevis", "Deltaker"]
    assert found[1].box.top > found[0].box.bottom
    assert found[0].box.right - found[0].box.left > found[0].box.height


def test_leaves_out_what_runs_another_way():
    def stamped(canvas):
        text(canvas)
        canvas.rotate(40)
        canvas.drawString(300, 100, "KOPI")

    assert "KOPI" not in [word.text for word in words(document(stamped))]


def test_leaves_out_what_is_not_shown():
    def hidden(canvas):
        layer = canvas.beginText(100, 500)
        layer.setTextRenderMode(3)
        layer.textLine("Skjult")
        canvas.drawText(layer)

    assert words(document(hidden)) == []


def test_parts_words_at_gaps_and_ends_of_lines():
    def columns(canvas):
        canvas.drawString(100, 700, "Navn:")
        canvas.drawString(150, 700, "Kari")
        canvas.drawString(100, 680, "Kurs:")

    assert [word.text for word in words(document(columns))] == ["Navn:", "Kari", "Kurs:"]


def test_an_empty_page_has_no_words():
    assert words(document(lambda _: None)) == []


def test_tells_how_much_of_a_page_is_a_picture():
    def pictured(canvas):
        canvas.drawImage(ImageReader(Image.new("L", (10, 10))), 0, 0, A4[0], A4[1] / 2)

    with pdf.opened(document(pictured), 20) as found:
        assert pdf.picture_share(found[0]) == pytest.approx(0.5, abs=0.01)
    with pdf.opened(document(text), 20) as found:
        assert pdf.picture_share(found[0]) == 0


def test_draws_pages_at_300_dpi_or_as_large_as_is_allowed():
    with pdf.opened(document(text), 20) as found:
        assert pdf.picture_of(found[0], 64_000_000).size == pytest.approx((2481, 3508), abs=3)
        small = pdf.picture_of(found[0], 10_000)
        assert small.mode == "L"
        assert small.width * small.height == pytest.approx(10_000, rel=0.05)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (document(text, encrypt=StandardEncryption("secret")), "encrypted"),
        (document(text)[:300], "damaged"),
        (b"%PDF-1.4", "damaged"),
    ],
)
def test_refuses_what_can_not_be_opened(content, said):
    with pytest.raises(Invalid, match=said) as caught, pdf.opened(content, 20):
        pass
    assert caught.value.field == "file"
    assert caught.value.rule.startswith("ISO 32000-1")


def test_refuses_too_many_pages():
    with pytest.raises(TooLarge, match="3 pages, 2 are read"), pdf.opened(document(text, pages=3), 2):
        pass
