"""Why a statement is no completion, by the rule of ``outcome``: the same questions, asked one by one."""

from enum import StrEnum
from typing import Any

from lrs_bridge.xapi.model.references import points
from lrs_bridge.xapi.model.rules import VOIDED
from lrs_bridge.xapi.statements.outcome import is_activity, is_question, learner_of, outcome_of


class Reason(StrEnum):
    """What keeps a statement from being a completion."""

    VOIDING = "voiding"
    """It takes another statement back."""
    GROUP = "group"
    """Its actor is a group, and nobody says who of them did it."""
    NO_ACTIVITY = "no_activity"
    """Its object is a person, a group or another statement."""
    QUESTION = "question"
    """It answers a question."""
    SCORE_ALONE = "score_alone"
    """It tells a score, but neither completion nor success, and no registration says which attempt the score belongs to."""
    NO_OUTCOME = "no_outcome"
    """Neither its verb nor its result speaks of completion or success."""


def explain(value: dict[str, Any]) -> Reason | None:
    """Why ``to_completion`` makes nothing of a valid statement; None when it makes a completion."""
    if value["verb"]["id"] == VOIDED and points(value):
        return Reason.VOIDING
    if learner_of(value["actor"]) is None:
        return Reason.GROUP
    if not is_activity(value["object"]):
        return Reason.NO_ACTIVITY
    if is_question(value["object"]):
        return Reason.QUESTION
    return _missing_outcome(value)


def _missing_outcome(value: dict[str, Any]) -> Reason | None:
    verb, result = value["verb"]["id"], value.get("result", {})
    if outcome_of(verb, result, in_attempt="registration" in value.get("context", {})) is not None:
        return None
    return Reason.SCORE_ALONE if outcome_of(verb, result, in_attempt=True) is not None else Reason.NO_OUTCOME
