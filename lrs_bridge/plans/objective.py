"""What a resident works towards: objective plans, learning objectives, and the learning activities that serve them.

Only objectives lead to specialist approval (spesialistforskriften, annex 2); activities are the way there. An activity may serve
several objectives and stand in several plans, and is then done once for all of them.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Mode(StrEnum):
    """How something is learnt in the 70:20:10 picture: on the job, with others, in courses."""

    ON_THE_JOB = "70"
    WITH_OTHERS = "20"
    COURSES = "10"


class Kind(StrEnum):
    """What a learning activity is."""

    PROCEDURE = "procedure"
    SUPERVISED_WORK = "supervised_work"
    PROCEDURE_CHECKOUT = "procedure_checkout"
    GUIDANCE = "guidance"
    REFLECTION = "reflection"
    TEACHING = "teaching"
    CLASSROOM = "classroom"
    ELEARNING = "elearning"


class EvidenceRule(StrEnum):
    """What a learning activity rests on: a course's completion, a supervisor's signature, or the resident's own word."""

    COMPLETION = "completion"
    SIGNATURE = "signature"
    SELF = "self"


@dataclass(frozen=True, slots=True)
class Objective:
    """A learning objective in one version; another wording is another version under the same code."""

    code: str
    version: str
    title: str
    theme: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    """A bounded thing to do in order to reach an objective."""

    activity_id: UUID
    title: str
    kind: Kind
    mode: Mode
    rule: EvidenceRule = EvidenceRule.SIGNATURE


@dataclass(frozen=True, slots=True)
class PlannedObjective:
    """An objective as it stands in a plan, with the activities that serve it, in the plan's order."""

    objective_id: UUID
    objective: Objective
    activity_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The objectives that one resident works towards at one workplace."""

    plan_id: UUID
    person_id: UUID
    title: str
    objectives: tuple[PlannedObjective, ...] = ()
