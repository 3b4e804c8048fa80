"""What the LRS does: stores statements all or none, finds them again, and knows whose keys may do so."""

import hashlib
import os
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID, uuid4

import msgspec
import orjson

from lrs_bridge.completion import Completion, Retraction
from lrs_bridge.db import Lock, Session, hold
from lrs_bridge.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from lrs_bridge.ports import Arriving, CompletionSink, StatementRule
from lrs_bridge.xapi.credentials.credential import Credential, Scope
from lrs_bridge.xapi.credentials.service import may_do_all
from lrs_bridge.xapi.model.equivalence import is_equivalent
from lrs_bridge.xapi.model.payload import complete, written
from lrs_bridge.xapi.model.references import References, agents_of, points, references_of
from lrs_bridge.xapi.model.statement import Statement
from lrs_bridge.xapi.model.version import Version
from lrs_bridge.xapi.retention import service as retention
from lrs_bridge.xapi.statements import sequence, store
from lrs_bridge.xapi.statements.outcome import SOURCE, source_key, to_completion
from lrs_bridge.xapi.statements.pages import store as pages
from lrs_bridge.xapi.statements.query import Query, Single, confirms

MAX_CHAIN = 32
"""How many statements one statement can point at, itself and through others, for filters to follow."""

CLOCK_SKEW = timedelta(seconds=1)
"""How far the clocks of those who store may be apart, or be set back, without ``consistent_through`` saying too much."""


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """``ids`` in the order received; ``stored`` those that are new, ``replayed`` those that were there already, the same.

    ``completions`` counts what was handed on to the plan side.
    """

    ids: tuple[UUID, ...]
    stored: frozenset[UUID]
    replayed: frozenset[UUID]
    completions: int


@dataclass(frozen=True, slots=True)
class Page:
    """Payloads in order, each exactly as stored. ``last`` is where the next page begins, None when this is the last one."""

    payloads: tuple[str, ...]
    last: int | None


class _Prepared(msgspec.Struct, frozen=True):
    """A statement on its way in: its row, what else it refers to, and what these were made from."""

    row: store.NewStatement
    related: tuple[int, ...]
    statement: Statement
    stored_at: datetime


@dataclass(frozen=True, slots=True)
class _Form:
    """What of a statement's stored form its sender decides."""

    version: Version
    keep_authority: bool


# --- storing ---------------------------------------------------------------------------------------------------------------


def store_statements(
    session: Session,
    batch: Sequence[Statement],
    *,
    credential: Credential,
    home_page: str,
    now: datetime,
    sink: CompletionSink,
    clock: Callable[[], datetime] | None = None,
    version: Version = Version.V1,
    keep_authority: bool = False,
    new_id: Callable[[], UUID] = uuid4,
    rule: StatementRule | None = None,
) -> StoredBatch:
    """Stores a batch of valid statements whose ids differ, all or none, and hands their completions and voidings on.

    ``home_page`` is the account home page of the authority that the LRS sets. ``now`` is read in this transaction, and ``clock``
    again once ``consistent_through`` knows of it, which is what makes that true; without one everything happens ``now``.

    ``version`` is the request's, which statements without a version of their own get; ``keep_authority`` leaves an authority that
    came along as it is, for sources that are trusted with it (Data 2.4.9). Where there is a ``rule``, it has its say before and
    after, and makes completions in its own way.

    A statement whose id is there already is compared: the same (Data 2.3.1) changes nothing. Raises Forbidden without the scope,
    Conflict when an id stands for something else, or for what was erased, and Invalid when a statement would void one that voids
    (Data 2.3.2).
    """
    credential.require_write()
    tenant = credential.tenant
    hold(session, *locks_for(batch, tenant, now))
    now = clock() if clock else now
    if rule is not None:
        rule.before(session, [Arriving(one.id, one.value) for one in batch], now=now)
    form = _Form(version, keep_authority=keep_authority)
    prepared = _prepare(batch, credential, home_page, now, new_id=new_id, form=form)
    related = {one.row.seq: one.related for one in prepared}
    inserted = store.insert_statements(session, tenant, [one.row for one in prepared], related)
    new_ids = inserted.new
    retention.refuse_erased(session, tenant, new_ids)
    new, replayed = prepared, list[_Prepared]()
    if len(new_ids) < len(prepared):
        new = [one for one in prepared if one.row.statement_id in new_ids]
        replayed = [one for one in prepared if one.row.statement_id not in new_ids]
        _require_same(session, tenant, replayed)
    voided = _link(session, credential, new, inserted.pointing)
    after = max([now, *(one.stored_at for one in new)])  # nothing that follows from a statement comes before it
    if rule is None:
        completions = _hand_on(session, credential, new, voided, sink=sink, now=after)
    else:
        completions = rule.after(session, _arrived(new), _arrived(replayed), now=after)
    return StoredBatch(
        ids=tuple(one.row.statement_id for one in prepared),
        stored=new_ids,
        replayed=frozenset(one.row.statement_id for one in replayed),
        completions=completions,
    )


