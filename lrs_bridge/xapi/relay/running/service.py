"""Relays on the move: held by one worker at a time, which tells how each step went."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

import orjson

from lrs_bridge.db import Session
from lrs_bridge.errors import Conflict
from lrs_bridge.ports import CompletionSink
from lrs_bridge.web.reply import shown
from lrs_bridge.xapi.attachments import service as attachments
from lrs_bridge.xapi.attachments.intake import service as attachment_intake
from lrs_bridge.xapi.attachments.intake.service import Received
from lrs_bridge.xapi.attachments.store import Kept
from lrs_bridge.xapi.model.formats import parse_uuid
from lrs_bridge.xapi.model.statement import Statement
from lrs_bridge.xapi.relay import store
from lrs_bridge.xapi.relay.delivery import MAX_BATCH, Outgoing, without_assigned
from lrs_bridge.xapi.relay.filter import voided_id
from lrs_bridge.xapi.relay.relay import MAX_REFUSED_IN_ROW, DeadLetter, Direction, Relay, State, Trouble
from lrs_bridge.xapi.relay.reply import Cause, RelayFailed, pause
from lrs_bridge.xapi.relay.service import own_credential
from lrs_bridge.xapi.relay.store import Logged
from lrs_bridge.xapi.relay.sweep import Cursor
from lrs_bridge.xapi.retention import service as retention
from lrs_bridge.xapi.statements import service as statements
from lrs_bridge.xapi.statements.sequence import first_after

LOOKED_AT = 200
"""How many statements a filter looks at in one go."""
PULL_PAUSE = timedelta(seconds=30)
"""How long a pull rests once it has seen all that is there."""
_ENDS = frozenset({Cause.KEY_REFUSED, Cause.ALL_REFUSED, Cause.OWN_KEY_ENDED, Cause.SECRET_UNREADABLE})


class LeaseLost(Conflict):
    """The relay was changed by an administrator, or taken over by another worker, since this one began."""

    code = "lease_lost"


@dataclass(frozen=True, slots=True)
class Held:
    """The lease that a worker has on a relay: ``worker`` names it, and it lasts ``length`` from each sign of life."""

    relay: Relay
    worker: str
    length: timedelta


@dataclass(frozen=True, slots=True)
class Batch:
    """What is to be sent next, and the number that the cursor moves to once that is done."""

    statements: tuple[Outgoing, ...]
    end: int


# --- moved on --------------------------------------------------------------------------------------------------------------


def due(session: Session, now: datetime, *, at_once: bool = False) -> list[Relay]:
    """The relays that there is something to do for; ``at_once`` takes no heed of how long each should wait."""
    running = [relay for relay in store.list_relays(session) if relay.state is State.RUNNING]
    return [relay for relay in running if (at_once or relay.is_due(now)) and _has_work(session, relay)]


def _has_work(session: Session, relay: Relay) -> bool:
    if relay.direction is Direction.PULL or store.has_queued(session, relay):
        return True
    return store.next_number(session, relay.tenant, relay.cursor) is not None


def hold(session: Session, relay: Relay, worker: str, *, length: timedelta, now: datetime) -> Held | None:
    """The relay, for this worker alone until the lease runs out; None when another worker has it, or it no longer runs."""
    if not store.lease(session, relay.tenant, relay.relay_id, worker, now=now, until=now + length):
        return None
    current = store.find_relay(session, relay.tenant, relay.relay_id)
    if current is None or current.state is not State.RUNNING:
        store.release(session, relay.tenant, relay.relay_id, worker)
        return None
    return Held(current, worker, length)


def keep_holding(session: Session, held: Held, now: datetime) -> None:
    """Makes the lease last from now on, for work that takes long. Raises LeaseLost."""
    _renewed(session, held, now)


def let_go(session: Session, held: Held) -> None:
    """Gives the relay back before the lease runs out."""
    store.release(session, held.relay.tenant, held.relay.relay_id, held.worker)


def next_batch(session: Session, relay: Relay, through: datetime) -> Batch:
    """What a forwarding sends next, of what was stored until ``through`` (``statements.service.consistent_through``).

    A filter judges a statement that voids by the one that it voids. Where that one came later, the voiding goes out after it.
    """
    limit = LOOKED_AT if relay.filter else MAX_BATCH
    found = store.following(session, relay.tenant, after=relay.cursor, before=first_after(through), limit=limit)
    end = found[-1].seq if found else relay.cursor
    chosen = _chosen(session, relay, found) if relay.filter else found
    return Batch(tuple(_outgoing(relay, one) for one in chosen), end)


def _chosen(session: Session, relay: Relay, found: Sequence[Logged]) -> list[Logged]:
    values = [orjson.loads(one.payload) for one in found]
    targets = {one.target_id for one, value in zip(found, values, strict=True) if one.target_id and voided_id(value)}
    voided = store.find_logged(session, relay.tenant, targets) if targets else {}
    chosen: list[Logged] = []
    for one, value in zip(found, values, strict=True):
        judged = value
        if one.target_id is not None and voided_id(value):
            target = voided.get(one.target_id)
            if target is None or target.seq > one.seq:  # it goes out after its target, when that has come
                continue
            judged = orjson.loads(target.payload)
        if relay.filter.fits(judged):
            chosen += _with_earlier_voidings(session, relay, one)
    return chosen


def _with_earlier_voidings(session: Session, relay: Relay, one: Logged) -> list[Logged]:
    """The statement and those before it that void it, numbered so that the cursor passes it with the last of them."""
    voiding = store.voiding_before(session, relay.tenant, one.statement_id, one.seq) if one.voided else []
    together = [one, *voiding]
    return [replace(each, seq=one.seq if each is together[-1] else one.seq - 1) for each in together]


def _outgoing(relay: Relay, one: Logged) -> Outgoing:
    payload = one.payload.encode()
    return Outgoing(one.seq, one.statement_id, payload if relay.assigned else without_assigned(payload))


def queued(session: Session, relay: Relay) -> list[DeadLetter]:
    """Some of the dead letters that are to be tried again."""
    return store.list_queued(session, relay, MAX_BATCH)


def attached(session: Session, relay: Relay, group: Sequence[Outgoing]) -> list[Kept]:
    """The attachments of these statements whose contents are here and go out with them."""
    return attachments.of(session, relay.tenant, [one.statement_id for one in group])


def find_outgoing(session: Session, relay: Relay, letter: DeadLetter) -> Outgoing | None:
    """The statement that a forwarding's dead letter is about; None when it is no longer stored."""
    statement_id = parse_uuid(letter.statement_id or "")
    found = {} if statement_id is None else store.find_logged(session, relay.tenant, [statement_id])
    return None if statement_id is None or statement_id not in found else _outgoing(relay, found[statement_id])


