"""Signed statements at the door: a signature must be well formed, and of the statement that it comes with.

Source: xAPI 1.0.3, Data 2.6; IEEE 9274.1.1 (xAPI 2.0) 4.2.6; RFC 7515 (JWS Compact Serialization, ``x5c``), RFC 7518 3.3 (RS256,
RS384, RS512). This catches mistakes, as 2.6 says of itself; whether anybody may rely on a signature is told by ``report``. Left
out: the JWS JSON Serialization, which 2.6 discourages, and critical header parameters (``crit``, so ``b64`` too), none of which
is understood here.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.x509 import Certificate, InvalidVersion, load_der_x509_certificate

from lrs_bridge.errors import Invalid
from lrs_bridge.xapi.model.equivalence import is_equivalent

ALGORITHMS = {"RS256": SHA256(), "RS384": SHA384(), "RS512": SHA512()}
MAX_SIGNATURE_BYTES = 4 * 1024 * 1024
MAX_CHAIN = 10

_RULE = "xAPI 1.0.3 Data 2.6"
_SEGMENTS = 3


@dataclass(frozen=True, slots=True)
class Jws:
    """A signature that is well formed; whether it holds is another question. ``chain`` is empty when no certificate is named."""

    algorithm: str
    chain: tuple[Certificate, ...]
    payload: dict[str, Any]
    signed: bytes
    signature: bytes


def check_signature(content: bytes, value: Mapping[str, Any], *, id: UUID | None, field: str, brought_over: bool = False) -> None:
    """Raises Invalid for a malformed signature, in the steps of 2.6.

    ``value`` is the statement that it came with, ``id`` None when the LRS will choose one, ``field`` the attachment's path. What
    was ``brought_over`` from another LRS has what that assigned to it; of others, who stored them is not believed.
    """
    try:
        _check(parse_jws(content), {name: item for name, item in value.items() if brought_over or name != "stored"}, id)
    except Invalid as error:
        raise Invalid(f"{field} is not a signature of its statement: {error.message}", field=field, rule=error.rule) from error


def _check(jws: Jws, value: Mapping[str, Any], id: UUID | None) -> None:
    if not signs(jws.payload, value, id=id):
        raise Invalid("it signs something else than this statement", rule=_RULE)
    if jws.chain:
        verify(jws)


def parse_jws(content: bytes) -> Jws:
    """The signature in an attachment's content. Raises Invalid unless it is a JWS as 2.6 wants it, its payload a JSON object."""
    if len(content) > MAX_SIGNATURE_BYTES:
        raise Invalid(f"a signature has at most {MAX_SIGNATURE_BYTES} bytes", rule=_RULE)
    segments = content.split(b".")
    if len(segments) != _SEGMENTS:
        raise Invalid("it must be a JWS in compact serialization, of three segments", rule="RFC 7515 7.1")
    header = _parse_object(_decode(segments[0]), "header")
    algorithm = header.get("alg")
    if type(algorithm) is not str or algorithm not in ALGORITHMS:
        raise Invalid(f"its alg must be one of {', '.join(ALGORITHMS)}", rule=_RULE)
    if "crit" in header:
        raise Invalid("its header has critical parameters, which are not understood here", rule="RFC 7515 4.1.11")
    return Jws(
        algorithm=algorithm,
        chain=_parse_chain(header["x5c"]) if "x5c" in header else (),
        payload=_parse_object(_decode(segments[1]), "payload"),
        signed=b".".join(segments[:2]),
        signature=_decode(segments[2]),
    )


def signs(payload: Mapping[str, Any], value: Mapping[str, Any], *, id: UUID | None) -> bool:
    """Whether the payload says what a valid statement says (Data 2.3.1), before anything was assigned to that or attached.

    A timestamp that equals ``stored`` was assigned. An id that was signed must be the statement's.
    """
    own = dict(value)
    if "timestamp" in payload:
        if "timestamp" not in own:
            return False
        own["stored"] = None
    elif own.get("timestamp") != own.get("stored"):
        return False
    try:
        if "id" in payload and (id is None or UUID(payload["id"]) != id):
            return False
        return is_equivalent(dict(payload), own)
    except (LookupError, TypeError, ValueError, AttributeError):  # what is no statement is not this one
        return False


def verify(jws: Jws) -> None:
    """Raises Invalid unless the first certificate's key made the signature."""
    key = public_key(jws.chain[0])
    if key is None:
        raise Invalid("its certificate has no RSA key", rule="RFC 7518 3.3")
    try:
        key.verify(jws.signature, jws.signed, PKCS1v15(), ALGORITHMS[jws.algorithm])
    except InvalidSignature as error:
        raise Invalid("it does not hold for the certificate that it names", rule="RFC 7515 5.2") from error


def public_key(certificate: Certificate) -> RSAPublicKey | None:
    """The key, None when it is no RSA key."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) else None


def _decode(segment: bytes) -> bytes:
    """Base64url as RFC 7515 has it: one spelling only, so that no character can change unnoticed."""
    try:
        decoded = base64.b64decode(segment + b"=" * (-len(segment) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("a segment is not base64url", rule="RFC 7515 2") from error
    if base64.urlsafe_b64encode(decoded).rstrip(b"=") != segment:
        raise Invalid("a segment is not base64url in its only form", rule="RFC 7515 2")
    return decoded


def _parse_object(text: bytes, what: str) -> dict[str, Any]:
    """A JSON object in which no name is used twice, so that it means one thing to every reader."""
    try:
        value = orjson.loads(text)
        json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"its {what} is not JSON: {error}", rule=_RULE) from error
    if type(value) is not dict:
        raise Invalid(f"its {what} must be a JSON object", rule=_RULE)
    return value


def _unique(pairs: Sequence[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a name is used twice in one object")


def _parse_chain(x5c: Any) -> tuple[Certificate, ...]:
    if type(x5c) is not list or not 0 < len(x5c) <= MAX_CHAIN:
        raise Invalid(f"its x5c must be a list of 1 to {MAX_CHAIN} certificates", rule="RFC 7515 4.1.6")
    try:
        return tuple(_parse_certificate(base64.b64decode(one, validate=True)) for one in x5c)
    except (TypeError, ValueError, InvalidVersion) as error:
        raise Invalid(f"its x5c holds what is no certificate: {error}", rule="RFC 7515 4.1.6") from error


def _parse_certificate(der: bytes) -> Certificate:
    """The certificate, when all that is told of it can be read; raises ValueError and InvalidVersion."""
    certificate = load_der_x509_certificate(der)
    certificate.subject.rfc4514_string()
    certificate.issuer.rfc4514_string()
    return certificate
