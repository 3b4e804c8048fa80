"""What kind of file an upload is, by its content."""

import json

import pytest

from lrs_bridge.certificates.intake.kind import Kind, recognise
from lrs_bridge.errors import Invalid, UnsupportedMedia

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(20)
JPEG = b"\xff\xd8\xff\xe0" + bytes(40)
HEIC = b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00heicmif1" + bytes(40)
PDF = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"
TIFF = b"II*\x00\x08\x00\x00\x00" + bytes(20)
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'
BADGE = json.dumps({"@context": "https://w3id.org/openbadges/v2", "type": "Assertion"}).encode()
CREDENTIAL = json.dumps({"@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"]}).encode()
JWT = b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2V4YW1wbGUubm8ifQ.c2lnbmF0dXJl"
EML = b"Received: from mx\r\n by here\r\nFrom: Kurs <kurs@example.no>\r\nSubject: Bekreftelse\r\n\r\nHei"
ZIP_END = b"PK\x05\x06" + bytes(16) + b"\x00\x00"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, Kind.PNG),
        (JPEG, Kind.JPEG),
        (HEIC, Kind.HEIC),
        (HEIC.replace(b"ftypmif1", b"ftypxxxx"), Kind.HEIC),
        (PDF, Kind.PDF),
        (b"\xef\xbb\xbf\r\n" + PDF, Kind.PDF),
        (TIFF, Kind.TIFF),
        (b"MM\x00*" + bytes(20), Kind.TIFF),
        (SVG, Kind.SVG),
        (b'<x:svg xmlns:x="http://www.w3.org/2000/svg"/>', Kind.SVG),
        (BADGE, Kind.JSON_BADGE),
        (CREDENTIAL, Kind.JSON_BADGE),
        (b"\xef\xbb\xbf" + BADGE, Kind.JSON_BADGE),
        (JWT, Kind.JWT_BADGE),
        (JWT + b"\n", Kind.JWT_BADGE),
        (EML, Kind.EML),
    ],
)
def test_recognises_files_by_their_content(content, kind):
    assert recognise(content) is kind


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a" + bytes(20),
        b"PK\x03\x04" + bytes(40),
        b"MZ" + bytes(40),
        b"<html><svg></svg></html>",
        b"<!DOCTYPE html><svg>",
        b"<note/>",
        b'{"type": "Assertion"}',
        b'{"@context": "x", "type": "Person"}',
        b'{"@context": ',
        b"[" * 5000,
        b"{" * 5000,
        b"Just text: with a colon",
        b"Subject: alone\r\n\r\nText",
        b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00mp42avc1",
    ],
)
def test_refuses_other_kinds_with_what_is_read(content):
    with pytest.raises(UnsupportedMedia) as caught:
        recognise(content)
    assert "PDF, JPEG, PNG, HEIC, TIFF, SVG" in caught.value.message
    assert (caught.value.field, caught.value.rule) == ("file", "kinds of certificates")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (JPEG + PDF, "JPEG and PDF"),
        (PNG + bytes(5000) + b"%PDF-1.4", "PNG and PDF"),
        (EML + b"%PDF-2.0", "EML and PDF"),
        (PDF + ZIP_END, "PDF and a zip archive"),
        (JPEG + b"PK\x05\x06 no end" + ZIP_END[:-2] + b"\x03\x00abc", "JPEG and a zip archive"),
        (PDF[:9] + b"<HTML ><script>" + PDF, "PDF and a web page"),
        (JPEG + b"<script>alert(1)</script>", "JPEG and a web page"),
        (JPEG + bytes(2000) + b"<script>", None),
        (PDF + b"PK\x05\x06 is written here, and no archive", None),
        (EML + bytes(2000) + b"%PDF-1.4", None),
    ],
)
def test_refuses_files_that_are_two_kinds_at_once(content, what):
    if what is None:
        assert recognise(content)
        return
    with pytest.raises(Invalid) as caught:
        recognise(content)
    assert caught.value.message == f"the file is {what} at once"
    assert (caught.value.field, caught.value.rule) == ("file", "a file is of one kind")


@pytest.mark.parametrize("name", ["Kursbevis.PDF", "kursbevis", "", "v1.2 kursbevis.pdf"])
def test_takes_names_that_fit(name):
    assert recognise(PDF, name=name) is Kind.PDF


@pytest.mark.parametrize(("name", "shown"), [("kursbevis.png", ".png"), ("kursbevis.pdf.exe", ".exe"), ("a.p<d>f\n", ".pdf")])
def test_refuses_names_that_say_otherwise(name, shown):
    with pytest.raises(Invalid) as caught:
        recognise(PDF, name=name)
    assert f"called {shown}, but it is PDF" in caught.value.message
    assert (caught.value.field, caught.value.rule) == ("file", "a file's name says what it is")
