"""What all statements of an attempt share: who, where, in which attempt, when, and an id that a replay finds again.

Source: Experience API SCORM Profile (ADL, 2016) 3.2 (Actor, Context, Timestamp) and 5.0; xAPI 1.0.3 Data 2.4. Left out: authority
and stored, which are the LRS's.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid5

from lrs_bridge.completion import Score
from lrs_bridge.scorm.attempt import Attempt
from lrs_bridge.scorm.durations import parse_time
from lrs_bridge.scorm.manifest.model import Item
from lrs_bridge.scorm.statements import names

Statement = dict[str, Any]
Activity = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Moment:
    """A commit of a SCO: in which attempt and scorm_session, which one, when, and what it begins and ends.

    ``sequence`` is the commit's number, or a word for what is no commit. ``seconds`` is the length of the scorm_session so far as
    the player measured it. ``platform`` is the service's name.
    """

    attempt: Attempt
    item: Item
    session: int
    sequence: int | str
    at: datetime
    seconds: float
    platform: str
    begins: bool = False
    ends: bool = False

    @property
    def sco(self) -> str:
        """The IRI of the SCO."""
        return names.sco_iri(self.attempt.course, self.item.identifier)

    def length(self, said: str | None) -> timedelta:
        """How long the session was: what content said, where that can be read, else what was measured."""
        claimed = None if said is None else parse_time(said)
        return timedelta(seconds=self.seconds) if claimed is None else claimed


def sco_activity(moment: Moment) -> Activity:
    """The SCO, which the profile calls a lesson."""
    return activity(moment, moment.sco, names.LESSON, moment.item.title)


def course_activity(moment: Moment) -> Activity:
    """The course."""
    attempt = moment.attempt
    course = activity(moment, attempt.course, names.COURSE, attempt.course_title)
    if attempt.course_description:
        course["definition"]["description"] = {attempt.language: attempt.course_description}
    return course


def activity(moment: Moment, id: str, type_: str, name: str) -> Activity:
    """An activity with a name in the course's language."""
    definition = {"type": type_} | ({"name": {moment.attempt.language: name}} if name else {})
    return {"objectType": "Activity", "id": id, "definition": definition}


def statement(
    moment: Moment,
    verb: str,
    object: Activity,
    result: dict[str, Any] | None = None,
    *,
    kind: str,
    parent: Activity | None = None,
    at: datetime | None = None,
) -> Statement:
    """A statement about the SCO or something in it. ``kind`` tells it from others of the same commit."""
    activities = {"grouping": [course_activity(moment), *_attempt_and_platform(moment, moment.sco, moment.item.title)]}
    if parent is not None:
        activities["parent"] = [parent]
    framed = _framed(moment, moment.item.identifier, kind, at or moment.at, activities)
    framed |= {"verb": _verb(verb), "object": object}
    return framed | ({"result": result} if result else {})


def course_statement(moment: Moment, verb: str, result: dict[str, Any]) -> Statement:
    """A statement about the course as a whole (7.0, Course Status)."""
    attempt = moment.attempt
    activities = {"grouping": _attempt_and_platform(moment, attempt.course, attempt.course_title)}
    framed = _framed(moment, "", f"course {verb}", moment.at, activities)
    return framed | {"verb": _verb(verb), "object": course_activity(moment), "result": result}


def _framed(moment: Moment, item: str, kind: str, at: datetime, activities: dict[str, list[Activity]]) -> Statement:
    """A statement without verb and object. Its id is the same for a replay, another for all else that happens in the attempt."""
    key = "\n".join((str(moment.session), str(moment.sequence), item, kind))
    return {
        "id": str(uuid5(moment.attempt.id, key)),
        "actor": actor_of(moment.attempt),
        "context": {
            "registration": str(moment.attempt.id),
            "platform": moment.platform,
            "language": moment.attempt.language,
            "contextActivities": activities | {"category": [_PROFILE]},
        },
        "timestamp": written(at),
    }


def _verb(word: str) -> dict[str, Any]:
    return {"id": names.verb_iri(word), "display": {"en-US": word}}


_PROFILE = {"objectType": "Activity", "id": names.PROFILE, "definition": {"type": names.PROFILE_TYPE}}


def _attempt_and_platform(moment: Moment, activity_id: str, title: str) -> list[Activity]:
    attempt = activity(moment, names.attempt_iri(activity_id, moment.attempt.id), names.ATTEMPT, title)
    return [attempt, activity(moment, moment.attempt.learner.home_page, names.PLATFORM, moment.platform)]


def actor_of(attempt: Attempt) -> dict[str, Any]:
    """The learner, by the account that we gave; the name only where there is one."""
    account = {"homePage": attempt.learner.home_page, "name": attempt.learner.name}
    return {"objectType": "Agent", **({"name": attempt.learner_name} if attempt.learner_name else {}), "account": account}


def written(at: datetime) -> str:
    """The instant in UTC, to the millisecond (xAPI 1.0.3 Data 4.5)."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def score_members(score: Score) -> dict[str, float]:
    """A score as xAPI has it (1.0.3 Data 2.4.5.1). ``scaled`` is computed where raw has a range and content gave none."""
    share = score.share()
    scaled = share if share is not None and -1 <= share <= 1 else None
    said = {"scaled": scaled, "raw": score.raw, "min": score.minimum, "max": score.maximum}
    return {name: value for name, value in said.items() if value is not None}
