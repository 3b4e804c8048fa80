"""How much a request may bring, and what no text may hold.

Werkzeug stops reading at the limit, and the answer is 413 in the asker's dialect. The LRS has limits of its own besides.
"""

from flask import Flask, request

from lrs_bridge.errors import Invalid
from lrs_bridge.settings import Settings

FORM_BYTES = 256 * 1024
FORM_PARTS = 500
HAS_OWN_LIMITS = "/xapi"


def install(app: Flask, settings: Settings) -> None:
    """Limits bodies to ``settings.max_body_bytes``, and forms to what our largest one needs."""
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = FORM_BYTES
    app.config["MAX_FORM_PARTS"] = FORM_PARTS

    @app.before_request
    def limit_pages() -> None:
        if not request.path.startswith(HAS_OWN_LIMITS):
            _limit_plain_form(settings)
            _refuse_nul()


def _limit_plain_form(settings: Settings) -> None:
    """It is read whole before anything looks at it, so its limit is that of the body."""
    if request.mimetype == "application/x-www-form-urlencoded":
        request.max_content_length = min(FORM_BYTES, settings.max_body_bytes)


def _refuse_nul() -> None:
    """PostgreSQL keeps no NUL in a text, so no field of a page may hold one."""
    for name, value in request.values.items(multi=True):
        if "\x00" in value:
            raise Invalid("a field holds the character NUL", field=name)
