"""Answers to questions: the records of ``cmi.interactions`` as xAPI's interaction activities and results.

SCORM 1.2 RTE 3.4.4 (cmi.interactions, CMIFeedback); SCORM 2004 4th ed. RTE 4.2.9; xAPI 1.0.3 Data 2.4.4.1 (Interaction
Activities, Response Patterns), whose delimiters are those of SCORM 2004. Left out: weightings and the texts of alternatives, for
which xAPI or SCORM has no place; what a response means where its type is unknown.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from lrs_bridge.scorm.cmi import cmi_of, number_of, word_of
from lrs_bridge.scorm.durations import parse_time, write_interval
from lrs_bridge.scorm.manifest.model import Version
from lrs_bridge.xapi.model.formats import is_language_tag

TYPES: Final = frozenset(
    {"true-false", "choice", "fill-in", "long-fill-in", "matching", "performance", "sequencing", "likert", "numeric", "other"}
)
_TOLD_ANEW: Final = ("id", "type", "learner_response", "student_response", "result", "timestamp", "time", "latency")
_SUCCESS: Final = {"correct": True, "incorrect": False, "wrong": False}
_LANGUAGE: Final = re.compile(r"\{lang=([A-Za-z0-9-]{1,250})\}", re.ASCII)

Record = Mapping[str, str]


def is_answered(before: Record, after: Record) -> bool:
    """Whether a record tells of an answer that it did not tell of before."""
    answered = any(after.get(name, "") for name in ("learner_response", "student_response", "result"))
    return answered and any(before.get(name) != after.get(name) for name in _TOLD_ANEW)


def type_of(record: Record) -> str:
    """One of xAPI's ten interaction types; ``other`` for what is none of them, or not said."""
    word = word_of(record, "type")
    return word if word in TYPES else "other"


def definition_of(record: Record, version: Version) -> dict[str, Any]:
    """The members of the interaction's activity definition that make it an interaction."""
    kind = type_of(record)
    patterns = [each["pattern"] for each in cmi_of(record, "correct_responses").values() if each.get("pattern")]
    members: dict[str, Any] = {"interactionType": kind}
    if patterns:
        members["correctResponsesPattern"] = [_pattern(pattern, kind, version) for pattern in patterns]
    return members


def result_of(record: Record, version: Version) -> dict[str, Any]:
    """The answer, whether it is right, and how long it took. A ``result`` that is a number is a raw score."""
    members: dict[str, Any] = {}
    response = record.get("learner_response", record.get("student_response"))
    if response is not None:
        members["response"] = _response(response, type_of(record), version)
    success = _SUCCESS.get(word_of(record, "result"))
    if success is not None:
        members["success"] = success
    raw = number_of(record, "result")
    if raw is not None:
        members["score"] = {"raw": raw}
    latency = parse_time(record.get("latency", ""))
    if latency is not None:
        members["duration"] = write_interval(latency)
    return members


def localized(text: str, language: str) -> tuple[str, str]:
    """A text of SCORM 2004 that may begin with its language (``{lang=nb}Ja``): language and text (RTE 4.1.1.6)."""
    match = _LANGUAGE.match(text)
    if match is None:
        return language, text
    return match[1] if is_language_tag(match[1]) else language, text[match.end() :]


def _response(text: str, kind: str, version: Version) -> str:
    return _SHAPES_1_2[kind](text) if version is Version.V1_2 and kind in _SHAPES_1_2 else text


def _pattern(text: str, kind: str, version: Version) -> str:
    if kind == "numeric" and "[:]" not in text:
        return _range(text)
    return _response(text, kind, version)


def _range(text: str) -> str:
    """``min[:]max``; SCORM 1.2 knows only the one right number."""
    lowest, colon, highest = text.partition(":")
    return f"{lowest}[:]{highest if colon else lowest}"


def _truth(text: str) -> str:
    """CMIFeedback for true-false: 0, 1, t, f, of which only the first character counts."""
    return {"t": "true", "1": "true", "f": "false", "0": "false"}.get(text.strip()[:1].lower(), text)


def _list(text: str) -> str:
    """``a,b`` or ``{a,b}``, the braces saying that all are needed."""
    return "[,]".join(part.strip() for part in _bare(text).split(","))


def _pairs(text: str) -> str:
    """``a.1,b.2``: each source before its target."""
    return "[,]".join("[.]".join(part.strip().split(".", 1)) for part in _bare(text).split(","))


def _bare(text: str) -> str:
    text = text.strip()
    return text[1:-1] if text.startswith("{") and text.endswith("}") else text


_SHAPES_1_2: Final = {"true-false": _truth, "choice": _list, "sequencing": _list, "matching": _pairs}
"""SCORM 1.2's own ways to write responses; those of the other types are xAPI's too."""
