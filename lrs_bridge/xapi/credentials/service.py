"""The keys of learning systems: made, recognised, listed, changed, renewed and ended."""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from lrs_bridge.db import Session, audit
from lrs_bridge.errors import NotFound, Unauthenticated
from lrs_bridge.ports import PassIssuer
from lrs_bridge.xapi.credentials import store
from lrs_bridge.xapi.credentials.authorization import Basic, parse_authorization
from lrs_bridge.xapi.credentials.credential import (
    NO_HASH,
    SECRET_BYTES,
    Credential,
    Scope,
    common,
    matches,
    of_session,
    parse_scopes,
    secret_hash,
    tenant_of,
    until,
)
from lrs_bridge.xapi.credentials.oauth import store as tokens
from lrs_bridge.xapi.credentials.terms import Terms, terms_of

SYSTEM = "system"


def create_credential(
    session: Session,
    *,
    tenant: str,
    name: str,
    scopes: Iterable[str],
    now: datetime,
    expires_at: datetime | None = None,
) -> tuple[str, str]:
    """Makes a key that has a name, scopes and perhaps an end; see ``open_credential``. Raises Invalid for unknown scopes."""
    return open_credential(session, tenant, Terms(name, parse_scopes(scopes), expires_at=expires_at), now=now)


def open_credential(session: Session, tenant: str, terms: Terms, *, now: datetime, by: str = SYSTEM) -> tuple[str, str]:
    """Makes a key and its secret for a learning system; the secret is told this once only. ``by`` is as the audit log names it.

    A secret is letters and digits, since one that began with a hyphen would be taken for an option on a command line.
    """
    key, secret = f"{tenant}.{secrets.token_hex(8)}", secrets.token_hex(SECRET_BYTES)
    new = replace(Credential(tenant, key, terms.name, terms.scopes, now), **_values(terms))
    store.add_credential(session, new, secret_hash(secret))
    _audit(session, new, "credential.create", now, by, **_readable(terms))
    return key, secret


def authenticate(session: Session, header: str | None, now: datetime, launched: PassIssuer | None = None) -> Credential:
    """Who asks, by the Authorization header. A token's credential ends with it and has its scopes, as far as the key has them.

    Content that was launched asks with a key of its session, which ``launched`` knows. Raises Unauthenticated, in the same words
    and time whether key, secret or token is wrong.
    """
    said = parse_authorization(header)
    if isinstance(said, Basic):
        found = find_by_secret(session, said.key, said.secret, now) or _find_by_session(session, said, now, launched)
    else:
        found = _find_by_token(session, said.key, said.token, now)
    if found is None:
        raise Unauthenticated("the key or its secret is wrong, or the key has ended", field="Authorization")
    return found


def find_by_secret(session: Session, key: str, secret: str, now: datetime) -> Credential | None:
    """The credential of a key and its secret, None when either is wrong or the key has ended."""
    kept = store.find_credential(session, tenant_of(key), key)
    if kept is None:
        matches(secret, NO_HASH)
        return None
    return kept.verified(secret, now)


def _find_by_session(session: Session, said: Basic, now: datetime, launched: PassIssuer | None) -> Credential | None:
    found = launched.find_pass(session, said.key, said.secret, now) if launched else None
    return None if found is None else of_session(found)


def _find_by_token(session: Session, key: str, token: str, now: datetime) -> Credential | None:
    granted = tokens.find_token(session, tenant_of(key), key, secret_hash(token))
    kept = store.find_credential(session, tenant_of(key), key)
    if granted is None or kept is None:
        return None
    scopes = common(granted.scopes, kept.credential.scopes)
    found = until(replace(kept.credential, scopes=scopes), granted.expires_at)
    return found if scopes and found.is_valid(now) else None


def get_credential(session: Session, tenant: str, key: str) -> Credential:
    """The tenant's key. Raises NotFound."""
    kept = store.find_credential(session, tenant, key)
    if kept is None:
        raise NotFound(f"there is no key {key}", field="key")
    return kept.credential


def earlier_secret_until(session: Session, tenant: str, key: str, now: datetime) -> datetime | None:
    """Until when the secret before the present one works, None when there is none that does."""
    kept = store.find_credential(session, tenant, key)
    end = None if kept is None else kept.earlier_until
    return end if end is not None and now < end else None


def may_do_all(session: Session, tenant: str, key: str) -> bool:
    """Whether the key has scope all; it need not work any more."""
    kept = store.find_credential(session, tenant, key)
    return kept is not None and Scope.ALL in kept.credential.scopes


def list_credentials(session: Session, tenant: str) -> list[Credential]:
    """The tenant's keys, those that have ended too, by name."""
    return store.list_credentials(session, tenant)


def change_credential(session: Session, tenant: str, key: str, terms: Terms, *, now: datetime, by: str) -> Credential:
    """Gives the key other terms, which hold within a second. Raises NotFound when there is no such key that was not revoked."""
    before = _get_unrevoked(session, tenant, key, "change")
    changed = replace(before, **_values(terms))
    store.change_credential(session, changed)
    old, new = _readable(terms_of(before)), _readable(terms)
    differing = {name: [old[name], new[name]] for name in new if old[name] != new[name]}
    _audit(session, changed, "credential.change", now, by, **differing)
    return changed


def rotate_credential(session: Session, tenant: str, key: str, *, overlap: timedelta, now: datetime, by: str = SYSTEM) -> str:
    """A new secret for the key; the present one works on for the overlap. Without one, tokens end as well: it may have leaked.

    A secret that was still in its own overlap ends at once. Raises NotFound when there is no such key that works.
    """
    found = _get_unrevoked(session, tenant, key, "rotate")
    if not found.is_valid(now):
        raise NotFound(f"the key {key} has ended", field="key")
    secret = secrets.token_hex(SECRET_BYTES)
    store.replace_secret(session, tenant, key, secret_hash(secret), earlier_until=now + overlap)
    if not overlap:
        tokens.end_tokens(session, tenant, key)
    _audit(session, found, "credential.rotate", now, by, overlap_hours=overlap.total_seconds() / 3600)
    return secret


def revoke_credential(session: Session, tenant: str, key: str, now: datetime, *, by: str = SYSTEM) -> None:
    """Ends a key and its tokens, on every node within a second. Raises NotFound when there is no such key that works."""
    found = _get_unrevoked(session, tenant, key, "revoke")
    store.end_credential(session, tenant, key, now)
    tokens.end_tokens(session, tenant, key)
    _audit(session, found, "credential.revoke", now, by)


def _get_unrevoked(session: Session, tenant: str, key: str, verb: str) -> Credential:
    kept = store.find_credential(session, tenant, key)
    if kept is None or kept.credential.revoked_at is not None:
        raise NotFound(f"there is no key {key} to {verb}", field="key")
    return kept.credential


def _values(terms: Terms) -> dict[str, Any]:
    return {name: getattr(terms, name) for name in Terms.__dataclass_fields__}


def _readable(terms: Terms) -> dict[str, Any]:
    """The terms as the audit log keeps them."""
    return {
        **_values(terms),
        "scopes": sorted(terms.scopes),
        "origins": list(terms.origins),
        "expires_at": terms.expires_at and terms.expires_at.isoformat(),
        "vouched_by": msgspec.to_builtins(terms.vouched_by),
    }


def _audit(session: Session, of: Credential, action: str, now: datetime, by: str, **detail: Any) -> None:
    audit.record(session, of.tenant, audit.AuditEvent(now, by, action, f"credential:{of.key}", detail))
