"""Whether an ID token holds: every step in the order of the specifications, in one function.

1EdTech Security Framework 1.0 section 5.1.3 (authentication response validation), OpenID Connect Core 3.2.2.11 and 3.1.3.7, LTI
1.3 Core 5.3. Only RS256 is taken (Security Framework 5.1.2 lets platforms use nothing weaker, and none in the field uses
another). Platforms give tokens of 60 seconds, so clocks may differ by as much. Left out: encrypted tokens, ``at_hash``,
``auth_time``, ``acr``.
"""

import base64
import binascii
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from lrs_bridge.lti.launch.claims import DEPLOYMENT_ID, TARGET_LINK_URI, VERSION, read_launch
from lrs_bridge.lti.launch.launch import Migration, VerifiedLaunch
from lrs_bridge.lti.launch.login import check_target, tidy_target
from lrs_bridge.lti.launch.refusal import LaunchRefused, Step

ALGORITHM = "RS256"
LTI_VERSION = "1.3.0"
LEEWAY = timedelta(seconds=60)
OLDEST_TOKEN = timedelta(hours=1)
LONGEST_TOKEN = 64 * 1024
_RULE = "1EdTech Security Framework 5.1.3"


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """An ID token taken apart, of which nothing is known to be true."""

    compact: str
    algorithm: str
    kid: str | None
    claims: dict[str, Any]

    @property
    def deployment_id(self) -> str | None:
        """The deployment that it claims to be from."""
        named = self.claims.get(DEPLOYMENT_ID)
        return str(named) if isinstance(named, str | int) else None


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must agree with. ``deployments`` is None where any deployment of the platform's may be the first."""

    issuer: str
    client_id: str
    deployments: Collection[str] | None
    nonce: str
    target: str
    public_url: str


def parse_token(compact: str | None) -> UnverifiedToken:
    """Takes an ID token apart. Raises LaunchRefused for what is none, and for one that is not signed by RS256."""
    if not compact or len(compact) > LONGEST_TOKEN:
        raise LaunchRefused("the platform's answer has no id_token", step=Step.ANSWER, field="id_token", rule=_RULE)
    pieces = compact.split(".")
    header = _decoded(pieces[0])
    algorithm = header.get("alg")
    if algorithm != ALGORITHM:
        message = f"the ID token is signed by {algorithm}, and only {ALGORITHM} is taken"
        raise LaunchRefused(message[:200], step=Step.ALGORITHM, field="alg", rule="1EdTech Security Framework 5.1.2")
    if len(pieces) != 3:  # noqa: PLR2004  header, claims, signature: RFC 7515 3.1
        raise LaunchRefused("the id_token is no signed token", step=Step.ANSWER, field="id_token", rule="RFC 7515 3.1")
    kid = header.get("kid")
    return UnverifiedToken(compact, ALGORITHM, kid if isinstance(kid, str) else None, _decoded(pieces[1]))


def _decoded(piece: str) -> dict[str, Any]:
    try:
        content = base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4))
        return msgspec.json.decode(content, type=dict[str, Any])
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise LaunchRefused("the id_token can't be read", step=Step.ANSWER, field="id_token", rule="RFC 7519 7.2") from error


def verify_id_token(
    token: UnverifiedToken, jwks: Mapping[str, Any], expected: Expected, *, now: datetime, migration: Migration | None = None
) -> VerifiedLaunch:
    """The launch that the token tells of. Raises LaunchRefused at the first step that fails."""
    key = find_key(jwks, token.kid)  # 1: a key that the platform publishes under this kid
    if key is None:
        message = f"the platform publishes no key {token.kid}: is its key set's address right?"
        raise LaunchRefused(message[:300], step=Step.KEY, field="kid", rule=_RULE)
    _check_signature(token.compact, key)  # 2
    claims = token.claims
    if claims.get("iss") != expected.issuer:  # 3
        message = f"the ID token is of {claims.get('iss')}, and the platform is registered as {expected.issuer}"
        raise LaunchRefused(message[:500], step=Step.ISSUER, field="iss", rule=_RULE)
    _check_audience(claims, expected.client_id)  # 4, 5
    _check_times(claims, now)  # 6
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), expected.nonce.encode()):  # 7
        raise LaunchRefused("the ID token's nonce is of another login", step=Step.NONCE, field="nonce", rule=_RULE)
    if claims.get(VERSION) != LTI_VERSION:  # 8
        message = f"the message is of LTI {claims.get(VERSION)}, and must be of {LTI_VERSION}"
        raise LaunchRefused(message[:200], step=Step.VERSION, field=VERSION, rule="LTI 1.3 Core 5.3.2")
    launch = read_launch(claims, client_id=expected.client_id, migration=migration)  # 9: message type, and what it must say
    if expected.deployments is not None and launch.deployment_id not in expected.deployments:  # 10
        message = f"the deployment {launch.deployment_id} is not one that is registered for this platform"
        raise LaunchRefused(message, step=Step.DEPLOYMENT, field=DEPLOYMENT_ID, rule="LTI 1.3 Core 3.1.3")
    _check_same_target(launch.target_link_uri, expected)  # 11
    return VerifiedLaunch(launch)


