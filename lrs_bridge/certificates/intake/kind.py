"""What kind of file an upload is, by its content; its name must not say otherwise.

PDF (ISO 32000-1 7.5.2), JPEG (ITU-T T.81), PNG (3rd edition), TIFF 6.0, HEIF (ISO/IEC 23008-12), SVG 2, Open Badges 2.0 and 3.0
as JSON or JWT (RFC 7515 7.1), messages (RFC 5322). A file that is two kinds at once is refused: what one reader shows is not
what another sees.
"""

import re
from enum import StrEnum
from mmap import mmap

import msgspec

from lrs_bridge.errors import Invalid, UnsupportedMedia


class Kind(StrEnum):
    """The kinds of files that certificates come in."""

    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"
    HEIC = "heic"
    TIFF = "tiff"
    SVG = "svg"
    JSON_BADGE = "json"
    JWT_BADGE = "jwt"
    EML = "eml"


PICTURES = (Kind.JPEG, Kind.PNG, Kind.HEIC, Kind.TIFF)
ENDINGS = {
    Kind.PDF: ("pdf",),
    Kind.JPEG: ("jpg", "jpeg", "jpe", "jfif"),
    Kind.PNG: ("png",),
    Kind.HEIC: ("heic", "heif", "hif"),
    Kind.TIFF: ("tif", "tiff"),
    Kind.SVG: ("svg",),
    Kind.JSON_BADGE: ("json", "jsonld"),
    Kind.JWT_BADGE: ("jwt", "jws", "txt"),
    Kind.EML: ("eml",),
}
"""What the names of each kind may end with, in small letters, without the dot."""

_BEGINNING = 1024
"""Where readers of PDF look for its mark (ISO 32000-1, implementation note 13 of PDF Reference 1.7)."""
_WHITE = b" \t\r\n\x00\x0c\xef\xbb\xbf"
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_PDF_MARK = re.compile(rb"%PDF-[12]\.\d")
_ZIP_END = re.compile(rb"PK\x05\x06")
_ZIP_END_BYTES = 22
_MOST_ZIP_END = _ZIP_END_BYTES + 65_535
_MARKUP = re.compile(rb"<(?:!doctype\s+html|html|script|body|iframe)[\s>/]", re.IGNORECASE)
_SVG = re.compile(rb"<(?:[\w.-]+:)?svg[\s>]", re.IGNORECASE)
_JWT = re.compile(rb"[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]*")
_HEADER = re.compile(rb"([!-9;-~]+):[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n")
_MAIL_HEADERS = frozenset({b"from", b"date", b"subject", b"received", b"mime-version", b"return-path", b"message-id", b"to"})
_BADGE_TYPES = frozenset({"Assertion", "VerifiableCredential", "OpenBadgeCredential", "AchievementCredential", "BadgeClass"})
_SHOWN = 40


def recognise(content: bytes | mmap, *, name: str = "") -> Kind:
    """The kind of an upload. ``name`` is what the user's file is called; without an ending it says nothing.

    Raises UnsupportedMedia for other kinds; Invalid, naming ``file`` and the rule, for one that is two kinds at once or is called
    what it is not.
    """
    kind = _by_content(content)
    if kind is None:
        message = "this is none of the kinds of files that are read: PDF, JPEG, PNG, HEIC, TIFF, SVG, a badge (JSON, JWT) or .eml"
        raise UnsupportedMedia(message, field="file", rule="kinds of certificates")
    _check_name(kind, name)
    _check_only(kind, content)
    return kind


def _by_content(content: bytes | mmap) -> Kind | None:
    beginning = content[:_BEGINNING]
    if beginning.startswith(b"\xff\xd8\xff"):
        return Kind.JPEG
    if beginning.startswith(b"\x89PNG\r\n\x1a\n"):
        return Kind.PNG
    if beginning.startswith((b"II*\x00", b"MM\x00*")):
        return Kind.TIFF
    if beginning[4:8] == b"ftyp" and _heif_brands(beginning) & _HEIF_BRANDS:
        return Kind.HEIC
    if _PDF_MARK.match(beginning.lstrip(_WHITE)):
        return Kind.PDF
    return _text_kind(content)


def _heif_brands(beginning: bytes) -> set[bytes]:
    length = int.from_bytes(beginning[:4], "big")
    return {beginning[8:12], *(beginning[at : at + 4] for at in range(16, min(length, _BEGINNING), 4))}


def _text_kind(content: bytes | mmap) -> Kind | None:
    beginning = content[: 64 * _BEGINNING].lstrip(_WHITE)
    if beginning.startswith(b"<"):
        return Kind.SVG if _SVG.search(beginning) and not _MARKUP.search(beginning[:_BEGINNING]) else None
    if beginning.startswith(b"{"):
        return Kind.JSON_BADGE if _is_badge(content[:]) else None
    if _JWT.fullmatch(content[:].strip()):
        return Kind.JWT_BADGE
    names = {found[1].lower() for found in _leading_headers(beginning)}
    return Kind.EML if len(names & _MAIL_HEADERS) > 1 else None


def _leading_headers(beginning: bytes) -> list[re.Match[bytes]]:
    """Header fields, from the first line on."""
    found: list[re.Match[bytes]] = []
    while match := _HEADER.match(beginning, found[-1].end() if found else 0):
        found.append(match)
    return found


class _Badge(msgspec.Struct):
    """What tells a badge from other JSON."""

    context: str | list[object] | dict[str, object] | None = msgspec.field(name="@context", default=None)
    type: str | list[str] = ""


def _is_badge(content: bytes) -> bool:
    try:
        found = msgspec.json.decode(content.lstrip(_WHITE), type=_Badge)
    except (msgspec.DecodeError, RecursionError):
        return False
    types = {found.type} if isinstance(found.type, str) else set(found.type)
    return found.context is not None and bool(types & _BADGE_TYPES)


def _check_name(kind: Kind, name: str) -> None:
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending and ending not in ENDINGS[kind]:
        shown = "".join(letter for letter in ending if letter.isalnum())[:_SHOWN]
        message = f"the file is called .{shown}, but it is {kind.value.upper()}: save it as what it is"
        raise Invalid(message, field="file", rule="a file's name says what it is")


def _check_only(kind: Kind, content: bytes | mmap) -> None:
    """Refuses files that other readers would take for something else."""
    for what, is_also in (("PDF", _is_also_pdf), ("a zip archive", _is_also_zip), ("a web page", _is_also_page)):
        if is_also(kind, content):
            raise Invalid(f"the file is {kind.value.upper()} and {what} at once", field="file", rule="a file is of one kind")


def _is_also_pdf(kind: Kind, content: bytes | mmap) -> bool:
    """PDF's mark anywhere in a picture, or where readers look for it."""
    within = content if kind in PICTURES else content[:_BEGINNING]
    return kind is not Kind.PDF and _PDF_MARK.search(within) is not None


def _is_also_zip(_: Kind, content: bytes | mmap) -> bool:
    """An end of a zip archive's directory whose comment ends with the file (PKWARE APPNOTE 6.3.9, 4.3.16)."""
    ending = content[-_MOST_ZIP_END:]
    ends = (match.start() for match in _ZIP_END.finditer(ending))
    return any(len(ending) - at - _ZIP_END_BYTES == int.from_bytes(ending[at + 20 : at + 22], "little") for at in ends)


def _is_also_page(kind: Kind, content: bytes | mmap) -> bool:
    """Markup where browsers sniff for it, in what is no text."""
    return kind in (Kind.PDF, *PICTURES) and _MARKUP.search(content[:_BEGINNING]) is not None
