"""Platforms, deployments, keys, links and the journal on both databases."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select

from lrs_bridge.db import audit, read, transact
from lrs_bridge.errors import Conflict, Invalid, NotFound
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.lti import tables
from lrs_bridge.lti.platforms import service
from lrs_bridge.lti.platforms.keys import KeyState, UnusableToolKey, sign_jwt
from lrs_bridge.lti.platforms.link import CLAIMED, VALID
from lrs_bridge.lti.platforms.platform import State
from lrs_bridge.lti.platforms.rebinding import Rebinding
from lrs_bridge.lti.platforms.visit import Visit
from lrs_bridge.people import service as people
from lrs_bridge.plans.worklist.service import WaitingCompletions
from lrs_bridge.settings import Secret
from lrs_bridge.signing.service import SystemSigner
from tests.support import cast
from tests.support.cast import ANNE, KARI, NORTH, NOW, OLA, SOUTH
from tests.support.lti_setups import MOODLE, setup

KEY = Secret(b"0" * 32)
OTHER = Secret(b"1" * 32)
BY = f"person:{ANNE}"
LINKED = WaitingCompletions(SystemSigner(KEY, "https://bridge.example.no"))


@pytest.fixture
def act(engine):
    """Runs one use case in its own transaction."""
    transact(engine, cast.load)
    return lambda work, *args, **more: transact(engine, lambda s: work(s, *args, **more))


def add(act, tenant=NORTH, **changes):
    return act(service.add_platform, tenant, setup(**changes), master_key=KEY, by=BY, now=NOW)


# Keys


def test_makes_a_current_and_a_next_key_when_the_first_platform_is_added(act):
    with pytest.raises(UnusableToolKey):
        act(service.current_key, NORTH, master_key=KEY)
    add(act)
    states = {key.kid: key.state for key in act(service.tenant_keys, NORTH, NOW)}
    assert sorted(states.values()) == [KeyState.CURRENT, KeyState.NEXT]
    signing = act(service.current_key, NORTH, master_key=KEY)
    assert states[signing.kid] is KeyState.CURRENT
    assert sign_jwt(signing, {"a": 1}).count(".") == 2
    assert {key["kid"] for key in act(service.public_keys, NORTH, NOW)} == set(states)


def test_takes_the_keys_that_were_made_beforehand_and_makes_none_twice(act):
    made = [service.new_key(), service.new_key()]
    act(service.ensure_keys, NORTH, master_key=KEY, now=NOW, made=made)
    act(service.ensure_keys, NORTH, master_key=KEY, now=NOW, made=[service.new_key()])
    assert {key.kid for key in act(service.tenant_keys, NORTH, NOW)} == {key.thumbprint() for key in made}
    assert not act(service.lacks_keys, NORTH)
    with pytest.raises(NotFound):
        act(service.ensure_keys, "nowhere", master_key=KEY, now=NOW)


def test_rotates_so_that_the_next_key_signs_and_the_last_is_published_for_a_while(act):
    add(act)
    before = {key.state: key.kid for key in act(service.tenant_keys, NORTH, NOW)}
    kid = act(service.rotate_keys, NORTH, master_key=KEY, by=BY, now=NOW)
    assert kid == before[KeyState.NEXT] == act(service.current_key, NORTH, master_key=KEY).kid
    after = {key.state: key.kid for key in act(service.tenant_keys, NORTH, NOW)}
    assert after[KeyState.RETIRED] == before[KeyState.CURRENT]
    assert after[KeyState.NEXT] not in before.values()
    later = NOW + timedelta(days=7)
    assert before[KeyState.CURRENT] in {key["kid"] for key in act(service.public_keys, NORTH, later - timedelta(seconds=1))}
    assert before[KeyState.CURRENT] not in {key["kid"] for key in act(service.public_keys, NORTH, later)}
    act(service.rotate_keys, NORTH, master_key=KEY, by=BY, now=later)
    assert before[KeyState.CURRENT] not in {key.kid for key in act(service.tenant_keys, NORTH, NOW)}


def test_rotates_with_another_master_key_only_when_the_old_one_is_said_to_be_lost(act):
    add(act)
    kid = act(service.current_key, NORTH, master_key=KEY).kid
    for work in (service.current_key, service.check_keys):
        with pytest.raises(UnusableToolKey):
            act(work, NORTH, master_key=OTHER)
    with pytest.raises(UnusableToolKey):
        act(service.rotate_keys, NORTH, master_key=OTHER, by=BY, now=NOW)
    assert act(service.current_key, NORTH, master_key=KEY).kid == kid
    new = act(service.rotate_keys, NORTH, master_key=OTHER, by=BY, now=NOW, lost=True)
    assert act(service.current_key, NORTH, master_key=OTHER).kid == new
    assert act(service.check_keys, NORTH, master_key=OTHER)
    assert len(act(service.tenant_keys, NORTH, NOW)) == 4


def test_checks_no_keys_where_there_are_none(act):
    assert act(service.check_keys, NORTH, master_key=KEY) is False


def test_publishes_a_tenants_own_keys_only(act):
    for tenant in (NORTH, SOUTH):
        act(service.ensure_keys, tenant, master_key=KEY, now=NOW)
    north, south = ({key["kid"] for key in act(service.public_keys, tenant, NOW)} for tenant in (NORTH, SOUTH))
    assert (len(north), len(south), north & south) == (2, 2, set())
    with pytest.raises(NotFound):
        act(service.public_keys, "nowhere", NOW)


# Platforms


def test_keeps_a_platform_and_finds_it_by_issuer_and_client_id_whoever_has_it(act):
    north, south = add(act, deployment_id="1"), add(act, SOUTH, deployment_id="2")
    assert act(service.get_platform, NORTH, north.platform_id) == north
    assert [one.tenant for one in act(service.find_platforms, MOODLE, "abc")] == [NORTH, SOUTH]
    assert [one.tenant for one in act(service.find_platforms, MOODLE, None)] == [NORTH, SOUTH]
    assert act(service.find_platforms, MOODLE, "abd") == []
    assert act(service.find_platforms, MOODLE + "/", "abc") == []
    with pytest.raises(NotFound):
        act(service.get_platform, SOUTH, north.platform_id)
    assert act(service.list_platforms, SOUTH) == [south]


def test_does_not_register_the_same_twice_in_a_tenant(act):
    add(act)
    with pytest.raises(Invalid) as caught:
        add(act, deployment_id="9")
    assert caught.value.field == "client_id"


def test_wants_the_deployment_where_another_tenant_has_issuer_and_client_id(act):
    add(act, deployment_id="1")
    for deployment_id in (None, "1"):
        with pytest.raises(Invalid) as caught:
            add(act, SOUTH, deployment_id=deployment_id)
        assert caught.value.field == "deployment_id"
    south = add(act, SOUTH, deployment_id="2")
    with pytest.raises(Invalid):
        act(service.add_deployment, SOUTH, south.platform_id, "1", "", by=BY, now=NOW)
    assert [each.deployment_id for each in act(service.find_deployments, SOUTH, south.platform_id)] == ["2"]


@pytest.mark.parametrize("name", ["authorization_url", "token_url", "jwks_url"])
def test_shares_issuer_and_client_id_among_tenants_only_where_the_addresses_are_the_same(act, name):
    north = add(act, deployment_id="1")
    other = {"deployment_id": "2", name: "https://elsewhere.example.no/x"}
    with pytest.raises(Invalid) as caught:
        add(act, SOUTH, **other)
    assert (caught.value.field, caught.value.rule) == ("client_id", "other addresses")
    south = add(act, SOUTH, client_id="def", **other)
    with pytest.raises(Invalid) as caught:
        act(service.change_platform, SOUTH, south.platform_id, setup(**other), by=BY, now=NOW)
    assert caught.value.rule == "other addresses"
    act(service.change_platform, SOUTH, south.platform_id, setup(deployment_id="2"), by=BY, now=NOW)
    assert [one.tenant for one in act(service.find_platforms, MOODLE, "abc")] == [NORTH, SOUTH]
    with pytest.raises(Invalid) as caught:
        act(service.change_platform, NORTH, north.platform_id, setup(**other), by=BY, now=NOW)
    assert caught.value.rule == "other addresses"
    assert act(service.get_platform, NORTH, north.platform_id) == replace(north, adopts_deployment=False)


def test_wants_the_deployment_when_one_that_adopts_is_changed_into_what_another_tenant_has(act):
    add(act, deployment_id="1")
    south = add(act, SOUTH, client_id="def")
    with pytest.raises(Invalid) as caught:
        act(service.change_platform, SOUTH, south.platform_id, setup(), by=BY, now=NOW)
    assert (caught.value.field, caught.value.rule) == ("deployment_id", "shared")
    assert act(service.get_platform, SOUTH, south.platform_id) == south
    act(service.change_platform, SOUTH, south.platform_id, setup(deployment_id="2"), by=BY, now=NOW)


def test_changes_a_platform_but_not_into_one_that_is_there(act):
    one, other = add(act), add(act, client_id="def", deployment_id="7")
    act(service.change_platform, NORTH, one.platform_id, setup(name="Ny", deployment_id="5"), by=BY, now=NOW)
    changed = act(service.get_platform, NORTH, one.platform_id)
    assert (changed.name, changed.adopts_deployment) == ("Ny", False)
    act(service.change_platform, NORTH, one.platform_id, setup(name="Ny", deployment_id="5"), by=BY, now=NOW)
    assert [each.deployment_id for each in act(service.find_deployments, NORTH, one.platform_id)] == ["5"]
    with pytest.raises(Invalid):
        act(service.change_platform, NORTH, one.platform_id, setup(client_id="def"), by=BY, now=NOW)
    add(act, SOUTH, client_id="ghi", deployment_id="7")
    with pytest.raises(Invalid) as caught:
        act(service.change_platform, NORTH, other.platform_id, setup(client_id="ghi"), by=BY, now=NOW)
    assert caught.value.field == "deployment_id"
    with pytest.raises(NotFound):
        act(service.change_platform, SOUTH, one.platform_id, setup(), by=BY, now=NOW)


def test_pauses_resumes_and_removes_with_a_line_in_the_audit_log_each(act, engine):
    one = add(act, deployment_id="1")
    act(service.note_visit, NORTH, Visit(uuid4(), one.platform_id, NOW, "LtiResourceLinkRequest", "1"))
    act(service.pause_platform, NORTH, one.platform_id, by=BY, now=NOW)
    assert act(service.get_platform, NORTH, one.platform_id).state is State.PAUSED
    act(service.resume_platform, NORTH, one.platform_id, by=BY, now=NOW)
    assert act(service.get_platform, NORTH, one.platform_id).state is State.RUNNING
    act(service.remove_platform, NORTH, one.platform_id, by=BY, now=NOW)
    assert act(service.list_platforms, NORTH) == []
    found = read(engine, lambda s: audit.find(s, NORTH, subject=f"lti_platform:{one.platform_id}"))
    acts = ["add", "deployment.add", "pause", "resume", "remove"]
    assert sorted(event.action for event in found) == sorted(f"lti.platform.{each}" for each in acts)
    with pytest.raises(NotFound):
        act(service.pause_platform, NORTH, one.platform_id, by=BY, now=NOW)


# Deployments


def test_adopts_the_first_deployment_and_no_second(act):
    one = add(act)
    assert act(service.adopt_deployment, one, "1", now=NOW)
    assert not act(service.adopt_deployment, one, "2", now=NOW)
    assert [each.deployment_id for each in act(service.find_deployments, NORTH, one.platform_id)] == ["1"]


def test_adopts_none_where_nothing_tells_whose_it_is(act):
    one = add(act)
    add(act, SOUTH, deployment_id="2")
    assert not act(service.adopt_deployment, one, "3", now=NOW)


def test_names_and_removes_deployments(act):
    one = add(act, deployment_id="1")
    act(service.rename_deployment, NORTH, one.platform_id, "1", "Hele sykehuset", by=BY, now=NOW)
    assert act(service.find_deployment, NORTH, one.platform_id, "1").name == "Hele sykehuset"
    with pytest.raises(Invalid):
        act(service.add_deployment, NORTH, one.platform_id, "1", "", by=BY, now=NOW)
    act(service.remove_deployment, NORTH, one.platform_id, "1", by=BY, now=NOW)
    assert act(service.find_deployment, NORTH, one.platform_id, "1") is None
    for work, more in ((service.remove_deployment, ()), (service.rename_deployment, ("x",))):
        with pytest.raises(NotFound):
            act(work, NORTH, one.platform_id, "1", *more, by=BY, now=NOW)


# Open launches


def open_launches(engine, one, *deployments):
    """Opens one of each deployment, whose name is the session's too."""
    with engine.begin() as session:
        for each in deployments:
            values = {"session_id": f"{one.tenant} {each}", "secret_key": "x", "launch": {"deployment_id": each}, "data": {}}
            values |= {"tenant_id": one.tenant, "platform_id": one.platform_id, "opened_at": NOW}
            session.execute(insert(tables.session), values)


