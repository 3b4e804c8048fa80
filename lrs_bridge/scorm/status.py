"""What the state of a SCO says of completion, success and score: two axes and a number, for both versions of SCORM.

SCORM 1.2 RTE 3.4.4 (cmi.core.lesson_status, credit, lesson_mode, score, exit, student_data.mastery_score); SCORM 2004 4th ed.
RTE 4.2.4 (completion_status) with its table 4.2.4.1a, 4.2.18 (progress_measure), 4.2.20 (score) and 4.2.22 (success_status) with
its table 4.2.22.1a. Left out: that a SCO may change its mind; whoever keeps results decides which one of an attempt counts.
"""

from dataclasses import dataclass

from lrs_bridge.completion import Score
from lrs_bridge.scorm.cmi import Cmi, bounded_number_of, number_of, word_of
from lrs_bridge.scorm.manifest.model import Item, Version

HIGHEST_1_2 = 100.0
"""SCORM 1.2 RTE 3.4.4: a raw score is a number from 0 to 100."""


@dataclass(frozen=True, slots=True)
class Terms:
    """By what a SCO is judged: the manifest's thresholds, and whether finishing a SCO that tells no status completes it.

    ``mastery_score`` is 0 to 100 (1.2), ``completion_threshold`` 0 to 1 and ``scaled_passing_score`` -1 to 1 (2004).
    """

    version: Version
    mastery_score: float | None = None
    completion_threshold: float | None = None
    scaled_passing_score: float | None = None
    finish_completes: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """What a SCO has come to; None where nobody knows. ``progress`` is a share of 1."""

    completion: bool | None = None
    success: bool | None = None
    score: Score | None = None
    progress: float | None = None


UNKNOWN = Status()


def terms_of(item: Item, version: Version, edition: str | None, *, finish_completes: bool = False) -> Terms:
    """The terms of an item.

    In the 4th edition a threshold, 1.0 unless it says so, decides only where the item is completed by measure (CAM 3.4.1.16);
    earlier, wherever it stands. A passing score is the primary objective's least measure, where that decides (RTE 4.2.19).
    """
    return Terms(
        version,
        item.mastery_score,
        completion_threshold_of(item, edition),
        scaled_passing_score_of(item),
        finish_completes,
    )


def completion_threshold_of(item: Item, edition: str | None) -> float | None:
    """The item's ``cmi.completion_threshold``, None where none decides (RTE 4.2.5)."""
    if item.completed_by_measure:
        return 1.0 if item.completion_threshold is None else item.completion_threshold
    return item.completion_threshold if edition in {"2nd", "3rd"} else None


def scaled_passing_score_of(item: Item) -> float | None:
    """The item's ``cmi.scaled_passing_score``, None where none decides (RTE 4.2.19)."""
    if item.sequencing is None or not item.sequencing.primary_objective.satisfied_by_measure:
        return None
    return item.sequencing.primary_objective.min_normalized_measure


def status_of(cmi: Cmi, terms: Terms, *, terminated: bool, mode: str = "normal", credit: str = "credit") -> Status:
    """What the state of a SCO says. ``terminated`` tells that its last session was ended by the SCO, not cut off.

    Who browses or reviews, or is there for no credit, gets no result (SCORM 1.2 RTE 3.4.4, 2004 RTE 4.2.6, 4.2.16).
    """
    if mode != "normal" or credit != "credit":
        return UNKNOWN
    if terms.version is Version.V1_2:
        return _status_1_2(cmi, terms, terminated=terminated)
    return _status_2004(cmi, terms, terminated=terminated)


def split_lesson_status(word: str) -> tuple[bool | None, bool | None]:
    """Completion and success of a SCORM 1.2 ``lesson_status`` (RTE 3.4.4).

    Who passed has completed. Who failed may or may not have seen everything. ``browsed`` is neither, as is a word that is not one
    of the six.
    """
    return _LESSON_STATUS.get(word, (None, None))


_LESSON_STATUS: dict[str, tuple[bool | None, bool | None]] = {
    "passed": (True, True),
    "completed": (True, None),
    "failed": (None, False),
    "incomplete": (False, None),
    "not attempted": (False, None),
    "browsed": (None, None),
}


