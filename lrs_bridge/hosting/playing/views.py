"""Where courses run: nothing here reads a cookie. Each address holds the ticket of one attempt (``packages.ticket``)."""

import logging
from http import HTTPStatus
from typing import TypeVar

import orjson
from flask import Blueprint, Response, render_template, request, send_file
from werkzeug.exceptions import RequestedRangeNotSatisfiable, RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from lrs_bridge.db import read, transact
from lrs_bridge.errors import Forbidden, LrsBridgeError, NotFound, TooLarge, Unauthenticated
from lrs_bridge.hosting.media import media_type_of
from lrs_bridge.hosting.playing import service
from lrs_bridge.hosting.playing.answer import Answer, answer_to, refusal
from lrs_bridge.packages import service as packages
from lrs_bridge.packages.ticket import FilesTicket, PlayTicket, RefusedTicket, Ticket, parse_ticket
from lrs_bridge.scorm import service as scorm
from lrs_bridge.scorm.commit import MAX_BYTES, RULE, Commit, parse_commit
from lrs_bridge.web.errors import error_document
from lrs_bridge.web.origins import label_of_host
from lrs_bridge.web.parts import parts
from lrs_bridge.web.request import at_hand

log = logging.getLogger(__name__)
blueprint = Blueprint("playing", __name__, template_folder="../templates")
T = TypeVar("T", PlayTicket, FilesTicket)
R = TypeVar("R", bound=AnyResponse)

ENDPOINTS = ("playing.frame", "playing.state", "playing.commit", "playing.file")
"""What answers where courses run, and nowhere else."""
KEPT_SECONDS = 86_400
SANDBOX = "sandbox allow-scripts allow-same-origin allow-forms allow-popups allow-downloads allow-modals"
FRAME_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self' https:; base-uri 'none'; "
    "form-action 'none'"
)
"""Of the page around the course, not of the course."""


def _ticket(text: str, kind: type[T]) -> T:
    """The ticket in an address, of the kind that is asked for there. Raises RefusedTicket, of which the log tells support."""
    at_hand().frame_ancestors = ("*",)  # the frame shows also what is wrong
    try:
        found = _parsed(text, kind)
    except RefusedTicket as refused:
        _note("a ticket was refused", refused.ticket, refused)
        raise
    at_hand().tenant = found.tenant
    return found


def _parsed(text: str, kind: type[T]) -> T:
    settings = parts().settings
    label = label_of_host(request.host, settings)
    found: Ticket = parse_ticket(text, service.tickets_key(settings), label=label or None, now=parts().clock())
    if not isinstance(found, kind):
        raise RefusedTicket("this address is for something else", found)
    return found


def _note(what: str, of: Ticket | None, error: LrsBridgeError) -> None:
    """A line for support: what a course tried and was not given. Of a forged ticket only the host is known."""
    fields = {"host": request.host, "why": error.message, "field": error.field, "rule": error.rule}
    if of is not None:
        fields |= {"tenant": of.tenant, "attempt": str(of.attempt_id)}
    log.warning(what, extra={"fields": fields})


@blueprint.get("/play/<ticket>")
def frame(ticket: str) -> Response:
    """The player's frame: holds the API that the course looks for, and the course below it."""
    found = _ticket(ticket, PlayTicket)
    page = render_template(
        "hosting/frame.html",
        play=ticket,
        attempt=found.attempt_id,
        session=found.session,
        shell=parts().settings.public_origin,
        title="",
    )
    response = Response(page)
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    return _apart(response)


@blueprint.get("/play/<ticket>/state")
def state(ticket: str) -> Response:
    """What the player begins with."""
    found = _ticket(ticket, PlayTicket)
    settings, now = parts().settings, parts().clock()
    told = read(parts().engine, lambda session: service.state(session, found, settings=settings, now=now))
    return _apart(_json(told))


