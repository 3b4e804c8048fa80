"""Queries over platforms, their deployments, keys, registration links, the journal of launches and asked-for rebindings."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, delete, exists, func, insert, or_, select, update

from lrs_bridge.db import Session
from lrs_bridge.lti.platforms.keys import KeptKey, KeyState
from lrs_bridge.lti.platforms.link import RegistrationLink
from lrs_bridge.lti.platforms.platform import Deployment, Platform, Product, State, Version
from lrs_bridge.lti.platforms.rebinding import Rebinding
from lrs_bridge.lti.platforms.visit import Visit
from lrs_bridge.lti.tables import (
    deployment,
    line_item,
    link,
    member,
    platform,
    rebinding,
    registration_link,
    result,
    score,
    tool_key,
    visit,
)
from lrs_bridge.lti.tables import (
    session as lti_session,
)

# --- platforms -------------------------------------------------------------------------------------------------------------


def insert_platform(session: Session, new: Platform) -> None:
    """Adds a platform."""
    session.execute(insert(platform), {"tenant_id": new.tenant, "platform_id": new.platform_id, **_values(new)})


def replace_platform(session: Session, changed: Platform) -> None:
    """Keeps the platform as it is now; when it launched last is left alone."""
    values = _values(changed)
    del values["last_launch_at"]
    session.execute(update(platform).where(_is(changed.tenant, changed.platform_id)).values(values))


def find_platform(session: Session, tenant: str, platform_id: UUID) -> Platform | None:
    """The platform, or None."""
    row = session.execute(select(platform).where(_is(tenant, platform_id))).one_or_none()
    return None if row is None else _platform(row)


def lock_platform(session: Session, tenant: str, platform_id: UUID) -> Platform | None:
    """The platform, which nobody else changes until the transaction ends; None when there is none."""
    row = session.execute(select(platform).where(_is(tenant, platform_id)).with_for_update()).one_or_none()
    return None if row is None else _platform(row)


def list_platforms(session: Session, tenant: str) -> list[Platform]:
    """The tenant's platforms, of both versions, by name."""
    query = select(platform).where(platform.c.tenant_id == tenant).order_by(platform.c.name, platform.c.platform_id)
    return [_platform(row) for row in session.execute(query)]


def find_platforms(session: Session, issuer: str, client_id: str | None, version: Version) -> list[Platform]:
    """All tenants' platforms with this issuer, and this client id when one is given."""
    query = select(platform).where(platform.c.issuer == issuer, platform.c.version == version.value)
    if client_id is not None:
        query = query.where(platform.c.client_id == client_id)
    return [_platform(row) for row in session.execute(query.order_by(platform.c.tenant_id, platform.c.platform_id))]


def delete_platform(session: Session, tenant: str, platform_id: UUID) -> None:
    """Removes the platform with all that hangs on it. There must be no results of it."""
    links = select(link.c.link_id).where(link.c.tenant_id == tenant, link.c.platform_id == platform_id)
    for table in (score, member, line_item):
        session.execute(delete(table).where(table.c.tenant_id == tenant, table.c.link_id.in_(links)))
    for table in (lti_session, visit, rebinding, link, deployment, platform):
        session.execute(delete(table).where(table.c.tenant_id == tenant, table.c.platform_id == platform_id))


def end_sessions(session: Session, tenant: str, platform_id: UUID, deployment_id: str | None = None) -> None:
    """Ends the open launches of the platform, or those of one of its deployments."""
    gone = delete(lti_session).where(lti_session.c.tenant_id == tenant, lti_session.c.platform_id == platform_id)
    if deployment_id is not None:
        gone = gone.where(lti_session.c.launch["deployment_id"].as_string() == deployment_id)
    session.execute(gone)


def has_results(session: Session, tenant: str, platform_id: UUID) -> bool:
    """Whether something that the platform graded is kept."""
    items = (
        select(line_item.c.line_item_id)
        .join(link, and_(link.c.tenant_id == line_item.c.tenant_id, link.c.link_id == line_item.c.link_id))
        .where(line_item.c.tenant_id == tenant, link.c.platform_id == platform_id)
    )
    where = result.c.tenant_id == tenant, result.c.line_item_id.in_(items)
    return bool(session.execute(select(exists().where(*where))).scalar_one())


def _is(tenant: str, platform_id: UUID) -> ColumnElement[bool]:
    return and_(platform.c.tenant_id == tenant, platform.c.platform_id == platform_id)


