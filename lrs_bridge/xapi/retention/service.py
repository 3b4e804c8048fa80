"""Policies and requests by which statements go: previewed, carried out page by page, and remembered so that nothing comes back.

What goes: the statement, all that was noted of it, the completions that came of it, its attachments and, on a person's request,
the person's documents and attempts at hosted courses. What is left is a tombstone (id, digest, when, by which run) and the audit
log's counts.
"""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

import orjson

from lrs_bridge.db import Engine, Session, audit
from lrs_bridge.errors import Conflict, Invalid, NotFound
from lrs_bridge.identity import Identifier
from lrs_bridge.people import service as people
from lrs_bridge.ports import EvidenceHold, Forgotten, InTransaction, KeptAttempts
from lrs_bridge.xapi.attachments import service as attachments
from lrs_bridge.xapi.documents import service as documents
from lrs_bridge.xapi.relay import store as letters
from lrs_bridge.xapi.retention import store
from lrs_bridge.xapi.retention.policy import REQUEST, Erasure, Policy
from lrs_bridge.xapi.retention.selection import Match, Selection, check_policy, identifiers_of_agent, known_in_statements
from lrs_bridge.xapi.retention.store import Candidate
from lrs_bridge.xapi.retention.tally import Tally
from lrs_bridge.xapi.statements.outcome import SOURCE
from lrs_bridge.xapi.statements.query import parse_query

NAME_LENGTH = 100
ATTEMPTS_AT_A_TIME = 50
"""Attempts a transaction, each of which is locked meanwhile."""

STILL_VOIDS = "it voids a statement that is kept"

LOOK_SECONDS = 2.0
"""For how long a worker process believes that a tenant has never erased anything."""

FIRST_PAUSE_SECONDS = 5.0
"""How long a tenant's very first erasure waits, so that every worker has looked again before anything is gone."""


Page = Sequence[tuple[Candidate, dict[str, Any]]]
"""Statements with what they say."""


# --- policies --------------------------------------------------------------------------------------------------------------


def add_policy(session: Session, policy: Policy, *, actor: str, now: datetime) -> None:
    """Adds a policy. Raises Invalid for rules that choose wrongly, NotFound for an unknown person, Conflict for a taken name."""
    check_policy(older_than_days=policy.older_than_days, verb=policy.verb, activity=policy.activity)
    if not policy.name.strip() or len(policy.name) > NAME_LENGTH:
        raise Invalid(f"a policy's name has 1 to {NAME_LENGTH} characters", field="name")
    people.get_tenant(session, policy.tenant)
    if policy.person_id is not None:
        people.get_person(session, policy.tenant, policy.person_id)
    if any(each.name == policy.name for each in store.find_policies(session, policy.tenant)):
        raise Conflict(f"there is a policy {policy.name} already; remove it first", field="name")
    store.insert_policy(session, policy)
    told = {"older_than_days": policy.older_than_days, "verb": policy.verb, "activity": policy.activity}
    _audit(session, policy.tenant, actor, "retention.add", policy.reason, told, now)


def list_policies(session: Session, tenant: str) -> list[Policy]:
    """The tenant's policies by name."""
    return store.find_policies(session, tenant)


def get_policy(session: Session, tenant: str, name: str) -> Policy:
    """The policy of that name. Raises NotFound."""
    found = next((each for each in store.find_policies(session, tenant) if each.name == name), None)
    if found is None:
        raise NotFound(f"there is no policy {name}", field="name")
    return found


def remove_policy(session: Session, tenant: str, name: str, *, actor: str, now: datetime) -> None:
    """Ends a policy; what it erased stays erased. Raises NotFound."""
    policy = get_policy(session, tenant, name)
    store.delete_policy(session, tenant, name)
    _audit(session, tenant, actor, "retention.remove", policy.reason, {}, now)


def enable_policy(session: Session, tenant: str, name: str, *, enabled: bool, actor: str, now: datetime) -> None:
    """Lets the worker run a policy, or lets it rest. Raises NotFound."""
    policy = get_policy(session, tenant, name)
    store.update_policy(session, tenant, name, enabled=enabled)
    _audit(session, tenant, actor, "retention.enable" if enabled else "retention.disable", policy.reason, {}, now)


