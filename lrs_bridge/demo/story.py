"""What the demo tells: the people, plans and courses of content.toml as values, their fixed ids, and the statements it sends.

Ids follow from names, so that they are the same in every demo. Statements are those of xAPI 1.0.3.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from lrs_bridge.errors import Invalid
from lrs_bridge.plans.mapping import Policy, Requirement, Terms
from lrs_bridge.plans.objective import EvidenceRule, Kind, Mode

NAMESPACE = uuid5(NAMESPACE_URL, "https://lrs-bridge.example.no/demo")
VERB = "http://adlnet.gov/expapi/verbs/"
VERB_NAMES = {"completed": "fullførte", "passed": "bestod", "failed": "bestod ikke", "voided": "annullerte"}
RESULTS = {"completed": {"completion": True}, "passed": {"success": True}, "failed": {"success": False}}
HOURS_BETWEEN_STEPS = 2
OSLO = ZoneInfo("Europe/Oslo")


class Part(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A piece of content.toml; anything misspelt there is an error."""


class Tenant(Part, frozen=True):
    """The invented trust. ``password`` is that of every account."""

    id: str
    name: str
    kind: str
    language: str
    contact: str
    mail_domain: str
    password: str
    began_days_ago: int


class Person(Part, frozen=True):
    """Somebody employed there."""

    name: str
    department: str
    position: str
    hpr_number: str | None = None


class Activity(Part, frozen=True):
    """A learning activity."""

    title: str
    kind: Kind
    mode: Mode
    rule: EvidenceRule = EvidenceRule.SIGNATURE


class Objective(Part, frozen=True):
    """A learning objective with the keys of its activities."""

    key: str
    code: str
    title: str
    theme: str
    activities: tuple[str, ...]


class Plan(Part, frozen=True):
    """A plan that several residents have."""

    key: str
    title: str
    objectives: tuple[str, ...]
    residents: tuple[str, ...]


class Completes(Part, frozen=True):
    """What completing a course does."""

    activity: str
    policy: Policy
    requirement: Requirement = Requirement.COMPLETED
    minimum_score: float | None = None
    validity_months: int | None = None
    sources: tuple[str, ...] = ()

    @property
    def terms(self) -> Terms:
        """The conditions as the course register takes them."""
        return Terms(self.policy, self.requirement, self.minimum_score, self.validity_months, self.sources)


class Course(Part, frozen=True):
    """A registered course; ``addresses`` are IRIs with the systems that know it by them, its own first."""

    title: str
    version: str
    addresses: dict[str, str]
    completes: Completes | None = None


class UnknownCourse(Part, frozen=True):
    """A course that nobody has registered."""

    title: str
    address: str


class Report(Part, frozen=True):
    """A statement: about a person of ours, or about an account or a mailbox that nobody knows."""

    key: str
    by: str
    course: str
    verb: str
    about: str | None = None
    account: str | None = None
    mailbox: str | None = None
    name: str | None = None
    address: str | None = None
    score: float | None = None


class Voiding(Part, frozen=True):
    """The voiding of the statement with that key."""

    key: str
    by: str


class Note(Part, frozen=True):
    """A resident registers an activity as done."""

    resident: str
    activity: str
    text: str


class Sending(Part, frozen=True):
    """A resident sends an activity for signing."""

    resident: str
    activity: str
    to: str


class Decision(Part, frozen=True):
    """Somebody signs or returns an activity."""

    resident: str
    activity: str
    signer: str
    comment: str | None = None


class Step(Part, frozen=True):
    """One thing that happened."""

    days_ago: int
    reports: Report | None = None
    voids: Voiding | None = None
    notes: Note | None = None
    sends: Sending | None = None
    signs: Decision | None = None
    returns: Decision | None = None


