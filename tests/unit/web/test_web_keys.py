from lrs_bridge.settings import Secret
from lrs_bridge.web.keys import derived_key


def test_keys_differ_by_purpose_and_by_master_key():
    one, other = Secret(bytes(32)), Secret(bytes(range(32)))
    keys = {derived_key(one, "a"), derived_key(one, "b"), derived_key(other, "a"), one.value}
    assert len(keys) == 4
    assert derived_key(one, "a") == derived_key(one, "a")
    assert all(len(key) == 32 for key in keys)
