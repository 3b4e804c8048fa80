"""Pictures of pages made ready for reading: upright, flat, level, large enough, and without shadows. Pillow does the work on
values; files are not touched.

A photo of a page on a darker table is cut out by the page's corners; then lines are made level; all of that is one projection, so
that the picture is resampled once, and whatever is found in it can be told by its place in the original.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageFilter, ImageMath, ImageOps, ImageStat

from lrs_bridge.certificates.extraction.projection import IDENTITY, Matrix, Point, rotation, scaling, times

LONG_SIDE = 3400
"""Pixels: about 290 dpi for a page of A4."""
_SMALL = 240
_SMALLEST_PAGE, _LARGEST_PAGE = 0.2, 0.94
_INK = 60
_MOSTLY_DARK, _DARK_SIDES = 100, 3
_MOST_SKEW = 12
_MUCH_NOISE = 10
_WHITE = 255


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture to read; ``back`` projects its pixels to those of the upright original."""

    image: Image.Image
    back: Matrix


def upright(image: Image.Image) -> Image.Image:
    """The picture in shades of grey, on white, turned as its camera says (EXIF 2.32, Orientation)."""
    turned = ImageOps.exif_transpose(image)
    if turned.mode == "P" or "A" in turned.getbands():
        layered = turned.convert("RGBA")
        ground = Image.new("RGBA", layered.size, "white")
        turned = Image.alpha_composite(ground, layered)
    if turned.mode.startswith("I") or turned.mode == "F":
        turned = _eight_bits(turned)
    return turned.convert("L")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Pictures of 16 bits and more, of which Pillow would only keep the lowest eight."""
    deep = image.convert("F")
    darkest, lightest = deep.getextrema()
    span = max(float(lightest) - float(darkest), 1.0)  # type: ignore[arg-type]
    return deep.point(lambda value: value * (_WHITE / span) - float(darkest) * _WHITE / span)  # type: ignore[arg-type]


def prepare(image: Image.Image, *, turn: int = 0) -> Prepared:
    """What ``upright`` gave, made ready; ``turn`` is by how many quarters of a circle, in degrees clockwise, it lies wrong."""
    turning, size = _turning(turn, image.size)
    turned = _without_grain(_projected(image, turning, size))
    corners = page_corners(turned)
    flat, size = _flattening(corners) if corners else (IDENTITY, size)
    small_scale = 1000 / max(size)
    small_size = (max(round(size[0] * small_scale), 1), max(round(size[1] * small_scale), 1))
    small = _projected(turned, times(flat, scaling(1 / small_scale)), small_size)
    level = rotation(skew(_without_shadow(small)), (size[0] / 2, size[1] / 2))
    scale = LONG_SIDE / max(size)
    total = times(times(flat, level), scaling(1 / scale))
    out = (max(round(size[0] * scale), 1), max(round(size[1] * scale), 1))
    return Prepared(_without_shadow(_projected(turned, total, out)), times(turning, total))


def page_corners(image: Image.Image) -> list[Point] | None:
    """The corners of a bright page on darker ground, from the upper left one clockwise; None when the picture is the page."""
    scale = _SMALL / max(image.size)
    small = image.resize((max(round(image.width * scale), 2), max(round(image.height * scale), 2)), Image.Resampling.BOX)
    bright = _bright(small.filter(ImageFilter.MedianFilter(5)))
    if not bright:
        return None
    corners = [
        min(bright, key=lambda p: p[0] + p[1]),
        max(bright, key=lambda p: p[0] - p[1]),
        max(bright, key=lambda p: p[0] + p[1]),
        min(bright, key=lambda p: p[0] - p[1]),
    ]
    share = _area(corners) / (small.width * small.height)
    is_page = _SMALLEST_PAGE < share < _LARGEST_PAGE and len(bright) > 0.85 * _area(corners)
    return [((x + 0.5) / scale, (y + 0.5) / scale) for x, y in corners] if is_page else None


def _bright(image: Image.Image) -> list[tuple[int, int]]:
    """The bright pixels that hang together with the middle of the picture, if it is dark along three sides or four: where it is
    dark along fewer, a shadow may lie on the page.
    """
    threshold = _threshold(image.histogram())
    ink = image.point(lambda value: _WHITE if value > threshold else 0)
    width, height = image.size
    sides = ((0, 0, width, 1), (0, height - 1, width, height), (0, 0, 1, height), (width - 1, 0, width, height))
    if sum(ImageStat.Stat(ink.crop(side)).mean[0] < _MOSTLY_DARK for side in sides) < _DARK_SIDES:
        return []
    pixels = ink.tobytes()
    middle = ((x, y) for x in range(width // 3, width - width // 3) for y in range(height // 3, height - height // 3))
    waiting = [(x, y) for x, y in middle if pixels[y * width + x]]
    seen = set(waiting)
    while waiting:
        x, y = waiting.pop()
        for across, down in ((x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)):
            inside = 0 <= across < width and 0 <= down < height
            if inside and pixels[down * width + across] and (across, down) not in seen:
                seen.add((across, down))
                waiting.append((across, down))
    return sorted(seen)


def _threshold(histogram: list[int]) -> int:
    """Otsu's: the value that parts dark from bright best."""
    total, whole = sum(histogram), sum(value * count for value, count in enumerate(histogram))
    best, found, below, below_sum = -1.0, 0, 0, 0
    for value, count in enumerate(histogram):
        below, below_sum = below + count, below_sum + value * count
        above = total - below
        if below and above:
            between = below * above * (below_sum / below - (whole - below_sum) / above) ** 2
            best, found = max((best, found), (between, value))
    return found


