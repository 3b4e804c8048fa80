"""How an error looks: JSON for programs, a page for people, both with the request id and nothing of our insides."""

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify, make_response, redirect, render_template, request
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from lrs_bridge import errors
from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.web import frames, origins
from lrs_bridge.web.parts import parts
from lrs_bridge.web.redirects import login_path
from lrs_bridge.web.request import at_hand, current_id

log = logging.getLogger(__name__)

JSON_PATHS = ("/xapi", "/oauth/", "/healthz", "/readyz", "/metrics", "/.well-known", "/api/")


class FormExpired(errors.Invalid):
    """A form without a valid CSRF token: too old, or not one of our pages'."""

    code = "form_expired"


class Unexpected(LrsBridgeError):
    """A fault of ours; the log has it under the request id."""

    code = "unexpected"


_BY_STATUS: dict[int, type[LrsBridgeError]] = {
    kind.status: kind
    for kind in (
        errors.Invalid,
        errors.Unauthenticated,
        errors.Forbidden,
        errors.NotFound,
        errors.MethodNotAllowed,
        errors.Conflict,
        errors.PreconditionFailed,
        errors.TooLarge,
        errors.UnsupportedMedia,
        errors.TooManyRequests,
        errors.Unavailable,
    )
}


@dataclass(frozen=True, slots=True)
class Words:
    """What a page says of a kind of error: what happened, and what the reader can do."""

    title: Any
    advice: Any


WORDS = {
    "invalid": Words(_l("The request could not be understood"), _l("Go back, check what you filled in, and try again.")),
    "form_expired": Words(
        _l("The form has expired"), _l("Go back, reload the page and send the form again. Nothing was changed.")
    ),
    "frame_ended": Words(
        _l("This window has ended"), _l("Go back to your course and open the link there again. Nothing was lost.")
    ),
    "unauthenticated": Words(
        _l("This window has ended"), _l("Go back to your course and open the link there again. Nothing was lost.")
    ),
    "forbidden": Words(
        _l("You do not have access to this"),
        _l("Access follows from your role towards the resident. If it should be yours, ask the administrator."),
    ),
    "not_found": Words(_l("There is no such page"), _l("The address may be wrong, or what it led to is not yours to see.")),
    "method_not_allowed": Words(
        _l("This page cannot be used that way"), _l("Go to the start page and find your way from there.")
    ),
    "conflict": Words(
        _l("This has changed in the meantime"), _l("Somebody else may have been faster. Go back, reload the page and look again.")
    ),
    "too_large": Words(_l("That was too large"), _l("Send something smaller.")),
    "too_many_requests": Words(_l("Too many attempts"), _l("Wait a little, then try again.")),
    "upstream_failed": Words(
        _l("Another service did not answer as it should"),
        _l("Try again in a few minutes. If it goes on, tell the administrator."),
    ),
    "unavailable": Words(_l("The service is busy or being maintained"), _l("Nothing was lost. Try again in a minute.")),
}
UNEXPECTED = Words(
    _l("Something went wrong on our side"),
    _l("Nothing was changed. Try again; if it goes on, tell the administrator and quote the error id."),
)


def error_document(error: LrsBridgeError, request_id: str) -> dict[str, Any]:
    """The JSON form of an error: ``code``, ``message``, ``field``, ``rule`` (null where they do not apply), ``request_id``."""
    return {
        "code": error.code,
        "message": error.message,
        "field": error.field,
        "rule": error.rule,
        "request_id": request_id,
    }


def install(app: Flask) -> None:
    """Renders every error of the application."""
    app.register_error_handler(LrsBridgeError, respond)
    app.register_error_handler(HTTPException, _respond_to_http)
    app.register_error_handler(Exception, _respond_to_bug)


def wants_json() -> bool:
    """Whether the asker is a program: by the path, or by preferring JSON to a page."""
    if request.path.startswith(JSON_PATHS) or request.path.endswith(".json"):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def respond(error: LrsBridgeError) -> AnyResponse:
    """The answer to an error, in the asker's dialect. Nobody known on a page means: log in first."""
    return _answer(error, said=error.message)


def _answer(error: LrsBridgeError, said: str | None) -> AnyResponse:
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("%s: %s", error.code, error.message, exc_info=error)
    if isinstance(error, errors.Unauthenticated) and not wants_json() and _may_log_in():
        return redirect(login_path(request.full_path.rstrip("?") if request.method == "GET" else "/"), HTTPStatus.SEE_OTHER)
    answer = _document(error) if wants_json() else _page(error, said)
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _may_log_in() -> bool:
    """Not in a frame, and not where courses run."""
    return not frames.is_framed(at_hand()) and not origins.is_content(at_hand(), parts().settings)


def _document(error: LrsBridgeError) -> Response:
    answer = jsonify(error_document(error, current_id()))
    answer.status_code = error.status
    return answer


def _page(error: LrsBridgeError, said: str | None) -> Response:
    """``said`` is the error's own message, where it says more than the words for its kind do."""
    words = WORDS.get(error.code, UNEXPECTED)
    page = render_template("web/error.html", words=words, error=error, said=said, request_id=current_id())
    return make_response(page, error.status)


def _respond_to_http(error: HTTPException) -> AnyResponse | HTTPException:
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error  # a redirect to the canonical address
    if isinstance(error, CSRFError):
        expired = FormExpired(str(error.description), rule="forms carry a token of the page they came from")
        return _answer(expired, said=None)
    kind = _BY_STATUS.get(error.code, errors.Invalid if error.code < HTTPStatus.INTERNAL_SERVER_ERROR else Unexpected)
    answer = _answer(kind(str(error.description or error.name)), said=None)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def _respond_to_bug(error: Exception) -> AnyResponse:
    log.error("unexpected error", exc_info=error)
    return _answer(Unexpected("something went wrong on our side"), said=None)