def recent_erasures(session: Session, tenant: str, limit: int = 20) -> list[Erasure]:
    """The newest runs that erased, or tried to."""
    return store.find_erasures(session, tenant, limit)


# --- what is meant ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """What is to go, and in whose name. ``subject`` is whom or what the audit log names: ``person:<id>``, ``policy:<name>``."""

    selection: Selection
    reason: str
    subject: str
    actor: str

    @property
    def by_request(self) -> bool:
        """Whether a person asked, and not a policy."""
        return self.reason == REQUEST


def rule_of_policy(session: Session, policy: Policy, *, actor: str, now: datetime) -> Rule:
    """What a policy means as of now. Raises Invalid when its person is not known by anything that statements can hold."""
    identifiers = frozenset() if policy.person_id is None else _identifiers(session, policy.tenant, policy.person_id)
    selection = Selection(policy.before(now), policy.verb, policy.activity, identifiers)
    return Rule(selection, policy.reason, policy.reason, actor)


def rule_of_person(session: Session, tenant: str, person_id: UUID, *, actor: str) -> Rule:
    """What the erasure of a person means. Raises NotFound, and Invalid when no statement could know the person."""
    people.get_person(session, tenant, person_id)
    return Rule(Selection(identifiers=_identifiers(session, tenant, person_id)), REQUEST, f"person:{person_id}", actor)


def rule_of_agent(agent: str, *, actor: str) -> Rule:
    """What the erasure of the Agent in this JSON means; the audit log does not say who it was. Raises Invalid."""
    parse_query({"agent": agent}, "")  # its rules for an agent are the API's
    return Rule(Selection(identifiers=identifiers_of_agent(orjson.loads(agent))), REQUEST, "agent", actor)


def _identifiers(session: Session, tenant: str, person_id: UUID) -> frozenset[Identifier]:
    found = known_in_statements(people.identifiers_of(session, tenant, person_id))
    if not found:
        raise Invalid(
            "the person is not known by a mailbox, an OpenID or an account, so statements can't be found", field="person"
        )
    return found


# --- carrying out ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sweep:
    """How a run goes through a tenant's statements. ``read`` and ``write`` each do one piece of work in a transaction of its own.

    ``progress`` is told what share of the statements has been looked at.
    """

    read: InTransaction
    write: InTransaction
    hold: EvidenceHold
    attempts: KeptAttempts
    clock: Callable[[], datetime]
    progress: Callable[[float], None] = lambda _share: None
    pause: Callable[[float], None] = time.sleep
    new_id: Callable[[], UUID] = field(default=uuid4)


def preview(sweep: Sweep, tenant: str, rule: Rule) -> Tally:
    """What carrying the rule out would do; changes nothing."""
    total = Tally()
    if rule.by_request:
        keys = rule.selection.agent_keys()
        total.documents = sweep.read(partial(documents.count_documents_of_agent, tenant=tenant, agent_keys=keys))
        for some in _attempts(sweep, tenant, rule):
            total.count_attempts(sweep.read(partial(sweep.attempts.foresee, tenant=tenant, ids=some)))
    for page, mentioned in _pages(sweep, tenant, rule.selection):
        total.mentioned += mentioned
        total.add(sweep.read(partial(_preview, tenant=tenant, page=page, rule=rule, hold=sweep.hold)))
    return total


def carry_out(sweep: Sweep, tenant: str, rule: Rule) -> Tally:
    """Erases what the rule means, a bounded number of statements a transaction. A run that is cut short is simply run again.

    What is stored while it runs, under an id that it erased, is refused.
    """
    erasure_id = sweep.new_id()
    is_first = sweep.write(lambda session: _begin(session, tenant, erasure_id, rule, sweep.clock()))
    if is_first:
        sweep.pause(FIRST_PAUSE_SECONDS)
    attempts = _attempts(sweep, tenant, rule)
    total = _forget_attempts(sweep, tenant, erasure_id, attempts)  # first, so that nothing more is said and set in them
    for page, mentioned in _pages(sweep, tenant, rule.selection):
        total.mentioned += mentioned
        if page:
            work = partial(_erase, tenant=tenant, erasure_id=erasure_id, page=page, rule=rule, sweep=sweep)
            total.add(sweep.write(work))
    _forget_attempts(sweep, tenant, erasure_id, attempts)  # what was on its way in when its attempt went
    total.documents = sweep.write(lambda session: _end(session, tenant, erasure_id, rule, total=total, now=sweep.clock()))
    return total