def has_ended(cmi: Cmi, *, terminated: bool) -> bool:
    """Whether the SCO was left for good: ended by itself, and not to be resumed (``exit`` is not ``suspend``)."""
    return terminated and "suspend" not in {word_of(cmi, "cmi.core.exit"), word_of(cmi, "cmi.exit")}


def _status_1_2(cmi: Cmi, terms: Terms, *, terminated: bool) -> Status:
    word = word_of(cmi, "cmi.core.lesson_status")
    ended = has_ended(cmi, terminated=terminated)
    completion, success = split_lesson_status(word)
    if word in {"", "not attempted"} and ended and terms.finish_completes:
        completion = True
    if word == "failed" and ended:  # failed in the middle is a score so far: iSpring says it after the first page
        completion = True
    if word != "browsed":
        completion, success = _by_mastery(cmi, terms, (completion, success), ended=ended)
    return Status(completion, success, score_of(cmi, Version.V1_2))


def _by_mastery(cmi: Cmi, terms: Terms, said: tuple[bool | None, bool | None], *, ended: bool) -> tuple[bool | None, bool | None]:
    """The mastery score's say over what the SCO said of itself (RTE 3.4.4, lesson_status).

    It waits until the SCO claims to be finished, or was left for good; and a SCO that was left before it was finished may pass by
    it, but not fail: it was not over.
    """
    completion, success = said
    raw = number_of(cmi, "cmi.core.score.raw")
    claims = completion is True or success is not None
    if raw is None or terms.mastery_score is None or not (claims or ended):
        return completion, success
    if raw >= terms.mastery_score:
        return True, True
    return (completion, False) if claims else (completion, success)


_COMPLETION_STATUS = {"completed": True, "incomplete": False, "not attempted": False}
_SUCCESS_STATUS = {"passed": True, "failed": False}


def _status_2004(cmi: Cmi, terms: Terms, *, terminated: bool) -> Status:
    progress = bounded_number_of(cmi, "cmi.progress_measure", 0, 1)
    score = score_of(cmi, Version.V2004)
    completion = _COMPLETION_STATUS.get(word_of(cmi, "cmi.completion_status"))
    success = _SUCCESS_STATUS.get(word_of(cmi, "cmi.success_status"))
    if completion is None and terms.finish_completes and has_ended(cmi, terminated=terminated):
        completion = True
    if terms.completion_threshold is not None:
        completion = _reaches(progress, terms.completion_threshold)
    if terms.scaled_passing_score is not None:
        success = _reaches(score.scaled if score else None, terms.scaled_passing_score)
    return Status(completion, success, score, progress)


def _reaches(measure: float | None, threshold: float) -> bool | None:
    """Tables 4.2.4.1a and 4.2.22.1a: where a threshold is set it decides, whatever the SCO said; unknown without a measure."""
    return None if measure is None else measure >= threshold


def score_of(cmi: Cmi, version: Version, prefix: str | None = None) -> Score | None:
    """The score below a prefix (else the SCO's own), None when there is none that can be read.

    Bounds that contradict each other or the score are left out. In 1.2 there is no scaled score: it is raw / 100 where content
    gave no upper bound, since raw is then a number from 0 to 100 (RTE 3.4.4). With a range, ``Score.share`` computes the share.
    """
    prefix = prefix or ("cmi.core.score." if version is Version.V1_2 else "cmi.score.")
    raw, lowest, highest = _in_range(*(number_of(cmi, prefix + name) for name in ("raw", "min", "max")))
    scaled = bounded_number_of(cmi, prefix + "scaled", -1, 1) if version is Version.V2004 else _scaled(raw, lowest, highest)
    return None if raw is None and scaled is None else Score(scaled, raw, lowest, highest)


def _in_range(raw: float | None, lowest: float | None, highest: float | None) -> tuple[float | None, float | None, float | None]:
    if lowest is not None and highest is not None and lowest >= highest:
        return raw, None, None
    if raw is None:
        return None, lowest, highest
    return raw, lowest if lowest is None or lowest <= raw else None, highest if highest is None or raw <= highest else None


def _scaled(raw: float | None, lowest: float | None, highest: float | None) -> float | None:
    if raw is None or highest is not None or lowest or not 0 <= raw <= HIGHEST_1_2:
        return None
    return raw / HIGHEST_1_2
