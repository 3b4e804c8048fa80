"""One round of a forwarding: what waits goes out in order, and the cursor follows each answer.

A statement is sent before the cursor moves past it, so a worker that dies between the two lets its successor send it again: at
least once, which the other LRS recognises by the id.
"""

import secrets
import threading
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import cast

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Unavailable
from lrs_bridge.rounds.common import open_remote, queued, settle_letter
from lrs_bridge.web.parts import Parts
from lrs_bridge.web.reply import Reply
from lrs_bridge.xapi.attachments import service as attachments
from lrs_bridge.xapi.exchange import JSON, Answer
from lrs_bridge.xapi.relay.client import Content, Remote
from lrs_bridge.xapi.relay.delivery import Outgoing, begin, body, is_same
from lrs_bridge.xapi.relay.relay import DeadLetter, Relay
from lrs_bridge.xapi.relay.reply import Cause, RelayFailed, Verdict, failure, verdict
from lrs_bridge.xapi.relay.running import service
from lrs_bridge.xapi.relay.running.service import Batch, Held
from lrs_bridge.xapi.relay.sweep import MAX_PAGE_BYTES, one_statement
from lrs_bridge.xapi.statements import service as statements

_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_SETTLED = frozenset({Verdict.TAKEN, Verdict.THERE, Verdict.UNFIT})


def forward(parts: Parts, held: Held, stop: threading.Event) -> Held:
    """Sends what waits until nothing does or told to stop. Raises RelayFailed and LeaseLost."""
    with open_remote(parts, held.relay) as remote:
        for letter in queued(parts, held):
            if not stop.is_set():
                held = _resend(parts, held, letter, remote)
        while not stop.is_set():
            batch = _next_batch(parts, held)
            if batch.end == held.relay.cursor:
                break
            held = _deliver(parts, held, batch, remote, stop)
    return held


def _next_batch(parts: Parts, held: Held) -> Batch:
    """In two transactions, since on SQLite the first one holds the write lock for as long as it lasts."""
    relay, now = held.relay, parts.clock()
    through = read(parts.engine, lambda session: statements.consistent_through(session, relay.tenant, now))
    return read(parts.engine, lambda session: service.next_batch(session, relay, through))


def _deliver(parts: Parts, held: Held, batch: Batch, remote: Remote, stop: threading.Event) -> Held:
    delivery = begin(batch.statements)
    while delivery.next and not stop.is_set():
        reply = _send(parts, held.relay, delivery.next, remote)
        settled = delivery.settle(_found(parts, delivery.next, reply, remote))
        if settled.taken:
            held = _advance(parts, held, max(one.seq for one in settled.taken), len(settled.taken))
        if settled.refused is not None:
            held = _reject(parts, held, settled.refused, reply)
    if delivery.next or batch.end <= held.relay.cursor:
        return held
    return _advance(parts, held, batch.end, 0)


def _send(parts: Parts, relay: Relay, group: Sequence[Outgoing], remote: Remote) -> Reply:
    """The answer to these statements, when it is about them. Raises RelayFailed for every other one."""
    reply = remote.post_statements(*_written(parts, relay, group))
    if verdict(reply.status) not in _SETTLED:
        raise failure(reply, parts.clock())
    return reply


def _found(parts: Parts, group: Sequence[Outgoing], reply: Reply, remote: Remote) -> Verdict:
    """What the answer means. When the id of a single statement is known there, the other LRS is asked what it has under it.

    What can't be asked for is taken for another statement: better on a list than lost without a word.
    """
    found = verdict(reply.status)
    if found is not Verdict.THERE or len(group) > 1:
        return found
    named = str(group[0].statement_id)
    for voided in (False, True):
        there = remote.get(one_statement(remote.endpoint, named, voided=voided, contents=False), limit=MAX_PAGE_BYTES)
        if there.status == HTTPStatus.OK:
            return found if is_same(group[0], there.body) else Verdict.UNFIT
        if verdict(there.status) is Verdict.LATER and there.status not in _GONE:
            raise failure(there, parts.clock())
    return Verdict.UNFIT


def _written(parts: Parts, relay: Relay, group: Sequence[Outgoing]) -> tuple[bytes | Content, str]:
    """The body that these statements go out in, and its type: multipart where contents of attachments go with them."""
    statements = body(group)
    if b'"attachments"' not in statements:
        return statements, JSON
    kept = read(parts.engine, lambda session: service.attached(session, relay, group))
    if not kept:
        return statements, JSON
    boundary, data_dir = secrets.token_hex(16), parts.settings.data_dir

    def written() -> Answer:
        return attachments.answer(Answer(statements), kept, data_dir=data_dir, tenant=relay.tenant, boundary=boundary)

    try:
        first = written()
    except Unavailable as error:
        raise RelayFailed(error.message, cause=Cause.CONTENT_MISSING) from error
    return Content(int(first.headers["Content-Length"]), lambda: cast("Iterable[bytes]", written().body)), first.content_type


def _advance(parts: Parts, held: Held, cursor: int, taken: int) -> Held:
    now = parts.clock()
    return transact(parts.engine, lambda session: service.advance(session, held, cursor=cursor, taken=taken, now=now))


def _reject(parts: Parts, held: Held, one: Outgoing, reply: Reply) -> Held:
    def work(session: Session) -> Held:
        named = str(one.statement_id)
        return service.reject(session, held, cursor=one.seq, statement_id=named, reason=_told(reply), now=parts.clock())

    return transact(parts.engine, work)


def _resend(parts: Parts, held: Held, letter: DeadLetter, remote: Remote) -> Held:
    """Tries a dead letter by itself; one whose statement was erased since is dropped."""
    one = read(parts.engine, lambda session: service.find_outgoing(session, held.relay, letter))
    if one is None:
        return settle_letter(parts, held, letter, None, taken=0)
    reply = _send(parts, held.relay, (one,), remote)
    if _found(parts, (one,), reply, remote) is Verdict.UNFIT:
        return settle_letter(parts, held, letter, _told(reply))
    return settle_letter(parts, held, letter, None)


def _told(reply: Reply) -> str:
    if verdict(reply.status) is Verdict.THERE:
        return f"{reply.status}: the other LRS has another statement under this id. {reply.excerpt}".strip()
    return f"{reply.status}: {reply.excerpt}"
