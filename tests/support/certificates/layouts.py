"""Certificates as Norwegian and foreign providers lay them out, drawn with ReportLab; every person and number is invented."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import BytesIO

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = A4
MONTHS = ["januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "desember"]
ENGLISH = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


@dataclass(frozen=True)
class Truth:
    """What a certificate says: what is to be read, None for what it does not tell."""

    title: str | None
    holder: str | None
    issuer: str | None
    held_from: date | None = None
    held_to: date | None = None
    issued: date | None = None
    hours: Decimal | None = None
    points: Decimal | None = None
    verification: str | None = None
    valid_until: date | None = None


class Sheet:
    """A page being drawn, from the top."""

    def __init__(self, canvas: Canvas, *, size=A4, font="Helvetica", bold="Helvetica-Bold") -> None:
        self.canvas, self.font, self.bold = canvas, font, bold
        self.width, self.height = size
        canvas.setPageSize(size)

    def write(self, x: float, y: float, text: str, size: float = 11, *, bold: bool = False) -> None:
        self.canvas.setFont(self.bold if bold else self.font, size)
        self.canvas.drawString(x, self.height - y, text)

    def centre(self, y: float, text: str, size: float = 12, *, bold: bool = False, at: float | None = None) -> None:
        self.canvas.setFont(self.bold if bold else self.font, size)
        self.canvas.drawCentredString(at or self.width / 2, self.height - y, text)

    def right(self, x: float, y: float, text: str, size: float = 10) -> None:
        self.canvas.setFont(self.font, size)
        self.canvas.drawRightString(x, self.height - y, text)

    def pairs(self, x: float, y: float, rows: list[tuple[str, str]], *, value_at: float = 170, step: float = 22) -> float:
        for label, value in rows:
            self.write(x, y, label, bold=True)
            for line in simpleSplit(value, self.font, 11, self.width - x - value_at - 50):
                self.write(x + value_at, y, line)
                y += 15
            y += step - 15
        return y

    def paragraph(self, x: float, y: float, text: str, *, width: float, size: float = 11) -> float:
        for line in simpleSplit(text, self.font, size, width):
            self.write(x, y, line, size)
            y += size * 1.4
        return y

    def wrapped(self, y: float, text: str, size: float, *, bold: bool = True) -> float:
        for line in simpleSplit(text, self.bold if bold else self.font, size, self.width - 120):
            self.centre(y, line, size, bold=bold)
            y += size * 1.25
        return y

    def rule(self, x: float, y: float, to: float) -> None:
        self.canvas.line(x, self.height - y, to, self.height - y)

    def frame(self, inset: float = 25) -> None:
        self.canvas.setLineWidth(2)
        self.canvas.rect(inset, inset, self.width - 2 * inset, self.height - 2 * inset)
        self.canvas.setLineWidth(1)

    def qr(self, x: float, y: float, text: str) -> None:

        widget = QrCodeWidget(text, barLevel="M")
        left, bottom, right, top = widget.getBounds()
        drawing = Drawing(80, 80, transform=[80 / (right - left), 0, 0, 80 / (top - bottom), 0, 0])
        drawing.add(widget)
        renderPDF.draw(drawing, self.canvas, x, self.height - y - 80)


def dotted(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def spoken(day: date) -> str:
    return f"{day.day}. {MONTHS[day.month - 1]} {day.year}"


def english(day: date) -> str:
    return f"{day.day} {ENGLISH[day.month - 1]} {day.year}"


def american(day: date) -> str:
    return f"{ENGLISH[day.month - 1]} {day.day}, {day.year}"


def span(first: date, last: date) -> str:
    """12.–14. mars 2026, 30. mars – 2. april 2026."""
    if first == last:
        return spoken(first)
    if first.month == last.month:
        return f"{first.day}.–{last.day}. {MONTHS[last.month - 1]} {last.year}"
    return f"{first.day}. {MONTHS[first.month - 1]} – {last.day}. {MONTHS[last.month - 1]} {last.year}"


def number(value: Decimal) -> str:
    return f"{value.normalize():f}".replace(".", ",")


def elearning(sheet: Sheet, t: Truth) -> None:
    """A learning portal's: everything centred, the course in large letters."""
    sheet.frame()
    sheet.centre(120, "KURSBEVIS", 34, bold=True)
    sheet.centre(215, t.holder, 22)
    sheet.centre(255, "har gjennomført e-læringskurset", 13)
    y = sheet.wrapped(305, t.title, 24)
    sheet.centre(y + 30, f"Gjennomført {dotted(t.held_to)}", 12)
    sheet.centre(y + 52, f"Varighet: {number(t.hours * 60)} minutter", 12)
    sheet.centre(770, t.issuer, 14, bold=True)
    sheet.centre(790, "Læringsportalen · Dette kursbeviset er generert automatisk", 8)


