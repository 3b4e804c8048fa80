"""From the states of an attempt's SCOs to its outcome, and to the claim that the learner finished or failed the course.

SCORM 1.2 leaves rolling up to the LMS (CAM 2.3.2). For SCORM 2004 4th ed. the player's sequencing engine does all of SN 4.6
(rollup); here its result is held against what the SCOs themselves say, and where it says nothing, default rules as of SN 4.6.5
and 4.6.6 stand in. Left out: rollup rules that the manifest gives, which only the engine evaluates.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import rfc8785

from lrs_bridge.completion import Completion, Outcome, Score, SourceKey
from lrs_bridge.scorm.attempt import Attempt, ScoState
from lrs_bridge.scorm.durations import LONGEST, write_interval
from lrs_bridge.scorm.manifest.model import Item, ItemKind, Organization, Version
from lrs_bridge.scorm.manifest.sequencing import RollupControls
from lrs_bridge.scorm.status import Status

SOURCE: Final = "scorm"
EVIDENCE_FORMAT: Final = "lrs-bridge-scorm-evidence/1"
_RESTS_ON = (
    *("cmi.core.lesson_status", "cmi.core.exit", "cmi.core.score.raw", "cmi.core.score.min", "cmi.core.score.max"),
    *("cmi.completion_status", "cmi.success_status", "cmi.progress_measure", "cmi.exit"),
    *("cmi.score.scaled", "cmi.score.raw", "cmi.score.min", "cmi.score.max"),
)


@dataclass(frozen=True, slots=True)
class Rollup:
    """What the player's sequencing engine makes of the whole course; None where it doesn't know. ``measure`` is -1 to 1."""

    satisfied: bool | None = None
    completed: bool | None = None
    measure: float | None = None


def parse_rollup(sequencing: Any) -> Rollup | None:
    """The rollup in the sequencing state that the player commits (member ``result``), None when it has none.

    What isn't a word of SCORM's for completion or success, or a number from -1 to 1, counts as unknown.
    """
    result = sequencing.get("result") if isinstance(sequencing, dict) else None
    if not isinstance(result, dict):
        return None
    return Rollup(
        satisfied=_SATISFIED.get(str(result.get("success"))),
        completed=_COMPLETED.get(str(result.get("completion"))),
        measure=_measure(result.get("score")),
    )


_SATISFIED = {"passed": True, "failed": False}
_COMPLETED = {"completed": True, "incomplete": False, "not attempted": False}


def _measure(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -1 <= value <= 1 else None


def outcome_of(attempt: Attempt, states: Mapping[str, ScoState], rollup: Rollup | None = None) -> Outcome:
    """What the attempt has come to so far. ``states`` are by the items' identifiers.

    The only SCO of a course speaks for it. Of several, all must be completed, and the course has failed once all are done and any
    has failed; assets matter only beside each other, or to SCORM 2004.
    """
    items = counted_items(attempt)
    counted = [Counted(item, controls, attempt.status(item, states.get(item.identifier))) for item, controls in items]
    if len(counted) == 1:
        status = counted[0].status
    else:
        status = _rolled_up(counted)
        if rollup is not None and attempt.version is Version.V2004 and attempt.counts and states:
            status = _checked(rollup, status, counted, attempt.organization)
    spent = min(sum((state.time for state in states.values()), timedelta()), LONGEST)
    return Outcome(status.completion, status.success, status.score, spent or None)


@dataclass(frozen=True, slots=True)
class Counted:
    """An item whose status matters to the course, and what of it counts (SN 3.8)."""

    item: Item
    controls: RollupControls
    status: Status


def counted_items(attempt: Attempt) -> list[tuple[Item, RollupControls]]:
    """The items whose status matters to the course, and how.

    To SCORM 2004 each leaf that is tracked matters, to SCORM 1.2 each SCO, or each asset where there is no SCO.
    """
    leaves = [pair for item in attempt.organization.items for pair in _leaves(item, RollupControls()) if pair[0].href is not None]
    if attempt.version is Version.V2004:
        return leaves
    return [pair for pair in leaves if pair[0].kind is ItemKind.SCO] or leaves


def _leaves(item: Item, above: RollupControls) -> list[tuple[Item, RollupControls]]:
    if item.sequencing is not None and not item.sequencing.delivery_controls.tracked:
        return []
    own = item.sequencing.rollup_controls if item.sequencing is not None else RollupControls()
    controls = RollupControls(
        above.objective_satisfied and own.objective_satisfied,
        above.progress_completion and own.progress_completion,
        above.objective_measure_weight * own.objective_measure_weight,
    )
    if not item.children:
        return [(item, controls)]
    return [pair for child in item.children for pair in _leaves(child, controls)]


def _rolled_up(counted: Sequence[Counted]) -> Status:
    completions = [each.status.completion for each in counted if each.controls.progress_completion]
    completion = _all_of(completions)
    successes = {each.status.success for each in counted if each.controls.objective_satisfied}
    success = None if completion is not True or successes <= {None} else False not in successes
    return Status(completion, success, _mean_score(counted))


def _all_of(completions: Sequence[bool | None]) -> bool | None:
    """True when all are completed, False when some are not, None when nothing is known of any."""
    if all(completion is None for completion in completions):
        return None
    return all(completions)


def _mean_score(counted: Sequence[Counted]) -> Score | None:
    """The only score there is, or the weighted mean of the scores' shares (SN 4.6.2, without those that have none)."""
    scored = [(each.status.score, each.controls.objective_measure_weight) for each in counted if each.status.score is not None]
    if len(scored) == 1:
        return scored[0][0]
    shares = [(share, weight) for score, weight in scored if (share := score.share()) is not None]
    weights = sum(weight for _, weight in shares)
    return Score(round(sum(share * weight for share, weight in shares) / weights, 6)) if weights > 0 else None


