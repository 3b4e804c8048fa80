"""What can be a person's name."""

import pytest

from lrs_bridge.certificates.reading.names import person_in


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Kari Nordmann", "Kari Nordmann"),
        ("KARI NORDMANN", "Kari Nordmann"),
        ("Kari Nordmann.", "Kari Nordmann"),
        ("Nordmann, Kari", "Kari Nordmann"),
        ("Nordmann, Kari Anne", "Kari Anne Nordmann"),
        ("Dr. Kari Nordmann", "Kari Nordmann"),
        ("Prof. Kari Nordmann, MD, PhD", "Kari Nordmann"),
        ("Lege Kari Nordmann", "Kari Nordmann"),
        ("Kari Nordmann (f. 12.03.1990)", "Kari Nordmann"),
        ("Kari Nordmann født 12.03.1990", "Kari Nordmann"),
        ("Per-Erik Aas", "Per-Erik Aas"),
        ("PER-ERIK AAS", "Per-Erik Aas"),
        ("John H. Smith", "John H. Smith"),
        ("Jan van der Berg", None),
        ("Jan van Berg", "Jan van Berg"),
        ("Seán O'Brien", "Seán O'Brien"),
        ("Åse Kristin Lien", "Åse Kristin Lien"),
        ("Kari", None),
        ("kari nordmann", None),
        ("Oslo universitetssykehus", None),
        ("Norsk Forening", None),
        ("Anne Marie Kursleder", None),
        ("Kari Nordmann 2026", None),
        ("Storgata 12 B", None),
        ("Det Syke Barnet", None),
        ("", None),
    ],
)
def test_tells_persons_from_other_texts(text, name):
    assert person_in(text) == name
