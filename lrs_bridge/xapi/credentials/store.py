"""The queries of credentials."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from lrs_bridge.db import Session
from lrs_bridge.identity import Account, Mbox
from lrs_bridge.xapi.credentials.credential import Authority, Credential, Kept, Scope
from lrs_bridge.xapi.credentials.tables import credential


def add_credential(session: Session, new: Credential, secret_hash: str) -> None:
    """Keeps a new credential with the hash of its secret."""
    values = {
        "tenant_id": new.tenant,
        "key": new.key,
        "secret_hash": secret_hash,
        "created_at": new.created_at,
        "revoked_at": new.revoked_at,
        **_terms(new),
    }
    session.execute(insert(credential), values)


def change_credential(session: Session, changed: Credential) -> None:
    """Keeps what the credential's administrator may change."""
    query = update(credential).where(credential.c.tenant_id == changed.tenant, credential.c.key == changed.key)
    session.execute(query.values(_terms(changed)))


def find_credential(session: Session, tenant: str, key: str) -> Kept | None:
    """The credential and what is kept of its secrets, or None when there is no such key."""
    query = select(credential).where(credential.c.tenant_id == tenant, credential.c.key == key)
    row = session.execute(query).one_or_none()
    return None if row is None else Kept(_credential(row), row.secret_hash, row.earlier_secret_hash, row.earlier_until)


def list_credentials(session: Session, tenant: str) -> list[Credential]:
    """All of the tenant's credentials, by name."""
    query = select(credential).where(credential.c.tenant_id == tenant).order_by(credential.c.name, credential.c.key)
    return [_credential(row) for row in session.execute(query)]


def end_credential(session: Session, tenant: str, key: str, at: datetime) -> bool:
    """Lets the key work no longer from ``at`` on; whether there was such a key that worked."""
    query = update(credential).where(credential.c.tenant_id == tenant, credential.c.key == key, credential.c.revoked_at.is_(None))
    return session.execute(query.values(revoked_at=at)).rowcount == 1


def replace_secret(session: Session, tenant: str, key: str, secret_hash: str, *, earlier_until: datetime) -> None:
    """Keeps a new secret's hash; the one before works until then."""
    query = update(credential).where(credential.c.tenant_id == tenant, credential.c.key == key)
    values = {"earlier_secret_hash": credential.c.secret_hash, "earlier_until": earlier_until, "secret_hash": secret_hash}
    session.execute(query.values(values))


def _terms(of: Credential) -> dict[str, Any]:
    return {
        "name": of.name,
        "scopes": sorted(of.scopes),
        "expires_at": of.expires_at,
        "origins": list(of.origins) or None,
        "requests_per_minute": of.requests_per_minute,
        "note": of.note or None,
        "vouched_by": None if of.vouched_by is None else _authority_json(of.vouched_by),
    }


def _authority_json(authority: Authority) -> dict[str, str]:
    match authority.ifi:
        case Mbox(mbox):
            return {"name": authority.name, "mbox": mbox}
        case Account(home_page, name):
            return {"name": authority.name, "home_page": home_page, "account": name}
    return {"name": authority.name}


def _authority(kept: dict[str, str] | None) -> Authority | None:
    if kept is None:
        return None
    if "mbox" in kept:
        return Authority(kept["name"], Mbox(kept["mbox"]))
    return Authority(kept["name"], Account(kept["home_page"], kept["account"]) if "account" in kept else None)


def _credential(row: Any) -> Credential:
    return Credential(
        tenant=row.tenant_id,
        key=row.key,
        name=row.name,
        scopes=frozenset(Scope(name) for name in row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        origins=tuple(row.origins or ()),
        requests_per_minute=row.requests_per_minute,
        note=row.note or "",
        vouched_by=_authority(row.vouched_by),
    )
