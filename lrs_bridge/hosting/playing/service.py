"""A sitting at a SCORM course: its state for the player, its commits, and what follows from them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import orjson

from lrs_bridge.completion import Outcome
from lrs_bridge.db import Session, hold, lock
from lrs_bridge.errors import NotFound
from lrs_bridge.hosting.attempts import service as attempts
from lrs_bridge.hosting.hosted import Attempt, Mode
from lrs_bridge.hosting.library import service as library
from lrs_bridge.hosting.placing import service as placing
from lrs_bridge.packages import service as packages
from lrs_bridge.packages.ticket import FilesTicket, PlayTicket, files_ticket, label_of, play_ticket, written
from lrs_bridge.plans.courses import service as courses
from lrs_bridge.ports import CompletionSink
from lrs_bridge.scorm import outcome as outcomes
from lrs_bridge.scorm import service as scorm
from lrs_bridge.scorm.attempt import Attempt as ScormAttempt
from lrs_bridge.scorm.attempt import ScoState
from lrs_bridge.scorm.closing import AFTER as SILENT_FOR
from lrs_bridge.scorm.closing import OpenSession, moment_of
from lrs_bridge.scorm.commit import Commit
from lrs_bridge.scorm.documents import documents_of
from lrs_bridge.scorm.manifest.model import Item, Manifest
from lrs_bridge.scorm.service import Kept
from lrs_bridge.scorm.statements.frame import Moment, Statement
from lrs_bridge.scorm.statements.happened import closing, course_happened, happened
from lrs_bridge.scorm.store import NewCommit, Sitting
from lrs_bridge.settings import Settings
from lrs_bridge.web.keys import derived_key
from lrs_bridge.web.origins import content_origin
from lrs_bridge.xapi.documents import service as documents
from lrs_bridge.xapi.documents.conditions import Condition
from lrs_bridge.xapi.statements import service as statements
from lrs_bridge.xapi.statements.own import service as own
from lrs_bridge.xapi.statements.own.naming import NAME, own_key

PURPOSE = "course tickets"
AT_A_TIME = 50
PLATFORM = "lrs-bridge"
AUTOSAVE_MS = 1000


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a commit sets in motion."""

    sink: CompletionSink
    settings: Settings
    clock: Callable[[], datetime]


# Addresses


def tickets_key(settings: Settings) -> bytes:
    """What tickets are signed with."""
    return derived_key(settings.master_key, PURPOSE)


def play_address(settings: Settings, ticket: PlayTicket) -> str:
    """Where the player's frame of a sitting is. Raises NotFound where courses are not hosted."""
    origin = content_origin(settings, label_of(ticket.attempt_id))
    return f"{origin}/play/{written_ticket(settings, ticket)}"


def written_ticket(settings: Settings, ticket: PlayTicket | FilesTicket) -> str:
    """The ticket as it stands in addresses."""
    return written(ticket, tickets_key(settings))


def files_path(settings: Settings, attempt: Attempt, tenant: str, now: datetime) -> str:
    """Where the attempt's files are, on its own origin."""
    ticket = files_ticket(tenant, attempt.attempt_id, attempt.package_id, now)
    return f"/files/{written_ticket(settings, ticket)}/"


# Sittings


def sit(session: Session, tenant: str, attempt: Attempt, *, user_agent: str, wiring: Wiring, now: datetime) -> PlayTicket:
    """Begins a sitting of a SCORM attempt, and ends those before it that are open; gives its ticket."""
    _hold(session, tenant, attempt.attempt_id, wiring, now)
    mode = attempts.sitting_mode(attempts.get_attempt(session, tenant, attempt.attempt_id))
    for earlier in scorm.sittings_of(session, tenant, attempt.attempt_id):
        if earlier.ended_at is None:
            close(session, tenant, earlier, end=scorm.SUPERSEDED, wiring=wiring, now=now)
    number = scorm.open_sitting(session, tenant, attempt.attempt_id, mode=mode, user_agent=user_agent, now=now)
    return play_ticket(tenant, attempt.attempt_id, number, mode, now)


def _hold(session: Session, tenant: str, attempt_id: UUID, wiring: Wiring, now: datetime) -> None:
    """Holds off whoever else changes the attempt, and, before that, what statements and completions need, in their order."""
    hold(session, *statements.locks_for((), tenant, now), *wiring.sink.locks(tenant))
    lock(session, f"attempt {attempt_id}")


def renewed(session: Session, tenant: str, attempt: Attempt, number: int, now: datetime) -> PlayTicket:
    """Another ticket for a sitting whose own has expired. Raises NotFound when there was no such sitting."""
    for sitting in scorm.sittings_of(session, tenant, attempt.attempt_id):
        if sitting.number == number:
            return play_ticket(tenant, attempt.attempt_id, number, sitting.mode, now)
    raise NotFound("there is no such sitting", field="session")


