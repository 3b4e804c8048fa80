"""Twelve certificates that the reading's rules were not made with: other providers' words and layouts, drawn by a browser.

Nothing in ``lrs_bridge.certificates.reading`` may be changed because of a single one of them: they tell how it does on files that
it has not seen. A new rule goes in with new samples in ``corpus``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

from playwright.sync_api import sync_playwright

from tests.support.certificates import scanning
from tests.support.certificates.corpus import Sample
from tests.support.certificates.layouts import Truth
from tests.support.chromium import FLAGS, executable

STYLE = """<meta charset=utf-8><style>@page{size:A4;margin:18mm}body{font:11pt/1.5 'DejaVu Sans',sans-serif;color:#222}
h1{font-size:26pt;margin:.6em 0 .2em}h2{font-size:17pt;margin:.4em 0}.c{text-align:center}.s{font-size:8pt;color:#555}
.serif{font-family:'DejaVu Serif',serif}table{border-collapse:collapse;width:100%}td,th{border:1px solid #999;padding:5px 8px;text-align:left}
.cols{display:flex;gap:14mm}.cols>div{flex:1}.big{font-size:20pt}.foot{position:fixed;bottom:0;left:0;right:0}</style>"""

PAGES = {
    "simulation": (
        """<body class="c serif"><p class=s>SimSenter Nord – en del av Nordlys sykehus HF</p><h1>Bevis for gjennomført kurs</h1>
        <p>Det attesteres at</p><p class=big>Line Margrethe Haugen</p><p>den 14. og 15. januar 2026 deltok på</p>
        <h2>Simuleringstrening i obstetrisk blødning</h2><p>Samlet kurstid: 11 timer</p><p style="margin-top:60mm">Bodø 19. januar 2026</p>
        <p>________________________<br>Stian Olsen, fagansvarlig</p></body>""",
        Truth(
            "Simuleringstrening i obstetrisk blødning",
            "Line Margrethe Haugen",
            "Nordlys sykehus HF",
            date(2026, 1, 14),
            date(2026, 1, 15),
            date(2026, 1, 19),
            Decimal(11),
        ),
    ),
    "table": (
        """<body><h1>Kursbekreftelse</h1><table><tr><th>Deltakers navn<td>Sigurd Tveit<tr><th>HPR-nummer<td>9123456
        <tr><th>Kurstittel<td>Nyresvikt og dialyse – oppdatering for indremedisinere<tr><th>Sted<td>Scandic Hell, Stjørdal
        <tr><th>Start<td>20.10.2025<tr><th>Slutt<td>22.10.2025<tr><th>Godkjente timer<td>18<tr><th>Arrangør<td>Nyreskolen i Midt-Norge
        <tr><th>Bekreftelse skrevet ut<td>23.10.2025</table><p class=s>Referansenummer: 25-10-7719</p></body>""",
        Truth(
            "Nyresvikt og dialyse – oppdatering for indremedisinere",
            "Sigurd Tveit",
            "Nyreskolen i Midt-Norge",
            date(2025, 10, 20),
            date(2025, 10, 22),
            date(2025, 10, 23),
            Decimal(18),
            verification="25-10-7719",
        ),
    ),
    "royal": (
        """<body class="c serif"><h2>Royal Fjord College of Physicians</h2><p>hereby certifies that</p><p class=big>Emma Louise Strand</p>
        <p>participated in the</p><h1>Masterclass in Clinical Toxicology</h1><p>London, 3rd – 5th November 2025</p>
        <p>This activity carries 15 CPD credits.</p><p class=s>Certificate no. RF/2025/3381</p></body>""",
        Truth(
            "Masterclass in Clinical Toxicology",
            "Emma Louise Strand",
            "Royal Fjord College of Physicians",
            date(2025, 11, 3),
            date(2025, 11, 5),
            points=Decimal(15),
            verification="RF/2025/3381",
        ),
    ),
    "lms": (
        """<body><p class=s>Kompetanseportalen, Fjordane sjukehus</p><h1>Fullføringsbevis</h1><p>Tilsett:<br><b>Eirik Sande Vik</b></p>
        <p>Kurs:<br><b>Informasjonssikkerheit og personvern</b></p><p>Status: Fullført og bestått<br>Dato for fullføring: 2.12.2025<br>
        Estimert tid: 1 time 30 min<br>Poengsum: 92 %</p></body>""",
        Truth(
            "Informasjonssikkerheit og personvern",
            "Eirik Sande Vik",
            "Fjordane sjukehus",
            date(2025, 12, 2),
            date(2025, 12, 2),
            hours=Decimal("1.5"),
        ),
    ),
    "sidebar": (
        """<body><div class=cols><div style="flex:0 0 45mm;background:#e6eef5;padding:6mm"><p><b>Kursleder</b><br>Tone Myhre</p>
        <p><b>Kursnr.</b><br>H-2214</p><p><b>Timetall</b><br>24</p><p><b>Periode</b><br>10.–13. februar 2026</p></div><div>
        <h1>Kursbevis</h1><p>tildeles</p><p class=big>Andreas Moe Kristiansen</p><p>som har gjennomgått opplæring i</p>
        <h2>Kognitiv terapi ved angst</h2><p>Norsk Terapiskole</p><p>Stavanger, 16.02.2026</p></div></div></body>""",
        Truth(
            "Kognitiv terapi ved angst",
            "Andreas Moe Kristiansen",
            "Norsk Terapiskole",
            date(2026, 2, 10),
            date(2026, 2, 13),
            date(2026, 2, 16),
            Decimal(24),
        ),
    ),
    "mail": (
        """<body><p>Hei Nora Elise Brekke!</p><p>Gratulerer, du har nå fullført kurset <b>Blodtransfusjon trinn 1</b> hos Vestkysten
        Blodbank den 08.01.2026.</p><p>Kurset er beregnet til 45 minutter.</p><p>Ta vare på denne bekreftelsen.</p></body>""",
        Truth(
            "Blodtransfusjon trinn 1",
            "Nora Elise Brekke",
            "Vestkysten Blodbank",
            date(2026, 1, 8),
            date(2026, 1, 8),
            hours=Decimal("0.75"),
        ),
    ),
    "provider": (
        """<body class=c><h1>ADVANCED BURN CARE</h1><p class=big>Provider certificate</p><p>Name: <b>Hanne Sofie Lied</b></p>
        <p>Course date: 27 Mar 2026</p><p>Course centre: Vika Training Centre</p><p>Expiry date: 27 Mar 2030</p><p>ID: ABC-004417</p></body>""",
        Truth(
            "Advanced Burn Care",
            "Hanne Sofie Lied",
            "Vika Training Centre",
            date(2026, 3, 27),
            date(2026, 3, 27),
            valid_until=date(2030, 3, 27),
            verification="ABC-004417",
        ),
    ),
    "faculty": (
        """<body class=serif><p><b>Høgskulen i Sunnfjord</b><br>Avdeling for helsefag</p><h2>Stadfesting</h2><p>Vi stadfestar med dette at
        Jon Arne Helle, fødd 11.05.1992, har fullført vidareutdanninga «Rettleiing av studentar i praksis» i tida 01.09.2025 til 15.12.2025.
        Utdanninga gir 10 studiepoeng.</p><p>Førde, 5. januar 2026</p></body>""",
        Truth(
            "Rettleiing av studentar i praksis",
            "Jon Arne Helle",
            "Høgskulen i Sunnfjord",
            date(2025, 9, 1),
            date(2025, 12, 15),
            date(2026, 1, 5),
            points=Decimal(10),
        ),
    ),
}

MEDIA = [
    *((name, "text") for name in PAGES),
    ("simulation", "scan"),
    ("table", "scan"),
    ("royal", "photo"),
    ("sidebar", "scan"),
]


@contextmanager
def printer() -> Iterator[Callable[[str], bytes]]:
    """Turns a page of HTML into a PDF."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        page = browser.new_page()

        def printed(body: str) -> bytes:
            page.set_content(STYLE + body)
            return page.pdf(prefer_css_page_size=True, print_background=True)

        yield printed
        browser.close()


def samples(printed: Callable[[str], bytes]) -> list[Sample]:
    """The set, drawn as they are asked for."""
    return [_sample(name, medium, seed, printed) for seed, (name, medium) in enumerate(MEDIA, 200)]


def _sample(name: str, medium: str, seed: int, printed: Callable[[str], bytes]) -> Sample:
    body, truth = PAGES[name]

    def make() -> bytes:
        content = printed(body)
        if medium == "text":
            return content
        page = scanning.rendered(content, 150)[0]
        if medium == "scan":
            return scanning.scan_pdf([scanning.scanned(page, seed, skew=seed % 3 - 1, paper="#ecebe6")], 150)
        return scanning.jpeg(scanning.photographed(page, seed, tilt=-9))

    return Sample(f"unseen-{medium}-{name}", medium, make, (truth,))
