"""Signed statements for tests: keys, certificates and JWS of every kind, good and bad."""

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from lrs_bridge.xapi.model.statement import SIGNATURE

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
YEAR = timedelta(days=365)
HASHES = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512(), "PS256": hashes.SHA256()}


@cache
def rsa_key(name, bits=2048):
    """A key of that name, the same each time."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def ec_key():
    return ec.generate_private_key(ec.SECP256R1())


def certify(name, key, issuer=None, issuer_key=None, *, ca=False, at=AT, years=2, usage="signature"):
    """A certificate for a key, self-signed without an issuer, valid from a day before ``at``."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "HF")])
    signer = issuer_key or key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + years * YEAR)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if usage:
        builder = builder.add_extension(_usage(usage), critical=True)
    return builder.sign(signer, hashes.SHA256())


def _usage(name):
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    more = ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    wanted = {"signature": "digital_signature", "authority": "key_cert_sign", "encryption": "key_encipherment"}[name]
    return x509.KeyUsage(**{one: one == wanted for one in (*names, *more)})


@cache
def authorities():
    """A root and an authority below it."""
    root = certify("Rot", rsa_key("root"), ca=True, years=20, usage="authority")
    below = certify("Utsteder", rsa_key("below"), root, rsa_key("root"), ca=True, years=10, usage="authority")
    return root, below


@cache
def signer(**more):
    """The certificate of who signs, below the authorities."""
    _, below = authorities()
    return certify("Kursavdelingen", rsa_key("signer"), below, rsa_key("below"), **more)


def chain(*certificates):
    """An ``x5c`` header."""
    return [base64.b64encode(one.public_bytes(serialization.Encoding.DER)).decode() for one in certificates]


def pem(*certificates):
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)


def encode(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def jws(payload, *, key=None, alg="RS256", x5c=None, **header):
    """The JWS of a statement, or of bytes."""
    text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    fields = {"alg": alg} | ({"x5c": x5c} if x5c is not None else {}) | header
    signed = encode(json.dumps(fields).encode()) + b"." + encode(text)
    return signed + b"." + encode(_sign(signed, key or rsa_key("signer"), alg))


def _sign(signed, key, alg):
    if alg not in HASHES:
        return b"" if alg == "none" else b"\x01" * 32
    if alg == "PS256":
        return key.sign(signed, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    return key.sign(signed, padding.PKCS1v15(), HASHES[alg])


def signature_attachment(content, sha2, **changes):
    """What a statement says of its signature."""
    base = {
        "usageType": SIGNATURE,
        "display": {"nb": "Signatur"},
        "contentType": "application/octet-stream",
        "length": len(content),
        "sha2": sha2,
    }
    return base | changes
