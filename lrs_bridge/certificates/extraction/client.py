"""Text and codes out of uploaded files, in a process of its own that has little time and little memory.

Decoders of pictures and PDFs are large programs in C that read what strangers made. The child has limits of the operating system
on time, memory and files (``setrlimit``), and so has tesseract, which it starts; whatever becomes of it, the caller gets an
answer.
"""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pi_heif
from PIL import Image

from lrs_bridge import errors
from lrs_bridge.certificates.extraction import codes, pdf, picture, recognition
from lrs_bridge.certificates.extraction.page import Code, Extract, Page, overlap, projected
from lrs_bridge.certificates.extraction.projection import IDENTITY, scaling, times
from lrs_bridge.certificates.intake.kind import PICTURES, Kind
from lrs_bridge.certificates.intake.limits import RULE, Limits
from lrs_bridge.errors import Invalid, LrsBridgeError, TooLarge, Unavailable

READABLE = (Kind.PDF, *PICTURES)
"""What has text to be seen; other kinds say in words of their own what they are."""
MISSING = "text in pictures can't be read: install tesseract-ocr, tesseract-ocr-nor and tesseract-ocr-eng"
_POOR = 0.6
"""Pictures that are read no better than this may lie wrong."""
_PICTURE_SECONDS = 40
"""Of a processor, for each run of tesseract."""
_FEW_LETTERS = 40
_LARGE_PICTURE = 0.3
_FORMATS = {Kind.JPEG: "JPEG", Kind.PNG: "PNG", Kind.HEIC: "HEIF", Kind.TIFF: "TIFF"}
_DAMAGED = (OSError, SyntaxError, ValueError, ArithmeticError, RuntimeError, EOFError)
"""What Pillow's decoders raise for files that are not what they seem."""
_MODULE = "lrs_bridge.certificates.extraction.client"


class Failure(msgspec.Struct, frozen=True):
    """An error on its way from the child: the name of its class, and what it says."""

    kind: str
    message: str
    field: str | None
    rule: str | None


class Answer(msgspec.Struct, frozen=True):
    """What the child writes: one of the two."""

    found: Extract | None = None
    failure: Failure | None = None


class Order(msgspec.Struct, frozen=True):
    """What the child is told."""

    path: str
    kind: Kind
    limits: Limits


