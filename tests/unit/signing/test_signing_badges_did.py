import pytest

from lrs_bridge.signing.badges.did import did_document, did_of, issuer_url, key_id
from lrs_bridge.signing.keys import public_jwk
from tests.support.attestations import KEY, OTHER_KEY

JWK = public_jwk(KEY, tenant="demo")


@pytest.mark.parametrize(
    ("public_url", "did"),
    [
        ("https://lrs.example.no", "did:web:lrs.example.no:issuers:demo"),
        ("https://lrs.example.no:8443", "did:web:lrs.example.no%3A8443:issuers:demo"),
        ("https://example.no/lrs", "did:web:example.no:lrs:issuers:demo"),
    ],
)
def test_leads_to_the_document_below_the_public_address(public_url, did):
    assert did_of(public_url, "demo") == did
    path = did.removeprefix("did:web:").replace(":", "/").replace("%3A", ":")
    assert f"https://{path}" == issuer_url(public_url, "demo")


def test_publishes_nothing_but_public_keys_in_the_order_given():
    other = public_jwk(OTHER_KEY, tenant="demo")
    document = did_document("did:web:x", [JWK, other])
    assert [method["id"] for method in document["verificationMethod"]] == [f"did:web:x#{JWK['kid']}", f"did:web:x#{other['kid']}"]
    assert document["assertionMethod"] == [key_id("did:web:x", JWK["kid"]), key_id("did:web:x", other["kid"])]
    assert document["verificationMethod"][0] == {
        "id": f"did:web:x#{JWK['kid']}",
        "type": "JsonWebKey",
        "controller": "did:web:x",
        "publicKeyJwk": {"kty": "EC", "crv": "P-256", "x": JWK["x"], "y": JWK["y"]},
    }
    assert document["id"] == "did:web:x"
