"""What a commit tells that was not known before it, as statements by ADL's SCORM profile: each change once.

Source: Experience API SCORM Profile (ADL, 2016) 5.0 (temporal model), 6.0 (mapping of the data model), 7.0 (status of record is
the result of ``terminated``; a course's status is ``completed``). Left out: what the profile keeps in documents (``documents``),
and that something is incomplete, for which it has no verb.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from lrs_bridge.completion import Outcome, Score
from lrs_bridge.scorm.attempt import ScoState, is_resumed
from lrs_bridge.scorm.cmi import Cmi, bounded_number_of, cmi_of, word_of
from lrs_bridge.scorm.durations import write_interval
from lrs_bridge.scorm.manifest.model import Version
from lrs_bridge.scorm.manifest.sequencing import MapInfo
from lrs_bridge.scorm.outcome import is_result
from lrs_bridge.scorm.statements import names
from lrs_bridge.scorm.statements.frame import (
    Activity,
    Moment,
    Statement,
    activity,
    course_statement,
    sco_activity,
    score_members,
    statement,
)
from lrs_bridge.scorm.statements.interactions import Record, definition_of, is_answered, localized, result_of
from lrs_bridge.scorm.status import Status, has_ended, score_of, split_lesson_status
from lrs_bridge.xapi.model.formats import parse_timestamp

_CLOCK_SKEW = timedelta(minutes=5)
_EARLIEST_BEFORE = timedelta(days=366)
_COMPLETIONS = {"completed": True, "incomplete": False, "not attempted": False}
_SUCCESSES = {"passed": True, "failed": False}


def happened(before: ScoState | None, after: ScoState, moment: Moment) -> list[Statement]:
    """The statements of a commit that brought a SCO from one state to another, in the order in which they are to be stored.

    A commit that changes nothing, begins nothing and ends nothing has none. The same commit has the same statements, ids and all.
    """
    known: Cmi = {} if before is None else before.cmi
    statements = [_beginning(before, moment)] if moment.begins or before is None else []
    statements += _answers(known, after.cmi, moment)
    statements += _comments(known, after.cmi, moment)
    if moment.attempt.counts:
        statements += _objectives(known, after.cmi, moment)
        statements += _sco(before, after, moment)
    if moment.ends:
        statements.append(_ending(after, moment))
    return statements


def course_happened(before: Outcome, after: Outcome, moment: Moment) -> list[Statement]:
    """The statements of a commit that changed what the attempt comes to; none while there is no result (7.0, Course Status)."""
    told = _result(after.completion, after.success, after.score, after.duration)
    if not is_result(after) or (is_result(before) and _axes(before) == _axes(after)):
        return []
    statements = [course_statement(moment, names.COMPLETED, told)] if after.completion is True else []
    if after.success is not None and after.success is not before.success:
        statements.append(course_statement(moment, names.PASSED if after.success else names.FAILED, told))
    return statements


def closing(state: ScoState, moment: Moment) -> Statement:
    """The statement that a session without an end is given one: the SCO is suspended as it was last known."""
    return _ended(names.SUSPENDED, state, moment)


def _axes(outcome: Outcome) -> tuple[bool | None, bool | None, Score | None]:
    return outcome.completion, outcome.success, outcome.score


def _beginning(before: ScoState | None, moment: Moment) -> Statement:
    verb = names.RESUMED if is_resumed(before) else names.INITIALIZED
    return statement(moment, verb, sco_activity(moment), kind=verb)


def _ending(after: ScoState, moment: Moment) -> Statement:
    return _ended(names.TERMINATED if has_ended(after.cmi, terminated=True) else names.SUSPENDED, after, moment)


def _ended(verb: str, state: ScoState, moment: Moment) -> Statement:
    """The status of record: completion, success, score, and how long the session was."""
    status = moment.attempt.status(moment.item, state)
    length = moment.length(state.cmi.get("cmi.core.session_time") or state.cmi.get("cmi.session_time"))
    result = _result(status.completion, status.success, status.score, length)
    return statement(moment, verb, sco_activity(moment), result, kind=verb)


def _result(
    completion: bool | None,  # noqa: FBT001  the order of an Outcome
    success: bool | None,  # noqa: FBT001
    score: Score | None,
    duration: timedelta | None,
) -> dict[str, Any]:
    said = {
        "completion": completion,
        "success": success,
        "score": None if score is None else score_members(score),
        "duration": None if duration is None else write_interval(duration),
    }
    return {name: value for name, value in said.items() if value is not None}


def _sco(before: ScoState | None, after: ScoState, moment: Moment) -> Iterator[Statement]:
    known = moment.attempt.status(moment.item, before)
    for verb, result in _changes(known, moment.attempt.status(moment.item, after)):
        yield statement(moment, verb, sco_activity(moment), result, kind=verb)


def _changes(before: Status, after: Status) -> Iterator[tuple[str, dict[str, Any]]]:
    """Verbs and results of what a SCO or an objective has newly come to (6.0: Progress Measure, Success, Score, Completion)."""
    if after.progress is not None and after.progress != before.progress:
        yield names.PROGRESSED, {"score": {"scaled": after.progress}}
    if after.success is not None and after.success is not before.success:
        yield names.PASSED if after.success else names.FAILED, _result(None, after.success, after.score, None)
    elif after.score is not None and after.score != before.score:
        yield names.SCORED, _result(None, None, after.score, None)
    if after.completion is True and before.completion is not True:
        yield names.COMPLETED, {"completion": True}


def _answers(before: Cmi, after: Cmi, moment: Moment) -> Iterator[Statement]:
    known = cmi_of(before, "cmi.interactions")
    for index, record in cmi_of(after, "cmi.interactions").items():
        if is_answered(known.get(index, {}), record):
            yield _answer(index, record, moment)


def _answer(index: int, record: Record, moment: Moment) -> Statement:
    version, name = moment.attempt.version, record.get("id") or str(index)
    language, description = localized(record.get("description", ""), moment.attempt.language)
    question = activity(moment, names.interaction_iri(moment.sco, name), names.INTERACTION, description or name)
    question["definition"] |= definition_of(record, version)
    if description:
        question["definition"]["name"] = question["definition"]["description"] = {language: description}
    told = statement(
        moment,
        names.RESPONDED,
        question,
        result_of(record, version),
        kind=f"interaction {index}",
        parent=sco_activity(moment),
        at=_time_of(record, moment),
    )
    objectives = [_objective(each["id"], moment) for each in cmi_of(record, "objectives").values() if each.get("id")]
    if objectives:
        told["context"]["contextActivities"]["other"] = objectives
    return told


def _time_of(record: Record, moment: Moment) -> datetime | None:
    """When content says that it was, if it says so with a time zone and may be right."""
    said = parse_timestamp(record.get("timestamp", ""))
    plausible = said is not None and moment.at - _EARLIEST_BEFORE <= said <= moment.at + _CLOCK_SKEW
    return said if plausible else None


def _comments(before: Cmi, after: Cmi, moment: Moment) -> Iterator[Statement]:
    text = after.get("cmi.comments", "")
    known = before.get("cmi.comments", "")
    if text != known:
        yield from _comment(text.removeprefix(known), "comments", {}, moment)
    records = cmi_of(before, "cmi.comments_from_learner")
    for index, record in cmi_of(after, "cmi.comments_from_learner").items():
        text = record.get("comment", "")
        if text != records.get(index, {}).get("comment", ""):
            yield from _comment(text, f"comment {index}", record, moment)


def _comment(text: str, kind: str, record: Record, moment: Moment) -> Iterator[Statement]:
    _, text = localized(text, moment.attempt.language)
    if text.strip():
        at = _time_of(record, moment)
        yield statement(moment, names.COMMENTED, sco_activity(moment), {"response": text}, kind=kind, at=at)


def _objectives(before: Cmi, after: Cmi, moment: Moment) -> Iterator[Statement]:
    known = cmi_of(before, "cmi.objectives")
    for index, record in cmi_of(after, "cmi.objectives").items():
        was, now = (_objective_status(each, moment.attempt.version) for each in (known.get(index, {}), record))
        objective = _objective(record.get("id") or str(index), moment, record.get("description", ""))
        for verb, result in _changes(was, now):
            kind = f"objective {index} {verb}"
            yield statement(moment, verb, objective, result, kind=kind, parent=sco_activity(moment))


def _objective_status(record: Record, version: Version) -> Status:
    score = score_of(record, version, "score.")
    if version is Version.V1_2:
        return Status(*split_lesson_status(word_of(record, "status")), score)
    return Status(
        _COMPLETIONS.get(word_of(record, "completion_status")),
        _SUCCESSES.get(word_of(record, "success_status")),
        score,
        bounded_number_of(record, "progress_measure", 0, 1),
    )


def _objective(id: str, moment: Moment, description: str = "") -> Activity:
    """The objective, by the name that it has for all courses, for the course or for the SCO, whichever reaches farthest (3.2)."""
    language, text = localized(description, moment.attempt.language)
    objective = activity(moment, _objective_iri(id, moment), names.OBJECTIVE, text or id)
    if text:
        objective["definition"]["name"] = objective["definition"]["description"] = {language: text}
    return objective


def _objective_iri(id: str, moment: Moment) -> str:
    sequencing = moment.item.sequencing
    own = () if sequencing is None else (sequencing.primary_objective, *sequencing.objectives)
    maps = [each for objective in own if objective.identifier == id for each in objective.maps if _writes(each)]
    if not maps:
        return names.objective_iri(moment.sco, id)
    attempt = moment.attempt
    scope = attempt.learner.home_page if attempt.organization.objectives_global_to_system else attempt.course
    return names.objective_iri(scope, maps[0].target)


def _writes(shared: MapInfo) -> bool:
    return shared.write_satisfied_status or shared.write_normalized_measure or shared.write_completion_status
