"""Calls to learning platforms about their registration and their keys. Never made inside a transaction.

Somebody's browser waits meanwhile, and anybody can make a key set be asked for: so each call has
short limits, one at a time fetches a key set, and a failure is kept for a while.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Lock
from typing import Any

from lrs_bridge.lti.advantage.token import assertion_claims, token_form
from lrs_bridge.lti.platforms.keys import ToolKey, sign_jwt
from lrs_bridge.lti.platforms.keyset import KeySet, has_key, parse_key_set
from lrs_bridge.lti.platforms.platform import Platform
from lrs_bridge.lti.platforms.probe import (
    TOKEN_SCOPES,
    Asked,
    Tried,
    failed,
    judge_keys,
    judge_login,
    judge_token,
)
from lrs_bridge.web.client import ask, get_json, post_form, post_json
from lrs_bridge.web.outbound import Network
from lrs_bridge.web.patience import Limits, in_request
from lrs_bridge.web.reply import CallFailed, Trouble

KEPT_SECONDS = 600
REFETCHED_SECONDS = 60
"""An unknown ``kid`` makes a key set be fetched anew, but no more often than this: anybody can send unknown ones."""
FAILURE_KEPT_SECONDS = 30
"""How long a key set is not asked for again after it could not be fetched."""
WAITED_SECONDS = 1.0
"""How long after a key set's fetching began others wait for it: many launch at once, and most platforms answer sooner."""
MOST_KEPT = 500


@dataclass(frozen=True, slots=True)
class _Kept:
    """``asked_at`` is when an unknown ``kid`` last made it be fetched anew."""

    at: float
    keys: KeySet
    asked_at: float = -math.inf


@dataclass(frozen=True, slots=True)
class _Running:
    """A key set that is being fetched."""

    begun: float
    ended: Event = field(default_factory=Event)

    def ended_soon(self) -> bool:
        """Waits for its end, but no longer than ``WAITED_SECONDS`` after it began; whether it came."""
        return self.ended.wait(max(self.begun + WAITED_SECONDS - time.monotonic(), 0))


_clock = time.monotonic
_kept: dict[str, _Kept] = {}
_failed: dict[str, tuple[float, CallFailed]] = {}
_running: dict[str, _Running] = {}
_lock = Lock()


def _short() -> Limits:
    return in_request(time.monotonic())


def fetch_jwks(url: str, *, allowed: Sequence[Network]) -> KeySet:
    """The key set at the URL, fetched anew. Raises CallFailed."""
    return parse_key_set(get_json(url, allowed=allowed, limits=_short()))


def platform_keys(platform: Platform, *, allowed: Sequence[Network], kid: str | None = None) -> KeySet:
    """The platform's key set, at most ten minutes old. An unknown ``kid`` makes it be fetched anew, once a minute at most.

    While somebody else fetches it an older set that has the ``kid`` is good enough; others wait in the first second of that only.
    Raises CallFailed when it has to be fetched and can't be, could not be a moment ago, or somebody else is at it for longer.
    """
    url = platform.jwks_url or ""
    for has_waited in (False, True):
        with _lock:
            kept, now, running = _kept.get(url), _clock(), _running.get(url)
            if kept is not None and (_is_fresh(kept, kid, now) or (running and has_key(kept.keys, kid))):
                return kept.keys
            _require_no_failure(url, now)
            if running is None:
                _running[url] = _Running(time.monotonic())
                break
        if has_waited or not running.ended_soon():
            raise CallFailed("its keys are being fetched: try again in a moment", cause=Trouble.TIMEOUT)
    try:
        return _refetched(url, allowed, is_unknown=kept is not None and not has_key(kept.keys, kid))
    finally:
        with _lock:
            _running.pop(url).ended.set()


def _is_fresh(kept: _Kept, kid: str | None, now: float) -> bool:
    since, lasts = (kept.at, KEPT_SECONDS) if has_key(kept.keys, kid) else (kept.asked_at, REFETCHED_SECONDS)
    return now - since < lasts


def _require_no_failure(url: str, now: float) -> None:
    at, failure = _failed.get(url, (-math.inf, None))
    if failure is not None and now - at < FAILURE_KEPT_SECONDS:
        raise CallFailed(failure.message, cause=failure.cause, http_status=failure.http_status)


def _refetched(url: str, allowed: Sequence[Network], *, is_unknown: bool) -> KeySet:
    try:
        found = fetch_jwks(url, allowed=allowed)
    except CallFailed as error:
        with _lock:
            _make_room(_failed)
            _failed[url] = _clock(), error
        raise
    with _lock:
        _make_room(_kept)
        _kept[url] = _Kept(_clock(), found, _clock() if is_unknown else -math.inf)
        _failed.pop(url, None)
    return found


def _make_room(among: dict[str, Any]) -> None:
    if len(among) >= MOST_KEPT:
        among.clear()


def forget_keys() -> None:
    """Fetches every key set anew when it is asked for next."""
    with _lock:
        _kept.clear()
        _failed.clear()


def fetch_configuration(url: str, *, allowed: Sequence[Network], token: str | None) -> Any:
    """The platform's OpenID configuration, for which Canvas wants the registration token. Raises CallFailed."""
    return get_json(url, allowed=allowed, headers=_bearer(token), limits=_short())


def post_registration(url: str, document: dict[str, Any], *, allowed: Sequence[Network], token: str | None) -> Any:
    """What the platform answers to our registration (LTI Dynamic Registration 1.0, 3.5). Raises CallFailed."""
    return post_json(url, document, allowed=allowed, headers=_bearer(token), limits=_short())


def _bearer(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def probe(one: Platform, tool_key: ToolKey, *, allowed: Sequence[Network], now: datetime, jti: str) -> tuple[Tried, ...]:
    """Asks the platform for its login page, its keys, and a token as its tool."""

    def login() -> Tried:
        return judge_login(ask("GET", one.authorization_url or "", allowed=allowed, limits=_short()))

    def key_set() -> Tried:
        return judge_keys(fetch_jwks(one.jwks_url or "", allowed=allowed))

    def token() -> Tried:
        assertion = sign_jwt(tool_key, assertion_claims(one, now=now, jti=jti))
        form = token_form(assertion, TOKEN_SCOPES)
        return judge_token(post_form(one.token_url or "", form, allowed=allowed, limits=_short()))

    return tuple(_tried(asked, step) for asked, step in ((Asked.LOGIN, login), (Asked.KEYS, key_set), (Asked.TOKEN, token)))


def _tried(asked: Asked, step: Callable[[], Tried]) -> Tried:
    try:
        return step()
    except CallFailed as error:
        return failed(asked, error)
