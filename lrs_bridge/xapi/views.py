"""``/xapi``: the door of the LRS. Reads a request in either syntax, recognises its key, and hands it to its resource.

Source: xAPI 1.0.3, Communication 1 to 3; IEEE 9274.1.1 (xAPI 2.0) 4.1. Slashes at the end or doubled make no difference.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import orjson
from flask import Blueprint, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from lrs_bridge.db import Session, read
from lrs_bridge.errors import LrsBridgeError, MethodNotAllowed, NotFound, TooLarge, Unauthenticated
from lrs_bridge.web import errors
from lrs_bridge.web.parts import parts
from lrs_bridge.xapi import exchange
from lrs_bridge.xapi.credentials import service as credentials
from lrs_bridge.xapi.credentials.credential import Credential, parse_basic
from lrs_bridge.xapi.exchange import Answer, Call, Version, is_alternate, read_alternate_call, read_call
from lrs_bridge.xapi.model.payload import written
from lrs_bridge.xapi.statements import service
from lrs_bridge.xapi.statements import views as statements

Method = Callable[[Call, Credential], Answer]
Resource = Mapping[str, Method]
M = TypeVar("M")

log = logging.getLogger(__name__)
blueprint = Blueprint("xapi", __name__)

PREFIX = "/xapi"
ANY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def get_about(call: Call) -> Answer:
    """Communication 2.8: which versions are spoken here; anyone may ask.

    Who says that it speaks 1.0 is told of those versions only: older clients take no answer that names a version they don't know.
    """
    call.require_known(())
    said = exchange.parse_version(call.headers.get(exchange.VERSION_HEADER.lower(), ""))
    known = exchange.VERSIONS_1 if said is Version.V1 else exchange.SUPPORTED_VERSIONS
    return Answer(orjson.dumps({"version": known}))


RESOURCES: dict[str, Resource] = {
    "statements": statements.METHODS,
}
OPEN_RESOURCES: dict[str, Mapping[str, Callable[[Call], Answer]]] = {"about": {"GET": get_about, "HEAD": get_about}}


def answer(name: str) -> Response:
    """Hands the request, in either syntax, to the resource of that name."""
    if request.method == "OPTIONS":
        return respond(Answer(status=exchange.NO_CONTENT.status, headers=exchange.PREFLIGHT_HEADERS))
    call = read_call(request.method, request.args.items(multi=True), request.headers.items(), request.stream)
    if is_alternate(call):
        call = read_alternate_call(call)
    if name in OPEN_RESOURCES:
        return respond(_method(name, OPEN_RESOURCES[name], call)(call))
    method = _method(name, RESOURCES[name], call)
    call = call.with_version()
    g.xapi_version = call.version
    return respond(method(call, _credential(call)))


def respond(found: Answer) -> Response:
    """An answer as Flask sends it."""
    response = Response(found.body, status=found.status, content_type=found.content_type, headers=dict(found.headers))
    if found.status == exchange.NO_CONTENT.status:
        del response.headers["Content-Type"]  # of what is not there
    return response


def unknown(resource: str) -> Response:
    """An address below ``/xapi`` that is no resource of this LRS."""
    if request.method == "OPTIONS":
        return respond(Answer(status=exchange.NO_CONTENT.status, headers=exchange.PREFLIGHT_HEADERS))
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


@blueprint.after_request
def add_headers(response: Response) -> Response:
    """What every answer tells: the version, who may read it, and for statements until when the answer is whole."""
    response.headers[exchange.VERSION_HEADER] = _version()
    response.headers.update(exchange.CROSS_ORIGIN_HEADERS)
    if request.endpoint == f"{blueprint.name}.statements":
        response.headers[exchange.CONSISTENT_THROUGH_HEADER] = written(_consistent_through())
    return response


def _version() -> Version:
    """The version that the caller speaks, as far as it could be told."""
    known: Version | None = g.get("xapi_version")
    return known or exchange.parse_version(request.headers.get(exchange.VERSION_HEADER, "")) or Version.V1


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
        response.headers["Allow"] = ", ".join([*_allowed(request.endpoint.removeprefix(f"{blueprint.name}.")), "OPTIONS"])
    return response


def _allowed(endpoint: str) -> Iterable[str]:
    resources = {**RESOURCES, **OPEN_RESOURCES}
    return next((methods for name, methods in resources.items() if _endpoint(name) == endpoint), ())


@blueprint.errorhandler(RequestEntityTooLarge)
def refuse_size(_error: RequestEntityTooLarge) -> AnyResponse:
    """Communication 3.2: a body beyond the limit."""
    return refuse(TooLarge(f"a request has at most {parts().settings.max_body_bytes} bytes", field="body"))


def _credential(call: Call) -> Credential:
    key, secret = parse_basic(call.headers.get("authorization"))
    now = parts().clock()

    def recognise(session: Session) -> tuple[Credential, datetime]:
        found = credentials.authenticate(session, key, secret, now)
        return found, service.consistent_through(session, found.tenant, now)

    credential, g.consistent_through = read(parts().engine, recognise)
    g.tenant = credential.tenant
    return credential
