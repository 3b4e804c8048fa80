import base64
import hmac
import json

import pytest

from lrs_bridge.errors import Invalid
from lrs_bridge.signing.signature import MAX_PAYLOAD_BYTES, TYP, parse_header, sign, verify_signature
from tests.support.attestations import KEY, OTHER_KEY

KID = KEY.thumbprint()
GOOD = sign(b"{}", key=KEY, kid=KID)


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def mac(secret, text):
    return base64.urlsafe_b64encode(hmac.digest(secret, text.encode(), "sha256")).rstrip(b"=").decode()


def with_header(**changes):
    header = {"alg": "ES256", "kid": KID, "typ": TYP} | changes
    return ".".join([encoded({name: value for name, value in header.items() if value is not None}), *GOOD.split(".")[1:]])


def test_verifies_what_it_signed():
    assert verify_signature(GOOD, KEY) == b"{}"
    assert parse_header(GOOD).kid == KID


def test_verifies_a_payload_of_the_largest_size():
    payload = b"x" * MAX_PAYLOAD_BYTES
    assert verify_signature(sign(payload, key=KEY, kid=KID), KEY) == payload
    with pytest.raises(Invalid, match="larger"):
        sign(payload + b"x", key=KEY, kid=KID)


def test_does_not_verify_with_another_key():
    with pytest.raises(Invalid, match="does not hold"):
        verify_signature(GOOD, OTHER_KEY)


def test_does_not_take_the_public_key_for_a_shared_secret():
    signed = ".".join([encoded({"alg": "HS256", "kid": KID, "typ": TYP}), "e30"])
    forged = signed + "." + mac(KEY.as_pem(private=False), signed)
    with pytest.raises(Invalid):
        parse_header(forged)
    with pytest.raises(Invalid):
        verify_signature(forged, KEY)


@pytest.mark.parametrize(
    "compact",
    [
        with_header(alg="none"),
        with_header(alg="HS256"),
        with_header(alg=None),
        with_header(kid=None),
        with_header(kid=1),
        with_header(typ=None),
        with_header(typ="JWT"),
        with_header(jwk=KEY.as_dict(private=False)),
        with_header(jku="https://forger.example"),
        with_header(crit=["b64"], b64=False),
        "",
        "a.b",
        GOOD + ".x",
        "." + GOOD.partition(".")[2],
        "é" + GOOD,
        GOOD + "=",
        GOOD.replace(".", "=.", 1),
        GOOD[:-1] + chr(ord(GOOD[-1]) + 1),
        GOOD.rpartition(".")[0] + ".a",
        GOOD + " ",
    ],
    ids=[
        "alg none",
        "alg HS256",
        "no alg",
        "no kid",
        "kid a number",
        "no typ",
        "typ JWT",
        "key within",
        "address of keys",
        "critical extension",
        "empty",
        "two segments",
        "four segments",
        "empty header",
        "not ASCII",
        "padding",
        "padding of the header",
        "unused bits",
        "short signature",
        "blank",
    ],
)
def test_refuses_a_header_or_spelling_of_another_making(compact):
    with pytest.raises(Invalid):
        parse_header(compact)


@pytest.mark.parametrize("compact", ["", "a.b.c", GOOD.replace(".", "", 1), GOOD.rpartition(".")[0] + ".", "é.é.é"], ids=range(5))
def test_fails_in_one_way_when_there_is_nothing_to_verify(compact):
    with pytest.raises(Invalid, match="does not hold"):
        verify_signature(compact, KEY)
