"""From a statement to the claim that a learner finished or failed a course.

Source: the ADL verbs completed, passed and failed; xAPI 1.0.3, Data 2.4.5 (Result). A statement is a claim when its object is an
Activity, its actor one learner, and its verb or its result speaks of completion or success. Left out are groups, since nobody
says who of them did it, and questions: an answer's success says nothing of the course that asks. A score alone is handed over
where a registration tells which attempt it belongs to: systems that send it in a statement of its own tell the rest in others.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from lrs_bridge.completion import Completion, Outcome, Score, SourceKey
from lrs_bridge.identity import IFI, Account, Mbox, MboxSha1Sum, OpenID
from lrs_bridge.xapi.model.formats import parse_duration, parse_timestamp, parse_uuid
from lrs_bridge.xapi.model.presentation import pick_language

SOURCE = "xapi"
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
PASSED = "http://adlnet.gov/expapi/verbs/passed"
FAILED = "http://adlnet.gov/expapi/verbs/failed"

_SUCCESS_OF_VERB = {PASSED: True, FAILED: False}
_QUESTION_TYPE = "http://adlnet.gov/expapi/activities/cmi.interaction"
_NAME_LANGUAGES = ("nb", "nn", "no", "en")
_LONGEST_NAME = 255
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK_SKEW = timedelta(days=1)


def source_key(tenant: str, statement_id: UUID) -> SourceKey:
    """The key of the one completion that a statement can be."""
    return SourceKey(tenant, SOURCE, msgspec.to_builtins(statement_id))  # as str() writes it, in a third of the time


def to_completion(
    value: dict[str, Any], *, id: UUID, tenant: str, asserted_by: str, evidence: str, stored_at: datetime
) -> Completion | None:
    """The completion that a valid statement claims, or None when it claims none.

    ``evidence`` is the digest of the statement as stored; ``stored_at`` is when it happened if the statement doesn't say, or says
    a time before 1970 or more than a day ahead: some systems write year 1 or 9999 for a time that was never set.
    """
    registration = value["context"].get("registration") if "context" in value else None
    outcome = outcome_of(value["verb"]["id"], value.get("result", {}), in_attempt=registration is not None)
    learner = learner_of(value["actor"])
    activity = value["object"]
    if outcome is None or learner is None or not is_activity(activity) or is_question(activity):
        return None
    return Completion(
        key=source_key(tenant, id),
        learner=learner,
        activity=activity["id"],
        registration=parse_uuid(registration) if registration else None,
        outcome=outcome,
        occurred_at=_occurred_at(value, stored_at),
        asserted_by=asserted_by,
        evidence=evidence,
        activity_name=_activity_name(activity),
        learner_name=_shown(value["actor"].get("name")),
    )


def _occurred_at(value: dict[str, Any], stored_at: datetime) -> datetime:
    said = parse_timestamp(value["timestamp"]) if "timestamp" in value else None
    return said if said is not None and _EARLIEST <= said <= stored_at + _CLOCK_SKEW else stored_at


def outcome_of(verb: str, result: dict[str, Any], *, in_attempt: bool) -> Outcome | None:
    """What verb and result say of completion, success and score; None when they claim nothing.

    The verb decides success; completion is what the result says, and else what the verb says.
    """
    completion = result.get("completion", True if verb == COMPLETED else None)
    success = _SUCCESS_OF_VERB.get(verb, result.get("success"))
    score = _score(result.get("score"))
    if completion is None and success is None:
        return Outcome(score=score) if score is not None and in_attempt else None
    duration = parse_duration(result["duration"]) if "duration" in result else None
    return Outcome(completion, success, score, duration)


def _score(score: dict[str, float] | None) -> Score | None:
    if not score:
        return None
    return Score(*[float(score[name]) if name in score else None for name in ("scaled", "raw", "min", "max")])


def learner_of(actor: dict[str, Any]) -> IFI | None:
    """Whom the statement is about: its actor, if that is one person and no group."""
    if actor.get("objectType") == "Group":
        return None
    if "account" in actor:
        account = actor["account"]
        return Account(account["homePage"], account["name"])
    if "mbox" in actor:
        return Mbox(actor["mbox"])
    return OpenID(actor["openid"]) if "openid" in actor else MboxSha1Sum(actor["mbox_sha1sum"])


def is_activity(object_: dict[str, Any]) -> bool:
    """Whether the object is an Activity, which it also is when it doesn't say."""
    return bool(object_.get("objectType", "Activity") == "Activity")


def is_question(activity: dict[str, Any]) -> bool:
    """Whether the Activity is an interaction: an answer's success says nothing of the course that asks."""
    definition = activity.get("definition", {})
    return "interactionType" in definition or definition.get("type") == _QUESTION_TYPE


def _activity_name(activity: dict[str, Any]) -> str | None:
    names = activity.get("definition", {}).get("name", {})
    tag = pick_language(names, _NAME_LANGUAGES)
    return None if tag is None else _shown(names[tag])


def _shown(text: str | None) -> str | None:
    """A name fit for a column and a page: no null characters, not endless, None when nothing is left."""
    return None if text is None else text.replace("\x00", "").strip()[:_LONGEST_NAME] or None
