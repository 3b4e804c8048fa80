"""The pages and endpoints that belong to no room: home, help, the accessibility statement, health and metrics."""

import gzip
from functools import lru_cache
from http import HTTPStatus

from flask import Blueprint, Response, current_app, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from lrs_bridge.web import health, metrics
from lrs_bridge.web.auth import known_user
from lrs_bridge.web.parts import parts
from lrs_bridge.web.user import ADMINISTRATOR, FOLLOWER, RESIDENT, SIGNER

blueprint = Blueprint("web", __name__, template_folder="templates", static_folder="static", static_url_path="/static")

YEAR = 31_536_000
PACKED = frozenset({"text/css", "text/javascript", "image/svg+xml"})
"""Files that travel packed; fonts are packed already. Pages hold secrets beside what readers send (BREACH): they don't."""
FIRST_PAGES = ((RESIDENT, "/plan"), (SIGNER, "/signing"), (FOLLOWER, "/residents"), (ADMINISTRATOR, "/work-list"))


@blueprint.get("/")
def home() -> str | AnyResponse:
    """What this is, to visitors; those signed in go on to what their role needs first."""
    user = known_user()
    if user is None:
        return render_template("web/home.html")
    first = next((path for role, path in FIRST_PAGES if role in user.roles), "/help")
    return redirect(first, HTTPStatus.SEE_OTHER)


@blueprint.get("/help")
def help_page() -> str:
    """How to use the service, the reader's own roles first."""
    return render_template("web/help.html")


@blueprint.get("/accessibility")
def accessibility() -> str:
    """The accessibility statement."""
    return render_template("web/accessibility.html")


@blueprint.get("/healthz")
def healthz() -> Response:
    """Whether the process answers."""
    return _never_kept(jsonify(status="ok"))


@blueprint.get("/readyz")
def readyz() -> Response:
    """Whether the service can work, and if not, why: 200 or 503."""
    found = health.findings(parts().engine, current_app.extensions[health.EXTENSION])
    ready = all(verdict == "ok" for verdict in found.values())
    answer = jsonify(status="ok" if ready else "unavailable", checks=found)
    answer.status_code = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
    return _never_kept(answer)


@blueprint.get("/metrics")
def metrics_page() -> Response:
    """Numbers for Prometheus."""
    text, content_type = metrics.exposition(current_app.extensions.get(metrics.SOURCES, ()))
    return _never_kept(Response(text, content_type=content_type))


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Nothing here is for search engines but the front page."""
    return Response("User-agent: *\nAllow: /$\nDisallow: /\n", mimetype="text/plain")


@blueprint.after_request
def keep_static_files(response: Response) -> Response:
    """Files whose address changes with their content may be kept for good, and travel packed where that saves anything."""
    if request.endpoint == "web.static":
        if "v" in request.args or "/vendor/" in request.path:
            response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        if response.mimetype in PACKED:
            _pack(response)
    return response


def _pack(response: Response) -> None:
    """Packs a whole file for browsers that take it (RFC 9110 8.4, 12.5.3); its tag then no longer names these very bytes."""
    response.vary.add("Accept-Encoding")
    if response.status_code == HTTPStatus.OK and request.accept_encodings.quality("gzip") > 0:
        response.direct_passthrough = False
        response.set_data(_packed(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
        tag, _ = response.get_etag()
        if tag is not None:
            response.set_etag(tag, weak=True)


@lru_cache(maxsize=128)
def _packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _never_kept(response: Response) -> Response:
    response = make_response(response)
    response.headers["Cache-Control"] = "no-store"
    return response
