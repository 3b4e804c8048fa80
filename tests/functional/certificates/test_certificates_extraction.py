"""Files read by the real programs, in a process of their own."""

import subprocess
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from lrs_bridge.certificates.extraction.client import extract
from lrs_bridge.certificates.intake.kind import recognise
from lrs_bridge.certificates.intake.limits import Limits
from lrs_bridge.certificates.reading.certificate import Issuer, Legibility, Sureness
from lrs_bridge.certificates.reading.reading import read_certificates
from lrs_bridge.errors import Invalid, TooLarge, Unavailable
from tests.support.certificates import layouts, scanning
from tests.support.certificates.corpus import ISSUERS, SAMPLES, TRUTHS
from tests.support.certificates.scoring import FIELDS, judge
from tests.support.tesseract import install_tesseract

CATALOGUE = tuple(Issuer(name) for name in ISSUERS)
BY_NAME = {sample.name: sample for sample in SAMPLES}
HEIC = Path(__file__).parents[2] / "data" / "certificates" / "kursbevis.heic"


@pytest.fixture(scope="module", autouse=True)
def tesseract():
    install_tesseract()


@pytest.fixture
def found(tmp_path):
    """What is found in a file's content."""

    def find(content, **limits):
        path = tmp_path / "upload"
        path.write_bytes(content)
        return extract(path, recognise(content), Limits(**limits))

    return find


def read(found, content):
    return read_certificates(found(content), CATALOGUE)


@pytest.fixture(scope="module")
def picture():
    (page,) = scanning.rendered(layouts.draw([TRUTHS["ultralyd"]]), 150)
    return page


def test_there_are_forty_samples():
    assert len(BY_NAME) == len(SAMPLES) == 40


@pytest.mark.parametrize("name", [sample.name for sample in SAMPLES if sample.medium == "text"])
def test_reads_every_field_of_text_files(found, name):
    judged = judge(BY_NAME[name], read(found, BY_NAME[name].make()))
    assert [each for each in judged if each.verdict not in ("right", "silent")] == []


@pytest.mark.parametrize("name", ["scan-rygg", "scan-two-on-a-page", "scan-fax", "photo-diabetes", "photo-barn"])
def test_reads_scans_and_photos(found, name):
    judged = judge(BY_NAME[name], read(found, BY_NAME[name].make()))
    right = [each for each in judged if each.verdict == "right"]
    assert len(right) >= 0.9 * len([each for each in judged if each.wanted is not None])
    assert [each for each in judged if each.sureness == "sure"] == []


@pytest.mark.parametrize("name", ["hand-kari", "hand-ola", "illegible-form"])
def test_gives_up_where_nobody_could_be_sure(found, name):
    (certificate,) = read(found, BY_NAME[name].make())
    assert {field: getattr(certificate, field, None) for field in FIELDS} == dict.fromkeys(FIELDS)
    assert certificate.unread or certificate.legibility is Legibility.NONE


@pytest.mark.parametrize("turn", [90, 180])
def test_reads_pictures_that_lie_wrong(found, picture, turn):
    (certificate,) = read(found, scanning.png(picture.rotate(turn, expand=True)))
    assert (certificate.title.value, certificate.holder.value) == ("Ultralyd ved akutt buk", "Bjørn Ødegård")
    assert certificate.title.sureness is Sureness.LIKELY


def test_tells_places_in_the_photo_as_it_came(found):
    content = BY_NAME["photo-diabetes"].make()
    (certificate,) = read(found, content)
    box = certificate.holder.place.box
    with Image.open(BytesIO(content)) as photo:
        shown = photo.transpose(Image.Transpose.ROTATE_270).convert("L")
    width, height = shown.size
    around = shown.crop(
        (int(box.left * width) - 8, int(box.top * height) - 8, int(box.right * width) + 8, int(box.bottom * height) + 8)
    )
    path = scanning.png(around.resize((around.width * 3, around.height * 3)))
    seen = subprocess.run(
        ["tesseract", "stdin", "stdout", "-l", "nor", "--psm", "7"], input=path, capture_output=True, check=True
    )
    assert "Lien" in seen.stdout.decode()


def test_reads_heic(found):
    (certificate,) = read(found, HEIC.read_bytes())
    assert certificate.holder.value == "Bjørn Ødegård"
    assert certificate.held_to.value == date(2026, 1, 20)
    assert certificate.hours.value == Decimal("14.5")


def test_reads_pictures_beside_text(found, picture):
    file = BytesIO()
    canvas = Canvas(file)
    canvas.drawImage(ImageReader(picture), 0, 0, A4[0] * 0.7, A4[1] * 0.7)
    layouts.Sheet(canvas).paragraph(60, 80, "Vedlagt følger kursbeviset, som ble skannet i går på kontoret.", width=400)
    canvas.save()
    (page,) = found(file.getvalue()).pages
    typed, seen = ({word.text for word in page.words if word.is_typed is is_typed} for is_typed in (True, False))
    assert {"Vedlagt", "kursbeviset,"} <= typed
    assert {"Kursbevis", "Ultralyd"} <= seen
    assert typed.isdisjoint({"Ultralyd"})


def test_finds_codes_where_there_is_text(found):
    extracted = found(BY_NAME["text-legemiddel"].make())
    assert [code.text for code in extracted.codes] == ["https://kurs.example.no/verifiser/LH-7731-QX"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7 and no more", "damaged"),
        (b"\xff\xd8\xff\xe0" + bytes(500), "JPEG file is damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "PNG file is damaged"),
    ],
)
def test_says_what_is_damaged(found, content, said):
    with pytest.raises(Invalid, match=said) as caught:
        found(content)
    assert caught.value.field == "file"


def test_a_picture_that_ends_too_early_is_damaged(found, picture):
    with pytest.raises(Invalid, match="PNG file is damaged"):
        found(scanning.png(picture)[:5000])


def test_takes_no_more_pages_than_it_may(found, picture):
    small = picture.resize((80, 100))
    with pytest.raises(TooLarge, match="3 pages, 2 are read"):
        found(scanning.tiff([small] * 3), most_pages=2)
    with pytest.raises(TooLarge, match="3 pages, 2 are read"):
        found(layouts.draw([TRUTHS["brann"]] * 3), most_pages=2)


def test_takes_no_larger_pictures_than_it_may(found, picture):
    with pytest.raises(TooLarge, match="page 1 is"):
        found(scanning.png(picture), most_pixels=1000)


def test_takes_no_more_time_than_it_may(found, picture):
    with pytest.raises(Invalid, match=r"more than 0.01 seconds") as caught:
        found(scanning.png(picture), most_seconds=0.01)
    assert caught.value.rule == "the service's limits"


def test_takes_no_more_memory_than_it_may(found):
    bomb = scanning.png(Image.new("L", (30_000, 30_000)))
    with pytest.raises((TooLarge, Invalid)) as caught:
        found(bomb, most_memory=700 * 1024**2, most_pixels=10**9)
    assert caught.value.rule == "the service's limits"


def test_says_what_to_install_where_tesseract_is_missing(found, picture, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert found(BY_NAME["text-akutt"].make()).pages[0].words
    with pytest.raises(Unavailable, match="install tesseract-ocr, tesseract-ocr-nor and tesseract-ocr-eng"):
        found(scanning.png(picture))


def test_says_what_to_install_where_a_language_is_missing(found, picture, tmp_path, monkeypatch):
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    with pytest.raises(Unavailable, match="a language of tesseract's is not installed"):
        found(scanning.png(picture))
