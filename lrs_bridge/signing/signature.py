"""JWS Compact Serialization (RFC 7515) with ES256 and exactly three header parameters: ``alg``, ``kid`` and ``typ``.

Left out on purpose: every other algorithm and header parameter. A header that names keys or extensions (``jwk``, ``jku``,
``x5c``, ``crit``, ``b64`` …) lets the document choose how it is checked, so it is refused.
"""

import base64
import binascii
from typing import Literal

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from lrs_bridge.errors import Invalid
from lrs_bridge.signing.attestation import Part
from lrs_bridge.signing.keys import ALGORITHM, KeyRing, PublicKey
from lrs_bridge.signing.strict_json import parse_json

TYP = "lrs-bridge-attestation+jws"
CHECKPOINT_TYP = "lrs-bridge-checkpoint+jws"
SEGMENTS = 3
MAX_PAYLOAD_BYTES = 4 * 1024 * 1024

REGISTRY = JWSRegistry(algorithms=[ALGORITHM])
REGISTRY.max_payload_length = (MAX_PAYLOAD_BYTES + 2) // 3 * 4  # counted as base64url


class Header(Part, frozen=True):
    """The protected header."""

    alg: Literal["ES256"]
    kid: str
    typ: Literal["lrs-bridge-attestation+jws", "lrs-bridge-checkpoint+jws"]


def sign(payload: bytes, *, key: ECKey, kid: str, typ: str = TYP) -> str:
    """The JWS of a payload of at most ``MAX_PAYLOAD_BYTES``. Two calls differ: ECDSA draws a nonce."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise Invalid(f"the payload is larger than {MAX_PAYLOAD_BYTES} bytes")
    return jws.serialize_compact({"alg": ALGORITHM, "kid": kid, "typ": typ}, payload, key, registry=REGISTRY)


def parse_header(compact: str, typ: str = TYP) -> Header:
    """The header, before anything is verified. Raises Invalid unless it is one that ``sign`` writes for this type of payload."""
    segments = compact.split(".")
    if len(segments) != SEGMENTS:
        raise Invalid("a JWS has three segments", field="jws", rule="RFC 7515 7.1")
    header, _, _ = (_decode(segment) for segment in segments)
    try:
        read = msgspec.convert(parse_json(header), Header)
    except msgspec.ValidationError as error:
        raise Invalid(f"the JWS header is not one of ours: {error}", field="jws", rule="RFC 7515 4") from error
    if read.typ != typ:
        raise Invalid(f"the JWS is of the type {read.typ}, not {typ}", field="jws", rule="RFC 7515 4.1.9")
    return read


def trusted_key(compact: str, keys: KeyRing, typ: str = TYP) -> PublicKey:
    """The key that the header names, which must be among the verifier's. Raises Invalid."""
    kid = parse_header(compact, typ).kid
    if kid not in keys:
        raise Invalid(f"the key {kid} is not among the keys that this is checked with")
    return keys[kid]


def unverified_payload(compact: str) -> bytes:
    """The payload, whoever signed it. Raises Invalid when it can't be read."""
    parse_header(compact, CHECKPOINT_TYP)
    return _decode(compact.split(".")[1])


def verify_signature(compact: str, key: ECKey) -> bytes:
    """The payload, when the key made the signature over it. Raises Invalid."""
    try:
        return jws.deserialize_compact(compact, key, registry=REGISTRY).payload
    except (JoseError, ValueError) as error:
        raise Invalid("the signature does not hold", field="jws", rule="RFC 7515 5.2") from error


def _decode(segment: str) -> bytes:
    """Base64url as RFC 7515 has it: one spelling only, so that no character can change unnoticed."""
    try:
        content = base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("a segment of the JWS is not base64url", field="jws", rule="RFC 7515 2") from error
    if base64.urlsafe_b64encode(content).rstrip(b"=").decode() != segment:
        raise Invalid("a segment of the JWS is not base64url in its only form", field="jws", rule="RFC 7515 2")
    return content
