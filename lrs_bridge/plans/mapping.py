"""Courses, and what the completion of a course does for a learning activity.

A mapping is never changed, only followed by its next version, since attestations cite the version that was in force.
"""

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from lrs_bridge.errors import Invalid

LONGEST_VALIDITY = 600
"""Months."""
LONGEST_IRI = 2000
LONGEST_SOURCE = 300
MOST_SOURCES = 50
IRI = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x1f]+")


class FormFields(Protocol):
    """What a form sent, by field; a plain dictionary will do."""

    def get(self, name: str, default: str, /) -> str:
        """The field, or the default when it was not sent."""


class Policy(StrEnum):
    """What happens when the completion meets the mapping: the system signs, or a supervisor is asked to."""

    AUTO = "auto"
    SUPERVISOR = "supervisor"


class Requirement(StrEnum):
    """What the learner must have achieved."""

    COMPLETED = "completed"
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Alias:
    """One of a course's IRIs, and the name of the system that knows the course by it (may be empty)."""

    iri: str
    known_to: str


@dataclass(frozen=True, slots=True)
class Course:
    """A course, known under ``iri`` and under any number of aliases. The owner is a person: in that name the system signs."""

    course_id: UUID
    iri: str
    title: str
    version: str
    owner_id: UUID


@dataclass(frozen=True, slots=True)
class Terms:
    """On what conditions a course counts. ``minimum_score`` is a share from 0 to 1; None asks for no score.

    ``sources`` names the systems whose completions the system may sign for under the policy ``auto``; none means all. What only
    other systems report goes to a supervisor.
    """

    policy: Policy
    requirement: Requirement = Requirement.COMPLETED
    minimum_score: float | None = None
    validity_months: int | None = None
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.minimum_score is not None and not 0 <= self.minimum_score <= 1:
            raise Invalid("the minimum score is between 0 and 100 per cent", field="minimum_score")
        if self.validity_months is not None and not 1 <= self.validity_months <= LONGEST_VALIDITY:
            raise Invalid(f"the validity is between 1 and {LONGEST_VALIDITY} months", field="validity_months")
        if len(self.sources) > MOST_SOURCES or any(not 0 < len(source) <= LONGEST_SOURCE for source in self.sources):
            raise Invalid(f"at most {MOST_SOURCES} names of at most {LONGEST_SOURCE} characters", field="sources")


@dataclass(frozen=True, slots=True)
class Mapping:
    """One version of what a course's completion does for an activity; see ``Terms`` for the units."""

    mapping_id: UUID
    course_id: UUID
    activity_id: UUID
    policy: Policy
    requirement: Requirement
    minimum_score: float | None
    validity_months: int | None
    version: int
    sources: tuple[str, ...] = ()

    @property
    def terms(self) -> Terms:
        """The conditions alone, to be compared with those of another version."""
        return Terms(self.policy, self.requirement, self.minimum_score, self.validity_months, self.sources)

    def lets_system_sign_for(self, source: str) -> bool:
        """Whether the system may sign what this source reports."""
        return self.policy is Policy.AUTO and (not self.sources or source in self.sources)


def parse_terms(form: FormFields) -> Terms:
    """Reads the conditions as people write them: per cent with comma or point, whole months, sources with commas between; blank
    asks for nothing.

    Raises Invalid naming the field.
    """
    policy, requirement = form.get("policy", ""), form.get("requirement", "")
    if policy not in set(Policy):
        raise Invalid("choose who signs", field="policy")
    if requirement not in set(Requirement):
        raise Invalid("choose what the learner must have achieved", field="requirement")
    return Terms(
        policy=Policy(policy),
        requirement=Requirement(requirement),
        minimum_score=_share(form.get("minimum_score", "")),
        validity_months=_months(form.get("validity_months", "")),
        sources=_sources(form.get("sources", "")),
    )


def parse_id(text: str, field: str) -> UUID:
    """An id chosen from a list. Raises Invalid naming the field."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid("choose one from the list", field=field) from error


def _share(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        share = float(text.strip().removesuffix("%").replace(",", ".")) / 100
    except ValueError as error:
        raise Invalid("the minimum score is a number of per cent", field="minimum_score") from error
    if not math.isfinite(share):
        raise Invalid("the minimum score is a number of per cent", field="minimum_score")
    return share


def _months(text: str) -> int | None:
    if not text.strip():
        return None
    try:
        return int(text)
    except ValueError as error:
        raise Invalid("the validity is a whole number of months", field="validity_months") from error


def _sources(text: str) -> tuple[str, ...]:
    """In the order of the alphabet, so that the same names are the same terms."""
    return tuple(sorted({name.strip().replace("\0", "\ufffd") for name in text.split(",")} - {""}))


def parse_iri(text: str) -> str:
    """A course's address as typed, trimmed. Raises Invalid unless it is an absolute IRI of reasonable length."""
    iri = text.strip()
    if len(iri) > LONGEST_IRI or not IRI.fullmatch(iri):
        raise Invalid(f"a course's address is an absolute IRI of at most {LONGEST_IRI} characters", field="iri")
    return iri