def _area(corners: Sequence[tuple[float, float]]) -> float:
    """The shoelace formula."""
    pairs = zip(corners, [*corners[1:], corners[0]], strict=True)
    return abs(sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in pairs)) / 2


def skew(image: Image.Image) -> float:
    """By how many degrees lines of text fall to the right, at most 12; 0 where there is nothing to see."""
    dark = ImageOps.invert(image.convert("L")).point(lambda value: value if value > _INK else 0)
    best = max(range(-_MOST_SKEW, _MOST_SKEW + 1), key=lambda angle: (_lined(dark, angle), -abs(angle)))
    fine = max((best + step / 5 for step in range(-5, 6)), key=lambda angle: (_lined(dark, angle), -abs(angle)))
    return fine if abs(fine) <= _MOST_SKEW else 0.0


def _lined(dark: Image.Image, angle: float) -> float:
    """How much rows differ from their neighbours when the picture is turned: most where they are lines and gaps."""
    turned = dark.rotate(angle, Image.Resampling.BILINEAR)
    rows = turned.resize((1, turned.height), Image.Resampling.BOX)
    return float(ImageStat.Stat(ImageChops.difference(rows, ImageChops.offset(rows, 0, 1))).sum2[0])


def _without_grain(image: Image.Image) -> Image.Image:
    """Blurred where it is mostly noise, in which a reader would look for letters for minutes."""
    smooth = image.filter(ImageFilter.MedianFilter(3))
    noise = ImageStat.Stat(ImageChops.difference(image, smooth)).mean[0]
    return smooth.filter(ImageFilter.GaussianBlur(1.5)) if noise > _MUCH_NOISE else image


def _without_shadow(image: Image.Image) -> Image.Image:
    """Each pixel by what the paper around it would be."""
    step = max(image.width, image.height) / 200
    size = (max(round(image.width / step), 1), max(round(image.height / step), 1))
    paper = image.resize(size, Image.Resampling.BOX).filter(ImageFilter.MaxFilter(7)).filter(ImageFilter.GaussianBlur(4))
    ground = paper.resize(image.size, Image.Resampling.BILINEAR)
    even = ImageMath.lambda_eval(
        lambda given: given["convert"](given["min"](given["image"] * 265 / given["max"](given["ground"], 40), _WHITE), "L"),
        image=image,
        ground=ground,
    )
    return ImageOps.autocontrast(even, cutoff=(0.5, 0))  # type: ignore[no-any-return,unused-ignore]


def _turning(degrees: int, size: tuple[int, int]) -> tuple[Matrix, tuple[int, int]]:
    """From the picture turned clockwise by quarters to the one that is not, and the size of the first."""
    width, height = size
    turnings: dict[int, tuple[Matrix, tuple[int, int]]] = {
        90: ((0, 1, 0, -1, 0, height, 0, 0, 1), (height, width)),
        180: ((-1, 0, width, 0, -1, height, 0, 0, 1), size),
        270: ((0, -1, width, 1, 0, 0, 0, 0, 1), (height, width)),
    }
    return turnings.get(degrees, (IDENTITY, size))


def _flattening(corners: list[Point]) -> tuple[Matrix, tuple[int, int]]:
    """From a rectangle to the four corners in the picture, and the rectangle's size: as the page's longer sides are."""
    upper_left, upper_right, lower_right, lower_left = corners
    width = max(math.dist(upper_left, upper_right), math.dist(lower_left, lower_right))
    height = max(math.dist(upper_left, lower_left), math.dist(upper_right, lower_right))
    return times(_from_square(corners), (1 / width, 0, 0, 0, 1 / height, 0, 0, 0, 1)), (round(width), round(height))


def _from_square(corners: list[Point]) -> Matrix:
    """From the unit square to four corners (Heckbert 1989, 2.2.3)."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    dx1, dx2, dy1, dy2 = x1 - x2, x3 - x2, y1 - y2, y3 - y2
    sx, sy = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    whole = dx1 * dy2 - dx2 * dy1
    g, h = (sx * dy2 - dx2 * sy) / whole, (dx1 * sy - sx * dy1) / whole
    return (x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h, 1)


def _projected(image: Image.Image, back: Matrix, size: tuple[int, int]) -> Image.Image:
    if back == IDENTITY and size == image.size:
        return image
    return image.transform(size, Image.Transform.PERSPECTIVE, back[:8], Image.Resampling.BICUBIC, fillcolor=_WHITE)
