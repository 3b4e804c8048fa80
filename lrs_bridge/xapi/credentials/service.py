"""The keys of learning systems: made, recognised, listed and ended."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from lrs_bridge.db import Session
from lrs_bridge.errors import NotFound, Unauthenticated
from lrs_bridge.xapi.credentials import store
from lrs_bridge.xapi.credentials.credential import SECRET_BYTES, Credential, matches, parse_scopes, secret_hash, tenant_of

_NOBODY = "0" * 64


def create_credential(
    session: Session,
    *,
    tenant: str,
    name: str,
    scopes: Iterable[str],
    now: datetime,
    expires_at: datetime | None = None,
) -> tuple[str, str]:
    """Makes a key and its secret for a learning system; the secret is told this once only. Raises Invalid for unknown scopes.

    A secret is letters and digits, since one that began with a hyphen would be taken for an option on a command line.
    """
    key, secret = f"{tenant}.{secrets.token_hex(8)}", secrets.token_hex(SECRET_BYTES)
    new = Credential(tenant, key, name, parse_scopes(scopes), now, expires_at)
    store.add_credential(session, new, secret_hash(secret))
    return key, secret


def authenticate(session: Session, key: str, secret: str, now: datetime) -> Credential:
    """Who has this key. Raises Unauthenticated, in the same words and time whether key or secret is wrong."""
    found = store.find_credential(session, tenant_of(key), key)
    credential, kept_hash = found or (None, _NOBODY)
    if not matches(secret, kept_hash) or credential is None or not credential.is_valid(now):
        raise Unauthenticated("the key or its secret is wrong, or the key has ended", field="Authorization")
    return credential


def revoke_credential(session: Session, tenant: str, key: str, now: datetime) -> None:
    """Ends a key at once. Raises NotFound when there is no such key that works."""
    if not store.end_credential(session, tenant, key, now):
        raise NotFound(f"there is no key {key} to revoke", field="key")


def list_credentials(session: Session, tenant: str) -> list[Credential]:
    """The tenant's keys, those that have ended too, by name."""
    return store.list_credentials(session, tenant)
