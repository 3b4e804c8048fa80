"""What a program asks of the administration API: bodies read and checked, and answers as they are sent.

Source: docs/cmi5.md; AICC cmi5 "Quartz", 1st edition, 9.2 (actors are accounts), 10.2.2 (launch modes), 9.5.5.2 (reasons).
"""

from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from lrs_bridge.cmi5.course import CourseStructure
from lrs_bridge.cmi5.launch import actor_of
from lrs_bridge.cmi5.naming import unit_activity
from lrs_bridge.cmi5.session import AuSession
from lrs_bridge.cmi5.vocabulary import LaunchMode
from lrs_bridge.completion import Outcome
from lrs_bridge.errors import Invalid, UnsupportedMedia
from lrs_bridge.identity import Account
from lrs_bridge.ports import HostedContent
from lrs_bridge.xapi.model.formats import is_iri

LONGEST = 255
PACKAGE_TYPES = {
    "application/zip": ".zip",
    "application/x-zip-compressed": ".zip",
    "application/octet-stream": ".zip",
    "text/xml": ".xml",
    "application/xml": ".xml",
}
"""What a package is sent as, and how its file name ends."""


class AskedAccount(msgspec.Struct, frozen=True):
    """An account as xAPI writes it."""

    homePage: str  # noqa: N815  xAPI's name
    name: str


class AskedActor(msgspec.Struct, frozen=True):
    """An Agent with an account; other identifiers have no place in cmi5 (9.2)."""

    account: AskedAccount
    name: str | None = None
    objectType: str = "Agent"  # noqa: N815  xAPI's name


class Enrolling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is registered, and under which id if the asker has one."""

    actor: AskedActor
    registration: UUID | None = None


class Launching(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is launched for whom: an AU by its place from 0, in a registration, in a new one when none is named."""

    actor: AskedActor
    au: int = 0
    registration: UUID | None = None
    mode: LaunchMode = LaunchMode.NORMAL
    returnUrl: str | None = None  # noqa: N815  as JSON is written
    language: str | None = None

    def __post_init__(self) -> None:
        """Raises Invalid for an address that a browser is not led to."""
        if self.returnUrl is not None:
            _check_url(self.returnUrl)


class Waiving(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which AU is waived, and why."""

    reason: str
    au: int = 0


A = TypeVar("A", Enrolling, Launching, Waiving)


def parse_asked(content: bytes, kind: type[A]) -> A:
    """The body of a request. Raises Invalid that names what is wrong with it."""
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"the body is not as it should be: {error}", field="body", rule="docs/cmi5.md") from error


def learner_of(actor: AskedActor) -> Account:
    """The learner. Raises Invalid unless the actor is an Agent with an account that can be looked up."""
    account = actor.account
    if actor.objectType != "Agent" or not is_iri(account.homePage) or not 0 < len(account.name) <= LONGEST:
        raise Invalid("actor is an Agent with an account: the IRI of a home page, and a name", field="actor", rule="cmi5 9.2")
    return Account(account.homePage, account.name)


def name_of(actor: AskedActor) -> str:
    """What the learner is called: by name, or else by account."""
    return (actor.name or actor.account.name).strip()[:LONGEST] or actor.account.name


def ending_of(content_type: str) -> str:
    """How the name of a file of that type ends. Raises UnsupportedMedia for what is no package (14)."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in PACKAGE_TYPES:
        message = "send a zip file as application/zip, or a course structure as text/xml"
        raise UnsupportedMedia(message, field="Content-Type", rule="cmi5 14.0")
    return PACKAGE_TYPES[kind]


def parse_owner(text: str | None) -> UUID | None:
    """The owner's id, None when none is said. Raises Invalid."""
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise Invalid("owner is the id of a person", field="owner") from error


def _check_url(text: str) -> None:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Invalid("returnUrl is an http or https URL", field="returnUrl", rule="cmi5 10.2.6")


def course_document(content: HostedContent) -> dict[str, Any]:
    """A course as it is told of."""
    structure: CourseStructure = content.structure
    return {
        "id": str(content.course_id),
        "title": content.title,
        "iri": content.iri,
        "publisherId": structure.id,
        "aus": [
            {
                "index": place,
                "publisherId": unit.id,
                "activityId": unit_activity(content.iri, unit.id),
                "title": unit.title,
                "moveOn": unit.move_on,
                "masteryScore": unit.mastery_score,
                "launchMethod": unit.launch_method,
            }
            for place, unit in enumerate(structure.units())
        ],
        "notices": list(content.notices),
    }


def session_document(session: AuSession) -> dict[str, Any]:
    """A session as it is told of."""
    return {
        "id": str(session.session_id),
        "au": session.unit,
        "mode": session.mode,
        "state": session.state,
        "launchedAt": session.launched_at.isoformat(),
        "endedAt": session.ended_at.isoformat() if session.ended_at else None,
    }


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """An outcome as it is told of: ``score`` is a share from 0 to 1, None where there is none."""
    score = outcome.score.share() if outcome.score else None
    return {"completion": outcome.completion, "success": outcome.success, "score": score}


def actor_document(learner: Account) -> dict[str, Any]:
    """The learner as an actor."""
    return actor_of(learner)