def extract(path: Path, kind: Kind, limits: Limits | None = None) -> Extract:
    """The words and codes in a file of a kind in ``READABLE`` whose headers were checked.

    Takes seconds for each picture, so only a worker may wait for it. Raises Invalid or TooLarge when the file is damaged or
    takes too much time or memory; Unavailable, saying what to install, where tesseract is missing.
    """
    limits = limits or Limits()
    child = subprocess.Popen(  # noqa: S603 (our own module, with nothing of the user's among its arguments)
        [sys.executable, "-m", _MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        answer, _ = child.communicate(msgspec.json.encode(Order(str(path), kind, limits)), timeout=limits.most_seconds)
    except subprocess.TimeoutExpired as error:
        raise Invalid(f"reading the file takes more than {limits.most_seconds:g} seconds", field="file", rule=RULE) from error
    finally:
        _end(child)
    return _understood(answer)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ends the child and what it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.communicate()


def _understood(content: bytes) -> Extract:
    try:
        answer = msgspec.json.decode(content, type=Answer)
    except msgspec.DecodeError as error:
        raise Invalid("the file can't be read: it is damaged, or built to break readers", field="file", rule=RULE) from error
    if answer.failure is not None:
        failure = answer.failure
        raise getattr(errors, failure.kind)(failure.message, field=failure.field, rule=failure.rule)
    return answer.found or Extract(())


def main() -> None:
    """The child's whole life: an order from standard input, an answer to standard output."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    _confine(order.limits)
    try:
        answer = Answer(found=_extract(Path(order.path).read_bytes(), order.kind, order.limits))
    except MemoryError:
        answer = Answer(failure=Failure("TooLarge", "reading the file takes too much memory", "file", RULE))
    except LrsBridgeError as error:
        answer = Answer(failure=Failure(type(error).__name__, error.message, error.field, error.rule))
    sys.stdout.buffer.write(msgspec.json.encode(answer))


def _confine(limits: Limits) -> None:
    """No more memory, processor time, files and core dumps than this for the process, and those that it starts."""
    seconds = int(limits.most_seconds) + 1
    resource.setrlimit(resource.RLIMIT_AS, (limits.most_memory, limits.most_memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ["OMP_THREAD_LIMIT"] = "1"  # tesseract's own threads cost more than they bring
    Image.MAX_IMAGE_PIXELS = None  # the headers were checked, by limits of our own


def _extract(content: bytes, kind: Kind, limits: Limits) -> Extract:
    found = list(_pdf_pages(content, limits) if kind is Kind.PDF else _pictures(content, kind, limits))
    return Extract(tuple(page for page, _ in found), tuple(code for _, codes_of_page in found for code in codes_of_page))


def _pdf_pages(content: bytes, limits: Limits) -> Iterator[tuple[Page, list[Code]]]:
    with pdf.opened(content, limits.most_pages) as document:
        for number in range(1, len(document) + 1):
            page = document[number - 1]
            image = pdf.picture_of(page, limits.most_pixels)
            yield _pdf_page(page, number, image), codes.codes_in(image, number)


def _pdf_page(page: Any, number: int, image: Image.Image) -> Page:
    """The page's text, and what is seen beside it where most of the page is a picture."""
    typed = pdf.words_of(page)
    has_text = sum(len(word.text) for word in typed) >= _FEW_LETTERS
    width, height = page.get_size()
    if has_text and pdf.picture_share(page) <= _LARGE_PICTURE:
        return Page(number, width, height, tuple(typed))
    seen = _page(image, number)
    if not has_text:
        return seen
    back = times(scaling(width, height), seen.shown or IDENTITY)
    placed = [msgspec.structs.replace(word, box=projected(word.box, back)) for word in seen.words]
    return Page(
        number, width, height, (*typed, *(word for word in placed if not any(overlap(word.box, other.box) for other in typed)))
    )


def _pictures(content: bytes, kind: Kind, limits: Limits) -> Iterator[tuple[Page, list[Code]]]:
    pi_heif.register_heif_opener()
    for number, image in enumerate(_frames(content, kind, limits), 1):
        yield _page(image, number), codes.codes_in(image, number)


def _frames(content: bytes, kind: Kind, limits: Limits) -> Iterator[Image.Image]:
    """The pictures in a file, upright; only a TIFF has several that are pages."""
    try:
        with Image.open(BytesIO(content), formats=[_FORMATS[kind]]) as image:
            count = getattr(image, "n_frames", 1) if kind is Kind.TIFF else 1
            if count > limits.most_pages:
                raise TooLarge(f"the file has {count} pages, {limits.most_pages} are read", field="file", rule=RULE)
            for number in range(count):
                image.seek(number)
                if image.width * image.height > limits.most_pixels:
                    raise TooLarge(f"page {number + 1} is {image.width} × {image.height} pixels large", field="file", rule=RULE)
                yield picture.upright(image)
    except _DAMAGED as error:
        raise Invalid(f"the {kind.value.upper()} file is damaged", field="file", rule=RULE) from error


def _page(image: Image.Image, number: int) -> Page:
    """What tesseract reads in a picture: the way it lies, and turned where that says little."""
    found = _recognised(image, number, 0)
    if recognition.quality(found.words) > _POOR:
        return found
    turn = recognition.turn_of(_tesseract(picture.prepare(image).image, "--psm", "0"))
    again = _recognised(image, number, turn) if turn else found
    return max(found, again, key=lambda page: recognition.quality(page.words))


def _recognised(image: Image.Image, number: int, turn: int) -> Page:
    prepared = picture.prepare(image, turn=turn)
    words = recognition.words_in(_tesseract(prepared.image, *recognition.READING))
    shown = times(scaling(1 / image.width, 1 / image.height), prepared.back)
    return Page(number, *prepared.image.size, tuple(words), shown)


def _hurry() -> None:
    """In noise tesseract finds letters for minutes; the page counts as unreadable then."""
    resource.setrlimit(resource.RLIMIT_CPU, (_PICTURE_SECONDS, _PICTURE_SECONDS))


def _tesseract(image: Image.Image, *arguments: str) -> str:
    """What tesseract writes about a picture; nothing for one without text. Raises Unavailable where it is missing."""
    program = shutil.which("tesseract")
    if program is None:
        raise Unavailable(f"tesseract is not installed; {MISSING}")
    given = BytesIO()
    image.save(given, "PPM")
    done = subprocess.run(  # noqa: S603 (a program found on PATH)
        [program, "stdin", "stdout", "--dpi", "300", *arguments],
        input=given.getvalue(),
        capture_output=True,
        check=False,
        preexec_fn=_hurry,
    )
    if b"Failed loading language" in done.stderr or b"Error opening data file" in done.stderr:
        raise Unavailable(f"a language of tesseract's is not installed; {MISSING}")
    return done.stdout.decode(errors="replace")


if __name__ == "__main__":
    main()
