"""Log lines: one JSON object each on stderr, with the request id; routes instead of paths, so that no line names a person."""

import logging
import sys
import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import orjson
from flask import Flask, Response, g, request

from lrs_bridge.web import request_id

ROOT = "lrs_bridge"
BUSY = "/xapi"
requests_log = logging.getLogger("lrs_bridge.request")


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON; ``extra={"fields": {...}}`` adds to it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.current(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class _Stderr(logging.StreamHandler[Any]):
    """Writes to whatever ``sys.stderr`` is when the line comes."""

    @property
    def stream(self) -> Any:
        return sys.stderr

    @stream.setter
    def stream(self, _value: Any) -> None:
        return


def to_stderr(level: str) -> None:
    """Sends the service's own log to stderr, from this level on."""
    root = logging.getLogger(ROOT)
    root.setLevel(level)
    if not any(isinstance(h, _Stderr) for h in root.handlers):
        lines = _Stderr()
        lines.setFormatter(JsonLines())
        root.addHandler(lines)


def install(app: Flask, level: str) -> None:
    """Sends the service's own log to stderr, and a line for each request that was answered.

    What the LRS takes and gives all day long is in the log from DEBUG on: metrics and the pages of keys tell of it.
    """
    to_stderr(level)

    @app.before_request
    def begin() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        status = response.status_code
        level = logging.DEBUG if status < HTTPStatus.BAD_REQUEST and request.path.startswith(BUSY) else logging.INFO
        if requests_log.isEnabledFor(level):
            method, rule = request.method, route()
            fields = {
                "method": method,
                "route": rule,
                "status": status,
                "ms": round(elapsed() * 1000, 1),
                "tenant": g.get("tenant"),
            }
            requests_log.log(level, "%s %s %s", method, rule, status, extra={"fields": fields})
        return response


def route() -> str:
    """The rule that the request's path matched, with its variables unnamed values; ``-`` when none did."""
    return request.url_rule.rule if request.url_rule else "-"


def elapsed() -> float:
    """Seconds since the request began."""
    return time.perf_counter() - float(g.get("started", time.perf_counter()))
