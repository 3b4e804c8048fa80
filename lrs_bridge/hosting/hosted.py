"""Hosted courses and attempts at them, as values.

A hosted course is a course of the register whose content is played here. Each package that is uploaded for it is a version; an
attempt stays in the version that it began in.
"""

import math
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from lrs_bridge.completion import Outcome
from lrs_bridge.errors import Invalid
from lrs_bridge.identity import Account
from lrs_bridge.packages.package import Package
from lrs_bridge.plans.mapping import FormFields

MOST_ATTEMPTS = 100
LONGEST_NUMBER = 9
"""In digits; Python reads none of thousands."""
KIND = "hosted"
"""What LTI links that lead to a hosted course say they lead to."""


class Mode(StrEnum):
    """How a sitting counts: ``normal`` with credit; ``browse`` a preview; ``review`` after the result, which stays as it is."""

    NORMAL = "normal"
    BROWSE = "browse"
    REVIEW = "review"


class Stage(StrEnum):
    """How far an attempt has come, for readers."""

    NOT_STARTED = "not_started"
    UNDER_WAY = "under_way"
    COMPLETED = "completed"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Policy:
    """How the course is taken: ``most_attempts`` of one learner, None for any number; ``is_open`` for new attempts; when its
    owner looks at it anew; ``finish_completes``: whether a SCORM course that tells no status is completed once it was ended.
    """

    most_attempts: int | None = None
    is_open: bool = True
    review_on: date | None = None
    finish_completes: bool = False

    def __post_init__(self) -> None:
        if self.most_attempts is not None and not 1 <= self.most_attempts <= MOST_ATTEMPTS:
            raise Invalid(f"a number from 1 to {MOST_ATTEMPTS}, or none", field="most_attempts")


@dataclass(frozen=True, slots=True)
class HostedCourse:
    """A course that is played here."""

    hosted_id: UUID
    course_id: UUID
    policy: Policy
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """One of the course's packages; the one with the highest number is what new attempts begin in."""

    number: int
    package: Package
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One learner's go at a hosted course. ``person_id`` is None for learners of other systems (``destination_id``)."""

    attempt_id: UUID
    hosted_id: UUID
    package_id: UUID
    learner: Account
    learner_name: str
    person_id: UUID | None
    destination_id: UUID | None
    number: int
    mode: Mode
    opened_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    outcome: Outcome
    progress: float | None

    @property
    def stage(self) -> Stage:
        """How far it has come."""
        return stage_of(self.outcome)

    @property
    def is_finished(self) -> bool:
        """Whether it has a result."""
        return self.stage not in (Stage.NOT_STARTED, Stage.UNDER_WAY)


def stage_of(outcome: Outcome) -> Stage:
    """The outcome in a word. A failure counts once the course is completed: some courses begin as failed."""
    if outcome.success:
        return Stage.PASSED
    if outcome.completion:
        return Stage.FAILED if outcome.success is False else Stage.COMPLETED
    return Stage.NOT_STARTED if outcome == Outcome() else Stage.UNDER_WAY


def better(one: Outcome, other: Outcome) -> Outcome:
    """The best of both on each axis: courses report what was achieved piece by piece, in any order."""
    return Outcome(
        completion=_best(one.completion, other.completion),
        success=_best(one.success, other.success),
        score=other.score if _share(other) > _share(one) else one.score or other.score,
        duration=max((each for each in (one.duration, other.duration) if each is not None), default=None),
    )


def _share(outcome: Outcome) -> float:
    share = outcome.score.share() if outcome.score else None
    return -math.inf if share is None else share


def _best(one: bool | None, other: bool | None) -> bool | None:  # noqa: FBT001  an axis
    return max((each for each in (one, other) if each is not None), default=None)


def course_iri(public_url: str, hosted_id: UUID) -> str:
    """The address that a hosted course is known by."""
    return f"{public_url}/hosted/{hosted_id}"


def learner_of(public_url: str, person_id: UUID) -> Account:
    """Who a person of ours is in statements of courses played here."""
    return Account(public_url, str(person_id))


def parse_policy(form: FormFields) -> Policy:
    """The policy that a form says. Raises Invalid that names the field."""
    most, review_on = form.get("most_attempts", "").strip(), form.get("review_on", "").strip()
    if most and not (most.isascii() and most.isdigit() and len(most) <= LONGEST_NUMBER):
        raise Invalid(f"a number from 1 to {MOST_ATTEMPTS}, or none", field="most_attempts")
    try:
        day = date.fromisoformat(review_on) if review_on else None
    except ValueError as error:
        raise Invalid("a date as year-month-day", field="review_on") from error
    return Policy(int(most) if most else None, form.get("is_open", "") != "no", day, form.get("finish_completes", "") == "yes")
