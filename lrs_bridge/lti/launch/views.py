"""The door of LTI 1.3: the login that a platform begins, the launch that follows, and users who link themselves.

What the browser that began a login keeps until the launch (``login.proof_of``) lies in a cookie that frames keep, else in the
platform's storage; where there is neither, the login begins anew in a window of its own.
"""

import logging
import secrets
from collections.abc import Collection
from http import HTTPStatus

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, render_template, request
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response as AnyResponse

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Conflict, Forbidden, NotFound
from lrs_bridge.lti.launch import service
from lrs_bridge.lti.launch.arrival import ancestors_of, came_from
from lrs_bridge.lti.launch.claims import MESSAGE_TYPE
from lrs_bridge.lti.launch.launch import Migration, VerifiedLaunch
from lrs_bridge.lti.launch.login import (
    STATE_LASTS,
    Kept,
    LoginAsked,
    LoginState,
    authorization_request,
    check_proof,
    check_target,
    nonce_of,
    open_state,
    origin_of,
    parse_login,
    proof_of,
    seal_state,
)
from lrs_bridge.lti.launch.refusal import LaunchRefused, Step
from lrs_bridge.lti.launch.service import LaunchSession
from lrs_bridge.lti.launch.verification import Expected, UnverifiedToken, parse_token, verify_id_token
from lrs_bridge.lti.legacy import service as legacy
from lrs_bridge.lti.platforms import client
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.lti.platforms.platform import Platform, State
from lrs_bridge.web import frames
from lrs_bridge.web.auth import current_user
from lrs_bridge.web.keys import derived_key
from lrs_bridge.web.parts import parts
from lrs_bridge.web.reply import CallFailed
from lrs_bridge.web.request import at_hand, current_id

log = logging.getLogger(__name__)

blueprint = Blueprint("lti", __name__, template_folder="templates")

COOKIE = "lrs_bridge_lti_"
CLAIM_COOKIE = "lrs_bridge_lti_claim"
CLAIM_LASTS = 15 * 60
LOGIN = "login"


def _state_key() -> bytes:
    return derived_key(parts().settings.master_key, "lti state")


# The login


@blueprint.route("/lti/login", methods=["GET", "POST"])
def login() -> AnyResponse:
    """Begins a login for a platform, and sends the browser back to it (LTI 1.3 Core 4.1, steps 1 and 2)."""
    known: list[Platform] = []
    try:
        asked = parse_login(request.values)
        check_target(asked.target_link_uri, parts().settings.public_url)
        known = _platforms(asked.issuer, asked.client_id)
        chosen = _chosen(known, asked)
    except LaunchRefused as error:
        return _refused(error, known[0] if len(known) == 1 else None)
    return _sent_back(asked, chosen)


def _platforms(issuer: str, client_id: str | None) -> list[Platform]:
    found = read(parts().engine, lambda session: platforms.find_platforms(session, issuer, client_id))
    if not found:
        told = f"{issuer} with the client id {client_id}" if client_id else issuer
        message = f"no learning platform is registered here as {told}"
        raise LaunchRefused(message[:500], step=Step.PLATFORM, field="iss", rule="LTI 1.3 Core 3.1.3")
    return found


def _chosen(known: list[Platform], asked: LoginAsked) -> list[Platform]:
    """Those that it may be: one, or several tenants' that share issuer and client id until a deployment tells them apart."""
    running = [platform for platform in known if platform.state is State.RUNNING]
    if not running:
        raise LaunchRefused("this platform is paused here", step=Step.PLATFORM, field="iss")
    if len({platform.client_id for platform in running}) > 1:
        message = "several client ids are registered for this issuer, and the platform did not say which it is"
        raise LaunchRefused(message, step=Step.LOGIN, field="client_id", rule="LTI 1.3 Core 4.1.3")
    named = _deployed(running, asked.deployment_id) if len(running) > 1 and asked.deployment_id else []
    chosen = named or running
    if len({platform.authorization_url for platform in chosen}) > 1:
        message = (
            "this issuer and client id are registered with several login addresses, and the deployment does not tell which it is"
        )
        raise LaunchRefused(message, step=Step.PLATFORM, field="lti_deployment_id")
    return chosen


def _deployed(among: Collection[Platform], deployment_id: str) -> list[Platform]:
    def work(session: Session) -> list[Platform]:
        return [one for one in among if platforms.find_deployment(session, one.tenant, one.platform_id, deployment_id)]

    return read(parts().engine, work)


