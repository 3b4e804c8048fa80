"""What a SCORM course did against its standard in an attempt, found in its calls and in what it has set.

SCORM 1.2 RTE 3.3.5 and 3.4, SCORM 2004 4th edition RTE 3.1.7 and 4.2: error codes, which elements may be set, and how much an
LMS has to keep at least. Left out: asking for an element that nobody has set yet (2004: 403), which is how courses find out
whether they are opened for the first time.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from lrs_bridge.hosting.calls import ShownCall, ShownCommit
from lrs_bridge.scorm.cmi import Cmi

MOST_ELEMENTS = 3
"""How many elements are named with each fault."""
_FORESEEN = {
    True: {"cmi.suspend_data": 4096, "cmi.core.lesson_location": 255},
    False: {"cmi.suspend_data": 64_000, "cmi.location": 1000},
}
"""Characters that an LMS has to keep at least, in SCORM 1.2 (True) and 2004."""
_RESULTS = ("status", "score.raw", "score.scaled", "progress_measure")
_NO_STATUS = ("", "unknown", "not attempted")
_NOT_SET_YET = 403
_NOT_BEGUN = 301
"""In SCORM 1.2, where asking for the entry of a list that is not there is answered by the same."""
_ENDING = ("LMSFinish", "Terminate")
_SESSION = (*_ENDING, "LMSInitialize", "Initialize")


class Fault(StrEnum):
    """What can be said of a course's behaviour."""

    OUT_OF_SESSION = "out_of_session"
    UNKNOWN_ELEMENT = "unknown_element"
    READ_ONLY = "read_only"
    BAD_VALUE = "bad_value"
    NOT_TAKEN = "not_taken"
    ASKED_IN_VAIN = "asked_in_vain"
    LONG_VALUE = "long_value"
    NO_STATUS = "no_status"
    MISSING_COMMITS = "missing_commits"


@dataclass(frozen=True, slots=True)
class Found:
    """A fault, how often it was found, and the elements (or items) that it was found at most."""

    fault: Fault
    count: int
    where: tuple[str, ...] = ()


_OUT_OF_SESSION = {103, 104, 112, 113, 122, 123, 132, 133, 142, 143}
_SETTING = {
    True: {401: Fault.UNKNOWN_ELEMENT, 402: Fault.READ_ONLY, 403: Fault.READ_ONLY, 405: Fault.BAD_VALUE},
    False: {
        401: Fault.UNKNOWN_ELEMENT,
        402: Fault.UNKNOWN_ELEMENT,
        404: Fault.READ_ONLY,
        406: Fault.BAD_VALUE,
        407: Fault.BAD_VALUE,
    },
}


def find_faults(
    commits: Iterable[ShownCommit], values: Mapping[str, Cmi], *, is_1_2: bool, finish_completes: bool
) -> tuple[Found, ...]:
    """All that was found in these commits of an attempt and in what its items have set (``values``), each kind once.

    ``finish_completes`` tells that the course need not set a status.
    """
    shown = list(commits)
    places: dict[Fault, Counter[str]] = {fault: Counter() for fault in Fault}
    for commit in shown:
        for call in commit.calls:
            fault = fault_of(call, is_1_2=is_1_2)
            if fault is not None:
                places[fault][call.parameter or call.function] += 1
    places[Fault.LONG_VALUE].update(_long(values, _FORESEEN[is_1_2]))
    if not finish_completes:
        places[Fault.NO_STATUS].update(_ended_without_status(shown, values))
    places[Fault.MISSING_COMMITS].update(_missing(shown))
    return tuple(_found(fault, counted) for fault, counted in places.items() if counted)


def fault_of(call: ShownCall, *, is_1_2: bool) -> Fault | None:
    """What a call did wrong; None for nothing."""
    if not call.error:
        return None
    is_getting = call.function.endswith("GetValue")
    if call.error in _OUT_OF_SESSION or call.function in _SESSION or (call.error == _NOT_BEGUN and is_1_2 and not is_getting):
        return Fault.OUT_OF_SESSION
    if is_getting:
        return None if call.error == _NOT_SET_YET and not is_1_2 else Fault.ASKED_IN_VAIN
    return _SETTING[is_1_2].get(call.error, Fault.NOT_TAKEN)


def _found(fault: Fault, counted: Counter[str]) -> Found:
    where = () if fault is Fault.MISSING_COMMITS else tuple(name for name, _ in counted.most_common(MOST_ELEMENTS))
    return Found(fault, counted.total(), where)


def _long(values: Mapping[str, Cmi], foreseen: Mapping[str, int]) -> Iterable[str]:
    return (key for cmi in values.values() for key, most in foreseen.items() if len(cmi.get(key, "")) > most)


def _ended_without_status(commits: Iterable[ShownCommit], values: Mapping[str, Cmi]) -> Iterable[str]:
    """Items whose content ended its session, and from which neither status, score nor progress has come."""
    ended = {commit.item for commit in commits if any(call.function in _ENDING and not call.error for call in commit.calls)}
    return (item for item in sorted(ended) if not any(_tells(key, value) for key, value in values.get(item, {}).items()))


def _tells(key: str, value: str) -> bool:
    """Whether a value says something of the result. Those of objectives and interactions are about parts of it."""
    is_own = key.startswith("cmi.") and not any(char.isdigit() for char in key)
    return is_own and key.endswith(_RESULTS) and value not in _NO_STATUS


def _missing(commits: Iterable[ShownCommit]) -> Iterable[str]:
    """One for each number that is missing between the commits of a sitting: what was refused, or got lost."""
    numbers = sorted((commit.session, commit.sequence) for commit in commits)
    for session, those in groupby(numbers, key=lambda number: number[0]):
        sequences = [sequence for _, sequence in those]
        yield from [str(session)] * (sequences[-1] - sequences[0] + 1 - len(sequences))
