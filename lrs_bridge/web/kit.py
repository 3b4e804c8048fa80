"""Puts the web kit into an application, in the order that requests pass through it."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, url_for
from jinja2 import StrictUndefined

from lrs_bridge.settings import Settings
from lrs_bridge.web import csrf, errors, health, i18n, limits, logs, metrics, request_id, security, session
from lrs_bridge.web.auth import user_if_readable

STATIC = Path(__file__).parent / "static"


def install(app: Flask, settings: Settings, readiness: Mapping[str, health.Check] | None = None) -> None:
    """Everything that all doors and pages share. ``readiness`` are checks for ``/readyz``, beside that of the database.

    The application's parts must be in place; blueprints are registered afterwards.
    """
    request_id.install(app)
    logs.install(app, settings.log_level)
    metrics.install(app)
    limits.install(app, settings)
    session.configure(app, settings)
    security.install(app, settings)
    i18n.install(app, settings)
    csrf.install(app, settings)
    errors.install(app)
    health.install(app, readiness or {})
    _prepare_templates(app)


def _prepare_templates(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["static"] = static_url

    @app.context_processor
    def surroundings() -> dict[str, Any]:
        return {"user": user_if_readable()}


def static_url(name: str) -> str:
    """Address of one of our own files, which changes with its content so that browsers may keep it."""
    return url_for("web.static", filename=name, v=_fingerprint(name))


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
