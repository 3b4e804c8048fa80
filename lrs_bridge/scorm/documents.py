"""What ADL's SCORM profile keeps in documents of the LRS: which attempts there are, how far one is, by what a SCO is judged.

Source: Experience API SCORM Profile (ADL, 2016) 6.0 and Appendix, xAPI SCORM Data Objects. ``adl.data`` goes by its
recommendation: a document for each store, named in the attempt's state. Left out: credit and mode that differ between SCOs.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from lrs_bridge.scorm.attempt import Attempt, ScoState
from lrs_bridge.scorm.cmi import Cmi, bounded_number_of, cmi_of
from lrs_bridge.scorm.durations import parse_time, write_interval
from lrs_bridge.scorm.manifest.model import Item, Version
from lrs_bridge.scorm.statements.frame import actor_of
from lrs_bridge.scorm.statements.names import PROFILE, attempt_iri, sco_iri
from lrs_bridge.scorm.status import HIGHEST_1_2, completion_threshold_of, scaled_passing_score_of
from lrs_bridge.xapi.documents.key import Context, DocumentKey, Kind
from lrs_bridge.xapi.model.formats import is_language_tag, parse_timestamp
from lrs_bridge.xapi.model.references import agent_key

ACTIVITY_STATE: Final = f"{PROFILE}/activity-state"
ATTEMPT_STATE: Final = f"{PROFILE}/attempt-state"
ACTIVITY_PROFILE: Final = f"{PROFILE}/activity-profile"
AGENT_PROFILE: Final = f"{PROFILE}/agent-profile"
SUSPEND_DATA: Final = f"{PROFILE}/types/adl-suspend-data"
ADL_DATA: Final = f"{PROFILE}/types/adl-data"
JSON: Final = "application/json"
TEXT: Final = "text/plain; charset=utf-8"
_TIME_LIMIT_ACTIONS: Final = frozenset({"exit,message", "continue,message", "exit,no message", "continue,no message"})
_PREFERENCES: Final = {
    Version.V1_2: ("cmi.student_preference.", {"audio": "audio_level", "speed": "delivery_speed", "text": "audio_captioning"}),
    Version.V2004: (
        "cmi.learner_preference.",
        {name: name for name in ("audio_level", "delivery_speed", "audio_captioning")},
    ),
}
_MOST: Final = 1e6


@dataclass(frozen=True, slots=True)
class Kept:
    """A document to be kept in the place of what was there."""

    key: DocumentKey
    content: bytes
    content_type: str = JSON


def documents_of(attempt: Attempt, item: Item, state: ScoState, attempts: Sequence[UUID]) -> list[Kept]:
    """The documents that tell of a SCO in an attempt. ``attempts`` are the learner's at this course, the first one first."""
    return [
        activity_state(attempt, item, attempts),
        attempt_state(attempt, item, state),
        activity_profile(attempt, item),
        agent_profile(attempt, state.cmi),
        *suspend_data(attempt, item, state.cmi),
        *shared_data(attempt, item, state.cmi),
    ]


def activity_state(attempt: Attempt, item: Item, attempts: Sequence[UUID]) -> Kept:
    """SCORM Activity State: the attempts at a SCO, by their IRIs."""
    sco = sco_iri(attempt.course, item.identifier)
    return _kept(_state(attempt, sco).key(ACTIVITY_STATE), {"attempts": [attempt_iri(sco, each) for each in attempts]})


def attempt_state(attempt: Attempt, item: Item, state: ScoState) -> Kept:
    """SCORM Activity Attempt State: how far the learner is in a SCO."""
    cmi = state.cmi
    content: dict[str, Any] = {"credit": attempt.credit, "mode": attempt.mode, "total_time": write_interval(state.time)}
    location = cmi.get("cmi.location") or cmi.get("cmi.core.lesson_location")
    where = {"activityId": _attempt_iri(attempt, item), "agent": actor_of(attempt), "registration": str(attempt.id)}
    stores = [where | {"stateId": store.key.id} for store in shared_data(attempt, item, cmi)]
    optional = {
        "location": location,
        "preferences": _preferences(cmi, attempt.version),
        "comments_from_lms": _comments(cmi),
        "adl_data": stores,
    }
    return _kept(
        _state(attempt, _attempt_iri(attempt, item)).key(ATTEMPT_STATE),
        content | {name: value for name, value in optional.items() if value},
    )


