"""Pages of forwardings and pulls, for administrators."""

from collections.abc import Callable, Iterable
from datetime import datetime
from http import HTTPStatus
from uuid import UUID, uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Invalid, LrsBridgeError
from lrs_bridge.web.auth import require_role
from lrs_bridge.web.i18n import OSLO
from lrs_bridge.web.metrics import Gauge
from lrs_bridge.web.parts import Parts, parts
from lrs_bridge.web.user import ADMINISTRATOR, User
from lrs_bridge.xapi.relay import service
from lrs_bridge.xapi.relay.client import Remote, connection_report
from lrs_bridge.xapi.relay.connection import Tried, is_good, judge, unreachable
from lrs_bridge.xapi.relay.filter import NAMES, parse_filter
from lrs_bridge.xapi.relay.relay import Direction, Relay, Setup, check_secret, parse_setup, require_allowed
from lrs_bridge.xapi.relay.reply import RelayFailed
from lrs_bridge.xapi.relay.service import Standing

blueprint = Blueprint("relay", __name__, template_folder="templates")

Answer = Response | tuple[str, int] | str


@blueprint.get("/relays")
def relays() -> str:
    """The tenant's forwardings and pulls, and how each fares."""
    user = require_role(ADMINISTRATOR)
    found = read(parts().engine, lambda session: service.standings(session, user.tenant, parts().clock()))
    return render_template("relay/relays.html", standings=found, counted=service.COUNTED)


@blueprint.route("/relays/new/<any(forwarding, pull):direction>", methods=["GET", "POST"])
def new_relay(direction: str) -> Answer:
    """The form of a new forwarding or pull; its second button only tries the connection."""
    user = require_role(ADMINISTRATOR)
    kind = Direction(direction)
    if request.method == "GET":
        return _form(kind, None)
    try:
        setup = _read_setup(request.form["secret"])
        if request.form.get("act") == "test":
            return _form(kind, None, report=_try(setup, setup.secret or "", kind))
        require_allowed(setup.endpoint, parts().settings.allow_private_networks)
        start, now = request.form.get("start", service.NOW), parts().clock()
        key, by = parts().settings.master_key, _by(user)
        added = transact(
            parts().engine,
            lambda s: service.add_relay(s, user.tenant, kind, setup, start=start, master_key=key, by=by, now=now),
        )
    except Invalid as error:
        return _form(kind, None, error=error), error.status
    flash(_("It is set up. The worker (lrs-bridge worker) begins within seconds."), "success")
    return redirect(url_for("relay.relay", relay_id=added.relay_id), HTTPStatus.SEE_OTHER)


@blueprint.route("/relays/<uuid:relay_id>/edit", methods=["GET", "POST"])
def edit_relay(relay_id: UUID) -> Answer:
    """The form that changes one; a blank secret stays as it is, for the address and the key that it was given for."""
    user = require_role(ADMINISTRATOR)
    found = read(parts().engine, lambda session: service.get_relay(session, user.tenant, relay_id))
    if request.method == "GET":
        return _form(found.direction, found)
    try:
        setup = _read_setup(request.form["secret"] or None)
        if request.form.get("act") == "test":
            return _form(found.direction, found, report=_try_changed(found, setup))
        require_allowed(setup.endpoint, parts().settings.allow_private_networks)
        key, by, now = parts().settings.master_key, _by(user), parts().clock()
        transact(
            parts().engine,
            lambda s: service.change_relay(s, user.tenant, relay_id, setup, master_key=key, by=by, now=now),
        )
    except Invalid as error:
        return _form(found.direction, found, error=error), error.status
    flash(_("The changes are saved."), "success")
    return redirect(url_for("relay.relay", relay_id=relay_id), HTTPStatus.SEE_OTHER)


def _form(
    direction: Direction, found: Relay | None, *, error: LrsBridgeError | None = None, report: tuple[Tried, ...] | None = None
) -> str:
    good = report is not None and is_good(report)
    return render_template("relay/form.html", direction=direction, relay=found, error=error, report=report, good=good)


def _read_setup(secret: str | None) -> Setup:
    form = request.form
    return parse_setup(
        name=form.get("name", ""),
        endpoint=form.get("endpoint", ""),
        key=form.get("key", ""),
        secret=secret,
        version=form.get("version", ""),
        filter=parse_filter({name: form.get(name, "").splitlines() for name in NAMES}),
        assigned="without_assigned" not in form,
        stall_minutes=form.get("stall_minutes", ""),
    )


def _try_changed(found: Relay, setup: Setup) -> tuple[Tried, ...]:
    check_secret(found, setup)
    try:
        secret = setup.secret or service.secret_of(found, parts().settings.master_key)
    except RelayFailed as error:
        return unreachable(error)
    return _try(setup, secret, found.direction)


def _try(setup: Setup, secret: str, direction: Direction) -> tuple[Tried, ...]:
    """The report of a connection test, which changes nothing on either side."""
    allowed = parts().settings.allow_private_networks
    try:
        with Remote(setup.endpoint, key=setup.key, secret=secret, version=setup.version, allowed=allowed) as remote:
            about, asked = connection_report(remote, writes=direction is Direction.FORWARDING)
    except RelayFailed as error:
        return unreachable(error)
    return judge(about, asked, setup.version)


@blueprint.get("/relays/<uuid:relay_id>")
def relay(relay_id: UUID) -> str:
    """How one fares, what was refused, and what can be done."""
    return _page(require_role(ADMINISTRATOR), relay_id)


