"""Logging in by an OpenID provider: what is configured, what a provider says of itself, and whether an ID token holds.

OpenID Connect Core 1.0 section 3.1 (code flow), Discovery 1.0, PKCE (RFC 7636, S256 only), the ``iss`` answer parameter
(RFC 9207), the multiple-audience and assurance rules of Core 3.1.3.7. Left out: implicit and hybrid flows, encrypted tokens,
symmetric signatures, ``at_hash`` (the access token is not used), UserInfo (claims come in the ID token).
"""

import hmac
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from lrs_bridge.errors import LrsBridgeError, Unauthenticated, UpstreamFailed
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.settings import InvalidSettings, Secret

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
KEY_TYPES = frozenset({"RSA", "EC", "OKP"})
LEEWAY = timedelta(seconds=60)
OLDEST_TOKEN = timedelta(minutes=10)
LONGEST_SUBJECT = 255
_PROVIDER_ID = re.compile(r"[a-z0-9-]{1,40}")
_HPR_NUMBER = re.compile(r"[0-9]{1,9}")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class LoginRefused(Unauthenticated):
    """The provider's answer does not prove who logs in."""

    code = "login_refused"


@dataclass(frozen=True, slots=True)
class Provider:
    """One ``[[provider]]`` table of the providers file; docs/login.md says what each key means."""

    id: str
    tenant: str
    name: str
    issuer: str
    client_id: str
    secret: Secret
    private_key_jwt: bool
    scopes: tuple[str, ...]
    acr_values: tuple[str, ...]
    assurance_claim: str
    required_assurance: frozenset[str]
    hpr_claim: str | None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the provider says of itself (Discovery 1.0 section 3), as far as it is used here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None
    pushed_authorization_endpoint: str | None
    names_itself: bool


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """A login under way: the secrets that tie the provider's answer to this browser. All are random and used once."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class VerifiedLogin:
    """What an ID token that holds says. Only ``verify_id_token`` makes one; an e-mail address is never part of it."""

    provider: str
    subject: Identifier
    hpr_number: Identifier | None
    name: str | None
    assurance: str | None

    @property
    def identifiers(self) -> tuple[Identifier, ...]:
        """What the person may be recognised by."""
        return (self.subject,) if self.hpr_number is None else (self.subject, self.hpr_number)


# Configuration

_KEYS = frozenset(
    {
        "id",
        "tenant",
        "name",
        "issuer",
        "client_id",
        "client_secret",
        "client_secret_env",
        "client_key_env",
        "scopes",
        "acr_values",
        "assurance_claim",
        "required_assurance",
        "hpr_claim",
    }
)


def parse_providers(text: str, environ: Mapping[str, str]) -> tuple[Provider, ...]:
    """The providers of a TOML file. Raises InvalidSettings that names the provider and the key that is wrong."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidSettings(f"the OpenID providers file is not TOML: {error}") from error
    tables = document.get("provider", [])
    if set(document) - {"provider"} or not isinstance(tables, list):
        raise InvalidSettings("the OpenID providers file holds [[provider]] tables and nothing else")
    providers = tuple(_provider(table, environ) for table in tables)
    if len({provider.id for provider in providers}) < len(providers):
        raise InvalidSettings("two OpenID providers have the same id", field="id")
    return providers


def _provider(table: dict[str, Any], environ: Mapping[str, str]) -> Provider:
    where = f"OpenID provider {table.get('id', '(without id)')}"
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        raise InvalidSettings(f"{where}: {unknown[0]} is not a key", field=unknown[0])
    provider_id = _text(table, "id", where)
    if not _PROVIDER_ID.fullmatch(provider_id):
        raise InvalidSettings(f"{where}: id has 1 to 40 of the characters a-z, 0-9 and -", field="id")
    secret, private_key_jwt = _secret(table, environ, where)
    acr_values = _texts(table, "acr_values", where)
    return Provider(
        id=provider_id,
        tenant=_text(table, "tenant", where),
        name=_text(table, "name", where),
        issuer=_checked_url(_text(table, "issuer", where), InvalidSettings, f"{where}: issuer"),
        client_id=_text(table, "client_id", where),
        secret=secret,
        private_key_jwt=private_key_jwt,
        scopes=_texts(table, "scopes", where) or ("openid",),
        acr_values=acr_values,
        assurance_claim=_text(table, "assurance_claim", where, "acr"),
        required_assurance=frozenset(_texts(table, "required_assurance", where) or acr_values),
        hpr_claim=_text(table, "hpr_claim", where, "") or None,
    )


