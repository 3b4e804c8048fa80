"""Calls to learning platforms about their registration and their keys. Never made inside a transaction."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from lrs_bridge.lti.platforms.keys import ToolKey, sign_jwt
from lrs_bridge.lti.platforms.keyset import KeySet, has_key, parse_key_set
from lrs_bridge.lti.platforms.platform import Platform
from lrs_bridge.lti.platforms.probe import (
    Asked,
    Tried,
    failed,
    judge_keys,
    judge_login,
    judge_token,
    token_claims,
    token_form,
)
from lrs_bridge.web.client import ask, get_json, post_form, post_json
from lrs_bridge.web.outbound import Network
from lrs_bridge.web.reply import CallFailed

KEPT_SECONDS = 600
REFETCHED_SECONDS = 60
"""An unknown ``kid`` makes a key set be fetched anew, but no more often than this: anybody can send unknown ones."""
MOST_KEPT = 500


@dataclass(frozen=True, slots=True)
class _Kept:
    """``asked_at`` is when an unknown ``kid`` last made it be fetched anew."""

    at: float
    keys: KeySet
    asked_at: float = -math.inf


_clock = time.monotonic
_kept: dict[str, _Kept] = {}
_lock = Lock()


def fetch_jwks(url: str, *, allowed: Sequence[Network]) -> KeySet:
    """The key set at the URL, fetched anew. Raises CallFailed."""
    return parse_key_set(get_json(url, allowed=allowed))


def platform_keys(platform: Platform, *, allowed: Sequence[Network], kid: str | None = None) -> KeySet:
    """The platform's key set, at most ten minutes old. An unknown ``kid`` makes it be fetched anew, once a minute at most.

    Raises CallFailed when it has to be fetched and can't be.
    """
    url = platform.jwks_url or ""
    with _lock:
        kept = _kept.get(url)
    unknown = kept is not None and not has_key(kept.keys, kid)
    if kept is not None:
        since, lasts = (kept.asked_at, REFETCHED_SECONDS) if unknown else (kept.at, KEPT_SECONDS)
        if _clock() - since < lasts:
            return kept.keys
    found = fetch_jwks(url, allowed=allowed)
    with _lock:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[url] = _Kept(_clock(), found, _clock() if unknown else -math.inf)
    return found


def forget_keys() -> None:
    """Fetches every key set anew when it is asked for next."""
    with _lock:
        _kept.clear()


def fetch_configuration(url: str, *, allowed: Sequence[Network], token: str | None) -> Any:
    """The platform's OpenID configuration, for which Canvas wants the registration token. Raises CallFailed."""
    return get_json(url, allowed=allowed, headers=_bearer(token))


def post_registration(url: str, document: dict[str, Any], *, allowed: Sequence[Network], token: str | None) -> Any:
    """What the platform answers to our registration (LTI Dynamic Registration 1.0, 3.5). Raises CallFailed."""
    return post_json(url, document, allowed=allowed, headers=_bearer(token))


def _bearer(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def probe(one: Platform, tool_key: ToolKey, *, allowed: Sequence[Network], now: datetime, jti: str) -> tuple[Tried, ...]:
    """Asks the platform for its login page, its keys, and a token as its tool."""

    def login() -> Tried:
        return judge_login(ask("GET", one.authorization_url or "", allowed=allowed))

    def key_set() -> Tried:
        return judge_keys(fetch_jwks(one.jwks_url or "", allowed=allowed))

    def token() -> Tried:
        assertion = sign_jwt(tool_key, token_claims(one, now=now, jti=jti))
        return judge_token(post_form(one.token_url or "", token_form(assertion), allowed=allowed))

    return tuple(_tried(asked, step) for asked, step in ((Asked.LOGIN, login), (Asked.KEYS, key_set), (Asked.TOKEN, token)))


def _tried(asked: Asked, step: Callable[[], Tried]) -> Tried:
    try:
        return step()
    except CallFailed as error:
        return failed(asked, error)
