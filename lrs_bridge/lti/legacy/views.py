"""The door of LTI 1.1, and the pages on which administrators say who may come by it.

A launch by LTI 1.1 is one request, with no login before it in which the browser could show whether it keeps cookies. So it is led
on over a page that finds out, and goes on from there.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response as AnyResponse

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Forbidden, Invalid, LrsBridgeError
from lrs_bridge.lti.launch import service as launches
from lrs_bridge.lti.launch.launch import VerifiedLaunch
from lrs_bridge.lti.launch.refusal import LaunchRefused, Step
from lrs_bridge.lti.legacy import service
from lrs_bridge.lti.legacy.cartridge import build_cartridge
from lrs_bridge.lti.legacy.launch import LEGACY_LAUNCH_PATH, Consumer, first_values, verify_launch
from lrs_bridge.lti.legacy.oauth1 import Pairs, Signed, unverified_consumer_key
from lrs_bridge.lti.legacy.origin import check_origin
from lrs_bridge.lti.legacy.setup import FIELDS, Setup, parse_setup
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.lti.platforms.platform import Platform, Product
from lrs_bridge.lti.platforms.tool import DESCRIPTIONS, ICON_PATH, NAMES, Tool
from lrs_bridge.web import frames
from lrs_bridge.web.auth import require_role
from lrs_bridge.web.keys import derived_key
from lrs_bridge.web.parts import parts
from lrs_bridge.web.reply import shown
from lrs_bridge.web.request import at_hand, current_id
from lrs_bridge.web.user import ADMINISTRATOR, User

log = logging.getLogger(__name__)

blueprint = Blueprint("legacy", __name__, template_folder="templates")

Answer = AnyResponse | tuple[str, int] | str
COOKIE = "lrs_bridge_lti_1p1_"
ON_ITS_WAY = 60
"""For how many seconds a browser may be led on."""
VISITS_SHOWN = 20
_IN_PATH = "/:@!$&'()*+,;=~"


# The launch


@blueprint.get("/lti/1p1/launch", defaults={"_place": ""})
@blueprint.get("/lti/1p1/launch/<path:_place>")
def no_launch(_place: str) -> str:
    """What people see who open a launch's address by itself."""
    return render_template("launch/no_launch.html")


@blueprint.post("/lti/1p1/launch", defaults={"_place": ""})
@blueprint.post("/lti/1p1/launch/<path:_place>")
def launch(_place: str) -> AnyResponse:
    """Takes a platform's message (LTI 1.1 Implementation Guide 3)."""
    form = list(request.form.items(multi=True))
    consumer: Consumer | None = None
    try:
        consumer = _consumer(unverified_consumer_key(form))
        verified, signed = verify_launch(form, url=_signed_url(), consumer=consumer, now=parts().clock())
        platform: Platform = consumer.platform  # type: ignore[union-attr]  # verified: it is somebody's
        origin, destination = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Dest")
        check_origin(platform, origin=origin, destination=destination, own_url=parts().settings.public_url)
        return _entered(platform, verified, signed)
    except LaunchRefused as error:
        return _refused(error, consumer, form)
    except Forbidden as error:
        return _refused(LaunchRefused(error.message, step=Step.MESSAGE, field=error.field, rule=error.rule), consumer, form)


def _consumer(key: str) -> Consumer | None:
    master_key = parts().settings.master_key
    return read(parts().engine, lambda session: service.find_consumer(session, key, master_key=master_key))


def _signed_url() -> str:
    """The address as the platform knows it, whatever a proxy in front has made of it."""
    query = request.query_string.decode("ascii", "replace")
    return f"{parts().settings.public_url}{quote(request.path, safe=_IN_PATH)}" + (f"?{query}" if query else "")


def _entered(platform: Platform, verified: VerifiedLaunch, signed: Signed) -> AnyResponse:
    session_id = secrets.token_urlsafe(16)

    def work(session: Session) -> launches.Entered:
        return launches.enter(
            session,
            platform,
            verified,
            once=signed.once,
            session_id=session_id,
            secret=_secret_of(session_id),
            launchables=parts().launchables,
            linked=parts().identifier_linked,
            now=parts().clock(),
        )

    entered = transact(parts().engine, work)
    ticket = _tickets().dumps([platform.tenant, entered.session_id, entered.path, parts().clock().timestamp()])
    answer = redirect(url_for("legacy.led_on", ticket=ticket), HTTPStatus.SEE_OTHER)
    frames.set_cookie(answer, COOKIE + session_id, "1", "/lti/1p1/", parts().settings, ON_ITS_WAY)
    return answer


