"""What dates on certificates are."""

import pytest

from lrs_bridge.certificates.reading.reading import read_certificates
from tests.support.certificates.typed import extract

FIELDS = ("held_from", "held_to", "issued", "valid_until")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kari Nordmann, født 01.05.2012", {}),
        (
            "Kari Nordmann har deltatt, 04.05.1990\nKursdato: 12.03.2026",
            {"held_from": "sure: 2026-03-12", "held_to": "sure: 2026-03-12"},
        ),
        ("Sist oppdatert 12.03.2026", {}),
        ("Utstedt den 12.03.2026", {"issued": "sure: 2026-03-12"}),
        ("Oslo, 12. mars 2026", {"issued": "sure: 2026-03-12"}),
        ("Gyldig til 12.03.2026", {"valid_until": "sure: 2026-03-12"}),
        ("Gyldig: 12.03.2025 - 12.03.2026", {"valid_until": "sure: 2026-03-12"}),
        ("Oslo, 12.-14. mars 2026", {"held_from": "likely: 2026-03-12", "held_to": "likely: 2026-03-14"}),
        ("Kursdato: 03/04/2026", {"held_from": "guess: 2026-04-03", "held_to": "guess: 2026-04-03"}),
        ("Kursdato: 03.04.26", {"held_from": "likely: 2026-04-03", "held_to": "likely: 2026-04-03"}),
        ("Dato: 12.03.2026", {"held_from": "guess: 2026-03-12", "held_to": "guess: 2026-03-12"}),
    ],
)
def test_tells_dates_apart(text, expected):
    (found,) = read_certificates(extract(f"# Kursbevis\nKurs: Akuttmedisin i praksis\n\n{text}"))
    read = {field: getattr(found, field) for field in FIELDS}
    assert {field: f"{value.sureness}: {value.value}" for field, value in read.items() if value} == expected