def _pages(sweep: Sweep, tenant: str, selection: Selection) -> Iterator[tuple[Page, int]]:
    """The chosen statements with what they say, page by page, and how many on each page only mention the person."""
    newest = sweep.read(lambda session: store.newest(session, tenant))
    first, beyond = None, -1
    while True:
        found = sweep.read(partial(store.find_candidates, tenant=tenant, selection=selection, beyond=beyond))
        if not found:
            break
        first, beyond = first or found[0].seq, found[-1].seq
        seen = [(each, orjson.loads(each.payload)) for each in found]
        matches = [selection.match(value) for _, value in seen]
        chosen = [one for one, match in zip(seen, matches, strict=True) if match is Match.CHOSEN]
        yield chosen, matches.count(Match.MENTIONED)
        sweep.progress(min((beyond - first) / max(newest - first, 1), 1.0))
    sweep.progress(1.0)


def _attempts(sweep: Sweep, tenant: str, rule: Rule) -> list[Sequence[UUID]]:
    """The person's attempts at hosted courses, as many at a time as go in a transaction; none for a policy."""
    if not rule.by_request:
        return []
    found = sweep.read(partial(sweep.attempts.find, tenant=tenant, identifiers=rule.selection.identifiers))
    return [found[start : start + ATTEMPTS_AT_A_TIME] for start in range(0, len(found), ATTEMPTS_AT_A_TIME)]


def _forget_attempts(sweep: Sweep, tenant: str, erasure_id: UUID, attempts: list[Sequence[UUID]]) -> Tally:
    total = Tally()
    for ids in attempts:
        work = partial(_forget_some, tenant=tenant, erasure_id=erasure_id, ids=ids, sweep=sweep)
        total.count_attempts(sweep.write(work))
    return total


def _forget_some(session: Session, tenant: str, *, erasure_id: UUID, ids: Sequence[UUID], sweep: Sweep) -> Forgotten:
    done = sweep.attempts.forget(session, tenant, ids, now=sweep.clock())
    store.add_to_erasure(session, tenant, erasure_id, {"claims": done.claims})
    return done


def _preview(session: Session, tenant: str, page: Page, rule: Rule, hold: EvidenceHold) -> Tally:
    return _part(session, tenant, page, rule, hold)[1]


def _part(session: Session, tenant: str, page: Page, rule: Rule, hold: EvidenceHold) -> tuple[list[Candidate], Tally]:
    """Those of the page that go, and the counts of all."""
    tally = Tally()
    ids = [str(each.statement_id) for each, _ in page]
    held = hold.held(session, tenant, SOURCE, ids, by_request=rule.by_request)
    if not rule.by_request:  # else what was taken back would look as if it had not been
        targets = store.find_present(session, tenant, {each.target_id for each, _ in page if each.voids and each.target_id})
        held |= {str(each.statement_id): STILL_VOIDS for each, _ in page if each.voids and each.target_id in targets}
    going = []
    for each, value in page:
        reason = held.get(str(each.statement_id))
        if reason is not None:
            tally.held[reason] += 1
            continue
        tally.count(value)
        going.append(each)
    return going, tally


def _begin(session: Session, tenant: str, erasure_id: UUID, rule: Rule, now: datetime) -> bool:
    is_first = not store.has_erasures(session, tenant)
    store.insert_erasure(session, tenant, erasure_id, reason=rule.reason, actor=rule.actor, at=now)
    _audit(session, tenant, rule.actor, "statements.erase", rule.subject, {"erasure": str(erasure_id)}, now)
    return is_first


