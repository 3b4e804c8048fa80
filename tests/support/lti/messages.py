"""Makes a platform's messages, signed by other means than the service verifies them with, and spoils them in one place each."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
LTI_DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS_ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
GROUPS = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"


def encoded(content: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(piece: str) -> bytes:
    return base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4))


class Key:
    """An RSA key of a platform."""

    def __init__(self, kid: str) -> None:
        self.kid = kid
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def jwk(self) -> dict[str, str]:
        """The public half, as a key set has it."""
        numbers = self.private.public_key().public_numbers()
        n, e = (encoded(number.to_bytes((number.bit_length() + 7) // 8, "big")) for number in (numbers.n, numbers.e))
        return {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": self.kid, "n": n, "e": e}

    @property
    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@dataclass
class Message:
    """An ID token before it is signed, and the form that it is sent in."""

    claims: dict
    key: Key
    state: str
    header: dict = field(default_factory=dict)
    fields: dict = field(default_factory=dict)
    signature: bytes | None = None

    def compact(self) -> str:
        """The token, signed as its header says."""
        header = {"alg": "RS256", "typ": "JWT", "kid": self.key.kid} | self.header
        header = {name: value for name, value in header.items() if value is not None}
        content = ".".join(encoded(json.dumps(part).encode()) for part in (header, self.claims))
        return f"{content}.{encoded(self._signed(header['alg'], content.encode()))}"

    def _signed(self, algorithm: str, content: bytes) -> bytes:
        if self.signature is not None:
            return self.signature
        if algorithm == "none":
            return b""
        if algorithm == "HS256":  # with what everybody knows: the confusion of a key's two uses
            return hmac.new(self.key.public_pem, content, hashlib.sha256).digest()
        return self.key.private.sign(content, padding.PKCS1v15(), SHA256())

    def form(self) -> dict[str, str]:
        """The fields of the form; None leaves one out."""
        fields = {"id_token": self.compact(), "state": self.state} | self.fields
        return {name: value for name, value in fields.items() if value is not None}


def claim(name: str, value: object, *, of: str = LTI):
    """A fault: another value of a claim; None leaves it out."""

    def spoil(message: Message) -> None:
        full = name if name in {"iss", "aud", "azp", "sub", "nonce", "exp", "iat", "nbf"} else of + name
        message.claims.pop(full, None)
        if value is not None:
            message.claims[full] = value

    return spoil


def shifted(**seconds: int):
    """A fault: times moved by so many seconds."""

    def spoil(message: Message) -> None:
        for name, by in seconds.items():
            message.claims[name] += by

    return spoil


def headed(**named: object):
    """A fault: another header; the signature is made as it says."""
    return lambda message: message.header.update(named)


def posted(**fields: str | None):
    """A fault: other fields beside the token, or none."""
    return lambda message: message.fields.update(fields)


def signed_by_stranger(message: Message) -> None:
    """A key of somebody else under the kid of the platform's."""
    message.key = Key(message.key.kid)


def cut_signature(message: Message) -> None:
    message.signature = b""


def altered_after_signing(message: Message) -> None:
    """The claims say something else than what was signed."""
    compact = message.compact()
    message.signature = decoded(compact.rpartition(".")[2])
    message.claims["sub"] = "somebody else"


def no_resource_link_id(message: Message) -> None:
    message.claims[LTI + "resource_link"] = {"title": "No id"}


def both(*faults):
    """Several changes that make one fault."""

    def spoil(message: Message) -> None:
        for fault in faults:
            fault(message)

    return spoil
