"""A statement's attachments as a reader sees them.

Source: xAPI 1.0.3, Data 2.4.11. What an attachment says of itself is the sender's word: its address is offered as a link only
when it is one of the web's, and its content is always handed out as a file to keep, never shown in the browser.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from lrs_bridge.xapi.browser import wording
from lrs_bridge.xapi.browser.sentence import Piece, piece_of
from lrs_bridge.xapi.model.statement import attachments_of

_ENDINGS = {
    "application/json": "json",
    "application/msword": "doc",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/xml": "xml",
    "application/zip": "zip",
    "audio/mpeg": "mp3",
    "image/jpeg": "jpg",
    "image/png": "png",
    "text/csv": "csv",
    "text/html": "html",
    "text/plain": "txt",
    "video/mp4": "mp4",
}
_WEB = ("https://", "http://")
_SIZES = (("MB", 1_000_000), ("kB", 1000))


@dataclass(frozen=True, slots=True)
class Enclosure:
    """One attachment. ``sha2`` and ``content_type`` are as the statement spells them, ``length`` in bytes as it says.

    ``link`` is its address elsewhere, when it has one that may be followed. ``is_here`` tells whether its content is stored.
    """

    name: Piece
    description: Piece | None
    usage_type: str
    content_type: str
    length: int
    sha2: str
    link: str | None
    is_here: bool

    def size(self, language: str) -> str:
        """The length in words."""
        for unit, size in _SIZES:
            if self.length >= size:
                return f"{wording.number(round(self.length / size, 1), language)}{wording.NBSP}{unit}"
        return f"{self.length}{wording.NBSP}B"


def enclosures_of(value: dict[str, Any], language: str, stored: Collection[str]) -> tuple[Enclosure, ...]:
    """The attachments of a statement and its SubStatement, in order. ``stored`` are the sums of those whose content is here."""
    return tuple(_enclosure(one, language, stored) for one, _ in attachments_of(value))


def has_attachments(value: dict[str, Any]) -> bool:
    """Whether the statement or its SubStatement has any."""
    return next(attachments_of(value), None) is not None


def file_name(sha2: str, content_type: str) -> str:
    """What to call a content as a file: its sum, and the ending that goes with its type."""
    ending = _ENDINGS.get(content_type.partition(";")[0].strip().lower(), "bin")
    return f"{sha2[:16].lower()}.{ending}"


def _enclosure(one: dict[str, Any], language: str, stored: Collection[str]) -> Enclosure:
    address = one.get("fileUrl")
    return Enclosure(
        name=piece_of(one["display"], language) or Piece(one["contentType"]),
        description=piece_of(one.get("description", {}), language),
        usage_type=one["usageType"],
        content_type=one["contentType"],
        length=one["length"],
        sha2=one["sha2"],
        link=address if address is not None and address.lower().startswith(_WEB) else None,
        is_here=one["sha2"] in stored,
    )
