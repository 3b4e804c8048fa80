"""Queries over users of learning platforms who are nobody here yet."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from lrs_bridge.db import Session
from lrs_bridge.lti.tables import link, member, platform


@dataclass(frozen=True, slots=True)
class UnknownUser:
    """A learner of a platform. ``name`` is as the platform shows it; ``last_at`` is when something of theirs was opened last."""

    platform_name: str
    issuer: str
    subject: str
    name: str | None
    course_title: str | None
    last_at: datetime


def find_unknown(session: Session, tenant: str, limit: int) -> list[UnknownUser]:
    """Those who opened something last come first, each once a platform."""
    query = (
        select(
            platform.c.name.label("platform_name"),
            platform.c.issuer,
            member.c.subject,
            func.max(member.c.name).label("name"),
            func.max(link.c.context_title).label("course_title"),
            func.max(member.c.last_at).label("last_at"),
        )
        .join(link, (link.c.tenant_id == member.c.tenant_id) & (link.c.link_id == member.c.link_id))
        .join(platform, (platform.c.tenant_id == link.c.tenant_id) & (platform.c.platform_id == link.c.platform_id))
        .where(member.c.tenant_id == tenant, member.c.person_id.is_(None), member.c.is_learner)
        .group_by(platform.c.name, platform.c.issuer, member.c.subject)
        .order_by(func.max(member.c.last_at).desc(), member.c.subject)
        .limit(limit)
    )
    return [
        UnknownUser(row.platform_name, row.issuer, row.subject, row.name, row.course_title, row.last_at)
        for row in session.execute(query)
    ]


def is_unknown(session: Session, tenant: str, issuer: str, subject: str) -> bool:
    """Whether that user waits to be linked."""
    query = (
        select(member.c.subject)
        .join(link, (link.c.tenant_id == member.c.tenant_id) & (link.c.link_id == member.c.link_id))
        .join(platform, (platform.c.tenant_id == link.c.tenant_id) & (platform.c.platform_id == link.c.platform_id))
        .where(member.c.tenant_id == tenant, member.c.person_id.is_(None))
        .where(member.c.subject == subject, platform.c.issuer == issuer)
        .limit(1)
    )
    return session.execute(query).one_or_none() is not None
