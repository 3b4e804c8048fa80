"""Results that platforms graded: asked for column by column, kept as they came, and handed in as completions."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from lrs_bridge.completion import Completion, Retraction, SourceKey
from lrs_bridge.db import Session, audit
from lrs_bridge.errors import Forbidden, Invalid, NotFound
from lrs_bridge.lti.advantage.grades import LineItem, Result, parse_result
from lrs_bridge.lti.advantage.paging import is_same_origin
from lrs_bridge.lti.results import store
from lrs_bridge.lti.results.column import LEASE, Column, in_turn, pause
from lrs_bridge.lti.results.outcome import (
    SOURCE,
    completion_id,
    digest_of,
    is_echo,
    is_same,
    parse_id,
    result_key,
    takes_back,
    to_completion,
)
from lrs_bridge.lti.results.store import Kept, Place
from lrs_bridge.ports import CompletionSink

__all__ = ["Place"]

LOOKED_AT = 50
AT_A_TIME = 5
"""How many columns of one platform are asked before the others have their turn again."""
GRADED_ANEW = "graded anew by the learning platform"


# Columns


def places(session: Session, tenant: str, platform_id: UUID) -> list[Place]:
    """The links of a platform that lead to a course's gradebook, by course."""
    return store.find_places(session, tenant, platform_id)


def get_place(session: Session, tenant: str, link_id: UUID) -> Place:
    """The link with that id. Raises NotFound when it leads to no gradebook, Forbidden when its columns are not ours to list."""
    place = store.find_place(session, tenant, link_id)
    if place is None:
        raise NotFound("there is no such link with a gradebook", field="link_id")
    if not place.may_list:
        raise Forbidden("the platform lets us not list this gradebook's columns", rule="LTI AGS 2.0 3.1.1")
    return place


def columns(session: Session, tenant: str, platform_id: UUID) -> list[Column]:
    """The columns of a platform whose results are brought here, by label."""
    return store.list_columns(session, tenant, platform_id)


def get_column(session: Session, tenant: str, line_item_id: UUID) -> Column:
    """The column with that id. Raises NotFound when its results are not brought here."""
    found = store.find_column(session, tenant, line_item_id)
    if found is None:
        raise NotFound("the results of this column are not brought here", field="line_item_id")
    return found


def watch(session: Session, tenant: str, place: Place, item: LineItem, *, by: str, now: datetime) -> UUID:
    """Brings the results of a column here from now on; gives its id.

    Raises Forbidden when they are not ours to read, and Invalid for an address that is not the gradebook's: tokens go there.
    """
    if not place.may_read:
        raise Forbidden("the platform lets us not read results here", rule="LTI AGS 2.0 3.1.1")
    if not is_same_origin(place.lineitems_url, item.url):
        raise Invalid("this column is not of the gradebook that was asked", field="url", rule="tokens stay with their service")
    is_own = store.is_own(session, tenant, place.platform_id, item.url)
    line_item_id = store.watch(session, tenant, place, item.url, item.label, is_own=is_own, now=now)
    detail = {"url": item.url, "label": item.label}
    audit.record(session, tenant, audit.AuditEvent(now, by, "lti_results.watch", f"lti_platform:{place.platform_id}", detail))
    return line_item_id


def unwatch(session: Session, tenant: str, line_item_id: UUID, *, by: str, now: datetime) -> None:
    """Brings the results of a column no more; what came stays. Raises NotFound."""
    column = get_column(session, tenant, line_item_id)
    store.unwatch(session, tenant, line_item_id)
    subject = f"lti_platform:{column.platform_id}"
    audit.record(session, tenant, audit.AuditEvent(now, by, "lti_results.unwatch", subject, {"url": column.url}))


def watch_own(session: Session, now: datetime) -> int:
    """Brings the results of the columns that our scores go to, where the platform lets us; how many are new.

    A column that is known stays as it is: an administrator may want its results no more.
    """
    found = store.find_own_unknown(session, LOOKED_AT)
    return sum(
        store.insert_column(session, one.tenant, one.platform_id, one.link_id, one.url, one.title, is_own=True, now=now)
        for one in found
    )


