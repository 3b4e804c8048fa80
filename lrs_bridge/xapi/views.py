"""The LRS on the wire: ``/xapi/statements`` and ``/xapi/about``, as xAPI 1.0.3 part three (Communication) says.

Every answer, errors too, is JSON with the version header, and readable from other origins. Endpoints are pasted into learning
systems with and without a slash at the end, so both spellings of every address work, and a doubled slash after ``/xapi``.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus

import orjson
from flask import Blueprint, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Invalid, LrsBridgeError, MethodNotAllowed, NotFound, TooLarge, Unauthenticated
from lrs_bridge.web import errors, metrics
from lrs_bridge.web.parts import parts
from lrs_bridge.xapi import exchange, service
from lrs_bridge.xapi.credential import Credential, parse_basic
from lrs_bridge.xapi.exchange import Call, is_alternate, read_alternate_call, read_call
from lrs_bridge.xapi.model.formats import parse_uuid
from lrs_bridge.xapi.model.payload import written
from lrs_bridge.xapi.model.presentation import canonical, only_ids, parse_accept_language
from lrs_bridge.xapi.model.statement import Statement, parse_statement, parse_statements
from lrs_bridge.xapi.query import KNOWN_PARAMETERS, Format, Query, Single, more_token, parse_query
from lrs_bridge.xapi.service import StoredBatch

Method = Callable[[Call], Response]

log = logging.getLogger(__name__)
blueprint = Blueprint("xapi", __name__)

PREFIX = "/xapi"
JSON = "application/json"
BOUNDARY = "lrs-bridge-statements"
ANY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def put_statement(call: Call) -> Response:
    """Communication 2.1.1: stores one statement under the id in the address."""
    call.require_known(("statementId",))
    statement_id = parse_uuid(call.parameters.get("statementId", ""))
    if statement_id is None:
        raise Invalid("statementId must be a UUID in standard form", field="statementId", rule="xAPI 1.0.3 Communication 2.1.1")
    credential = _credential(call)
    call.require_json()
    statement = parse_statement(_content(call), max_bytes=parts().settings.max_statement_bytes)
    if statement.id not in (None, statement_id):
        raise Invalid("id is not the statementId of the request", field="id", rule="xAPI 1.0.3 Communication 2.1.1")
    _store([Statement(statement_id, statement.value, statement.raw)], credential)
    return _no_content()


def post_statements(call: Call) -> Response:
    """Communication 2.1.2: stores one statement or a batch and answers with the ids."""
    call.require_known(())
    credential = _credential(call)
    call.require_json()
    batch = parse_statements(_content(call), max_bytes=parts().settings.max_statement_bytes)
    return _json([str(statement_id) for statement_id in _store(batch, credential).ids])


def get_statements(call: Call) -> Response:
    """Communication 2.1.3: one statement by its id, or those that fit."""
    call.require_known(KNOWN_PARAMETERS)
    credential = _credential(call)
    asked = parse_query(call.parameters, credential.tenant)
    answer = _single(asked, credential, call) if isinstance(asked, Single) else _page(asked, credential, call)
    return _multipart(answer) if asked.attachments else answer


def get_about(call: Call) -> Response:
    """Communication 2.8: which versions are spoken here; anyone may ask."""
    call.require_known(())
    return _json({"version": exchange.SUPPORTED_VERSIONS})


RESOURCES: dict[str, dict[str, Method]] = {
    "statements": {"PUT": put_statement, "POST": post_statements, "GET": get_statements, "HEAD": get_statements},
    "about": {"GET": get_about, "HEAD": get_about},
}
UNVERSIONED = frozenset({"about"})


def answer(name: str) -> Response:
    """Hands the request, in either syntax, to the resource of that name."""
    if request.method == "OPTIONS":
        return _no_content(exchange.PREFLIGHT_HEADERS)
    call = read_call(request.method, request.args.items(multi=True), request.headers.items())
    if is_alternate(call):
        call = read_alternate_call(call, _body())
    methods = RESOURCES[name]
    if call.method not in methods:
        raise MethodNotAllowed(f"{name} takes {', '.join(methods)}", field="method", rule="xAPI 1.0.3 Communication 2.0")
    if name not in UNVERSIONED:
        call.require_version()
    return methods[call.method](call)


def unknown(resource: str) -> Response:
    """An address below ``/xapi`` that is no resource of this LRS."""
    if request.method == "OPTIONS":
        return _no_content(exchange.PREFLIGHT_HEADERS)
    raise NotFound(f"there is no resource {resource} here; the endpoint is {parts().settings.public_url}{PREFIX}/")


def _add_addresses() -> None:
    for start in (f"{PREFIX}/", f"{PREFIX}//"):
        for name in RESOURCES:
            for end in ("", "/"):
                _add_address(f"{start}{name}{end}", name, partial(answer, name))
        _add_address(f"{start}<path:resource>", "unknown", unknown)
    for address in (PREFIX, f"{PREFIX}/"):
        _add_address(address, "endpoint", partial(unknown, "without a name"))


def _add_address(rule: str, endpoint: str, view: Callable[..., Response]) -> None:
    view = _VIEWS.setdefault(endpoint, view)
    blueprint.add_url_rule(
        rule, endpoint, view, methods=ANY_METHOD, strict_slashes=True, merge_slashes=False, provide_automatic_options=False
    )


_VIEWS: dict[str, Callable[..., Response]] = {}
_add_addresses()


@blueprint.after_request
def add_headers(response: Response) -> Response:
    """What every answer tells: the version, who may read it, and for statements until when the answer is whole."""
    response.headers[exchange.VERSION_HEADER] = exchange.VERSION
    response.headers.update(exchange.CROSS_ORIGIN_HEADERS)
    if request.endpoint == f"{blueprint.name}.statements":
        response.headers[exchange.CONSISTENT_THROUGH_HEADER] = written(_consistent_through())
    return response


def _consistent_through() -> datetime:
    """As found when the caller was recognised, before anything was looked up; for callers that nobody asked, as of now."""
    if "consistent_through" not in g:
        now = parts().clock()
        try:
            g.consistent_through = read(parts().engine, lambda session: service.consistent_through(session, None, now))
        except LrsBridgeError:  # nothing is known to be there, and nothing was given
            g.consistent_through = datetime.fromtimestamp(0, UTC)
    found: datetime = g.consistent_through
    return found


@blueprint.errorhandler(LrsBridgeError)
def refuse(error: LrsBridgeError) -> AnyResponse:
    """The error in JSON, and a log line that says why, but not whose statement it was."""
    fields = {"code": error.code, "field": error.field, "rule": error.rule, "tenant": g.get("tenant")}
    log.info("refused: %s", error.code, extra={"fields": fields})
    response = errors.respond(error)
    if isinstance(error, Unauthenticated) and "Origin" not in request.headers:
        response.headers["WWW-Authenticate"] = 'Basic realm="xAPI", charset="UTF-8"'  # browsers' scripts would get a pop-up
    if isinstance(error, MethodNotAllowed) and request.endpoint:
        response.headers["Allow"] = ", ".join([*RESOURCES[request.endpoint.removeprefix(f"{blueprint.name}.")], "OPTIONS"])
    return response


@blueprint.errorhandler(RequestEntityTooLarge)
def refuse_size(_error: RequestEntityTooLarge) -> AnyResponse:
    """Communication 3.2: a body beyond the limit."""
    return refuse(TooLarge(f"a request has at most {parts().settings.max_body_bytes} bytes", field="body"))


def _credential(call: Call) -> Credential:
    key, secret = parse_basic(call.headers.get("authorization"))
    now = parts().clock()

    def recognise(session: Session) -> tuple[Credential, datetime]:
        found = service.authenticate(session, key, secret, now)
        return found, service.consistent_through(session, found.tenant, now)

    credential, g.consistent_through = read(parts().engine, recognise)
    g.tenant = credential.tenant
    return credential


def _body() -> bytes:
    return request.get_data(cache=False)


def _content(call: Call) -> bytes:
    return _body() if call.content is None else call.content


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


def _single(asked: Single, credential: Credential, call: Call) -> Response:
    payload, stored_at = read(parts().engine, lambda session: service.get_statement(session, credential, asked))
    response = Response(_presented(payload, asked.format, call), mimetype=JSON)
    response.last_modified = stored_at
    return response


def _page(query: Query, credential: Credential, call: Call) -> Response:
    page = read(parts().engine, lambda session: service.query_statements(session, credential, query))
    more = ""
    if page.last is not None:
        more = f"{request.script_root}{PREFIX}/statements?more={more_token(query, credential.tenant, page.last)}"
    statements = ",".join(_presented(payload, query.format, call) for payload in page.payloads)
    return Response(f'{{"statements":[{statements}],"more":"{more}"}}', mimetype=JSON)


def _presented(payload: str, form: Format, call: Call) -> str:
    if form is Format.EXACT:
        return payload
    value = orjson.loads(payload)
    if form is Format.IDS:
        return orjson.dumps(only_ids(value)).decode()
    languages = parse_accept_language(call.headers.get("accept-language", ""))
    return orjson.dumps(canonical(value, languages)).decode()


def _multipart(whole: Response) -> Response:
    """Communication 1.5.2: what a caller who asks for attachments gets; none here has more than its fileUrl."""
    head = f"--{BOUNDARY}\r\nContent-Type: {JSON}\r\n\r\n".encode()
    whole.set_data(head + whole.get_data() + f"\r\n--{BOUNDARY}--\r\n".encode())
    whole.headers["Content-Type"] = f'multipart/mixed; boundary="{BOUNDARY}"'
    return whole


def _json(document: object) -> Response:
    return Response(orjson.dumps(document), mimetype=JSON)


def _no_content(headers: Mapping[str, str] | None = None) -> Response:
    response = Response(status=HTTPStatus.NO_CONTENT, headers=headers)
    del response.headers["Content-Type"]  # of what is not there
    return response
