"""Which documents an AU may read and write: its learner's, about itself.

Source: AICC cmi5 "Quartz", 1st edition: 8.1.3 to 8.1.5 (actor, registration, activityId), 10.2.1 (launch data are not modified),
11 (agent, name and content of the learner's preferences), 12 (activity profiles). States and profiles of activities are those of
the AU, or of what its id begins: content keeps the parts of itself apart like that. Any profile of the learner's is open.
"""

import orjson

from lrs_bridge.cmi5.launch import actor_of
from lrs_bridge.cmi5.session import AuSession
from lrs_bridge.cmi5.vocabulary import LAUNCH_DATA, LEARNER_PREFERENCES
from lrs_bridge.errors import Forbidden
from lrs_bridge.identity import Account
from lrs_bridge.ports import DocumentUse
from lrs_bridge.xapi.model.formats import is_below, is_language_tag
from lrs_bridge.xapi.model.references import agent_key

_READING = frozenset({"GET", "HEAD"})
_AUDIO = ("on", "off")


def check_use(use: DocumentUse, session: AuSession, learner: Account) -> None:
    """Raises Forbidden unless the AU of the session may do that."""
    if use.agent is not None:
        check_agent(use.agent, learner)
    if use.registration is not None and use.registration != session.registration:
        raise _refused("the registration is the one of the launch", "registration", "8.1.4")
    if use.activity is not None and not is_below(use.activity, session.activity_id):
        raise _refused("the activity is the AU, by the activityId of the launch", "activityId", "8.1.5")
    if use.method not in _READING:
        _check_writing(use)


def check_agent(agent: str | None, learner: Account) -> None:
    """Raises Forbidden unless the agent, by its key (references.agent_key), is the learner."""
    if agent != agent_key(actor_of(learner)):
        raise _refused("the agent is the actor of the launch", "agent", "8.1.3")


def reads_preferences(use: DocumentUse) -> bool:
    """Whether this is how an AU learns of its learner's preferences (11)."""
    return use.kind == "agent_profile" and use.id == LEARNER_PREFERENCES and use.method in _READING


def _check_writing(use: DocumentUse) -> None:
    if use.kind == "state" and use.id in (LAUNCH_DATA, None):  # None: all of them
        raise _refused(f"an AU does not change {LAUNCH_DATA}", "stateId", "10.2.1")
    if use.kind == "agent_profile" and use.id == LEARNER_PREFERENCES and use.content is not None:
        _check_preferences(use.content, use.content_type or "")


def _check_preferences(content: bytes, content_type: str) -> None:
    """An object with languagePreference, a comma-separated list of language tags, and audioPreference, on or off."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise _refused("preferences are sent as application/json", "Content-Type", "11")
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise _refused("preferences are JSON", "body", "11") from error
    if not isinstance(value, dict) or not {"languagePreference", "audioPreference"} <= value.keys():
        raise _refused("preferences are an object with languagePreference and audioPreference", "body", "11")
    languages = value["languagePreference"]
    if not isinstance(languages, str) or not all(is_language_tag(tag.strip()) for tag in languages.split(",")):
        raise _refused("languagePreference is a comma-separated list of language tags", "languagePreference", "11.1")
    if value["audioPreference"] not in _AUDIO:
        raise _refused("audioPreference is on or off", "audioPreference", "11.2")


def _refused(message: str, field: str, clause: str) -> Forbidden:
    return Forbidden(message, field=field, rule=f"cmi5 {clause}")
