"""Codes and links by which a certificate can be checked."""

import pytest

from lrs_bridge.certificates.extraction.page import Box, Code, Extract
from lrs_bridge.certificates.reading.reading import read_certificates
from tests.support.certificates.typed import extract, page

HEAD = "# Kursbevis\nKari Nordmann har deltatt på\n## Akuttmedisin\n12.03.2026\n"


def said(field):
    return field and f"{field.sureness}: {field.value}"


def read(text):
    (found,) = read_certificates(extract(HEAD + text))
    return said(found.code), said(found.link)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kursbevisnummer: MK-2026/17", ("sure: MK-2026/17", None)),
        ("Verifiseringskode:   AB12 CD34", ("sure: AB12 CD34", None)),
        ("ID: 4711", ("likely: 4711", None)),
        ("Kursbevisnummer: ikke i bruk", (None, None)),
        ("Beviset har sertifikatnummer NRR-55120.", ("likely: NRR-55120", None)),
        ("Deres ref 2026/123", (None, None)),
        ("Verify at https://learn.example.org/verify/7KQ2.", (None, "sure: https://learn.example.org/verify/7KQ2")),
        ("Verify at https://learn.example.org/7KQ2", (None, "likely: https://learn.example.org/7KQ2")),
        ("www.example.no", (None, "guess: www.example.no")),
        ("kurs.example.no/sjekk/12", (None, "guess: kurs.example.no/sjekk/12")),
    ],
)
def test_finds_codes_and_links(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://kurs.example.no/verifiser/LH-7731", "sure: https://kurs.example.no/verifiser/LH-7731"),
        ("https://kurs.example.no/a/1", "likely: https://kurs.example.no/a/1"),
        ("WIFI:S:kurs", None),
    ],
)
def test_reads_links_in_codes(text, expected):
    box = Box(0.7, 0.8, 0.8, 0.9)
    (found,) = read_certificates(Extract((page(HEAD),), (Code(text, "QRCode", 1, box),)))
    assert said(found.link) == expected
    assert found.link is None or (found.link.place.page, found.link.place.box) == (1, box)


def test_a_code_belongs_to_the_certificate_that_it_is_nearest_to():
    pages = (page(HEAD), page(HEAD, number=2))
    codes = (Code("https://example.no/verify/2", "QRCode", 2, Box(0, 0.5, 0.1, 0.6)),)
    first, second = read_certificates(Extract(pages, codes))
    assert (said(first.link), said(second.link)) == (None, "sure: https://example.no/verify/2")