def _arrived(some: Sequence[_Prepared]) -> list[Arriving]:
    return [Arriving(one.row.statement_id, one.statement.value) for one in some]


def locks_for(batch: Sequence[Statement], tenant: str, now: datetime) -> tuple[Lock, ...]:
    """What ``store_statements`` holds; a transaction that begins with these locks saves asking for them."""
    return store.locks(tenant, exclusive=any(points(one.value) for one in batch), began_at=now)


def _prepare(
    batch: Sequence[Statement], credential: Credential, home_page: str, now: datetime, *, new_id: Callable[[], UUID], form: _Form
) -> list[_Prepared]:
    own_authority = credential.authority(home_page)
    authority_json, authority = orjson.dumps(own_authority), agents_of(credential.tenant, own_authority)
    prepared = []
    for statement, seq in zip(batch, _sequence(os.getpid()).take(now, len(batch)), strict=True):
        stored_at = sequence.stored_at(seq)
        statement_id = statement.id or new_id()
        payload = complete(
            statement,
            id=statement_id,
            stored=written(stored_at),
            authority=authority_json,
            version=form.version,
            keep_authority=form.keep_authority,
        )
        given = statement.value.get("authority") if form.keep_authority else None
        refs = references_of(credential.tenant, statement.value, agents_of(credential.tenant, given) if given else authority)
        prepared.append(_Prepared(_row(credential, seq, statement_id, refs, payload), refs.related, statement, stored_at))
    return prepared


@cache
def _sequence(process_id: int) -> sequence.Sequence:
    """The numbers of this process; a forked worker has another id and so gets bits of its own."""
    return sequence.Sequence(secrets.randbits(sequence.WORKER_BITS) ^ process_id)


def _row(credential: Credential, seq: int, statement_id: UUID, refs: References, payload: bytes) -> store.NewStatement:
    return store.NewStatement(
        credential.tenant,
        seq,
        statement_id,
        credential.key,
        refs.actor,
        refs.verb,
        refs.object,
        refs.registration,
        refs.target,
        refs.voids,
        voided=False,
        payload=payload.decode(),
        digest=hashlib.sha256(payload).digest(),
    )


def _require_same(session: Session, tenant: str, replayed: Sequence[_Prepared]) -> None:
    kept = store.payloads(session, tenant, [one.row.statement_id for one in replayed])
    for one in replayed:
        statement_id = one.row.statement_id
        if (
            statement_id not in kept
        ):  # refused for its number, not its id: another worker drew the same bits in the same microsecond
            raise Unavailable("the statement could not be numbered; send it again")
        if not is_equivalent(one.statement.value, orjson.loads(kept[statement_id])):
            raise Conflict(
                f"another statement with the id {statement_id} is stored", field="id", rule="xAPI 1.0.3 Communication 2.1.2"
            )