def _values(one: Platform) -> dict[str, Any]:
    return {
        "version": one.version.value,
        "name": one.name,
        "product": one.product.value,
        "state": one.state.value,
        "issuer": one.issuer,
        "client_id": one.client_id,
        "authorization_url": one.authorization_url,
        "token_url": one.token_url,
        "token_audience": one.token_audience,
        "jwks_url": one.jwks_url,
        "sealed_secret": one.sealed_secret,
        "adopts_deployment": one.adopts_deployment,
        "ancestors": list(one.ancestors),
        "created_at": one.created_at,
        "last_launch_at": one.last_launch_at,
    }


def _platform(row: Row[Any]) -> Platform:
    return Platform(
        tenant=row.tenant_id,
        platform_id=row.platform_id,
        version=Version(row.version),
        name=row.name,
        product=Product(row.product),
        state=State(row.state),
        issuer=row.issuer,
        client_id=row.client_id,
        authorization_url=row.authorization_url,
        token_url=row.token_url,
        token_audience=row.token_audience,
        jwks_url=row.jwks_url,
        adopts_deployment=row.adopts_deployment,
        ancestors=tuple(row.ancestors),
        created_at=row.created_at,
        last_launch_at=row.last_launch_at,
        sealed_secret=row.sealed_secret,
    )


# --- deployments -----------------------------------------------------------------------------------------------------------


def insert_deployment(session: Session, tenant: str, new: Deployment) -> None:
    """Adds a deployment."""
    values = {
        "tenant_id": tenant,
        "platform_id": new.platform_id,
        "deployment_id": new.deployment_id,
        "name": new.name,
        "added_at": new.added_at,
        "last_launch_at": new.last_launch_at,
    }
    session.execute(insert(deployment), values)


def find_deployment(session: Session, tenant: str, platform_id: UUID, deployment_id: str) -> Deployment | None:
    """The deployment, or None."""
    where = _of(tenant, platform_id), deployment.c.deployment_id == deployment_id
    row = session.execute(select(deployment).where(*where)).one_or_none()
    return None if row is None else _deployment(row)


def list_deployments(session: Session, tenant: str, platform_id: UUID) -> list[Deployment]:
    """The platform's deployments, in the order in which they were added."""
    query = select(deployment).where(_of(tenant, platform_id)).order_by(deployment.c.added_at, deployment.c.deployment_id)
    return [_deployment(row) for row in session.execute(query)]


def rename_deployment(session: Session, tenant: str, platform_id: UUID, deployment_id: str, name: str) -> bool:
    """Gives a deployment another name; whether there is such a one."""
    where = _of(tenant, platform_id), deployment.c.deployment_id == deployment_id
    return session.execute(update(deployment).where(*where).values(name=name)).rowcount == 1


def delete_deployment(session: Session, tenant: str, platform_id: UUID, deployment_id: str) -> bool:
    """Removes a deployment; whether there was such a one."""
    where = _of(tenant, platform_id), deployment.c.deployment_id == deployment_id
    return session.execute(delete(deployment).where(*where)).rowcount == 1


def deployed_at(session: Session, issuer: str, client_id: str, deployment_id: str) -> list[tuple[str, UUID]]:
    """Tenant and id of every tenant's platform with this issuer and client id that has this deployment."""
    same = and_(deployment.c.tenant_id == platform.c.tenant_id, deployment.c.platform_id == platform.c.platform_id)
    query = (
        select(platform.c.tenant_id, platform.c.platform_id)
        .join(deployment, same)
        .where(platform.c.issuer == issuer, platform.c.client_id == client_id, deployment.c.deployment_id == deployment_id)
    )
    return [(row.tenant_id, row.platform_id) for row in session.execute(query)]


def _of(tenant: str, platform_id: UUID) -> ColumnElement[bool]:
    return and_(deployment.c.tenant_id == tenant, deployment.c.platform_id == platform_id)


def _deployment(row: Row[Any]) -> Deployment:
    return Deployment(row.platform_id, row.deployment_id, row.name, row.added_at, row.last_launch_at)


# --- the journal -----------------------------------------------------------------------------------------------------------


def insert_visit(session: Session, tenant: str, new: Visit) -> None:
    """Adds a line to the journal."""
    values = {
        "tenant_id": tenant,
        "visit_id": new.visit_id,
        "platform_id": new.platform_id,
        "at": new.at,
        "message_type": new.message_type,
        "deployment_id": new.deployment_id,
        "context_title": new.context_title,
        "link_title": new.link_title,
        "failed_step": new.failed_step,
        "reason": new.reason,
        "error_id": new.error_id,
    }
    session.execute(insert(visit), values)