@blueprint.post("/play/<ticket>/commit")
def commit(ticket: str) -> Response:
    """Takes what the course has set. Answers as SCORM players expect, whatever happens.

    Commits that only have to be kept come here when something is wrong with them (``hosting.committing``).
    """
    found: PlayTicket | None = None
    try:
        found = _ticket(ticket, PlayTicket)
        body = _body()
        came = parse_commit(body)
        if came.session > found.session:  # what an earlier one could not send comes with the ticket of the next
            raise Forbidden("this sitting is a later one", field="session", rule=RULE)
        stands = _take(found, came, body)
    except RequestEntityTooLarge:
        error = TooLarge(f"a commit has at most {MAX_BYTES} bytes", field="body", rule="lrs_bridge commit")
        return _told(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "invalid", error)
    except Unauthenticated as error:
        return _told(HTTPStatus.UNAUTHORIZED, "token", error)
    except LrsBridgeError as error:
        _note("a commit was refused", found, error)
        status = HTTPStatus.UNPROCESSABLE_ENTITY if error.status == HTTPStatus.BAD_REQUEST else HTTPStatus(error.status)
        return _told(status, "invalid" if status < HTTPStatus.INTERNAL_SERVER_ERROR else error.code, error)
    return _answered(answer_to(came, stands=stands))


def _body() -> bytes:
    request.max_content_length = MAX_BYTES
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise TooLarge(f"a commit has at most {MAX_BYTES} bytes", field="body", rule=RULE) from error


def _take(found: PlayTicket, came: Commit, body: bytes) -> bool:
    """Keeps the commit and does what follows; False when the attempt goes on in a newer sitting."""
    new = scorm.new_commit(found.tenant, found.attempt_id, came, body, parts().clock())
    wiring = service.Wiring(parts().completion_sink, parts().settings, parts().clock)
    return transact(parts().engine, lambda session: service.take(session, found, came, new, wiring=wiring))


def _told(status: HTTPStatus, reason: str, error: LrsBridgeError) -> Response:
    return _answered(refusal(status, reason, **error_document(error, at_hand().id)))


def _answered(answer: Answer) -> Response:
    return _json(answer.document, HTTPStatus(answer.status))


def _json(document: object, status: HTTPStatus = HTTPStatus.OK) -> Response:
    response = Response(orjson.dumps(document), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/files/<ticket>/<path:path>")
def file(ticket: str, path: str) -> AnyResponse:
    """A file of the attempt's package: whole or in ranges (RFC 9110 14), kept by browsers while the ticket is good."""
    found = _ticket(ticket, FilesTicket)
    if request.headers.get("Service-Worker") == "script":
        refused = Forbidden("courses install no service workers: they would outlive the course", rule="service worker")
        _note("a service worker was refused", found, refused)
        raise refused
    if "\0" in path:
        raise NotFound("there is no such file in the package", field="path")
    path = "/".join(filter(None, path.split("/")))  # authors write two slashes now and then
    content = read(parts().engine, lambda session: packages.get_content(session, found.tenant, found.package_id, path))
    place = packages.file_of(content, data_dir=parts().settings.data_dir, tenant=found.tenant)
    kind, tag = media_type_of(path), content.sha256.hex()
    try:
        response: AnyResponse = send_file(place, mimetype=kind, conditional=True, etag=tag, max_age=KEPT_SECONDS)
    except RequestedRangeNotSatisfiable:  # several ranges at once, too, which nothing that plays films asks for
        unmet = {"Content-Range": f"bytes */{content.length}"}
        response = Response(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=unmet)
    response.headers["Content-Type"] = kind  # Flask adds a character set, which is the course's own business
    response.headers["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    response.headers["Content-Security-Policy"] = SANDBOX
    return _apart(response)


def _apart(response: R) -> R:
    """Headers of everything here: it may be in frames, since only its ticket opens it, and tells its address to nobody."""
    at_hand().frame_ancestors = ("*",)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
