"""The statements resource.

Source: xAPI 1.0.3, Communication 2.1; IEEE 9274.1.1 (xAPI 2.0) 4.1.6.1.
"""

from email.utils import format_datetime

import orjson
from flask import request

from lrs_bridge.db import read, transact
from lrs_bridge.errors import Invalid
from lrs_bridge.web import metrics
from lrs_bridge.web.parts import parts
from lrs_bridge.xapi.credentials.credential import Credential
from lrs_bridge.xapi.exchange import JSON, NO_CONTENT, Answer, Call
from lrs_bridge.xapi.model.formats import parse_uuid
from lrs_bridge.xapi.model.presentation import canonical, only_ids, parse_accept_language
from lrs_bridge.xapi.model.statement import Statement, parse_statement, parse_statements
from lrs_bridge.xapi.statements import service
from lrs_bridge.xapi.statements.query import KNOWN_PARAMETERS, Format, Query, Single, more_token, parse_query
from lrs_bridge.xapi.statements.service import StoredBatch

BOUNDARY = "lrs-bridge-statements"


def put_statement(call: Call, credential: Credential) -> Answer:
    """Communication 2.1.1: stores one statement under the id in the address."""
    call.require_known(("statementId",))
    statement_id = parse_uuid(call.parameters.get("statementId", ""))
    if statement_id is None:
        raise Invalid("statementId must be a UUID in standard form", field="statementId", rule="xAPI 1.0.3 Communication 2.1.1")
    call.require_json()
    statement = parse_statement(call.read(), max_bytes=parts().settings.max_statement_bytes)
    if statement.id not in (None, statement_id):
        raise Invalid("id is not the statementId of the request", field="id", rule="xAPI 1.0.3 Communication 2.1.1")
    _store([Statement(statement_id, statement.value, statement.raw)], credential)
    return NO_CONTENT


def post_statements(call: Call, credential: Credential) -> Answer:
    """Communication 2.1.2: stores one statement or a batch and answers with the ids."""
    call.require_known(())
    call.require_json()
    batch = parse_statements(call.read(), max_bytes=parts().settings.max_statement_bytes)
    return Answer(orjson.dumps([str(statement_id) for statement_id in _store(batch, credential).ids]))


def get_statements(call: Call, credential: Credential) -> Answer:
    """Communication 2.1.3: one statement by its id, or those that fit."""
    call.require_known(KNOWN_PARAMETERS)
    asked = parse_query(call.parameters, credential.tenant)
    answer = _single(asked, credential, call) if isinstance(asked, Single) else _page(asked, credential, call)
    return _multipart(answer) if asked.attachments else answer


METHODS = {"PUT": put_statement, "POST": post_statements, "GET": get_statements, "HEAD": get_statements}


def _store(batch: list[Statement], credential: Credential) -> StoredBatch:
    wired = parts()
    done = transact(
        wired.engine,
        lambda session: service.store_statements(
            session,
            batch,
            credential=credential,
            home_page=wired.settings.public_url,
            now=wired.clock(),
            clock=wired.clock,
            sink=wired.completion_sink,
        ),
    )
    metrics.STATEMENTS.inc(len(done.stored))
    metrics.COMPLETIONS.inc(done.completions)
    return done


def _single(asked: Single, credential: Credential, call: Call) -> Answer:
    payload, stored_at = read(parts().engine, lambda session: service.get_statement(session, credential, asked))
    modified = {"Last-Modified": format_datetime(stored_at, usegmt=True)}
    return Answer(_presented(payload, asked.format, call).encode(), headers=modified)


def _page(query: Query, credential: Credential, call: Call) -> Answer:
    page = read(parts().engine, lambda session: service.query_statements(session, credential, query))
    more = ""
    if page.last is not None:
        more = f"{request.script_root}/xapi/statements?more={more_token(query, credential.tenant, page.last)}"
    statements = ",".join(_presented(payload, query.format, call) for payload in page.payloads)
    return Answer(f'{{"statements":[{statements}],"more":"{more}"}}'.encode())


def _presented(payload: str, form: Format, call: Call) -> str:
    if form is Format.EXACT:
        return payload
    value = orjson.loads(payload)
    if form is Format.IDS:
        return orjson.dumps(only_ids(value)).decode()
    languages = parse_accept_language(call.headers.get("accept-language", ""))
    return orjson.dumps(canonical(value, languages)).decode()


def _multipart(whole: Answer) -> Answer:
    """Communication 1.5.2: what a caller who asks for attachments gets; none here has more than its fileUrl."""
    assert isinstance(whole.body, bytes)  # noqa: S101  a page is put together whole
    body = f"--{BOUNDARY}\r\nContent-Type: {JSON}\r\n\r\n".encode() + whole.body + f"\r\n--{BOUNDARY}--\r\n".encode()
    return Answer(body, content_type=f'multipart/mixed; boundary="{BOUNDARY}"', headers=whole.headers)
