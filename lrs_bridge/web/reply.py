"""What another server answered, and why there is no answer; for every client of ours.

Source: RFC 9110 5.6.7 (HTTP dates) and 10.2.3 (Retry-After).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from lrs_bridge.errors import UpstreamFailed

LONGEST_RETRY_AFTER = timedelta(hours=1)
SHOWN = 500

_NO_SIGN = re.compile(r"[^\S ]+|[\x00-\x1f\x7f]+")


class Trouble(StrEnum):
    """Why a call gave nothing to work with."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    CERTIFICATE = "certificate"
    FORBIDDEN_ADDRESS = "forbidden_address"
    ODD_ANSWER = "odd_answer"


class CallFailed(UpstreamFailed):
    """No answer came, or none that can be worked with: ``cause`` says why, ``http_status`` what an answer's status was."""

    code = "call_failed"

    def __init__(self, message: str, *, cause: Trouble, http_status: int | None = None) -> None:
        super().__init__(message)
        self.cause = cause
        self.http_status = http_status


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of another server. Header names are lower-case; ``body`` may be the beginning of a longer one."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether its status is of the class of success."""
        return 200 <= self.status < 300  # noqa: PLR2004

    @property
    def excerpt(self) -> str:
        """The beginning of what it says, on one line."""
        return shown(self.body.decode("utf-8", "replace"))


def shown(text: str) -> str:
    """A text of somebody else's, fit for one line of a page or a log."""
    return _NO_SIGN.sub(" ", text).strip()[:SHOWN]


def retry_after(reply: Reply, now: datetime) -> timedelta | None:
    """How long the answer asks to stay away, an hour at most; None when it does not say so in a way that can be read."""
    said = reply.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdecimal():
        return min(timedelta(seconds=int(said[:9])), LONGEST_RETRY_AFTER)
    at = parse_http_date(said)
    return None if at is None else max(timedelta(), min(at - now, LONGEST_RETRY_AFTER))


def parse_http_date(text: str) -> datetime | None:
    """The instant of an HTTP date (RFC 9110 5.6.7), None when it is none."""
    try:
        at = parsedate_to_datetime(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