def advance(session: Session, held: Held, *, cursor: int, taken: int, now: datetime) -> Held:
    """Notes that the other LRS took so many statements, or that none up to the cursor was for it. Raises LeaseLost."""
    current = _renewed(session, held, now)
    moved = replace(
        current,
        cursor=max(current.cursor, cursor),
        relayed=current.relayed + taken,
        refused_in_row=0 if taken else current.refused_in_row,
        failures=0,
        retry_at=None,
        moved_at=now,
        stall_told=False,
    )
    store.update_held(session, moved)
    return replace(held, relay=moved)


def reject(session: Session, held: Held, *, cursor: int, statement_id: str | None, reason: str, now: datetime) -> Held:
    """Puts a statement on the list of dead letters and goes on with the next. Raises LeaseLost.

    Raises RelayFailed, and does nothing, when that would be one of too many in a row: then it is not the statements' fault.
    """
    current = _renewed(session, held, now)
    if current.refused_in_row >= MAX_REFUSED_IN_ROW:
        raise RelayFailed(f"each of the last {MAX_REFUSED_IN_ROW} statements was refused: {reason}", cause=Cause.ALL_REFUSED)
    _note_letter(session, current, statement_id, reason, now)
    moved = replace(
        current,
        cursor=max(current.cursor, cursor),
        refused_in_row=current.refused_in_row + (current.direction is Direction.FORWARDING),
        failures=0,
        retry_at=None,
        moved_at=now,
        stall_told=False,
    )
    store.update_held(session, moved)
    return replace(held, relay=moved)


