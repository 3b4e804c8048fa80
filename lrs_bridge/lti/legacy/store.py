"""Queries over whether tenants take launches by LTI 1.1. Their platforms are kept by ``platforms.store``."""

from sqlalchemy import select, update

from lrs_bridge.db import Session, insert_ignore
from lrs_bridge.lti.tables import policy


def allows(session: Session, tenant: str) -> bool:
    """Whether the tenant takes them."""
    found = session.execute(select(policy.c.allows_1p1).where(policy.c.tenant_id == tenant)).scalar_one_or_none()
    return bool(found)


def set_allowed(session: Session, tenant: str, *, allowed: bool) -> None:
    """Keeps whether the tenant takes them."""
    session.execute(insert_ignore(session, policy).values(tenant_id=tenant, allows_1p1=allowed))
    session.execute(update(policy).where(policy.c.tenant_id == tenant).values(allows_1p1=allowed))
