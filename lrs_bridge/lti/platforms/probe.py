"""A test of a platform's set-up: what was asked of it, and what its answers mean. It changes nothing there.

1EdTech Security Framework 1.0, 4.1 (a token by a signed assertion, RFC 7523) and 6.3 (key sets). That the platform gives a token
shows that it knows our client id and can read our keys.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lrs_bridge.lti.platforms.keyset import usable_keys
from lrs_bridge.lti.platforms.tool import SCOPES
from lrs_bridge.web.reply import CallFailed, Reply, shown

TOKEN_SCOPES = SCOPES[:5]
"""What a token is asked for: grades and members, which all platforms know."""


class Asked(StrEnum):
    """What is asked of a platform."""

    LOGIN = "login"
    KEYS = "keys"
    TOKEN = "token"  # noqa: S105  the name of a step


class Verdict(StrEnum):
    """What came of it; beside these, the words of ``web.reply.Trouble``."""

    GOOD = "good"
    NO_KEYS = "no_keys"
    UNKNOWN_CLIENT = "unknown_client"
    NO_SCOPE = "no_scope"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Tried:
    """One step of a test. ``said`` is what the platform said, where that helps."""

    asked: Asked
    verdict: str
    said: str = ""

    @property
    def is_good(self) -> bool:
        """Whether nothing has to be done. A platform that gives no scope works for launches, and may be meant to."""
        return self.verdict in (Verdict.GOOD, Verdict.NO_SCOPE)


def failed(asked: Asked, error: CallFailed) -> Tried:
    """The step to which no answer came."""
    return Tried(asked, error.cause.value, error.message)


def judge_login(reply: Reply) -> Tried:
    """Whether the login's address is there. It is asked without a login, so that a complaint is as good as any answer."""
    return Tried(Asked.LOGIN, Verdict.GOOD, f"{reply.status}")


def judge_keys(found: Mapping[str, Any]) -> Tried:
    """Whether the key set has a key that launches can be checked with."""
    count = usable_keys(found)
    return Tried(Asked.KEYS, Verdict.GOOD if count else Verdict.NO_KEYS)


def judge_token(reply: Reply) -> Tried:
    """What the token service made of it (RFC 6749 5.1 and 5.2)."""
    said = _parsed(reply)
    if reply.is_success and isinstance(said.get("access_token"), str):
        return Tried(Asked.TOKEN, Verdict.GOOD)
    verdict = {
        "invalid_client": Verdict.UNKNOWN_CLIENT,
        "unauthorized_client": Verdict.UNKNOWN_CLIENT,
        "invalid_scope": Verdict.NO_SCOPE,
    }.get(str(said.get("error")), Verdict.REFUSED)
    told = shown(" ".join(str(said[name]) for name in ("error", "error_description") if said.get(name)))
    return Tried(Asked.TOKEN, verdict, told or f"{reply.status} {reply.excerpt[:200]}".strip())


def _parsed(reply: Reply) -> dict[str, Any]:
    try:
        document = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
