"""Cross-site request forgery: every form carries a token bound to the browser's session.

The LRS and its tokens are left out: their callers authenticate by what browsers do not add by themselves, and no cookie is read.
So are the doors of learning platforms, whose requests come from elsewhere by nature: each carries a proof of its own.
"""

from collections.abc import Callable

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from lrs_bridge.settings import Settings
from lrs_bridge.web.request import LRS
from lrs_bridge.web.user import SESSION_LIFETIME

WITHOUT_COOKIES = (
    LRS,
    "/oauth/",
    "/lti/login",
    "/lti/launch",
    "/lti/1p1/",
    "/lti/register",
    "/lti/claim/begin",
    "/dispatch/",
    "/cmi5/",
    "/api/",
)


def install(app: Flask, settings: Settings) -> Callable[[], None]:
    """Gives forms their tokens, and gives back what checks that of a request that changes something."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = int(SESSION_LIFETIME.total_seconds())
    app.config["WTF_CSRF_SSL_STRICT"] = settings.secure_cookies
    protect: Callable[[], None] = CSRFProtect(app).protect
    return protect