def _link(session: Session, credential: Credential, new: Sequence[_Prepared], referring: Sequence[store.Link]) -> frozenset[UUID]:
    """Connects new statements with those that they point at and that point at them; the ids that are voided by that."""
    if not referring and not any(one.row.target_id for one in new):
        return frozenset()
    tenant = credential.tenant
    own = {link.statement_id: link for link in map(_own_link, new)}
    pointing = {link.seq: link for link in referring if link.target_id in own}
    pointing |= {link.seq: link for link in own.values() if link.target_id is not None}
    if not pointing:
        return frozenset()
    wanted = {link.target_id for link in pointing.values() if link.target_id is not None}
    targets = own | {link.statement_id: link for link in store.links(session, tenant, wanted - own.keys())}
    voided = _voided(session, credential, pointing.values(), targets, own)
    store.mark_voided(session, tenant, voided)
    _extend_chains(session, tenant, [link for link in pointing.values() if link.target_id in targets], targets)
    return voided


def _own_link(one: _Prepared) -> store.Link:
    row = one.row
    return store.Link(row.seq, row.statement_id, row.target_id, row.voids, row.credential_key)


def _voided(
    session: Session,
    credential: Credential,
    pointing: Collection[store.Link],
    targets: Mapping[UUID, store.Link],
    own: Collection[UUID],
) -> frozenset[UUID]:
    """Raises Forbidden when this key would void what another stored, and Invalid when it would void what voids (Data 2.3.2)."""
    voided = set()
    for link in pointing:
        target = targets.get(link.target_id) if link.voids and link.target_id else None
        if target is None:  # it may come later
            continue
        if not target.voids:
            if _may_void(session, credential, link, target):
                voided.add(target.statement_id)
            elif link.statement_id in own:
                message = "this key may void only what it stored itself"
                raise Forbidden(message, field="object.id", rule="xAPI 1.0.3 Data 2.3.2")
        elif link.statement_id in own:
            raise Invalid("a statement that voids can't be voided itself", field="object.id", rule="xAPI 1.0.3 Data 2.3.2")
    return frozenset(voided)


def _may_void(session: Session, credential: Credential, link: store.Link, target: store.Link) -> bool:
    """Whether the key of ``link`` may void the target: what it stored itself, and with scope all anything.

    The standard leaves it to the LRS (Data 2.3.2); whoever may void takes completions back, too.
    """
    if link.credential_key == target.credential_key:
        return True
    if link.credential_key == credential.key:
        return Scope.ALL in credential.scopes
    return may_do_all(session, credential.tenant, link.credential_key)


def _extend_chains(session: Session, tenant: str, joined: Sequence[store.Link], targets: Mapping[UUID, store.Link]) -> None:
    """Notes what can be reached through links that have just found their targets, from both of their ends.

    A statement points at one other, so what it reaches is a path; as each is followed through MAX_CHAIN statements at most, no
    chain, however long, costs more than that many rows for each of its statements.
    """
    if not joined:
        return
    above = _above(session, tenant, joined)
    known = above | _below(session, tenant, {link.statement_id: link for link in joined} | dict(targets))
    new = {link.seq for link in joined}
    store.add_targets(
        session, tenant, ((link.seq, target) for link in above.values() for target in _newly_reached(link, known, new))
    )


def _above(session: Session, tenant: str, joined: Iterable[store.Link]) -> dict[UUID, store.Link]:
    """These links, and those that lead to them through few enough others."""
    found = level = {link.statement_id: link for link in joined}
    for _ in range(MAX_CHAIN - 1):
        pointing = store.referrers(session, tenant, level)
        level = {link.statement_id: link for link in pointing if link.statement_id not in found}
        if not level:
            break
        found = found | level
    return found


def _below(session: Session, tenant: str, known: Mapping[UUID, store.Link]) -> dict[UUID, store.Link]:
    """These links, and those that they lead to through few enough others."""
    found, level = dict(known), list(known.values())
    for _ in range(MAX_CHAIN):
        level = store.links(session, tenant, {link.target_id for link in level if link.target_id} - found.keys())
        if not level:
            break
        found |= {link.statement_id: link for link in level}
    return found


def _newly_reached(link: store.Link, known: Mapping[UUID, store.Link], new: Collection[int]) -> Iterator[int]:
    """The numbers of what a statement reaches through one of the new links; a circle ends where it closes."""
    seen, is_new = {link.seq}, False
    for _ in range(MAX_CHAIN):
        is_new = is_new or link.seq in new
        target = known.get(link.target_id) if link.target_id else None
        if target is None or target.seq in seen:
            return
        if is_new:
            yield target.seq
        seen.add(target.seq)
        link = target


