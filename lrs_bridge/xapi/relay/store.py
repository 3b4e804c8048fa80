"""Queries over relays and dead letters, and over the statements in the order in which they were stored."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, delete, exists, func, insert, or_, select, update

from lrs_bridge.db import Session
from lrs_bridge.xapi.model.version import Version
from lrs_bridge.xapi.relay.filter import from_json
from lrs_bridge.xapi.relay.relay import DeadLetter, Direction, Relay, State, told_as, trouble_from_json
from lrs_bridge.xapi.relay.sweep import Cursor
from lrs_bridge.xapi.relay.tables import dead_letter, relay
from lrs_bridge.xapi.statements.log.store import find_stretch
from lrs_bridge.xapi.statements.tables import statement


@dataclass(frozen=True, slots=True)
class Logged:
    """A stored statement in its place in the log; ``voided`` as of now, ``target_id`` what it points at."""

    seq: int
    statement_id: UUID
    payload: str
    voided: bool
    target_id: UUID | None


# --- relays ----------------------------------------------------------------------------------------------------------------


def insert_relay(session: Session, new: Relay) -> None:
    """Adds a relay."""
    session.execute(insert(relay), {"tenant_id": new.tenant, "relay_id": new.relay_id, **_values(new)})


def replace_relay(session: Session, changed: Relay) -> None:
    """Keeps the relay as it is now, and takes it from the worker that holds it, who knows it only as it was."""
    values = _values(changed) | {"leased_by": None, "leased_until": None}
    session.execute(update(relay).where(_is(changed)).values(values))


def delete_relay(session: Session, gone: Relay) -> None:
    """Removes the relay and its dead letters."""
    session.execute(delete(dead_letter).where(_of(gone)))
    session.execute(delete(relay).where(_is(gone)))


def find_relay(session: Session, tenant: str, relay_id: UUID) -> Relay | None:
    """The relay, or None."""
    row = session.execute(select(relay).where(relay.c.tenant_id == tenant, relay.c.relay_id == relay_id)).one_or_none()
    return None if row is None else _relay(row)


def lock_relay(session: Session, tenant: str, relay_id: UUID) -> Relay | None:
    """The relay, which nobody else changes until the transaction ends; None when there is none."""
    query = select(relay).where(relay.c.tenant_id == tenant, relay.c.relay_id == relay_id).with_for_update()
    row = session.execute(query).one_or_none()
    return None if row is None else _relay(row)


def find_named(session: Session, tenant: str, name: str) -> Relay | None:
    """The relay of that name, or None."""
    row = session.execute(select(relay).where(relay.c.tenant_id == tenant, relay.c.name == name)).one_or_none()
    return None if row is None else _relay(row)


def list_relays(session: Session, tenant: str | None = None) -> list[Relay]:
    """The tenant's relays, or everybody's, by name."""
    query = select(relay).order_by(relay.c.tenant_id, relay.c.name)
    if tenant is not None:
        query = query.where(relay.c.tenant_id == tenant)
    return [_relay(row) for row in session.execute(query)]


def lease(session: Session, tenant: str, relay_id: UUID, worker: str, *, now: datetime, until: datetime) -> bool:
    """Gives the relay to the worker unless another one holds it; whether it did."""
    free = or_(relay.c.leased_until.is_(None), relay.c.leased_until <= now, relay.c.leased_by == worker)
    where = and_(relay.c.tenant_id == tenant, relay.c.relay_id == relay_id, free)
    return session.execute(update(relay).where(where).values(leased_by=worker, leased_until=until)).rowcount == 1


def renew(session: Session, tenant: str, relay_id: UUID, worker: str, *, until: datetime) -> bool:
    """Lets the worker keep the relay longer; whether nobody took it meanwhile. Nobody does before the transaction ends."""
    where = and_(relay.c.tenant_id == tenant, relay.c.relay_id == relay_id, relay.c.leased_by == worker)
    return session.execute(update(relay).where(where).values(leased_until=until)).rowcount == 1


def release(session: Session, tenant: str, relay_id: UUID, worker: str) -> None:
    """Gives the relay back, if the worker still holds it."""
    where = and_(relay.c.tenant_id == tenant, relay.c.relay_id == relay_id, relay.c.leased_by == worker)
    session.execute(update(relay).where(where).values(leased_by=None, leased_until=None))


def update_held(session: Session, changed: Relay) -> None:
    """Keeps how the relay that the worker holds fares."""
    session.execute(update(relay).where(_is(changed)).values(_values(changed)))


def forget_answers(session: Session, tenant: str) -> None:
    """Removes what other LRSs said when something went wrong; when it was, and why, stays."""
    named = select(relay.c.relay_id, relay.c.troubles).where(relay.c.tenant_id == tenant).order_by(relay.c.relay_id)
    for row in session.execute(named.with_for_update()).all():
        silent = [replace(trouble_from_json(kept), message="") for kept in row.troubles]
        where = relay.c.tenant_id == tenant, relay.c.relay_id == row.relay_id
        session.execute(update(relay).where(*where).values(troubles=told_as(silent)))


def mark_stall_told(session: Session, told: Relay) -> bool:
    """Notes that the stall was told of; whether nobody had noted it before."""
    where = and_(_is(told), ~relay.c.stall_told)
    return session.execute(update(relay).where(where).values(stall_told=True)).rowcount == 1


def _is(one: Relay) -> ColumnElement[bool]:
    return and_(relay.c.tenant_id == one.tenant, relay.c.relay_id == one.relay_id)


def _values(one: Relay) -> dict[str, Any]:
    return {
        "direction": one.direction.value,
        "name": one.name,
        "endpoint": one.endpoint,
        "key": one.key,
        "sealed_secret": one.sealed_secret,
        "version": one.version.value,
        "filter": one.filter.to_json(),
        "state": one.state.value,
        "assigned": one.assigned,
        "stall_minutes": one.stall_minutes,
        "credential_key": one.credential_key,
        "cursor": one.cursor,
        "since": one.sweep.since,
        "more": one.sweep.more,
        "bound": one.sweep.bound,
        "relayed": one.relayed,
        "refused_in_row": one.refused_in_row,
        "failures": one.failures,
        "retry_at": one.retry_at,
        "troubles": told_as(one.troubles),
        "moved_at": one.moved_at,
        "stall_told": one.stall_told,
        "created_at": one.created_at,
    }


def _relay(row: Row[Any]) -> Relay:
    return Relay(
        tenant=row.tenant_id,
        relay_id=row.relay_id,
        direction=Direction(row.direction),
        name=row.name,
        endpoint=row.endpoint,
        key=row.key,
        sealed_secret=row.sealed_secret,
        version=Version(row.version),
        filter=from_json(row.filter),
        state=State(row.state),
        assigned=row.assigned,
        stall_minutes=row.stall_minutes,
        credential_key=row.credential_key,
        cursor=row.cursor,
        sweep=Cursor(row.since, row.more, row.bound),
        relayed=row.relayed,
        refused_in_row=row.refused_in_row,
        failures=row.failures,
        retry_at=row.retry_at,
        troubles=tuple(trouble_from_json(kept) for kept in row.troubles),
        moved_at=row.moved_at,
        stall_told=row.stall_told,
        created_at=row.created_at,
    )


# --- dead letters ----------------------------------------------------------------------------------------------------------


def insert_letter(session: Session, of: Relay, letter: DeadLetter) -> None:
    """Adds a letter to the relay's list."""
    values = {
        "tenant_id": of.tenant,
        "relay_id": of.relay_id,
        "letter_id": letter.letter_id,
        "statement_id": letter.statement_id,
        "reason": letter.reason,
        "attempts": letter.attempts,
        "first_at": letter.first_at,
        "last_at": letter.last_at,
        "queued": letter.queued,
    }
    session.execute(insert(dead_letter), values)


