"""The statements that the LMS makes itself.

Source: AICC cmi5 "Quartz", 1st edition: 9.3.1 (Launched), 9.3.6 (Abandoned), 9.3.7 (Waived), 9.3.9 (Satisfied), 9.4 (objects),
9.5 (results), 9.6 (context; publisher ids in grouping), 9.7.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from lrs_bridge.cmi5.course import AssignableUnit, Block, CourseStructure, Texts
from lrs_bridge.cmi5.launch import actor_of
from lrs_bridge.cmi5.naming import block_activity, unit_activity
from lrs_bridge.cmi5.rules import context_template
from lrs_bridge.cmi5.vocabulary import (
    BLOCK_TYPE,
    CMI5_CATEGORY,
    COURSE_TYPE,
    LAUNCH_MODE,
    LAUNCH_PARAMETERS,
    LAUNCH_URL,
    MASTERY_SCORE,
    MOVE_ON,
    MOVE_ON_CATEGORY,
    REASON,
    LaunchMode,
    Verb,
)
from lrs_bridge.identity import Account
from lrs_bridge.xapi.model.formats import is_language_tag
from lrs_bridge.xapi.model.payload import written

Value = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Speech:
    """What all statements about one registration have in common; ``course_iri`` is what our ids are made of."""

    learner: Account
    registration: UUID
    course_iri: str

    def launched(self, id: UUID, unit: AssignableUnit, session_id: UUID, *, mode: LaunchMode, url: str, at: datetime) -> Value:
        """9.3.1; ``url`` is the AU's without the launch parameters (9.6.3.4)."""
        said: Value = {LAUNCH_MODE: mode, LAUNCH_URL: url, MOVE_ON: unit.move_on}
        if unit.mastery_score is not None:
            said[MASTERY_SCORE] = unit.mastery_score
        if unit.launch_parameters is not None:
            said[LAUNCH_PARAMETERS] = unit.launch_parameters
        statement = self._statement(id, Verb.LAUNCHED, self._unit(unit), session_id, publisher_id=unit.id, at=at)
        statement["context"]["extensions"] |= said
        return statement

    def abandoned(self, id: UUID, unit: AssignableUnit, session_id: UUID, *, lasted: timedelta, at: datetime) -> Value:
        """9.3.6, with how long the session had lasted (9.5.4.2)."""
        statement = self._statement(id, Verb.ABANDONED, self._unit(unit), session_id, publisher_id=unit.id, at=at)
        return statement | {"result": {"duration": duration(lasted)}}

    def waived(self, id: UUID, unit: AssignableUnit, session_id: UUID, *, reason: str, at: datetime) -> Value:
        """9.3.7, with the reason (9.5.5.2)."""
        statement = self._statement(id, Verb.WAIVED, self._unit(unit), session_id, publisher_id=unit.id, at=at)
        statement["context"]["contextActivities"]["category"].append({"id": MOVE_ON_CATEGORY})
        return statement | {"result": {"success": True, "completion": True, "extensions": {REASON: reason}}}

    def satisfied(self, id: UUID, what: Block | CourseStructure, session_id: UUID, *, at: datetime) -> Value:
        """9.3.9, about a block or the course."""
        if isinstance(what, Block):
            object_id, kind = block_activity(self.course_iri, what.id), BLOCK_TYPE
        else:
            object_id, kind = self.course_iri, COURSE_TYPE
        object_ = {"objectType": "Activity", "id": object_id, "definition": _definition(what.title, what.description, kind)}
        return self._statement(id, Verb.SATISFIED, object_, session_id, publisher_id=what.id, at=at)

    def _unit(self, unit: AssignableUnit) -> Value:
        definition = _definition(unit.title, unit.description, unit.activity_type)
        return {"objectType": "Activity", "id": unit_activity(self.course_iri, unit.id), "definition": definition}

    def _statement(self, id: UUID, verb: Verb, object_: Value, session_id: UUID, *, publisher_id: str, at: datetime) -> Value:
        context = context_template(session_id, publisher_id)
        context["contextActivities"]["category"] = [{"id": CMI5_CATEGORY}]
        return {
            "id": str(id),
            "actor": actor_of(self.learner),
            "verb": {"id": verb, "display": {"en": verb.word}},
            "object": object_,
            "context": context | {"registration": str(self.registration)},
            "timestamp": written(at),
        }


def duration(length: timedelta) -> str:
    """A length of time as ISO 8601 writes it."""
    text: str = msgspec.to_builtins(length)
    return text


def _definition(title: Texts, description: Texts, kind: str | None) -> Value:
    """Names and descriptions in languages that a statement may name (xAPI Data 4.2)."""
    found: Value = {"name": _tagged(title), "description": _tagged(description)}
    return found if kind is None else found | {"type": kind}


def _tagged(texts: Texts) -> Texts:
    return {tag: text for tag, text in texts.items() if is_language_tag(tag)}
