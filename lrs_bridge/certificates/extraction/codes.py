"""QR codes and bar codes in pictures of pages, through zxing-cpp."""

import zxingcpp
from PIL import Image

from lrs_bridge.certificates.extraction.page import Box, Code, enclosing

MOST_CODES = 20
"""Of a page."""
_LONG_SIDE = 3000


def codes_in(image: Image.Image, page: int) -> list[Code]:
    """The codes in a page's picture."""
    shrink = min(_LONG_SIDE / max(image.size), 1)
    seen = image if shrink == 1 else image.resize((round(image.width * shrink), round(image.height * shrink)))
    found = zxingcpp.read_barcodes(seen)[:MOST_CODES]
    return [
        Code(code.text, str(code.format).rpartition(".")[2].replace(" ", ""), page, _box(code.position, seen.size))
        for code in found
        if code.valid and code.text.strip()
    ]


def _box(position: zxingcpp.Position, size: tuple[int, int]) -> Box:
    width, height = size
    corners = (position.top_left, position.top_right, position.bottom_left, position.bottom_right)
    return enclosing([Box(x, y, x, y) for x, y in ((corner.x / width, corner.y / height) for corner in corners)])
