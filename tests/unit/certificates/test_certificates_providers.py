"""Certificates of many providers, typed out: what is read, and how sure the reading says that it is."""

import pytest

from lrs_bridge.certificates.reading.reading import read_certificates
from tests.support.certificates.typed import extract

FIELDS = ("title", "holder", "issuer", "held_from", "held_to", "issued", "valid_until", "hours", "points", "code", "link")

KURSLEDERS_NAVN = (
    """
# Kursbevis

## Kari Nordmann

har deltatt på

## Akutt abdomen

Oslo, 12.03.2026

Navn: Anne Kursleder
Tittel: Overlege dr.med.
Dato: 12.03.2026
""",
)
TWO_NAMES = (
    """
# KURSBEVIS

Deltaker:      Kari Nordmann
Kursleder:     Ola Hansen
Kurs:          Sepsis hos barn
Kursdato:      3. mars 2026 kl. 09.00-15.30
Varighet:      6 timer inkl. 30 min lunsj
Utstedt:       4. mars 2026
""",
)
EMPLOYER = (
    """
# Certificate of Completion

This certifies that

## JOHN H. SMITH

Oslo University Hospital

has successfully completed the course

## Introduction to Good Clinical Practice

Completion Date: 03/04/2026
Credits: 4.0
Score: 95%
Certificate ID: 8842-AAQ

The Global Health Network
""",
)
LIST = (
    """
# Kursoversikt

Kari Nordmann

Smittevern        12.03.2025      2 timer
Brannvern         14.03.2025      1 time
HLR               20.05.2025      3 timer
""",
)
LETTER = (
    """
Oslo universitetssykehus HF            Dato: 15.01.2026
Avdeling for kompetanse                Deres ref: 2026/123

## Kursbekreftelse

Det bekreftes at lege Kari Nordmann, f. 01.02.1990, ansatt ved Haukeland
universitetssjukehus, har deltatt på kurset Klinisk kommunikasjon
for LIS1 den 12. og 13. januar 2026. Kurset ble ledet av Per Hansen og
omfattet 14 timer. Det er godkjent av Den norske legeforening med 12 timer.

Med hilsen
Nils Leder
""",
)
WRAPPED_TITLE = (
    """
# Kursbevis

Kari Nordmann

har fullført kurset

## Behandling av akutt hjerneslag
## i spesialisthelsetjenesten

dato: 12.03.2026, kursid 4432
""",
)
SUBTITLE = (
    """
# Kursbevis

Navn: Kari Nordmann
Kurs: Emnekurs: Geriatri
Del 2 av 3
Dato: 5.5.2025 - 7.5.2025
Sted: Bergen
Godkjent som 15 timers emnekurs i allmennmedisin
""",
)
VALID = (
    """
# ADVANCED LIFE SUPPORT
Provider Certificate
Awarded to
## Dr Kari Nordmann
Issued: 12 March 2026       Valid until: 12 March 2030
Course Director: Dr Per Hansen
European Resuscitation Council
""",
)
WEBINAR = (
    """
## Bekreftelse

Hei,
Takk for at du deltok på webinaret "Antibiotika i allmennpraksis" 4. november 2025 kl 19.00-20.30.
Vennlig hilsen
Nettkurs AS
""",
)
COURSE_AS_NAME = (
    """
# Sertifikat
Navn:   Basal Traumebehandling
Deltaker:   Kari Nordmann
Fullført:   2026-02-03
Gyldig til:   2028-02-03
""",
)
DURATION_PER_DAY = (
    """
# Kursbevis
Kari Nordmann deltok på Grunnkurs A i perioden 3.-7. november 2025.
Kurset gikk over 5 dager med 7 timer per dag, totalt 35 timer.
Det gir 35 poeng.
""",
)
PUBLISHED = (
    """
# Kursbevis
Navn: Kari Nordmann
Kurs: Revidert veileder i svangerskapsomsorg (publisert 12.03.2024)
Fullført: 18.05.2025
Sist oppdatert: 01.05.2025
Læringsmål: ALM-013
Timer: 2
""",
)
PARTICIPANTS = (
    """
Deltakerliste
Kurs: Traumatologi
Dato: 12.03.2026
Navn             Arbeidssted
Kari Nordmann    Oslo
Ola Hansen       Bergen
Per Lie          Bodø
""",
)
ENGLISH_SENTENCE = (
    """
# Certificate
We hereby confirm that Ms. Kari Nordmann (born 4 May 1991) has participated
in the training course "Point-of-care ultrasound" organised by Nordic Ultrasound Academy in Malmö
from 5 to 7 May 2025 (21 hours, 18 ECMEC).
Malmö, 8 May 2025
""",
)
EACCME = (
    """
# Certificate of Attendance
ESC Congress 2025
## Kari Nordmann
has attended ESC Congress 2025, Madrid, Spain, 29 August - 1 September 2025.
The ESC Congress 2025 is accredited by the European Accreditation Council for
Continuing Medical Education (EACCME) for a maximum of 24 European CME credits (ECMEC's).
Each participant should claim only those hours of credit that have actually been spent.
European Society of Cardiology
2035 Route des Colles, 06903 Sophia Antipolis
""",
)
AMA = (
    """
## STANFORD CENTER FOR CONTINUING MEDICAL EDUCATION
certifies that
# Ola Hansen, MD
has participated in the enduring material titled
## Writing in the Sciences
on December 3, 2025
and is awarded 30.00 AMA PRA Category 1 Credit(s)TM
""",
)
GODKJENNINGER = (
    """
# KURSBEVIS
Kari Nordmann (f. 12.03.1988)
har deltatt på
## Palliasjon for fastleger
Kursnr: 33011     Sted: Hamar     Dato: 05.05.2025-07.05.2025
Godkjenninger:
Allmennmedisin, videreutdanning, emnekurs: 15 timer
Allmennmedisin, etterutdanning: 15 timer
Arbeidsmedisin, valgfritt kurs: 18 timer
Kurskomiteen i Hedmark
""",
)
NTNU = (
    """
NTNU                                   Karakterutskrift
Kari Nordmann
Fødselsnummer: 120388 12345
har bestått emnet MDV6001 Helseledelse, 7,5 studiepoeng, høsten 2025.
Trondheim, 19. desember 2025
""",
)
MOODLE = (
    """
# Certificate
This is to certify that
## Kari Nordmann
has completed the course
## Stråleverngrunnkurs 2026
on 5 March 2026
Grade: 88.00 %
dTfGh72kLp
""",
)
SAMLINGER = (
    """
# Kursbevis
Kari Nordmann
har gjennomført
## Veilederutdanning
Samling 1: 12.-13. januar 2026
Samling 2: 9.-10. mars 2026
Samling 3: 4. mai 2026
Totalt 36 timer
Stavanger universitetssjukehus, 5. mai 2026
""",
)
PAGE2 = (
    """
# Kursbevis
Navn: Kari Nordmann
Kurs: Anafylaksi
Dato: 12.03.2026
Timer: 4
""",
    """
Program for kurset
09.00 Registrering
09.15 Foredrag av Ola Hansen: Adrenalin 1 time
12.00 Lunsj 45 min
""",
)
QUOTE_TITLE = (
    """
# Kursbevis
Det bekreftes at
KARI NORDMANN
født: 12.03.88
har deltatt på nettkurset
"Fastlegen og førerkort - hva er nytt?"
9. oktober 2025
Kursets varighet tilsvarer 3 timer
Kurset er godkjent som 3 poeng klinisk emnekurs
""",
)
INSTRUKTOR = (
    """
# Bekreftelse
Det bekreftes med dette at Ola Hansen har vært instruktør på kurset AHLR-kurs for leger i perioden 3.-4. mars 2026.
Deltaker: Kari Nordmann
""",
)
TO_PERS = (
    """
# Kursbevis
Kari Nordmann og Ola Hansen har deltatt på kurset Suturkurs 12. mars 2026.
""",
)
HOLDER_UPPER_SENTENCE = (
    """
# KURSBEVIS
DETTE BEKREFTER AT KARI NORDMANN HAR FULLFØRT KURSET
## SMITTEVERN I SYKEHUS
12.03.2026
""",
)
ARRANGOR_MULTILINE = (
    """
# Kursbevis
Navn:            Kari Nordmann
Kurs:            Overlevelse
Arrangør:        Oslo universitetssykehus HF i samarbeid med
                 Universitetet i Oslo
Kursdato:        12.03.2026
Varighet:        2 dager (14 timer)
Poeng:           Ikke relevant
""",
)
DATES_SPLIT = (
    """
# Certificate
Participant:  Kari Nordmann
Course:       Ultrasound basics
From:         12 March 2026
To:           14 March 2026
Credits:      12 CME
Issued:       Oslo, 20 March 2026
""",
)
EXPIRED_ORDER = (
    """
# Sertifikat
Kari Nordmann
har bestått
## Strålevern
Gyldig: 12.03.2026 - 12.03.2029
""",
)
COPYRIGHT = (
    """
# Course Certificate
Kari Nordmann
successfully completed
## Neonatal resuscitation
Certificate issued on: 12.03.2026
Course hours: 3 hours
Last updated 2024-05-01. Version 2.1.3
""",
)
BILINGUAL_PHRASES = (
    """
# KURSBEVIS
CERTIFICATE OF COURSE COMPLETION
Det bekreftes herved at / This is to certify that
## Ahmed Al-Rashid
har gjennomført / has completed
## Infeksjonsmedisin for LIS2
## Infectious Diseases for Residents
5.-6. mai 2025 / 5-6 May 2025
Varighet / Duration: 15 timer / 15 hours
Oslo, 7. mai 2025
""",
)
VIET = (
    """
# Kursbevis
Nguyen Thi Mai
fødselsdato 04.05.1990
har deltatt på kurs
## ATLS® Provider Course 10th ed.
Dato: 22.-23. september 2025
Varighet: 2 dager, 18 timer
Kursansvarlig: Tor Hansen
Akershus universitetssykehus HF
""",
)
SUPERVISOR = (
    """
## Bekreftelse på veiledning
Undertegnede, overlege Per Olsen, bekrefter at LIS-lege Kari Nordmann har fullført e-læringskurset
Blodprodukter og transfusjon (varighet 1,5 time) den 14.02.2025.
Per Olsen
Bergen 20.02.2025
""",
)
COURSE_MONTH = (
    """
# Kursbevis
Til: Kari Nordmann
Emne: Klinisk EKG
Tid: Mai 2025
Sted: Tromsø
Omfang: 2 dager
""",
)
MULTIPLE_HOURS = (
    """
# Course certificate
Name: Kari Nordmann
Course: Basic Surgical Skills
Date: 10-11 June 2025
Theory: 4 hours
Practice: 10 hours
Total: 14 hours
""",
)
TOTAL_NB = (
    """
# Kursbevis
Navn: Kari Nordmann
Tema: Suturteknikk
Dato: 10.06.2025
E-læring: 2 timer
Praktisk: 4 timer
Totalt: 6 timer
""",
)
TLF = (
    """
# Kursbevis
Kari Nordmann, LIS1 Sykehuset Østfold
deltok på Akuttkurs for LIS1 10.-12.06.2025 på Kalnes.
Kursleder: Ola Hansen, tlf. 22 33 44 55, e-post ola@so.no
Antall kurstimer: 22,5 t
""",
)
DATE_IN_WORDS = (
    """
# Diploma
is hereby awarded to
## Kari Nordmann
who on the 3rd of June 2025 successfully completed the course in
## Emergency Ultrasound
comprising 16 hours of instruction
Given at Aarhus, 4 June 2025
""",
)
NAME_AFTER = (
    """
# Certificate of Participation
## Neuroradiology Update 2025
Participant
Kari Nordmann
Venue
Radisson Blu, Oslo
Date
2-4 October 2025
CME
18 credits
""",
)
ROW_LABELS = (
    """
# Kursbevis

Navn              Fødselsdato       HPR-nr
Kari Nordmann     01.02.1990        1234567

Kurs                          Dato            Timer
Smertelindring ved livets slutt   03.03.2025      7
""",
)
EXPIRED_SIG = (
    """
# Sertifikat
Dette sertifikatet bekrefter at Kari Nordmann 010290 12345 har gjennomført opplæring i bruk av infusjonspumpe
BBraun Space. Opplæringen er gyldig til 31.12.2027.
Dato: 12.01.2025      Instruktør: Per Lie
""",
)
LMS_EN = (
    """
Congratulations, Kari Nordmann!
You have successfully completed Radiation Safety Essentials
Score: 18/20 (90%)
Date: 06/15/2025
Time spent: 45 min
""",
)
SIGNED_DATES = (
    """
# Kursbevis
Deltaker: Kari Nordmann
Kurs: Prehospital akuttmedisin
Gjennomført: 10.06.2025 - 12.06.2025
Undervisningstimer: 20
Signert elektronisk 15.06.2025 kl. 10.33 av Ola Hansen
""",
)
COURSE_IN_NAME_OF_INSTITUTION = (
    """
# Kursbevis
Institutt for helse og samfunn
Universitetet i Bergen
## Kari Nordmann
har fullført emnet
## MED-320 Forskningsmetode
Studiepoeng: 5
Eksamensdato: 12.12.2025
Karakter: A
Bergen 20.12.2025
""",
)
KURSNUMMER_TITLE = (
    """
# KURSBEVIS
Kurs nr. 2025-114: Graviditet og hjertesykdom
Kari Nordmann
17.-18. mars 2025
14 timer
Nasjonal kompetansetjeneste for gravide
""",
)
LONG = (
    """
Kursbevis nr. 12/2025
Det attesteres med dette at
Kari Margrethe Nordmann-Olsen
født 12. mars 1990
har vært til stede på kurset
Legevaktmedisin – akuttmedisin utenfor sykehus
arrangert av Nasjonalt kompetansesenter for legevaktmedisin
i tidsrommet 22. september - 24. september 2025
Kurset omfatter totalt 21 undervisningstimer.
""",
)


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        pytest.param(
            KURSLEDERS_NAVN,
            {
                "title": "likely: Akutt abdomen",
                "holder": "sure: Kari Nordmann",
                "held_from": "guess: 2026-03-12",
                "held_to": "guess: 2026-03-12",
                "issued": "sure: 2026-03-12",
            },
            id="kursleders_navn",
        ),
        pytest.param(
            TWO_NAMES,
            {
                "title": "sure: Sepsis hos barn",
                "holder": "sure: Kari Nordmann",
                "held_from": "sure: 2026-03-03",
                "held_to": "sure: 2026-03-03",
                "issued": "sure: 2026-03-04",
                "hours": "sure: 6",
            },
            id="two_names",
        ),
        pytest.param(
            EMPLOYER,
            {
                "title": "sure: Introduction to Good Clinical Practice",
                "holder": "sure: John H. Smith",
                "issuer": "guess: Oslo University Hospital",
                "held_from": "guess: 2026-04-03",
                "held_to": "guess: 2026-04-03",
                "points": "sure: 4",
                "code": "sure: 8842-AAQ",
            },
            id="employer",
        ),
        pytest.param(
            LIST,
            {
                "title": "guess: Kursoversikt",
                "holder": "guess: Kari Nordmann",
                "issued": "guess: 2025-03-12",
                "hours": "guess: 2",
            },
            id="list",
        ),
        pytest.param(
            LETTER,
            {
                "title": "likely: Klinisk kommunikasjon for LIS1",
                "holder": "sure: Kari Nordmann",
                "issuer": "guess: Oslo universitetssykehus HF",
                "held_from": "sure: 2026-01-12",
                "held_to": "sure: 2026-01-13",
                "issued": "guess: 2026-01-15",
                "hours": "sure: 14",
            },
            id="letter",
        ),
        pytest.param(
            WRAPPED_TITLE,
            {
                "title": "sure: Behandling av akutt hjerneslag i spesialisthelsetjenesten",
                "holder": "sure: Kari Nordmann",
                "held_from": "guess: 2026-03-12",
                "held_to": "guess: 2026-03-12",
            },
            id="wrapped_title",
        ),
        pytest.param(
            SUBTITLE,
            {
                "title": "likely: Emnekurs: Geriatri",
                "holder": "sure: Kari Nordmann",
                "held_from": "likely: 2025-05-05",
                "held_to": "likely: 2025-05-07",
                "hours": "likely: 15",
            },
            id="subtitle",
        ),
        pytest.param(
            VALID,
            {
                "title": "guess: ADVANCED LIFE SUPPORT",
                "holder": "sure: Kari Nordmann",
                "issuer": "guess: European Resuscitation Council",
                "issued": "sure: 2026-03-12",
                "valid_until": "sure: 2030-03-12",
            },
            id="valid",
        ),
        pytest.param(
            WEBINAR,
            {
                "title": "sure: Antibiotika i allmennpraksis",
                "issuer": "guess: Nettkurs AS",
                "held_from": "sure: 2025-11-04",
                "held_to": "sure: 2025-11-04",
            },
            id="webinar",
        ),
        pytest.param(
            COURSE_AS_NAME,
            {
                "holder": "sure: Kari Nordmann",
                "held_from": "sure: 2026-02-03",
                "held_to": "sure: 2026-02-03",
                "valid_until": "sure: 2028-02-03",
            },
            id="course_as_name",
        ),
        pytest.param(
            DURATION_PER_DAY,
            {
                "title": "likely: Grunnkurs A",
                "holder": "sure: Kari Nordmann",
                "held_from": "sure: 2025-11-03",
                "held_to": "sure: 2025-11-07",
                "hours": "sure: 35",
                "points": "sure: 35",
            },
            id="duration_per_day",
        ),
        pytest.param(
            PUBLISHED,
            {
                "title": "sure: Revidert veileder i svangerskapsomsorg (publisert 12.03.2024)",
                "holder": "sure: Kari Nordmann",
                "held_from": "sure: 2025-05-18",
                "held_to": "sure: 2025-05-18",
                "hours": "sure: 2",
            },
            id="published",
        ),
        pytest.param(
            PARTICIPANTS,
            {
                "title": "sure: Traumatologi",
                "issuer": "guess: Deltakerliste",
                "held_from": "guess: 2026-03-12",
                "held_to": "guess: 2026-03-12",
            },
            id="participants",
        ),
        pytest.param(
            ENGLISH_SENTENCE,
            {
                "title": "sure: Point-of-care ultrasound",
                "holder": "sure: Kari Nordmann",
                "issuer": "guess: Nordic Ultrasound Academy",
                "held_from": "sure: 2025-05-05",
                "held_to": "sure: 2025-05-07",
                "issued": "sure: 2025-05-08",
                "hours": "likely: 21",
                "points": "likely: 18",
            },
            id="english_sentence",
        ),
        pytest.param(
            EACCME,
            {
                "title": "likely: ESC Congress 2025",
                "holder": "sure: Kari Nordmann",
                "issuer": "guess: European Society of Cardiology",
                "held_from": "sure: 2025-08-29",
                "held_to": "sure: 2025-09-01",
                "points": "sure: 24",
            },
            id="eaccme",
        ),
        pytest.param(
            AMA,
            {
                "title": "sure: Writing in the Sciences",
                "holder": "sure: Ola Hansen",
                "issuer": "guess: STANFORD CENTER FOR CONTINUING MEDICAL EDUCATION",
                "held_from": "guess: 2025-12-03",
                "held_to": "guess: 2025-12-03",
                "points": "sure: 30",
            },
            id="ama",
        ),
        pytest.param(
            GODKJENNINGER,
            {
                "title": "sure: Palliasjon for fastleger",
                "holder": "sure: Kari Nordmann",
                "held_from": "likely: 2025-05-05",
                "held_to": "likely: 2025-05-07",
                "hours": "guess: 15",
            },
            id="godkjenninger",
        ),
        pytest.param(
            NTNU,
            {
                "title": "likely: MDV6001 Helseledelse",
                "holder": "guess: Kari Nordmann",
                "issuer": "guess: NTNU",
                "issued": "guess: 2025-12-19",
                "points": "likely: 7.5",
            },
            id="ntnu",
        ),
        pytest.param(
            MOODLE,
            {
                "title": "sure: Stråleverngrunnkurs 2026",
                "holder": "sure: Kari Nordmann",
                "held_from": "likely: 2026-03-05",
                "held_to": "likely: 2026-03-05",
            },
            id="moodle",
        ),
        pytest.param(
            SAMLINGER,
            {
                "title": "sure: Veilederutdanning",
                "holder": "sure: Kari Nordmann",
                "held_from": "guess: 2026-01-12",
                "held_to": "guess: 2026-03-10",
                "issued": "sure: 2026-05-05",
                "hours": "sure: 36",
            },
            id="samlinger",
        ),
        pytest.param(
            PAGE2,
            {
                "title": "sure: Anafylaksi",
                "holder": "sure: Kari Nordmann",
                "held_from": "guess: 2026-03-12",
                "held_to": "guess: 2026-03-12",
                "hours": "sure: 4",
            },
            id="page2",
        ),
        pytest.param(
            QUOTE_TITLE,
            {
                "title": "sure: Fastlegen og førerkort - hva er nytt?",
                "holder": "sure: Kari Nordmann",
                "held_from": "guess: 2025-10-09",
                "held_to": "guess: 2025-10-09",
                "hours": "sure: 3",
                "points": "likely: 3",
            },
            id="quote_title",
        ),
        pytest.param(
            INSTRUKTOR,
            {"holder": "guess: Kari Nordmann", "held_from": "sure: 2026-03-03", "held_to": "sure: 2026-03-04"},
            id="instruktor",
        ),
        pytest.param(
            TO_PERS,
            {
                "title": "likely: Suturkurs",
                "holder": "guess: Ola Hansen",
                "held_from": "sure: 2026-03-12",
                "held_to": "sure: 2026-03-12",
            },
            id="to_pers",
        ),
        pytest.param(
            HOLDER_UPPER_SENTENCE,
            {
                "title": "sure: SMITTEVERN I SYKEHUS",
                "holder": "guess: Dette Bekrefter At Kari Nordmann",
                "held_from": "likely: 2026-03-12",
                "held_to": "likely: 2026-03-12",
            },
            id="holder_upper_sentence",
        ),
        pytest.param(
            ARRANGOR_MULTILINE,
            {
                "title": "sure: Overlevelse",
                "holder": "sure: Kari Nordmann",
                "issuer": "likely: Oslo universitetssykehus HF i samarbeid med Universitetet i Oslo",
                "held_from": "sure: 2026-03-12",
                "held_to": "sure: 2026-03-12",
                "hours": "likely: 14",
            },
            id="arrangor_multiline",
        ),
        pytest.param(
            DATES_SPLIT,
            {
                "title": "sure: Ultrasound basics",
                "holder": "sure: Kari Nordmann",
                "held_from": "sure: 2026-03-12",
                "held_to": "sure: 2026-03-14",
                "issued": "sure: 2026-03-20",
                "points": "sure: 12",
            },
            id="dates_split",
        ),
        pytest.param(
            EXPIRED_ORDER,
            {"title": "sure: Strålevern", "holder": "sure: Kari Nordmann", "valid_until": "sure: 2029-03-12"},
            id="expired_order",
        ),
        pytest.param(
            COPYRIGHT,
            {
                "title": "sure: Neonatal resuscitation",
                "holder": "sure: Kari Nordmann",
                "issued": "sure: 2026-03-12",
                "hours": "likely: 3",
            },
            id="copyright",
        ),
        pytest.param(
            BILINGUAL_PHRASES,
            {
                "title": "likely: Infeksjonsmedisin for LIS2 Infectious Diseases for Residents",
                "holder": "sure: Ahmed Al-Rashid",
                "held_from": "sure: 2025-05-05",
                "held_to": "sure: 2025-05-06",
                "issued": "sure: 2025-05-07",
                "hours": "sure: 15",
            },
            id="bilingual_phrases",
        ),
        pytest.param(
            VIET,
            {
                "title": "sure: ATLS® Provider Course 10th ed",
                "holder": "guess: Nguyen Thi Mai",
                "issuer": "guess: Akershus universitetssykehus HF",
                "held_from": "likely: 2025-09-22",
                "held_to": "likely: 2025-09-23",
                "hours": "likely: 18",
            },
            id="viet",
        ),
        pytest.param(
            SUPERVISOR,
            {
                "title": "likely: Blodprodukter og transfusjon (varighet 1,5 time)",
                "holder": "sure: Kari Nordmann",
                "held_from": "sure: 2025-02-14",
                "held_to": "sure: 2025-02-14",
                "issued": "sure: 2025-02-20",
                "hours": "sure: 1.5",
            },
            id="supervisor",
        ),
        pytest.param(
            COURSE_MONTH,
            {"title": "likely: Klinisk EKG", "holder": "likely: Kari Nordmann"},
            id="course_month",
        ),
        pytest.param(
            MULTIPLE_HOURS,
            {
                "title": "sure: Basic Surgical Skills",
                "holder": "sure: Kari Nordmann",
                "held_from": "likely: 2025-06-10",
                "held_to": "likely: 2025-06-11",
                "hours": "sure: 14",
            },
            id="multiple_hours",
        ),
        pytest.param(
            TOTAL_NB,
            {
                "title": "likely: Suturteknikk",
                "holder": "sure: Kari Nordmann",
                "held_from": "guess: 2025-06-10",
                "held_to": "guess: 2025-06-10",
                "hours": "sure: 6",
            },
            id="total_nb",
        ),
        pytest.param(
            TLF,
            {
                "title": "likely: Akuttkurs for LIS1",
                "holder": "guess: Kari Nordmann",
                "held_from": "sure: 2025-06-10",
                "held_to": "sure: 2025-06-12",
                "hours": "sure: 22.5",
            },
            id="tlf",
        ),
        pytest.param(
            DATE_IN_WORDS,
            {
                "title": "sure: Emergency Ultrasound",
                "holder": "likely: Kari Nordmann",
                "held_from": "guess: 2025-06-03",
                "held_to": "guess: 2025-06-03",
                "issued": "sure: 2025-06-04",
                "hours": "sure: 16",
            },
            id="date_in_words",
        ),
        pytest.param(
            NAME_AFTER,
            {
                "title": "guess: Neuroradiology Update 2025",
                "holder": "sure: Kari Nordmann",
                "held_from": "likely: 2025-10-02",
                "held_to": "likely: 2025-10-04",
                "points": "sure: 18",
            },
            id="name_after",
        ),
        pytest.param(
            ROW_LABELS,
            {"title": "sure: Smertelindring ved livets slutt", "holder": "sure: Kari Nordmann", "issued": "guess: 2025-03-03"},
            id="row_labels",
        ),
        pytest.param(
            EXPIRED_SIG,
            {
                "holder": "sure: Kari Nordmann",
                "held_from": "guess: 2025-01-12",
                "held_to": "guess: 2025-01-12",
                "valid_until": "sure: 2027-12-31",
            },
            id="expired_sig",
        ),
        pytest.param(
            LMS_EN,
            {
                "title": "likely: Radiation Safety Essentials",
                "holder": "likely: Kari Nordmann",
                "held_from": "guess: 2025-06-15",
                "held_to": "guess: 2025-06-15",
                "hours": "likely: 0.75",
            },
            id="lms_en",
        ),
        pytest.param(
            SIGNED_DATES,
            {
                "title": "sure: Prehospital akuttmedisin",
                "holder": "sure: Kari Nordmann",
                "held_from": "sure: 2025-06-10",
                "held_to": "sure: 2025-06-12",
                "issued": "guess: 2025-06-15",
                "hours": "sure: 20",
            },
            id="signed_dates",
        ),
        pytest.param(
            COURSE_IN_NAME_OF_INSTITUTION,
            {
                "title": "sure: MED-320 Forskningsmetode",
                "holder": "sure: Kari Nordmann",
                "issuer": "guess: Institutt for helse og samfunn",
                "held_from": "guess: 2025-12-12",
                "held_to": "guess: 2025-12-12",
                "issued": "sure: 2025-12-20",
                "points": "sure: 5",
            },
            id="course_in_name_of_institution",
        ),
        pytest.param(
            KURSNUMMER_TITLE,
            {
                "title": "likely: Graviditet og hjertesykdom",
                "holder": "guess: Kari Nordmann",
                "held_from": "sure: 2025-03-17",
                "held_to": "sure: 2025-03-18",
                "hours": "likely: 14",
            },
            id="kursnummer_title",
        ),
        pytest.param(
            LONG,
            {
                "title": "likely: Legevaktmedisin – akuttmedisin utenfor sykehus",
                "holder": "sure: Kari Margrethe Nordmann-Olsen",
                "issuer": "guess: Nasjonalt kompetansesenter for legevaktmedisin",
                "held_from": "sure: 2025-09-22",
                "held_to": "sure: 2025-09-24",
                "hours": "sure: 21",
                "code": "likely: 12/2025",
            },
            id="long",
        ),
    ],
)
def test_reads_what_is_there_and_says_how_sure_it_is(pages, expected):
    (found,) = read_certificates(extract(*pages))
    read = {field: getattr(found, field) for field in FIELDS}
    assert {field: f"{value.sureness}: {value.value}" for field, value in read.items() if value} == expected
