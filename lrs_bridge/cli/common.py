"""What the commands share: how errors look, and how the service's parts are opened."""

import os
from typing import Any

import click

from lrs_bridge.app import build_parts
from lrs_bridge.db import migrations, read
from lrs_bridge.errors import LrsBridgeError, Unavailable
from lrs_bridge.settings import Settings
from lrs_bridge.web.parts import Parts

CONTEXT = {"help_option_names": ["-h", "--help"], "show_default": True}


class Group(click.Group):
    """Shows our own errors as one line on stderr and exit status 1, never as a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except LrsBridgeError as error:
            reason = getattr(error.__cause__, "orig", None) or error.rule  # what the driver says, or the rule
            raise click.ClickException(f"{error.message} ({reason})" if reason else error.message) from error


def read_settings() -> Settings:
    """The configuration in the environment. Raises InvalidSettings."""
    return Settings.from_environ(os.environ)


def built(configured: Settings) -> Parts:
    """The service's parts, whose connections are closed when the command ends."""
    parts = build_parts(configured)
    click.get_current_context().call_on_close(parts.engine.dispose)
    return parts


def open_parts() -> Parts:
    """The service's parts, on a database that is set up."""
    parts = built(read_settings())
    try:
        missing = read(parts.engine, migrations.pending)
    except Unavailable as error:
        where = parts.engine.url.render_as_string(hide_password=True)
        reason = getattr(error.__cause__, "orig", None) or error.message
        message = f"{where} can't be opened ({reason}); is it running, and set up (lrs-bridge db upgrade)?"
        raise click.ClickException(message) from error
    if missing:
        raise click.ClickException("the database is not up to date; run: lrs-bridge db upgrade")
    return parts