def _hand_on(
    session: Session,
    credential: Credential,
    new: Sequence[_Prepared],
    voided: frozenset[UUID],
    *,
    sink: CompletionSink,
    now: datetime,
) -> int:
    standing = [one for one in new if one.row.statement_id not in voided] if voided else new
    completions = [_completion(one, credential) for one in standing]
    claimed = [completion for completion in completions if completion is not None]
    if claimed:
        sink.receive(session, claimed, now=now)
    taken_back = voided - {one.row.statement_id for one in new} if voided else voided
    retractions = [_retraction(one, credential) for one in new if one.row.voids and one.row.target_id in taken_back]
    if retractions:
        sink.retract(session, retractions, now=now)
    return len(claimed)


def _completion(one: _Prepared, credential: Credential) -> Completion | None:
    return to_completion(
        one.statement.value,
        id=one.row.statement_id,
        tenant=credential.tenant,
        asserted_by=credential.name,
        evidence=f"sha-256:{one.row.digest.hex()}",
        stored_at=one.stored_at,
    )


def _retraction(one: _Prepared, credential: Credential) -> Retraction:
    assert one.row.target_id is not None  # noqa: S101  only what points at a statement voids it
    reason = f"voided by statement {one.row.statement_id} from {credential.name}"
    return Retraction(source_key(credential.tenant, one.row.target_id), one.stored_at, reason)


# --- finding ---------------------------------------------------------------------------------------------------------------


def get_statement(session: Session, credential: Credential, asked: Single) -> tuple[str, datetime]:
    """The payload of one statement and when it was stored. Raises NotFound, and Forbidden without a scope to read."""
    writer = credential.writer_to_read()
    found = store.find_one(session, credential.tenant, asked.id, voided=asked.voided, writer=writer)
    if found is None:
        kind = "voided statement" if asked.voided else "statement"
        raise NotFound(f"there is no {kind} {asked.id}", field="voidedStatementId" if asked.voided else "statementId")
    seq, payload = found
    return payload, sequence.stored_at(seq)


def query_statements(session: Session, credential: Credential, query: Query) -> Page:
    """A page of the statements that fit, at most ``query.limit`` and pages.MOST_PAGE_BYTES. Raises Forbidden without a scope."""
    writer = credential.writer_to_read()
    sheet = pages.find_page(session, credential.tenant, query, writer=writer)
    return Page(tuple([one.payload for one in sheet.found if confirms(one.evidence, query.wanted)]), sheet.last)


def consistent_through(session: Session, tenant: str | None, now: datetime) -> datetime:
    """Until when all that will ever have been stored for the tenant is visible to whoever begins to read after this.

    ``now`` is read before the call. Transactions that store hold it back for as long as they are open. Without a tenant, as for a
    request that names none, it may be earlier than it need be.
    """
    return min(now, store.oldest_unseen(session, tenant, now)) - CLOCK_SKEW


def observe(session: Session, tenant: str | None, now: datetime) -> datetime:
    """``consistent_through``, and a look at what the tenant's newest statement is, so that what this process stores comes later.

    Other nodes' clocks may be ahead of this one's, and this one's may have been set back since its statements were stored.
    """
    through = consistent_through(session, tenant, now)
    _sequence(os.getpid()).follow(max(store.newest(session, tenant) or 0, sequence.first_after(through)))
    return through


def evidence_bytes(session: Session, tenant: str, source: str, id: str) -> bytes | None:
    """The stored bytes of a statement, voided or not; None when this is not the source or it is not there."""
    try:
        statement_id = UUID(id)
    except ValueError:
        return None
    if source != SOURCE:
        return None
    found = store.find_one(session, tenant, statement_id, voided=None, writer=None)
    return None if found is None else found[1].encode()


class StatementEvidence:
    """The EvidenceSource of completions that came by statements."""

    def evidence_bytes(self, session: Session, tenant: str, source: str, id: str) -> bytes | None:
        """As the function of this name promises."""
        return evidence_bytes(session, tenant, source, id)