@blueprint.get("/lti/1p1/on/<ticket>")
def led_on(ticket: str) -> AnyResponse:
    """Leads the browser in, once: with a cookie if it brought one back, else without."""
    at_hand().frame_ancestors = ("*",)  # nothing is on it
    now = parts().clock()
    try:
        tenant, session_id, path, made_at = _tickets().loads(ticket)
    except (BadSignature, ValueError):
        return redirect(url_for("legacy.no_launch"), HTTPStatus.SEE_OTHER)
    is_over = now.timestamp() - made_at > ON_ITS_WAY
    if is_over or not transact(parts().engine, lambda s: service.use_ticket(s, tenant, session_id, now=now)):
        return redirect(url_for("legacy.no_launch"), HTTPStatus.SEE_OTHER)
    cookieless = frames.find_cookie(request, COOKIE + session_id, parts().settings) is None
    return frames.lead_in(session_id, _secret_of(session_id), path, parts().settings, cookieless=cookieless)


def _tickets() -> URLSafeSerializer:
    key = derived_key(parts().settings.master_key, "lti 1.1 tickets")
    return URLSafeSerializer(key, salt="lti 1.1 once")


def _secret_of(session_id: str) -> str:
    """The session's secret, which so need not be in an address on the way to a cookie."""
    key = derived_key(parts().settings.master_key, "lti 1.1 sessions")
    return hmac.digest(key, session_id.encode(), hashlib.sha256).hex()


def _refused(error: LaunchRefused, consumer: Consumer | None, form: Pairs) -> AnyResponse:
    """The page of a launch that does not hold, which names the step; its line in the platform's journal, where that is known."""
    log.warning("an LTI 1.1 launch was refused at %s: %s", error.step, error.message)
    at_hand().frame_ancestors = consumer.platform.ancestors if consumer else ("*",)
    if consumer is not None:
        platform, said, now = consumer.platform, first_values(form), parts().clock()
        kind, deployed = shown(said.get("lti_message_type", "launch")), shown(said.get("tool_consumer_instance_guid", ""))
        transact(
            parts().engine,
            lambda session: launches.note_failure(
                session, platform, error, message_type=kind, deployment_id=deployed or None, error_id=current_id(), now=now
            ),
        )
    return make_response(render_template("launch/refused.html", error=error, error_id=current_id()), error.status)


@blueprint.get("/lti/1p1/config.xml")
def cartridge() -> Response:
    """The tool as platforms read it from an address."""
    icon_url = f"{parts().settings.public_url}{ICON_PATH}"
    content = build_cartridge(title=NAMES["en"], description=DESCRIPTIONS["en"], launch_url=_launch_url(), icon_url=icon_url)
    return Response(content, mimetype="application/xml")


def _launch_url() -> str:
    return f"{parts().settings.public_url}{LEGACY_LAUNCH_PATH}"


# The pages


@blueprint.get("/platforms/legacy")
def consumers() -> str:
    """Whether LTI 1.1 is allowed, and the platforms that use it."""
    user = require_role(ADMINISTRATOR)

    def work(session: Session) -> dict[str, Any]:
        return {"allowed": service.allows(session, user.tenant), "consumers": service.consumers(session, user.tenant)}

    return render_template("legacy/consumers.html", **read(parts().engine, work))


@blueprint.post("/platforms/legacy/allow")
def allow() -> Answer:
    """Takes launches by LTI 1.1 from now on, or no longer."""
    user, now = require_role(ADMINISTRATOR), parts().clock()
    allowed = request.form.get("allowed") == "yes"
    transact(parts().engine, lambda s: service.set_allowed(s, user.tenant, allowed=allowed, by=_by(user), now=now))
    flash(_("Launches by LTI 1.1 are taken.") if allowed else _("Launches by LTI 1.1 are refused from now on."), "success")
    return redirect(url_for("legacy.consumers"), HTTPStatus.SEE_OTHER)


@blueprint.route("/platforms/legacy/new", methods=["GET", "POST"])
def new_consumer() -> Answer:
    """The form of a new platform; the answer shows key and secret, the secret this once."""
    user = require_role(ADMINISTRATOR)
    if request.method == "GET":
        return _form(None)
    try:
        setup, key, now = _read_setup(), parts().settings.master_key, parts().clock()
        added, secret = transact(
            parts().engine, lambda s: service.add_consumer(s, user.tenant, setup, master_key=key, by=_by(user), now=now)
        )
    except Invalid as error:
        return _form(None, error=error), error.status
    return _page(user, added.platform_id, secret=secret)