def still_open(engine):
    with engine.connect() as session:
        return sorted(session.execute(select(tables.session.c.session_id)).scalars())


def test_ends_the_open_launches_of_a_platform_that_is_paused(act, engine):
    north, south = add(act, deployment_id="1"), add(act, SOUTH, deployment_id="2")
    open_launches(engine, north, "1", "4")
    open_launches(engine, south, "2")
    act(service.pause_platform, NORTH, north.platform_id, by=BY, now=NOW)
    assert still_open(engine) == ["south 2"]


def test_ends_the_open_launches_of_a_deployment_that_is_removed(act, engine):
    north = add(act, deployment_id="1")
    act(service.add_deployment, NORTH, north.platform_id, "2", "", by=BY, now=NOW)
    open_launches(engine, north, "1", "2")
    act(service.remove_deployment, NORTH, north.platform_id, "2", by=BY, now=NOW)
    assert still_open(engine) == ["north 1"]


# The journal


def test_keeps_the_newest_launches_and_tells_those_that_failed(act):
    one = add(act, deployment_id="1")
    for minute in range(3):
        at = NOW + timedelta(minutes=5 * minute)
        act(service.note_visit, NORTH, Visit(uuid4(), one.platform_id, at, "LtiResourceLinkRequest", "1", "K" * 300))
    failed = Visit(uuid4(), one.platform_id, at, "login", failed_step="state", reason="x" * 900, error_id="e1")
    act(service.note_visit, NORTH, failed)
    found = act(service.visits, NORTH, one.platform_id, 2, failed=False)
    assert [visit.at for visit in found] == [at, at - timedelta(minutes=5)]
    assert len(found[0].context_title) == 200
    (only,) = act(service.visits, NORTH, one.platform_id, failed=True)
    assert (only.failed_step, len(only.reason), only.error_id) == ("state", 600, "e1")
    assert len(act(service.visits, NORTH, one.platform_id)) == 4
    assert act(service.get_platform, NORTH, one.platform_id).last_launch_at == at
    assert act(service.find_deployment, NORTH, one.platform_id, "1").last_launch_at == at
    (listed,) = act(service.listed, NORTH, at)
    assert (listed.failures, listed.deployments) == (1, 1)
    assert act(service.listed, NORTH, at + timedelta(days=8))[0].failures == 0


