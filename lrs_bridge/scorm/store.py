"""Sittings, what SCOs have set, and commits in the database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, insert, or_, select, text, update

from lrs_bridge.db import Prepared, Session, as_uuid, insert_ignore
from lrs_bridge.scorm.merging import Merged
from lrs_bridge.scorm.tables import scorm_commit, scorm_position, scorm_result, scorm_sco, scorm_session


@dataclass(frozen=True, slots=True)
class Sitting:
    """One scorm_session: a launch of an attempt. ``end`` says how it ended: terminated, superseded or timed_out."""

    attempt_id: UUID
    number: int
    mode: str
    opened_at: datetime
    ended_at: datetime | None
    end: str | None
    user_agent: str


@dataclass(frozen=True, slots=True)
class Sco:
    """What an SCO has set, and what statements have told of it."""

    merged: Merged
    told: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Position:
    """Where the attempt stands as a whole; ``sequencing`` and ``globals`` are the player's own JSON."""

    current: str | None
    sequencing: str | None
    globals: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a commit: whether it was ``new``, and, if so, the number of the attempt's newest sitting."""

    new: bool
    newest: int | None

    def stands_in(self, number: int) -> bool:
        """Whether the attempt goes on in that sitting, for all that is known: of what was there before nothing is."""
        return self.newest in (None, number)


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A commit on its way in; ``body`` is what came."""

    tenant: str
    attempt_id: UUID
    session: int
    sequence: int
    item: str
    at: datetime
    body: str


# Sittings


def insert_session(session: Session, tenant: str, new: Sitting) -> None:
    """Adds a sitting."""
    values = {
        "tenant_id": tenant,
        "attempt_id": new.attempt_id,
        "number": new.number,
        "mode": new.mode,
        "opened_at": new.opened_at,
        "user_agent": new.user_agent,
    }
    session.execute(insert(scorm_session), values)


def end_session(session: Session, tenant: str, attempt_id: UUID, number: int, *, end: str, at: datetime) -> bool:
    """Ends the sitting; whether it was open."""
    query = update(scorm_session).where(
        scorm_session.c.tenant_id == tenant,
        scorm_session.c.attempt_id == attempt_id,
        scorm_session.c.number == number,
        scorm_session.c.ended_at.is_(None),
    )
    return session.execute(query.values(ended_at=at, end=end)).rowcount == 1


def newest_number(session: Session, tenant: str, attempt_id: UUID) -> int:
    """The number of the attempt's newest sitting, 0 when there is none."""
    query = select(func.max(scorm_session.c.number)).where(
        scorm_session.c.tenant_id == tenant, scorm_session.c.attempt_id == attempt_id
    )
    return session.execute(query).scalar() or 0


def find_sessions(session: Session, tenant: str, attempt_id: UUID) -> list[Sitting]:
    """The attempt's sittings, the first first."""
    query = select(scorm_session).where(scorm_session.c.tenant_id == tenant, scorm_session.c.attempt_id == attempt_id)
    return [_sitting(row) for row in session.execute(query.order_by(scorm_session.c.number))]


def _sitting(row: Row[Any]) -> Sitting:
    return Sitting(row.attempt_id, row.number, row.mode, row.opened_at, row.ended_at, row.end, row.user_agent)


def end_sessions(session: Session, tenant: str, attempt_id: UUID, *, before: int, end: str, at: datetime) -> int:
    """Ends the sittings with lower numbers that are open; how many there were."""
    query = update(scorm_session).where(
        scorm_session.c.tenant_id == tenant,
        scorm_session.c.attempt_id == attempt_id,
        scorm_session.c.number < before,
        scorm_session.c.ended_at.is_(None),
    )
    return session.execute(query.values(ended_at=at, end=end)).rowcount


def find_silent(session: Session, tenant: str, since: datetime, limit: int) -> list[Sitting]:
    """Open sittings of which nothing has come since then, the oldest first."""
    last = (
        select(func.max(scorm_commit.c.at))
        .where(
            scorm_commit.c.tenant_id == scorm_session.c.tenant_id,
            scorm_commit.c.attempt_id == scorm_session.c.attempt_id,
            scorm_commit.c.session == scorm_session.c.number,
        )
        .scalar_subquery()
    )
    query = select(scorm_session).where(
        scorm_session.c.tenant_id == tenant,
        scorm_session.c.ended_at.is_(None),
        scorm_session.c.opened_at < since,
        func.coalesce(last, scorm_session.c.opened_at) < since,
    )
    return [_sitting(row) for row in session.execute(query.order_by(scorm_session.c.opened_at).limit(limit))]


