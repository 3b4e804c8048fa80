"""Commits that only have to be kept, answered before Flask sees them: nearly all that players send, one a second from each.

Whatever else comes, and whatever is wrong, goes on to ``playing.views`` as it came, which does everything and tells what is
wrong (docs/adr/0021-quiet-commits.md).
"""

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from io import BytesIO
from time import perf_counter
from typing import Any

import orjson

from lrs_bridge.db import Together
from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.hosting.playing import service as playing
from lrs_bridge.hosting.playing.answer import Answer, answer_to
from lrs_bridge.packages.ticket import PlayTicket, parse_ticket
from lrs_bridge.scorm import service as scorm
from lrs_bridge.scorm.commit import LONGEST_WAITING, may_wait, parse_commit
from lrs_bridge.web import logs, metrics, origins
from lrs_bridge.web.parts import Parts
from lrs_bridge.web.request import ID_HEADER, request_id

ROUTE = "/play/<ticket>/commit"
_PATH = re.compile("/play/([^/]+)/commit")
Environ = dict[str, Any]


class QuietCommits:
    """The application, with this way around Flask before it."""

    def __init__(self, application: Callable[..., Iterable[bytes]], parts: Callable[[], Parts]) -> None:
        self._application = application
        self._parts = parts
        self._commits = Together(scorm.write)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """The answer: here, or from the application."""
        path = _PATH.fullmatch(environ["PATH_INFO"]) if environ["REQUEST_METHOD"] == "POST" else None
        body = _short_body(environ) if path else None
        if path is None or body is None:
            return self._application(environ, start_response)
        began = perf_counter()
        try:
            tenant, answer = self._kept(path[1], environ.get("HTTP_HOST", ""), body)
        except (LrsBridgeError, _NotHere):
            environ["wsgi.input"] = BytesIO(body)
            return self._application(environ, start_response)
        return _answered(answer, tenant, environ, start_response, began)

    def _kept(self, ticket: str, host: str, body: bytes) -> tuple[str, Answer]:
        """Whose commit was kept, and what its player is told. Raises _NotHere, or an error of ours, when none was."""
        parts = self._parts()
        settings, now = parts.settings, parts.clock()
        label = origins.label_of_host(host, settings)
        if label is None:
            raise _NotHere
        found = parse_ticket(ticket, playing.tickets_key(settings), label=label or None, now=now)
        came = parse_commit(body)
        if not isinstance(found, PlayTicket) or came.session > found.session or not may_wait(came, len(body)):
            raise _NotHere
        new = scorm.new_commit(found.tenant, found.attempt_id, came, body, now)
        kept = self._commits.keep(parts.engine, new)
        return found.tenant, answer_to(came, stands=kept.stands_in(found.session))


class _NotHere(Exception):
    """The commit is for the ordinary way."""


def _short_body(environ: Environ) -> bytes | None:
    """What was sent, when it is all there and short enough for this way; else it is left to be read."""
    length = environ.get("CONTENT_LENGTH", "")
    if not length.isdecimal() or int(length) > LONGEST_WAITING:
        return None
    body: bytes = environ["wsgi.input"].read(int(length))
    return body


def _answered(answer: Answer, tenant: str, environ: Environ, start_response: Callable[..., Any], began: float) -> list[bytes]:
    status, content, its_id = HTTPStatus(answer.status), orjson.dumps(answer.document), request_id(environ)
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(content)),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        ID_HEADER: its_id,
    }
    done = "POST", ROUTE, status.value, perf_counter() - began
    metrics.observe(*done)
    logs.note(*done, tenant=tenant, id=its_id, is_routine=True)
    start_response(f"{status.value} {status.phrase}", list(headers.items()))
    return [content]
