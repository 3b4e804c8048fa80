"""What another LRS's answer means, and how long to wait before asking again.

Source: xAPI 1.0.3, Communication 3.2 (error codes) and 2.1.2 (409). Some refusals are about the
statements that were sent, some about our key, and the others about the moment or the address, where only waiting helps.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from lrs_bridge.errors import UpstreamFailed
from lrs_bridge.web.reply import Reply, retry_after, shown

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=5)

_UNFIT = frozenset({400, 411, 413, 414, 415, 422, 431})
_REFUSED = frozenset({401, 403})
_LATER = frozenset({408, 425, 429})


class Verdict(StrEnum):
    """What follows from an answer to statements that were sent."""

    TAKEN = "taken"
    THERE = "there"
    UNFIT = "unfit"
    REFUSED = "refused"
    LATER = "later"


class Cause(StrEnum):
    """Why something failed, for the words that a reader is told it in."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    CERTIFICATE = "certificate"
    FORBIDDEN_ADDRESS = "forbidden_address"
    OUT_OF_ORDER = "out_of_order"
    BUSY = "busy"
    KEY_REFUSED = "key_refused"
    NO_LRS = "no_lrs"
    REDIRECT = "redirect"
    STATEMENT_REFUSED = "statement_refused"
    ALL_REFUSED = "all_refused"
    ODD_ANSWER = "odd_answer"
    OWN_KEY_ENDED = "own_key_ended"
    CONTENT_MISSING = "content_missing"
    SECRET_UNREADABLE = "secret_unreadable"  # noqa: S105  a reason's name


class RelayFailed(UpstreamFailed):
    """The other LRS could not be worked with: ``cause`` says why, ``stay_away`` how long it asks us to stay away."""

    def __init__(self, message: str, *, cause: Cause, status: int | None = None, stay_away: timedelta | None = None) -> None:
        super().__init__(message)
        self.cause = cause
        self.http_status = status
        self.stay_away = stay_away


def verdict(status: int) -> Verdict:
    """What an answer of that status means for the statements that were sent."""
    if 200 <= status < 300:  # noqa: PLR2004  the class of success
        return Verdict.TAKEN
    if status == 409:  # noqa: PLR2004  Conflict: the id is known there
        return Verdict.THERE
    if status in _UNFIT:
        return Verdict.UNFIT
    return Verdict.REFUSED if status in _REFUSED else Verdict.LATER


def cause(status: int) -> Cause:
    """Why an answer of that status, which is no success, came."""
    if status in _REFUSED:
        return Cause.KEY_REFUSED
    if status in _UNFIT or status == 409:  # noqa: PLR2004
        return Cause.STATEMENT_REFUSED
    if status in _LATER:
        return Cause.BUSY
    if status >= 500:  # noqa: PLR2004  the class of server errors
        return Cause.OUT_OF_ORDER
    return Cause.REDIRECT if 300 <= status < 400 else Cause.NO_LRS  # noqa: PLR2004


def failure(reply: Reply, now: datetime) -> RelayFailed:
    """The error that an answer without success is."""
    message = f"answered {reply.status}: {reply.excerpt}"
    if cause(reply.status) is Cause.REDIRECT:
        message = f"answered {reply.status}: moved to {shown(reply.headers.get('location', 'nowhere'))}"
    return RelayFailed(message, cause=cause(reply.status), status=reply.status, stay_away=retry_after(reply, now))


def pause(failures: int, spread: float, asked: timedelta | None = None) -> timedelta:
    """How long to wait after that many failures in a row: 2, 4, 8 … seconds to five minutes, and never less than was asked.

    ``spread`` is a random number from 0 to 1 that takes up to half of the wait away, so that many who wait do not return at once.
    """
    wait = min(FIRST_PAUSE * (1 << min(max(failures - 1, 0), 20)), LONGEST_PAUSE) * (1 - spread / 2)
    return max(wait, asked or timedelta())
