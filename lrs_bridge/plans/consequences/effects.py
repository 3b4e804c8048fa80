"""What one completion means for each learning activity that its course may complete, and for each record that rests on it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from lrs_bridge.plans.claim import Claim
from lrs_bridge.plans.mapping import Mapping as CourseMapping
from lrs_bridge.plans.record import Head, was_signed_on
from lrs_bridge.plans.standing import standings
from lrs_bridge.ports import Effect, Progress, Stage


@dataclass(frozen=True, slots=True)
class Use:
    """A record that a completion is evidence for, and the revision of the record that had it added."""

    head: Head
    record_revision: int

    @property
    def came_later(self) -> bool:
        """Whether the record was signed before the completion was added to it."""
        return not was_signed_on(self.record_revision, self.head.signed_revision)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known around some completions.

    ``in_force`` are the mappings of their courses, ``claims`` everything that stands of what is claimed of each person in these
    courses, ``heads`` the current records by person and activity, ``titles`` those of activities, ``attestations`` by record.
    """

    in_force: Collection[CourseMapping]
    claims: Mapping[UUID, Collection[Claim]]
    heads: Mapping[tuple[UUID, UUID], Head]
    titles: Mapping[UUID, str]
    attestations: Mapping[UUID, UUID]


def effects_of(claim: Claim, uses: Collection[Use], around: Surroundings) -> tuple[Effect, ...]:
    """An effect for each record that rests on the claim, and for each mapping whose activity has no such record; by title."""
    found = [*_on_records(claim, uses, around), *_on_the_rest(claim, {use.head.activity_id for use in uses}, around)]
    return tuple(sorted(found, key=lambda effect: (effect.activity, effect.state or "", str(effect.record_id))))


def stage_of(claim: Claim, uses: Collection[Use]) -> Stage:
    """How far the claim has come."""
    if claim.retracted_at is not None:
        return Stage(Progress.RETRACTED)
    if claim.person_id is None:
        return Stage(Progress.UNKNOWN_PERSON)
    if claim.course_id is None:
        return Stage(Progress.UNKNOWN_COURSE)
    current = sorted(uses, key=lambda use: (use.head.superseded_by is None, use.record_revision, str(use.head.record_id)))
    return Stage(Progress.EVIDENCE, current[-1].head.state) if current else Stage(Progress.RECOGNISED)


def _on_records(claim: Claim, uses: Collection[Use], around: Surroundings) -> Iterator[Effect]:
    for use in uses:
        known = [mapping for mapping in _mappings_of(claim, around) if mapping.activity_id == use.head.activity_id]
        yield _effect(claim, use.head.activity_id, next(iter(known), None), use.head, around, use=use)


def _on_the_rest(claim: Claim, served: Collection[UUID], around: Surroundings) -> Iterator[Effect]:
    for mapping in _mappings_of(claim, around):
        if mapping.activity_id not in served:
            head = around.heads.get((claim.person_id, mapping.activity_id)) if claim.person_id else None
            yield _effect(claim, mapping.activity_id, mapping, head, around)


def _mappings_of(claim: Claim, around: Surroundings) -> list[CourseMapping]:
    return [mapping for mapping in around.in_force if mapping.course_id == claim.course_id]


def _effect(
    claim: Claim,
    activity_id: UUID,
    mapping: CourseMapping | None,
    head: Head | None,
    around: Surroundings,
    *,
    use: Use | None = None,
) -> Effect:
    verdict, share = _judged(claim, mapping, around)
    return Effect(
        activity=around.titles[activity_id],
        verdict=verdict,
        share=share,
        minimum_score=mapping.minimum_score if mapping else None,
        record_id=head.record_id if head else None,
        state=head.state if head else None,
        rests_on_it=use is not None,
        came_later=use is not None and use.came_later,
        attestation_id=around.attestations.get(head.record_id) if head else None,
    )


def _judged(claim: Claim, mapping: CourseMapping | None, around: Surroundings) -> tuple[str | None, float | None]:
    """How the attempt that the claim belongs to stands against the mapping; nothing while the claim's person is unknown."""
    if mapping is None or claim.person_id is None:
        return None, None
    standing = standings(around.claims.get(claim.person_id, ()), mapping).get(claim.registration)
    if standing is None:  # all of the attempt was taken back
        return None, None
    return standing.verdict.value, standing.outcome.score.share() if standing.outcome.score else None