def activity_profile(attempt: Attempt, item: Item) -> Kept:
    """SCORM Activity Profile: by what a SCO is judged, and what it is launched with. ``max_time_allowed`` is in seconds."""
    action = (item.time_limit_action or "").lower()
    limit = parse_time(item.max_time_allowed or "")
    passing = scaled_passing_score_of(item) if item.mastery_score is None else item.mastery_score / HIGHEST_1_2
    content = {
        "completion_threshold": completion_threshold_of(item, attempt.edition),
        "launch_data": item.launch_data,
        "max_time_allowed": None if limit is None else limit.total_seconds(),
        "scaled_passing_score": passing,
        "time_limit_action": action if action in _TIME_LIMIT_ACTIONS else None,
    }
    context = Context(attempt.tenant, Kind.ACTIVITY_PROFILE, activity=sco_iri(attempt.course, item.identifier))
    return _kept(context.key(ACTIVITY_PROFILE), {name: value for name, value in content.items() if value is not None})


def agent_profile(attempt: Attempt, cmi: Cmi) -> Kept:
    """SCORM Agent Profile: the learner as courses know them."""
    preferences = _preferences(cmi, attempt.version)
    content = {"learner_id": attempt.learner.name, "learner_name": attempt.learner_name, "preferences": preferences}
    context = Context(attempt.tenant, Kind.AGENT_PROFILE, agent=agent_key(actor_of(attempt)))
    return _kept(context.key(AGENT_PROFILE), {name: value for name, value in content.items() if value})


def suspend_data(attempt: Attempt, item: Item, cmi: Cmi) -> list[Kept]:
    """The course's own state as it set it (6.0, Suspend Data); none while it set none."""
    text = cmi.get("cmi.suspend_data")
    key = _state(attempt, _attempt_iri(attempt, item), attempt.id).key(SUSPEND_DATA)
    return [] if text is None else [Kept(key, text.encode(), TEXT)]


def shared_data(attempt: Attempt, item: Item, cmi: Cmi) -> list[Kept]:
    """The stores that SCOs share (6.0, ADL Data), each as the course set it."""
    context = _state(attempt, _attempt_iri(attempt, item), attempt.id)
    return [
        Kept(context.key(f"{ADL_DATA}/{quote(record['id'], safe='')}"), record["store"].encode(), TEXT)
        for record in cmi_of(cmi, "adl.data").values()
        if record.get("id") and "store" in record
    ]


def _attempt_iri(attempt: Attempt, item: Item) -> str:
    return attempt_iri(sco_iri(attempt.course, item.identifier), attempt.id)


def _state(attempt: Attempt, activity: str, registration: UUID | None = None) -> Context:
    agent = agent_key(actor_of(attempt))
    return Context(attempt.tenant, Kind.STATE, activity=activity, agent=agent, registration=registration)


def _kept(key: DocumentKey, content: Mapping[str, Any]) -> Kept:
    return Kept(key, json.dumps(content, ensure_ascii=False).encode())


def _preferences(cmi: Cmi, version: Version) -> dict[str, Any]:
    """Preferences Object: what is out of its bounds is left out."""
    prefix, numbers = _PREFERENCES[version]
    preferences: dict[str, Any] = {}
    for said, name in numbers.items():
        is_captioning = name == "audio_captioning"
        number = bounded_number_of(cmi, prefix + said, *((-1, 1) if is_captioning else (0, _MOST)))
        if number is not None and (not is_captioning or number.is_integer()):
            preferences[name] = int(number) if number.is_integer() else number
    language = cmi.get(f"{prefix}language", "")
    return preferences | ({"language": language} if is_language_tag(language) else {})


def _comments(cmi: Cmi) -> list[dict[str, str]]:
    """SCORM Activity Comment Objects; SCORM 1.2 has one text."""
    records = cmi_of(cmi, "cmi.comments_from_lms").values()
    comments = [{name: record[name] for name in ("comment", "location", "timestamp") if record.get(name)} for record in records]
    for comment in comments:
        if parse_timestamp(comment.get("timestamp", "")) is None:
            comment.pop("timestamp", None)
    text = cmi.get("cmi.comments_from_lms")
    return [*([{"comment": text}] if text else []), *(comment for comment in comments if comment)]