def _sent_back(asked: LoginAsked, chosen: list[Platform]) -> AnyResponse:
    settings, key, one = parts().settings, _state_key(), chosen[0]
    state = LoginState(
        token=secrets.token_urlsafe(16),
        began=int(parts().clock().timestamp()),
        issuer=one.issuer,
        client_id=one.client_id,
        tenant=one.tenant if len(chosen) == 1 else None,
        platform_id=one.platform_id if len(chosen) == 1 else None,
        target=asked.target_link_uri,
        storage_target=asked.storage_target,
    )
    url = authorization_request(
        one.authorization_url or "",
        asked,
        client_id=one.client_id,
        state=seal_state(key, state),
        nonce=nonce_of(key, state),
        back_to=f"{settings.public_url}/lti/launch",
    )
    proof = proof_of(key, state, Kept.COOKIE)
    answer: AnyResponse = redirect(url, HTTPStatus.FOUND)
    if asked.storage_target or request.headers.get("Sec-Fetch-Dest") in ("iframe", "frame"):
        answer = _asking_browser(one, asked, state, url=url, proof=proof_of(key, state, Kept.STORAGE))
    frames.set_cookie(answer, COOKIE + state.token, proof, "/lti/", settings, int(STATE_LASTS.total_seconds()))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _asking_browser(platform: Platform, asked: LoginAsked, state: LoginState, *, url: str, proof: str) -> AnyResponse:
    """A page that finds out what the browser keeps before it goes on: the platform's hints, some good for once, stay unused."""
    origin = origin_of(platform.authorization_url or "")
    at_hand().frame_ancestors, at_hand().form_targets = ancestors_of(platform), (origin,)
    again = {name: value for name, value in request.values.items() if name != "lti_storage_target"}
    page = render_template(
        "launch/login.html",
        url=url,
        state=state,
        proof=proof,
        again=again,
        asked=asked,
        origin=origin,
    )
    return make_response(page)


@blueprint.get("/lti/login/kept/<token>")
def kept(token: str) -> Response:
    """Whether this browser brings back the cookie of that login."""
    answer = jsonify(kept=frames.find_cookie(request, COOKIE + token, parts().settings) is not None)
    answer.headers["Cache-Control"] = "no-store"
    return answer


# The launch


@blueprint.get("/lti/launch", defaults={"_place": ""})
@blueprint.get("/lti/launch/<path:_place>")
def no_launch(_place: str) -> AnyResponse:
    """What people see who open a launch's address by itself."""
    return make_response(render_template("launch/no_launch.html"))


@blueprint.post("/lti/launch", defaults={"_place": ""})
@blueprint.post("/lti/launch/<path:_place>")
def launch(_place: str) -> AnyResponse:
    """Takes a platform's message (LTI 1.3 Core 4.1, step 3). The token says what it is for, whatever the address (Open edX)."""
    platform: Platform | None = None
    token: UnverifiedToken | None = None
    try:
        if not request.form.get("state"):
            _check_answer()
        state = open_state(_state_key(), request.form.get("state"), parts().clock())
        platform = _named_by(state)
        _check_answer()
        cookieless = _check_browser(state)
        token = parse_token(request.form.get("id_token"))
        platform = platform or _deployed_at(state, token)
        verified = _verified(platform, token, state)
        return _entered(platform, verified, state, cookieless=cookieless)
    except _StorageToAsk as asking:
        return _asking_storage(asking.state)
    except LaunchRefused as error:
        return _refused(error, platform, token)
    except Forbidden as error:
        return _refused(LaunchRefused(error.message, step=Step.MESSAGE, field=error.field, rule=error.rule), platform, token)


def _from_ourselves() -> bool:
    """Whether a page of ours sent this: any site can send what its owner knows."""
    return request.headers.get("Origin") in (origin_of(parts().settings.public_url), origin_of(request.host_url))


class _StorageToAsk(Exception):
    """The proof is not in a cookie, and may be in the platform's storage."""

    def __init__(self, state: LoginState) -> None:
        self.state = state


def _check_answer() -> None:
    error = request.form.get("error")
    if error:
        told = " ".join(part for part in (error, request.form.get("error_description")) if part)
        raise LaunchRefused(
            f"the platform answered: {told}"[:500], step=Step.ANSWER, field="error", rule="OpenID Connect Core 3.1.2.6"
        )