def _page(user: User, relay_id: UUID, *, error: LrsBridgeError | None = None, report: tuple[Tried, ...] | None = None) -> str:
    def work(session: Session) -> str:
        found = service.standing(session, service.get_relay(session, user.tenant, relay_id), parts().clock())
        letters = service.dead_letters(session, found.relay)
        good = report is not None and is_good(report)
        more = {"error": error, "report": report, "good": good, "counted": service.COUNTED}
        return render_template("relay/relay.html", found=found, relay=found.relay, letters=letters, **more)

    return read(parts().engine, work)


@blueprint.post("/relays/<uuid:relay_id>/test")
def test_relay(relay_id: UUID) -> str:
    """Tries the connection as it is set up."""
    user = require_role(ADMINISTRATOR)
    found = read(parts().engine, lambda session: service.get_relay(session, user.tenant, relay_id))
    setup = Setup(found.name, found.endpoint, found.key, None, found.version, found.filter)
    return _page(user, relay_id, report=_try_changed(found, setup))


@blueprint.post("/relays/<uuid:relay_id>/pause")
def pause(relay_id: UUID) -> Answer:
    """Lets it rest."""
    return _change(relay_id, service.pause_relay, lambda _done: _("It is paused. Nothing is lost meanwhile."))


@blueprint.post("/relays/<uuid:relay_id>/resume")
def resume(relay_id: UUID) -> Answer:
    """Lets it go on."""
    return _change(relay_id, service.resume_relay, lambda _done: _("It goes on where it stopped."))


@blueprint.post("/relays/<uuid:relay_id>/remove")
def remove(relay_id: UUID) -> Answer:
    """Removes it; statements stay."""
    gone = url_for("relay.relays")
    return _change(relay_id, service.remove_relay, lambda _done: _("It is removed. Statements stay where they are."), to=gone)


@blueprint.post("/relays/<uuid:relay_id>/replay")
def replay(relay_id: UUID) -> Answer:
    """Begins anew from a time, a statement or the beginning."""
    user = require_role(ADMINISTRATOR)
    try:
        start = _start()
        now = parts().clock()
        transact(parts().engine, lambda s: service.replay(s, user.tenant, relay_id, start, by=_by(user), now=now))
    except Invalid as error:
        return _page(user, relay_id, error=error), error.status
    flash(_("It begins anew from there. What the other side has already, it recognises."), "success")
    return redirect(url_for("relay.relay", relay_id=relay_id), HTTPStatus.SEE_OTHER)


def _start() -> str:
    """Where the form says to begin: a statement, a time in Norway, or the beginning when both are blank."""
    statement, at = request.form.get("statement", "").strip(), request.form.get("at", "").strip()
    if statement:
        return statement
    if not at:
        return service.BEGINNING
    try:
        return datetime.fromisoformat(at).replace(tzinfo=OSLO).isoformat()
    except ValueError as error:
        raise Invalid("write a date and a time", field="at") from error


@blueprint.post("/relays/<uuid:relay_id>/letters/resend")
def resend(relay_id: UUID) -> Answer:
    """Lets dead letters be tried again."""
    return _change_letters(
        relay_id, service.resend, lambda count: ngettext("%(num)s is tried again.", "%(num)s are tried again.", count)
    )


@blueprint.post("/relays/<uuid:relay_id>/letters/forget")
def forget(relay_id: UUID) -> Answer:
    """Takes dead letters off the list."""
    return _change_letters(
        relay_id, service.forget, lambda count: ngettext("%(num)s is off the list.", "%(num)s are off the list.", count)
    )


def _change_letters(relay_id: UUID, act: Callable[..., int], told: Callable[[int], str]) -> Answer:
    written = request.form.get("letter_id", "")
    try:
        letter_id = UUID(written) if written else None
    except ValueError:
        letter_id = uuid4()  # nobody's
    return _change(relay_id, act, told, letter_id)


def _change(
    relay_id: UUID, act: Callable[..., int | None], told: Callable[[int], str], *more: object, to: str | None = None
) -> Answer:
    user = require_role(ADMINISTRATOR)
    now = parts().clock()
    done = transact(parts().engine, lambda session: act(session, user.tenant, relay_id, *more, by=_by(user), now=now))
    flash(told(done or 0), "success")
    return redirect(to or url_for("relay.relay", relay_id=relay_id), HTTPStatus.SEE_OTHER)


def _by(user: User) -> str:
    return f"person:{user.person_id}"


def gauges(wired: Parts) -> Iterable[Gauge]:
    """How all tenants' relays fare, for Prometheus; an id tells them apart, since names may say whose they are."""
    found = read(wired.engine, lambda session: service.standings(session, None, wired.clock()))

    def of(value: Callable[[Standing], float]) -> dict[tuple[str, ...], float]:
        return {(str(one.relay.relay_id), one.relay.direction.value): value(one) for one in found}

    labels = ("relay", "direction")
    return (
        Gauge("lrs_bridge_relay_lag_seconds", "How long the oldest waits.", labels, of(lambda one: one.lag.total_seconds())),
        Gauge("lrs_bridge_relay_waiting", "Statements that wait, counted to 10000.", labels, of(lambda one: one.waiting)),
        Gauge("lrs_bridge_relay_dead_letters", "Statements that were refused.", labels, of(lambda one: one.dead_letters)),
        Gauge("lrs_bridge_relay_stalled", "1 when stalled or refused.", labels, of(lambda one: one.is_alarming)),
    )
