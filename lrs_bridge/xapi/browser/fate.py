"""In a word, what a statement has led to, from what the plan side says of it and what it is."""

from enum import StrEnum

from lrs_bridge.ports import Consequence, Effect
from lrs_bridge.xapi.statements.explanation import Reason


class Fate(StrEnum):
    """What became of a statement, from nothing to a signature."""

    VOIDING = "voiding"
    NO_COMPLETION = "no_completion"
    NOT_HANDED_ON = "not_handed_on"
    TAKEN_BACK = "taken_back"
    UNKNOWN_PERSON = "unknown_person"
    UNKNOWN_COURSE = "unknown_course"
    UNMAPPED = "unmapped"
    NOT_ENOUGH = "not_enough"
    NOT_IN_PLAN = "not_in_plan"
    COUNTS_OTHERWISE = "counts_otherwise"
    """The activity is done, but not on this."""
    COUNTS = "counts"
    CONTESTED = "contested"
    SIGNED = "signed"


_OF_STATE = {"contested": Fate.CONTESTED, "signed": Fate.SIGNED}
_ORDER = tuple(Fate)


def fate_of(reason: Reason | None, consequence: Consequence | None) -> Fate:
    """The fate of a statement: ``reason`` says why it is no completion, ``consequence`` what became of one that was handed on."""
    if consequence is None:
        return _without_consequence(reason)
    if consequence.retracted_at is not None:
        return Fate.TAKEN_BACK
    if consequence.person_id is None:
        return Fate.UNKNOWN_PERSON
    if consequence.course_id is None:
        return Fate.UNKNOWN_COURSE
    return max(map(_of_effect, consequence.effects), key=_ORDER.index, default=Fate.UNMAPPED)


def _without_consequence(reason: Reason | None) -> Fate:
    if reason is None:
        return Fate.NOT_HANDED_ON
    return Fate.VOIDING if reason is Reason.VOIDING else Fate.NO_COMPLETION


def _of_effect(effect: Effect) -> Fate:
    if effect.verdict not in (None, "met"):
        return Fate.NOT_ENOUGH
    if effect.state is None:
        return Fate.NOT_IN_PLAN
    if not effect.rests_on_it or effect.came_later:
        return Fate.COUNTS_OTHERWISE
    return _OF_STATE.get(effect.state, Fate.COUNTS)
