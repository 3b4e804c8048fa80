"""Tool keys: published, sealed, signed with."""

import pytest
from joserfc import jws, jwt
from joserfc.jwk import RSAKey

from lrs_bridge.lti.platforms import keys
from lrs_bridge.lti.platforms.keys import KeptKey, KeyState, UnusableToolKey
from tests.support.lti_setups import NORTH, NOW, SOUTH

SEALING = b"k" * 32
NONCE = b"n" * keys.NONCE_BYTES


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(keys.BITS)


def test_publishes_the_public_half_alone_named_by_its_thumbprint(key):
    published = keys.public_jwk(key)
    assert set(published) == {"kty", "n", "e", "kid", "use", "alg"}
    assert (published["kid"], published["alg"], published["use"]) == (key.thumbprint(), "RS256", "sig")
    assert keys.public_pem(published).startswith("-----BEGIN PUBLIC KEY-----")
    assert "PRIVATE" not in keys.public_pem(published)


def test_opens_what_it_sealed_and_signs_with_it(key):
    sealed = keys.seal(key, sealing_key=SEALING, tenant=NORTH, nonce=NONCE)
    opened = keys.unseal(sealed, sealing_key=SEALING, tenant=NORTH, kid=key.thumbprint())
    token = keys.sign_jwt(opened, {"sub": "us"})
    assert jws.extract_compact(token.encode()).protected == {"typ": "JWT", "alg": "RS256", "kid": key.thumbprint()}
    assert jwt.decode(token, RSAKey.import_key(keys.public_jwk(key)), algorithms=["RS256"]).claims == {"sub": "us"}
    assert "RSAKey" not in repr(opened)


@pytest.mark.parametrize(
    "changed", [{"sealing_key": b"o" * 32}, {"tenant": SOUTH}, {"kid": "another"}], ids=["master key", "tenant", "kid"]
)
def test_does_not_open_a_key_under_another_name(key, changed):
    sealed = keys.seal(key, sealing_key=SEALING, tenant=NORTH, nonce=NONCE)
    with pytest.raises(UnusableToolKey):
        keys.unseal(sealed, **({"sealing_key": SEALING, "tenant": NORTH, "kid": key.thumbprint()} | changed))


@pytest.mark.parametrize("sealed", ["", "no base64!", "AAAA"])
def test_does_not_open_what_is_no_sealed_key(sealed):
    with pytest.raises(UnusableToolKey):
        keys.unseal(sealed, sealing_key=SEALING, tenant=NORTH, kid="x")


def test_a_retired_key_is_published_until_its_time(key):
    def kept(until):
        return KeptKey(NORTH, "x", KeyState.RETIRED, {}, "", NOW, until)

    assert keys.is_published(kept(None), NOW)
    assert not keys.is_published(kept(NOW), NOW)
    assert keys.is_published(kept(NOW + keys.PUBLISHED_ON), NOW)
