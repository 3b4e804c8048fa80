"""What scanners, phones and pens do to paper; the same every time."""

import random
from io import BytesIO
from pathlib import Path

import pypdfium2
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageOps

from tests.support.postgres import install

HAND = Path("/usr/share/fonts/truetype/breip/Breip.ttf")


def rendered(content: bytes, dpi: int) -> list[Image.Image]:
    """Every page of a PDF."""
    document = pypdfium2.PdfDocument(content)
    pages = [document[number].render(scale=dpi / 72).to_pil().convert("RGB") for number in range(len(document))]
    document.close()
    return pages


def noisy(image: Image.Image, seed: int, strength: int = 18) -> Image.Image:
    """With a sensor's grain."""
    grain = Image.frombytes("L", (256, 256), random.Random(seed).randbytes(256 * 256)).point(
        lambda value: value * strength // 255
    )
    tiled = Image.new("L", image.size)
    for x in range(0, image.width, 256):
        for y in range(0, image.height, 256):
            tiled.paste(grain, (x, y))
    return ImageChops.subtract(image.convert("RGB"), tiled.convert("RGB"))


def scanned(page: Image.Image, seed: int, *, skew: float = 0.0, paper: str = "#f4f2ec") -> Image.Image:
    """A page from the glass of an office scanner."""
    sheet = ImageChops.multiply(page, Image.new("RGB", page.size, paper))
    turned = sheet.rotate(skew, Image.Resampling.BICUBIC, fillcolor=paper)
    return noisy(turned.filter(ImageFilter.GaussianBlur(0.6)), seed)


def photographed(page: Image.Image, seed: int, *, tilt: float = 6.0, shadow: bool = True) -> Image.Image:
    """A page on a table, from a phone held askew, with the phone's shadow."""
    width, height = 1800, 2400
    chance = random.Random(seed)
    sheet = page.resize((1240, 1240 * page.height // page.width)) if page.width < page.height else page.resize((1560, 1100))
    layer = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    layer.paste(sheet, ((width - sheet.width) // 2, (height - sheet.height) // 2))
    layer = layer.rotate(tilt, Image.Resampling.BICUBIC)
    lean = 0.00004 * chance.choice([-1, 1])
    layer = layer.transform(
        layer.size, Image.Transform.PERSPECTIVE, (1, 0.02, -20, 0.01, 1, -10, lean, lean / 2), Image.Resampling.BICUBIC
    )
    table = noisy(Image.new("RGB", (width, height), "#6b4f37"), seed + 1, 60)
    table.paste(layer, (0, 0), layer)
    if shadow:
        dark = Image.new("L", (width, height), 255)
        ImageDraw.Draw(dark).polygon([(0, 0), (width * 0.75, 0), (width * 0.45, height), (0, height)], fill=135)
        dark = dark.filter(ImageFilter.GaussianBlur(90))
        table = ImageChops.multiply(table, dark.convert("RGB"))
    return noisy(table.filter(ImageFilter.GaussianBlur(0.7)), seed, 22)


def handwritten(page: Image.Image, seed: int, texts: list[tuple[float, float, str]], dpi: int) -> Image.Image:
    """With texts written by hand at places in points from the upper left."""
    install(["fonts-breip"], HAND.exists)
    chance = random.Random(seed)
    written = page.copy()
    for x, y, text in texts:
        font = ImageFont.truetype(HAND, int(dpi * 0.42))
        strip = Image.new("L", (dpi * 7, dpi), 0)
        across = 10
        for letter in text:
            ImageDraw.Draw(strip).text((across, 20 + chance.randint(-5, 5)), letter, font=font, fill=255)
            across += int(font.getlength(letter) * chance.uniform(0.78, 1.0))
        strip = strip.rotate(chance.uniform(-3, 3), Image.Resampling.BICUBIC)
        place = (int(x * dpi / 72), int(y * dpi / 72) - int(dpi * 0.45))
        written.paste(Image.new("RGB", strip.size, "#20306a"), place, strip)
    return written


def illegible(page: Image.Image, seed: int) -> Image.Image:
    """A copy of a copy of a fax."""
    small = page.resize((page.width // 5, page.height // 5)).filter(ImageFilter.GaussianBlur(1.6))
    return noisy(small.resize(page.size), seed, 120)


def jpeg(image: Image.Image, *, quality: int = 80, orientation: int | None = None) -> bytes:
    """As a camera writes it; ``orientation`` is EXIF's, for which the pixels lie as the camera was held."""
    file = BytesIO()
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
        image = image.transpose(
            {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270, 3: Image.Transpose.ROTATE_180}[orientation]
        )
    image.save(file, "JPEG", quality=quality, exif=exif)
    return file.getvalue()


def png(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def tiff(images: list[Image.Image]) -> bytes:
    """Black and white, a page each, as fax machines and document scanners make them."""
    file = BytesIO()
    pages = [ImageOps.grayscale(image).point(lambda value: 255 if value > 150 else 0).convert("1") for image in images]
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:], compression="group4", dpi=(200, 200))
    return file.getvalue()


def scan_pdf(images: list[Image.Image], dpi: int) -> bytes:
    """A PDF of pictures alone."""
    file = BytesIO()
    images[0].save(file, "PDF", save_all=True, append_images=images[1:], resolution=dpi, quality=75)
    return file.getvalue()