# What SCOs have set


def find_scos(session: Session, tenant: str, attempt_id: UUID) -> dict[str, Sco]:
    """What each SCO of the attempt has set, by its item."""
    query = select(scorm_sco).where(scorm_sco.c.tenant_id == tenant, scorm_sco.c.attempt_id == attempt_id)
    return {row.item: _sco(row) for row in session.execute(query)}


def _sco(row: Row[Any]) -> Sco:
    known = Merged(row.item, row.cmi, row.session, row.sequence, row.seconds, row.session_seconds, row.is_terminated)
    return Sco(known, row.told)


def set_told(session: Session, tenant: str, attempt_id: UUID, item: str, told: dict[str, Any]) -> None:
    """Keeps what statements have told of the SCO."""
    query = update(scorm_sco).where(
        scorm_sco.c.tenant_id == tenant, scorm_sco.c.attempt_id == attempt_id, scorm_sco.c.item == item
    )
    session.execute(query.values(told=told))


def find_position(session: Session, tenant: str, attempt_id: UUID) -> Position:
    """Where the attempt stands."""
    query = select(scorm_position).where(scorm_position.c.tenant_id == tenant, scorm_position.c.attempt_id == attempt_id)
    row = session.execute(query).one_or_none()
    return Position(None, None, None) if row is None else Position(row.current, row.sequencing, row.globals)


def set_position(session: Session, of: NewCommit, values: dict[str, str | None]) -> None:
    """Keeps those of ``current``, ``sequencing`` and ``globals`` that came with a commit, unless newer ones are there."""
    key = {"tenant_id": of.tenant, "attempt_id": of.attempt_id}
    session.execute(insert_ignore(session, scorm_position), {**key, "session": 0, "sequence": 0})
    is_older = (scorm_position.c.session < of.session) | (
        (scorm_position.c.session == of.session) & (scorm_position.c.sequence < of.sequence)
    )
    query = update(scorm_position).where(
        scorm_position.c.tenant_id == of.tenant, scorm_position.c.attempt_id == of.attempt_id, is_older
    )
    session.execute(query.values(session=of.session, sequence=of.sequence, **values))


# Commits


def write_commits(session: Session, rows: Sequence[NewCommit]) -> list[Written]:
    """Keeps commits by one statement; those that are there already change nothing.

    What they say is merged into what their SCOs have set when somebody wants to know (``find_pending``), so that a row is all
    that most commits cost.
    """
    values = {f"{name}{n}": value for n, row in enumerate(rows) for name, value in zip(_COLUMNS, _values(row), strict=True)}
    found = _keeping(len(rows)).all(session, values)
    newest = {(as_uuid(attempt), number, sequence): newest for attempt, number, sequence, newest in found}
    keys = [(row.attempt_id, row.session, row.sequence) for row in rows]
    return [Written(new=key in newest, newest=newest.get(key)) for key in keys]


_COLUMNS = ("tenant_id", "attempt_id", "session", "sequence", "item", "at", "body")


def _values(row: NewCommit) -> tuple[Any, ...]:
    return row.tenant, row.attempt_id, row.session, row.sequence, row.item, row.at, row.body


@cache
def _keeping(count: int) -> Prepared:
    marks = ", ".join(f"({', '.join(f':{name}{n}' for name in _COLUMNS)})" for n in range(count))
    return Prepared(
        text(
            f"""
            insert into scorm_commit ({", ".join(_COLUMNS)})
            values {marks}
            on conflict do nothing
            returning attempt_id, session, sequence, (
                select max(number) from scorm_session
                where scorm_session.tenant_id = scorm_commit.tenant_id and scorm_session.attempt_id = scorm_commit.attempt_id
            )
            """  # noqa: S608  names of ours
        )
    )


