"""Pages of keys, for administrators: made, connected, watched, changed and ended. And what the LRS's door asks of this room."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from multiprocessing.util import Finalize
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Invalid
from lrs_bridge.web.auth import require_role
from lrs_bridge.web.parts import EXTENSION, Parts, extension, parts
from lrs_bridge.web.user import ADMINISTRATOR, User
from lrs_bridge.xapi.credentials import client, service, terms
from lrs_bridge.xapi.credentials.admission import EXTENSION as ADMISSION
from lrs_bridge.xapi.credentials.admission import Admission
from lrs_bridge.xapi.credentials.connection import Connection
from lrs_bridge.xapi.credentials.credential import Credential, Scope
from lrs_bridge.xapi.credentials.cross_origin import parse_origins
from lrs_bridge.xapi.credentials.journal import buffer
from lrs_bridge.xapi.credentials.journal import service as journals
from lrs_bridge.xapi.credentials.journal.buffer import Flusher, Journal
from lrs_bridge.xapi.credentials.probe import Step, Verdict

blueprint = Blueprint("credentials", __name__, template_folder="templates")

WORKERS = "WEB_CONCURRENCY"
FIRST = 100
Answer = Response | tuple[str, int] | str


# The door


@blueprint.record
def _prepare(state: BlueprintSetupState) -> None:
    """Each worker process has a memory of its own."""
    workers = os.environ.get(WORKERS, "")
    state.app.extensions[ADMISSION] = Admission(workers=max(int(workers), 1) if workers.isdecimal() else 1)
    state.app.extensions[buffer.EXTENSION] = Journal()


def admission() -> Admission:
    """The running worker's memory of callers, and their limits."""
    found: Admission = extension(ADMISSION)
    return found


def journal() -> Journal:
    """The running worker's journal of requests."""
    found: Journal = extension(buffer.EXTENSION)
    return found


def keep_journal(app: Flask) -> Flusher:
    """Starts to write the application's journal down, until the process ends; to be called in each worker process."""
    wired: Parts = app.extensions[EXTENSION]

    def write(entries: Any) -> None:
        transact(wired.engine, lambda session: journals.flush(session, entries, wired.clock()))

    flusher = Flusher(app.extensions[buffer.EXTENSION], write)
    flusher.start()
    Finalize(None, flusher.stop, exitpriority=FIRST)  # runs in worker processes as well, where atexit does not
    return flusher


# The pages


@dataclass(frozen=True, slots=True)
class Shown:
    """What a key's page shows beside what is stored: a secret just made, what a test found, what is wrong with which form."""

    secret: str = ""
    steps: list[Step] = field(default_factory=list)
    error: Invalid | None = None
    form: str = ""


@blueprint.get("/keys")
def keys() -> str:
    """All keys of the tenant, and refused requests under keys that are not among them."""
    user, now = require_role(ADMINISTRATOR), parts().clock()

    def work(session: Session) -> tuple[Any, ...]:
        found = service.list_credentials(session, user.tenant)
        return found, journals.last_hours(session, user.tenant), journals.unknown_keys(session, user.tenant)

    found, used_at, unknown = read(parts().engine, work)
    in_force = [each for each in found if each.is_valid(now)]
    ended = [each for each in found if not each.is_valid(now)]
    return render_template(
        "credentials/keys.html",
        in_force=in_force,
        ended=ended,
        used_at=used_at,
        unknown=unknown,
        scopes=list(Scope),
        presets=terms.PRESETS,
    )


@blueprint.get("/keys/new")
def new_key() -> str:
    """The form of a new key."""
    require_role(ADMINISTRATOR)
    return _render_new(None)


def _render_new(error: Invalid | None) -> str:
    return render_template("credentials/new.html", error=error, scopes=list(Scope), presets=terms.PRESETS)


@blueprint.post("/keys")
def make_key() -> Answer:
    """Makes a key, and shows its page with the secret, this once."""
    user, now = require_role(ADMINISTRATOR), parts().clock()
    try:
        agreed = terms.parse_terms(request.form, request.form.getlist("scope"), now)
    except Invalid as error:
        return _render_new(error), error.status
    work = partial(service.open_credential, tenant=user.tenant, terms=agreed, now=now, by=_by(user))
    key, secret = transact(parts().engine, work)
    return _render_key(user, key, Shown(secret=secret))


