"""Puts the web kit into an application, in the order that requests pass through it."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

from flask import Flask, Response, url_for
from jinja2 import StrictUndefined
from werkzeug.wrappers import Response as AnyResponse

from lrs_bridge.settings import Settings
from lrs_bridge.web import csrf, errors, frames, health, i18n, limits, logs, metrics, origins, security, session
from lrs_bridge.web.auth import user_if_readable
from lrs_bridge.web.parts import parts
from lrs_bridge.web.request import ID_HEADER, Request, at_hand

STATIC = Path(__file__).parent / "static"


def install(app: Flask, settings: Settings, readiness: Mapping[str, health.Check] | None = None) -> None:
    """Everything that all doors and pages share. ``readiness`` are checks for ``/readyz``, beside that of the database.

    The application's parts must be in place; blueprints are registered afterwards.
    """
    app.request_class = Request
    logs.to_stderr(settings.log_level)
    limits.install(app, settings)
    session.configure(app, settings)
    i18n.install(app, settings)
    errors.install(app)
    health.install(app, readiness or {})
    _prepare_templates(app)
    _surround_requests(app, settings)
    app.wsgi_app = frames.Middleware(app.wsgi_app)  # type: ignore[method-assign]


def _surround_requests(app: Flask, settings: Settings) -> None:
    """What is done before and after every request. One function each, which takes the request once: the LRS is asked often."""
    check_token, add_headers = csrf.install(app, settings), security.install(app, settings)

    @app.before_request
    def check() -> AnyResponse | None:
        request = at_hand()
        if not request.for_lrs:
            elsewhere = origins.check(app, request, settings)
            if elsewhere is not None or request.for_courses:
                return elsewhere
            limits.widen(app, request, settings)
            limits.check(request, settings)
            if frames.is_framed(request):
                outside = frames.check(app, request)
                if outside is not None:
                    return outside
            if not request.path.startswith(csrf.WITHOUT_COOKIES):
                check_token()
        return None

    @app.after_request
    def complete(response: Response) -> Response:
        request = at_hand()
        add_headers(request, response)
        done = request.method, request.route, response.status_code, perf_counter() - request.began
        metrics.observe(*done)
        logs.note(*done, tenant=request.tenant, id=request.id, is_routine=request.is_routine)
        response.headers.add(ID_HEADER, request.id)
        return response


def _prepare_templates(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["static"] = static_url

    @app.context_processor
    def surroundings() -> dict[str, Any]:
        return {"user": user_if_readable(), "frame": frames.current(), "layout": _layout(at_hand())}


def _layout(request: Request) -> str:
    """The plain one also where there is no session for the forms of the other."""
    without_session = request.path.startswith(csrf.WITHOUT_COOKIES) or origins.is_content(request, parts().settings)
    plain = frames.is_framed(request) or without_session
    return "web/framed.html" if plain else "web/layout.html"


def static_url(name: str) -> str:
    """Address of one of our own files, which changes with its content so that browsers may keep it."""
    return frames.without_token(url_for("web.static", filename=name, v=_fingerprint(name)))


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