def state(session: Session, ticket: PlayTicket, *, settings: Settings, now: datetime) -> dict[str, Any]:
    """All that the player needs to begin, or to go on where the learner was."""
    attempt = attempts.get_attempt(session, ticket.tenant, ticket.attempt_id)
    manifest = packages.structure_of(session, ticket.tenant, attempt.package_id, Manifest)
    kept = scorm.kept_of(session, ticket.tenant, ticket.attempt_id)
    position = kept.position
    return {
        "attempt": str(attempt.attempt_id),
        "session": ticket.session,
        "sequence": scorm.newest_sequence(session, ticket.tenant, ticket.attempt_id, ticket.session),
        "version": manifest.version,
        "edition": manifest.edition,
        "learner": {"id": attempt.learner.name, "name": attempt.learner_name},
        "mode": ticket.mode,
        "credit": "credit" if ticket.mode == Mode.NORMAL else "no-credit",
        "organization": msgspec.to_builtins(manifest.organization),
        "files": files_path(settings, attempt, ticket.tenant, now),
        "scos": {item: {"cmi": sco.cmi, "seconds": sco.seconds + sco.session_seconds} for item, sco in kept.scos.items()},
        "sequencing": _json(position.sequencing),
        "globals": _json(position.globals),
        "current": position.current,
        "autosave_ms": AUTOSAVE_MS,
    }


def _json(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)


# Commits


def take(session: Session, ticket: PlayTicket, commit: Commit, new: NewCommit, *, wiring: Wiring) -> bool:
    """Keeps a commit, merges what is pending, and does all that follows; False when the attempt goes on in a newer sitting.

    A replay changes nothing, nor does a commit that is older than what its SCO has set.
    """
    _hold(session, ticket.tenant, ticket.attempt_id, wiring, new.at)
    (written_as,) = scorm.write(session, [new])
    if written_as.new and ticket.mode != Mode.REVIEW:
        merging = scorm.merge(session, ticket.tenant, ticket.attempt_id)
        is_newest = (commit.session, commit.sequence) in merging.commits
        if is_newest:
            scorm.set_position(session, new, commit)
        if is_newest and ticket.mode == Mode.NORMAL:
            kept = Kept(merging.scos, merging.told, scorm.position_of(session, ticket.tenant, ticket.attempt_id))
            _follow(session, ticket, commit, kept, wiring)
    return written_as.stands_in(ticket.session)


def _follow(session: Session, ticket: PlayTicket, commit: Commit, kept: Kept, wiring: Wiring) -> None:
    """What a commit that counts leads to: statements, the attempt's outcome, a completion, news for platforms."""
    attempt = attempts.get_attempt(session, ticket.tenant, ticket.attempt_id)
    played = as_scorm(session, ticket.tenant, attempt, ticket.mode)
    states = {item: scorm.state_of(sco) for item, sco in kept.scos.items()}
    rollup = outcomes.parse_rollup(_json(kept.position.sequencing))
    now = wiring.clock()
    outcome = outcomes.settled(attempt.outcome, outcomes.outcome_of(played, states, rollup))
    changed = attempts.note_outcome(session, ticket.tenant, attempt, outcome, _progress(played, states), now)
    if commit.terminated and len(played.organization.launchable) == 1:
        scorm.end_sitting(session, ticket.tenant, ticket.attempt_id, commit.session, end=scorm.TERMINATED, now=now)
    item = next((each for each in played.organization.walk() if each.identifier == commit.sco), None)
    if item is not None:
        moment = _moment(played, item, commit, now)
        _tell(session, kept, moment, (attempt.outcome, outcome), wiring)
        if moment.begins or moment.ends:
            _keep_documents(session, attempt, moment, states[item.identifier], now)
    if outcomes.is_result(outcome) and _without_time(outcome) != _without_time(attempt.outcome):
        evidence = outcomes.evidence_of(played, states, rollup, outcome)
        _hand_on(session, played, outcome, evidence, wiring=wiring, now=now)
        placing.tell_platforms(session, ticket.tenant, changed, now=now)


def _moment(played: ScormAttempt, item: Item, commit: Commit, now: datetime) -> Moment:
    return Moment(
        played,
        item,
        commit.session,
        commit.sequence,
        now,
        commit.seconds,
        PLATFORM,
        begins=commit.initialized,
        ends=commit.terminated,
    )


