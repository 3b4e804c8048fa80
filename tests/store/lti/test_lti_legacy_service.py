"""Platforms of LTI 1.1 on both databases: allowed or not, added, found, and what they prove."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from lrs_bridge.db import audit, read, transact
from lrs_bridge.errors import Invalid, NotFound
from lrs_bridge.lti.launch.claims import DEPLOYMENT_ID, LTI_1P1
from lrs_bridge.lti.legacy import service
from lrs_bridge.lti.legacy.migration import migration_signature
from lrs_bridge.lti.legacy.sealing import SecretUnreadable
from lrs_bridge.lti.legacy.setup import Setup
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.lti.platforms.platform import Product, State, Version
from lrs_bridge.settings import Secret
from tests.support import cast
from tests.support.cast import ANNE, NORTH, NOW, SOUTH
from tests.support.lti_setups import setup

KEY, OTHER = Secret(b"0" * 32), Secret(b"1" * 32)
BY = f"person:{ANNE}"
SETUP = Setup("Portalen", Product.MOODLE, "https://lms.example.no")
TAKEN_OVER = Setup("Gammel", Product.OTHER, "https://old.example.no", key="old-key", secret="an old secret")


@pytest.fixture
def act(engine):
    """Runs one use case in its own transaction."""
    transact(engine, cast.load)
    return lambda work, *args, **more: transact(engine, lambda s: work(s, *args, **more))


def add(act, tenant=NORTH, new=SETUP):
    return act(service.add_consumer, tenant, new, master_key=KEY, by=BY, now=NOW)


def actions(engine, subject, tenant=NORTH):
    return [event.action for event in reversed(read(engine, lambda s: audit.find(s, tenant, subject=subject)))]


def test_is_off_until_an_administrator_allows_it_for_the_tenant(act, engine):
    assert not act(service.allows, NORTH)
    act(service.set_allowed, NORTH, allowed=True, by=BY, now=NOW)
    assert act(service.allows, NORTH)
    assert not act(service.allows, SOUTH)
    act(service.set_allowed, NORTH, allowed=False, by=BY, now=NOW + timedelta(minutes=1))
    assert not act(service.allows, NORTH)
    events = read(engine, lambda s: audit.find(s, NORTH, subject=f"tenant:{NORTH}"))
    assert [(event.actor, event.action, event.detail) for event in reversed(events)] == [
        (BY, "lti.legacy.allow", {"before": False, "after": True}),
        (BY, "lti.legacy.allow", {"before": True, "after": False}),
    ]


def test_makes_a_key_and_a_secret_of_its_own_for_each_platform(act, engine):
    (one, secret), (other, other_secret) = add(act), add(act, tenant=SOUTH)
    assert (one.version, one.state, one.name, one.product) == (Version.V1P1, State.RUNNING, "Portalen", Product.MOODLE)
    assert (one.issuer, one.ancestors) == (f"lti1p1:{one.client_id}", ("https://lms.example.no",))
    assert len({one.client_id, other.client_id, secret, other_secret}) == 4
    assert len(secret) >= 40
    assert secret not in one.sealed_secret
    kept = act(service.get_consumer, NORTH, one.platform_id)
    assert (kept, service.secret_of(kept, KEY)) == (one, secret)
    assert act(service.consumers, NORTH) == [one]
    assert actions(engine, f"lti_platform:{one.platform_id}") == ["lti.platform.add"]
    assert secret not in str(read(engine, lambda s: audit.find(s, NORTH)))


def test_takes_a_key_and_a_secret_over_and_nobody_elses_key(act):
    one, secret = add(act, new=TAKEN_OVER)
    assert (one.client_id, secret) == ("old-key", "an old secret")
    for tenant in (NORTH, SOUTH):
        with pytest.raises(Invalid) as caught:
            add(act, tenant=tenant, new=TAKEN_OVER)
        assert (caught.value.field, caught.value.rule) == ("key", "taken")


def test_lets_one_of_several_have_a_key_that_they_ask_for_at_once(act, engine):
    def attempt(_number):
        try:
            return transact(engine, lambda s: service.add_consumer(s, NORTH, TAKEN_OVER, master_key=KEY, by=BY, now=NOW))[1]
        except Invalid as error:
            return error.rule

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(attempt, range(4)))
    assert outcomes == ["an old secret", "taken", "taken", "taken"]


def test_finds_whose_key_it_is_with_all_that_a_launch_is_judged_by(act):
    one, secret = add(act, tenant=SOUTH)
    found = act(service.find_consumer, one.client_id, master_key=KEY)
    assert (found.platform, found.secret, found.is_allowed) == (one, secret, False)
    assert secret not in repr(found)
    act(service.set_allowed, SOUTH, allowed=True, by=BY, now=NOW)
    act(platforms.pause_platform, SOUTH, one.platform_id, by=BY, now=NOW)
    found = act(service.find_consumer, one.client_id, master_key=KEY)
    assert (found.platform.state, found.is_allowed) == (State.PAUSED, True)
    assert act(service.find_consumer, one.client_id, master_key=OTHER).secret is None
    assert act(service.find_consumer, one.client_id.upper(), master_key=KEY) is None
    assert act(service.find_consumer, "nobody", master_key=KEY) is None


def test_is_told_apart_from_a_platform_of_lti_1_3(act):
    newer = act(platforms.add_platform, NORTH, setup(), master_key=KEY, by=BY, now=NOW)
    assert act(service.find_consumer, newer.client_id, master_key=KEY) is None
    assert act(service.consumers, NORTH) == []
    for platform_id in (newer.platform_id, uuid4()):
        with pytest.raises(NotFound):
            act(service.get_consumer, NORTH, platform_id)
        with pytest.raises(NotFound):
            act(service.renew_secret, NORTH, platform_id, master_key=KEY, by=BY, now=NOW)
        with pytest.raises(NotFound):
            act(service.change_consumer, NORTH, platform_id, SETUP, by=BY, now=NOW)
    one, _secret = add(act)
    with pytest.raises(NotFound):
        act(service.get_consumer, SOUTH, one.platform_id)
    assert act(platforms.find_platforms, one.issuer, one.client_id) == []


def test_changes_what_it_is_called_and_keeps_key_and_secret(act, engine):
    one, secret = add(act)
    act(service.change_consumer, NORTH, one.platform_id, TAKEN_OVER, by=BY, now=NOW + timedelta(minutes=1))
    changed = act(service.get_consumer, NORTH, one.platform_id)
    assert (changed.name, changed.product, changed.ancestors) == ("Gammel", Product.OTHER, ("https://old.example.no",))
    assert (changed.client_id, service.secret_of(changed, KEY)) == (one.client_id, secret)
    assert actions(engine, f"lti_platform:{one.platform_id}") == ["lti.platform.add", "lti.platform.change"]


def test_renews_a_secret_so_that_the_old_one_is_worth_nothing(act, engine):
    one, secret = add(act)
    new = act(service.renew_secret, NORTH, one.platform_id, master_key=OTHER, by=BY, now=NOW + timedelta(minutes=1))
    changed = act(service.get_consumer, NORTH, one.platform_id)
    assert new != secret
    assert service.secret_of(changed, OTHER) == new
    with pytest.raises(SecretUnreadable):
        service.secret_of(changed, KEY)
    assert actions(engine, f"lti_platform:{one.platform_id}")[-1] == "lti.platform.renew_secret"


def claims(one, secret, **changes):
    parts = (one.client_id, "dep", "https://lms.example.no", "client", 1800000000, "n")
    claim = {"user_id": "42", "oauth_consumer_key": one.client_id, "oauth_consumer_key_sign": migration_signature(parts, secret)}
    said = {"iss": "https://lms.example.no", "exp": 1800000000, "nonce": "n", DEPLOYMENT_ID: "dep", LTI_1P1: claim | changes}
    return {name: value for name, value in said.items() if value is not None}


def test_judges_who_a_user_was_under_lti_1_1_by_the_tenants_own_secrets_alone(act):
    one, secret = add(act)

    def judged(said, tenant=NORTH, key=KEY):
        return act(service.judge_migration, tenant, said, client_id="client", master_key=key)

    found = judged(claims(one, secret))
    assert (found.consumer_key, found.user_id, found.proven) == (one.client_id, "42", True)
    assert not judged(claims(one, "forged")).proven
    assert not judged(claims(one, secret), tenant=SOUTH).proven
    assert not judged(claims(one, secret), key=OTHER).proven
    assert not judged(claims(one, secret, oauth_consumer_key="unknown")).proven
    assert judged(claims(one, secret) | {LTI_1P1: None}) is None
    assert judged({}) is None


def test_is_removed_as_any_platform_is(act):
    one, _secret = add(act)
    act(platforms.remove_platform, NORTH, one.platform_id, by=BY, now=NOW)
    assert act(service.find_consumer, one.client_id, master_key=KEY) is None
    assert isinstance(one.platform_id, UUID)


def test_leads_a_browser_into_a_session_once(act):
    assert act(service.use_ticket, NORTH, "s-1", now=NOW)
    assert not act(service.use_ticket, NORTH, "s-1", now=NOW + timedelta(seconds=30))
    assert act(service.use_ticket, NORTH, "s-2", now=NOW)
    assert act(service.use_ticket, SOUTH, "s-1", now=NOW)


def test_leads_one_of_many_browsers_in_when_they_come_at_once(act):
    with ThreadPoolExecutor(6) as pool:
        led = list(pool.map(lambda _: act(service.use_ticket, NORTH, "s-1", now=NOW), range(6)))
    assert sorted(led) == [False] * 5 + [True]
