"""One round of a pull: page after page of another LRS's statements, stored here as any source's.

A page is stored before the cursor moves past it; what comes again is recognised by its id. A statement that breaks a rule, or
has the id of another one that is stored here, goes to the dead letters alone.
"""

import threading
from collections.abc import Iterable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Conflict, Forbidden, Invalid, LrsBridgeError, TooLarge, UnsupportedMedia
from lrs_bridge.rounds.common import open_remote, queued, settle_letter
from lrs_bridge.web.parts import Parts
from lrs_bridge.web.reply import Reply
from lrs_bridge.xapi.attachments.intake import service as attachment_intake
from lrs_bridge.xapi.attachments.intake.service import Received
from lrs_bridge.xapi.model.statement import Statement, parse_statement, parse_statements
from lrs_bridge.xapi.relay.client import Remote, Stream
from lrs_bridge.xapi.relay.relay import DeadLetter
from lrs_bridge.xapi.relay.reply import failure
from lrs_bridge.xapi.relay.running import service
from lrs_bridge.xapi.relay.running.service import Held
from lrs_bridge.xapi.relay.sweep import (
    MAX_PAGE_BYTES,
    after_page,
    bound,
    first_page,
    id_of,
    in_batches,
    needs_contents,
    one_statement,
    parse_page,
)
from lrs_bridge.xapi.statements import service as statements

MULTIPART = "multipart/mixed"
_GONE = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


def pull(parts: Parts, held: Held, stop: threading.Event) -> Held:
    """Fetches until there is no more or told to stop. Raises RelayFailed and LeaseLost."""
    tenant = held.relay.tenant
    read(parts.engine, lambda session: statements.observe(session, tenant, parts.clock()))  # what is stored now comes last
    with open_remote(parts, held.relay) as remote:
        for letter in queued(parts, held):
            if not stop.is_set():
                held = _fetch_again(parts, held, letter, remote)
        is_last = False
        while not is_last and not stop.is_set():
            held = _take_page(parts, held, remote)
            is_last = held.relay.sweep.more is None
    return held


def _take_page(parts: Parts, held: Held, remote: Remote) -> Held:
    sweep = held.relay.sweep
    url = sweep.more or first_page(remote.endpoint, sweep.since)
    reply = remote.get(url, limit=MAX_PAGE_BYTES)
    if reply.status != HTTPStatus.OK:
        if sweep.more and reply.status in _GONE:
            transact(parts.engine, lambda session: service.restart_sweep(session, held, parts.clock()))
        raise failure(reply, parts.clock())
    page = parse_page(reply, url)
    through = bound(reply.headers, parts.clock())
    held, taken = _keep_all(parts, held, page.statements, remote)
    following = after_page(sweep, page, through)
    now = parts.clock()
    return transact(parts.engine, lambda session: service.swept(session, held, following, taken=taken, now=now))


def _keep_all(parts: Parts, held: Held, raws: Iterable[bytes], remote: Remote) -> tuple[Held, int]:
    """Stores what fits the filter; how many of them were new."""
    fitting: list[Statement] = []
    taken = 0
    for raw in raws:
        named = id_of(raw)
        if named is not None and needs_contents(raw):
            held, new = _fetch(parts, held, named, remote)
            taken += new
            continue
        try:
            one = parse_statement(raw, max_bytes=parts.settings.max_statement_bytes, version=held.relay.version)
        except (Invalid, TooLarge) as error:
            held = _reject(parts, held, named, _told(error))
            continue
        if held.relay.filter.fits(one.value):
            fitting.append(one)
    for batch in in_batches(fitting):
        held, new = _keep(parts, held, batch)
        taken += new
    return held, taken