def _tell(session: Session, kept: Kept, moment: Moment, course: tuple[Outcome, Outcome], wiring: Wiring) -> None:
    """Stores the statements of what a commit has changed, and keeps what they have told."""
    played, sco = moment.attempt, kept.scos[moment.item.identifier]
    values = [
        *happened(scorm.told_of(kept, sco.item), scorm.state_of(sco), moment),
        *course_happened(*course, moment),
    ]
    if values:
        _say(session, played, values, wiring, moment.at)
    scorm.keep_told(session, played.tenant, played.id, sco)


def close(session: Session, tenant: str, sitting: Sitting, *, end: str, wiring: Wiring, now: datetime) -> None:
    """Ends a sitting that nobody ended: what was open in it is told as suspended, and goes on another time."""
    _hold(session, tenant, sitting.attempt_id, wiring, now)
    if not scorm.end_sitting(session, tenant, sitting.attempt_id, sitting.number, end=end, now=now):
        return
    if sitting.mode != Mode.NORMAL:
        return
    played = as_scorm(session, tenant, attempts.get_attempt(session, tenant, sitting.attempt_id), sitting.mode)
    values = []
    kept = scorm.kept_of(session, tenant, sitting.attempt_id)
    for item in played.organization.walk():
        sco = kept.scos.get(item.identifier)
        was_told = item.identifier in kept.told
        if sco is not None and sco.session == sitting.number and was_told and not sco.is_terminated:
            heard = OpenSession(played.id, sitting.number, sco.sequence, item.identifier, now, sco.session_seconds)
            values.append(closing(scorm.state_of(sco), moment_of(heard, played, item, PLATFORM)))
    if values:
        _say(session, played, values, wiring, now)


def close_silent(session: Session, tenant: str, *, wiring: Wiring, now: datetime) -> int:
    """Ends sittings of which nothing has come for long, some at a time; how many."""
    silent = scorm.silent_sittings(session, tenant, now - SILENT_FOR, AT_A_TIME)
    for sitting in silent:
        close(session, tenant, sitting, end=scorm.TIMED_OUT, wiring=wiring, now=now)
    return len(silent)


def _say(session: Session, played: ScormAttempt, values: Sequence[Statement], wiring: Wiring, now: datetime) -> None:
    own.say(
        session,
        played.tenant,
        values,
        key=own_key(played.tenant, played.id),
        public_url=wiring.settings.public_url,
        sink=wiring.sink,
        now=now,
    )


def _keep_documents(session: Session, attempt: Attempt, moment: Moment, state: ScoState, now: datetime) -> None:
    """Keeps what the SCORM profile has in documents, as of the beginning and the end of each sitting."""
    played = moment.attempt
    known = [each.attempt_id for each in attempts.attempts_of_learner(session, played.tenant, attempt)]
    for each in documents_of(played, moment.item, state, known):
        documents.put_document(session, each.key, each.content, each.content_type, now=now, condition=Condition())


def as_scorm(session: Session, tenant: str, attempt: Attempt, mode: str) -> ScormAttempt:
    """The attempt as outcomes and statements are made of it."""
    hosted = library.get_hosted(session, tenant, attempt.hosted_id)
    course = courses.get_course(session, tenant, hosted.course_id)
    package = packages.get_package(session, tenant, attempt.package_id)
    manifest = packages.structure_of(session, tenant, attempt.package_id, Manifest)
    return ScormAttempt(
        tenant=tenant,
        id=attempt.attempt_id,
        course=course.iri,
        course_title=course.title,
        package=f"sha-256:{package.sha256.hex()}",
        learner=attempt.learner,
        learner_name=attempt.learner_name,
        version=manifest.version,
        edition=manifest.edition,
        organization=manifest.organization,
        mode=mode,
        credit="credit" if mode == Mode.NORMAL else "no-credit",
        finish_completes=hosted.policy.finish_completes,
        course_description=manifest.description,
    )


def _hand_on(session: Session, played: ScormAttempt, outcome: Outcome, evidence: bytes, *, wiring: Wiring, now: datetime) -> None:
    number = scorm.keep_result(session, played.tenant, played.id, evidence, now)
    completion = outcomes.to_completion(played, outcome, number=number, occurred_at=now, asserted_by=NAME, evidence=evidence)
    if completion is not None:
        wiring.sink.receive(session, [completion], now=now)


def _without_time(outcome: Outcome) -> Outcome:
    return msgspec.structs.replace(outcome, duration=None)


def _progress(played: ScormAttempt, states: Mapping[str, ScoState]) -> float | None:
    """How much of the course is done, from 0 to 1: what the only SCO says, or the share of those that are completed."""
    statuses = [played.status(item, states.get(item.identifier)) for item, _ in outcomes.counted_items(played)]
    if len(statuses) == 1:
        return 1.0 if statuses[0].completion else statuses[0].progress
    return sum(status.completion is True for status in statuses) / len(statuses) if statuses else None
