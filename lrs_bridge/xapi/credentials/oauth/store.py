"""The queries of bearer tokens."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select

from lrs_bridge.db import Session
from lrs_bridge.xapi.credentials.credential import Scope
from lrs_bridge.xapi.credentials.oauth.tables import credential_token
from lrs_bridge.xapi.credentials.oauth.token import Grant


def add_token(session: Session, tenant: str, key: str, token_hash: str, grant: Grant) -> None:
    """Keeps a new token by its hash."""
    values = {
        "tenant_id": tenant,
        "key": key,
        "token_hash": token_hash,
        "scopes": sorted(grant.scopes),
        "issued_at": grant.issued_at,
        "expires_at": grant.expires_at,
    }
    session.execute(insert(credential_token), values)


def find_token(session: Session, tenant: str, key: str, token_hash: str) -> Grant | None:
    """What the token grants, None when there is no such token."""
    query = select(credential_token).where(*_is(tenant, key), credential_token.c.token_hash == token_hash)
    row = session.execute(query).one_or_none()
    return None if row is None else Grant(frozenset(Scope(name) for name in row.scopes), row.issued_at, row.expires_at)


def end_token(session: Session, tenant: str, key: str, token_hash: str) -> None:
    """Ends one token."""
    session.execute(delete(credential_token).where(*_is(tenant, key), credential_token.c.token_hash == token_hash))


def end_tokens(session: Session, tenant: str, key: str) -> None:
    """Ends all tokens of a key."""
    session.execute(delete(credential_token).where(*_is(tenant, key)))


def forget_tokens(session: Session, tenant: str, key: str, now: datetime, *, most: int) -> None:
    """Forgets the key's tokens that have ended, and the oldest beyond so many."""
    session.execute(delete(credential_token).where(*_is(tenant, key), credential_token.c.expires_at <= now))
    newest_first = credential_token.c.issued_at.desc(), credential_token.c.token_hash
    too_many = select(credential_token.c.token_hash).where(*_is(tenant, key)).order_by(*newest_first).offset(most)
    hashes = session.scalars(too_many).all()
    if hashes:
        session.execute(delete(credential_token).where(*_is(tenant, key), credential_token.c.token_hash.in_(hashes)))


def _is(tenant: str, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return credential_token.c.tenant_id == tenant, credential_token.c.key == key
