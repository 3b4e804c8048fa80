"""A package of course content, as it was uploaded and recognised."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lrs_bridge.packages.notice import Notice
from lrs_bridge.packages.recognise import Kind


@dataclass(frozen=True, slots=True)
class Content:
    """What a path holds: ``sha256`` names it, ``length`` is in bytes."""

    sha256: bytes
    length: int


@dataclass(frozen=True, slots=True)
class Package:
    """``edition`` names the standard and its edition for readers, ``tool`` what made it, None where that can't be told.

    ``sha256`` and ``length`` are those of the uploaded file; ``added_by`` is a person, None when a system sent it.
    """

    tenant: str
    package_id: UUID
    kind: Kind
    edition: str
    tool: str | None
    title: str
    notices: tuple[Notice, ...]
    file_name: str
    sha256: bytes
    length: int
    added_at: datetime
    added_by: UUID | None
