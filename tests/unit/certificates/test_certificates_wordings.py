"""Labels and headings in three languages."""

import pytest

from lrs_bridge.certificates.reading.wordings import Role, is_heading, is_vague, role_of


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("Navn", Role.HOLDER),
        ("Namn:", Role.HOLDER),
        ("Deltakers navn", Role.HOLDER),
        ("Navn / Name:", Role.HOLDER),
        ("Name of participant", Role.HOLDER),
        ("Kurs / Course", Role.TITLE),
        ("Kursnavn", Role.TITLE),
        ("Kursarrangør:", Role.ISSUER),
        ("Organiser", Role.ISSUER),
        ("Kursdato", Role.HELD),
        ("Startdato", Role.START),
        ("End date", Role.END),
        ("Fullført dato", Role.COMPLETED),
        ("Date completed", Role.COMPLETED),
        ("Utstedt", Role.ISSUED),
        ("Dato", Role.DATE),
        ("Gyldig til", Role.VALID),
        ("Expiry date", Role.VALID),
        ("Antall timer", Role.HOURS),
        ("Timer / Hours:", Role.HOURS),
        ("Studiepoeng", Role.POINTS),
        ("CME credits", Role.POINTS),
        ("Kursbevisnummer", Role.CODE),
        ("Sertifikat nr", Role.CODE),
        ("Certificate ID", Role.CODE),
        ("Verify at", Role.LINK),
        ("Fødselsdato", Role.OTHER),
        ("Kursleder", Role.OTHER),
        ("Navn / Course", None),
        ("Navnet på skipet", None),
        ("", None),
    ],
)
def test_knows_labels(label, role):
    assert role_of(label) is role


@pytest.mark.parametrize(("label", "vague"), [("Tittel:", True), ("Title", True), ("Kurstittel", False), ("ID", True)])
def test_knows_labels_that_may_mean_something_else(label, vague):
    assert is_vague(label) is vague


@pytest.mark.parametrize(
    "text",
    [
        "KURSBEVIS",
        "Kursbevis / Course Certificate",
        "Certificate of Attendance",
        "Certificate",
        "Kursbevis for leger i spesialisering",
        "Bekreftelse på deltakelse",
        "Kursstadfesting",
        "Provider certificate",
        "Diplom",
        "Statement of participation",
        "Bevis for gjennomført kurs",
    ],
)
def test_knows_headings(text):
    assert is_heading(text)


@pytest.mark.parametrize("text", ["", "Akuttmedisin", "Kursbeviset er gyldig uten signatur", "Kari Nordmann", "- / -"])
def test_knows_what_is_no_heading(text):
    assert not is_heading(text)