# Asked for


def due(session: Session, now: datetime, *, without: Collection[UUID] = ()) -> list[Column]:
    """The next columns whose turn it is, of any tenant: a few of each platform in turn, but for those ``without``."""
    waiting = store.find_platforms_due(session, now, without)
    return in_turn([store.find_due(session, tenant, platform_id, now, AT_A_TIME) for tenant, platform_id in waiting])


def take(session: Session, column: Column, *, now: datetime, lease: timedelta = LEASE) -> bool:
    """Takes a column to ask for its results; False when somebody else has."""
    return store.claim(session, column, until=now + lease)


def fail(session: Session, column: Column, reason: str, *, is_silent: bool = False, spread: float, now: datetime) -> None:
    """Notes why asking failed; it is asked again later and later.

    Where the platform ``is_silent``, which is to say that it did not answer, none of its columns is asked before that.
    """
    next_at = now + pause(column.failures + 1, spread)
    store.settle(session, column, asked_at=None, next_at=next_at, reason=reason)
    if is_silent:
        store.put_off(session, column.tenant, column.platform_id, until=next_at, now=now)


def keep(
    session: Session, column: Column, found: Collection[Result], sink: CompletionSink, *, spread: float, now: datetime
) -> int:
    """Keeps what the results say that is new and hands it in; how many were news.

    What only echoes our own score is none; where it says so again after it said something else, it takes that back.
    """
    store.lock_column(session, column.tenant, column.line_item_id)
    newest = {result_key(column.line_item_id, result.subject): result for result in found}
    kept = store.find_kept(session, column.tenant, column.line_item_id, newest)
    sent = store.find_sent(session, column.tenant, column.platform_id, column.url) if column.is_own else {}
    completions: list[Completion] = []
    retractions: list[Retraction] = []
    news = 0
    for key, result in sorted(newest.items()):
        before = kept.get(key, [])
        echoes = is_echo(result, sent.get(result.subject, ()))
        if is_same(result, _read(before[-1]) if before else None) or (echoes and not before):
            continue
        news += 1
        completions += _kept(session, column, key, result, number=len(before) + 1, counts=not echoes, now=now)
        retractions += _taken_back(session, column.tenant, result, before, now, all_of_it=echoes)
    sink.receive(session, completions, now=now)
    sink.retract(session, retractions, now=now)
    store.settle(session, column, asked_at=now, next_at=now + pause(0, spread), reason=None)
    return news


def _read(kept: Kept) -> Result | None:
    return parse_result(kept.document)


def _kept(
    session: Session, column: Column, key: str, result: Result, *, number: int, counts: bool, now: datetime
) -> list[Completion]:
    completion = to_completion(result, column, number=number, seen_at=now) if counts else None
    new = Kept(key, number, result.document, counts=completion is not None)
    store.insert_result(session, column, new, result.subject, digest_of(result.document), now)
    return [] if completion is None else [completion]


def _taken_back(
    session: Session, tenant: str, result: Result, before: list[Kept], now: datetime, *, all_of_it: bool
) -> list[Retraction]:
    """What the result takes back of what was handed in before."""
    gone = []
    for kept in before:
        earlier = _read(kept) if kept.counts else None
        if earlier is not None and (all_of_it or takes_back(result, earlier)):
            store.discount(session, tenant, kept)
            gone.append(Retraction(SourceKey(tenant, SOURCE, completion_id(kept.key, kept.number)), now, GRADED_ANEW))
    return gone


class ResultEvidence:
    """Reads results as platforms gave them; implements ``ports.EvidenceSource`` for the source ``lti``."""

    def evidence_bytes(self, session: Session, tenant: str, source: str, id: str) -> bytes | None:
        """The result's JSON, or None when there is none under that id."""
        named = parse_id(id) if source == SOURCE else None
        document = store.find_document(session, tenant, *named) if named else None
        return None if document is None else document.encode()
