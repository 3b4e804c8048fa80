"""Forty certificates with what they say: the layouts of ``layouts`` as files, scans, photos and worse."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tests.support.certificates import layouts, scanning
from tests.support.certificates.layouts import Layout, Truth

OUS = "Oslo universitetssykehus HF"
HAUKELAND = "Haukeland universitetssjukehus"
ISSUERS = (
    OUS,
    HAUKELAND,
    "Den norske legeforening",
    "RegUt Helse Vest",
    "RegUt Helse Sør-Øst",
    "Norsk Resuscitasjonsråd",
    "St. Olavs hospital HF",
    "Universitetet i Oslo",
)
"""What a tenant's catalogue would have; the other issuers of the corpus are not in it."""


@dataclass(frozen=True)
class Sample:
    """A file and what its certificates say. ``medium`` is how it came to be: text, scan, photo, handwriting or illegible."""

    name: str
    medium: str
    make: Callable[[], bytes]
    truths: tuple[Truth, ...]


def _truths() -> dict[str, tuple[Layout, Truth]]:
    t = Truth
    found: dict[str, tuple[Layout, Truth]] = {}

    def add(name: str, layout: Layout, truth: Truth) -> None:
        found[name] = (layout, truth)

    day = date
    add(
        "smittevern",
        layouts.elearning,
        t("Basale smittevernrutiner", "Kari Nordmann", OUS, day(2026, 3, 12), day(2026, 3, 12), hours=Decimal("0.75")),
    )
    add(
        "brann",
        layouts.elearning,
        t("Brannvern for ansatte i sykehus", "Ola Hansen", HAUKELAND, day(2025, 11, 3), day(2025, 11, 3), hours=Decimal("0.5")),
    )
    add(
        "akutt",
        layouts.association,
        t(
            "Akuttmedisin for allmennleger",
            "Ingrid Marie Solberg",
            "Den norske legeforening",
            day(2026, 3, 12),
            day(2026, 3, 14),
            day(2026, 3, 16),
            Decimal(20),
        ),
    )
    add(
        "rygg",
        layouts.association,
        t(
            "Emnekurs i muskel- og skjelettlidelser",
            "Per-Erik Aas",
            "Den norske legeforening",
            day(2025, 9, 29),
            day(2025, 10, 1),
            day(2025, 10, 2),
            Decimal(15),
        ),
    )
    add(
        "ultralyd",
        layouts.form,
        t(
            "Ultralyd ved akutt buk",
            "Bjørn Ødegård",
            "Medvit Kurs AS",
            day(2026, 1, 19),
            day(2026, 1, 20),
            day(2026, 1, 21),
            Decimal("14.5"),
            verification="MK-2026-00417",
        ),
    )
    add(
        "diabetes",
        layouts.form,
        t(
            "Diabetes type 2 i praksis",
            "Åse Kristin Lien",
            "Norsk Endokrinologisk Forening",
            day(2025, 5, 8),
            day(2025, 5, 9),
            day(2025, 5, 12),
            Decimal(12),
            verification="NEF-88213",
        ),
    )
    add(
        "intensiv",
        layouts.regional,
        t(
            "Intensivmedisin for LIS i anestesiologi",
            "Thomas Berg",
            "RegUt Helse Sør-Øst",
            day(2026, 2, 2),
            day(2026, 2, 6),
            day(2026, 2, 9),
            Decimal(35),
        ),
    )
    add(
        "psykiatri",
        layouts.regional,
        t(
            "Psykofarmakologi",
            "Sunniva Lunde",
            "RegUt Helse Vest",
            day(2025, 10, 14),
            day(2025, 10, 16),
            day(2025, 10, 17),
            Decimal(21),
        ),
    )
    add(
        "esicm",
        layouts.attendance,
        t(
            "Advanced Mechanical Ventilation",
            "Kari Nordmann",
            "European Society of Acute Care",
            day(2026, 4, 9),
            day(2026, 4, 11),
            points=Decimal(18),
        ),
    )
    add(
        "hjerte",
        layouts.attendance,
        t(
            "Echocardiography in Heart Failure",
            "Jonas Lie Bakke",
            "Nordic Heart Association",
            day(2025, 8, 30),
            day(2025, 9, 2),
            points=Decimal("12.5"),
        ),
    )
    add(
        "statistikk",
        layouts.online,
        t(
            "Biostatistics for Clinical Research",
            "Maria Elisabeth Dahl",
            "University of Southern Norway",
            issued=day(2026, 3, 12),
            verification="https://learn.example.org/verify/7KQ2MZ9X",
        ),
    )
    add(
        "ai",
        layouts.online,
        t(
            "Artificial Intelligence in Radiology",
            "Ola Hansen",
            "Nordic Institute of Technology",
            issued=day(2025, 12, 1),
            verification="https://learn.example.org/verify/B8RT41PL",
        ),
    )
    add(
        "sorg",
        layouts.nynorsk,
        t(
            "Kommunikasjon med pårørande i sorg",
            "Marit Øvrebø",
            HAUKELAND,
            day(2026, 2, 11),
            day(2026, 2, 12),
            day(2026, 2, 13),
            Decimal(13),
        ),
    )
    add(
        "slag",
        layouts.nynorsk,
        t("Akutt hjerneslag", "Håkon Fjell", HAUKELAND, day(2025, 11, 20), day(2025, 11, 20), day(2025, 11, 24), Decimal(7)),
    )
    add(
        "gcp",
        layouts.bilingual,
        t(
            "Good Clinical Practice (ICH GCP E6)",
            "Thomas Berg",
            "NorCRIN Øvelse",
            day(2026, 1, 14),
            day(2026, 1, 15),
            day(2026, 1, 16),
            Decimal(10),
        ),
    )
    add(
        "traume",
        layouts.bilingual,
        t(
            "Traumekirurgi for leger i vakt",
            "Sunniva Lunde",
            "St. Olavs hospital HF",
            day(2025, 6, 2),
            day(2025, 6, 4),
            day(2025, 6, 5),
            Decimal("22.5"),
        ),
    )
    add(
        "barn",
        layouts.two_columns,
        t("Det syke nyfødte barnet", "Ingrid Marie Solberg", OUS, day(2026, 3, 3), day(2026, 3, 4), day(2026, 3, 5), Decimal(14)),
    )
    add(
        "lunge",
        layouts.two_columns,
        t(
            "KOLS og astma i sykehus og primærhelsetjeneste",
            "Per-Erik Aas",
            "Lungekurs Norge AS",
            day(2025, 4, 7),
            day(2025, 4, 8),
            day(2025, 4, 9),
            Decimal(13),
        ),
    )
    add(
        "ahlr",
        layouts.resuscitation,
        t(
            "AHLR-provider",
            "Bjørn Ødegård",
            "Norsk Resuscitasjonsråd",
            day(2026, 2, 20),
            day(2026, 2, 20),
            verification="NRR-55120",
            valid_until=day(2028, 2, 20),
        ),
    )
    add(
        "legemiddel",
        layouts.sentence,
        t(
            "Legemiddelhåndtering",
            "Åse Kristin Lien",
            "Nettkurs Helse",
            day(2026, 2, 5),
            day(2026, 2, 5),
            hours=Decimal(12),
            verification="LH-7731-QX",
        ),
    )
    add(
        "hygiene",
        layouts.sentence,
        t(
            "Håndhygiene i praksis",
            "Jonas Lie Bakke",
            "Nettkurs Helse",
            day(2025, 10, 28),
            day(2025, 10, 28),
            hours=Decimal(2),
            verification="HH-2204-BD",
        ),
    )
    add(
        "pedagogikk",
        layouts.university,
        t(
            "Medisinsk pedagogikk for veiledere",
            "Maria Elisabeth Dahl",
            "Universitetet i Oslo",
            day(2025, 8, 18),
            day(2025, 12, 5),
            day(2026, 1, 8),
            points=Decimal("7.5"),
        ),
    )
    add(
        "kommune",
        layouts.municipal,
        t(
            "Pasientrettigheter og samtykke",
            "Håkon Fjell",
            "Lillevik kommune",
            day(2025, 12, 15),
            day(2025, 12, 15),
            day(2026, 1, 4),
            Decimal("1.5"),
        ),
    )
    add(
        "sepsis",
        layouts.journal,
        t(
            "Sepsis: recognition and first hour management",
            "Marit Øvrebø",
            "Clinical Learning Journal",
            day(2026, 1, 23),
            day(2026, 1, 23),
            hours=Decimal(1),
            verification="CLJ-904418",
        ),
    )
    add(
        "palliasjon",
        layouts.letter,
        t(
            "Palliativ behandling i livets sluttfase",
            "Thomas Berg",
            "Kreftforeningens kursavdeling",
            day(2026, 3, 23),
            day(2026, 3, 25),
            day(2026, 3, 27),
            Decimal(18),
        ),
    )
    add(
        "anestesi",
        layouts.wide,
        t(
            "Regionalanestesi med ultralyd",
            "Sunniva Lunde",
            "St. Olavs hospital HF",
            day(2025, 9, 10),
            day(2025, 9, 11),
            day(2025, 9, 12),
            Decimal(15),
        ),
    )
    return found