def trim_visits(session: Session, tenant: str, platform_id: UUID, kept: int) -> None:
    """Removes the platform's lines but the newest ``kept``."""
    where = visit.c.tenant_id == tenant, visit.c.platform_id == platform_id
    order = visit.c.at.desc(), visit.c.visit_id
    old = select(visit.c.visit_id).where(*where).order_by(*order).offset(kept).limit(10 * kept)
    ids = list(session.execute(old).scalars())
    if ids:
        session.execute(delete(visit).where(visit.c.tenant_id == tenant, visit.c.visit_id.in_(ids)))


def list_visits(session: Session, tenant: str, platform_id: UUID, limit: int, *, failed: bool | None) -> list[Visit]:
    """The platform's newest lines first: all, or those that failed, or those that did not."""
    query = select(visit).where(visit.c.tenant_id == tenant, visit.c.platform_id == platform_id)
    if failed is not None:
        query = query.where(visit.c.failed_step.is_not(None) if failed else visit.c.failed_step.is_(None))
    return [_visit(row) for row in session.execute(query.order_by(visit.c.at.desc(), visit.c.visit_id).limit(limit))]


def count_failed(session: Session, tenant: str, since: datetime) -> dict[UUID, int]:
    """How many launches of each of the tenant's platforms failed since then."""
    where = visit.c.tenant_id == tenant, visit.c.failed_step.is_not(None), visit.c.at >= since
    query = select(visit.c.platform_id, func.count()).where(*where).group_by(visit.c.platform_id)
    return {row[0]: int(row[1]) for row in session.execute(query)}


def note_launch(session: Session, tenant: str, platform_id: UUID, deployment_id: str | None, at: datetime) -> None:
    """Notes when the platform and its deployment launched last, to the minute: many may launch at once."""
    stale = at - timedelta(minutes=1)
    old = or_(platform.c.last_launch_at.is_(None), platform.c.last_launch_at < stale)
    session.execute(update(platform).where(_is(tenant, platform_id), old).values(last_launch_at=at))
    if deployment_id is not None:
        old = or_(deployment.c.last_launch_at.is_(None), deployment.c.last_launch_at < stale)
        where = _of(tenant, platform_id), deployment.c.deployment_id == deployment_id, old
        session.execute(update(deployment).where(*where).values(last_launch_at=at))


def _visit(row: Row[Any]) -> Visit:
    return Visit(
        visit_id=row.visit_id,
        platform_id=row.platform_id,
        at=row.at,
        message_type=row.message_type,
        deployment_id=row.deployment_id,
        context_title=row.context_title,
        link_title=row.link_title,
        failed_step=row.failed_step,
        reason=row.reason,
        error_id=row.error_id,
    )


# --- keys ------------------------------------------------------------------------------------------------------------------


def insert_key(session: Session, new: KeptKey) -> None:
    """Keeps a new key."""
    values = {
        "tenant_id": new.tenant,
        "kid": new.kid,
        "state": new.state.value,
        "public_jwk": new.public_jwk,
        "sealed_private_jwk": new.sealed,
        "created_at": new.created_at,
        "published_until": new.published_until,
    }
    session.execute(insert(tool_key), values)


def list_keys(session: Session, tenant: str) -> list[KeptKey]:
    """The tenant's keys, oldest first."""
    query = select(tool_key).where(tool_key.c.tenant_id == tenant).order_by(tool_key.c.created_at, tool_key.c.kid)
    return [_key(row) for row in session.execute(query)]


def find_key(session: Session, tenant: str, state: KeyState) -> KeptKey | None:
    """The tenant's newest key in this state."""
    where = tool_key.c.tenant_id == tenant, tool_key.c.state == state.value
    query = select(tool_key).where(*where).order_by(tool_key.c.created_at.desc(), tool_key.c.kid).limit(1)
    row = session.execute(query).one_or_none()
    return None if row is None else _key(row)


def move_keys(session: Session, tenant: str, old: KeyState, new: KeyState, published_until: datetime | None) -> None:
    """Moves the tenant's keys of one state to another."""
    where = tool_key.c.tenant_id == tenant, tool_key.c.state == old.value
    session.execute(update(tool_key).where(*where).values(state=new.value, published_until=published_until))


def delete_unpublished_keys(session: Session, tenant: str, now: datetime) -> None:
    """Removes keys that are published no longer."""
    session.execute(delete(tool_key).where(tool_key.c.tenant_id == tenant, tool_key.c.published_until <= now))


def _key(row: Row[Any]) -> KeptKey:
    return KeptKey(
        row.tenant_id,
        row.kid,
        KeyState(row.state),
        row.public_jwk,
        row.sealed_private_jwk,
        row.created_at,
        row.published_until,
    )


# --- registration links ----------------------------------------------------------------------------------------------------


