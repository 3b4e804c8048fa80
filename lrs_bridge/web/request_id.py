"""The request id: in the answer's header, in every log line, on every error page, so that a user can quote it."""

import re
from uuid import uuid4

from flask import Flask, Response, g, has_request_context, request

HEADER = "X-Request-ID"
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{8,64}")


def install(app: Flask) -> None:
    """Gives each request an id: the one that a proxy in front chose, if it is one, or else a new one."""

    @app.before_request
    def begin() -> None:
        sent = request.headers.get(HEADER, "")
        g.request_id = sent if _ACCEPTED.fullmatch(sent) else uuid4().hex

    @app.after_request
    def show(response: Response) -> Response:
        response.headers[HEADER] = current()
        return response


def current() -> str:
    """The id of the request at hand; ``-`` outside one."""
    return str(g.get("request_id", "-")) if has_request_context() else "-"