def replace_letter(session: Session, of: Relay, letter: DeadLetter) -> None:
    """Keeps how the letter fared."""
    values = {"reason": letter.reason, "attempts": letter.attempts, "last_at": letter.last_at, "queued": letter.queued}
    session.execute(update(dead_letter).where(_of(of), dead_letter.c.letter_id == letter.letter_id).values(values))


def find_letter_about(session: Session, of: Relay, statement_id: str | None, reason: str) -> DeadLetter | None:
    """The letter about a statement, or, when it has no id, one with the same reason."""
    if statement_id is None:
        about = and_(dead_letter.c.statement_id.is_(None), dead_letter.c.reason == reason)
    else:
        about = dead_letter.c.statement_id == statement_id
    row = session.execute(select(dead_letter).where(_of(of), about).limit(1)).one_or_none()
    return None if row is None else _letter(row)


def list_letters(session: Session, of: Relay, limit: int) -> list[DeadLetter]:
    """The relay's letters, the newest first."""
    order = dead_letter.c.last_at.desc(), dead_letter.c.letter_id
    return [_letter(row) for row in session.execute(select(dead_letter).where(_of(of)).order_by(*order).limit(limit))]


def list_queued(session: Session, of: Relay, limit: int) -> list[DeadLetter]:
    """Letters that are to be tried again, the oldest first."""
    query = select(dead_letter).where(_of(of), dead_letter.c.queued).order_by(dead_letter.c.last_at, dead_letter.c.letter_id)
    return [_letter(row) for row in session.execute(query.limit(limit))]


