"""How a person stands in a course: the best on each axis of everything that sources have claimed, attempt by attempt.

An attempt is a registration; claims without one form an attempt together. The order in which claims arrive does not matter: they
are read in the order in which they occurred. Passing beats failing, since a later pass must count, and so does an earlier one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lrs_bridge.completion import Outcome, Score
from lrs_bridge.plans.claim import Claim
from lrs_bridge.plans.mapping import Mapping, Requirement

ROUNDING = 1e-9
"""Shares computed from raw scores may miss the minimum by a rounding error."""


class Verdict(StrEnum):
    """Whether an outcome meets a mapping, or why it does not, from the farthest to the nearest miss."""

    NOT_COMPLETED = "not_completed"
    NOT_PASSED = "not_passed"
    NO_SCORE = "no_score"
    SCORE_TOO_LOW = "score_too_low"
    MET = "met"

    @property
    def met(self) -> bool:
        """True when nothing is missing."""
        return self is Verdict.MET


NEARNESS = {verdict: rank for rank, verdict in enumerate(Verdict)}


@dataclass(frozen=True, slots=True)
class Standing:
    """One attempt against one mapping.

    ``achieved_at`` is when it first met the mapping, ``renewed_at`` when a claim last met it on its own; both are None unless
    the verdict is MET.
    """

    outcome: Outcome
    verdict: Verdict
    achieved_at: datetime | None = None
    renewed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Grounds:
    """What an activity may rest on: the mapping that is met, since when, and by which attempts.

    ``by_system`` says whether the system may sign: the claims of those sources that the mapping trusts meet it by themselves.
    """

    mapping: Mapping
    achieved_at: datetime
    renewed_at: datetime
    attempts: frozenset[UUID | None]
    by_system: bool = False

    def rest_on(self, claim: Claim) -> bool:
        """Whether the claim is part of an attempt that meets the mapping."""
        return claim.course_id == self.mapping.course_id and claim.registration in self.attempts

    @property
    def done_at(self) -> datetime:
        """The moment that counts: the newest where validity runs out, the first where it does not."""
        return self.renewed_at if self.mapping.validity_months else self.achieved_at


def best(first: Outcome, second: Outcome) -> Outcome:
    """The better of two outcomes on each axis. Commutative and associative, with ``Outcome()`` as its neutral element."""
    return Outcome(
        completion=_either(first.completion, second.completion),
        success=_either(first.success, second.success),
        score=max((first.score, second.score), key=_rank),
        duration=max((d for d in (first.duration, second.duration) if d is not None), default=None),
    )


def _either(first: bool | None, second: bool | None) -> bool | None:  # noqa: FBT001  two values of one tri-state axis
    known = [axis for axis in (first, second) if axis is not None]
    return any(known) if known else None


def _rank(score: Score | None) -> tuple[float, ...]:
    """A total order: by share, then by every part, so that equal shares don't depend on who came first."""
    if score is None:
        return ()
    share = score.share()
    parts = (share, score.scaled, score.raw, score.minimum, score.maximum)
    return tuple(float("-inf") if part is None else part for part in parts)


def meets(outcome: Outcome, mapping: Mapping) -> Verdict:
    """Whether an attempt's best outcome is what the mapping asks for. Who passed has completed; who only failed never meets."""
    if outcome.success is False:
        return Verdict.NOT_PASSED
    if mapping.requirement is Requirement.PASSED and not outcome.success:
        return Verdict.NOT_PASSED
    if not (outcome.completion or outcome.success):
        return Verdict.NOT_COMPLETED
    if mapping.minimum_score is None:
        return Verdict.MET
    share = outcome.score.share() if outcome.score else None
    if share is None:
        return Verdict.NO_SCORE
    return Verdict.MET if share + ROUNDING >= mapping.minimum_score else Verdict.SCORE_TOO_LOW


def standings(claims: Iterable[Claim], mapping: Mapping) -> dict[UUID | None, Standing]:
    """Every attempt at the mapping's course, by registration. Retracted claims and those of other courses don't count."""
    attempts: dict[UUID | None, list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.retracted_at is None and claim.course_id == mapping.course_id:
            attempts[claim.registration].append(claim)
    return {registration: _standing(attempt, mapping) for registration, attempt in attempts.items()}


def _standing(attempt: list[Claim], mapping: Mapping) -> Standing:
    so_far = Outcome()
    first = last = None
    for claim in sorted(attempt, key=lambda claim: (claim.occurred_at, claim.key)):
        so_far = best(so_far, claim.outcome)
        if first is None and meets(so_far, mapping).met:
            first = last = claim.occurred_at
        elif first is not None and meets(claim.outcome, mapping).met:
            last = claim.occurred_at
    verdict = meets(so_far, mapping)
    return Standing(so_far, verdict, first, last) if verdict.met else Standing(so_far, verdict)


def find_grounds(claims: Collection[Claim], mappings: Sequence[Mapping]) -> Grounds | None:
    """The mapping that the claims meet, or None. Of several the one that lets the system sign, then the one met first."""
    candidates = [grounds for mapping in mappings if (grounds := _grounds(claims, mapping))]
    return min(candidates, key=_preference, default=None)


def _grounds(claims: Collection[Claim], mapping: Mapping) -> Grounds | None:
    met = {r: s for r, s in standings(claims, mapping).items() if s.achieved_at and s.renewed_at}
    if not met:
        return None
    first = min(s.achieved_at for s in met.values() if s.achieved_at)
    last = max(s.renewed_at for s in met.values() if s.renewed_at)
    return Grounds(mapping, first, last, frozenset(met), _by_system(claims, mapping))


def _by_system(claims: Collection[Claim], mapping: Mapping) -> bool:
    trusted = [claim for claim in claims if mapping.lets_system_sign_for(claim.asserted_by)]
    return any(standing.verdict.met for standing in standings(trusted, mapping).values())


def _preference(grounds: Grounds) -> tuple[bool, datetime, UUID]:
    return not grounds.by_system, grounds.achieved_at, grounds.mapping.mapping_id


def nearest_miss(claims: Collection[Claim], mappings: Iterable[Mapping]) -> Verdict | None:
    """What still lacks in the attempt that comes nearest; None when there is no attempt, or when one meets its mapping."""
    verdicts = [s.verdict for mapping in mappings for s in standings(claims, mapping).values()]
    nearest = max(verdicts, key=NEARNESS.__getitem__, default=None)
    return None if nearest is Verdict.MET else nearest
