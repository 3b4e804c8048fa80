"""``/xapi``: the door of the LRS. Reads a request in either syntax, recognises its key, and hands it to its resource.

Source: xAPI 1.0.3, Communication 1 to 3; IEEE 9274.1.1 (xAPI 2.0) 4.1. Slashes at the end or doubled make no difference.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

import orjson
from flask import Blueprint, Response
from flask.blueprints import BlueprintSetupState
from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from lrs_bridge.db import read
from lrs_bridge.errors import LrsBridgeError, MethodNotAllowed, NotFound, TooLarge, Unauthenticated
from lrs_bridge.web import errors
from lrs_bridge.web.parts import parts
from lrs_bridge.web.request import LRS, Request, at_hand
from lrs_bridge.xapi import exchange
from lrs_bridge.xapi.attachments import views as attachments
from lrs_bridge.xapi.credentials import service as credentials
from lrs_bridge.xapi.credentials import views as keys
from lrs_bridge.xapi.credentials.admission import RateLimited
from lrs_bridge.xapi.credentials.authorization import challenge, named_key
from lrs_bridge.xapi.credentials.credential import Credential, tenant_of
from lrs_bridge.xapi.credentials.cross_origin import PREFLIGHT_HEADERS, answer_headers, check_origin
from lrs_bridge.xapi.credentials.journal.digest import is_rejection
from lrs_bridge.xapi.documents import views as documents
from lrs_bridge.xapi.exchange import (
    Answer,
    Call,
    Version,
    headers_in,
    is_alternate,
    media_type,
    parameters_in,
    read_alternate_call,
    version_of,
)
from lrs_bridge.xapi.statements import views as statements
from lrs_bridge.xapi.statements.consistency import Consistency
from lrs_bridge.xapi.visit import Visit

Method = Callable[[Call, Credential], Answer]
M = TypeVar("M")

log = logging.getLogger(__name__)
blueprint = Blueprint("xapi", __name__)

PREFIX = LRS
PREFLIGHT = Answer(status=exchange.NO_CONTENT.status, headers=PREFLIGHT_HEADERS)
_WITHOUT_BODY = ("GET", "HEAD")
ANY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
STATEMENTS = "statements"
FULL = HTTPStatus.OK.value
VISIT = "lrs_bridge.visit"
"""Where a request's visit is kept in its environment."""


@blueprint.record
def _prepare(state: BlueprintSetupState) -> None:
    """Each worker process has a memory of its own."""
    state.app.extensions[statements.CONSISTENCY] = Consistency()


def get_about(call: Call) -> Answer:
    """Communication 2.8: which versions are spoken here; anyone may ask.

    Who says that it speaks 1.0 is told of those versions only: older clients take no answer that names a version they don't know.
    """
    call.require_known(())
    said = version_of(call.headers.get(exchange.VERSION_HEADER.lower(), ""))
    known = exchange.VERSIONS_1 if said is Version.V1 else exchange.SUPPORTED_VERSIONS
    return Answer(orjson.dumps({"version": known}))


RESOURCES: dict[str, Mapping[str, Method]] = {
    STATEMENTS: statements.METHODS,
    **attachments.RESOURCES,
    **documents.RESOURCES,
}
OPEN_RESOURCES: dict[str, Mapping[str, Callable[[Call], Answer]]] = {"about": {"GET": get_about, "HEAD": get_about}}


def answer(name: str) -> Response:
    """Hands the request, in either syntax, to the resource of that name."""
    request = at_hand()
    if request.method == "OPTIONS":
        return respond(PREFLIGHT)
    visit = _visit(request)
    visit.resource = name
    call = _read_call(request, name)
    if is_alternate(call):
        visit.alternate = request.mimetype or "none"
        call = read_alternate_call(call)
    visit.read(call)
    if name in OPEN_RESOURCES:
        return respond(_method(name, OPEN_RESOURCES[name], call)(call))
    method = _method(name, RESOURCES[name], call)
    call = call.with_version()
    credential = _recognise(request, visit)
    if name == STATEMENTS:
        visit.consistent_through = statements.consistent_through(credential.tenant, visit.at)
    return respond(method(call, credential))


def _read_call(request: Request, name: str) -> Call:
    method, parameters, headers = request.method, parameters_in(request.query_string), headers_in(request.environ)
    if method in _WITHOUT_BODY and headers["content-length"] in ("", "0") and "transfer-encoding" not in headers:
        return Call(method, parameters, headers)
    if name == STATEMENTS and media_type(headers["content-type"])[0] == exchange.MULTIPART and "method" not in parameters:
        request.max_content_length = parts().settings.max_attachment_bytes  # which alone is streamed
    return Call(method, parameters, headers, stream=request.stream)


class Told(Response):
    """An answer as Flask sends it, whose headers are sent as they stand where nothing hangs on its status."""

    def get_wsgi_headers(self, environ: dict[str, Any]) -> Headers:
        """The headers; of a body in pieces, and of what has none, as Werkzeug makes them."""
        whole = self.status_code == FULL and self.is_sequence
        return self.headers if whole else super().get_wsgi_headers(environ)


def respond(found: Answer) -> Response:
    """An answer as Flask sends it."""
    response = Told(found.body, found.status, found.headers, content_type=found.content_type)
    if found.status == exchange.NO_CONTENT.status:
        del response.headers["Content-Type"]  # of what is not there
    return response


def unknown(resource: str) -> Response:
    """An address below ``/xapi`` that is no resource of this LRS."""
    if at_hand().method == "OPTIONS":
        return respond(PREFLIGHT)
    raise NotFound(f"there is no resource {resource} here; the endpoint is {parts().settings.public_url}{PREFIX}/")