def _checked(rollup: Rollup, own: Status, counted: Sequence[Counted], organization: Organization) -> Status:
    """What the engine says, as far as the SCOs' own states allow it.

    Without rules of its own, a course is completed once all that counts in it is, can't be while a SCO says that it is not, nor
    satisfied while one says that it failed. With such rules almost anything is possible.
    """
    by_rules = _has_own_rules(organization)
    incomplete = any(each.status.completion is False and each.controls.progress_completion for each in counted)
    failed = any(each.status.success is False and each.controls.objective_satisfied for each in counted)
    decided = not by_rules and (incomplete or own.completion is True)
    completion = None if decided else rollup.completed
    success = rollup.satisfied if by_rules or not failed else None
    measured = None if rollup.measure is None else Score(rollup.measure)
    return Status(
        own.completion if completion is None else completion,
        own.success if success is None else success,
        own.score if measured is None or _has_raw(own.score) else measured,
    )


def _has_raw(score: Score | None) -> bool:
    return score is not None and score.raw is not None


def _has_own_rules(organization: Organization) -> bool:
    """Whether anything but the default rules, and the SCOs' own measures, decides what the course comes to."""
    clusters = (organization.sequencing, *(item.sequencing for item in organization.walk() if item.children))
    rules = any(each.rollup_rules or each.primary_objective.satisfied_by_measure for each in clusters if each is not None)
    return rules or any(item.sequencing is not None and item.sequencing.primary_objective.maps for item in organization.walk())


def is_result(outcome: Outcome) -> bool:
    """Whether this can be handed on: finished, or passed.

    Somebody who failed and isn't done may yet pass: iSpring says ``failed`` within seconds of the first opening.
    """
    return outcome.completion is True or outcome.success is True


def settled(before: Outcome, now: Outcome) -> Outcome:
    """The outcome that stands when there was one before in the same attempt: a result is never played away.

    Courses set ``incomplete`` when they are opened again, and somebody may look at the questions once more. The better of the two
    stands, with the time that it took in all.
    """
    better = before if is_result(before) and _worth(before) > _worth(now) else now
    return Outcome(better.completion, better.success, better.score, now.duration)


def _worth(outcome: Outcome) -> tuple[bool, bool, bool, float]:
    share = outcome.score.share() if outcome.score is not None else None
    return is_result(outcome), outcome.success is True, outcome.completion is True, -2.0 if share is None else share


def to_completion(
    attempt: Attempt, outcome: Outcome, *, number: int, occurred_at: datetime, asserted_by: str, evidence: bytes
) -> Completion | None:
    """The completion that the attempt's result of that number is, None while there is no result.

    A better result of an attempt stands beside the one before, so that a signature on that stays good; as they share a
    registration they count as one. ``evidence`` is what evidence_of wrote.
    """
    if not is_result(outcome):
        return None
    return Completion(
        key=SourceKey(attempt.tenant, SOURCE, f"{attempt.id}.{number}"),
        learner=attempt.learner,
        activity=attempt.course,
        registration=attempt.id,
        outcome=outcome,
        occurred_at=occurred_at,
        asserted_by=asserted_by,
        evidence=digest_of(evidence),
        activity_name=attempt.course_title,
        learner_name=attempt.learner_name,
    )


def evidence_of(attempt: Attempt, states: Mapping[str, ScoState], rollup: Rollup | None, outcome: Outcome) -> bytes:
    """What the outcome rests on, as canonical JSON (RFC 8785): whoever has these bytes can see how it came about."""
    return rfc8785.dumps(
        {
            "format": EVIDENCE_FORMAT,
            "attempt": str(attempt.id),
            "course": attempt.course,
            "package": attempt.package,
            "learner": {"homePage": attempt.learner.home_page, "name": attempt.learner.name},
            "mode": attempt.mode,
            "credit": attempt.credit,
            "scos": {identifier: _told(state) for identifier, state in states.items()},
            "rollup": None if rollup is None else _rollup_members(rollup),
            "outcome": outcome_members(outcome),
        }
    )


def digest_of(evidence: bytes) -> str:
    """``sha-256:`` and the digest, as completions name their evidence."""
    return f"sha-256:{hashlib.sha256(evidence).hexdigest()}"


def _told(state: ScoState) -> dict[str, Any]:
    told = {key: state.cmi[key] for key in _RESTS_ON if key in state.cmi}
    return {"terminated": state.terminated, "time": write_interval(state.time), "cmi": told}


def _rollup_members(rollup: Rollup) -> dict[str, Any]:
    return {"satisfied": rollup.satisfied, "completed": rollup.completed, "measure": rollup.measure}


def outcome_members(outcome: Outcome) -> dict[str, Any]:
    """An outcome as JSON has it."""
    score = outcome.score
    return {
        "completion": outcome.completion,
        "success": outcome.success,
        "score": None
        if score is None
        else {"scaled": score.scaled, "raw": score.raw, "minimum": score.minimum, "maximum": score.maximum},
        "duration": None if outcome.duration is None else write_interval(outcome.duration),
    }
