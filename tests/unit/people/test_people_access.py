import pytest

from lrs_bridge.people.access import RULES, Action, Role, TenantRole, may

NOBODY = {"own": False, "roles": set(), "tenant_roles": set()}
FOLLOWERS = set(Role)
SIGNERS = {Role.SUPERVISOR, Role.ADVISOR}

ALLOWED_ROLES = {
    Action.VIEW_PLAN: FOLLOWERS,
    Action.SEND_RECORD: set(),
    Action.SIGN_RECORD: SIGNERS,
    Action.RETURN_RECORD: SIGNERS,
    Action.VIEW_EVIDENCE: FOLLOWERS,
    Action.LINK_COMPLETION: set(),
    Action.MAP_COURSE: set(),
    Action.UPHOLD_RECORD: SIGNERS,
    Action.HOST_COURSE: set(),
}
OWN = {Action.VIEW_PLAN, Action.SEND_RECORD, Action.VIEW_EVIDENCE}
ALLOWED_TENANT_ROLES = {
    Action.LINK_COMPLETION: {TenantRole.ADMINISTRATOR},
    Action.MAP_COURSE: {TenantRole.ADMINISTRATOR},
    Action.HOST_COURSE: {TenantRole.ADMINISTRATOR, TenantRole.COURSE_OWNER},
}


def test_table_names_every_action():
    assert set(RULES) == set(Action) == set(ALLOWED_ROLES)


@pytest.mark.parametrize("action", Action)
def test_strangers_may_do_nothing(action):
    assert not may(action, **NOBODY)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_relation_to_the_resident_decides(action, role):
    assert may(action, own=False, roles={role}, tenant_roles=set()) == (role in ALLOWED_ROLES[action])


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("tenant_role", TenantRole)
def test_tenant_role_decides(action, tenant_role):
    allowed = tenant_role in ALLOWED_TENANT_ROLES.get(action, set())
    assert may(action, own=False, roles=set(), tenant_roles={tenant_role}) == allowed


@pytest.mark.parametrize("action", Action)
def test_own_plan_is_for_reading_and_sending_only(action):
    assert may(action, own=True, roles=set(), tenant_roles=set()) == (action in OWN)


@pytest.mark.parametrize("action", [Action.SIGN_RECORD, Action.RETURN_RECORD, Action.UPHOLD_RECORD])
def test_nobody_decides_on_their_own_when_registered_as_their_own_supervisor(action):
    assert not may(action, own=True, roles=set(Role), tenant_roles=set(TenantRole))


def test_an_administrator_may_link_when_the_plan_is_their_own():
    assert may(Action.LINK_COMPLETION, own=True, roles=set(), tenant_roles={TenantRole.ADMINISTRATOR})
