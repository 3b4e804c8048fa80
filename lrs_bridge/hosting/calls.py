"""The calls of a SCORM course as support reads them, with time, value and result, out of the commits that brought them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.scorm.commit import Reason, parse_commit

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp()) * 1000
ERRORS = {
    0: "no error",
    101: "general exception",
    102: "general initialization failure",
    103: "already initialized",
    104: "content instance terminated",
    111: "general termination failure",
    112: "termination before initialization",
    113: "termination after termination",
    122: "retrieve data before initialization",
    123: "retrieve data after termination",
    132: "store data before initialization",
    133: "store data after termination",
    142: "commit before initialization",
    143: "commit after termination",
    201: "general argument error",
    202: "element cannot have children",
    203: "element not an array",
    301: "general get failure, or not initialized",
    351: "general set failure",
    391: "general commit failure",
    401: "undefined element, or not implemented",
    402: "unimplemented element, or invalid set value",
    403: "value not initialized, or element is read only",
    404: "element is read only, or write only",
    405: "element is write only, or incorrect data type",
    406: "element type mismatch",
    407: "element value out of range",
    408: "dependency not established",
}
"""SCORM 1.2 RTE 3.3.5 and 2004 RTE 3.1.7; where the two differ, both are named."""


@dataclass(frozen=True, slots=True)
class ShownCall:
    """One call. ``said`` is what the error code means, empty when there was none."""

    at: datetime
    function: str
    parameter: str
    value: str
    result: str
    error: int

    @property
    def said(self) -> str:
        """What the error code means."""
        return ERRORS.get(self.error, "unknown error") if self.error else ""


@dataclass(frozen=True, slots=True)
class ShownCommit:
    """A commit and the calls that came with it; ``values`` are what it says has changed."""

    session: int
    sequence: int
    item: str
    received_at: datetime
    reason: Reason | None
    is_terminated: bool
    values: tuple[tuple[str, str], ...]
    calls: tuple[ShownCall, ...]


def shown_commit(*, session: int, sequence: int, item: str, received_at: datetime, body: str) -> ShownCommit:
    """A commit as it was kept, taken apart. One that can't be read has no calls, but is shown."""
    try:
        commit = parse_commit(body.encode())
    except LrsBridgeError:
        return ShownCommit(session, sequence, item, received_at, None, False, (), ())
    calls = tuple(
        ShownCall(_time(call.at_ms), call.function, call.parameter, call.value, call.result, call.error) for call in commit.calls
    )
    values = tuple(sorted(commit.cmi.items()))
    return ShownCommit(session, sequence, item, received_at, commit.reason, commit.terminated, values, calls)


def _time(milliseconds: int) -> datetime:
    """The time that the learner's machine said, or the last that can be written."""
    return EPOCH + timedelta(milliseconds=min(milliseconds, _LAST_MS))


def count_errors(commits: Iterable[ShownCommit]) -> int:
    """How many calls were answered with an error."""
    return sum(call.error != 0 for commit in commits for call in commit.calls)