def association(sheet: Sheet, t: Truth) -> None:
    """A professional association's, in the words of a declaration."""
    sheet.write(60, 70, t.issuer, 15, bold=True)
    sheet.write(60, 86, "Postboks 1152 Sentrum, 0107 Oslo", 8)
    sheet.centre(180, "Kursbevis", 32)
    sheet.centre(240, "Det bekreftes herved at", 12)
    sheet.centre(280, t.holder, 20, bold=True)
    sheet.centre(304, "født 03.04.1991", 11)
    sheet.centre(345, "har deltatt på kurset", 12)
    y = sheet.wrapped(385, f"«{t.title}»", 18)
    sheet.centre(y + 20, f"avholdt i Oslo {span(t.held_from, t.held_to)}", 12)
    sheet.centre(y + 60, f"Kurset er godkjent med {number(t.hours)} timer i legers videre- og etterutdanning.", 11)
    sheet.write(80, 700, f"Oslo, {spoken(t.issued)}", 11)
    sheet.rule(80, 750, 260)
    sheet.write(80, 763, "Anne Marie Kursleder", 9)
    sheet.write(80, 775, "kursleder", 9)


def form(sheet: Sheet, t: Truth) -> None:
    """Labels on the left, values on the right."""
    sheet.write(60, 90, "Kursbevis", 26, bold=True)
    rows = [
        ("Navn:", t.holder),
        ("Fødselsdato:", "14.08.1989"),
        ("Kurs:", t.title),
        ("Kursarrangør:", t.issuer),
        ("Kursdato:", f"{dotted(t.held_from)} – {dotted(t.held_to)}"),
        ("Antall timer:", number(t.hours)),
        ("Utstedt dato:", dotted(t.issued)),
        ("Kursbevisnummer:", t.verification),
    ]
    sheet.pairs(60, 150, rows)
    sheet.write(60, 790, "Kursbeviset er gyldig uten signatur.", 9)


def regional(sheet: Sheet, t: Truth) -> None:
    """A regional training centre's, for doctors in training."""
    sheet.right(540, 60, t.issuer, 12)
    sheet.right(540, 74, "Regionalt utdanningssenter for leger i spesialisering", 9)
    sheet.write(70, 150, "KURSBEVIS", 24, bold=True)
    y = sheet.paragraph(70, 185, t.title, width=450, size=17)
    sheet.write(70, y + 20, "Deltaker", 10, bold=True)
    sheet.write(70, y + 36, t.holder, 14)
    sheet.write(70, y + 66, "Tidspunkt", 10, bold=True)
    sheet.write(70, y + 82, span(t.held_from, t.held_to), 12)
    sheet.write(320, y + 66, "Omfang", 10, bold=True)
    sheet.write(320, y + 82, f"{number(t.hours)} kurstimer", 12)
    sheet.paragraph(70, y + 130, "Kurset er anbefalt av Helsedirektoratet for læringsmål i spesialiteten.", width=440)
    sheet.write(70, 720, f"Utstedt {dotted(t.issued)}", 10)


def attendance(sheet: Sheet, t: Truth) -> None:
    """A European society's certificate of attendance with CME credits."""
    sheet.frame(18)
    sheet.centre(100, t.issuer, 18, bold=True)
    sheet.centre(170, "CERTIFICATE OF ATTENDANCE", 28, bold=True)
    sheet.centre(225, "This is to certify that", 12)
    sheet.centre(260, f"Dr. {t.holder}", 22)
    sheet.centre(295, "has attended the course", 12)
    y = sheet.wrapped(335, t.title, 20)
    if t.held_from.month == t.held_to.month:
        when = f"{t.held_from.day}–{english(t.held_to)}"
    else:
        when = f"{english(t.held_from)} – {english(t.held_to)}"
    sheet.centre(y + 15, f"held in Copenhagen, {when}", 12)
    points = f"{t.points.normalize():f}"
    sheet.centre(y + 55, f"The event was accredited by EACCME with {points} European CME credits (ECMEC®s).", 10)
    sheet.write(80, 760, "Prof. John Example, President", 9)


def online(sheet: Sheet, t: Truth) -> None:
    """A course platform's, in English: the date first."""
    sheet.write(60, 90, "COURSE CERTIFICATE", 14, bold=True)
    sheet.write(60, 150, american(t.issued), 11)
    sheet.write(60, 190, t.holder, 28)
    sheet.write(60, 222, "has successfully completed", 11)
    y = sheet.paragraph(60, 262, t.title, width=470, size=22)
    sheet.write(60, y + 12, f"an online course authorized by {t.issuer}", 11)
    sheet.write(60, y + 60, "Verify at:", 9)
    sheet.write(60, y + 74, t.verification, 9)