def test_forgets_launches_beyond_those_that_are_kept(act, engine):
    one = add(act)

    def fill(session):
        for number in range(1, 240):
            visit_id = UUID(int=number * 16 + 1)
            service.note_visit(session, NORTH, Visit(visit_id, one.platform_id, NOW + timedelta(seconds=number), "login"))

    transact(engine, fill)
    assert len(act(service.visits, NORTH, one.platform_id, 1000)) == 239
    act(service.note_visit, NORTH, Visit(UUID(int=16), one.platform_id, NOW + timedelta(hours=1), "login"))
    kept = act(service.visits, NORTH, one.platform_id, 1000)
    assert (len(kept), kept[-1].at) == (200, NOW + timedelta(seconds=41))


# Links


def link(act, now=NOW):
    return act(service.make_link, NORTH, made_by=ANNE, master_key=KEY, now=now)


def test_a_link_registers_one_platform_and_is_used_then(act):
    token = link(act)
    claimed = act(service.claim_link, token, now=NOW)
    registered = act(service.register_platform, claimed, setup(deployment_id="4"), master_key=KEY, now=NOW)
    assert [each.deployment_id for each in act(service.find_deployments, NORTH, registered.platform_id)] == ["4"]
    with pytest.raises(Conflict) as caught:
        act(service.claim_link, token, now=NOW + CLAIMED * 2)
    assert caught.value.rule == "used"


