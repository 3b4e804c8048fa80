import base64
import gzip
from datetime import UTC, datetime

import pytest

from lrs_bridge.signing.badges.status import LENGTH, encode, entry, instant, list_claims, list_url

ISSUER = "https://lrs.example.no/issuers/demo"
AT = datetime(2026, 11, 12, 9, 30, 15, 999, tzinfo=UTC)


def decoded(encoded):
    assert encoded[0] == "u"
    return gzip.decompress(base64.urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4)))


@pytest.mark.parametrize(("index", "byte", "value"), [(0, 0, 0x80), (7, 0, 1), (8, 1, 0x80), (LENGTH - 1, LENGTH // 8 - 1, 1)])
def test_counts_bits_from_the_left(index, byte, value):
    bits = decoded(encode({index}))
    assert (len(bits) * 8, bits[byte], sum(bits)) == (131_072, value, value)


def test_sets_several_bits_of_one_byte():
    assert decoded(encode({0, 1, 9}))[:2] == b"\xc0\x40"


def test_spells_a_list_the_same_way_each_time_and_without_padding():
    assert encode({5, 3}) == encode({3, 5})
    assert "=" not in encode(set())


def test_points_at_a_bit_of_a_list():
    assert entry(ISSUER, 2, 77) == {
        "id": f"{ISSUER}/status/2#77",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "77",
        "statusListCredential": f"{ISSUER}/status/2",
    }


def test_is_a_credential_of_the_issuer_for_a_day():
    url = list_url(ISSUER, 1)
    claims = list_claims("did:web:x", url, {4}, AT)
    assert claims == {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": "did:web:x",
        "validFrom": "2026-11-12T09:30:15Z",
        "validUntil": "2026-11-13T09:30:15Z",
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encode({4}),
        },
        "iss": "did:web:x",
        "jti": url,
        "sub": f"{url}#list",
        "nbf": 1794475815,
        "exp": 1794562215,
    }


def test_spells_instants_to_the_second():
    assert instant(AT) == "2026-11-12T09:30:15Z"