@blueprint.get("/keys/<key>")
def one_key(key: str) -> str:
    """The connection page: how to connect, what was asked lately, and what was wrong with it."""
    return _render_key(require_role(ADMINISTRATOR), key, Shown())


def _render_key(user: User, key: str, shown: Shown) -> str:
    now = parts().clock()

    def work(session: Session) -> dict[str, Any]:
        found = service.get_credential(session, user.tenant, key)
        return {
            "credential": found,
            "usage": journals.usage(session, user.tenant, key, now),
            "earlier_until": service.earlier_secret_until(session, user.tenant, key, now),
        }

    found = read(parts().engine, work)
    return render_template(
        "credentials/key.html",
        **found,
        shown=shown,
        works=found["credential"].is_valid(now),
        expires_on=terms.expires_on(found["credential"].expires_at),
        connection=Connection(parts().settings.public_url, key, shown.secret),
        scopes=list(Scope),
        overlap_hours=terms.OVERLAP_HOURS,
    )


@blueprint.post("/keys/<key>/test")
def test_key(key: str) -> Answer:
    """Asks the LRS at its public address with this key, and shows what came of it; a right secret stays on the page."""
    user = require_role(ADMINISTRATOR)
    read(parts().engine, lambda session: service.get_credential(session, user.tenant, key))
    secret = request.form.get("secret", "").strip()
    try:
        origin = next(iter(parse_origins([request.form.get("origin", "")])), "")
    except Invalid as error:
        return _render_key(user, key, Shown(error=error, form="test")), error.status
    endpoint = Connection(parts().settings.public_url, key).endpoint
    steps = client.examine(endpoint, key=key, secret=secret, origin=origin)
    right = any(step.verdict in (Verdict.KEY_READS, Verdict.KEY_KNOWN) for step in steps)
    return _render_key(user, key, Shown(secret=secret if right else "", steps=steps, form="test"))


@blueprint.post("/keys/<key>/change")
def change_key(key: str) -> Answer:
    """Gives the key other terms."""
    user, now = require_role(ADMINISTRATOR), parts().clock()

    def work(session: Session) -> Credential:
        agreed = terms.parse_terms(request.form, request.form.getlist("scope"), now)
        return service.change_credential(session, user.tenant, key, agreed, now=now, by=_by(user))

    return _change(user, key, "change", work, _("The key was changed. The change holds within a second."))


@blueprint.post("/keys/<key>/rotate")
def rotate_key(key: str) -> Answer:
    """A new secret, shown this once."""
    user, now = require_role(ADMINISTRATOR), parts().clock()

    def work(session: Session) -> str:
        overlap = terms.parse_overlap(request.form.get("overlap", ""))
        return service.rotate_credential(session, user.tenant, key, overlap=overlap, now=now, by=_by(user))

    try:
        secret = transact(parts().engine, work)
    except Invalid as error:
        return _render_key(user, key, Shown(error=error, form="rotate")), error.status
    return _render_key(user, key, Shown(secret=secret))


@blueprint.post("/keys/<key>/revoke")
def revoke_key(key: str) -> Answer:
    """Ends the key."""
    user, now = require_role(ADMINISTRATOR), parts().clock()

    def work(session: Session) -> None:
        service.revoke_credential(session, user.tenant, key, now, by=_by(user))

    return _change(user, key, "revoke", work, _("The key was ended. Nobody gets in with it any more."))


def _change(user: User, key: str, form: str, work: Callable[[Session], Any], done: str) -> Answer:
    """Does it and shows the key again, or what is wrong with the form."""
    try:
        transact(parts().engine, work)
    except Invalid as error:
        return _render_key(user, key, Shown(error=error, form=form)), error.status
    flash(done, "success")
    return redirect(url_for("credentials.one_key", key=key), HTTPStatus.SEE_OTHER)


def _by(user: User) -> str:
    return f"person:{user.person_id}"