def test_a_link_is_free_again_after_a_registration_that_failed_or_died(act):
    token = link(act)
    claimed = act(service.claim_link, token, now=NOW)
    with pytest.raises(Conflict):
        act(service.claim_link, token, now=NOW + timedelta(seconds=30))
    act(service.release_link, claimed)
    act(service.claim_link, token, now=NOW + timedelta(seconds=30))
    act(service.claim_link, token, now=NOW + timedelta(seconds=31) + CLAIMED)


def test_a_registration_that_lost_its_claim_neither_frees_nor_uses_the_link(act):
    token, later = link(act), NOW + CLAIMED + timedelta(seconds=1)
    slow = act(service.claim_link, token, now=NOW)
    quick = act(service.claim_link, token, now=later)
    act(service.release_link, slow)
    with pytest.raises(Conflict):
        act(service.claim_link, token, now=later)
    with pytest.raises(Conflict) as caught:
        act(service.register_platform, slow, setup(client_id="slow", deployment_id="4"), master_key=KEY, now=later)
    assert caught.value.rule == "used"
    assert act(service.list_platforms, NORTH) == []
    one = act(service.register_platform, quick, setup(deployment_id="4"), master_key=KEY, now=later)
    with pytest.raises(Conflict):
        act(service.register_platform, slow, setup(client_id="slow", deployment_id="5"), master_key=KEY, now=later)
    assert [each.platform_id for each in act(service.list_platforms, NORTH)] == [one.platform_id]


