"""OAuth 1.0a signatures: of what platforms launch with, and of what goes back to them.

RFC 5849 sections 3.1 to 3.4 (parameters, base string, HMAC-SHA1); LTI 1.1 Implementation Guide 4 (signed forms; body hashes by
OAuth Request Body Hash 1.0); HMAC-SHA256, which LTI 1.1's later editions allow. Platforms that put the address's query
into the form as well (Canvas) sign it once. A signature does not say which parameter was in the form and which in the query, so
both are read (``signed_pairs``). Left out: tokens, RSA-SHA1, PLAINTEXT, launches signed in the Authorization header.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth1.rfc5849.signature import normalize_base_string_uri, normalize_parameters
from authlib.oauth1.rfc5849.util import escape

from lrs_bridge.lti.launch.refusal import LaunchRefused, Step
from lrs_bridge.web.reply import shown

Pairs = Sequence[tuple[str, str]]
"""A form's or a query's names and values in their order, names possibly more than once."""

WINDOW = timedelta(minutes=5)
"""How far a launch's time may be from ours, either way."""
LONGEST_KEY = 240
LONGEST_NONCE = 4000
LONGEST_TIMESTAMP = 12
SIGNATURE = "oauth_signature"
_RULE = "RFC 5849 3.2"


class Method(StrEnum):
    """The signature methods that are taken."""

    HMAC_SHA1 = "HMAC-SHA1"
    HMAC_SHA256 = "HMAC-SHA256"


_HASHES = {Method.HMAC_SHA1: hashlib.sha1, Method.HMAC_SHA256: hashlib.sha256}


@dataclass(frozen=True, slots=True)
class Signed:
    """Who signed a request and when; the nonce may be used once at that time."""

    consumer_key: str
    at: datetime
    nonce: str

    @property
    def once(self) -> str:
        """What is the same for a repetition only (RFC 5849 3.3): 64 hexadecimal digits, however long the nonce."""
        parts = ("lti 1.1", self.consumer_key, str(int(self.at.timestamp())), self.nonce)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def unverified_consumer_key(form: Pairs) -> str:
    """Who a request says that it is from. Raises LaunchRefused when it doesn't."""
    key = _oauth(form, "oauth_consumer_key", Step.CONSUMER)
    if len(key) > LONGEST_KEY or "\x00" in key:
        raise LaunchRefused("there is no such consumer key", step=Step.CONSUMER, field="oauth_consumer_key", rule=_RULE)
    return key


def verify_signed(form: Pairs, *, url: str, secret: str, now: datetime) -> Signed:
    """Who signed a form that was posted to ``url`` (as the platform knows it, query included). Whether its nonce is used for the
    first time is the caller's to see to. Raises LaunchRefused at the first step that fails.
    """
    said_in_all = signed_pairs(form, url)
    key = unverified_consumer_key(said_in_all)  # 1
    if _optional(said_in_all, "oauth_version", Step.VERSION) not in (None, "1.0"):  # 2
        raise LaunchRefused(
            "the launch is not signed by OAuth 1.0", step=Step.VERSION, field="oauth_version", rule="RFC 5849 3.1"
        )
    method = _method(said_in_all)  # 3
    at = _time(said_in_all, now)  # 4
    nonce = _oauth(said_in_all, "oauth_nonce", Step.NONCE)  # 5
    if len(nonce) > LONGEST_NONCE:
        raise LaunchRefused("the launch's nonce is too long", step=Step.NONCE, field="oauth_nonce", rule="RFC 5849 3.3")
    said = _oauth(form, SIGNATURE, Step.SIGNATURE).encode()  # 6
    expected = [signature(pairs, url=url, secret=secret, method=method) for pairs in _signable(form, url)]
    if not secret or not any(hmac.compare_digest(said, each.encode()) for each in expected):
        message = "the launch's signature does not hold: is the secret the same on both sides, and the address exactly ours?"
        raise LaunchRefused(message, step=Step.SIGNATURE, field=SIGNATURE, rule=_RULE)
    return Signed(key, at, nonce)


def signed_pairs(form: Pairs, url: str) -> Pairs:
    """What a signature over the form and the address is over, each repetition of the address's query in the form once.

    Raises LaunchRefused for a name that has other values in the one than in the other.
    """
    query = _query(url)
    for name in {name for name, _ in query} & {name for name, _ in form}:
        if {pair for pair in query if pair[0] == name} != {pair for pair in form if pair[0] == name}:
            message = f"{shown(name)[:100]} has one value in the form and another in the address"
            raise LaunchRefused(message, step=Step.SIGNATURE, field=shown(name)[:100], rule="RFC 5849 3.4.1.3")
    return [*form, *(pair for pair in query if pair not in form)]


