"""What tests do with Flask's client as a person does with a browser: read forms, send them with their token, log in."""

import re
from dataclasses import replace
from datetime import datetime

from tests.support.cast import NORTH, PASSWORD


def browser(app, language: str = "en"):
    """A browser of its own that asks for pages in one language; several may be at it in one test."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    return client


def token(client, path: str = "/help") -> str:
    """The CSRF token of the forms on a page."""
    return re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)[1]


def submit(client, path: str, *, page: str = "/help", base_url: str | None = None, **fields: str):
    """Sends a form as the page that has it would."""
    return client.post(path, data={"csrf_token": token(client, page), **fields}, base_url=base_url)


def log_in(client, username: str, *, password: str = PASSWORD, tenant: str = NORTH, target: str = "/", **named):
    """Sends the login form of a local account."""
    return submit(client, "/login", page="/login", tenant=tenant, username=username, password=password, next=target, **named)


def set_clock(app, at: datetime) -> None:
    """Makes it that time for the application."""
    set_clock_to(app, lambda: at)


def set_clock_to(app, clock) -> None:
    """Makes the application go by that clock."""
    app.extensions["lrs_bridge"] = replace(app.extensions["lrs_bridge"], clock=clock)
