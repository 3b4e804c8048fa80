"""What the pages of the statement browser show."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from lrs_bridge.people.person import Person
from lrs_bridge.ports import Consequence, KnownCourse, Stage
from lrs_bridge.xapi.attachments.report import SignatureReport
from lrs_bridge.xapi.browser.enclosures import Enclosure
from lrs_bridge.xapi.browser.fate import Fate
from lrs_bridge.xapi.browser.sentence import Sentence, text_of
from lrs_bridge.xapi.credentials.credential import Credential
from lrs_bridge.xapi.statements.explanation import Reason


@dataclass(frozen=True, slots=True)
class Reader:
    """The administrator who reads, and in which language."""

    person_id: UUID
    language: str


@dataclass(frozen=True, slots=True)
class Line:
    """A statement on one line. ``stage`` is None for what is no completion."""

    statement_id: UUID
    seq: int
    sentence: Sentence
    stored_at: datetime
    source: str
    voided: bool
    stage: Stage | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """A page of what a search found, the newest first.

    ``persons`` and ``courses`` are those that the words were taken to mean. ``before`` and ``after`` are where the older and the
    newer page begin, None where there is none. ``looked_until`` is when the statement was stored at which the search broke off
    before the page was full, None when it did not.
    """

    lines: tuple[Line, ...]
    persons: tuple[Person, ...]
    courses: tuple[KnownCourse, ...]
    sources: tuple[Credential, ...]
    before: int | None
    after: int | None
    looked_until: datetime | None


@dataclass(frozen=True, slots=True)
class StatementPage:
    """All that is known of one statement.

    ``pretty`` is its JSON with line breaks; ``digest`` that of the text as it is stored. ``points_at`` is what its object is,
    ``pointing`` are those whose object it is (``voiding`` those of them that void it), ``attempt`` the statements of its
    registration in order. ``sender`` is None when the credential is gone, ``signature`` when the statement has none.
    """

    line: Line
    value: dict[str, Any]
    pretty: str
    digest: str
    sender: Credential | None
    sender_key: str
    person: Person | None
    reason: Reason | None
    consequence: Consequence | None
    fate: Fate
    points_at: Line | None
    pointing: tuple[Line, ...]
    voiding: tuple[Line, ...]
    attempt: tuple[Line, ...]
    enclosures: tuple[Enclosure, ...]
    signature: SignatureReport | None

    @property
    def title(self) -> str:
        """The statement's line as plain text."""
        return text_of(self.line.sentence)


@dataclass(frozen=True, slots=True)
class Content:
    """An attachment's bytes, read as they are asked for, their number, and what to call them as a file."""

    pieces: Iterator[bytes]
    length: int
    name: str
