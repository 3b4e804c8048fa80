"""What stands in a request's Authorization header, and how a caller is told that it did not suffice.

Source: RFC 7617 (Basic), RFC 6750 2.1 and 3 (Bearer), xAPI 1.0.3 Communication 4.0. A bearer token begins with the key that it
was given to. Left out: tokens in forms and addresses (RFC 6750 2.2, 2.3), which end up in logs.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from lrs_bridge.errors import Forbidden, LrsBridgeError, Unauthenticated

_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)
_OUR_KEY = re.compile(r"[a-z0-9-]{1,64}\.[0-9a-f]{16}", re.ASCII)
_NEEDED = "Basic authentication with a key and its secret, or a bearer token, is needed"
_REALM = 'realm="xAPI"'


@dataclass(frozen=True, slots=True)
class Basic:
    """A key and its secret."""

    key: str
    secret: str


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token and the key that it says it was given to."""

    token: str

    @property
    def key(self) -> str:
        """The key, empty when the token is none of ours."""
        return self.token.rpartition(".")[0]


def parse_authorization(header: str | None) -> Basic | Bearer:
    """Who the header says is asking. Raises Unauthenticated when it says nothing that can be read."""
    scheme, _, rest = (header or "").strip().partition(" ")
    if scheme.lower() == "basic":
        return _basic(rest.strip())
    if scheme.lower() == "bearer" and _BEARER.fullmatch(rest.strip()):
        return Bearer(rest.strip())
    raise Unauthenticated(_NEEDED, field="Authorization", rule="xAPI 1.0.3 Communication 4.0")


def _basic(encoded: str) -> Basic:
    try:
        key, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise Unauthenticated("the Basic credentials can't be read", field="Authorization", rule="RFC 7617 2") from error
    if not colon or "\x00" in key:
        message = "the Basic credentials must be a key, a colon and a secret"
        raise Unauthenticated(message, field="Authorization", rule="RFC 7617 2")
    return Basic(key, secret)


def named_key(header: str | None) -> str:
    """The key that a header names, right or wrong, for the journal; empty when it names nothing that looks like a key of ours.

    Whatever else stands there may be somebody's password in the wrong place, and is not looked at.
    """
    try:
        return our_key(parse_authorization(header).key)
    except Unauthenticated:
        return ""


def our_key(text: str) -> str:
    """The text when it looks like a key of ours, else nothing."""
    return text if _OUR_KEY.fullmatch(text) else ""


def basic_header(key: str, secret: str) -> str:
    """The header's value for a key and its secret."""
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()


def challenge(error: LrsBridgeError, header: str | None, *, from_page: bool) -> str | None:
    """The WWW-Authenticate header that goes with an error, or None.

    Pages' scripts (``from_page``: the request has an Origin) are not asked for Basic: browsers would show the learner a login.
    """
    used_token = (header or "").lstrip()[:7].lower() == "bearer "
    if isinstance(error, Unauthenticated):
        if used_token:
            return f'Bearer {_REALM}, error="invalid_token", error_description="The token is unknown, has expired or was revoked"'
        return f"Bearer {_REALM}" if from_page else f'Basic {_REALM}, charset="UTF-8"'
    if isinstance(error, Forbidden) and used_token and error.field == "Authorization":
        return f'Bearer {_REALM}, error="insufficient_scope"'
    return None
