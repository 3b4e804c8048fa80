"""Who gave the course."""

import pytest

from lrs_bridge.certificates.reading.certificate import Issuer
from lrs_bridge.certificates.reading.issuers import named
from lrs_bridge.certificates.reading.reading import read_certificates
from tests.support.certificates.typed import extract

CATALOGUE = (
    Issuer("Den norske legeforening", ("Legeforeningen",), ("legeforeningen.no",)),
    Issuer("Haukeland universitetssjukehus"),
    Issuer("NRR"),
)
COURSE = "\nKari Nordmann har deltatt på\n## Akuttmedisin\n12.03.2026\n"


def issuer(text, **options):
    (found,) = read_certificates(extract(text, **options), CATALOGUE)
    return found.issuer and f"{found.issuer.sureness}: {found.issuer.value}"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Legeforeningen", "Den norske legeforening"),
        ("DEN NORSKE LEGEFORENING", "Den norske legeforening"),
        ("Haukeland universitetssjukhus", "Haukeland universitetssjukehus"),
        ("Haukeland sykehjem", None),
        ("NRB", None),
        ("", None),
    ],
)
def test_knows_issuers_by_their_names_a_letter_misread(text, name):
    assert named(text, CATALOGUE) == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Kursbevis" + COURSE + "Arrangør: Legeforeningen", "sure: Den norske legeforening"),
        ("# Kursbevis" + COURSE + "Arrangør: Medvit Kurs AS", "sure: Medvit Kurs AS"),
        ("# Kursbevis" + COURSE + "Arrangør: Ukjent AS, post@ukjent.no", "likely: Ukjent AS, post@ukjent.no"),
        ("Legeforeningen\n# Kursbevis" + COURSE, "likely: Den norske legeforening"),
        ("# Kursbevis" + COURSE + "Spørsmål rettes til NRR i Oslo", "guess: NRR"),
        ("# Kursbevis" + COURSE + "se www.kurs.legeforeningen.no", "guess: Den norske legeforening"),
        ("# Kursbevis" + COURSE + "se https://legeforeningen.no/kurs", "guess: Den norske legeforening"),
        ("# Kursbevis" + COURSE + "se https://ikkelegeforeningen.no/kurs", None),
        ("# Kursbevis" + COURSE + "Kurset er godkjent av Den norske legeforening.", None),
        ("# Kursbevis" + COURSE + "Kurset ble arrangert av Medvit Kurs den 12. mars", "likely: Medvit Kurs"),
        ("# Kursbevis" + COURSE + "in a course organized by NRR in Oslo.", "guess: NRR"),
        ("# Kursbevis" + COURSE + "Lillevik kommune", "guess: Lillevik kommune"),
        ("Nettkurs Helse\n# Kursbevis" + COURSE, "guess: Nettkurs Helse"),
        ("# Kursbevis" + COURSE, None),
    ],
)
def test_finds_the_issuer(text, expected):
    assert issuer(text) == expected