def find_pending(session: Session, tenant: str, attempt_id: UUID) -> Sequence[Row[Any]]:
    """The commits that are newer than what their SCOs have set, in order; not those of sittings that only look."""
    same = and_(
        scorm_sco.c.tenant_id == scorm_commit.c.tenant_id,
        scorm_sco.c.attempt_id == scorm_commit.c.attempt_id,
        scorm_sco.c.item == scorm_commit.c.item,
    )
    sitting = and_(
        scorm_session.c.tenant_id == scorm_commit.c.tenant_id,
        scorm_session.c.attempt_id == scorm_commit.c.attempt_id,
        scorm_session.c.number == scorm_commit.c.session,
    )
    is_newer = or_(
        scorm_sco.c.item.is_(None),
        scorm_commit.c.session > scorm_sco.c.session,
        and_(scorm_commit.c.session == scorm_sco.c.session, scorm_commit.c.sequence > scorm_sco.c.sequence),
    )
    query = (
        select(scorm_commit)
        .select_from(scorm_commit.join(scorm_session, sitting).outerjoin(scorm_sco, same))
        .where(
            scorm_commit.c.tenant_id == tenant,
            scorm_commit.c.attempt_id == attempt_id,
            scorm_session.c.mode != "review",
            is_newer,
        )
    )
    return session.execute(query.order_by(scorm_commit.c.session, scorm_commit.c.sequence)).all()


def keep_scos(session: Session, tenant: str, attempt_id: UUID, scos: Iterable[Merged]) -> None:
    """Keeps what SCOs have set by now; what statements have told of them stays as it is."""
    for sco in scos:
        values = {
            "cmi": dict(sco.cmi),
            "session": sco.session,
            "sequence": sco.sequence,
            "seconds": sco.seconds,
            "session_seconds": sco.session_seconds,
            "is_terminated": sco.is_terminated,
        }
        key = {"tenant_id": tenant, "attempt_id": attempt_id, "item": sco.item}
        session.execute(insert_ignore(session, scorm_sco), {**key, **values, "told": {}})
        query = update(scorm_sco).where(
            scorm_sco.c.tenant_id == tenant, scorm_sco.c.attempt_id == attempt_id, scorm_sco.c.item == sco.item
        )
        session.execute(query.values(values))


def newest_sequence(session: Session, tenant: str, attempt_id: UUID, number: int) -> int:
    """The highest number of a sitting's commits, 0 when nothing has come."""
    query = select(func.max(scorm_commit.c.sequence)).where(
        scorm_commit.c.tenant_id == tenant, scorm_commit.c.attempt_id == attempt_id, scorm_commit.c.session == number
    )
    return session.execute(query).scalar() or 0


def find_commits(session: Session, tenant: str, attempt_id: UUID, limit: int, most_length: int) -> Sequence[Row[Any]]:
    """The attempt's commits as they came, the newest first, as many as are ``most_length`` characters together."""
    newest = scorm_commit.c.session.desc(), scorm_commit.c.sequence.desc()
    length = func.sum(func.length(scorm_commit.c.body)).over(order_by=newest).label("length")
    theirs = scorm_commit.c.tenant_id == tenant, scorm_commit.c.attempt_id == attempt_id
    found = select(scorm_commit, length).where(*theirs).order_by(*newest).limit(limit).subquery()
    query = select(found).where(found.c.length <= most_length)
    return session.execute(query.order_by(found.c.session.desc(), found.c.sequence.desc())).all()


# Results


def insert_result(session: Session, tenant: str, attempt_id: UUID, document: str, at: datetime) -> int:
    """Keeps what the attempt came to; gives the number of this result among the attempt's."""
    query = select(func.count()).where(scorm_result.c.tenant_id == tenant, scorm_result.c.attempt_id == attempt_id)
    number: int = session.execute(query.select_from(scorm_result)).scalar_one() + 1
    values = {"tenant_id": tenant, "attempt_id": attempt_id, "number": number, "document": document, "at": at}
    session.execute(insert(scorm_result), values)
    return number


def find_result(session: Session, tenant: str, attempt_id: UUID, number: int) -> str | None:
    """The result of that number, as it was kept."""
    query = select(scorm_result.c.document).where(
        scorm_result.c.tenant_id == tenant, scorm_result.c.attempt_id == attempt_id, scorm_result.c.number == number
    )
    found: str | None = session.execute(query).scalar_one_or_none()
    return found


def find_results(session: Session, tenant: str, attempt_id: UUID) -> Sequence[Row[Any]]:
    """The attempt's results, the first first."""
    query = select(scorm_result).where(scorm_result.c.tenant_id == tenant, scorm_result.c.attempt_id == attempt_id)
    return session.execute(query.order_by(scorm_result.c.number)).all()