class Story(Part, frozen=True):
    """All of content.toml."""

    tenant: Tenant
    people: dict[str, Person]
    tenant_roles: dict[str, tuple[str, ...]]
    relations: dict[str, dict[str, tuple[str, ...]]]
    activities: dict[str, Activity]
    objectives: tuple[Objective, ...]
    plans: tuple[Plan, ...]
    courses: dict[str, Course]
    history: tuple[Step, ...]
    unknown_courses: dict[str, UnknownCourse]

    def mailbox(self, who: str) -> str:
        """The invented mailbox of a person: given name, dot, family name."""
        name = self.people[who].name.lower().replace(" ", ".")
        return f"{name}@{self.tenant.mail_domain}"

    def sources(self) -> tuple[str, ...]:
        """The systems that report, by name."""
        return tuple(sorted({told.by for step in self.history if (told := step.reports or step.voids)}))

    def course(self, key: str) -> tuple[str, str]:
        """A course's address and title, registered or not."""
        if key in self.unknown_courses:
            unknown = self.unknown_courses[key]
            return unknown.address, unknown.title
        course = self.courses[key]
        return next(iter(course.addresses)), course.title


def parse_story(text: str) -> Story:
    """Reads content.toml. Raises Invalid naming what is wrong there."""
    try:
        return msgspec.toml.decode(text, type=Story)
    except msgspec.MsgspecError as error:
        raise Invalid(f"content.toml: {error}") from error


def id_of(kind: str, key: str) -> UUID:
    """The fixed id of a thing in the demo."""
    return uuid5(NAMESPACE, f"{kind}/{key}")


def times(story: Story, now: datetime) -> list[tuple[datetime, Step]]:
    """When each step happens: that many days ago in working hours, steps of the same day some hours apart."""
    by_day: dict[int, int] = {}
    timed = []
    for position, step in enumerate(story.history):
        earlier = by_day[step.days_ago] = by_day.get(step.days_ago, -1) + 1
        later = timedelta(hours=HOURS_BETWEEN_STEPS * earlier, minutes=17 * position % 50)
        timed.append((morning_of(now, step.days_ago) + later, step))
    return timed


def morning_of(now: datetime, days_ago: int) -> datetime:
    """Nine o'clock in Norway, in summer time as in winter time, that many days before today there."""
    today = now.astimezone(OSLO).replace(hour=9, minute=0, second=0, microsecond=0)
    return (today - timedelta(days=days_ago)).astimezone(UTC)


def statement_of(story: Story, report: Report, at: datetime) -> bytes:
    """The statement that the report is sent as."""
    address, title = story.course(report.course)
    result: dict[str, Any] = dict(RESULTS[report.verb])
    if report.score is not None:
        result["score"] = {"scaled": report.score}
    statement = {
        "id": str(id_of("statement", report.key)),
        "actor": _actor(story, report),
        "verb": _verb(report.verb),
        "object": {"id": report.address or address, "definition": {"name": {"nb": title}}},
        "result": result,
        "context": {"platform": report.by, "language": "nb"},
        "timestamp": _written(at),
    }
    return json.dumps(statement, ensure_ascii=False).encode()


def _actor(story: Story, report: Report) -> dict[str, Any]:
    if report.about:
        return {"name": story.people[report.about].name, "mbox": f"mailto:{story.mailbox(report.about)}"}
    if report.mailbox:
        return {"name": report.name, "mbox": f"mailto:{report.mailbox}"}
    return {"name": report.name, "account": {"homePage": "https://ks-laering.example.no", "name": report.account}}


def voiding_of(voiding: Voiding, at: datetime) -> bytes:
    """The statement that voids another."""
    statement = {
        "id": str(id_of("voiding", voiding.key)),
        "actor": {"name": voiding.by, "account": {"homePage": "https://lms.example.no", "name": "drift"}},
        "verb": _verb("voided"),
        "object": {"objectType": "StatementRef", "id": str(id_of("statement", voiding.key))},
        "timestamp": _written(at),
    }
    return json.dumps(statement, ensure_ascii=False).encode()


def _verb(verb: str) -> dict[str, Any]:
    return {"id": VERB + verb, "display": {"nb": VERB_NAMES[verb]}}


def _written(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
