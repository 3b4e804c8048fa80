"""The queries of credentials."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from lrs_bridge.db import Session
from lrs_bridge.xapi.credentials.credential import Credential, Scope
from lrs_bridge.xapi.credentials.tables import credential


def add_credential(session: Session, new: Credential, secret_hash: str) -> None:
    """Keeps a new credential with the hash of its secret."""
    values = {
        "tenant_id": new.tenant,
        "key": new.key,
        "name": new.name,
        "secret_hash": secret_hash,
        "scopes": sorted(new.scopes),
        "created_at": new.created_at,
        "expires_at": new.expires_at,
        "revoked_at": new.revoked_at,
    }
    session.execute(insert(credential), values)


def find_credential(session: Session, tenant: str, key: str) -> tuple[Credential, str] | None:
    """The credential and its secret's hash, or None when there is no such key."""
    query = select(credential).where(credential.c.tenant_id == tenant, credential.c.key == key)
    row = session.execute(query).one_or_none()
    return None if row is None else (_credential(row), row.secret_hash)


def list_credentials(session: Session, tenant: str) -> list[Credential]:
    """All of the tenant's credentials, by name."""
    query = select(credential).where(credential.c.tenant_id == tenant).order_by(credential.c.name, credential.c.key)
    return [_credential(row) for row in session.execute(query)]


def end_credential(session: Session, tenant: str, key: str, at: datetime) -> bool:
    """Lets the key work no longer from ``at`` on; whether there was such a key that worked."""
    query = update(credential).where(credential.c.tenant_id == tenant, credential.c.key == key, credential.c.revoked_at.is_(None))
    return session.execute(query.values(revoked_at=at)).rowcount == 1


def _credential(row: Any) -> Credential:
    scopes = frozenset(Scope(name) for name in row.scopes)
    return Credential(row.tenant_id, row.key, row.name, scopes, row.created_at, row.expires_at, row.revoked_at)