def _query(url: str) -> Pairs:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


def _signable(form: Pairs, url: str) -> list[Pairs]:
    """The form as it stands, and without what the address says as well."""
    query = _query(url)
    return [form, [pair for pair in form if pair not in query]]


def _optional(form: Pairs, name: str, step: Step) -> str | None:
    """An OAuth parameter, which may be there but once (RFC 5849 3.1)."""
    values = [value for key, value in form if key == name]
    if len(values) > 1:
        raise LaunchRefused(f"the launch has {name} more than once", step=step, field=name, rule="RFC 5849 3.1")
    return values[0].strip() if values and values[0].strip() else None


def _oauth(form: Pairs, name: str, step: Step) -> str:
    value = _optional(form, name, step)
    if value is None:
        raise LaunchRefused(f"the launch has no {name}", step=step, field=name, rule=_RULE)
    return value


def _method(form: Pairs) -> Method:
    said = _oauth(form, "oauth_signature_method", Step.ALGORITHM)
    try:
        return Method(said)
    except ValueError as error:
        message = f"the launch is signed by {shown(said)[:100]}, and only {' and '.join(Method)} are taken"
        raise LaunchRefused(message, step=Step.ALGORITHM, field="oauth_signature_method", rule="RFC 5849 3.4") from error


def _time(form: Pairs, now: datetime) -> datetime:
    said = _oauth(form, "oauth_timestamp", Step.TIMESTAMP)
    if not (said.isascii() and said.isdigit()) or len(said) > LONGEST_TIMESTAMP:
        raise LaunchRefused("the launch's time can't be read", step=Step.TIMESTAMP, field="oauth_timestamp", rule="RFC 5849 3.3")
    if abs(int(said) - now.timestamp()) > WINDOW.total_seconds():
        minutes = int(WINDOW.total_seconds() // 60)
        message = f"the launch's time is more than {minutes} minutes from ours; are both clocks right?"
        raise LaunchRefused(message, step=Step.TIMESTAMP, field="oauth_timestamp", rule="RFC 5849 3.3")
    return datetime.fromtimestamp(int(said), UTC)


def signature(form: Iterable[tuple[str, str]], *, url: str, secret: str, method: Method, verb: str = "POST") -> str:
    """The signature over these parameters, those of the address and the address itself (RFC 5849 3.4.1, 3.4.2)."""
    pairs = [pair for pair in form if pair[0] != SIGNATURE]
    pairs += _query(url)
    base = "&".join(map(escape, (verb, normalize_base_string_uri(url), normalize_parameters(pairs))))
    digest = hmac.digest(f"{escape(secret)}&".encode(), base.encode(), _HASHES[method])
    return base64.b64encode(digest).decode()


def sign_form(
    fields: Mapping[str, str], *, url: str, consumer_key: str, secret: str, nonce: str, now: datetime,
    method: Method = Method.HMAC_SHA1,
) -> dict[str, str]:  # fmt: skip
    """The fields with those that sign them, to be posted to ``url`` by a browser (LTI 1.1 Implementation Guide 4.1)."""
    signed = {**fields, **_protocol(consumer_key, nonce, now, method), "oauth_callback": "about:blank"}
    return {**signed, SIGNATURE: signature(signed.items(), url=url, secret=secret, method=method)}


def sign_body(body: bytes, *, url: str, consumer_key: str, secret: str, nonce: str, now: datetime) -> str:
    """The Authorization header for a body that is no form (LTI 1.1 Implementation Guide 4.3). Every platform knows HMAC-SHA1."""
    body_hash = base64.b64encode(hashlib.sha1(body).digest()).decode()  # noqa: S324  the specification's
    signed = {**_protocol(consumer_key, nonce, now, Method.HMAC_SHA1), "oauth_body_hash": body_hash}
    signed[SIGNATURE] = signature(signed.items(), url=url, secret=secret, method=Method.HMAC_SHA1)
    return "OAuth " + ", ".join(f'{escape(name)}="{escape(value)}"' for name, value in signed.items())


def _protocol(consumer_key: str, nonce: str, now: datetime, method: Method) -> dict[str, str]:
    return {
        "oauth_consumer_key": consumer_key,
        "oauth_nonce": nonce,
        "oauth_timestamp": str(int(now.timestamp())),
        "oauth_version": "1.0",
        "oauth_signature_method": method.value,
    }
