"""Log lines: one JSON object each on stderr, with the request id; routes instead of paths, so that no line names a person."""

import logging
import sys
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import orjson

from lrs_bridge.web.request import current_id

ROOT = "lrs_bridge"
LEAST_REFUSAL = HTTPStatus.BAD_REQUEST.value
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
            "request_id": current_id(),
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


def note(method: str, route: str, status: int, seconds: float, *, tenant: str | None, id: str, is_routine: bool) -> None:
    """A line for a request, of that id, that was answered.

    What programs ask for all day long is in the log from DEBUG on: metrics, the pages of keys and those of attempts tell of it.
    """
    level = logging.DEBUG if is_routine and status < LEAST_REFUSAL else logging.INFO
    if requests_log.isEnabledFor(level):
        fields = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1), "tenant": tenant}
        requests_log.log(level, "%s %s %s", method, route, status, extra={"fields": {"request_id": id, **fields}})
