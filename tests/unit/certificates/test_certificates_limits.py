"""Sizes by headers, before anything is decoded."""

import struct
from io import BytesIO

import pytest
from PIL import Image

from lrs_bridge.certificates.intake.kind import Kind
from lrs_bridge.certificates.intake.limits import Limits, check_limits
from lrs_bridge.errors import Invalid, TooLarge

LIMITS = Limits(most_bytes=100_000, most_text_bytes=100, most_pages=2, most_pixels=10_000)


def picture(kind, width=20, height=30, **options):
    file = BytesIO()
    Image.new("L", (width, height)).save(file, kind, **options)
    return file.getvalue()


def tiff(pages):
    return picture("TIFF", save_all=True, append_images=[Image.new("L", (5, 5))] * (pages - 1))


def heic(width, height):
    return b"\x00\x00\x00\x18ftypheic" + bytes(30) + b"\x00\x00\x00\x14ispe" + bytes(4) + struct.pack(">II", width, height)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (picture("PNG"), Kind.PNG),
        (picture("JPEG"), Kind.JPEG),
        (picture("JPEG", progressive=True), Kind.JPEG),
        (b"\xff\xd8\xff\x01\xff" + picture("JPEG")[2:], Kind.JPEG),
        (tiff(2), Kind.TIFF),
        (heic(100, 100), Kind.HEIC),
        (b"%PDF-1.4", Kind.PDF),
        (b"x" * 100, Kind.EML),
    ],
)
def test_takes_what_is_within_the_limits(content, kind):
    assert check_limits(content, kind, LIMITS) is None


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (picture("PNG", 101, 100), Kind.PNG, "101 × 100 pixels"),
        (picture("JPEG", 100, 101), Kind.JPEG, "100 × 101 pixels"),
        (picture("TIFF", 200, 100), Kind.TIFF, "200 × 100 pixels"),
        (heic(60_000, 60_000), Kind.HEIC, "60000 × 60000 pixels"),
        (tiff(3), Kind.TIFF, "3 pages, 2 are allowed"),
        (b"x" * 101, Kind.EML, "101 bytes long, 100 are allowed"),
        (b"x" * 100_001, Kind.PDF, "100001 bytes long"),
    ],
)
def test_refuses_what_is_larger(content, kind, said):
    with pytest.raises(TooLarge) as caught:
        check_limits(content, kind, LIMITS)
    assert said in caught.value.message
    assert (caught.value.field, caught.value.rule) == ("file", "the service's limits")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", Kind.PNG),
        (picture("PNG")[:20], Kind.PNG),
        (picture("JPEG")[:20], Kind.JPEG),
        (b"\xff\xd8\xff" + b"\xff" * 20_000, Kind.JPEG),
        (b"\xff\xd8\x00" + bytes(50), Kind.JPEG),
        (b"II*\x00\x08\x00\x00\x00\x01\x00", Kind.TIFF),
        (b"II*\x00\x08\x00\x00\x00" + bytes(2) + b"\x08\x00\x00\x00", Kind.TIFF),
        (b"MM\x00*\x00\x00\x00\x00", Kind.TIFF),
        (b"\x00\x00\x00\x18ftypheic", Kind.HEIC),
    ],
)
def test_refuses_pictures_that_do_not_say_how_large_they_are(content, kind):
    with pytest.raises(Invalid, match="does not say how large") as caught:
        check_limits(content, kind, LIMITS)
    assert caught.value.field == "file"