def _check_browser(state: LoginState) -> bool:
    """Whether it is the one that began the login; True when only the platform's storage knew."""
    kept_here = frames.find_cookie(request, COOKIE + state.token, parts().settings)
    if kept_here is not None or not state.storage_target:
        check_proof(_state_key(), state, Kept.COOKIE, kept_here)
        return False
    shown = request.form.get("lti_proof")
    if shown is None:
        raise _StorageToAsk(state)
    check_proof(_state_key(), state, Kept.STORAGE, shown if _from_ourselves() else None)
    return True


def _asking_storage(state: LoginState) -> AnyResponse:
    """A page that asks the platform's storage for the proof and sends the answer here again; without it, a refusal."""
    known = read(parts().engine, lambda session: platforms.find_platforms(session, state.issuer, state.client_id))
    at_hand().frame_ancestors = ancestors_of(known[0]) if known else ("*",)
    origin = origin_of(known[0].authorization_url or "") if known else ""
    page = render_template("launch/storage.html", state=state, origin=origin, form=request.form, error_id=current_id())
    return make_response(page, HTTPStatus.FORBIDDEN)


def _named_by(state: LoginState) -> Platform | None:
    """The platform that the login was for, where one was named then: what fails from here on is written into its journal."""
    if state.platform_id is None:
        return None
    known = _platforms(state.issuer, state.client_id)
    return _only([one for one in known if (one.tenant, one.platform_id) == (state.tenant, state.platform_id)])


def _deployed_at(state: LoginState, token: UnverifiedToken) -> Platform:
    """Among several platforms that share issuer and client id, the one with the token's deployment."""
    known = _platforms(state.issuer, state.client_id)
    return _only(_deployed(known, token.deployment_id) if token.deployment_id else [])


def _only(known: list[Platform]) -> Platform:
    if len(known) != 1 or known[0].state is not State.RUNNING:
        message = "the deployment is not one that is registered here"
        raise LaunchRefused(message, step=Step.DEPLOYMENT, field="deployment_id", rule="LTI 1.3 Core 3.1.3")
    return known[0]


def _verified(platform: Platform, token: UnverifiedToken, state: LoginState) -> VerifiedLaunch:
    settings = parts().settings

    def work(session: Session) -> tuple[list[str] | None, Migration | None]:
        deployed = platforms.find_deployments(session, platform.tenant, platform.platform_id)
        named = None if platform.adopts_deployment else [one.deployment_id for one in deployed]
        said = legacy.judge_migration(
            session, platform.tenant, token.claims, client_id=platform.client_id, master_key=settings.master_key
        )
        return named, said

    deployments, migration = read(parts().engine, work)
    expected = Expected(
        issuer=platform.issuer,
        client_id=platform.client_id,
        deployments=deployments,
        nonce=nonce_of(_state_key(), state),
        target=state.target,
        public_url=settings.public_url,
    )
    try:
        keys = client.platform_keys(platform, allowed=settings.allow_private_networks, kid=token.kid)
    except CallFailed as error:
        message = f"the platform's keys can't be fetched from {platform.jwks_url}: {error.message}"
        raise LaunchRefused(message[:500], step=Step.KEY, field="jwks_url", rule="1EdTech Security Framework 6.3") from error
    return verify_id_token(token, keys, expected, now=parts().clock(), migration=migration)


def _entered(platform: Platform, verified: VerifiedLaunch, state: LoginState, *, cookieless: bool) -> AnyResponse:
    session_id, secret = secrets.token_urlsafe(16), secrets.token_urlsafe(24)

    def work(session: Session) -> service.Entered:
        return service.enter(
            session,
            platform,
            verified,
            once=f"state {state.token}",
            session_id=session_id,
            secret=secret,
            launchables=parts().launchables,
            linked=parts().identifier_linked,
            now=parts().clock(),
        )

    entered = transact(parts().engine, work)
    answer = frames.lead_in(entered.session_id, entered.secret, entered.path, parts().settings, cookieless=cookieless)
    answer.delete_cookie(COOKIE + state.token, path="/lti/", secure=True, samesite="None", partitioned=True)
    return answer


def _refused(error: LaunchRefused, platform: Platform | None, token: UnverifiedToken | None = None) -> AnyResponse:
    """The page of a launch that does not hold, which names the step; its line in the platform's journal, where that is known."""
    log.warning("an LTI launch was refused at %s: %s", error.step, error.message)
    if platform is not None:
        at = platform
        kind = str(token.claims.get(MESSAGE_TYPE)) if token else LOGIN
        deployed = token.deployment_id if token else request.values.get("lti_deployment_id")

        def work(session: Session) -> None:
            now = parts().clock()
            service.note_failure(session, at, error, message_type=kind, deployment_id=deployed, error_id=current_id(), now=now)

        transact(parts().engine, work)
    at_hand().frame_ancestors = ancestors_of(platform) if platform else ("*",)
    return make_response(render_template("launch/refused.html", error=error, error_id=current_id()), error.status)


