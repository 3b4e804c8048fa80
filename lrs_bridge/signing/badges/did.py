"""Who issues: each organisation as a ``did:web`` (DID Core 1.0, did:web method), with the keys that it signs attestations with.

One identifier for each organisation, not one for the service, so that one organisation's key can't speak for another.
Left out: services and key agreement; nobody writes to an issuer.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

from lrs_bridge.signing.keys import PUBLIC_MEMBERS

CONTEXT: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1")


def issuer_url(public_url: str, tenant: str) -> str:
    """The address below which an organisation's document and status lists are published."""
    return f"{public_url}/issuers/{tenant}"


def did_of(public_url: str, tenant: str) -> str:
    """The identifier that leads to ``<issuer_url>/did.json`` (did:web, "Read"): a port is escaped, a slash is a colon."""
    parts = urlsplit(issuer_url(public_url, tenant))
    return "did:web:" + ":".join(quote(name, safe="") for name in (parts.netloc, *parts.path.strip("/").split("/")))


def key_id(did: str, kid: str) -> str:
    """The DID URL of a key, which ``kid`` in a JWS header is (VC JOSE COSE 4.1.1)."""
    return f"{did}#{kid}"


def did_document(did: str, jwks: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The document that the identifier resolves to, with public keys as they are published, retired ones included.

    Verifiers that look at no ``kid`` take the first key.
    """
    methods = [_method(did, jwk) for jwk in jwks]
    return {
        "@context": list(CONTEXT),
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }


def _method(did: str, jwk: Mapping[str, Any]) -> dict[str, Any]:
    public = {name: jwk[name] for name in PUBLIC_MEMBERS}
    return {"id": key_id(did, jwk["kid"]), "type": "JsonWebKey", "controller": did, "publicKeyJwk": public}
