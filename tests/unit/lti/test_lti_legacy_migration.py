"""Whether a platform proves what its user was under LTI 1.1."""

import pytest

from lrs_bridge.lti.launch.launch import Migration
from lrs_bridge.lti.legacy.migration import claimed_consumer_key, migration_signature, read_migration

SECRET = "my-lti11-secret"
SIGN = "lWd54kFo5qU7xshAna6v8BwoBm6tmUjc6GTax6+12ps="  # the migration guide's own example
CLAIM = {"user_id": "34212", "oauth_consumer_key": "179248902", "oauth_consumer_key_sign": SIGN}
CLAIMS = {"nonce": "172we8671fd8z", "iat": 1551290796, "exp": 1551290856, "iss": "https://lmsvendor.com", "sub": "3"}


def judged(claim=CLAIM, claims=CLAIMS, client_id="PM48OJSfGDTAzAo", deployment_id="689302", secret=SECRET):
    return read_migration(claim, claims, client_id=client_id, deployment_id=deployment_id, secret=secret)


def test_proves_the_migration_guides_own_example():
    assert judged() == Migration("179248902", "34212", None, proven=True)


def test_makes_the_signature_of_the_guide():
    parts = ("179248902", "689302", "https://lmsvendor.com", "PM48OJSfGDTAzAo", 1551290856, "172we8671fd8z")
    assert migration_signature(parts, SECRET) == SIGN


@pytest.mark.parametrize(
    "changes",
    [
        {"claims": CLAIMS | {"nonce": "another"}},
        {"claims": CLAIMS | {"exp": 1551290857}},
        {"claims": CLAIMS | {"iss": "https://other.example"}},
        {"claims": {}},
        {"client_id": "other"},
        {"deployment_id": "1"},
        {"secret": "other"},
        {"secret": ""},
        {"secret": None},
        {"claim": CLAIM | {"oauth_consumer_key": "179248903"}},
        {"claim": CLAIM | {"oauth_consumer_key_sign": "ø"}},
        {"claim": CLAIM | {"oauth_consumer_key_sign": None}},
        {"claim": {"oauth_consumer_key": "179248902", "user_id": "34212"}},
    ],
)
def test_asks_where_nothing_is_proven(changes):
    found = judged(**changes)
    assert (found.proven, found.user_id) == (False, "34212")


def test_takes_ids_that_are_numbers_and_leaves_out_what_is_none():
    found = judged(CLAIM | {"user_id": 34212, "resource_link_id": "rl-1"})
    assert (found.user_id, found.resource_link_id) == ("34212", "rl-1")
    for odd in (True, [], "", "u" * 256, "a\x00"):
        assert judged(CLAIM | {"user_id": odd}).user_id is None


@pytest.mark.parametrize("claim", [None, "x", {}, {"oauth_consumer_key": ""}, {"oauth_consumer_key": []}])
def test_finds_nothing_where_no_consumer_key_is_named(claim):
    assert claimed_consumer_key(claim) is None
    assert judged(claim) is None
