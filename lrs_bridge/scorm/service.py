"""Sittings at SCORM courses: opened and ended, what they set, kept commit by commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import orjson

from lrs_bridge.db import Session
from lrs_bridge.scorm import store
from lrs_bridge.scorm.attempt import ScoState
from lrs_bridge.scorm.commit import Commit, is_quiet_key, parse_kept
from lrs_bridge.scorm.merging import Merged, merged
from lrs_bridge.scorm.outcome import SOURCE
from lrs_bridge.scorm.store import NewCommit, Position, Sitting, Written

__all__ = ["Merged", "Position", "Sitting", "Written"]

LONGEST_AGENT = 300
SHOWN_COMMITS = 2000
SHOWN_LENGTH = 8 * 1024 * 1024
"""How many commits are shown at most, and how long they may be together, in characters: four of the longest."""
TERMINATED, SUPERSEDED, TIMED_OUT = "terminated", "superseded", "timed_out"
"""How a sitting ends: by the course, because the learner went on in another one, or because nothing came of it any more."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of an attempt: what each SCO has set, what statements have told of each, and where it stands as a whole."""

    scos: Mapping[str, Merged]
    told: Mapping[str, Mapping[str, Any]]
    position: Position


def open_sitting(session: Session, tenant: str, attempt_id: UUID, *, mode: str, user_agent: str, now: datetime) -> int:
    """Begins a sitting; gives its number."""
    number = store.newest_number(session, tenant, attempt_id) + 1
    sitting = Sitting(attempt_id, number, mode, now, None, None, user_agent[:LONGEST_AGENT])
    store.insert_session(session, tenant, sitting)
    return number


@dataclass(frozen=True, slots=True)
class Merging:
    """What merging came to: which commits were pending, by sitting and sequence, and what is kept now; see ``Kept``."""

    commits: frozenset[tuple[int, int]]
    scos: Mapping[str, Merged]
    told: Mapping[str, Mapping[str, Any]]


def kept_of(session: Session, tenant: str, attempt_id: UUID) -> Kept:
    """What the attempt's SCOs have set, every commit included, and where it stands."""
    _, after = _merging(session, tenant, attempt_id)
    return Kept(after.scos, after.told, position_of(session, tenant, attempt_id))


def position_of(session: Session, tenant: str, attempt_id: UUID) -> Position:
    """Where the attempt stands."""
    return store.find_position(session, tenant, attempt_id)


def merge(session: Session, tenant: str, attempt_id: UUID) -> Merging:
    """Merges commits that are pending into what their SCOs have set, for good. The attempt is to be locked."""
    before, after = _merging(session, tenant, attempt_id)
    changed = (sco for item, sco in after.scos.items() if before.get(item) != sco)
    store.keep_scos(session, tenant, attempt_id, changed)
    return after


def _merging(session: Session, tenant: str, attempt_id: UUID) -> tuple[Mapping[str, Merged], Merging]:
    """What the SCOs had set before, and what merging would come to."""
    known = store.find_scos(session, tenant, attempt_id)
    before = {item: sco.merged for item, sco in known.items()}
    pending = [parse_kept(row.body.encode()) for row in store.find_pending(session, tenant, attempt_id)]
    commits = frozenset((commit.session, commit.sequence) for commit in pending)
    told = {item: sco.told for item, sco in known.items() if sco.told}
    return before, Merging(commits, merged(before, pending), told)


def newest_sequence(session: Session, tenant: str, attempt_id: UUID, number: int) -> int:
    """The highest number of a sitting's commits, 0 when nothing has come: where a frame that was loaded again goes on."""
    return store.newest_sequence(session, tenant, attempt_id, number)


def new_commit(tenant: str, attempt_id: UUID, commit: Commit, body: bytes, now: datetime) -> NewCommit:
    """A commit on its way into the database."""
    text = body.decode("utf-8", "replace").replace("\0", "\ufffd")
    return NewCommit(tenant, attempt_id, commit.session, commit.sequence, commit.sco, now, text)


def write(session: Session, new: Sequence[NewCommit]) -> list[Written]:
    """Keeps commits, once each; see ``store.write_commits``."""
    return store.write_commits(session, new)


