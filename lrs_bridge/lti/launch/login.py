"""The login that a platform begins, and the state that ties its answer to it and to the browser.

1EdTech Security Framework 1.0 section 5.1.1 (third-party initiated login), OpenID Connect Core 3.2.2.1, LTI 1.3 Core 4.1, LTI
OIDC Login with LTI Client Side postMessages 1.0 (``lti_storage_target``). The state is signed by us and keeps nothing here
until it is used; that it is used once is the service's. Left out: ``lti_message_hint`` and ``login_hint`` are the platform's
own and go back as they came.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

import msgspec
from itsdangerous import BadSignature, URLSafeSerializer

from lrs_bridge.lti.launch.refusal import LaunchRefused, Step

STATE_LASTS = timedelta(minutes=10)
LEEWAY = timedelta(seconds=60)
LONGEST_ID = 255
LONGEST_URL = 1000
_RULE = "1EdTech Security Framework 5.1.1.1"


@dataclass(frozen=True, slots=True)
class LoginAsked:
    """What a platform asks for. ``client_id`` and ``deployment_id`` may be missing, which old platforms do."""

    issuer: str
    login_hint: str
    target_link_uri: str
    client_id: str | None
    deployment_id: str | None
    message_hint: str | None
    storage_target: str | None


def parse_login(given: Mapping[str, str]) -> LoginAsked:
    """The request of a login's first step. Raises LaunchRefused naming what is missing or too long."""
    asked = LoginAsked(
        issuer=_needed(given, "iss"),
        login_hint=_needed(given, "login_hint"),
        target_link_uri=_needed(given, "target_link_uri"),
        client_id=given.get("client_id") or None,
        deployment_id=given.get("lti_deployment_id") or None,
        message_hint=given.get("lti_message_hint"),
        storage_target=given.get("lti_storage_target") or None,
    )
    for name, value, most in (
        ("iss", asked.issuer, LONGEST_URL),
        ("target_link_uri", asked.target_link_uri, LONGEST_URL),
        ("client_id", asked.client_id, LONGEST_ID),
        ("lti_deployment_id", asked.deployment_id, LONGEST_ID),
        ("lti_storage_target", asked.storage_target, LONGEST_ID),
    ):
        if value is not None and len(value) > most:
            raise LaunchRefused(f"{name} is longer than {most} characters", step=Step.LOGIN, field=name, rule=_RULE)
    return asked


def _needed(given: Mapping[str, str], name: str) -> str:
    value = given.get(name)
    if not value:
        message = f"the platform's login request has no {name}: open the tool from a course, not by its address"
        raise LaunchRefused(message, step=Step.LOGIN, field=name, rule=_RULE)
    return value


def check_target(target_link_uri: str, public_url: str) -> None:
    """Raises LaunchRefused unless the address is one of this service's launches."""
    base, path = f"{public_url}/lti/launch", tidy_target(target_link_uri).partition("?")[0]
    if path != tidy_target(base) and not path.startswith(f"{tidy_target(base)}/"):
        message = f"the platform wants to open {target_link_uri}, which is not at {base}"
        raise LaunchRefused(message, step=Step.TARGET, field="target_link_uri", rule="LTI 1.3 Core 4.1.1")


def tidy_target(target_link_uri: str) -> str:
    """The address in the form in which two are compared: host in small letters, no slash at the path's end, no fragment."""
    try:
        parts = urlsplit(target_link_uri)
    except ValueError as error:
        raise LaunchRefused("the address can't be read", step=Step.TARGET, field="target_link_uri") from error
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path.rstrip("/"), parts.query, ""))


class LoginState(msgspec.Struct, frozen=True, array_like=True):
    """What a login's answer is tied to. ``token`` is random, made for this login and used once.

    Where issuer and client id are known to several tenants, ``tenant`` and ``platform_id`` are None until the answer names a
    deployment.
    """

    token: str
    began: int
    issuer: str
    client_id: str
    tenant: str | None
    platform_id: UUID | None
    target: str
    storage_target: str | None


def seal_state(key: bytes, state: LoginState) -> str:
    """The state as it travels: readable by anyone, made by nobody but us."""
    return str(_sealer(key).dumps(msgspec.to_builtins(state)))


def open_state(key: bytes, sealed: str | None, now: datetime) -> LoginState:
    """The state of an answer. Raises LaunchRefused for one that we did not make, or made too long ago."""
    if not sealed:
        raise LaunchRefused(
            "the platform's answer has no state", step=Step.STATE, field="state", rule="OpenID Connect Core 3.2.2.5"
        )
    try:
        state = msgspec.convert(_sealer(key).loads(sealed), LoginState)
    except (BadSignature, msgspec.ValidationError) as error:
        message = "the state is not one that this service gave out"
        raise LaunchRefused(message, step=Step.STATE, field="state", rule="OpenID Connect Core 3.2.2.11") from error
    age = now - datetime.fromtimestamp(state.began, now.tzinfo)
    if not -LEEWAY <= age <= STATE_LASTS:
        message = f"the login took longer than {STATE_LASTS.seconds // 60} minutes; open the link in the course again"
        raise LaunchRefused(message, step=Step.STATE, field="state")
    return state


def _sealer(key: bytes) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt="lti state", signer_kwargs={"digest_method": sha256})


def nonce_of(key: bytes, state: LoginState) -> str:
    """The nonce that the ID token of this login must hold; nobody can tell it from the state."""
    return _derived(key, "nonce", state.token)


class Kept(StrEnum):
    """Where the browser that began a login keeps the proof of it: what was in the one is worth nothing from the other."""

    COOKIE = "cookie"
    STORAGE = "storage"


def proof_of(key: bytes, state: LoginState, kept: Kept) -> str:
    """What the browser that began the login keeps, in a cookie or in the platform's storage, and brings back."""
    return _derived(key, kept, state.token)


def check_proof(key: bytes, state: LoginState, kept: Kept, shown: str | None) -> None:
    """Raises LaunchRefused unless the browser that answers is the one that began the login."""
    if shown is None or not hmac.compare_digest(proof_of(key, state, kept).encode(), shown.encode()):
        message = "this browser did not begin the login, or keeps no cookies for pages inside other pages"
        raise LaunchRefused(message, step=Step.BROWSER, field="state", rule="1EdTech Security Framework 5.1.1.5")


def _derived(key: bytes, purpose: str, token: str) -> str:
    return hmac.new(key, f"{purpose} {token}".encode(), sha256).hexdigest()


def authorization_request(
    authorization_url: str, asked: LoginAsked, *, client_id: str, state: str, nonce: str, back_to: str
) -> str:
    """The address that the browser goes to at the platform (LTI 1.3 Core 4.1, step 2; OpenID Connect Core 3.2.2.1)."""
    said = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": client_id,
        "redirect_uri": back_to,
        "login_hint": asked.login_hint,
        "state": state,
        "nonce": nonce,
    }
    if asked.message_hint is not None:
        said["lti_message_hint"] = asked.message_hint
    separator = "&" if "?" in authorization_url else "?"
    return f"{authorization_url}{separator}{urlencode(said)}"


_ORIGIN = re.compile(r"https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, as browsers compare them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def safe_origin(url: str | None) -> str | None:
    """The origin of a URL that others wrote, fit to stand in a header; None for what is no http or https URL, or an odd one."""
    try:
        origin = origin_of(url or "")
    except ValueError:  # brackets that are no IPv6 address
        return None
    return origin if _ORIGIN.fullmatch(origin) else None
