"""Pages of PDF files through PDFium: the words of the text layer with their places, and pages as pictures.

ISO 32000-1. Text that isn't shown (9.3.6, rendering mode 3) is left out, as is text whose font doesn't say which letters it has
(9.10.2) and text that runs in another direction than the page's own. Scanners put what they read below their pictures that way;
we read the pictures.
"""

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_int
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image

from lrs_bridge.certificates.extraction.page import Box, Word, enclosing
from lrs_bridge.errors import Invalid, TooLarge

MOST_CHARACTERS = 30_000
"""Of a page; what comes after them is not read."""
_FINE = 16
"""PDFium tells places on a page in whole units of a device; this many of them are a point."""
_GAP = 0.28
"""Letters that are further apart than this share of their height are in two words."""
_RULE = "ISO 32000-1"


@contextmanager
def opened(content: bytes, most_pages: int) -> Iterator[Any]:
    """The document. Raises Invalid for what is encrypted, damaged or has no pages; TooLarge for too many pages."""
    document = _open(content)
    try:
        if len(document) > most_pages:
            message = f"the file has {len(document)} pages, {most_pages} are read"
            raise TooLarge(message, field="file", rule="the service's limits")
        yield document
    finally:
        document.close()


def _open(content: bytes) -> Any:
    try:
        return pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium_c.FPDF_ERR_PASSWORD:
            message = "the PDF is encrypted: save it without a password"
            raise Invalid(message, field="file", rule=f"{_RULE} 7.6") from error
        message = "the PDF is damaged or was not received whole"
        raise Invalid(message, field="file", rule=f"{_RULE} 7.5") from error


def words_of(page: Any) -> list[Word]:
    """The page's visible text, a word at a time, in the order of the file. Units are points."""
    text = page.get_textpage()
    letters = [letter for letter in _letters(page, text) if letter is not None]
    directions = Counter(direction for _, _, direction in letters)
    main = directions.most_common(1)[0][0] if directions else 0
    kept: list[tuple[str, Box] | None] = [
        None if letter is None else letter[:2] for letter in _letters(page, text) if letter is None or letter[2] == main
    ]
    return list(_words(kept))


def _letters(page: Any, text: Any) -> Iterator[tuple[str, Box, int] | None]:
    """Every visible character with its box and direction in degrees; None between words."""
    for index in range(min(text.count_chars(), MOST_CHARACTERS)):
        character = chr(pdfium_c.FPDFText_GetUnicode(text, index))
        if not character.strip() or not character.isprintable():
            yield None
        elif _is_shown(text, index):
            angle = round(math.degrees(pdfium_c.FPDFText_GetCharAngle(text, index))) % 360
            yield character, _box(page, text.get_charbox(index, loose=True)), angle


def _is_shown(text: Any, index: int) -> bool:
    mode = pdfium_c.FPDFTextObj_GetTextRenderMode(pdfium_c.FPDFText_GetTextObject(text, index))
    return bool(mode != pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE and pdfium_c.FPDFText_HasUnicodeMapError(text, index) != 1)


def _box(page: Any, found: tuple[float, float, float, float]) -> Box:
    """A box as the page is shown: from the upper left corner, turned and cropped."""
    left, bottom, right, top = found
    corners = [_shown(page, left, bottom), _shown(page, right, top)]
    across, down = sorted(x for x, _ in corners), sorted(y for _, y in corners)
    return Box(across[0], down[0], across[1], down[1])


def _shown(page: Any, x: float, y: float) -> tuple[float, float]:
    size = [round(length * _FINE) for length in page.get_size()]
    across, down = c_int(), c_int()
    pdfium_c.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, across, down)
    return across.value / _FINE, down.value / _FINE


def _words(letters: list[tuple[str, Box] | None]) -> Iterator[Word]:
    """Letters put together, as long as they follow each other on a line without a gap."""
    word: list[tuple[str, Box]] = []
    for letter in [*letters, None]:
        if word and (letter is None or not _follows(word[-1][1], letter[1])):
            yield Word("".join(text for text, _ in word), enclosing([box for _, box in word]))
            word = []
        if letter is not None:
            word.append(letter)


def _follows(before: Box, after: Box) -> bool:
    height = max(before.height, after.height, 0.1)
    return abs(before.bottom - after.bottom) < height / 2 and -height < after.left - before.right < _GAP * height


def picture_share(page: Any) -> float:
    """How much of the page its largest picture covers, from 0 to 1."""
    width, height = page.get_size()
    found = [thing.get_bounds() for thing in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE])]
    areas = [max(right - left, 0) * max(top - bottom, 0) for left, bottom, right, top in found]
    return float(min(max(areas, default=0) / max(width * height, 1), 1))


def picture_of(page: Any, most_pixels: int) -> Image.Image:
    """The page in shades of grey at 300 dpi, or fewer where it would have more than ``most_pixels``."""
    width, height = page.get_size()
    scale = min(300 / 72, math.sqrt(most_pixels / max(width * height, 1)))
    return page.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil().convert("L")  # type: ignore[no-any-return]
