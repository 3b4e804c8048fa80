import json

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from lrs_bridge.errors import Invalid
from lrs_bridge.settings import Secret
from lrs_bridge.signing.keys import UnusableKey, key_ring, parse_jwks, public_jwk, seal, unseal
from tests.support.attestations import KEY, MASTER_KEY, OTHER_KEY

KID = KEY.thumbprint()
NONCE = bytes(range(12))
OURS = public_jwk(KEY, tenant="demo")


def sealed(master_key=MASTER_KEY, tenant="demo"):
    return seal(KEY, master_key=master_key, tenant=tenant, nonce=NONCE)


def opened(content, master_key=MASTER_KEY, tenant="demo", kid=KID):
    return unseal(content, master_key=master_key, tenant=tenant, kid=kid)


def test_opens_what_it_sealed():
    assert opened(sealed()).as_dict(private=True) == KEY.as_dict(private=True)


def test_keeps_the_private_number_out_of_what_is_stored():
    private = KEY.as_dict(private=True)["d"]
    assert private.encode() not in sealed()
    assert private not in json.dumps(OURS)


def test_opens_a_key_once_per_run():
    assert opened(sealed()) is opened(sealed())


@pytest.mark.parametrize(
    "changed",
    [{"master_key": Secret(b"another master key of 32 bytes!!")}, {"tenant": "other"}, {"kid": OTHER_KEY.thumbprint()}],
    ids=["master key", "tenant", "kid"],
)
def test_does_not_open_when_something_is_another(changed):
    with pytest.raises(UnusableKey, match="LRS_BRIDGE_MASTER_KEY is not the one"):
        opened(sealed(), **changed)


@pytest.mark.parametrize("content", [b"", b"short", sealed()[:-1], sealed() + b"x"], ids=["empty", "short", "cut", "longer"])
def test_does_not_open_when_the_stored_bytes_are_damaged(content):
    with pytest.raises(UnusableKey):
        opened(content)


def test_names_the_setting_when_there_is_no_master_key():
    with pytest.raises(UnusableKey, match="LRS_BRIDGE_MASTER_KEY is not set"):
        sealed(master_key=Secret(b""))


def test_publishes_what_a_verifier_needs():
    assert {**KEY.as_dict(private=False), "kid": KID, "use": "sig", "alg": "ES256", "tenant": "demo"} == OURS


def test_reads_a_published_set():
    ring = parse_jwks(json.dumps({"keys": [OURS, public_jwk(OTHER_KEY, tenant="other")]}).encode())
    assert {kid: key.tenant for kid, key in ring.items()} == {KID: "demo", OTHER_KEY.thumbprint(): "other"}


@pytest.mark.parametrize(
    "foreign",
    [
        RSAKey.generate_key(2048, private=False).as_dict(),
        OKPKey.generate_key("Ed25519", private=False).as_dict(),
        ECKey.generate_key("P-256", private=False).as_dict(),
        {k: v for k, v in OURS.items() if k != "alg"},
        {},
    ],
    ids=["RSA", "Ed25519", "without tenant", "without alg", "empty"],
)
def test_passes_over_keys_that_are_for_something_else(foreign):
    assert key_ring([foreign, OURS]).keys() == {KID}
    with pytest.raises(Invalid, match="no key"):
        key_ring([foreign])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"d": "AAAA"}, "private key"),
        ({"crv": "P-384"}, "curve"),
        ({"kid": "another"}, "thumbprint"),
        ({"kid": None}, "thumbprint"),
        ({"x": OURS["y"], "y": OURS["x"]}, "not a valid public key"),
        ({"x": "!"}, "not a valid public key"),
        ({"x": 1}, "not a valid public key"),
        ({"x": None}, "not a valid public key"),
    ],
    ids=["private", "curve", "kid", "no kid", "off the curve", "not base64", "number", "null"],
)
def test_refuses_a_set_with_a_key_that_is_wrong(change, reason):
    with pytest.raises(Invalid, match=reason):
        key_ring([OURS | change])


def test_refuses_a_set_with_a_key_that_lacks_a_coordinate():
    with pytest.raises(Invalid, match="not a valid public key"):
        key_ring([{name: value for name, value in OURS.items() if name != "y"}])


@pytest.mark.parametrize("document", [b"[]", b"{}", b'{"keys":{}}', b'{"keys":[1]}', b'{"keys":[]}', b"no"])
def test_refuses_a_document_that_is_no_key_set(document):
    with pytest.raises(Invalid):
        parse_jwks(document)
