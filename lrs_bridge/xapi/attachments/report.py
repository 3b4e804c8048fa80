"""What a statement's signature is worth: who made it, whether it still holds, and whether anybody trusts them.

Source: xAPI 1.0.3, Data 2.6 (clients must not take a signature for valid only because an LRS took it); RFC 7515 4.1.6 and RFC
5280 (chains). Judged as of when the statement was stored, the first moment at which the signature is known to have been there.
Left out: revocation, which nobody can tell offline.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate, KeyUsage, load_pem_x509_certificates
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

from lrs_bridge.errors import Invalid
from lrs_bridge.xapi.attachments.coverage import not_as_signed, not_covered, other_attachments
from lrs_bridge.xapi.attachments.reason import Reason, Why
from lrs_bridge.xapi.attachments.signature import Jws, parse_jws, public_key, signs, verify

LEAST_KEY_BITS = 2048
"""Of an RSA key that is trusted (RFC 7518 3.3). The specification's own example has less, so the door takes less."""


class State(StrEnum):
    """What a statement's signature is worth. ``EXPIRED``: the certificates did not hold when the statement was stored."""

    VALID = "valid"
    UNTRUSTED = "untrusted"
    EXPIRED = "expired"
    ALTERED = "altered"
    UNSIGNED = "unsigned"


GRAVITY = (State.UNSIGNED, State.VALID, State.UNTRUSTED, State.EXPIRED, State.ALTERED)
"""From what is no trouble to what is most."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A certificate as people know it: names after RFC 4514, the fingerprint is SHA-256 in hexadecimal digits."""

    subject: str
    issuer: str
    fingerprint: str
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """``signer`` is None when no certificate tells; ``chain`` begins with it. ``reasons`` explain the state, and its limits."""

    state: State
    checked_at: datetime
    algorithm: str | None = None
    signer: Signer | None = None
    chain: tuple[Signer, ...] = ()
    reasons: tuple[Reason, ...] = ()


def parse_trusted(pem: bytes) -> tuple[Certificate, ...]:
    """The certificates of a PEM bundle: authorities, or signers themselves. Raises Invalid when it holds none."""
    try:
        return tuple(load_pem_x509_certificates(pem))
    except ValueError as error:
        raise Invalid(f"the trust list is not a PEM bundle of certificates: {error}", field="SIGNATURE_TRUST_FILE") from error


def report(
    content: bytes, value: Mapping[str, Any], *, stored_at: datetime, now: datetime, trusted: Sequence[Certificate]
) -> SignatureReport:
    """What the signature in ``content`` says of the stored statement ``value``, which has all that the LRS assigned to it."""
    base = SignatureReport(State.ALTERED, now)
    try:
        jws = parse_jws(content)
        chain = tuple(_signer(one) for one in jws.chain)
        base = replace(base, algorithm=jws.algorithm, chain=chain, signer=chain[0] if chain else None)
        state, reasons = _judge(jws, value, stored_at, trusted)
    except Invalid as error:
        return replace(base, reasons=(Reason(Why.BROKEN, (error.message,)),))
    return replace(base, state=state, reasons=reasons)


def _judge(jws: Jws, value: Mapping[str, Any], at: datetime, trusted: Sequence[Certificate]) -> tuple[State, tuple[Reason, ...]]:
    """Step by step; the first that fails decides. Raises Invalid when the signature does not hold."""
    # 1. it signs this statement, and the attachments as they are
    if not signs(jws.payload, _with_own_time(jws.payload, value), id=UUID(value["id"])):
        return State.ALTERED, (Reason(Why.OTHER_STATEMENT),)
    signed = jws.payload.get("attachments")
    if signed and signed != other_attachments(value):
        return State.ALTERED, (Reason(Why.OTHER_ATTACHMENTS),)
    notes = _notes(jws.payload, value)
    # 2. somebody is named who signed it, and did
    if not jws.chain:
        return State.UNTRUSTED, (Reason(Why.NO_CERTIFICATE), *notes)
    verify(jws)
    # 3. all certificates held when it was stored
    for certificate in jws.chain:
        if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
            return State.EXPIRED, (Reason(Why.NOT_VALID_THEN, (_name(certificate),)), *notes)
    # 4. the signer is trusted, by somebody who is
    distrust = _distrust(jws.chain, at, trusted)
    return (State.VALID, notes) if distrust is None else (State.UNTRUSTED, (distrust, *notes))


def _with_own_time(payload: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The statement, its timestamp one that was assigned if none was signed: perhaps by the LRS that it was brought over from.

    The report says that such a time is not covered.
    """
    return value if "timestamp" in payload else {**value, "timestamp": value["stored"]}


def _notes(payload: Mapping[str, Any], value: Mapping[str, Any]) -> tuple[Reason, ...]:
    """What a reader must know that the signature does not vouch for."""
    found = {Why.NOT_COVERED: not_covered(payload, value), Why.NOT_AS_SIGNED: not_as_signed(payload, value)}
    return tuple(Reason(why, (", ".join(names),)) for why, names in found.items() if names)


def _distrust(chain: Sequence[Certificate], at: datetime, trusted: Sequence[Certificate]) -> Reason | None:
    """Why the first certificate is not trusted, None when it is."""
    key = public_key(chain[0])
    if key is None or key.key_size < LEAST_KEY_BITS:
        return Reason(Why.SHORT_KEY, (str(LEAST_KEY_BITS),))
    for certificate, issuer in pairwise(chain):
        if not _is_issued_by(certificate, issuer):
            return Reason(Why.NOT_IN_ORDER, (_name(issuer), _name(certificate)))
    if not trusted:
        return Reason(Why.NO_TRUST_LIST)
    policy = PolicyBuilder().store(Store(list(trusted))).time(at)
    policy = policy.extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=_SIGNERS)
    try:
        policy.build_client_verifier().verify(chain[0], list(chain[1:]))
    except (VerificationError, ValueError) as error:
        return Reason(Why.NOT_TRUSTED, (str(error).splitlines()[0],))
    return None


def _is_issued_by(certificate: Certificate, issuer: Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _check_usage(_policy: Any, _certificate: Certificate, usage: KeyUsage | None) -> None:
    """A key that says what it is for must be for signatures (RFC 5280 4.2.1.3)."""
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        raise ValueError("the signer's key is not for signatures")


_SIGNERS = ExtensionPolicy.permit_all().may_be_present(KeyUsage, Criticality.AGNOSTIC, _check_usage)


def _signer(certificate: Certificate) -> Signer:
    return Signer(
        subject=_name(certificate),
        issuer=certificate.issuer.rfc4514_string(),
        fingerprint=certificate.fingerprint(SHA256()).hex(),
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
    )


def _name(certificate: Certificate) -> str:
    return certificate.subject.rfc4514_string()
