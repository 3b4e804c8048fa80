"""Pages of learning platforms, for administrators: registered, tested, watched, changed; and the keys they know us by."""

import secrets
from collections.abc import Callable
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from joserfc.jwk import RSAKey
from werkzeug.wrappers import Response

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Conflict, Invalid, LrsBridgeError, NotFound
from lrs_bridge.lti.launch import service as launches
from lrs_bridge.lti.platforms import client, keys, service
from lrs_bridge.lti.platforms import link as links
from lrs_bridge.lti.platforms.keys import KeyState
from lrs_bridge.lti.platforms.platform import Platform, Product
from lrs_bridge.lti.platforms.probe import Tried
from lrs_bridge.lti.platforms.setup import (
    FIELDS,
    LONGEST_NAME,
    PRESETS,
    URLS,
    Setup,
    as_written,
    asks_for_site,
    parse_deployment_id,
    parse_setup,
)
from lrs_bridge.lti.platforms.tool import Tool
from lrs_bridge.web.auth import require_role
from lrs_bridge.web.parts import parts
from lrs_bridge.web.user import ADMINISTRATOR, User

blueprint = Blueprint("platforms", __name__, template_folder="templates")

Answer = Response | tuple[str, int] | str
SHOWN = 20


@blueprint.get("/platforms")
def platforms() -> str:
    """The tenant's platforms, and how each fares."""
    user = require_role(ADMINISTRATOR)
    found = read(parts().engine, lambda session: service.listed(session, user.tenant, parts().clock()))
    return render_template("platforms/platforms.html", listed=found)


# Registered by a link


@blueprint.post("/platforms/link")
def make_link() -> str:
    """Makes a registration link and shows it, this once, with what to do with it."""
    user, now = require_role(ADMINISTRATOR), parts().clock()
    key, made = parts().settings.master_key, _spare_keys(user.tenant)
    work = partial(service.make_link, tenant=user.tenant, made_by=user.person_id, master_key=key, now=now, made=made)
    token = transact(parts().engine, work)
    address = links.address(parts().settings.public_url, token)
    return render_template("platforms/link.html", address=address, ends_at=now + links.VALID)


def _spare_keys(tenant: str) -> list[RSAKey]:
    """Keys for a tenant that has none yet, made before the transaction that wants them, since that takes its time."""
    if read(parts().engine, lambda session: service.lacks_keys(session, tenant)):
        return [service.new_key(), service.new_key()]
    return []


# Registered by hand


@blueprint.get("/platforms/new")
def new_platform() -> str:
    """Which product it is decides what is asked for."""
    require_role(ADMINISTRATOR)
    return render_template("platforms/new.html", products=list(Product))


@blueprint.route("/platforms/new/<product>", methods=["GET", "POST"])
def new_by_hand(product: str) -> Answer:
    """What to paste there, and the form of what the platform gives back."""
    user = require_role(ADMINISTRATOR)
    kind = _product(product)
    if request.method == "GET":
        made = _spare_keys(user.tenant)
        if made:  # the keys are to be there when the platform comes for them
            key, now = parts().settings.master_key, parts().clock()
            transact(parts().engine, lambda s: service.ensure_keys(s, user.tenant, master_key=key, now=now, made=made))
        return _form(user, kind, None)
    try:
        setup = _read_setup(kind)
        key, by, now = parts().settings.master_key, _by(user), parts().clock()
        add = partial(service.add_platform, tenant=user.tenant, setup=setup, master_key=key, by=by, now=now)
        added = transact(parts().engine, add)
    except Invalid as error:
        return _form(user, kind, None, error=error), error.status
    flash(_("The platform is registered. Test the connection, then open a link in a course."), "success")
    return redirect(url_for("platforms.platform", platform_id=added.platform_id), HTTPStatus.SEE_OTHER)


@blueprint.route("/platforms/<uuid:platform_id>/edit", methods=["GET", "POST"])
def edit_platform(platform_id: UUID) -> Answer:
    """The form that changes one."""
    user = require_role(ADMINISTRATOR)
    found = read(parts().engine, lambda session: service.get_platform(session, user.tenant, platform_id))
    if request.method == "GET":
        return _form(user, found.product, found)
    try:
        setup, by, now = _read_setup(_product(request.form.get("product", ""))), _by(user), parts().clock()
        transact(parts().engine, lambda s: service.change_platform(s, user.tenant, platform_id, setup, by=by, now=now))
    except Invalid as error:
        return _form(user, found.product, found, error=error), error.status
    flash(_("The changes are saved."), "success")
    return redirect(url_for("platforms.platform", platform_id=platform_id), HTTPStatus.SEE_OTHER)


