"""Logging in and out, the choice of language, and the list of unknown logins."""

import logging
import os
import secrets
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, abort, current_app, flash, make_response, redirect, render_template, request, session
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Conflict, Invalid, LrsBridgeError, NotFound
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.people import client, passwords, sealing, service
from lrs_bridge.people.oidc import (
    LoginRefused,
    LoginRequest,
    Provider,
    VerifiedLogin,
    check_answer,
    parse_providers,
    verify_id_token,
)
from lrs_bridge.people.person import Account, Tenant
from lrs_bridge.people.throttle import Throttled
from lrs_bridge.settings import LANGUAGES, Settings
from lrs_bridge.web import auth, frames, i18n, metrics, security
from lrs_bridge.web.keys import derived_key
from lrs_bridge.web.parts import EXTENSION, parts
from lrs_bridge.web.redirects import safe_next
from lrs_bridge.web.user import ADMINISTRATOR

log = logging.getLogger(__name__)

blueprint = Blueprint("people", __name__, template_folder="templates")

PROVIDERS = "lrs_bridge_oidc_providers"
LOCAL = "local"
PENDING = "logins"
PENDING_AT_MOST = 3
PENDING_FOR = timedelta(minutes=15)


@blueprint.record
def _read_providers(state: BlueprintSetupState) -> None:
    """At start-up, so that a mistake in the file shows then and not at somebody's login."""
    settings: Settings = state.app.extensions[EXTENSION].settings
    path = settings.oidc_providers_file
    providers = parse_providers(path.read_text(), os.environ) if path else ()
    state.app.extensions[PROVIDERS] = {provider.id: provider for provider in providers}
    for provider in providers:
        security.allow_form_target(state.app, provider.issuer)


def _providers() -> dict[str, Provider]:
    return cast(dict[str, Provider], current_app.extensions[PROVIDERS])


# Local accounts


@blueprint.get("/login")
def login() -> str | AnyResponse:
    """The ways to log in."""
    target = safe_next(request.args.get("next"))
    if auth.known_user() is not None:
        return redirect(target, HTTPStatus.SEE_OTHER)
    return _login_page(target, tenant=request.args.get("tenant", ""))


@blueprint.post("/login")
def log_in() -> AnyResponse:
    """Logs in by user name and password. Says the same, and takes as long, whether the name or the password was wrong."""
    form = request.form
    tenant, username, password = form.get("tenant", ""), form.get("username", ""), form.get("password", "")
    target = safe_next(form.get("next"))
    try:
        account = _checked_account(tenant, username, password)
    except Throttled as error:
        metrics.LOGINS.labels(LOCAL, "throttled").inc()
        return _too_many(error, target, tenant, username)
    except (Invalid, NotFound):
        account = None
    if account is None:
        metrics.LOGINS.labels(LOCAL, "refused").inc()
        message = _("The user name or the password is wrong.")
        page = _login_page(target, tenant=tenant, username=username, error=message)
        return make_response(page, HTTPStatus.UNPROCESSABLE_ENTITY)
    _start_session(tenant, account.person_id, LOCAL, None)
    return redirect(target, HTTPStatus.SEE_OTHER)


def _checked_account(tenant: str, username: str, password: str) -> Account | None:
    """The account whose password this is. The slow check runs between two transactions, not in one."""
    engine, now, address = parts().engine, parts().clock(), request.remote_addr or ""
    account = transact(engine, lambda database: service.start_password_login(database, tenant, username, address, now))
    if not passwords.matches(password, account.password_hash if account else None) or account is None:
        return None
    renewed = password if passwords.is_outdated(account.password_hash) else None

    def finish(database: Session) -> None:
        service.finish_password_login(database, tenant, account, address, now, password=renewed)

    transact(engine, finish)
    return account


def _login_page(target: str, **shown: Any) -> str:
    tenants = read(parts().engine, service.tenants)
    several = len(tenants) > 1
    names = {tenant.tenant: tenant.name for tenant in tenants}
    providers = [
        (provider.id, f"{provider.name} – {names.get(provider.tenant, provider.tenant)}" if several else provider.name)
        for provider in _providers().values()
    ]
    values = {"tenant": "", "username": "", "error": ""} | shown
    choices = list(names.items())
    return render_template("people/login.html", target=target, tenants=tenants, choices=choices, providers=providers, **values)


