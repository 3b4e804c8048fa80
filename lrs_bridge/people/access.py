"""Who may do what to whose plan: one table, default deny, by relation and never by title alone.

A person's relations are those that hold on the day of the act. Nobody signs, returns or upholds their own work, whatever
relations are registered: such rules say ``own=False`` and a relation to oneself counts for nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What one person is to a resident, for a period."""

    LEADER = "leader"
    ADVISOR = "advisor"
    SUPERVISOR = "supervisor"
    TRAINING_LEAD = "training_lead"


class TenantRole(StrEnum):
    """What one person is in the tenant as a whole, for a period."""

    ADMINISTRATOR = "administrator"
    COURSE_OWNER = "course_owner"


class Action(StrEnum):
    """The acts that need leave."""

    VIEW_PLAN = "view_plan"
    SEND_RECORD = "send_record"
    SIGN_RECORD = "sign_record"
    RETURN_RECORD = "return_record"
    VIEW_EVIDENCE = "view_evidence"
    LINK_COMPLETION = "link_completion"
    MAP_COURSE = "map_course"
    UPHOLD_RECORD = "uphold_record"
    HOST_COURSE = "host_course"


@dataclass(frozen=True, slots=True)
class Rule:
    """Any one of these suffices: the plan is one's own, a relation to its resident, a role in the tenant."""

    own: bool = False
    roles: frozenset[Role] = frozenset()
    tenant_roles: frozenset[TenantRole] = frozenset()


SIGNERS = frozenset({Role.SUPERVISOR, Role.ADVISOR})
ADMINISTRATORS = frozenset({TenantRole.ADMINISTRATOR})

RULES: dict[Action, Rule] = {
    Action.VIEW_PLAN: Rule(own=True, roles=frozenset(Role)),
    Action.SEND_RECORD: Rule(own=True),
    Action.SIGN_RECORD: Rule(roles=SIGNERS),
    Action.RETURN_RECORD: Rule(roles=SIGNERS),
    Action.VIEW_EVIDENCE: Rule(own=True, roles=frozenset(Role)),
    Action.LINK_COMPLETION: Rule(tenant_roles=ADMINISTRATORS),
    Action.MAP_COURSE: Rule(tenant_roles=ADMINISTRATORS),
    Action.UPHOLD_RECORD: Rule(roles=SIGNERS),
    Action.HOST_COURSE: Rule(tenant_roles=frozenset(TenantRole)),
}


def may(action: Action, *, own: bool, roles: Collection[Role], tenant_roles: Collection[TenantRole]) -> bool:
    """Whether an actor may act.

    ``own`` says that the plan is the actor's own; ``roles`` are the actor's relations to its resident, ``tenant_roles`` the
    actor's roles in the tenant, both as of the day of the act.
    """
    rule = RULES[action]
    if own:
        return rule.own or not rule.tenant_roles.isdisjoint(tenant_roles)
    return not rule.roles.isdisjoint(roles) or not rule.tenant_roles.isdisjoint(tenant_roles)
