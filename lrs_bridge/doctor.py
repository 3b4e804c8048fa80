"""``lrs-bridge doctor``: looks at a set-up as a whole and says in plain words what is wrong and what to do."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from lrs_bridge import settings as configuration
from lrs_bridge.db import migrations, read
from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.people import service as people
from lrs_bridge.settings import Settings
from lrs_bridge.signing import service as signing
from lrs_bridge.web.parts import Parts
from lrs_bridge.xapi.relay import service as relays
from lrs_bridge.xapi.relay.relay import Light

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Level(StrEnum):
    """How bad a finding is; only PROBLEM makes the command fail."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "PROBLEM"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    level: Level
    topic: str
    message: str


def examine(parts: Parts) -> Iterator[Finding]:
    """Every finding, in the order in which an operator would mend them; stops early where nothing further can be known."""
    yield from _settings(parts.settings)
    try:
        missing = read(parts.engine, migrations.pending)
    except LrsBridgeError as error:
        yield Finding(Level.PROBLEM, "database", f"{error.message} ({parts.engine.url.render_as_string(hide_password=True)})")
        return
    yield Finding(Level.OK, "database", parts.engine.url.render_as_string(hide_password=True))
    if missing:
        yield Finding(Level.PROBLEM, "migrations", f"{len(missing)} are missing; run: lrs-bridge db upgrade")
        return
    yield Finding(Level.OK, "migrations", "up to date")
    yield from _tenants(parts)


def _settings(settings: Settings) -> Iterator[Finding]:
    if not settings.master_key:
        yield Finding(Level.PROBLEM, "master key", "none; set LRS_BRIDGE_MASTER_KEY or run: lrs-bridge db upgrade")
    if not settings.secure_cookies and urlsplit(settings.public_url).hostname not in LOOPBACK:
        message = f"{settings.public_url} is not https: passwords and cookies can be read on the way"
        yield Finding(Level.PROBLEM, "public URL", message)
    if not settings.content_url:
        yield Finding(Level.NOTE, "hosted courses", "none is played: LRS_BRIDGE_CONTENT_URL is not set")
    elif "*" not in settings.content_url:
        message = f"all share {settings.content_url}: what one keeps in a browser others can read; a * gives each its own host"
        yield Finding(Level.NOTE, "hosted courses", message)
    if not settings.data_dir.is_dir():
        yield Finding(Level.PROBLEM, "data directory", f"{settings.data_dir} is not there; run: lrs-bridge db upgrade")
    elif not os.access(settings.data_dir, os.W_OK):
        yield Finding(Level.PROBLEM, "data directory", f"{settings.data_dir} can't be written")


def _tenants(parts: Parts) -> Iterator[Finding]:
    tenants = read(parts.engine, people.tenants)
    if not tenants:
        yield Finding(Level.NOTE, "tenants", "none yet; run: lrs-bridge tenant create, or lrs-bridge demo load")
    for tenant in tenants:
        yield from _keys(parts, tenant.tenant)
        yield from _tool_keys(parts, tenant.tenant)
        yield from _ledger(parts, tenant.tenant)
        yield from _relays(parts, tenant.tenant)


def _keys(parts: Parts, tenant: str) -> Iterator[Finding]:
    try:
        read(parts.engine, lambda session: signing.check_keys(session, tenant, master_key=parts.settings.master_key))
    except LrsBridgeError as error:
        yield Finding(Level.PROBLEM, f"keys of {tenant}", error.message)
    else:
        yield Finding(Level.OK, f"keys of {tenant}", "can be decrypted")


def _tool_keys(parts: Parts, tenant: str) -> Iterator[Finding]:
    """Nothing is said where no learning platform was ever to be registered."""
    try:
        has_keys = read(parts.engine, lambda session: platforms.check_keys(session, tenant, master_key=parts.settings.master_key))
    except LrsBridgeError as error:
        message = f"{error.message}; if that one is gone for good: lrs-bridge lti keys rotate --lost"
        yield Finding(Level.PROBLEM, f"LTI keys of {tenant}", message)
    else:
        if has_keys:
            yield Finding(Level.OK, f"LTI keys of {tenant}", "can be decrypted")


def _ledger(parts: Parts, tenant: str) -> Iterator[Finding]:
    found = read(parts.engine, lambda session: signing.check_ledger(session, tenant, parts.evidence_source))
    for finding in found:
        yield Finding(Level.PROBLEM, f"ledger of {tenant}", f"{finding.subject}: {finding.message}")
    if not found:
        yield Finding(Level.OK, f"ledger of {tenant}", "unbroken; every attestation, record and evidence agrees")


def _relays(parts: Parts, tenant: str) -> Iterator[Finding]:
    for found in read(parts.engine, lambda session: relays.standings(session, tenant, parts.clock())):
        level, message = _STANDINGS[found.light]
        if found.light is not Light.RUNNING and found.relay.troubles:
            message += f" (last: {found.relay.troubles[0].message})"
        yield Finding(level, f"{found.relay.direction} {found.relay.name} of {tenant}", message)
        if found.dead_letters:
            message = f"{found.dead_letters} statements were refused; see: lrs-bridge relay dead-letters"
            yield Finding(Level.NOTE, f"{found.relay.direction} {found.relay.name} of {tenant}", message)


_STANDINGS = {
    Light.RUNNING: (Level.OK, "runs"),
    Light.TROUBLED: (Level.NOTE, "has trouble and tries again"),
    Light.STALLED: (Level.PROBLEM, "has stalled; is a worker running (lrs-bridge worker), and does the other LRS answer?"),
    Light.REFUSED: (Level.PROBLEM, "was refused; mend its set-up, then: lrs-bridge relay resume"),
    Light.PAUSED: (Level.NOTE, "is paused"),
}


def settings_lines(environ: Mapping[str, str]) -> Iterator[str]:
    """Each setting with its value as it takes effect (secrets masked), and what it means."""
    for field in configuration.FIELDS:
        name = configuration.PREFIX + field.name
        value = environ.get(name, field.default)
        shown = "(set)" if value and field.secret else value or "(empty)"
        yield f"{name}={shown}\n    {field.meaning}"
