"""The queries of the journal. All are bounded by key and walk one index."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from lrs_bridge.db import Session
from lrs_bridge.xapi.credentials.journal.compatibility import Use
from lrs_bridge.xapi.credentials.journal.digest import Count, Kind, Line
from lrs_bridge.xapi.credentials.journal.tables import credential_request, credential_use
from lrs_bridge.xapi.credentials.tables import credential

_COUNTS = ("requests", "rejected", "alternate", "alternate_text")
_SHOWN = (
    *("key", "at", "method", "resource", "version", "status", "code", "field"),
    *("rule", "message", "origin", "program", "alternate", "named"),
)


def known_tenants(session: Session, tenants: Collection[str]) -> set[str]:
    """Those of the tenants that have keys at all."""
    query = select(credential.c.tenant_id).distinct().where(credential.c.tenant_id.in_(tenants))
    return set(session.scalars(query))


def known_keys(session: Session, tenant: str, keys: Collection[str]) -> set[str]:
    """Those of the keys that are the tenant's."""
    query = select(credential.c.key).where(credential.c.tenant_id == tenant, credential.c.key.in_(keys))
    return set(session.scalars(query))


def add_lines(session: Session, tenant: str, lines: Iterable[Line]) -> None:
    """Keeps requests."""
    rows = [
        {"tenant_id": tenant, "request_id": uuid4(), "rejected": line.rejected, **{name: getattr(line, name) for name in _SHOWN}}
        for line in lines
    ]
    if rows:
        session.execute(insert(credential_request), rows)


def add_counts(session: Session, tenant: str, counts: Mapping[Kind, Count]) -> None:
    """Adds to what was counted before. Rows are locked in the order of their keys, so that workers don't lock each other out."""
    rows = [
        {"tenant_id": tenant, **kind._asdict(), **{name: getattr(counts[kind], name) for name in _COUNTS}}
        for kind in sorted(counts)
    ]
    if not rows:
        return
    new = (postgres_insert if session.dialect.name == "postgresql" else sqlite_insert)(credential_use)
    added = {name: credential_use.c[name] + new.excluded[name] for name in _COUNTS}
    session.execute(new.on_conflict_do_update(index_elements=credential_use.primary_key.columns.keys(), set_=added), rows)


def trim_lines(session: Session, tenant: str, key: str, *, rejected: bool, most: int, since: datetime) -> None:
    """Leaves the newest requests of a key: at most so many (and those of the same instant), none from before ``since``."""
    ours = _lines(tenant, key, rejected=rejected)
    newest_first = select(credential_request.c.at).where(*ours).order_by(credential_request.c.at.desc())
    oldest_kept = session.scalar(newest_first.offset(most - 1).limit(1))
    before = since if oldest_kept is None else max(since, oldest_kept)
    session.execute(delete(credential_request).where(*ours, credential_request.c.at < before))


def delete_lines(session: Session, tenant: str, keys: Collection[str]) -> None:
    """Deletes all requests under these keys."""
    theirs = credential_request.c.tenant_id == tenant, credential_request.c.key.in_(keys)
    session.execute(delete(credential_request).where(*theirs))


def trim_counts(session: Session, tenant: str, key: str, since: datetime) -> None:
    """Forgets a key's counts from before ``since``."""
    session.execute(delete(credential_use).where(*_uses(tenant, key), credential_use.c.hour < since))


def newest_lines(session: Session, tenant: str, key: str, *, rejected: bool, limit: int) -> list[Line]:
    """The newest requests of a key, newest first."""
    query = select(*(credential_request.c[name] for name in _SHOWN)).where(*_lines(tenant, key, rejected=rejected))
    newest = query.order_by(credential_request.c.at.desc(), credential_request.c.request_id).limit(limit)
    return [Line(**row) for row in session.execute(newest).mappings()]


def uses_since(session: Session, tenant: str, key: str, since: datetime) -> list[Use]:
    """What was counted for a key since then, by version header and program."""
    by = credential_use.c.version, credential_use.c.program
    sums: list[Any] = [func.sum(credential_use.c[name]).label(name) for name in _COUNTS]
    query = select(*by, *sums).where(*_uses(tenant, key), credential_use.c.hour >= since).group_by(*by).order_by(*by)
    return [
        Use(row["version"], row["program"], Count(*(int(row[name]) for name in _COUNTS)))
        for row in session.execute(query).mappings()
    ]


def last_hours(session: Session, tenant: str) -> dict[str, datetime]:
    """The last hour in which each of the tenant's keys asked anything."""
    query = select(credential_use.c.key, func.max(credential_use.c.hour, type_=credential_use.c.hour.type).label("hour"))
    rows = session.execute(query.where(credential_use.c.tenant_id == tenant).group_by(credential_use.c.key))
    return {row.key: row.hour for row in rows}


def _lines(tenant: str, key: str, *, rejected: bool) -> tuple[ColumnElement[bool], ...]:
    return (
        credential_request.c.tenant_id == tenant,
        credential_request.c.key == key,
        credential_request.c.rejected == rejected,
    )


def _uses(tenant: str, key: str) -> tuple[ColumnElement[bool], ...]:
    return credential_use.c.tenant_id == tenant, credential_use.c.key == key
