"""What the player sends while a course is played: the values that changed, and every call the course made.

Source: our own message (``POST …/commit``), made of what SCORM 1.2 RTE 3.3 and SCORM 2004 RTE 3.1 let content call. Values are
kept as the content set them; only what no database can hold is replaced: null characters and lone surrogates, each by U+FFFD.
Left out: whether the commit is the next one of its scorm_session, which the store knows.
"""

import json
import math
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
import orjson
from msgspec import UNSET, UnsetType

from lrs_bridge.errors import Invalid, TooLarge

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_KEYS: Final = 4_000
MAX_KEY_LENGTH: Final = 250
MAX_VALUE_LENGTH: Final = 1024 * 1024
MAX_CALLS: Final = 5_000
MAX_SECONDS: Final = 366 * 24 * 3600
"""No sitting is longer than a year: a clock that says so was set anew."""
RULE: Final = "lrs_bridge commit"

_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_UNFIT: Final = re.compile("[\0\ud800-\udfff]")
_UNFIT_ESCAPE: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
"""Below half of what the writer of JSON takes, one in another."""
_PLACE: Final = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`$")

Scalar = str | int | float | bool | None
Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=250)]
Number = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]


class Reason(StrEnum):
    """Why the player commits now."""

    INITIALIZE = "initialize"
    COMMIT = "commit"
    AUTO = "auto"
    LEAVE = "leave"
    TERMINATE = "terminate"
    NAVIGATE = "navigate"


class Call(msgspec.Struct, frozen=True, array_like=True):
    """One call of the runtime's API: when, in milliseconds since 1970, which function, with what, and what it answered."""

    at_ms: int
    function: str
    parameter: str
    value: str
    result: str
    error: int


class Commit(msgspec.Struct, frozen=True):
    """A commit as it is applied: ``cmi`` holds the keys that changed since the last one that was acknowledged.

    ``session`` numbers the scorm_session in its attempt, ``sequence`` the commit in that. ``sequencing`` and ``globals`` are the
    player's own and come back to it unread; they are UNSET where they did not change, as is ``current``, the item that is open.
    ``seconds`` is the length of the scorm_session so far. ``initialized`` and ``terminated`` tell that the item's content has
    begun and ended its session since the last commit.
    """

    session: int
    sequence: int
    sco: str
    reason: Reason
    cmi: dict[str, str]
    seconds: float
    calls: tuple[Call, ...]
    initialized: bool
    terminated: bool
    sequencing: Any
    globals: Any
    current: str | UnsetType | None


class SetValues(msgspec.Struct, frozen=True):
    """What of a commit is merged into what its SCO has set; see ``Commit``."""

    session: int
    sequence: int
    sco: str
    cmi: dict[str, str]
    seconds: float
    initialized: bool
    terminated: bool


class _Call(msgspec.Struct, array_like=True):
    at_ms: Annotated[float, msgspec.Meta(ge=0, le=9e15)]
    function: str
    parameter: Scalar = ""
    value: Scalar = ""
    result: Scalar = ""
    error: Scalar = 0


class _Message(msgspec.Struct):
    session: Annotated[int, msgspec.Meta(ge=1, lt=2**31)]
    sequence: Number
    sco: Identifier
    reason: Reason
    cmi: dict[str, Scalar] = {}
    seconds: float = 0.0
    calls: list[_Call] = []
    initialized: bool = False
    terminated: bool = False
    sequencing: Any = UNSET
    globals: Any = UNSET
    current: Identifier | UnsetType | None = UNSET


class _Kept(msgspec.Struct):
    session: int
    sequence: int
    sco: str
    reason: Reason
    cmi: dict[str, Scalar] = {}
    seconds: float = 0.0
    initialized: bool = False
    terminated: bool = False


_MESSAGE = msgspec.json.Decoder(_Message)
_KEPT = msgspec.json.Decoder(_Kept)


def parse_commit(body: bytes) -> Commit:
    """The commit that a body is. Raises TooLarge above MAX_BYTES, and Invalid, with field and rule, for anything malformed.

    Numbers and booleans count as the texts that content would read back, null as the empty one. A length of time that can't be
    is taken to the nearest that can.
    """
    if len(body) > MAX_BYTES:
        raise TooLarge(f"a commit has at most {MAX_BYTES} bytes", field="body", rule=RULE)
    message = _decode(body)
    if message.sequencing is not UNSET or message.globals is not UNSET:
        _refuse_unwritable(message)
    if len(message.calls) > MAX_CALLS:
        raise Invalid(f"a commit has at most {MAX_CALLS} calls", field="calls", rule=RULE)
    return Commit(
        session=message.session,
        sequence=message.sequence,
        sco=message.sco,
        reason=message.reason,
        cmi=_values(message.cmi),
        seconds=min(max(message.seconds, 0.0), MAX_SECONDS),
        calls=tuple(map(_call, message.calls)),
        initialized=message.initialized or message.reason is Reason.INITIALIZE,
        terminated=message.terminated,
        sequencing=message.sequencing,
        globals=message.globals,
        current=message.current,
    )


def parse_kept(body: bytes) -> SetValues:
    """What a commit that was taken before has set: its calls and all else are left alone, as there may be many to be merged."""
    kept = _KEPT.decode(_storable(body))
    cmi = {key: text_of(value) for key, value in kept.cmi.items()}
    seconds = min(max(kept.seconds, 0.0), MAX_SECONDS)
    begun = kept.initialized or kept.reason is Reason.INITIALIZE
    return SetValues(kept.session, kept.sequence, kept.sco, cmi, seconds, begun, kept.terminated)


def _decode(body: bytes) -> _Message:
    try:
        return _MESSAGE.decode(_storable(body))
    except msgspec.ValidationError as error:
        place = _PLACE.search(str(error))
        field = place[1] if place and place[1] else "body"
        raise Invalid(f"the commit is malformed: {error}", field=field, rule=RULE) from error
    except (ValueError, RecursionError) as error:
        raise Invalid(f"the commit is not JSON in UTF-8: {error}", field="body", rule=RULE) from error


def _refuse_unwritable(message: _Message) -> None:
    """What is kept unread must be writable again: no writer of JSON takes whole numbers of more than 64 bits, or any depth."""
    for field in ("sequencing", "globals"):
        try:
            orjson.dumps(getattr(message, field), default=str)
        except TypeError as error:
            message_of = f"{field} can't be written again: a number has more than 64 bits, or it is nested too deep"
            raise Invalid(message_of, field=field, rule=RULE) from error


def _storable(body: bytes) -> bytes:
    """The same JSON without the characters that no database can hold; almost always the body itself."""
    if b"\\u" not in body or _UNFIT_ESCAPE.search(body) is None:
        return body
    return json.dumps(_without_unfit(json.loads(body.decode())), ensure_ascii=False).encode()


def _without_unfit(value: Any) -> Any:
    if isinstance(value, str):
        return _UNFIT.sub(_REPLACEMENT, value)
    if isinstance(value, dict):
        return {_UNFIT.sub(_REPLACEMENT, name): _without_unfit(member) for name, member in value.items()}
    return [_without_unfit(item) for item in value] if isinstance(value, list) else value


def _values(cmi: Mapping[str, Scalar]) -> dict[str, str]:
    if len(cmi) > MAX_KEYS:
        raise Invalid(f"a commit has at most {MAX_KEYS} keys", field="cmi", rule=RULE)
    for key, value in cmi.items():
        _check_lengths(key, value)
    return {key: text_of(value) for key, value in cmi.items()}


def _check_lengths(key: str, value: Scalar) -> None:
    if not 0 < len(key) <= MAX_KEY_LENGTH:
        raise Invalid(f"a key has 1 to {MAX_KEY_LENGTH} characters", field=f"cmi.{key[:40]}…" if key else "cmi", rule=RULE)
    if isinstance(value, str) and len(value) > MAX_VALUE_LENGTH:
        raise Invalid(f"a value has at most {MAX_VALUE_LENGTH} characters", field=key, rule=RULE)


def text_of(value: Scalar) -> str:
    """A JSON scalar as the text that JavaScript makes of it: ``true``, ``3`` for 3.0; the empty one for null."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _call(call: _Call) -> Call:
    return Call(
        int(call.at_ms),
        call.function,
        text_of(call.parameter),
        text_of(call.value),
        text_of(call.result),
        _error_code(call.error),
    )


def _error_code(said: Scalar) -> int:
    """The code as a number: 101 (general exception) for one that is none."""
    try:
        code = float(said if said is not None else 0)
    except ValueError:
        return 101
    return int(code) if math.isfinite(code) and 0 <= code < 2**31 else 101


QUIET_REASONS: Final = frozenset({Reason.COMMIT, Reason.AUTO, Reason.LEAVE})
_QUIET_KEYS: Final = frozenset(
    {
        "adl.nav.request",
        "cmi.core.lesson_location",
        "cmi.core.session_time",
        "cmi.core.student_id",
        "cmi.core.student_name",
        "cmi.core.total_time",
        "cmi.launch_data",
        "cmi.learner_id",
        "cmi.learner_name",
        "cmi.location",
        "cmi.session_time",
        "cmi.suspend_data",
        "cmi.total_time",
    }
)
_QUIET_PREFIXES: Final = ("adl.data.", "cmi.learner_preference.", "cmi.student_preference.")


MERGED_EVERY: Final = 200
"""So many commits at most are pending in a sitting, to be merged when somebody wants to know."""
LONGEST_WAITING: Final = 64 * 1024
"""In bytes, of one commit that is pending: longer ones are merged at once, or a flood of them would be in memory together."""


def may_wait(commit: Commit, length: int) -> bool:
    """Whether the commit, of that many bytes, has only to be kept until somebody wants to know."""
    is_light = length <= LONGEST_WAITING and commit.sequence % MERGED_EVERY != 0
    return is_light and commit.current is UNSET and is_quiet(commit)


def is_quiet(commit: Commit) -> bool:
    """Whether keeping the commit is all there is to do: nothing follows from it for the outcome, and no statement.

    Quiet are places, times, suspend data, preferences, shared data and wishes to navigate. Any other key may tell of status,
    score, progress, exit, objectives, interactions or comments; the beginning and the end of a session, and what the sequencing
    has come to, may change the outcome.
    """
    return (
        commit.reason in QUIET_REASONS
        and not (commit.initialized or commit.terminated)
        and commit.sequencing is UNSET
        and commit.globals is UNSET
        and all(map(is_quiet_key, commit.cmi))
    )


def is_quiet_key(key: str) -> bool:
    """Whether nothing but its being kept follows from a value of that name."""
    return key in _QUIET_KEYS or key.startswith(_QUIET_PREFIXES)
