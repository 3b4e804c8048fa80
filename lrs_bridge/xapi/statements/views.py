"""The statements resource.

Source: xAPI 1.0.3, Communication 2.1; IEEE 9274.1.1 (xAPI 2.0) 4.1.6.1.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from secrets import token_hex
from uuid import UUID

import orjson
from flask import request

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Invalid, LrsBridgeError
from lrs_bridge.web import metrics
from lrs_bridge.web.parts import extension, parts
from lrs_bridge.xapi.attachments import service as attachments
from lrs_bridge.xapi.attachments.intake import service as intake
from lrs_bridge.xapi.attachments.intake.service import Received
from lrs_bridge.xapi.credentials.credential import Credential
from lrs_bridge.xapi.exchange import NO_CONTENT, Answer, Call, Version
from lrs_bridge.xapi.model.formats import parse_uuid
from lrs_bridge.xapi.model.payload import written
from lrs_bridge.xapi.model.presentation import canonical, only_ids, parse_accept_language
from lrs_bridge.xapi.model.statement import Statement, parse_statement, parse_statements
from lrs_bridge.xapi.statements import service
from lrs_bridge.xapi.statements.consistency import Consistency
from lrs_bridge.xapi.statements.query import KNOWN_PARAMETERS, Format, Query, Single, more_token, parse_query
from lrs_bridge.xapi.statements.service import StoredBatch

CONSISTENCY = "lrs_bridge_consistency"
"""Where a worker process remembers, among its application's extensions, until when its answers are whole."""


def put_statement(call: Call, credential: Credential) -> Answer:
    """Communication 2.1.1: stores one statement under the id in the address."""
    call.require_known(("statementId",))
    statement_id = parse_uuid(call.parameters.get("statementId", ""))
    if statement_id is None:
        raise Invalid("statementId must be a UUID in standard form", field="statementId", rule="xAPI 1.0.3 Communication 2.1.1")

    def parse(body: bytes, *, contents_follow: bool = False) -> list[Statement]:
        statement = parse_statement(
            body, max_bytes=parts().settings.max_statement_bytes, version=call.version, contents_follow=contents_follow
        )
        if statement.id not in (None, statement_id):
            raise Invalid("id is not the statementId of the request", field="id", rule="xAPI 1.0.3 Communication 2.1.1")
        return [Statement(statement_id, statement.value, statement.raw)]

    _take(call, credential, parse)
    return NO_CONTENT


def post_statements(call: Call, credential: Credential) -> Answer:
    """Communication 2.1.2: stores one statement or a batch and answers with the ids."""
    call.require_known(())
    parse = partial(parse_statements, max_bytes=parts().settings.max_statement_bytes, version=call.version)
    return Answer(orjson.dumps(_take(call, credential, parse).ids))


def get_statements(call: Call, credential: Credential) -> Answer:
    """Communication 2.1.3: one statement by its id, or those that fit."""
    call.require_known(KNOWN_PARAMETERS)
    asked = parse_query(call.parameters, credential.tenant)
    return _single(asked, credential, call) if isinstance(asked, Single) else _page(asked, credential, call)


def consistent_through(tenant: str | None, now: datetime | None = None) -> str:
    """Communication 2.1: what the header of that name tells, a moment old at most; to be asked before statements are looked up.

    Without a tenant, as for a caller whom nobody knows, it may be earlier than it need be.
    """
    found: Consistency = extension(CONSISTENCY)
    now = now or parts().clock()
    told = found.find(tenant, now)
    if told is not None:
        return told
    try:
        through = read(parts().engine, lambda session: service.observe(session, tenant, now))
    except LrsBridgeError:  # nothing is known to be there, and nothing was given
        return written(datetime.fromtimestamp(0, UTC))
    return found.keep(tenant, written(through), now)


METHODS = {"PUT": put_statement, "POST": post_statements, "GET": get_statements, "HEAD": get_statements}


def _take(call: Call, credential: Credential, parse: Callable[..., list[Statement]]) -> StoredBatch:
    """Stores what a request brings: JSON, or JSON and the contents of its attachments (1.5.2)."""
    if not call.has_parts():
        call.require_json()
        return _store(parse(call.read()), credential, call.version)
    assert call.stream is not None  # noqa: S101  a body in parts is read as it comes
    credential.require_write()
    with intake.receive(
        call.stream,
        call.headers["content-type"],
        data_dir=parts().settings.data_dir,
        tenant=credential.tenant,
        parse=partial(parse, contents_follow=True),
        max_statements_bytes=parts().settings.max_body_bytes,
    ) as received:
        return _store(received.statements, credential, call.version, received)


def _store(batch: Sequence[Statement], credential: Credential, version: Version, received: Received | None = None) -> StoredBatch:
    wired = parts()
    sink, now = wired.completion_sink, wired.clock()
    rule = None if credential.launched is None else credential.launched.sessions.rule(credential.launched)

    def store(session: Session) -> StoredBatch:
        done = service.store_statements(
            session,
            batch,
            credential=credential,
            home_page=wired.settings.public_url,
            now=now,
            clock=wired.clock,
            sink=sink,
            version=version,
            rule=rule,
        )
        if received is not None:
            intake.keep(session, credential.tenant, received, ids=done.ids, new=done.stored, now=wired.clock())
        return done

    locks = (*service.locks_for(batch, credential.tenant, now), *sink.locks(credential.tenant))
    done = transact(wired.engine, store, locks=locks)
    metrics.STATEMENTS.inc(len(done.stored))
    if done.completions:
        metrics.COMPLETIONS.inc(done.completions)
    return done


def _single(asked: Single, credential: Credential, call: Call) -> Answer:
    payload, stored_at = read(parts().engine, lambda session: service.get_statement(session, credential, asked))
    modified = {"Last-Modified": format_datetime(stored_at, usegmt=True)}
    answer = Answer(_presented(payload, asked.format, call).encode(), headers=modified)
    return _with_attachments(answer, [payload], credential.tenant) if asked.attachments else answer


def _page(query: Query, credential: Credential, call: Call) -> Answer:
    page = read(parts().engine, lambda session: service.query_statements(session, credential, query))
    more = ""
    if page.last is not None:
        more = f"{request.script_root}/xapi/statements?more={more_token(query, credential.tenant, page.last)}"
    shown = page.payloads if query.format is Format.EXACT else [_presented(one, query.format, call) for one in page.payloads]
    statements = ",".join(shown)
    answer = Answer(f'{{"statements":[{statements}],"more":"{more}"}}'.encode())
    return _with_attachments(answer, page.payloads, credential.tenant) if query.attachments else answer


def _with_attachments(answer: Answer, payloads: Iterable[str], tenant: str) -> Answer:
    """Communication 1.5.2: what a caller who asks for attachments gets."""
    wired = parts()
    ids = [UUID(orjson.loads(payload)["id"]) for payload in payloads]
    kept = read(wired.engine, lambda session: attachments.of(session, tenant, ids))
    return attachments.answer(answer, kept, data_dir=wired.settings.data_dir, tenant=tenant, boundary=token_hex(16))


def _presented(payload: str, form: Format, call: Call) -> str:
    if form is Format.EXACT:
        return payload
    value = orjson.loads(payload)
    if form is Format.IDS:
        return orjson.dumps(only_ids(value)).decode()
    languages = parse_accept_language(call.headers.get("accept-language", ""))
    return orjson.dumps(canonical(value, languages)).decode()