def _keep(parts: Parts, held: Held, batch: Sequence[Statement]) -> tuple[Held, int]:
    """Stores a batch, in halves where it is refused, until the statement at fault stands alone."""
    try:
        return held, _store(parts, held, batch)
    except (Conflict, Forbidden, Invalid, TooLarge) as error:
        if len(batch) == 1:
            return _reject(parts, held, str(batch[0].id), _told(error)), 0
    middle = len(batch) // 2
    held, first = _keep(parts, held, batch[:middle])
    held, second = _keep(parts, held, batch[middle:])
    return held, first + second


def _store(parts: Parts, held: Held, batch: Sequence[Statement], received: Received | None = None) -> int:
    def work(session: Session) -> int:
        home_page, sink = parts.settings.public_url, parts.completion_sink
        return service.store_pulled(
            session, held.relay, batch, home_page=home_page, clock=parts.clock, sink=sink, received=received
        )

    return transact(parts.engine, work)


def _reject(parts: Parts, held: Held, statement_id: str | None, reason: str) -> Held:
    def work(session: Session) -> Held:
        return service.reject(session, held, cursor=0, statement_id=statement_id, reason=reason, now=parts.clock())

    return transact(parts.engine, work)


class _Refused(Exception):
    """Why one statement can't be brought over."""


def _fetch(parts: Parts, held: Held, statement_id: str, remote: Remote) -> tuple[Held, int]:
    """Fetches one statement with the contents of its attachments and stores it; whether it was new."""
    try:
        return held, _bring(parts, held, statement_id, remote)
    except _Refused as refused:
        return _reject(parts, held, statement_id, str(refused)), 0


def _fetch_again(parts: Parts, held: Held, letter: DeadLetter, remote: Remote) -> Held:
    """Fetches the statement of a dead letter by its id and tries to store it anew."""
    if letter.statement_id is None:
        return settle_letter(parts, held, letter, letter.reason)
    try:
        taken = _bring(parts, held, letter.statement_id, remote)
    except _Refused as refused:
        return settle_letter(parts, held, letter, str(refused))
    return settle_letter(parts, held, letter, None, taken=taken)


def _bring(parts: Parts, held: Held, statement_id: str, remote: Remote) -> int:
    """Brings one statement over, also when it was voided there since; how many were new. Raises _Refused and RelayFailed."""
    for voided in (False, True):
        with remote.open(one_statement(remote.endpoint, statement_id, voided=voided)) as (reply, stream):
            if reply.status == HTTPStatus.OK:
                return _take_one(parts, held, reply, stream)
            if reply.status not in _GONE:
                raise failure(reply, parts.clock())
    raise _Refused(f"{reply.status}: the other LRS does not give it by its id")


def _take_one(parts: Parts, held: Held, reply: Reply, stream: Stream) -> int:
    """Stores the statement of an answer that fits the filter."""
    largest, version = parts.settings.max_statement_bytes, held.relay.version
    told = reply.headers.get("content-type", "")
    try:
        if not told.lower().startswith(MULTIPART):
            one = parse_statement(_whole(stream, largest), max_bytes=largest, version=version)
            return _store(parts, held, [one]) if held.relay.filter.fits(one.value) else 0
        parse = partial(parse_statements, max_bytes=largest, version=version, contents_follow=True)
        where: Any = {"data_dir": parts.settings.data_dir, "tenant": held.relay.tenant, "brought_over": True}
        with attachment_intake.receive(stream, told, parse=parse, max_statements_bytes=largest, **where) as received:
            fits = all(held.relay.filter.fits(one.value) for one in received.statements)
            return _store(parts, held, received.statements, received) if fits else 0
    except (Conflict, Forbidden, Invalid, TooLarge, UnsupportedMedia) as error:
        raise _Refused(_told(error)) from error


def _whole(stream: Stream, largest: int) -> bytes:
    content = bytearray()
    while len(content) <= largest and (piece := stream.read(largest)):
        content += piece
    return bytes(content)


def _told(error: LrsBridgeError) -> str:
    return f"{error.message} ({error.rule})" if error.rule else error.message