# Users who are not known yet


@blueprint.get("/lti/who")
def who() -> AnyResponse:
    """In a frame: asks a user of the platform's to log in once, in a window of its own."""
    found = _launched()
    if found.person_id is not None:
        return redirect(f"{request.script_root}/lti/start", HTTPStatus.SEE_OTHER)
    ticket = _tickets().dumps([found.tenant, found.session_id])
    return make_response(render_template("launch/who.html", launch=found.launch, ticket=ticket))


@blueprint.get("/lti/who.json")
def who_is_known() -> Response:
    """Whether the user is known by now."""
    return jsonify(known=_launched().person_id is not None)


@blueprint.get("/lti/start")
def start() -> AnyResponse:
    """In a frame: the page that the launch leads to now."""
    found = _launched()

    def work(session: Session) -> str:
        return service.path_now(session, found, launchables=parts().launchables)

    return redirect(f"{request.script_root}{read(parts().engine, work)}", HTTPStatus.SEE_OTHER)


def _launched() -> LaunchSession:
    frame = frames.required()
    return read(parts().engine, lambda session: service.get_session(session, frame.tenant, frame.session_id))


def _tickets() -> URLSafeTimedSerializer:
    key = derived_key(parts().settings.master_key, "lti claims")
    return URLSafeTimedSerializer(key, salt="lti claim")


@blueprint.post("/lti/claim/begin")
def begin_claim() -> AnyResponse:
    """Takes a ticket from our own page in a frame into this window: from elsewhere it would let strangers in as its reader."""
    if not _from_ourselves():
        raise Forbidden("this is begun on our own page in the course", rule="Origin")
    _claimed(request.form.get("ticket"))
    answer = redirect("/lti/claim", HTTPStatus.SEE_OTHER)
    ticket, secure = request.form["ticket"], parts().settings.secure_cookies
    answer.set_cookie(CLAIM_COOKIE, ticket, path="/lti/claim", max_age=CLAIM_LASTS, httponly=True, samesite="Lax", secure=secure)
    return answer


@blueprint.get("/lti/claim")
def claim() -> str:
    """Shows who will be known as the signed-in person from now on."""
    user = current_user()
    found, platform = _claim_of(user.tenant)
    return render_template(
        "launch/claim.html", launch=found.launch, came_from=came_from(platform, found.launch), platform=platform
    )


@blueprint.post("/lti/claim")
def settle_claim() -> AnyResponse:
    """Links the platform's user to the signed-in person."""
    user = current_user()
    found, platform = _claim_of(user.tenant)
    actor, now = f"person:{user.person_id}", parts().clock()

    def work(session: Session) -> None:
        service.link_user(
            session,
            user.tenant,
            found.session_id,
            user.person_id,
            actor=actor,
            launchables=parts().launchables,
            linked=parts().identifier_linked,
            now=now,
        )

    try:
        transact(parts().engine, work)
    except Conflict:
        flash(
            _("This user of %(platform)s is linked to another person already. Ask the administrator.", platform=platform.name),
            "danger",
        )
        return redirect("/lti/claim", HTTPStatus.SEE_OTHER)
    answer = make_response(render_template("launch/claimed.html", came_from=came_from(platform, found.launch)))
    answer.delete_cookie(CLAIM_COOKIE, path="/lti/claim")
    return answer


def _claim_of(tenant: str) -> tuple[LaunchSession, Platform]:
    of_tenant, session_id = _claimed(request.cookies.get(CLAIM_COOKIE))
    if of_tenant != tenant:
        raise Forbidden("the course belongs to another organisation than the one you are logged in at", rule="tenant")

    def work(session: Session) -> tuple[LaunchSession, Platform]:
        found = service.get_session(session, tenant, session_id)
        return found, platforms.get_platform(session, tenant, found.platform_id)

    return read(parts().engine, work)


def _claimed(ticket: str | None) -> tuple[str, str]:
    try:
        tenant, session_id = _tickets().loads(ticket or "", max_age=CLAIM_LASTS)
    except (BadSignature, ValueError) as error:
        raise NotFound("this has ended: go back to your course and begin anew", field="ticket") from error
    return tenant, session_id