def _product(written: str) -> Product:
    try:
        return Product(written)
    except ValueError as error:
        raise NotFound("there is no such product", field="product") from error


def _read_setup(product: Product) -> Setup:
    given = {name: request.form.get(name, "") for name in FIELDS}
    return parse_setup(given | {"product": product.value}, allowed=parts().settings.allow_private_networks)


def _form(user: User, product: Product, found: Platform | None, *, error: LrsBridgeError | None = None) -> str:
    kept = as_written(found) if found else {}
    published = read(parts().engine, lambda session: service.tenant_keys(session, user.tenant, parts().clock()))
    return render_template(
        "platforms/form.html",
        product=product,
        products=list(Product),
        platform=found,
        error=error,
        written={name: request.form.get(name, kept.get(name, "")) for name in FIELDS},
        tool=Tool(parts().settings.public_url, user.tenant),
        site_asked=asks_for_site(product),
        known=PRESETS.get(product, {}),
        urls=URLS,
        pem=next((keys.public_pem(key.public_jwk) for key in published if key.state is KeyState.CURRENT), ""),
    )


# One platform


@blueprint.get("/platforms/<uuid:platform_id>")
def platform(platform_id: UUID) -> str:
    """What is known of one, how its launches went, and what can be done."""
    return _page(require_role(ADMINISTRATOR), platform_id)


def _page(
    user: User,
    platform_id: UUID,
    *,
    error: LrsBridgeError | None = None,
    form: str = "",
    report: tuple[Tried, ...] | None = None,
) -> str:
    def work(session: Session) -> dict[str, Any]:
        return {
            "platform": service.get_platform(session, user.tenant, platform_id),
            "deployments": service.find_deployments(session, user.tenant, platform_id),
            "launches": service.visits(session, user.tenant, platform_id, SHOWN, failed=False),
            "failures": service.visits(session, user.tenant, platform_id, SHOWN, failed=True),
            "rebindings": service.rebindings(session, user.tenant, platform_id),
        }

    found = read(parts().engine, work)
    good = report is not None and all(tried.is_good for tried in report)
    tool = Tool(parts().settings.public_url, user.tenant)
    return render_template("platforms/platform.html", **found, error=error, form=form, report=report, good=good, tool=tool)


@blueprint.post("/platforms/<uuid:platform_id>/test")
def test_platform(platform_id: UUID) -> str:
    """Asks the platform for its keys and for a token, and shows what came of it."""
    user = require_role(ADMINISTRATOR)
    key = parts().settings.master_key

    def work(session: Session) -> tuple[Platform, keys.ToolKey]:
        found = service.get_platform(session, user.tenant, platform_id)
        return found, service.current_key(session, user.tenant, master_key=key)

    found, tool_key = read(parts().engine, work)
    allowed, jti = parts().settings.allow_private_networks, secrets.token_urlsafe()
    return _page(user, platform_id, report=client.probe(found, tool_key, allowed=allowed, now=parts().clock(), jti=jti))


@blueprint.post("/platforms/<uuid:platform_id>/pause")
def pause(platform_id: UUID) -> Answer:
    """Takes no launches meanwhile."""
    return _change(platform_id, service.pause_platform, _("It is paused. Nobody gets in from there until you resume."))


@blueprint.post("/platforms/<uuid:platform_id>/resume")
def resume(platform_id: UUID) -> Answer:
    """Takes launches again."""
    return _change(platform_id, service.resume_platform, _("Launches are taken again."))


@blueprint.post("/platforms/<uuid:platform_id>/remove")
def remove(platform_id: UUID) -> Answer:
    """Removes it; persons, plans and records stay."""
    gone = url_for("platforms.platforms")
    return _change(platform_id, service.remove_platform, _("It is removed. Persons, plans and records stay."), to=gone)