def _too_many(error: Throttled, target: str, tenant: str, username: str) -> AnyResponse:
    seconds = max(1, round((error.until - parts().clock()).total_seconds()))
    message = _("Too many failed attempts. Try again in %(seconds)s seconds.", seconds=seconds)
    answer = make_response(_login_page(target, tenant=tenant, username=username, error=message), error.status)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _start_session(tenant: str, person_id: UUID, provider: str, assurance: str | None, id_token: str | None = None) -> None:
    now = parts().clock()
    sealed = _sealed(id_token, person_id) if id_token else None

    def work(database: Session) -> UUID:
        return service.open_session(
            database, tenant, person_id, provider=provider, assurance=assurance, now=now, sealed_id_token=sealed
        )

    session_id = transact(parts().engine, work)
    metrics.LOGINS.labels("local" if provider == LOCAL else "oidc", "accepted").inc()
    auth.sign_in(tenant, person_id, provider, assurance, session_id=session_id)


def _token_key() -> bytes:
    return derived_key(parts().settings.master_key, "id token")


def _sealed(id_token: str, person_id: UUID) -> str:
    return sealing.seal(_token_key(), secrets.token_bytes(sealing.NONCE_BYTES), id_token, person_id)


# OpenID providers


@blueprint.get("/login/oidc/<provider_id>")
def start_oidc(provider_id: str) -> AnyResponse:
    """Sends the browser to the provider, with secrets that only this browser's cookie and the provider come to know."""
    provider = _provider(provider_id)
    asked = LoginRequest(*(secrets.token_urlsafe(32) for _secret in range(3)))
    url = client.authorization_url(provider, client.discover(provider), asked, _callback_url(provider))
    _remember(asked, provider, safe_next(request.args.get("next")))
    return redirect(url, HTTPStatus.SEE_OTHER)


@blueprint.get("/login/oidc/<provider_id>/callback")
def finish_oidc(provider_id: str) -> AnyResponse:
    """Takes the provider's answer, if this browser asked for it."""
    provider = _provider(provider_id)
    try:
        pending = _recall(provider)
        login, id_token = _verified(provider, pending)
        person_id = _recognised(provider, login)
    except (LoginRefused, Conflict) as error:
        metrics.LOGINS.labels("oidc", "refused").inc()
        return _refused(error, provider)
    if person_id is None:
        metrics.LOGINS.labels("oidc", "unknown").inc()
        return _unknown_person(provider)
    _start_session(provider.tenant, person_id, provider.id, login.assurance, id_token)
    return redirect(safe_next(pending["next"]), HTTPStatus.SEE_OTHER)


def _provider(provider_id: str) -> Provider:
    provider = _providers().get(provider_id)
    if provider is None:
        raise NotFound("there is no such OpenID provider here")
    return provider


def _callback_url(provider: Provider) -> str:
    return f"{parts().settings.public_url}/login/oidc/{provider.id}/callback"


def _remember(asked: LoginRequest, provider: Provider, target: str) -> None:
    """Keeps the login in the browser's own cookie; some tabs may be at it at once, the oldest give way."""
    by_age = sorted(session.get(PENDING, {}).items(), key=lambda item: item[1]["at"])
    pending = dict(by_age[-(PENDING_AT_MOST - 1) :])
    pending[asked.state] = {
        "nonce": asked.nonce,
        "verifier": asked.verifier,
        "provider": provider.id,
        "next": target,
        "at": parts().clock().isoformat(),
    }
    session[PENDING] = pending


def _recall(provider: Provider) -> dict[str, str]:
    """The login that the answer belongs to, which is used up by this. Raises LoginRefused when this browser asked for none."""
    pending = dict(session.get(PENDING, {}))
    found: dict[str, str] | None = pending.pop(request.args.get("state", ""), None)
    session[PENDING] = pending
    if found is None or found["provider"] != provider.id:
        raise LoginRefused("this browser has no such login under way", field="state", rule="OpenID Connect Core 3.1.2.7")
    if parts().clock() - datetime.fromisoformat(found["at"]) > PENDING_FOR:
        raise LoginRefused("the login took too long", field="state")
    return found


def _verified(provider: Provider, pending: dict[str, str]) -> tuple[VerifiedLogin, str]:
    metadata = client.discover(provider)
    code = check_answer(request.args.to_dict(), metadata)
    asked = LoginRequest(request.args["state"], pending["nonce"], pending["verifier"])
    tokens = client.redeem(provider, metadata, code, asked, _callback_url(provider))
    login = verify_id_token(tokens.unverified_id_token, tokens.jwks, provider, asked.nonce, parts().clock())
    return login, tokens.unverified_id_token


def _recognised(provider: Provider, login: VerifiedLogin) -> UUID | None:
    now = parts().clock()
    return transact(parts().engine, lambda database: service.recognise(database, provider.tenant, login, now))