def _secret(table: dict[str, Any], environ: Mapping[str, str], where: str) -> tuple[Secret, bool]:
    given = [key for key in ("client_secret", "client_secret_env", "client_key_env") if key in table]
    if len(given) != 1:
        raise InvalidSettings(f"{where}: give one of client_secret, client_secret_env and client_key_env", field="client_secret")
    value = _text(table, given[0], where)
    if given[0] != "client_secret":
        if not environ.get(value):
            raise InvalidSettings(f"{where}: the environment variable {value} is not set", field=given[0])
        value = environ[value]
    return Secret(value.encode()), given[0] == "client_key_env"


def _text(table: dict[str, Any], key: str, where: str, default: str | None = None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or (not value and default is None):
        raise InvalidSettings(f"{where}: {key} must be a text", field=key)
    return value


def _texts(table: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise InvalidSettings(f"{where}: {key} must be a list of texts", field=key)
    return tuple(value)


def _checked_url(url: Any, kind: type[LrsBridgeError], what: str) -> str:
    """https, or http to this machine for trying things out: anything else could be read and changed on its way."""
    parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
        return str(url)
    raise kind(f"{what} must be an https URL")


# Discovery


def parse_metadata(document: Any, issuer: str) -> Metadata:
    """Checks a discovery document (Discovery 1.0 section 4.3). Raises UpstreamFailed for one that is not this issuer's."""
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        raise UpstreamFailed("the OpenID provider's description is of another issuer", field="issuer", rule="Discovery 1.0 4.3")
    url = {key: _checked_url(document.get(key), UpstreamFailed, key) for key in _NEEDED}
    optional = {key: _checked_url(document[key], UpstreamFailed, key) for key in _OPTIONAL if document.get(key)}
    return Metadata(
        issuer=issuer,
        authorization_endpoint=url["authorization_endpoint"],
        token_endpoint=url["token_endpoint"],
        jwks_uri=url["jwks_uri"],
        end_session_endpoint=optional.get("end_session_endpoint"),
        pushed_authorization_endpoint=optional.get("pushed_authorization_request_endpoint"),
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_OPTIONAL = ("end_session_endpoint", "pushed_authorization_request_endpoint")


# The provider's answer


def check_answer(answer: Mapping[str, str], metadata: Metadata) -> str:
    """The code in an answer whose ``state`` was found. Raises LoginRefused when the user or the provider broke off, or when
    the answer is another issuer's (RFC 9207 section 2.4).
    """
    named = answer.get("iss")
    if (named is not None or metadata.names_itself) and named != metadata.issuer:
        raise LoginRefused("the answer came from another OpenID provider", field="iss", rule="RFC 9207 2.4")
    if "error" in answer:
        raise LoginRefused("the login was broken off at the provider", field="error", rule="OpenID Connect Core 3.1.2.6")
    code = answer.get("code")
    if not code:
        raise LoginRefused("the answer has no code", field="code", rule="OpenID Connect Core 3.1.2.5")
    return code


def verify_id_token(id_token: str, jwks: Any, provider: Provider, nonce: str, now: datetime) -> VerifiedLogin:
    """Checks an ID token in the order of OpenID Connect Core 3.1.3.7 and gives what it says. Raises LoginRefused otherwise."""
    claims = _signed_claims(id_token, jwks)  # 1, 2: a signature of an allowed kind by a key of this provider
    _require(claims.get("iss") == provider.issuer, "iss", "it was issued by another provider")  # 3
    audience = claims.get("aud")
    ours = [audience] if isinstance(audience, str) else audience
    _require(isinstance(ours, list) and provider.client_id in ours, "aud", "it is not meant for this service")  # 4
    authorized = claims.get("azp", provider.client_id if ours == [provider.client_id] else None)
    _require(authorized == provider.client_id, "azp", "it was given to another client")  # 5
    _require(_at(claims, "exp") > now - LEEWAY, "exp", "it has expired")  # 6
    _require(now - OLDEST_TOKEN < _at(claims, "iat") <= now + LEEWAY, "iat", "it was not issued just now")  # 7
    _require(_at(claims, "nbf", now) <= now + LEEWAY, "nbf", "it does not hold yet")
    said = claims.get("nonce")
    _require(
        isinstance(said, str) and hmac.compare_digest(said.encode(), nonce.encode()), "nonce", "it belongs to another login"
    )  # 8
    assurance = claims.get(provider.assurance_claim)
    sure = not provider.required_assurance or (isinstance(assurance, str) and assurance in provider.required_assurance)
    _require(sure, provider.assurance_claim, "the login is not strong enough for this service")  # 9
    return VerifiedLogin(
        provider=provider.id,
        subject=Identifier(IdentifierKind.OIDC_SUBJECT, provider.issuer, _subject(claims)),
        hpr_number=_hpr_number(claims, provider),
        name=_name(claims),
        assurance=assurance if isinstance(assurance, str) else None,
    )


def _require(holds: bool, claim: str, otherwise: str) -> None:  # noqa: FBT001  the condition is the point
    if not holds:
        raise LoginRefused(f"the ID token does not hold: {otherwise}", field=claim, rule="OpenID Connect Core 3.1.3.7")


def _signed_claims(id_token: str, jwks: Any) -> dict[str, Any]:
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    usable = [key for key in keys if _may_verify(key)] if isinstance(keys, list) else []
    if not usable:
        raise UpstreamFailed("the OpenID provider publishes no key", field="jwks_uri")
    try:
        return dict(jwt.decode(id_token, KeySet.import_key_set({"keys": usable}), algorithms=list(ALGORITHMS)).claims)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise LoginRefused(
            "the ID token's signature does not hold", field="id_token", rule="OpenID Connect Core 3.1.3.7"
        ) from error


def _may_verify(key: Any) -> bool:
    return isinstance(key, dict) and key.get("kty") in KEY_TYPES and key.get("use", "sig") == "sig"


def _at(claims: Mapping[str, Any], claim: str, default: datetime | None = None) -> datetime:
    value = claims.get(claim)
    if value is None and default is not None:
        return default
    if not isinstance(value, int | float):
        raise LoginRefused(f"the ID token has no {claim}", field=claim, rule="OpenID Connect Core 2")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise LoginRefused(f"the ID token has no proper {claim}", field=claim, rule="OpenID Connect Core 2") from error


def _subject(claims: Mapping[str, Any]) -> str:
    subject = claims.get("sub")
    _require(isinstance(subject, str) and 0 < len(subject) <= LONGEST_SUBJECT and "\x00" not in subject, "sub", "it names nobody")
    return str(subject)


def _hpr_number(claims: Mapping[str, Any], provider: Provider) -> Identifier | None:
    number = claims.get(provider.hpr_claim) if provider.hpr_claim else None
    if not isinstance(number, str) or not _HPR_NUMBER.fullmatch(number):
        return None
    return Identifier(IdentifierKind.HPR_NUMBER, "", number)


def _name(claims: Mapping[str, Any]) -> str | None:
    name = claims.get("name")
    if not isinstance(name, str):
        return None
    return "".join(c for c in name if c.isprintable()).strip()[:200] or None
