"""The browser session: a signed cookie that names a session kept, and ended, in the database.

The cookie is signed with HMAC-SHA-256 under a key derived from the master key, so every worker reads it and nobody else makes
one. It holds the tenant, the person and session ids, the provider and the time of login: no name, no token, no right.
"""

import hashlib
from typing import Any

from flask import Flask, Response
from flask.sessions import NullSession, SecureCookieSession, SecureCookieSessionInterface, SessionMixin

from lrs_bridge.settings import Settings
from lrs_bridge.web import frames, origins
from lrs_bridge.web.csrf import WITHOUT_COOKIES
from lrs_bridge.web.keys import derived_key
from lrs_bridge.web.parts import EXTENSION
from lrs_bridge.web.request import Request
from lrs_bridge.web.user import SESSION_LIFETIME

COOKIE = "lrs_bridge_session"
HOST_COOKIE = f"__Host-{COOKIE}"
"""Its name where there is https: browsers let no other host set it, not even one below ours or beside it (RFC 6265bis 4.1.3)."""
_NONE = NullSession()
"""Nothing can be put into it, so one serves all."""


class SessionInterface(SecureCookieSessionInterface):
    """Flask's signed cookies, with SHA-256 in place of SHA-1."""

    salt = "lrs-bridge-session"
    digest_method = staticmethod(hashlib.sha256)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:  # type: ignore[override]
        """The session of a page's request; a launch's in a frame; that of nobody for the LRS and where courses run: both read
        no cookie.
        """
        if request.for_lrs or origins.is_content(request, app.extensions[EXTENSION].settings):
            return _NONE
        if frames.is_framed(request):
            return frames.open_session(app, request)
        return _NONE if request.path.startswith(WITHOUT_COOKIES) else super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keeps the session where it belongs: in the database in a frame, in its cookie elsewhere."""
        if isinstance(session, frames.FrameSession):
            frames.save_session(app, session)
        else:
            super().save_session(app, session, response)


def configure(app: Flask, settings: Settings) -> None:
    """Sets the cookie's name, flags, lifetime and key."""
    values: dict[str, Any] = {
        "SECRET_KEY": derived_key(settings.master_key, "session cookie"),
        "SESSION_COOKIE_NAME": HOST_COOKIE if settings.secure_cookies else COOKIE,
        "SESSION_COOKIE_PATH": "/",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure_cookies,
        "SESSION_REFRESH_EACH_REQUEST": False,
        "PERMANENT_SESSION_LIFETIME": SESSION_LIFETIME,
    }
    app.config.update(values)
    app.session_interface = SessionInterface()
