"""The journal of requests: written down in batches, and read for a key's page."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lrs_bridge.db import Session
from lrs_bridge.xapi.credentials.journal import compatibility, store
from lrs_bridge.xapi.credentials.journal.advice import Reason, reason_of
from lrs_bridge.xapi.credentials.journal.buffer import Entry
from lrs_bridge.xapi.credentials.journal.compatibility import Found
from lrs_bridge.xapi.credentials.journal.digest import RECENT, REJECTED, UNKNOWN, Line, counts_of, lines_of

LINES_KEPT = timedelta(days=30)
COUNTS_KEPT = timedelta(days=400)
REPORTED = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Requests that were refused for the same reason: how many of those kept, the last one, and the first one's time."""

    reason: Reason
    times: int
    last: Line
    first_at: datetime


@dataclass(frozen=True, slots=True)
class Usage:
    """What is known of a key's requests: the newest, the refusals of the last month by reason, the report of the last quarter."""

    newest: list[Line]
    refusals: list[Refusal]
    report: list[Found]


def flush(session: Session, entries: Sequence[Entry], now: datetime) -> None:
    """Writes noted requests down, and forgets what is too old or too much.

    Those that name no tenant with keys are not kept, unless they are of an attempt.
    """
    tenants = store.known_tenants(session, {entry.tenant for entry in entries})
    tenants |= {entry.tenant for entry in entries if entry.of_attempt}
    for tenant in sorted(tenants):
        _flush_tenant(session, tenant, [entry for entry in entries if entry.tenant == tenant], now)


def _flush_tenant(session: Session, tenant: str, entries: Sequence[Entry], now: datetime) -> None:
    known = store.known_keys(session, tenant, {entry.key for entry in entries})
    lines = lines_of(entries, known)
    store.add_lines(session, tenant, lines)
    store.add_counts(session, tenant, counts_of(entries, known))
    for key, rejected in sorted({(line.key, line.rejected) for line in lines}):
        most = REJECTED if rejected else RECENT
        store.trim_lines(session, tenant, key, rejected=rejected, most=most, since=now - LINES_KEPT)
    for key in sorted(known):
        store.trim_counts(session, tenant, key, now - COUNTS_KEPT)


def usage(session: Session, tenant: str, key: str, now: datetime) -> Usage:
    """What a key asked lately."""
    accepted = store.newest_lines(session, tenant, key, rejected=False, limit=RECENT)
    rejected = store.newest_lines(session, tenant, key, rejected=True, limit=REJECTED)
    newest = sorted([*accepted, *rejected], key=lambda line: line.at, reverse=True)[:RECENT]
    uses = store.uses_since(session, tenant, key, now - REPORTED)
    return Usage(newest, refusals(rejected), compatibility.report(uses))


def refused_in_attempt(session: Session, tenant: str, key: str) -> list[Refusal]:
    """What was refused of an attempt at a course that we launched, by reason. ``key`` is the attempt's (own.naming.own_key)."""
    return refusals(store.newest_lines(session, tenant, key, rejected=True, limit=REJECTED))


def forget(session: Session, tenant: str, keys: Collection[str]) -> None:
    """Erases what is kept of these keys' requests."""
    store.delete_lines(session, tenant, keys)


def unknown_keys(session: Session, tenant: str) -> list[Refusal]:
    """Refused requests under keys that the tenant does not have, by reason."""
    return refusals(store.newest_lines(session, tenant, UNKNOWN, rejected=True, limit=REJECTED))


def last_hours(session: Session, tenant: str) -> dict[str, datetime]:
    """The beginning of the last hour in which each key was used, of the tenant's keys that ever were."""
    return store.last_hours(session, tenant)


def refusals(newest_first: Sequence[Line]) -> list[Refusal]:
    """Refused requests brought together by what was wrong, the latest first."""
    groups: dict[tuple[Reason, str | None, str | None, str], list[Line]] = {}
    for line in newest_first:
        groups.setdefault((reason_of(line), line.field, line.rule, line.named), []).append(line)
    return [Refusal(reason, len(lines), lines[0], lines[-1].at) for (reason, *_), lines in groups.items()]
