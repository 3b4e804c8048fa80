"""How much a request may bring, and what no text may hold.

Werkzeug stops reading at the limit, and the answer is 413 in the asker's dialect. The LRS has limits of its own besides.
"""

from flask import Flask

from lrs_bridge.errors import Invalid
from lrs_bridge.settings import Settings
from lrs_bridge.web.auth import user_if_readable
from lrs_bridge.web.request import UPLOADS, Request

FORM_BYTES = 256 * 1024
UPLOADING = "lrs_bridge_uploading_endpoints"
BODIES = "lrs_bridge_package_bodies"
FORM_PARTS = 500
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
"""What is read as soon as anybody looks at a request."""


def install(app: Flask, settings: Settings) -> None:
    """Limits bodies to ``settings.max_body_bytes``, and forms to what our largest one needs."""
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = FORM_BYTES
    app.config["MAX_FORM_PARTS"] = FORM_PARTS
    app.config[UPLOADS] = settings.data_dir / "uploads"


def allow_uploads(app: Flask, endpoints: tuple[str, ...], roles: tuple[str, ...]) -> None:
    """Says which pages take course packages, and from whom: those who are signed in and have one of the roles."""
    app.extensions[UPLOADING] = frozenset(endpoints), frozenset(roles)


def allow_bodies(app: Flask, endpoints: tuple[str, ...]) -> None:
    """Says which views take a course package as their body. They look at who asks before they read any of it."""
    app.extensions[BODIES] = frozenset(endpoints)


def widen(app: Flask, request: Request, settings: Settings) -> None:
    """Lets a request bring a course package, where one is due. To be called before anything reads its form."""
    if request.endpoint in app.extensions.get(BODIES, ()) and request.mimetype not in FORMS:
        request.max_content_length = settings.max_package_bytes
    endpoints, roles = app.extensions.get(UPLOADING, ((), frozenset()))
    if request.method != "POST" or request.endpoint not in endpoints:
        return
    user = user_if_readable()
    if user is not None and not user.roles.isdisjoint(roles):
        request.max_content_length = settings.max_package_bytes + FORM_BYTES


def check(request: Request, settings: Settings) -> None:
    """Looks through what a page is sent. Raises Invalid, and RequestEntityTooLarge once a form is too large to read."""
    _limit_plain_form(request, settings)
    _refuse_nul(request)


def _limit_plain_form(request: Request, settings: Settings) -> None:
    """It is read whole before anything looks at it, so its limit is that of the body."""
    if request.mimetype == "application/x-www-form-urlencoded":
        request.max_content_length = min(FORM_BYTES, settings.max_body_bytes)


def _refuse_nul(request: Request) -> None:
    """PostgreSQL keeps no NUL in a text, so no field of a page may hold one."""
    for name, value in request.values.items(multi=True):
        if "\x00" in value:
            raise Invalid("a field holds the character NUL", field=name)