@blueprint.post("/platforms/<uuid:platform_id>/deployments")
def add_deployment(platform_id: UUID) -> Answer:
    """Takes launches of one more deployment."""

    def work(session: Session, tenant: str, platform_id: UUID, **who: Any) -> None:
        deployment_id = parse_deployment_id(request.form.get("deployment_id", ""))
        name = request.form.get("name", "").strip()[:LONGEST_NAME]
        service.add_deployment(session, tenant, platform_id, deployment_id, name, **who)

    return _change(platform_id, work, _("The deployment is added."), form="deployment")


@blueprint.post("/platforms/<uuid:platform_id>/deployments/rename")
def rename_deployment(platform_id: UUID) -> Answer:
    """Calls a deployment something else here."""
    named = (request.form.get("deployment_id", ""), request.form.get("name", "").strip()[:LONGEST_NAME])
    return _change(platform_id, service.rename_deployment, _("The name is changed."), *named)


@blueprint.post("/platforms/<uuid:platform_id>/deployments/remove")
def remove_deployment(platform_id: UUID) -> Answer:
    """Takes no more launches of a deployment."""
    done = _("The deployment is removed. Nobody gets in by it any more.")
    return _change(platform_id, service.remove_deployment, done, request.form.get("deployment_id", ""))


@blueprint.post("/platforms/<uuid:platform_id>/rebindings/<any(approve, refuse):verdict>")
def decide_rebinding(platform_id: UUID, verdict: str) -> Answer:
    """Lets a user be, or not be, the one of LTI 1.1 that the platform says."""
    asked = (request.form.get("subject", ""), request.form.get("consumer_key", ""))
    if verdict == "refuse":
        return _change(platform_id, service.refuse_rebinding, _("It is off the list. The two stay apart."), *asked)
    return _change(platform_id, _approved, _("It is linked. Both are the same person now."), *asked)


def _approved(session: Session, tenant: str, platform_id: UUID, *asked: str, by: str, now: datetime) -> None:
    person_id = service.approve_rebinding(session, tenant, platform_id, *asked, linked=parts().identifier_linked, by=by, now=now)
    user = launches.user_of(service.get_platform(session, tenant, platform_id).issuer, asked[0])
    launches.follow_link(session, tenant, user, person_id, launchables=parts().launchables, now=now)


def _change(platform_id: UUID, act: Callable[..., Any], done: str, *more: str, to: str | None = None, form: str = "") -> Answer:
    """Does it and shows the platform again, or says there why it can't be done."""
    user, now = require_role(ADMINISTRATOR), parts().clock()
    try:
        transact(parts().engine, lambda session: act(session, user.tenant, platform_id, *more, by=_by(user), now=now))
    except (Invalid, Conflict) as error:
        return _page(user, platform_id, error=error, form=form), error.status
    except NotFound as error:
        if error.field != "former_subject":
            raise
        return _page(user, platform_id, error=error), error.status
    flash(done, "success")
    return redirect(to or url_for("platforms.platform", platform_id=platform_id), HTTPStatus.SEE_OTHER)


# Keys


@blueprint.get("/platforms/keys")
def tool_keys() -> str:
    """The keys that platforms know the tenant by."""
    user = require_role(ADMINISTRATOR)
    found = read(parts().engine, lambda session: service.tenant_keys(session, user.tenant, parts().clock()))
    tool, order = Tool(parts().settings.public_url, user.tenant), list(KeyState)
    pems = {key.kid: keys.public_pem(key.public_jwk) for key in found}
    kept = sorted(found, key=lambda key: (order.index(key.state) != 1, order.index(key.state), key.created_at))
    return render_template("platforms/keys.html", keys=kept, pems=pems, tool=tool)


@blueprint.post("/platforms/keys/rotate")
def rotate() -> Answer:
    """Signs with the next key from now on."""
    user, now = require_role(ADMINISTRATOR), parts().clock()
    key, made = parts().settings.master_key, [service.new_key()]
    transact(parts().engine, lambda s: service.rotate_keys(s, user.tenant, master_key=key, by=_by(user), now=now, made=made))
    flash(_("The next key signs from now on. The old one stays published for a week."), "success")
    return redirect(url_for("platforms.tool_keys"), HTTPStatus.SEE_OTHER)


def _by(user: User) -> str:
    return f"person:{user.person_id}"
