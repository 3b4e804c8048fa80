"""A request as the whole service sees it: when it began, its id, and whether it is for the LRS.

The id is in the answer's header, in every log line and on every error page, so that a user can quote it.
"""

import re
import tempfile
from secrets import token_hex
from time import perf_counter
from typing import IO, Any

import flask

ID_HEADER = "X-Request-ID"
LRS = "/xapi"
ROUTINE = (LRS, "/play/", "/files/")
"""What programs ask for all day long."""
UPLOADS = "LRS_BRIDGE_UPLOADS"
"""The configured folder of files that are being uploaded."""
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{8,64}")


class Request(flask.Request):
    """Flask's request, with its ``id``, which a proxy in front may choose; ``began``, on the clock of ``perf_counter``;
    ``for_lrs``: whether it is for the LRS, which has rules of its own; ``is_routine``: whether it is what programs ask for all
    day; ``for_courses``: whether it is for where courses run, None before that is known; the ``tenant`` whose it is, once that is
    known; ``frame_ancestors``: the origins whose frames may show the answer, None for none; ``form_targets``: origins that a form
    on it is sent to; ``runs_script``: whether a script of ours runs on it; ``frames_shown``: origins of frames that it holds.
    """

    tenant: str | None = None
    for_courses: bool | None = None
    frame_ancestors: tuple[str, ...] | None = None
    form_targets: tuple[str, ...] = ()
    runs_script: bool = False
    frames_shown: tuple[str, ...] = ()

    def __init__(self, environ: dict[str, Any], populate_request: bool = True, shallow: bool = False) -> None:  # noqa: FBT001, FBT002  Werkzeug's
        super().__init__(environ, populate_request, shallow)
        self.began = perf_counter()
        self.id = request_id(environ)
        self.for_lrs = self.path.startswith(LRS)
        self.is_routine = self.path.startswith(ROUTINE)

    def _get_file_stream(self, *_told: Any, **_more: Any) -> IO[bytes]:
        """Uploaded files go to the data directory's disk: they may be larger than memory, and than a temporary folder."""
        folder = flask.current_app.config[UPLOADS]
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=folder)

    @property
    def route(self) -> str:
        """The rule that the path matched, with its variables unnamed values; ``-`` when none did."""
        return self.url_rule.rule if self.url_rule else "-"


def request_id(environ: dict[str, Any]) -> str:
    """The id that a proxy in front has chosen, or else a new one."""
    sent = environ.get("HTTP_X_REQUEST_ID", "")
    return sent if sent and _ACCEPTED.fullmatch(sent) else token_hex(16)


def at_hand() -> Request:
    """The request that is being answered: itself, where ``flask.request`` looks for it anew each time that it is mentioned."""
    found: Request = flask.request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  Werkzeug's documented name
    return found


def current_id() -> str:
    """The id of the request at hand; ``-`` outside one."""
    return at_hand().id if flask.has_request_context() else "-"