def _erase(session: Session, tenant: str, *, erasure_id: UUID, page: Page, rule: Rule, sweep: Sweep) -> Tally:
    now = sweep.clock()
    store.lock_links(session, tenant, now)
    sweep.hold.lock(session, tenant, SOURCE, [str(each.statement_id) for each, _ in page])
    present = store.find_present(session, tenant, [each.statement_id for each, _ in page])  # another run may have been here
    going, tally = _part(session, tenant, [one for one in page if one[0].statement_id in present], rule, sweep.hold)
    ids = [each.statement_id for each in going]
    tally.claims = sweep.hold.forget(session, tenant, SOURCE, [str(each) for each in ids], now=now)
    attachments.forget(session, tenant, ids)
    letters.delete_letters_about(session, tenant, [str(each) for each in ids])
    store.delete_statements(session, tenant, [each.seq for each in going])
    store.insert_tombstones(session, tenant, erasure_id, going, now)
    store.add_to_erasure(session, tenant, erasure_id, tally.totals())
    return tally


def _end(session: Session, tenant: str, erasure_id: UUID, rule: Rule, *, total: Tally, now: datetime) -> int:
    """Erases what is left, if a person asked, and writes the run off; gives how many documents went."""
    gone = _erase_the_rest(session, tenant, rule) if rule.by_request else 0
    store.add_to_erasure(session, tenant, erasure_id, {"documents": gone}, ended_at=now)
    if not rule.by_request:
        store.update_policy(session, tenant, rule.reason.removeprefix("policy:"), last_run_at=now)
    told = {"erasure": str(erasure_id), **total.totals(), "documents": gone, "held_by_reason": dict(total.held)}
    if rule.by_request:
        told |= {"attempts": total.attempts, "attempts_held_by_reason": dict(total.held_attempts)}
    _audit(session, tenant, rule.actor, "statements.erased", rule.subject, told, now)
    return gone


def _erase_the_rest(session: Session, tenant: str, rule: Rule) -> int:
    """The person's documents, and what other LRSs answered to statements, which may have quoted them."""
    letters.forget_answers(session, tenant)
    return documents.delete_documents_of_agent(session, tenant, rule.selection.agent_keys())


def _audit(  # noqa: PLR0917  the columns in order
    session: Session, tenant: str, actor: str, action: str, subject: str, detail: dict[str, Any], at: datetime
) -> None:
    told = {name: value for name, value in detail.items() if value is not None}
    audit.record(session, tenant, audit.AuditEvent(at, actor, action, subject, told))


# --- what was erased stays away --------------------------------------------------------------------------------------------


_NEVER_ERASED: WeakKeyDictionary[Engine, dict[str, float]] = WeakKeyDictionary()
"""Until when, on this process's clock, each tenant is believed to have erased nothing."""
_HAS_ERASED = -1.0


def refuse_erased(session: Session, tenant: str, ids: Collection[UUID]) -> None:
    """Raises Conflict when a statement of one of these ids was erased.

    To be called in the transaction that stores, after the rows went in, with the ids that are new: then an erasure that happens
    at the same time is seen, too. A tenant that never erased costs nothing but a look every LOOK_SECONDS; any other one query.
    """
    gone = find_erased(session, tenant, ids)
    if gone:
        message = f"the statement {min(gone)} was erased and can't be stored again"
        raise Conflict(message, field="id", rule="what was erased stays away")


def find_erased(session: Session, tenant: str, ids: Collection[UUID]) -> set[UUID]:
    """Those of the ids under which a statement was erased."""
    if not ids or not _may_have_erased(session, tenant):
        return set()
    return store.find_erased(session, tenant, ids)


def find_erased_for_good(session: Session, tenant: str, ids: Collection[UUID], now: datetime) -> set[UUID]:
    """As ``find_erased``; none of the others is erased before the transaction ends."""
    store.hold_off(session, tenant, now)
    return find_erased(session, tenant, ids)


def _may_have_erased(session: Session, tenant: str) -> bool:
    believed = _NEVER_ERASED.setdefault(session.engine, {})
    until = believed.get(tenant, 0.0)
    if until == _HAS_ERASED:
        return True
    now = time.monotonic()
    if now < until:
        return False
    found = store.has_erasures(session, tenant)
    believed[tenant] = _HAS_ERASED if found else now + LOOK_SECONDS
    return found
