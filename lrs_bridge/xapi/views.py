"""``/xapi``: the door of the LRS. Reads a request in either syntax, recognises its key, and hands it to its resource.

Source: xAPI 1.0.3, Communication 1 to 3; IEEE 9274.1.1 (xAPI 2.0) 4.1. Slashes at the end or doubled make no difference.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeVar

import orjson
from flask import Blueprint, Response, g, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from lrs_bridge.db import read
from lrs_bridge.errors import LrsBridgeError, MethodNotAllowed, NotFound, TooLarge, Unauthenticated
from lrs_bridge.web import errors
from lrs_bridge.web.parts import parts
from lrs_bridge.xapi import exchange
from lrs_bridge.xapi.attachments import views as attachments
from lrs_bridge.xapi.attachments.multipart import MEDIA_TYPE
from lrs_bridge.xapi.credentials import service as credentials
from lrs_bridge.xapi.credentials import views as keys
from lrs_bridge.xapi.credentials.admission import RateLimited
from lrs_bridge.xapi.credentials.authorization import challenge, named_key
from lrs_bridge.xapi.credentials.credential import Credential, tenant_of
from lrs_bridge.xapi.credentials.cross_origin import PREFLIGHT_HEADERS, answer_headers, check_origin
from lrs_bridge.xapi.documents import views as documents
from lrs_bridge.xapi.exchange import Answer, Call, Version, is_alternate, read_alternate_call, read_call
from lrs_bridge.xapi.model.version import parse_version
from lrs_bridge.xapi.statements import views as statements
from lrs_bridge.xapi.statements.consistency import Consistency
from lrs_bridge.xapi.visit import Visit

Method = Callable[[Call, Credential], Answer]
M = TypeVar("M")

log = logging.getLogger(__name__)
blueprint = Blueprint("xapi", __name__)

PREFIX = "/xapi"
ANY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
STATEMENTS = "statements"


@blueprint.record
def _prepare(state: BlueprintSetupState) -> None:
    """Each worker process has a memory of its own."""
    state.app.extensions[statements.CONSISTENCY] = Consistency()


def get_about(call: Call) -> Answer:
    """Communication 2.8: which versions are spoken here; anyone may ask.

    Who says that it speaks 1.0 is told of those versions only: older clients take no answer that names a version they don't know.
    """
    call.require_known(())
    said = parse_version(call.headers.get(exchange.VERSION_HEADER.lower(), ""))
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
    if request.method == "OPTIONS":
        return respond(Answer(status=exchange.NO_CONTENT.status, headers=PREFLIGHT_HEADERS))
    visit = _visit()
    visit.resource = name
    if name == STATEMENTS and request.mimetype == MEDIA_TYPE and "method" not in request.args:  # which alone is streamed
        request.max_content_length = parts().settings.max_attachment_bytes
    call = read_call(request.method, request.args.items(multi=True), request.headers.items(), request.stream)
    if is_alternate(call):
        visit.alternate = request.mimetype or "none"
        call = read_alternate_call(call)
    visit.read(call)
    if name in OPEN_RESOURCES:
        return respond(_method(name, OPEN_RESOURCES[name], call)(call))
    method = _method(name, RESOURCES[name], call)
    call = call.with_version()
    credential = _recognise(visit)
    if name == STATEMENTS:
        visit.consistent_through = statements.consistent_through(credential.tenant)
    return respond(method(call, credential))


def respond(found: Answer) -> Response:
    """An answer as Flask sends it."""
    response = Response(found.body, status=found.status, content_type=found.content_type, headers=dict(found.headers))
    if found.status == exchange.NO_CONTENT.status:
        del response.headers["Content-Type"]  # of what is not there
    return response


def unknown(resource: str) -> Response:
    """An address below ``/xapi`` that is no resource of this LRS."""
    if request.method == "OPTIONS":
        return respond(Answer(status=exchange.NO_CONTENT.status, headers=PREFLIGHT_HEADERS))
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


def _visit() -> Visit:
    """What is known of the request at hand."""
    if "visit" not in g:
        g.visit = Visit(method=request.method, authorization=request.headers.get("Authorization"))
    found: Visit = g.visit
    return found


def _recognise(visit: Visit) -> Credential:
    """The key that asks, which then has one request less. Raises Unauthenticated, Forbidden for its origin, TooManyRequests."""
    now, admission = parts().clock(), keys.admission()
    credential = admission.find(visit.authorization, now) or _authenticate(visit.authorization)
    visit.credential = credential
    g.tenant = credential.tenant
    check_origin(credential.origins, request.headers.get("Origin"))
    admission.admit(credential, now)
    return credential


def _authenticate(authorization: str | None) -> Credential:
    now, admission = parts().clock(), keys.admission()
    try:
        found = read(parts().engine, lambda session: credentials.authenticate(session, authorization, now))
    except Unauthenticated:
        admission.refuse(authorization, now)
        raise
    admission.keep(authorization, found, now)
    return found


@blueprint.after_request
def tell(response: Response) -> Response:
    """Adds what every answer tells: the version, who may read it, and for statements until when the answer is whole."""
    visit = _visit()
    headers = response.headers
    headers[exchange.VERSION_HEADER] = visit.version_to_tell
    headers.setdefault("Cache-Control", "private, no-cache")  # or browsers give pages what they were told a while ago
    if request.method != "OPTIONS":
        origins = visit.credential.origins if visit.credential else ()
        headers.update(answer_headers(origins, request.headers.get("Origin")))
        _note(visit, response.status_code)
    if visit.resource == STATEMENTS:
        headers[exchange.CONSISTENT_THROUGH_HEADER] = visit.consistent_through or statements.consistent_through(None)
    return response


def _note(visit: Visit, status: int) -> None:
    """Keeps the request in mind for the page of its key."""
    key = visit.credential.key if visit.credential else named_key(visit.authorization)
    if not key:
        return
    keys.journal().note(
        tenant_of(key),
        key,
        parts().clock(),
        method=visit.method,
        resource=visit.resource,
        version=None if visit.resource in OPEN_RESOURCES else visit.said_version or "",
        status=status,
        error=visit.error,
        origin=request.headers.get("Origin"),
        user_agent=request.headers.get("User-Agent"),
        alternate=visit.alternate,
    )


@blueprint.errorhandler(LrsBridgeError)
def refuse(error: LrsBridgeError) -> AnyResponse:
    """The error in JSON, and a log line that says why, but not whose statement it was."""
    visit = _visit()
    visit.error = error
    fields = {"code": error.code, "field": error.field, "rule": error.rule, "tenant": g.get("tenant")}
    log.info("refused: %s", error.code, extra={"fields": fields})
    response = errors.respond(error)
    asked_for = challenge(error, visit.authorization, from_page="Origin" in request.headers)
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
    return refuse(TooLarge(f"a request has at most {request.max_content_length} bytes", field="body"))
