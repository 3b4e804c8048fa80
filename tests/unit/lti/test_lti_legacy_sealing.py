"""Secrets of platforms of LTI 1.1 at rest."""

from uuid import UUID

import pytest

from lrs_bridge.lti.legacy.sealing import NONCE_BYTES, SecretUnreadable, seal, unseal
from lrs_bridge.settings import Secret

KEY, NONCE, ONE = Secret(b"k" * 32), b"n" * NONCE_BYTES, UUID(int=1)
SEALED = seal(KEY, NONCE, "hemmelig ø", tenant="north", platform_id=ONE)


def test_opens_what_was_sealed():
    assert "hemmelig" not in SEALED
    assert unseal(KEY, SEALED, tenant="north", platform_id=ONE) == "hemmelig ø"


@pytest.mark.parametrize(
    ("changes"),
    [
        {"key": Secret(b"x" * 32)},
        {"tenant": "south"},
        {"platform_id": UUID(int=2)},
        {"sealed": SEALED[:-4]},
        {"sealed": "no base64!"},
        {"sealed": ""},
        {"sealed": None},
    ],
)
def test_opens_it_for_nobody_else(changes):
    given = {"key": KEY, "sealed": SEALED, "tenant": "north", "platform_id": ONE} | changes
    with pytest.raises(SecretUnreadable, match="MASTER_KEY"):
        unseal(given["key"], given["sealed"], tenant=given["tenant"], platform_id=given["platform_id"])
