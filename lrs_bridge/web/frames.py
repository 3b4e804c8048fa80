"""Pages inside the frame of a learning platform.

Below ``/lti/in/<token>/`` lie the ordinary pages, in a session that one launch began. So several launches may be open in one
browser, beside an ordinary login, and none takes the other's place; the page may be shown in the platform's frame, and in no
other's. The token names the session. The proof that the browser is the one that began it is in a cookie for that path alone,
or, where the browser keeps no cookies for frames, in the token itself (docs/adr/0016-frames.md). Which pages a frame may show
is a list in ``app``.
"""

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import flask
from flask import Flask, redirect, render_template
from flask.globals import request_ctx
from flask.sessions import SecureCookieSession
from werkzeug.wrappers import Response

from lrs_bridge.db import read, transact
from lrs_bridge.errors import Forbidden, LrsBridgeError, NotFound, Unauthenticated
from lrs_bridge.ports import Frame
from lrs_bridge.settings import Settings
from lrs_bridge.web.parts import EXTENSION, Parts
from lrs_bridge.web.request import Request, at_hand
from lrs_bridge.web.user import SESSION_LIFETIME

PREFIX = "/lti/in/"
COOKIE = "lrs_bridge_frame"
PLAIN = "_plain"
TOKEN = "lrs_bridge.frame"  # noqa: S105  in the WSGI environment
ENDPOINTS = "lrs_bridge_framed_endpoints"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}(\.[A-Za-z0-9_-]{16,64})?")
_NEVER = ("/xapi", "/oauth/", "/lti/in/")


class FrameEnded(Unauthenticated):
    """The session that the address names is over, or another browser's."""

    code = "frame_ended"


class FrameSession(SecureCookieSession):
    """Flask's session, kept in the database; ``frame`` is None when there is none, or (``trouble``) none could be read."""

    def __init__(self, frame: Frame | None = None, trouble: LrsBridgeError | None = None) -> None:
        super().__init__(frame.content if frame else None)
        self.frame = frame
        self.trouble = trouble


class Middleware:
    """Takes the token out of the path, so that routes match as they do outside, and the addresses of links get it back."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """The application's answer."""
        path = environ.get("PATH_INFO", "")
        if path.startswith(PREFIX):
            token, slash, rest = path[len(PREFIX) :].partition("/")
            if slash and _TOKEN.fullmatch(token) and not f"/{rest.lstrip('/')}".startswith(_NEVER):
                environ[TOKEN] = token
                environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}{PREFIX}{token}"
                environ["PATH_INFO"] = f"/{rest}"
        return self._application(environ, start_response)


def is_framed(request: flask.Request) -> bool:
    """Whether the request is for a page in a frame."""
    return TOKEN in request.environ


def without_token(url: str) -> str:
    """The address as it is outside of the frame at hand: of what is everybody's, so that browsers fetch it once."""
    token = at_hand().environ.get(TOKEN) if flask.has_request_context() else None
    return url.replace(f"{PREFIX}{token}", "", 1) if token else url


def without_secret(url: str) -> str:
    """The address of a page in the frame at hand as others may know it: the session's secret is not in it."""
    session_id, _, secret = at_hand().environ.get(TOKEN, "").partition(".")
    return url.replace(f"{PREFIX}{session_id}.{secret}/", f"{PREFIX}{session_id}/", 1) if secret else url


def current() -> Frame | None:
    """The session of the frame that the request is for; None outside frames, and when it is over."""
    session = request_ctx.session
    return session.frame if isinstance(session, FrameSession) else None


def required() -> Frame:
    """The session of the frame that the request is for. Raises NotFound outside frames."""
    frame = current()
    if frame is None:
        raise NotFound("this page is opened from a course")
    return frame


def _trouble() -> LrsBridgeError | None:
    session = request_ctx.session
    return session.trouble if isinstance(session, FrameSession) else None


def open_session(app: Flask, request: flask.Request) -> FrameSession:
    """The session that the request's address and cookie name. What goes wrong here is told once there is a page to tell it on.

    An address that holds the secret is for frames: in a window of its own somebody else may have sent it.
    """
    parts: Parts = app.extensions[EXTENSION]
    session_id, _, secret = request.environ[TOKEN].partition(".")
    shown = secret or find_cookie(request, COOKIE, parts.settings)
    if not shown or (secret and request.headers.get("Sec-Fetch-Dest") == "document"):
        return FrameSession()
    try:
        frame = read(parts.engine, lambda session: parts.frames.find(session, session_id, shown))
    except LrsBridgeError as error:
        return FrameSession(trouble=error)
    over = frame is None or parts.clock() - frame.opened_at > SESSION_LIFETIME
    return FrameSession(None if over else frame)


def save_session(app: Flask, session: FrameSession) -> None:
    """Keeps what has changed."""
    frame = session.frame
    if frame is not None and session.modified:
        parts: Parts = app.extensions[EXTENSION]
        content = dict(session)
        transact(parts.engine, lambda database: parts.frames.keep(database, frame, content))


def lead_in(session_id: str, secret: str, path: str, settings: Settings, *, cookieless: bool) -> Response:
    """Sends the browser to a page of a session that has begun.

    It gets the secret in a cookie for this session's pages, in the platform's frame alone (Cookies Having Independent Partitioned
    State); without https in a second one without flags, for clients that keep to them also on this machine. A browser that is
    known to keep no cookies gets it in the address.
    """
    token = f"{session_id}.{secret}" if cookieless else session_id
    response = redirect(f"{PREFIX}{token}{path}", HTTPStatus.SEE_OTHER)
    if not cookieless:
        set_cookie(response, COOKIE, secret, f"{PREFIX}{session_id}/", settings)
    return response


def set_cookie(response: Response, name: str, value: str, path: str, settings: Settings, lifetime: int | None = None) -> None:  # noqa: PLR0917
    """A cookie that frames keep; ``lifetime`` in seconds."""
    flags: dict[str, Any] = {"path": path, "httponly": True, "max_age": lifetime}
    response.set_cookie(name, value, secure=True, samesite="None", partitioned=True, **flags)
    if not settings.secure_cookies:
        response.set_cookie(name + PLAIN, value, **flags)


def find_cookie(request: flask.Request, name: str, settings: Settings) -> str | None:
    """What ``set_cookie`` gave the browser."""
    return request.cookies.get(name) or (None if settings.secure_cookies else request.cookies.get(name + PLAIN))


def allow(app: Flask, endpoints: Iterable[str]) -> None:
    """Says which pages frames may show: endpoints, or whole blueprints (``plans.*``)."""
    app.extensions[ENDPOINTS] = frozenset(endpoints)


def check(app: Flask, request: Request) -> Response | None:
    """Before a page in a frame: who may show it. A page that frames may not show is offered in a window of its own."""
    frame = current()
    if frame is None:
        request.frame_ancestors = ("*",)  # nothing is on it but that it is over
        raise _trouble() or FrameEnded("open the link in the course again")
    request.frame_ancestors = frame.ancestors
    endpoint = request.endpoint
    allowed = app.extensions.get(ENDPOINTS, frozenset())
    if endpoint is None or endpoint in allowed or f"{endpoint.partition('.')[0]}.*" in allowed:
        return None
    if request.method not in ("GET", "HEAD"):
        raise Forbidden("this is done in a window of its own, after logging in there", rule="frames")
    return Response(render_template("web/outside.html", path=request.full_path.rstrip("?")), mimetype="text/html")