def set_position(session: Session, new: NewCommit, commit: Commit) -> None:
    """Keeps where the attempt stands, as far as the commit says it."""
    values: dict[str, str | None] = {}
    if commit.current is not msgspec.UNSET:
        values["current"] = commit.current
    if commit.sequencing is not msgspec.UNSET:
        values["sequencing"] = orjson.dumps(commit.sequencing).decode()
    if commit.globals is not msgspec.UNSET:
        values["globals"] = orjson.dumps(commit.globals).decode()
    if values:
        store.set_position(session, new, values)


def state_of(sco: Merged) -> ScoState:
    """An SCO as outcomes and statements are made of it."""
    return ScoState(sco.cmi, sco.is_terminated)


def told_of(kept: Kept, item: str) -> ScoState | None:
    """An SCO as statements have told of it so far; None when they have not."""
    told = kept.told.get(item)
    return ScoState(told["cmi"], told["terminated"]) if told else None


def keep_told(session: Session, tenant: str, attempt_id: UUID, sco: Merged) -> None:
    """Keeps that statements have told of all that the SCO has set."""
    told = {key: value for key, value in sco.cmi.items() if not is_quiet_key(key)}
    store.set_told(session, tenant, attempt_id, sco.item, {"cmi": told, "terminated": sco.is_terminated})


def end_sitting(session: Session, tenant: str, attempt_id: UUID, number: int, *, end: str, now: datetime) -> bool:
    """Ends a sitting; whether it was open."""
    return store.end_session(session, tenant, attempt_id, number, end=end, at=now)


def end_earlier(session: Session, tenant: str, attempt_id: UUID, number: int, now: datetime) -> int:
    """Ends the sittings before this one; how many were open."""
    return store.end_sessions(session, tenant, attempt_id, before=number, end=SUPERSEDED, at=now)


def silent_sittings(session: Session, tenant: str, since: datetime, limit: int) -> list[Sitting]:
    """Open sittings of which nothing has come since then."""
    return store.find_silent(session, tenant, since, limit)


# Results


def keep_result(session: Session, tenant: str, attempt_id: UUID, evidence: bytes, now: datetime) -> int:
    """Keeps what an attempt came to; gives its number among the attempt's results."""
    return store.insert_result(session, tenant, attempt_id, evidence.decode(), now)


@dataclass(frozen=True, slots=True)
class KeptResult:
    """A result as it was handed on: ``id`` is its completion's, ``document`` what it rests on."""

    id: str
    document: str
    at: datetime


def results_of(session: Session, tenant: str, attempt_id: UUID) -> list[KeptResult]:
    """The attempt's results, the first first."""
    rows = store.find_results(session, tenant, attempt_id)
    return [KeptResult(f"{attempt_id}.{row.number}", row.document, row.at) for row in rows]


class AttemptEvidence:
    """Reads what attempts came to; implements ``ports.EvidenceSource`` for the source ``scorm``."""

    def evidence_bytes(self, session: Session, tenant: str, source: str, id: str) -> bytes | None:
        """The result as it was kept, or None when there is none under that id."""
        attempt_id, _, number = id.partition(".")
        if source != SOURCE or not (number.isascii() and number.isdecimal()):
            return None
        try:
            found = store.find_result(session, tenant, UUID(attempt_id), int(number))
        except ValueError:
            return None
        return None if found is None else found.encode()


# Support


@dataclass(frozen=True, slots=True)
class KeptCommit:
    """A commit as it came."""

    session: int
    sequence: int
    item: str
    at: datetime
    body: str


def commits_of(session: Session, tenant: str, attempt_id: UUID) -> list[KeptCommit]:
    """The attempt's newest commits, the newest first."""
    rows = store.find_commits(session, tenant, attempt_id, SHOWN_COMMITS, SHOWN_LENGTH)
    return [KeptCommit(row.session, row.sequence, row.item, row.at, row.body) for row in rows]


def sittings_of(session: Session, tenant: str, attempt_id: UUID) -> Sequence[Sitting]:
    """The attempt's sittings, the first first."""
    return store.find_sessions(session, tenant, attempt_id)
