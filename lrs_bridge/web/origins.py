"""The application and the courses that it hosts: two origins, told apart by the host that a request names.

A course is a stranger's program. On its origin no cookie of the application is read or set and none of its pages is shown; on
the application's none of the course's files is served (docs/adr/0018-content-origin.md). Which views belong to the course's
origin is a list in ``app``. The LRS, and what is asked for without cookies, answers on both.
"""

import re
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from flask import Flask, redirect
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from lrs_bridge.errors import Forbidden, NotFound
from lrs_bridge.settings import Settings
from lrs_bridge.web.request import LRS, Request

ENDPOINTS = "lrs_bridge_content_endpoints"
SHARED = (LRS, "/oauth/", "/cmi5/fetch/", "/static/", "/healthz", "/readyz", "/.well-known/", "/robots.txt")
"""What is the same on both origins, and reads no cookie."""
LABEL = "[a-z0-9]{1,63}"


def allow(app: Flask, endpoints: tuple[str, ...]) -> None:
    """Says which views answer on the courses' origin, and nowhere else."""
    app.extensions[ENDPOINTS] = frozenset(endpoints)


def content_origin(settings: Settings, label: str) -> str:
    """The origin where an attempt with this label runs. Raises NotFound where courses are not hosted."""
    if not settings.content_url:
        raise NotFound("no courses are played here: LRS_BRIDGE_CONTENT_URL is not set", field="LRS_BRIDGE_CONTENT_URL")
    return settings.content_url.replace("*", label, 1)


def is_content(request: Request, settings: Settings) -> bool:
    """Whether the request is for the courses' origin."""
    if request.for_courses is None:
        request.for_courses = label_of_host(request.host, settings) is not None
    return request.for_courses


def label_of_host(host: str, settings: Settings) -> str | None:
    """The label that the host has on the courses' origin, "" where that has none; None when it is not the courses' origin."""
    pattern = _pattern(settings.content_url)
    if pattern is None or pattern.fullmatch(host.lower()) is None:
        return None
    return host.lower().partition(".")[0] if "*" in settings.content_url else ""


def check(app: Flask, request: Request, settings: Settings) -> Response | None:
    """Keeps the two apart: leads readers who are at the wrong one to the application's pages. Raises NotFound for all else, also
    for what is no page: it may be an address that holds a ticket.
    """
    belongs = request.endpoint in app.extensions.get(ENDPOINTS, ())
    if not is_content(request, settings):
        if belongs:
            raise NotFound("this is served where courses run")
        return None
    if request.headers.get("Service-Worker") == "script" and not belongs:
        raise Forbidden("courses install no service workers: they would outlive the course", rule="service worker")
    if belongs or request.path.startswith(SHARED) or isinstance(request.routing_exception, RequestRedirect):
        return None  # a redirection is to the same address, with one slash where there were two
    if request.method in ("GET", "HEAD") and request.endpoint is not None:
        query = request.query_string.decode("ascii", "replace")
        return redirect(settings.public_url + quote(request.path) + (f"?{query}" if query else ""), HTTPStatus.FOUND)
    raise NotFound("there is no such page where courses run")


@lru_cache(maxsize=8)
def _pattern(content_url: str) -> re.Pattern[str] | None:
    host = urlsplit(content_url.replace("*", "label", 1)).netloc
    if not host:
        return None
    escaped = re.escape(host.lower())
    return re.compile(escaped.replace("label", LABEL, 1) if "*" in content_url else escaped)