def insert_link(session: Session, new: RegistrationLink) -> None:
    """Adds a registration link."""
    values = {
        "tenant_id": new.tenant,
        "token_key": new.token_key,
        "made_by": new.made_by,
        "made_at": new.made_at,
        "expires_at": new.expires_at,
        "used_at": new.used_at,
        "platform_id": new.platform_id,
    }
    session.execute(insert(registration_link), values)


def find_link(session: Session, token_key: str) -> RegistrationLink | None:
    """The link, whichever tenant's it is; None when there is none."""
    row = session.execute(select(registration_link).where(registration_link.c.token_key == token_key)).one_or_none()
    if row is None:
        return None
    return RegistrationLink(row.tenant_id, row.token_key, row.made_by, row.made_at, row.expires_at, row.used_at, row.platform_id)


def claim_link(session: Session, of: RegistrationLink, *, now: datetime, stale: datetime) -> bool:
    """Takes the link for a registration that begins; whether nobody else has it. A claim from before ``stale`` counts no more."""
    table = registration_link.c
    free = table.platform_id.is_(None), or_(table.used_at.is_(None), table.used_at < stale)
    return session.execute(update(registration_link).where(_is_link(of), *free).values(used_at=now)).rowcount == 1


def release_link(session: Session, of: RegistrationLink) -> None:
    """Gives the link back after a registration that failed, if it is still claimed as ``of`` says."""
    session.execute(update(registration_link).where(_is_claim(of)).values(used_at=None))


def finish_link(session: Session, of: RegistrationLink, platform_id: UUID) -> bool:
    """Notes what the link was used for; whether it is still claimed as ``of`` says."""
    return session.execute(update(registration_link).where(_is_claim(of)).values(platform_id=platform_id)).rowcount == 1


def _is_claim(of: RegistrationLink) -> ColumnElement[bool]:
    return and_(_is_link(of), registration_link.c.used_at == of.used_at, registration_link.c.platform_id.is_(None))


def delete_old_links(session: Session, tenant: str, before: datetime) -> None:
    """Removes the tenant's links that ended before then."""
    where = registration_link.c.tenant_id == tenant, registration_link.c.expires_at < before
    session.execute(delete(registration_link).where(*where))


def _is_link(one: RegistrationLink) -> ColumnElement[bool]:
    return and_(registration_link.c.tenant_id == one.tenant, registration_link.c.token_key == one.token_key)


# --- rebindings ------------------------------------------------------------------------------------------------------------


def upsert_rebinding(session: Session, tenant: str, new: Rebinding) -> None:
    """Keeps a request; one of the same user and consumer key takes the place of the earlier."""
    session.execute(delete(rebinding).where(_is_rebinding(tenant, new.platform_id, new.subject, new.consumer_key)))
    values = {
        "tenant_id": tenant,
        "platform_id": new.platform_id,
        "subject": new.subject,
        "consumer_key": new.consumer_key,
        "former_subject": new.former_subject,
        "name": new.name,
        "context_title": new.context_title,
        "asked_at": new.asked_at,
    }
    session.execute(insert(rebinding), values)


def list_rebindings(session: Session, tenant: str, platform_id: UUID) -> list[Rebinding]:
    """The platform's requests, the oldest first."""
    where = rebinding.c.tenant_id == tenant, rebinding.c.platform_id == platform_id
    return [_rebinding(row) for row in session.execute(select(rebinding).where(*where).order_by(rebinding.c.asked_at))]


def find_rebinding(session: Session, tenant: str, platform_id: UUID, subject: str, consumer_key: str) -> Rebinding | None:
    """The request, or None."""
    where = _is_rebinding(tenant, platform_id, subject, consumer_key)
    row = session.execute(select(rebinding).where(where)).one_or_none()
    return None if row is None else _rebinding(row)


def delete_rebinding(session: Session, tenant: str, platform_id: UUID, subject: str, consumer_key: str) -> None:
    """Removes a request."""
    session.execute(delete(rebinding).where(_is_rebinding(tenant, platform_id, subject, consumer_key)))


def _is_rebinding(tenant: str, platform_id: UUID, subject: str, consumer_key: str) -> ColumnElement[bool]:
    return and_(
        rebinding.c.tenant_id == tenant,
        rebinding.c.platform_id == platform_id,
        rebinding.c.subject == subject,
        rebinding.c.consumer_key == consumer_key,
    )


def _rebinding(row: Row[Any]) -> Rebinding:
    return Rebinding(
        platform_id=row.platform_id,
        subject=row.subject,
        consumer_key=row.consumer_key,
        former_subject=row.former_subject,
        name=row.name,
        context_title=row.context_title,
        asked_at=row.asked_at,
    )