def find_key(jwks: Mapping[str, Any], kid: str | None) -> RSAKey | None:
    """The RSA key of that kid; without a kid the only one there is. None when there is none, or it can't be used."""
    keys = jwks.get("keys")
    usable = [key for key in keys if _may_verify(key)] if isinstance(keys, list) else []
    named = [key for key in usable if key.get("kid") == kid] if kid is not None else usable
    if len(named) != 1:
        return None
    try:
        return RSAKey.import_key({name: named[0][name] for name in ("kty", "n", "e")})
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _may_verify(key: Any) -> bool:
    return isinstance(key, dict) and key.get("kty") == "RSA" and key.get("use", "sig") == "sig"


def _check_signature(compact: str, key: RSAKey) -> None:
    try:
        jws.deserialize_compact(compact, key, algorithms=[ALGORITHM])
    except (JoseError, ValueError, TypeError) as error:
        message = "the ID token's signature does not hold: it was not made by this platform, or altered on the way"
        raise LaunchRefused(message, step=Step.SIGNATURE, field="id_token", rule=_RULE) from error


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    named = [audience] if isinstance(audience, str) else audience
    if not isinstance(named, list) or client_id not in named:
        message = f"the ID token is meant for {audience}, and our client id there is {client_id}"
        raise LaunchRefused(message[:500], step=Step.AUDIENCE, field="aud", rule=_RULE)
    party = claims.get("azp")
    if (party is not None or len(named) > 1) and party != client_id:
        message = f"the ID token was given to {party}, and our client id there is {client_id}"
        raise LaunchRefused(message[:500], step=Step.AUTHORIZED_PARTY, field="azp", rule=_RULE)


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    issued, expires = _time(claims, "iat"), _time(claims, "exp")
    if expires + LEEWAY.total_seconds() <= now.timestamp():
        raise LaunchRefused("the ID token has expired; are both clocks right?", step=Step.TIME, field="exp", rule=_RULE)
    if issued - LEEWAY.total_seconds() > now.timestamp():
        raise LaunchRefused("the ID token is from the future; are both clocks right?", step=Step.TIME, field="iat", rule=_RULE)
    if issued + OLDEST_TOKEN.total_seconds() < now.timestamp():
        raise LaunchRefused("the ID token is too old; are both clocks right?", step=Step.TIME, field="iat", rule=_RULE)
    if "nbf" in claims and _time(claims, "nbf") - LEEWAY.total_seconds() > now.timestamp():
        raise LaunchRefused(
            "the ID token does not hold yet; are both clocks right?", step=Step.TIME, field="nbf", rule="RFC 7519 4.1.5"
        )


def _time(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise LaunchRefused(f"the ID token has no {name}", step=Step.TIME, field=name, rule=_RULE)
    return float(value)


def _check_same_target(target_link_uri: str, expected: Expected) -> None:
    """The login's address is not signed, the message's is: they must be one, or the login's the one that stands for all of ours,
    which Open edX names for everything that was placed by deep linking.
    """
    if not target_link_uri:
        return
    check_target(target_link_uri, expected.public_url)
    if tidy_target(expected.target) not in {tidy_target(target_link_uri), tidy_target(f"{expected.public_url}/lti/launch")}:
        message = f"the login was for {expected.target} and the message is for {target_link_uri}"
        raise LaunchRefused(message[:500], step=Step.TARGET, field=TARGET_LINK_URI, rule="LTI 1.3 Core 5.3.4")