def test_a_link_ends_by_itself_and_an_unknown_one_is_none(act):
    token = link(act)
    with pytest.raises(Conflict) as caught:
        act(service.claim_link, token, now=NOW + VALID)
    assert caught.value.rule == "ended"
    with pytest.raises(NotFound):
        act(service.claim_link, "x", now=NOW)
    link(act, NOW + VALID * 3)
    with pytest.raises(NotFound):
        act(service.claim_link, token, now=NOW)


def test_a_platform_that_registers_again_is_changed_and_keeps_its_name(act):
    first = act(service.claim_link, link(act), now=NOW)
    one = act(service.register_platform, first, setup(deployment_id="1"), master_key=KEY, now=NOW)
    second = act(service.claim_link, link(act), now=NOW)
    again = setup(name="Other", deployment_id="2", token_url="https://lms.example.no/other")
    act(service.register_platform, second, again, master_key=KEY, now=NOW)
    (kept,) = act(service.list_platforms, NORTH)
    assert (kept.platform_id, kept.name, kept.token_url) == (one.platform_id, one.name, "https://lms.example.no/other")
    assert len(act(service.find_deployments, NORTH, one.platform_id)) == 2


# Rebindings


def asked(one, **changes):
    given = {"subject": "42", "consumer_key": "key", "former_subject": "old-42", "name": "Kari", "context_title": "Kurs"}
    return Rebinding(one.platform_id, **(given | changes), asked_at=NOW)


def test_approving_a_rebinding_links_the_user_to_whom_the_former_id_was(act):
    one = add(act)
    former = Identifier(IdentifierKind.LTI_USER, "lti1p1:key", "old-42")
    act(people.link_identifier, NORTH, former, KARI, actor=BY, now=NOW)
    act(service.ask_rebinding, NORTH, asked(one, former_subject="old-41"))
    act(service.ask_rebinding, NORTH, asked(one))
    assert act(service.rebindings, NORTH, one.platform_id) == [asked(one)]
    assert act(service.approve_rebinding, NORTH, one.platform_id, "42", "key", linked=LINKED, by=BY, now=NOW) == KARI
    user = Identifier(IdentifierKind.LTI_USER, MOODLE, "42")
    assert act(people.resolve, NORTH, [user]) == {user: KARI}
    assert act(service.rebindings, NORTH, one.platform_id) == []
    with pytest.raises(NotFound):
        act(service.approve_rebinding, NORTH, one.platform_id, "42", "key", linked=LINKED, by=BY, now=NOW)


def test_approving_does_not_take_a_user_from_somebody_else_nor_guess_who_it_was(act):
    one = add(act)
    act(service.ask_rebinding, NORTH, asked(one))
    with pytest.raises(NotFound) as caught:
        act(service.approve_rebinding, NORTH, one.platform_id, "42", "key", linked=LINKED, by=BY, now=NOW)
    assert caught.value.field == "former_subject"
    former, user = (Identifier(IdentifierKind.LTI_USER, *names) for names in (("lti1p1:key", "old-42"), (MOODLE, "42")))
    act(people.link_identifier, NORTH, former, KARI, actor=BY, now=NOW)
    act(people.link_identifier, NORTH, user, OLA, actor=BY, now=NOW)
    with pytest.raises(Conflict):
        act(service.approve_rebinding, NORTH, one.platform_id, "42", "key", linked=LINKED, by=BY, now=NOW)
    act(service.refuse_rebinding, NORTH, one.platform_id, "42", "key", by=BY, now=NOW)
    assert act(service.rebindings, NORTH, one.platform_id) == []
