"""Which course it was."""

import pytest

from lrs_bridge.certificates.reading.reading import read_certificates
from tests.support.certificates.typed import extract


def title(text):
    (found,) = read_certificates(extract(text))
    return found.title and f"{found.title.sureness}: {found.title.value}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kari Nordmann har fullført kurset\n## Akuttmedisin", "sure: Akuttmedisin"),
        ("Kari Nordmann har fullført kurset\n## Akuttmedisin\nfor allmennleger i hele landet", "sure: Akuttmedisin"),
        ("Kari Nordmann har fullført kurset\n## Akuttmedisin\n12.03.2026 og mer", "sure: Akuttmedisin"),
        ("Kari Nordmann har fullført kurset\n## Akuttmedisin\n## Ola Hansen Berg", "likely: Akuttmedisin"),
        ("Kari Nordmann har fullført kurset\n12.03.2026\nTimer: 7", None),
        ("Kari Nordmann har fullført kurset\nTimer: 7", None),
        ("Kari Nordmann har fullført kurset\n## Akuttmedisin\n## Varighet: 7 timer", "sure: Akuttmedisin"),
        ("Kari Nordmann har fullført kurset\n## Akuttmedisin\n## for allmennleger", "sure: Akuttmedisin for allmennleger"),
        ("Kari Nordmann har fullført kurset", None),
        ("Kari Nordmann har fullført «Akuttmedisin» i Oslo.", "sure: Akuttmedisin"),
        ("Kari Nordmann har fullført kurset Akuttmedisin i vakt den 12. mars 2026.", "likely: Akuttmedisin i vakt"),
        (
            "Kari Nordmann har fullført kurset Etikk, rett og kommunikasjon, og at kurset varte.",
            "likely: Etikk, rett og kommunikasjon",
        ),
        ("Kari Nordmann har fullført kurset 12. mars 2026.", None),
        ("## Bekreftelse på deltakelse\nVi bekrefter at Kari Nordmann deltok i dag", None),
        ("Kurs: Akuttmedisin", "sure: Akuttmedisin"),
        ("Tittel: Overlege", "likely: Overlege"),
        ("Kurs: Akuttmedisin\nDel to av tre", "likely: Akuttmedisin"),
        ("Kurs: 12.03.2026", None),
        ("# Akuttmedisin\nKari Nordmann\nOslo 12.03.2026", "guess: Akuttmedisin"),
        ("# Sykehuset Innlandet\nKari Nordmann\n# Akuttmedisin\nOslo 12.03.2026", "guess: Akuttmedisin"),
    ],
)
def test_finds_the_title(text, expected):
    assert title(f"{text}\n\nVelkommen til nye kurs her i byen") == expected


def test_a_title_at_the_end_is_whole():
    assert title("Kursbevis for Kari\nKari Nordmann har fullført kurset\n## Akuttmedisin") == "sure: Akuttmedisin"
