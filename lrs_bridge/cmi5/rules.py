"""What a statement of an AU must look like: each rule that needs no other statement.

Source: AICC cmi5 "Quartz", 1st edition: 6.3 (no voiding), 7.1.3 (cmi5 defined and allowed statements), 8.1.3 to 8.1.5 (actor,
registration, activity), 9.1 to 9.7, 10.2.1 (context template). The order of statements is ``session``'s. Left out: that raw
scores are whole numbers (9.5.1): authoring tools send 66.67, and a result that is lost helps nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from lrs_bridge.cmi5.session import AuSession, Event
from lrs_bridge.cmi5.vocabulary import CMI5_CATEGORY, MASTERY_SCORE, MOVE_ON_CATEGORY, SESSION_ID, Verb
from lrs_bridge.completion import Score
from lrs_bridge.errors import Forbidden
from lrs_bridge.identity import Account
from lrs_bridge.xapi.model.formats import parse_timestamp, parse_uuid
from lrs_bridge.xapi.model.rules import VOIDED

Value = Mapping[str, Any]

EVENTS = {
    Verb.INITIALIZED: Event.INITIALIZED,
    Verb.COMPLETED: Event.COMPLETED,
    Verb.PASSED: Event.PASSED,
    Verb.FAILED: Event.FAILED,
    Verb.TERMINATED: Event.TERMINATED,
}
"""What an AU may tell in cmi5 defined statements (9.3)."""

_SUCCESS = {Event.PASSED: True, Event.FAILED: False}
_COMPLETION = {Event.COMPLETED: True}
_TIMED = frozenset({Event.TERMINATED, Event.COMPLETED, Event.PASSED, Event.FAILED})
_UTC = ("Z", "z", "+00:00", "+0000", "+00")


@dataclass(frozen=True, slots=True)
class Told:
    """What a statement tells of its session. ``at`` is its timestamp; ``score`` is there for Passed and Failed alone."""

    event: Event
    at: datetime
    score: Score | None


def context_template(session_id: UUID, publisher_id: str) -> dict[str, Any]:
    """What every statement of a session has in its context (10.2.1)."""
    return {"contextActivities": {"grouping": [{"id": publisher_id}]}, "extensions": {SESSION_ID: str(session_id)}}


def check_statement(id: UUID | None, value: Value, session: AuSession, learner: Account) -> Told:
    """What a valid xAPI statement of the session tells. ``id`` is the one that the AU gave it.

    Raises Forbidden for the first rule that it breaks.
    """
    _check_sender(id, value, session, learner)
    at = _timestamp(value)
    _check_context(value, session)
    if not is_defined(value):
        _check_allowed(value)
        return Told(Event.ALLOWED, at, None)
    return Told(_check_defined(value, session), at, _score(value))


def is_defined(value: Value) -> bool:
    """Whether the statement says that it is cmi5 defined: by its category (7.1.3, 9.6.2.1)."""
    return CMI5_CATEGORY in _categories(value)


def _check_sender(id: UUID | None, value: Value, session: AuSession, learner: Account) -> None:
    if id is None:
        raise _refused("an AU gives each statement its id", "id", "9.1")
    if value["verb"]["id"] == VOIDED:
        raise _refused("an AU may not void statements", "verb.id", "6.3")
    actor = value["actor"]
    if actor.get("objectType", "Agent") != "Agent":
        raise _refused("the actor is an Agent", "actor.objectType", "9.2")
    if actor.get("account") != {"homePage": learner.home_page, "name": learner.name}:
        raise _refused("the actor is the one of the launch", "actor.account", "9.2")
    registration = value.get("context", {}).get("registration")
    if registration is not None and parse_uuid(registration) != session.registration:
        raise _refused("the registration is the one of the launch", "context.registration", "9.6.1")


def _timestamp(value: Value) -> datetime:
    text = value.get("timestamp")
    if text is None:
        raise _refused("an AU says when it was", "timestamp", "9.7")
    at = parse_timestamp(text)
    if at is None or not text.endswith(_UTC):
        raise _refused("timestamps are in UTC", "timestamp", "9.7")
    return at


# --- context ---------------------------------------------------------------------------------------------------------------


def _check_context(value: Value, session: AuSession) -> None:
    """The context holds all of the template, and nothing of it is overwritten (10.2.1)."""
    context = value.get("context", {})
    if context.get("extensions", {}).get(SESSION_ID) != str(session.session_id):
        raise _refused("the session id is the one of the context template", f'context.extensions["{SESSION_ID}"]', "9.6.3.1")
    if session.publisher_id not in _ids(context, "grouping"):
        message = f"{session.publisher_id} of the context template is missing"
        raise _refused(message, "context.contextActivities.grouping", "10.2.1")


def _categories(value: Value) -> list[str]:
    return _ids(value.get("context", {}), "category")


def _ids(context: Value, kind: str) -> list[str]:
    """The ids of the context activities of a kind, of which a single one may stand without an array (xAPI Data 2.4.6.2)."""
    found = context.get("contextActivities", {}).get(kind, [])
    return [activity["id"] for activity in (found if isinstance(found, list) else [found])]


# --- cmi5 allowed and cmi5 defined -----------------------------------------------------------------------------------------


def _check_allowed(value: Value) -> None:
    if MOVE_ON_CATEGORY in _categories(value):
        raise _refused("the category moveOn is for cmi5 defined statements", _CATEGORY, "9.6.2.2")


def _check_defined(value: Value, session: AuSession) -> Event:
    try:
        event = EVENTS[Verb(value["verb"]["id"])]
    except (KeyError, ValueError) as error:
        raise _refused("the category cmi5 is for the verbs that cmi5 gives an AU", "verb.id", "7.1.3") from error
    if value.get("context", {}).get("registration") is None:
        raise _refused("the registration is missing", "context.registration", "9.6.1")
    if value["object"].get("objectType", "Activity") != "Activity" or value["object"].get("id") != session.activity_id:
        raise _refused("the object is the AU, by the activityId of the launch", "object.id", "9.4")
    _check_result(event, value.get("result", {}))
    _check_move_on_category(value)
    _check_score(event, value, session.mastery_score)
    return event


def _check_result(event: Event, result: Value) -> None:
    _check_axis("success", result.get("success"), _SUCCESS.get(event), "9.5.2")
    _check_axis("completion", result.get("completion"), _COMPLETION.get(event), "9.5.3")
    if event in _TIMED and "duration" not in result:
        raise _refused(f"{event} says how long it took", "result.duration", "9.5.4.1")


def _check_axis(name: str, said: bool | None, wanted: bool | None, clause: str) -> None:  # noqa: FBT001  tri-state axes
    if said is not wanted:
        message = f"this verb has no {name}" if wanted is None else f"this verb has {name} {str(wanted).lower()}"
        raise _refused(message, f"result.{name}", clause)


def _check_move_on_category(value: Value) -> None:
    result = value.get("result", {})
    tells = "success" in result or "completion" in result
    if tells and MOVE_ON_CATEGORY not in _categories(value):
        raise _refused("the category moveOn is missing, which goes with success and completion", _CATEGORY, "9.6.2.2")
    if not tells and MOVE_ON_CATEGORY in _categories(value):
        raise _refused("the category moveOn goes with success and completion alone", _CATEGORY, "9.6.2.2")


def _check_score(event: Event, value: Value, mastery_score: float | None) -> None:
    score = value.get("result", {}).get("score")
    if score is None:
        _check_mastery_extension(value, mastery_score, is_needed=False)
        return
    if event not in _SUCCESS:
        raise _refused("only Passed and Failed have a score", "result.score", "9.5.1")
    if "raw" in score and not ("min" in score and "max" in score):
        raise _refused("a raw score comes with its min and max", "result.score", "9.5.1")
    if score.get("scaled", 0) < 0:
        raise _refused("a scaled score is from 0 to 1", "result.score.scaled", "9.5.1")
    _check_mastery_extension(value, mastery_score, is_needed=True)
    _check_mastery(event, score.get("scaled"), mastery_score)


def _check_mastery(event: Event, scaled: float | None, mastery_score: float | None) -> None:
    if scaled is None or mastery_score is None:
        return
    if event is Event.PASSED and scaled < mastery_score:
        raise _refused(f"Passed needs a score of at least {mastery_score}, the masteryScore", "result.score.scaled", "9.3.4")
    if event is Event.FAILED and scaled >= mastery_score:
        raise _refused(f"Failed needs a score below {mastery_score}, the masteryScore", "result.score.scaled", "9.3.5")


def _check_mastery_extension(value: Value, mastery_score: float | None, *, is_needed: bool) -> None:
    """Where the launch data have a masteryScore, a judgement by score repeats it, unchanged (9.6.3.2)."""
    extensions = value["context"].get("extensions", {})
    if mastery_score is None or (not is_needed and MASTERY_SCORE not in extensions):
        return
    if extensions.get(MASTERY_SCORE) != mastery_score:
        message = f"the masteryScore of the launch data, {mastery_score}, is repeated in the context"
        raise _refused(message, f'context.extensions["{MASTERY_SCORE}"]', "9.6.3.2")


def _score(value: Value) -> Score | None:
    score = value.get("result", {}).get("score")
    if not score:
        return None
    return Score(*[float(score[name]) if name in score else None for name in ("scaled", "raw", "min", "max")])


_CATEGORY = "context.contextActivities.category"


def _refused(message: str, field: str, clause: str) -> Forbidden:
    return Forbidden(message, field=field, rule=f"cmi5 {clause}")