def nynorsk(sheet: Sheet, t: Truth) -> None:
    """A hospital's in the west."""
    sheet.centre(90, t.issuer, 14, bold=True)
    sheet.centre(150, "KURSBEVIS", 30, bold=True)
    sheet.centre(210, "Vi stadfestar at", 12)
    sheet.centre(245, t.holder, 20, bold=True)
    sheet.centre(280, "har delteke på kurset", 12)
    y = sheet.wrapped(320, t.title, 18)
    sheet.centre(y + 20, f"Kurset vart halde {span(t.held_from, t.held_to)} og varte i {number(t.hours)} timar.", 12)
    sheet.write(90, 720, f"Bergen, den {t.issued.day}.{t.issued.month}.{t.issued.year}", 11)


def bilingual(sheet: Sheet, t: Truth) -> None:
    """Norwegian and English labels on each line."""
    sheet.centre(80, "KURSBEVIS / COURSE CERTIFICATE", 22, bold=True)
    rows = [
        ("Navn / Name:", t.holder),
        ("Kurs / Course:", t.title),
        ("Arrangør / Organiser:", t.issuer),
        ("Dato / Date:", f"{dotted(t.held_from)}–{dotted(t.held_to)}"),
        ("Timer / Hours:", number(t.hours)),
        ("Utstedt / Issued:", dotted(t.issued)),
    ]
    sheet.pairs(60, 150, rows, value_at=160, step=28)
    text = "Sertifikatet er utstedt elektronisk. This certificate was issued electronically."
    sheet.paragraph(60, 700, text, width=460, size=9)


def two_columns(sheet: Sheet, t: Truth) -> None:
    """Facts on the left, the programme on the right."""
    sheet.write(50, 80, "Kursbevis", 26, bold=True)
    y = sheet.paragraph(50, 115, t.title, width=480, size=16)
    for label, value in [
        ("Deltaker", t.holder),
        ("Arrangør", t.issuer),
        ("Kursperiode", f"{dotted(t.held_from)} - {dotted(t.held_to)}"),
        ("Kurstimer", f"{number(t.hours)} timer"),
        ("Utstedt", dotted(t.issued)),
    ]:
        sheet.write(50, y + 25, label, 9, bold=True)
        sheet.paragraph(50, y + 39, value, width=220)
        y += 48
    programme = [
        "Dag 1",
        "09.00 Velkommen og introduksjon, 30 min",
        "09.30 Anatomi og fysiologi, 2 timer",
        "11.30 Lunsj",
        "12.15 Kasuistikker i grupper, 3 timer",
        "Dag 2",
        "08.30 Praktiske øvelser, 4 timer",
        "13.00 Retningslinjer fra 2024",
        "14.30 Avsluttende prøve, 45 min",
    ]
    sheet.write(320, 180, "Innhold", 12, bold=True)
    for index, line in enumerate(programme):
        sheet.write(320, 200 + 17 * index, line, 10)


def resuscitation(sheet: Sheet, t: Truth) -> None:
    """A certificate that runs out."""
    sheet.centre(100, "Avansert hjerte-lungeredning", 10)
    sheet.centre(140, "SERTIFIKAT", 30, bold=True)
    sheet.centre(200, t.holder, 20, bold=True)
    sheet.centre(235, "har gjennomført og bestått", 12)
    y = sheet.wrapped(272, t.title, 18)
    sheet.write(110, y + 40, f"Kursdato: {dotted(t.held_to)}", 11)
    sheet.write(330, y + 40, f"Gyldig til: {dotted(t.valid_until)}", 11)
    sheet.write(110, y + 70, f"Utstedt av: {t.issuer}", 11)
    sheet.write(330, y + 70, f"Sertifikat nr: {t.verification}", 11)


def sentence(sheet: Sheet, t: Truth) -> None:
    """One paragraph tells everything."""
    sheet.write(70, 80, t.issuer, 16, bold=True)
    sheet.write(70, 150, "Kursbevis", 24, bold=True)
    text = (
        f"{t.holder} har gjennomført kurset {t.title} og bestått avsluttende prøve den {spoken(t.held_to)}. "
        f"Kurset tilsvarer {number(t.hours)} timer."
    )
    sheet.paragraph(70, 200, text, width=440, size=13)
    sheet.write(70, 330, f"Verifiseringskode: {t.verification}", 10)
    sheet.qr(430, 640, f"https://kurs.example.no/verifiser/{t.verification}")