def _method(name: str, methods: Mapping[str, M], call: Call) -> M:
    if call.method not in methods:
        raise MethodNotAllowed(f"{name} takes {', '.join(methods)}", field="method", rule="xAPI 1.0.3 Communication 2.0")
    return methods[call.method]


def _add_addresses() -> None:
    for start in (f"{PREFIX}/", f"{PREFIX}//"):
        for name in (*RESOURCES, *OPEN_RESOURCES):
            for end in ("", "/"):
                _add_address(f"{start}{name}{end}", _endpoint(name), partial(answer, name))
        _add_address(f"{start}<path:resource>", "unknown", unknown)
    for address in (PREFIX, f"{PREFIX}/"):
        _add_address(address, "endpoint", partial(unknown, "without a name"))


def _endpoint(name: str) -> str:
    return name.replace("/", "-")


def _add_address(rule: str, endpoint: str, view: Callable[..., Response]) -> None:
    view = _VIEWS.setdefault(endpoint, view)
    blueprint.add_url_rule(
        rule, endpoint, view, methods=ANY_METHOD, strict_slashes=True, merge_slashes=False, provide_automatic_options=False
    )


_VIEWS: dict[str, Callable[..., Response]] = {}
_add_addresses()


# --- who asks, and what is told and noted of it ------------------------------------------------------------------------------


def _visit(request: Request) -> Visit:
    """What is known of the request."""
    environ = request.environ
    found: Visit | None = environ.get(VISIT)
    if found is None:
        sent = environ.get
        found = Visit(request.method, sent("HTTP_AUTHORIZATION"), sent("HTTP_ORIGIN"), sent("HTTP_USER_AGENT"))
        environ[VISIT] = found
    return found


def _recognise(request: Request, visit: Visit) -> Credential:
    """The key that asks, which then has one request less. Raises Unauthenticated, Forbidden for its origin, TooManyRequests."""
    visit.at = now = parts().clock()
    admission = keys.admission()
    credential = admission.find(visit.authorization, now) or _authenticate(visit.authorization, now)
    visit.credential = credential
    request.tenant = credential.tenant
    check_origin(credential.origins, visit.origin)
    admission.admit(credential, now)
    return credential


def _authenticate(authorization: str | None, now: datetime) -> Credential:
    admission = keys.admission()
    wired = parts()
    try:
        found = read(wired.engine, lambda session: credentials.authenticate(session, authorization, now, wired.launched_content))
    except Unauthenticated:
        admission.refuse(authorization, now)
        raise
    if found.launched is None:  # a session's key ends with it, at once
        admission.keep(authorization, found, now)
    return found


@blueprint.after_request
def tell(response: Response) -> Response:
    """Adds what every answer tells: the version, who may read it, and for statements until when the answer is whole."""
    request = at_hand()
    visit = _visit(request)
    headers = response.headers
    headers.add(exchange.VERSION_HEADER, visit.version_to_tell)
    headers.add("Cache-Control", "private, no-cache")  # or browsers give pages what they were told a while ago
    if request.method != "OPTIONS":
        origins = visit.credential.origins if visit.credential else ()
        for name, value in answer_headers(origins, visit.origin).items():
            headers.add(name, value)
        _note(visit, response.status_code)
    if visit.resource == STATEMENTS:
        headers.add(exchange.CONSISTENT_THROUGH_HEADER, visit.consistent_through or statements.consistent_through(None))
    return response


def _note(visit: Visit, status: int) -> None:
    """Keeps the request in mind for the page of its key; of what we launched only refusals, for the page of the attempt."""
    of_attempt = visit.credential is not None and visit.credential.launched is not None
    if of_attempt and not is_rejection(status, visit.method, visit.resource):
        return
    key = visit.credential.key if visit.credential else named_key(visit.authorization)
    if not key:
        return
    keys.journal().note(
        tenant_of(key),
        key,
        visit.at or parts().clock(),
        method=visit.method,
        resource=visit.resource,
        version=None if visit.resource in OPEN_RESOURCES else visit.said_version or "",
        status=status,
        error=visit.error,
        origin=visit.origin,
        user_agent=visit.user_agent,
        alternate=visit.alternate,
        of_attempt=of_attempt,
    )


@blueprint.errorhandler(LrsBridgeError)
def refuse(error: LrsBridgeError) -> AnyResponse:
    """The error in JSON, and a log line that says why, but not whose statement it was."""
    request = at_hand()
    visit = _visit(request)
    visit.error = error
    fields = {"code": error.code, "field": error.field, "rule": error.rule, "tenant": request.tenant}
    log.info("refused: %s", error.code, extra={"fields": fields})
    response = errors.respond(error)
    asked_for = challenge(error, visit.authorization, from_page=visit.origin is not None)
    if asked_for:
        response.headers["WWW-Authenticate"] = asked_for
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, MethodNotAllowed) and request.endpoint:
        response.headers["Allow"] = ", ".join([*_allowed(request.endpoint.removeprefix(f"{blueprint.name}.")), "OPTIONS"])
    return response


def _allowed(endpoint: str) -> Iterable[str]:
    resources = {**RESOURCES, **OPEN_RESOURCES}
    return next((methods for name, methods in resources.items() if _endpoint(name) == endpoint), ())


@blueprint.errorhandler(RequestEntityTooLarge)
def refuse_size(_error: RequestEntityTooLarge) -> AnyResponse:
    """Communication 3.2: a body beyond the limit."""
    return refuse(TooLarge(f"a request has at most {at_hand().max_content_length} bytes", field="body"))
