from uuid import UUID

import pytest

from lrs_bridge.people.sealing import seal, unseal

KEY, NONCE, KARI, OLA = bytes(32), bytes(range(12)), UUID(int=1), UUID(int=2)


def test_seal_opens_with_its_key_for_its_person():
    sealed = seal(KEY, NONCE, "a.b.c", KARI)
    assert "a.b.c" not in sealed
    assert unseal(KEY, sealed, KARI) == "a.b.c"


@pytest.mark.parametrize(
    ("key", "sealed", "person"),
    [
        pytest.param(b"\x01" * 32, seal(KEY, NONCE, "a.b.c", KARI), KARI, id="another key"),
        pytest.param(KEY, seal(KEY, NONCE, "a.b.c", KARI), OLA, id="another person"),
        pytest.param(KEY, "not base64!", KARI, id="not base64"),
        pytest.param(KEY, "", KARI, id="empty"),
    ],
)
def test_seal_stays_closed_when_anything_differs(key, sealed, person):
    assert unseal(key, sealed, person) is None
