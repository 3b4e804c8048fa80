"""The token that a platform's services are called with.

1EdTech Security Framework 1.0, 4.1 (client credentials with a signed assertion: RFC 7523 3, RFC 6749 4.4 and 5). Left out:
refresh tokens, which this grant has none of.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lrs_bridge.lti.platforms.platform import Platform
from lrs_bridge.web.reply import CallFailed, Reply, Trouble, shown

ASSERTION_SECONDS = 300
SLOW_CLOCKS = timedelta(seconds=10)
"""Moodle refuses what seems to be made in the future by a second."""
EARLY = timedelta(seconds=60)
"""So long before its end a token is not used any more."""
UNSAID = timedelta(minutes=5)
"""How long a token is taken to last whose answer does not say so."""
LONGEST = timedelta(hours=12)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_RULE = "1EdTech Security Framework 4.1"


class TokenRefused(CallFailed):
    """The platform gives no token: our key or client id is not known there, or a scope is not ours."""

    code = "token_refused"


@dataclass(frozen=True, slots=True)
class Token:
    """A token and the time after which it is not to be used."""

    value: str = field(repr=False)
    until: datetime


def scope_set(scopes: Iterable[str]) -> tuple[str, ...]:
    """The scopes in a form that stands for the set."""
    return tuple(sorted(set(scopes)))


def assertion_claims(platform: Platform, *, now: datetime, jti: str) -> dict[str, Any]:
    """What we say of ourselves to the token service (Security Framework 4.1.1). ``jti`` is new each time."""
    at = int((now - SLOW_CLOCKS).timestamp())
    return {
        "iss": platform.client_id,
        "sub": platform.client_id,
        "aud": platform.token_audience or platform.token_url,
        "iat": at,
        "exp": at + ASSERTION_SECONDS,
        "jti": jti,
    }


def token_form(assertion: str, scopes: tuple[str, ...]) -> dict[str, str]:
    """The request to the token service."""
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
        "scope": " ".join(scopes),
    }


def parse_token(reply: Reply, document: Any, *, now: datetime) -> Token:
    """The token in an answer; ``document`` is its JSON, None when it is none. Raises TokenRefused in the platform's words."""
    members = document if isinstance(document, dict) else {}
    value, kind = members.get("access_token"), members.get("token_type", "bearer")
    if not reply.is_success:
        told = " ".join(str(members[name]) for name in ("error", "error_description") if members.get(name)) or reply.excerpt
        raise _refused(f"the token service answered {reply.status}: {shown(told)}".rstrip(": "), reply)
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        raise _refused("the token service gave no token", reply)
    if str(kind).lower() != "bearer":
        raise _refused(f"the token service gave a token of the kind {shown(str(kind))[:40]}", reply)
    return Token(value, now + _lifetime(members.get("expires_in")) - EARLY)


def _refused(message: str, reply: Reply) -> TokenRefused:
    error = TokenRefused(message, cause=Trouble.ODD_ANSWER, http_status=reply.status)
    error.rule = _RULE
    return error


def _lifetime(said: Any) -> timedelta:
    """How long the token lasts; some platforms write the number as a text."""
    try:
        seconds = float(said)
    except (TypeError, ValueError):
        return UNSAID
    return timedelta(seconds=min(seconds, LONGEST.total_seconds())) if seconds > 0 else UNSAID  # a NaN is not