def count_letters(session: Session, of: Relay) -> int:
    """How many letters the relay has."""
    return int(session.execute(select(func.count()).select_from(dead_letter).where(_of(of))).scalar_one())


def has_queued(session: Session, of: Relay) -> bool:
    """Whether a letter is to be tried again."""
    return bool(session.execute(select(exists().where(_of(of), dead_letter.c.queued))).scalar_one())


def queue_letters(session: Session, of: Relay, letter_id: UUID | None) -> int:
    """Marks a letter, or all when None, to be tried again; how many are there."""
    query = update(dead_letter).where(_of(of)).values(queued=True)
    return session.execute(query if letter_id is None else query.where(dead_letter.c.letter_id == letter_id)).rowcount


def delete_letters(session: Session, of: Relay, letter_id: UUID | None) -> int:
    """Removes a letter, or all when None; how many were there."""
    query = delete(dead_letter).where(_of(of))
    return session.execute(query if letter_id is None else query.where(dead_letter.c.letter_id == letter_id)).rowcount


def delete_letters_about(session: Session, tenant: str, statement_ids: Collection[str]) -> int:
    """Removes every relay's letters about these statements, whose ids are in small letters; how many there were."""
    where = dead_letter.c.tenant_id == tenant, func.lower(dead_letter.c.statement_id).in_(statement_ids)
    return session.execute(delete(dead_letter).where(*where)).rowcount


def _of(one: Relay) -> ColumnElement[bool]:
    return and_(dead_letter.c.tenant_id == one.tenant, dead_letter.c.relay_id == one.relay_id)


def _letter(row: Row[Any]) -> DeadLetter:
    return DeadLetter(row.letter_id, row.statement_id, row.reason, row.attempts, row.first_at, row.last_at, row.queued)


# --- the log ---------------------------------------------------------------------------------------------------------------

_LOGGED = (
    statement.c.seq,
    statement.c.statement_id,
    statement.c.payload,
    statement.c.voided,
    statement.c.target_id,
)


def following(session: Session, tenant: str, *, after: int, before: int, limit: int) -> list[Logged]:
    """The first statements numbered between these two, in order, voided ones and those that void included; fewer when large."""
    where = statement.c.tenant_id == tenant, statement.c.seq > after, statement.c.seq < before
    stretch = find_stretch(session, *where, ascending=True, limit=limit)
    if stretch is None:
        return []
    query = select(*_LOGGED).where(*where, statement.c.seq <= stretch.last).order_by(statement.c.seq)
    return [Logged(*row) for row in session.execute(query)]


def voiding_before(session: Session, tenant: str, target_id: UUID, before: int) -> list[Logged]:
    """The statements numbered before this one that void that one, in order."""
    where = statement.c.tenant_id == tenant, statement.c.target_id == target_id, statement.c.voids, statement.c.seq < before
    return [Logged(*row) for row in session.execute(select(*_LOGGED).where(*where).order_by(statement.c.seq))]


def find_logged(session: Session, tenant: str, ids: Iterable[UUID]) -> dict[UUID, Logged]:
    """Those of these statements that are stored, by their ids."""
    where = statement.c.tenant_id == tenant, statement.c.statement_id.in_(list(ids))
    return {row.statement_id: Logged(*row) for row in session.execute(select(*_LOGGED).where(*where))}


def next_number(session: Session, tenant: str, after: int) -> int | None:
    """The number of the first statement after this one, None when it is the last."""
    where = statement.c.tenant_id == tenant, statement.c.seq > after
    found = session.execute(select(statement.c.seq).where(*where).order_by(statement.c.seq).limit(1)).scalar_one_or_none()
    return None if found is None else int(found)


def count_following(session: Session, tenant: str, after: int, limit: int) -> int:
    """How many statements come after this one, counted up to the limit."""
    some = select(statement.c.seq).where(statement.c.tenant_id == tenant, statement.c.seq > after).limit(limit).subquery()
    return int(session.execute(select(func.count()).select_from(some)).scalar_one())