TRUTHS = _truths()


def _scan(names: list[str], seed: int, skew: float, dpi: int = 150) -> bytes:
    pages = scanning.rendered(layouts.draw([TRUTHS[name] for name in names]), dpi)
    return scanning.scan_pdf([scanning.scanned(page, seed, skew=skew) for page in pages], dpi)


def _photo(name: str, seed: int, *, tilt: float, orientation: int | None = None) -> bytes:
    (page,) = scanning.rendered(layouts.draw([TRUTHS[name]]), 170)
    return scanning.jpeg(scanning.photographed(page, seed, tilt=tilt), orientation=orientation)


def _two_on_a_page(names: list[str]) -> bytes:
    first, second = scanning.rendered(layouts.draw([TRUTHS[name] for name in names]), 200)
    page = first.copy()
    for index, each in enumerate((first, second)):
        half = each.resize((int(each.width * 0.7), int(each.height * 0.7))).crop((0, 0, int(each.width * 0.7), each.height // 2))
        page.paste("white", (0, index * each.height // 2, each.width, each.height))
        page.paste(half, (int(each.width * 0.15), index * each.height // 2))
    return scanning.png(page)


def _by_hand(seed: int, texts: list[str]) -> bytes:
    (page,) = scanning.rendered(layouts.draw([(layouts.blank, Truth(None, None, None))]), 150)
    places = [(160, 218 + 70 * index, text) for index, text in enumerate(texts)]
    return scanning.jpeg(scanning.scanned(scanning.handwritten(page, seed, places, 150), seed))


def _illegible(name: str, seed: int) -> bytes:
    (page,) = scanning.rendered(layouts.draw([TRUTHS[name]]), 150)
    return scanning.jpeg(scanning.illegible(page, seed), quality=40)


TEXTS = ["smittevern", "akutt", "ultralyd", "intensiv", "esicm", "statistikk", "sorg", "gcp"]
TEXTS += ["barn", "ahlr", "legemiddel", "pedagogikk", "kommune", "sepsis", "palliasjon", "anestesi"]


def _samples() -> list[Sample]:
    texts = [Sample(f"text-{name}", "text", lambda name=name: layouts.draw([TRUTHS[name]]), (TRUTHS[name][1],)) for name in TEXTS]
    together = ["rygg", "hjerte", "hygiene"]
    texts.append(
        Sample(
            "text-three",
            "text",
            lambda: layouts.draw([TRUTHS[name] for name in together]),
            tuple(TRUTHS[name][1] for name in together),
        )
    )
    scans = [
        Sample(f"scan-{name}", "scan", lambda name=name, seed=seed, skew=skew: _scan([name], seed, skew), (TRUTHS[name][1],))
        for seed, (name, skew) in enumerate(
            [
                ("brann", 0.4),
                ("rygg", -0.8),
                ("diabetes", 1.5),
                ("psykiatri", 0),
                ("hjerte", -0.5),
                ("ai", 0.7),
                ("slag", -1.2),
                ("traume", 0.3),
                ("lunge", 0.9),
                ("hygiene", 0),
                ("anestesi", -0.6),
                ("palliasjon", 2.2),
            ]
        )
    ]
    scans.append(
        Sample("scan-two", "scan", lambda: _scan(["slag", "kommune"], 50, 0.5), (TRUTHS["slag"][1], TRUTHS["kommune"][1]))
    )
    halves = ["hygiene", "ultralyd"]
    scans.append(
        Sample("scan-two-on-a-page", "scan", lambda: _two_on_a_page(halves), tuple(replace(TRUTHS[name][1]) for name in halves))
    )
    faxed = "pedagogikk"
    scans.append(
        Sample(
            "scan-fax", "scan", lambda: scanning.tiff(scanning.rendered(layouts.draw([TRUTHS[faxed]]), 200)), (TRUTHS[faxed][1],)
        )
    )
    photos = [
        Sample(
            f"photo-{name}",
            "photo",
            lambda name=name, seed=seed, tilt=tilt, turn=turn: _photo(name, seed, tilt=tilt, orientation=turn),
            (TRUTHS[name][1],),
        )
        for seed, (name, tilt, turn) in enumerate(
            [("smittevern", 5, None), ("diabetes", -7, 6), ("esicm", 3, None), ("ahlr", -4, 8), ("barn", 8, None)], 80
        )
    ]
    nothing = Truth(None, None, None)
    worst = [
        Sample("hand-kari", "handwriting", lambda: _by_hand(5, ["Kari Nordmann", "Suturkurs", "12.3.2026", "6"]), (nothing,)),
        Sample(
            "hand-ola", "handwriting", lambda: _by_hand(6, ["Ola Hansen", "Akutt smertelindring", "4/11-25", "7,5 t"]), (nothing,)
        ),
        Sample("illegible-form", "illegible", lambda: _illegible("ultralyd", 7), (nothing,)),
    ]
    return [*texts, *scans, *photos, *worst]


SAMPLES = _samples()
