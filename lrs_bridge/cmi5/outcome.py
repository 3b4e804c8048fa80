"""From what a learner did in a registration to the claim that the course was completed.

Source: AICC cmi5 "Quartz", 1st edition: 13.1.4 (a course is satisfied when all its AUs and blocks are), 9.3.9. One registration
is one completion, whatever its statements say one by one; it rests on the Satisfied statement of the course. A course whose AUs
are all NotApplicable is satisfied before anybody has opened it (9.6.1): it is claimed only when an AU was completed, passed,
waived, or a session of it has ended. Success and score are those of the AUs that were judged: of those that the course asks to
pass where there are any, so that a failed test of what one knew beforehand is not held against anybody. All of these must be
passed, and a course is passed no sooner than it is satisfied; the score is their mean where there are several, the AU's own where
there is one.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from lrs_bridge.cmi5.course import CourseStructure
from lrs_bridge.cmi5.move_on import AuProgress
from lrs_bridge.cmi5.vocabulary import MoveOn
from lrs_bridge.completion import Completion, Outcome, Score, SourceKey
from lrs_bridge.identity import Account

SOURCE = "cmi5"


_ASKED_TO_PASS = frozenset({MoveOn.PASSED, MoveOn.COMPLETED_AND_PASSED, MoveOn.COMPLETED_OR_PASSED})


def outcome_of(structure: CourseStructure, progress: Mapping[int, AuProgress], *, satisfied: bool) -> Outcome:
    """What was achieved so far. ``progress`` is by the AUs' places; ``satisfied`` says whether the course is."""
    done = satisfied and any(each.completed or each.passed or each.waived or each.ended for each in progress.values())
    judged = _judged(structure, progress)
    success = all(each.passed for each in judged) if judged else None
    if success and not satisfied:
        success = None  # what was passed so far is not all that there is to pass
    return Outcome(completion=done, success=success, score=_score([each.score for each in judged if each.score]))


def source_key(tenant: str, registration: UUID) -> SourceKey:
    """The key of the one completion that a registration can be."""
    return SourceKey(tenant, SOURCE, str(registration))


def to_completion(
    outcome: Outcome,
    *,
    tenant: str,
    registration: UUID,
    learner: Account,
    learner_name: str | None,
    course_iri: str,
    course_name: str | None,
    occurred_at: datetime,
    asserted_by: str,
    evidence: str,
) -> Completion | None:
    """The completion that a registration claims, None while the course is not completed.

    ``evidence`` is the digest of the course's Satisfied statement as stored; ``occurred_at`` is when it was satisfied, or when
    the outcome improved after that.
    """
    if not outcome.completion:
        return None
    return Completion(
        key=source_key(tenant, registration),
        learner=learner,
        activity=course_iri,
        registration=registration,
        outcome=outcome,
        occurred_at=occurred_at,
        asserted_by=asserted_by,
        evidence=evidence,
        activity_name=course_name,
        learner_name=learner_name,
    )


def _judged(structure: CourseStructure, progress: Mapping[int, AuProgress]) -> list[AuProgress]:
    """The AUs whose judgement counts."""
    judged = {place: each for place, each in progress.items() if each.passed or each.failed}
    units = structure.units()
    asked = [each for place, each in judged.items() if units[place].move_on in _ASKED_TO_PASS]
    return asked or list(judged.values())


def _score(scores: list[Score]) -> Score | None:
    if len(scores) < 2:  # noqa: PLR2004
        return scores[0] if scores else None
    shares = [share for share in (score.share() for score in scores) if share is not None]
    return Score(scaled=sum(shares) / len(shares)) if shares else None
