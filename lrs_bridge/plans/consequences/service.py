"""What became of what doors handed in; implements ``ports.Consequences`` and ``ports.CourseDirectory``."""

from collections.abc import Collection, Sequence
from uuid import UUID

from lrs_bridge.db import Session
from lrs_bridge.people import service as people
from lrs_bridge.people.person import Person
from lrs_bridge.plans import store as plans
from lrs_bridge.plans.claim import Claim, course_key, learner_key
from lrs_bridge.plans.consequences import store
from lrs_bridge.plans.consequences.effects import Surroundings, Use, effects_of, stage_of
from lrs_bridge.plans.courses import store as courses
from lrs_bridge.plans.mapping import Course
from lrs_bridge.ports import AttestationIndex, Consequence, KnownCourse, Stage


class PlanConsequences:
    """What the plan side made of completions; implements ``ports.Consequences``."""

    def __init__(self, attestations: AttestationIndex) -> None:
        self._attestations = attestations

    def of(self, session: Session, tenant: str, source: str, ids: Sequence[str]) -> dict[str, Consequence]:
        """By the source's id, for those that are completions."""
        claims = store.find_claims(session, tenant, source, ids)
        if not claims:
            return {}
        uses = store.find_uses(session, tenant, source, list(claims))
        around = self._surroundings(session, tenant, claims.values(), [use for some in uses.values() for use in some])
        persons = people.persons(session, tenant, {claim.person_id for claim in claims.values() if claim.person_id})
        known = courses.find_courses(session, tenant, _course_ids(claims.values()))
        return {key: _consequence(claim, uses.get(key, ()), around, persons, known) for key, claim in claims.items()}

    def stages(self, session: Session, tenant: str, source: str, ids: Sequence[str]) -> dict[str, Stage]:
        """How far each has come, for those that are completions."""
        claims = store.find_claims(session, tenant, source, ids)
        uses = store.find_uses(session, tenant, source, list(claims)) if claims else {}
        return {key: stage_of(claim, uses.get(key, ())) for key, claim in claims.items()}

    def _surroundings(self, session: Session, tenant: str, claims: Collection[Claim], uses: Collection[Use]) -> Surroundings:
        person_ids = {claim.person_id for claim in claims if claim.person_id}
        course_ids = _course_ids(claims)
        in_force = courses.find_mappings_of_courses(session, tenant, course_ids)
        activity_ids = {mapping.activity_id for mapping in in_force}
        heads = plans.find_current_heads(session, tenant, person_ids, activity_ids)
        records = list({head.record_id for head in [*heads, *(use.head for use in uses)]})
        served = activity_ids | {use.head.activity_id for use in uses}
        return Surroundings(
            in_force=in_force,
            claims=plans.find_claims_in_courses(session, tenant, person_ids, course_ids),
            heads={(head.person_id, head.activity_id): head for head in heads},
            titles={i: activity.title for i, activity in plans.find_activities(session, tenant, served).items()},
            attestations=self._attestations.attestations_of(session, tenant, records),
        )


class RegisteredCourses:
    """The course register; implements ``ports.CourseDirectory``."""

    def find_courses(self, session: Session, tenant: str, words: str, limit: int) -> list[KnownCourse]:
        """Courses whose title or one of whose IRIs holds the words, by title."""
        found = courses.search_courses(session, tenant, words, limit, 0)
        aliases = courses.find_aliases(session, tenant, [course.course_id for course in found])
        return [
            KnownCourse(c.course_id, c.title, tuple(dict.fromkeys([c.iri, *(alias.iri for alias in aliases[c.course_id])])))
            for c in found
        ]


def _course_ids(claims: Collection[Claim]) -> set[UUID]:
    return {claim.course_id for claim in claims if claim.course_id}


def _consequence(
    claim: Claim, uses: Collection[Use], around: Surroundings, persons: dict[UUID, Person], known: dict[UUID, Course]
) -> Consequence:
    person = persons.get(claim.person_id) if claim.person_id else None
    course = known.get(claim.course_id) if claim.course_id else None
    return Consequence(
        learner_key=learner_key(claim.learner),
        person_id=claim.person_id,
        person_name=person.name if person else None,
        course_key=course_key(claim.course_iri),
        course_id=claim.course_id,
        course_title=course.title if course else None,
        effects=effects_of(claim, uses, around),
        retracted_at=claim.retracted_at,
        retraction_reason=claim.retraction_reason,
    )
