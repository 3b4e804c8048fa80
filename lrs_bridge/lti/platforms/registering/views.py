"""What learning platforms themselves ask for: our keys, our settings for Canvas, and to be registered by a link (LTI DR 1.0)."""

import logging
from dataclasses import dataclass
from functools import partial

from flask import Blueprint, Response, jsonify, make_response, render_template, request

from lrs_bridge.db import read, transact
from lrs_bridge.errors import Conflict, Invalid, LrsBridgeError, NotFound
from lrs_bridge.lti.platforms import client, service
from lrs_bridge.lti.platforms.link import RegistrationLink
from lrs_bridge.lti.platforms.platform import Platform
from lrs_bridge.lti.platforms.registration import (
    Configuration,
    Registered,
    parse_configuration,
    parse_response,
    registered_setup,
    registration_request,
)
from lrs_bridge.lti.platforms.setup import Setup
from lrs_bridge.lti.platforms.tool import Tool, canvas_key
from lrs_bridge.people import service as people
from lrs_bridge.web.parts import parts
from lrs_bridge.web.reply import CallFailed, Trouble
from lrs_bridge.web.request import at_hand, current_id

blueprint = Blueprint("registering", __name__, template_folder="../templates")

KEYS_KEPT_SECONDS = 300
log = logging.getLogger(__name__)


@blueprint.get("/lti/jwks/<tenant>.json")
def jwks(tenant: str) -> Response:
    """The keys by which a tenant's platforms check what we sign for it (RFC 7517).

    Never other tenants' keys: a platform takes every key of the set for its own client id.
    """
    answer = jsonify(keys=read(parts().engine, lambda session: service.public_keys(session, tenant, parts().clock())))
    return _public(answer)


@blueprint.get("/lti/canvas/<tenant>.json")
def canvas(tenant: str) -> Response:
    """The settings of a developer key of the tenant's, which Canvas reads by itself."""
    found = read(parts().engine, lambda session: people.get_tenant(session, tenant))
    return _public(jsonify(canvas_key(Tool(parts().settings.public_url, found.tenant))))


def _public(answer: Response) -> Response:
    answer.headers["Cache-Control"] = f"public, max-age={KEYS_KEPT_SECONDS}"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


_TROUBLES = {
    Trouble.UNREACHABLE: "it can't be reached",
    Trouble.TIMEOUT: "it did not answer in time",
    Trouble.CERTIFICATE: "its certificate is not good",
    Trouble.FORBIDDEN_ADDRESS: "its address is one that this service may not connect to",
    Trouble.ODD_ANSWER: "its answer can't be used",
}


def _told(error: LrsBridgeError) -> str:
    """What failed in our own words. Whoever has a link chooses what is called: nothing of an answer is shown but its status."""
    if not isinstance(error, CallFailed):
        return error.message
    status = "" if error.http_status is None else f" (HTTP status {error.http_status})"
    return _TROUBLES[error.cause] + status


class _Step(Exception):
    def __init__(self, step: str, error: LrsBridgeError) -> None:
        super().__init__(step)
        self.step = step
        self.error = error


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a platform opened the link with. Both are somebody else's word until the platform has answered."""

    configuration_url: str
    token: str | None


@blueprint.get("/lti/register/<token>")
def register(token: str) -> Response:
    """Registers the platform that opens this in a frame of its own pages, at once; says what was registered, or what failed.

    LTI Dynamic Registration 1.0, 3.2 to 3.7. ``registration_token`` may be missing, as it is with Brightspace. The page does
    nothing else and shows no secret, so that any frame may show it: nobody knows the platform's origin before it has answered.
    """
    at_hand().frame_ancestors = ("*",)
    try:
        link = _claimed(token)
        try:
            setup = _registered(_asked(), link.tenant)
            registered = _kept(link, setup)
        except BaseException:
            transact(parts().engine, lambda session: service.release_link(session, link))
            raise
    except _Step as failed:
        log.warning("a registration failed at %s: %s", failed.step, failed.error.message)
        told = _told(failed.error)
        page = render_template("platforms/failed.html", step=failed.step, error=failed.error, told=told, request_id=current_id())
        return make_response(page, failed.error.status)
    return make_response(render_template("platforms/registered.html", platform=registered, setup=setup))


def _claimed(token: str) -> RegistrationLink:
    try:
        return transact(parts().engine, lambda session: service.claim_link(session, token, now=parts().clock()))
    except (NotFound, Conflict) as error:
        raise _Step("link", error) from error


def _asked() -> _Asked:
    url = request.args.get("openid_configuration", "").strip()
    if not url:
        raise _Step("opened", Invalid("openid_configuration is missing: the link is to be opened by a learning platform"))
    return _Asked(url, request.args.get("registration_token", "").strip() or None)


def _registered(asked: _Asked, tenant: str) -> Setup:
    """What the platform and we agreed on. No transaction is open meanwhile."""
    allowed = parts().settings.allow_private_networks
    configuration = _configuration(asked)
    document = registration_request(Tool(parts().settings.public_url, tenant), configuration)
    try:
        answer = client.post_registration(configuration.registration_endpoint, document, allowed=allowed, token=asked.token)
        registered = parse_response(answer)
    except (CallFailed, Invalid) as error:
        raise _Step("registration", error) from error
    return _setup(configuration, registered)


def _configuration(asked: _Asked) -> Configuration:
    allowed = parts().settings.allow_private_networks
    try:
        document = client.fetch_configuration(asked.configuration_url, allowed=allowed, token=asked.token)
        found = parse_configuration(document, asked.configuration_url)
    except (CallFailed, Invalid) as error:
        raise _Step("configuration", error) from error
    _setup(found, Registered("not known yet", None))  # so that nothing is made there that can't be kept here
    return found


def _setup(configuration: Configuration, registered: Registered) -> Setup:
    try:
        return registered_setup(configuration, registered, allowed=parts().settings.allow_private_networks)
    except Invalid as error:
        raise _Step("configuration", error) from error


def _kept(link: RegistrationLink, setup: Setup) -> Platform:
    key, now = parts().settings.master_key, parts().clock()
    work = partial(service.register_platform, link=link, setup=setup, master_key=key, now=now)
    try:
        return transact(parts().engine, work)
    except (Invalid, Conflict) as error:
        raise _Step("kept", error) from error