@blueprint.route("/platforms/legacy/<uuid:platform_id>/edit", methods=["GET", "POST"])
def edit_consumer(platform_id: UUID) -> Answer:
    """The form that changes one; key and secret are left alone."""
    user = require_role(ADMINISTRATOR)
    found = read(parts().engine, lambda session: service.get_consumer(session, user.tenant, platform_id))
    if request.method == "GET":
        return _form(found)
    try:
        setup, now = _read_setup(), parts().clock()
        transact(parts().engine, lambda s: service.change_consumer(s, user.tenant, platform_id, setup, by=_by(user), now=now))
    except Invalid as error:
        return _form(found, error=error), error.status
    flash(_("The changes are saved."), "success")
    return redirect(url_for("legacy.consumer", platform_id=platform_id), HTTPStatus.SEE_OTHER)


def _read_setup() -> Setup:
    return parse_setup({name: request.form.get(name, "") for name in FIELDS})


def _form(found: Platform | None, *, error: LrsBridgeError | None = None) -> str:
    kept = {"name": found.name, "product": found.product.value, "site": found.ancestors[0]} if found else {}
    written = {name: request.form.get(name, kept.get(name, "")) for name in FIELDS}
    return render_template("legacy/form.html", platform=found, written=written, error=error, products=list(Product))


@blueprint.get("/platforms/legacy/<uuid:platform_id>")
def consumer(platform_id: UUID) -> str:
    """What to paste there, how its launches went, and what can be done."""
    return _page(require_role(ADMINISTRATOR), platform_id)


def _page(user: User, platform_id: UUID, *, secret: str = "") -> str:
    def work(session: Session) -> dict[str, Any]:
        return {
            "platform": service.get_consumer(session, user.tenant, platform_id),
            "allowed": service.allows(session, user.tenant),
            "launches": platforms.visits(session, user.tenant, platform_id, VISITS_SHOWN, failed=False),
            "failures": platforms.visits(session, user.tenant, platform_id, VISITS_SHOWN, failed=True),
        }

    found, tool = read(parts().engine, work), Tool(parts().settings.public_url, user.tenant)
    config_url = f"{parts().settings.public_url}/lti/1p1/config.xml"
    return render_template(
        "legacy/consumer.html", **found, secret=secret, tool=tool, launch_url=_launch_url(), config_url=config_url
    )


@blueprint.post("/platforms/legacy/<uuid:platform_id>/renew")
def renew(platform_id: UUID) -> str:
    """Makes a new secret and shows it, this once."""
    user, key, now = require_role(ADMINISTRATOR), parts().settings.master_key, parts().clock()
    secret = transact(
        parts().engine, lambda s: service.renew_secret(s, user.tenant, platform_id, master_key=key, by=_by(user), now=now)
    )
    return _page(user, platform_id, secret=secret)


@blueprint.post("/platforms/legacy/<uuid:platform_id>/pause")
def pause(platform_id: UUID) -> Answer:
    """Takes no launches meanwhile."""
    return _change(platform_id, platforms.pause_platform, _("It is paused. Nobody gets in from there until you resume."))


@blueprint.post("/platforms/legacy/<uuid:platform_id>/resume")
def resume(platform_id: UUID) -> Answer:
    """Takes launches again."""
    return _change(platform_id, platforms.resume_platform, _("Launches are taken again."))


@blueprint.post("/platforms/legacy/<uuid:platform_id>/remove")
def remove(platform_id: UUID) -> Answer:
    """Removes it; persons, plans and records stay."""
    gone = url_for("legacy.consumers")
    return _change(platform_id, platforms.remove_platform, _("It is removed. Persons, plans and records stay."), to=gone)


def _change(platform_id: UUID, act: Callable[..., None], told: str, *, to: str | None = None) -> Answer:
    user, now = require_role(ADMINISTRATOR), parts().clock()

    def work(session: Session) -> None:
        service.get_consumer(session, user.tenant, platform_id)
        act(session, user.tenant, platform_id, by=_by(user), now=now)

    transact(parts().engine, work)
    flash(told, "success")
    return redirect(to or url_for("legacy.consumer", platform_id=platform_id), HTTPStatus.SEE_OTHER)


def _by(user: User) -> str:
    return f"person:{user.person_id}"
