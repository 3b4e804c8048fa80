"""Platforms of LTI 1.1 of a tenant: allowed at all or not, added, and found again at a launch.

They are platforms as those of LTI 1.3 are: pausing, resuming and removing them is ``platforms.service``'s.
"""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from lrs_bridge.db import Session, audit, lock
from lrs_bridge.errors import Invalid, NotFound
from lrs_bridge.lti.launch import store as launch_store
from lrs_bridge.lti.launch.claims import DEPLOYMENT_ID, LTI_1P1
from lrs_bridge.lti.launch.launch import Migration
from lrs_bridge.lti.launch.service import key_of
from lrs_bridge.lti.legacy import store
from lrs_bridge.lti.legacy.launch import Consumer, issuer_of
from lrs_bridge.lti.legacy.migration import claimed_consumer_key, read_migration
from lrs_bridge.lti.legacy.sealing import NONCE_BYTES, SecretUnreadable, seal, unseal
from lrs_bridge.lti.legacy.setup import KEY_BYTES, SECRET_BYTES, Setup
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.lti.platforms import store as platform_store
from lrs_bridge.lti.platforms.platform import Platform, State, Version
from lrs_bridge.settings import Secret

_ADDING = "lti consumer keys"

# --- whether at all --------------------------------------------------------------------------------------------------------


def allows(session: Session, tenant: str) -> bool:
    """Whether the tenant takes launches by LTI 1.1; it does not until somebody says so."""
    return store.allows(session, tenant)


def set_allowed(session: Session, tenant: str, *, allowed: bool, by: str, now: datetime) -> None:
    """Says whether the tenant takes launches by LTI 1.1. ``by`` is the audit log's actor."""
    before = store.allows(session, tenant)
    store.set_allowed(session, tenant, allowed=allowed)
    detail = {"before": before, "after": allowed}
    audit.record(session, tenant, audit.AuditEvent(now, by, "lti.legacy.allow", f"tenant:{tenant}", detail))


# --- consumers -------------------------------------------------------------------------------------------------------------


def add_consumer(
    session: Session, tenant: str, setup: Setup, *, master_key: Secret, by: str, now: datetime
) -> tuple[Platform, str]:
    """Adds a platform of LTI 1.1; and its secret, which is not shown again. Raises Invalid when anybody has the key already."""
    lock(session, _ADDING)
    key = setup.key or secrets.token_hex(KEY_BYTES)
    if _holders(session, key):
        raise Invalid("this key is taken", field="key", rule="taken")
    platform_id = uuid4()
    secret = setup.secret or secrets.token_urlsafe(SECRET_BYTES)
    new = Platform(
        tenant=tenant,
        platform_id=platform_id,
        version=Version.V1P1,
        name=setup.name,
        product=setup.product,
        state=State.RUNNING,
        issuer=issuer_of(key),
        client_id=key,
        authorization_url=None,
        token_url=None,
        token_audience=None,
        jwks_url=None,
        adopts_deployment=True,
        ancestors=(setup.site,),
        created_at=now,
        sealed_secret=_sealed(secret, tenant, platform_id, master_key),
    )
    platform_store.insert_platform(session, new)
    _audit(session, new, "add", by, now)
    return new, secret


def change_consumer(session: Session, tenant: str, platform_id: UUID, setup: Setup, *, by: str, now: datetime) -> Platform:
    """Changes what a platform is called, its product and its site; key and secret stay. Raises NotFound."""
    old = _locked(session, tenant, platform_id)
    changed = replace(old, name=setup.name, product=setup.product, ancestors=(setup.site,))
    platform_store.replace_platform(session, changed)
    _audit(session, changed, "change", by, now)
    return changed


def renew_secret(session: Session, tenant: str, platform_id: UUID, *, master_key: Secret, by: str, now: datetime) -> str:
    """Gives a platform a new secret, which is not shown again; launches with the old one are refused. Raises NotFound."""
    old = _locked(session, tenant, platform_id)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    platform_store.replace_platform(session, replace(old, sealed_secret=_sealed(secret, tenant, platform_id, master_key)))
    _audit(session, old, "renew_secret", by, now)
    return secret


def consumers(session: Session, tenant: str) -> list[Platform]:
    """The tenant's platforms of LTI 1.1, by name."""
    return [one for one in platforms.list_platforms(session, tenant) if one.version is Version.V1P1]


def get_consumer(session: Session, tenant: str, platform_id: UUID) -> Platform:
    """The platform. Raises NotFound, also for one of LTI 1.3."""
    return _legacy(platform_store.find_platform(session, tenant, platform_id))


def find_consumer(session: Session, consumer_key: str, *, master_key: Secret) -> Consumer | None:
    """Whose key that is, whichever tenant's, paused and not allowed ones too; None for nobody's."""
    found = _holders(session, consumer_key)
    if not found:
        return None
    return Consumer(found[0], _secret_or_none(found[0], master_key), is_allowed=store.allows(session, found[0].tenant))


def use_ticket(session: Session, tenant: str, session_id: str, *, now: datetime) -> bool:
    """Notes that a browser was led into this session; whether none had been before, to the knowledge of any process."""
    return launch_store.use(session, tenant, key_of(f"lti 1.1 ticket {session_id}"), now)


def secret_of(platform: Platform, master_key: Secret) -> str:
    """The secret that is shared with the platform. Raises SecretUnreadable when the master key is another one by now."""
    return unseal(master_key, platform.sealed_secret, tenant=platform.tenant, platform_id=platform.platform_id)


def judge_migration(
    session: Session, tenant: str, claims: Mapping[str, Any], *, client_id: str, master_key: Secret
) -> Migration | None:
    """What an ID token says that its user was under LTI 1.1, and whether that is proven by a secret of this tenant's.

    ``claims`` are the ID token's, which must be verified before anything follows from it; None when they say nothing.
    """
    claim = claims.get(LTI_1P1)
    key = claimed_consumer_key(claim)
    ours = [] if key is None else [one for one in _holders(session, key) if one.tenant == tenant]
    secret = _secret_or_none(ours[0], master_key) if ours else None
    deployment_id = str(claims.get(DEPLOYMENT_ID))
    return read_migration(claim, claims, client_id=client_id, deployment_id=deployment_id, secret=secret)


def _secret_or_none(platform: Platform, master_key: Secret) -> str | None:
    try:
        return secret_of(platform, master_key)
    except SecretUnreadable:
        return None


def _holders(session: Session, consumer_key: str) -> list[Platform]:
    return platform_store.find_platforms(session, issuer_of(consumer_key), consumer_key, Version.V1P1)


def _locked(session: Session, tenant: str, platform_id: UUID) -> Platform:
    return _legacy(platform_store.lock_platform(session, tenant, platform_id))


def _legacy(found: Platform | None) -> Platform:
    if found is None or found.version is not Version.V1P1:
        raise NotFound("there is no such platform of LTI 1.1", field="platform_id")
    return found


def _sealed(secret: str, tenant: str, platform_id: UUID, master_key: Secret) -> str:
    return seal(master_key, secrets.token_bytes(NONCE_BYTES), secret, tenant=tenant, platform_id=platform_id)


def _audit(session: Session, one: Platform, act: str, by: str, now: datetime) -> None:
    detail = {"name": one.name, "consumer_key": one.client_id, "ancestors": list(one.ancestors)}
    event = audit.AuditEvent(now, by, f"lti.platform.{act}", f"lti_platform:{one.platform_id}", detail)
    audit.record(session, one.tenant, event)