def _note_letter(session: Session, relay: Relay, statement_id: str | None, reason: str, now: datetime) -> None:
    """Nothing is noted of a statement that was erased here meanwhile: the reason may quote it."""
    about = parse_uuid(statement_id or "")
    if about is not None and retention.find_erased_for_good(session, relay.tenant, [about], now):
        return
    known = store.find_letter_about(session, relay, statement_id, shown(reason))
    if known is None:
        store.insert_letter(session, relay, DeadLetter(uuid4(), statement_id, shown(reason), 1, now, now, queued=False))
    else:
        again = replace(known, reason=shown(reason), attempts=known.attempts + 1, last_at=now, queued=False)
        store.replace_letter(session, relay, again)


def settle_letter(session: Session, held: Held, letter: DeadLetter, *, reason: str | None, taken: int, now: datetime) -> Held:
    """Notes how a letter that was tried again fared: off the list without a ``reason``, else back on it. Raises LeaseLost."""
    current = _renewed(session, held, now)
    if reason is None:
        store.delete_letters(session, current, letter.letter_id)
        current = replace(current, relayed=current.relayed + taken, failures=0, retry_at=None, moved_at=now, stall_told=False)
        store.update_held(session, current)
    else:
        again = replace(letter, reason=shown(reason), attempts=letter.attempts + 1, last_at=now, queued=False)
        store.replace_letter(session, current, again)
    return replace(held, relay=current)


def fail(session: Session, held: Held, error: RelayFailed, *, spread: float, now: datetime) -> Held:
    """Notes that the relay can't go on: for good when the other LRS refuses our key, else for a while. Raises LeaseLost."""
    current = _renewed(session, held, now)
    failures = current.failures + 1
    failed = replace(
        current,
        state=State.REFUSED if error.cause in _ENDS else current.state,
        failures=failures,
        retry_at=now + pause(failures, spread, error.stay_away),
        troubles=current.with_trouble(Trouble(now, error.cause, shown(error.message), error.http_status)),
    )
    store.update_held(session, failed)
    return replace(held, relay=failed)


def _renewed(session: Session, held: Held, now: datetime) -> Relay:
    """The relay as it is now, held on to. Raises LeaseLost."""
    named = held.relay.tenant, held.relay.relay_id
    is_held = store.renew(session, *named, held.worker, until=now + held.length)
    current = store.find_relay(session, *named) if is_held else None
    if current is None:
        raise LeaseLost("the forwarding or pull was changed meanwhile, or another worker has it")
    return current


# --- pulled ----------------------------------------------------------------------------------------------------------------


def swept(session: Session, held: Held, sweep: Cursor, *, taken: int, now: datetime) -> Held:
    """Notes that a page was stored, with so many new statements. Raises LeaseLost."""
    current = _renewed(session, held, now)
    moved = replace(
        current,
        sweep=sweep,
        relayed=current.relayed + taken,
        failures=0,
        retry_at=None if sweep.more else now + PULL_PAUSE,
        moved_at=now,
        stall_told=False,
    )
    store.update_held(session, moved)
    return replace(held, relay=moved)


def restart_sweep(session: Session, held: Held, now: datetime) -> Held:
    """Begins a sweep anew at the cursor, since its next page is not given any more. Raises LeaseLost."""
    current = replace(_renewed(session, held, now), sweep=Cursor(since=held.relay.sweep.since))
    store.update_held(session, current)
    return replace(held, relay=current)


def store_pulled(
    session: Session,
    relay: Relay,
    batch: Sequence[Statement],
    *,
    home_page: str,
    clock: Callable[[], datetime],
    sink: CompletionSink,
    received: Received | None = None,
) -> int:
    """Stores statements of another LRS as any source's, with the contents of attachments that were ``received`` for them.

    Gives how many statements were new. Raises what ``statements.service.store_statements`` does, and RelayFailed when the pull's
    own credential was revoked.
    """
    now = clock()
    credential = own_credential(session, relay, now)
    if credential is None:
        raise RelayFailed("the key that this pull stores with was revoked", cause=Cause.OWN_KEY_ENDED)
    done = statements.store_statements(
        session,
        batch,
        credential=credential,
        home_page=home_page,
        now=now,
        clock=clock,
        version=relay.version,
        sink=sink,
    )
    if received is not None:
        attachment_intake.keep(session, relay.tenant, received, ids=done.ids, new=done.stored, now=now)
    return len(done.stored)