def _refused(error: LrsBridgeError, provider: Provider) -> AnyResponse:
    log.warning("login by %s refused: %s", provider.id, error.message)
    page = render_template("people/refused.html", error=error, provider=provider)
    return make_response(page, HTTPStatus.FORBIDDEN)


def _unknown_person(provider: Provider) -> AnyResponse:
    tenant = _tenant(provider.tenant)
    return make_response(render_template("people/unknown.html", provider=provider, tenant=tenant), HTTPStatus.FORBIDDEN)


def _tenant(tenant: str) -> Tenant:
    return read(parts().engine, lambda database: service.get_tenant(database, tenant))


# Leaving


@blueprint.post("/logout")
def log_out() -> AnyResponse:
    """Ends the session here, for good, and at the provider it came from where that offers it."""
    named = auth.current_session_id()
    provider = _providers().get(session.get("provider", ""))
    sealed, person = None, session.get("person", "")
    if named is not None:
        tenant, session_id = named
        now = parts().clock()
        sealed = transact(parts().engine, lambda database: service.close_session(database, tenant, session_id, now))
    auth.sign_out()
    if provider is not None and sealed is not None:
        url = _end_session_url(provider, sealing.unseal(_token_key(), sealed, UUID(person)))
        if url is not None:
            return redirect(url, HTTPStatus.SEE_OTHER)
    return redirect("/logged-out", HTTPStatus.SEE_OTHER)


def _end_session_url(provider: Provider, id_token: str | None) -> str | None:
    """Where the provider ends its own session; None where it does not offer that, or does not answer."""
    try:
        url = client.end_session_url(provider, client.discover(provider), id_token, f"{parts().settings.public_url}/logged-out")
    except LrsBridgeError:
        return None
    return url if url and security.is_form_target(current_app, url) else None


@blueprint.get("/logged-out")
def logged_out() -> str:
    """Where a logout ends."""
    return render_template("people/logged_out.html")


@blueprint.post("/language")
def choose_language() -> AnyResponse:
    """Keeps the reader's choice of language: in the browser, and with the person when signed in."""
    language = request.form.get("language", "")
    if language not in LANGUAGES:
        abort(HTTPStatus.BAD_REQUEST, f"language is one of {', '.join(LANGUAGES)}")
    user = auth.known_user()
    if user is not None:
        transact(parts().engine, lambda database: service.set_language(database, user.tenant, user.person_id, language))
    if frames.current() is not None:
        session["language"] = language
    answer = redirect(request.script_root + _back(request.form.get("next")), HTTPStatus.SEE_OTHER)
    i18n.remember(answer, language, parts().settings)
    return answer


def _back(target: str | None) -> str:
    """Back to the page one was on; the login page too, which ``safe_next`` leaves out."""
    return "/login" if target and target.partition("?")[0] == "/login" else safe_next(target)


# Unknown logins


@blueprint.get("/unknown-logins")
def unknown_logins() -> str:
    """People who proved who they are and whom nobody has registered, with a search for who they may be."""
    user = auth.require_role(ADMINISTRATOR)
    text = request.args.get("text", "")
    chosen = _subject(request.args.get("issuer"), request.args.get("subject"))
    logins = read(parts().engine, lambda database: service.unknown_logins(database, user.tenant))
    found = read(parts().engine, lambda database: service.find_persons(database, user.tenant, text)) if chosen else []
    names = {provider.id: provider.name for provider in _providers().values()}
    return render_template("people/unknown_logins.html", logins=logins, chosen=chosen, text=text, found=found, names=names)


@blueprint.post("/unknown-logins")
def settle_unknown_login() -> AnyResponse:
    """Links an unknown login to a person, or takes it off the list."""
    user = auth.require_role(ADMINISTRATOR)
    subject = _subject(request.form.get("issuer"), request.form.get("subject"))
    if subject is None:
        raise Invalid("the login is not named", field="subject")
    now = parts().clock()
    if "dismiss" in request.form:
        transact(
            parts().engine,
            lambda database: service.dismiss_login(database, user.tenant, subject, actor_id=user.person_id, now=now),
        )
        flash(_("The login was taken off the list."), "success")
    else:
        person_id = _uuid(request.form.get("person_id"))
        transact(
            parts().engine,
            lambda database: service.link_login(database, user.tenant, subject, person_id, actor_id=user.person_id, now=now),
        )
        flash(_("The login is linked. The person can log in now."), "success")
    return redirect("/unknown-logins", HTTPStatus.SEE_OTHER)


def _subject(issuer: str | None, value: str | None) -> Identifier | None:
    return Identifier(IdentifierKind.OIDC_SUBJECT, issuer, value) if issuer and value else None


def _uuid(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError as error:
        raise Invalid("choose a person", field="person_id") from error
