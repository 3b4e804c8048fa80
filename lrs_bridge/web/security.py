"""Headers that tell browsers what a page may do: nothing but show itself and send its forms here."""

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask, Response
from flask.globals import request_ctx
from flask.sansio.app import App

from lrs_bridge.settings import Settings
from lrs_bridge.web.request import Request

FORM_TARGETS = "lrs_bridge_form_targets"
YEAR = 31_536_000
_NOT_IN_FRAMES = frozenset({"X-Frame-Options", "Cross-Origin-Opener-Policy"})
"""The one knows no origins, and the other cuts a window off from the platform that opened it."""


def content_security_policy(
    form_targets: tuple[str, ...] = (),
    frame_ancestors: tuple[str, ...] | None = None,
    *,
    runs_script: bool = False,
    frames_shown: tuple[str, ...] = (),
) -> str:
    """No script, no inline style, nothing from other hosts. ``data:`` images are the icons inside the design system's CSS.

    ``form_targets`` are origins that a form of ours may end up at by redirection: those of OpenID providers, at logout. With
    ``frame_ancestors`` these may show the page in a frame, and our own script may run, which such pages need. So may it with
    ``runs_script``. ``frames_shown`` are the origins of frames that the page holds.
    """
    framed = "script-src 'self'; connect-src 'self'; " if runs_script or frame_ancestors is not None else ""
    framed += f"frame-src {' '.join(frames_shown)}; " if frames_shown else ""
    ancestors = " ".join(frame_ancestors or ("'none'",))
    return (
        f"default-src 'none'; {framed}style-src 'self'; font-src 'self'; img-src 'self' data:; base-uri 'none'; "
        f"frame-ancestors {ancestors}; " + " ".join(["form-action 'self'", *form_targets])
    )


def allow_form_target(app: App, url: str) -> None:
    """Lets the logout form end at the origin of this URL."""
    parts = urlsplit(url)
    app.extensions.setdefault(FORM_TARGETS, set()).add(f"{parts.scheme}://{parts.netloc}")


def is_form_target(app: App, url: str) -> bool:
    """Whether a form may end there."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" in app.extensions.get(FORM_TARGETS, ())


def install(app: Flask, settings: Settings) -> Callable[[Request, Response], None]:
    """Gives back what adds the headers to an answer: all of them, but to the LRS's and the player's, which no browser shows as
    pages, only that their type is not guessed.
    """
    fixed = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if settings.secure_cookies:
        fixed["Strict-Transport-Security"] = f"max-age={YEAR}; includeSubDomains"

    def add(request: Request, response: Response) -> None:
        if request.for_lrs or (request.for_courses and response.mimetype == "application/json"):
            response.headers.set("X-Content-Type-Options", "nosniff")
            return
        ancestors = request.frame_ancestors
        for name, value in fixed.items():
            if ancestors is None or name not in _NOT_IN_FRAMES:
                response.headers.setdefault(name, value)
        targets = (*sorted(app.extensions.get(FORM_TARGETS, ())), *request.form_targets)
        policy = content_security_policy(targets, ancestors, runs_script=request.runs_script, frames_shown=request.frames_shown)
        response.headers.setdefault("Content-Security-Policy", policy)
        if request.endpoint != "web.static" and (_used_session() or response.mimetype == "text/html"):
            response.headers.setdefault("Cache-Control", "no-store")

    return add


def _used_session() -> bool:
    """Whether anything has looked at the browser session; asking ``flask.session`` would itself count as looking."""
    session = request_ctx._session  # noqa: SLF001  there is no other way to ask without answering
    return session is not None and session.accessed