def university(sheet: Sheet, t: Truth) -> None:
    """Credits of a university."""
    sheet.write(60, 70, t.issuer, 15, bold=True)
    sheet.write(60, 86, "Det medisinske fakultet", 10)
    sheet.write(60, 160, "Bekreftelse på gjennomført videreutdanning", 18, bold=True)
    rows = [
        ("Student", t.holder),
        ("Emne", t.title),
        ("Periode", f"{spoken(t.held_from)} til {spoken(t.held_to)}"),
        ("Studiepoeng", number(t.points)),
        ("Dato", dotted(t.issued)),
    ]
    sheet.pairs(60, 210, rows, value_at=120)


def municipal(sheet: Sheet, t: Truth) -> None:
    """A learning system of municipalities."""
    sheet.write(50, 60, "Kursbevis", 20, bold=True)
    sheet.write(50, 100, f"Dette bekrefter at {t.holder} har fullført:", 12)
    y = sheet.paragraph(50, 135, t.title, width=480, size=20)
    rows = [("Fullført dato", dotted(t.held_to)), ("Estimert varighet", f"{number(t.hours)} t"), ("Tilbyder", t.issuer)]
    sheet.pairs(50, y + 25, rows, value_at=130)
    sheet.write(50, 800, f"Utskriftsdato: {dotted(t.issued)}", 8)


def journal(sheet: Sheet, t: Truth) -> None:
    """A medical journal's learning module."""
    sheet.centre(90, t.issuer, 22, bold=True)
    sheet.centre(150, "Certificate of completion", 22)
    sheet.centre(210, "Awarded to", 11)
    sheet.centre(240, t.holder, 20, bold=True)
    sheet.centre(280, "for completing the module", 11)
    y = sheet.wrapped(315, t.title, 18)
    sheet.centre(y + 15, f"Date completed: {english(t.held_to)}", 11)
    sheet.centre(y + 37, f"Duration: {t.hours.normalize():f} hour" + ("s" if t.hours != 1 else ""), 11)
    sheet.centre(y + 59, f"Certificate ID: {t.verification}", 11)


def letter(sheet: Sheet, t: Truth) -> None:
    """A letter that confirms."""
    sheet.write(70, 60, t.issuer, 13, bold=True)
    for index, line in enumerate([t.holder, "Storgata 12 B", "5003 BERGEN"]):
        sheet.write(70, 120 + 14 * index, line, 11)
    sheet.right(530, 190, f"Dato: {dotted(t.issued)}", 11)
    sheet.write(70, 230, "Bekreftelse på deltakelse", 15, bold=True)
    text = (
        f"Vi bekrefter med dette at {t.holder} deltok på «{t.title}» fra {dotted(t.held_from)} til {dotted(t.held_to)}. "
        f"Kursets samlede omfang var {number(t.hours)} undervisningstimer."
    )
    sheet.paragraph(70, 262, text, width=450)
    sheet.write(70, 380, "Med vennlig hilsen", 11)
    sheet.write(70, 430, "Nils Utdanningsleder", 11)


def wide(sheet: Sheet, t: Truth) -> None:
    """Landscape, letters spaced out, in Times."""
    sheet.frame(20)
    sheet.centre(90, "D I P L O M", 34, bold=True)
    sheet.centre(150, "tildeles", 14)
    sheet.centre(195, t.holder, 28, bold=True)
    sheet.centre(240, "for deltakelse på", 14)
    y = sheet.wrapped(285, t.title, 22)
    sheet.centre(y + 10, f"{span(t.held_from, t.held_to)} · {number(t.hours)} timer", 14)
    sheet.write(90, 480, t.issuer, 12)
    sheet.right(750, 480, f"Trondheim, {spoken(t.issued)}", 12)


def blank(sheet: Sheet, t: Truth) -> None:
    """A printed form, to be filled in by hand."""
    sheet.centre(100, "KURSBEVIS", 28, bold=True)
    for index, label in enumerate(["Navn", "Kurs", "Dato", "Timer"]):
        sheet.write(80, 220 + 70 * index, f"{label}:", 14)
        sheet.rule(150, 224 + 70 * index, 520)
    sheet.write(80, 640, "Kursleders underskrift:", 11)
    sheet.rule(220, 644, 520)


LANDSCAPE = {wide}
SERIF = {wide, association, university}
Layout = Callable[[Sheet, Truth], None]


def draw(pages: list[tuple[Layout, Truth]]) -> bytes:
    """A PDF with these certificates, a page each; the same bytes every time."""
    file = BytesIO()
    canvas = Canvas(file, invariant=True, pageCompression=1)
    for layout, truth in pages:
        size = landscape(A4) if layout in LANDSCAPE else A4
        fonts = ("Times-Roman", "Times-Bold") if layout in SERIF else ("Helvetica", "Helvetica-Bold")
        layout(Sheet(canvas, size=size, font=fonts[0], bold=fonts[1]), truth)
        canvas.showPage()
    canvas.save()
    return file.getvalue()
