"""Use cases of signing: keys, decisions on activity records, the ledger of attestations, and what can be found wrong with it.

Locks, in the order in which they are taken: records (sorted), a tenant's first key, the tenant's ledger.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from joserfc.jwk import ECKey

from lrs_bridge.db import Session, audit, lock
from lrs_bridge.errors import Forbidden, Invalid, LrsBridgeError, NotFound, Unavailable
from lrs_bridge.identity import IdentifierKind
from lrs_bridge.people import service as people
from lrs_bridge.people.access import Action
from lrs_bridge.plans import service as plans
from lrs_bridge.plans.record import Event, Record
from lrs_bridge.ports import DueSignature, EvidenceSource
from lrs_bridge.settings import Secret
from lrs_bridge.signing import decision as rules
from lrs_bridge.signing import keys, ledger, store
from lrs_bridge.signing.agreement import ATTESTED, UNREADABLE, check_record, record_finding
from lrs_bridge.signing.attestation import Attestation, Decision, Login, Person, Resident, Tenant
from lrs_bridge.signing.chain import GENESIS, Chain, chain_of
from lrs_bridge.signing.document import write_document
from lrs_bridge.signing.drafting import Facts, attest
from lrs_bridge.signing.examination import Examination
from lrs_bridge.signing.ledger import Entry, Finding, Flaw, Head
from lrs_bridge.signing.log import service as log
from lrs_bridge.signing.log.checkpoint import Inclusion
from lrs_bridge.signing.log.examination import Beside

MAX_LINKS = 10_000
"""Most links in one published list."""
ISSUES_COMPARED = 100


@dataclass(frozen=True, slots=True)
class AttestationRef:
    """Where a record's attestation is found."""

    attestation_id: UUID
    sequence: int
    issued_at: datetime


# Keys


def ensure_key(session: Session, tenant: str, *, master_key: Secret, now: datetime) -> str:
    """The ``kid`` of the key that the tenant signs with; makes the first one. Raises UnusableKey without the right master key."""
    return signing_key(session, tenant, master_key=master_key, now=now).thumbprint()


def rotate_key(session: Session, tenant: str, *, master_key: Secret, now: datetime, lost: bool = False) -> str:
    """Signs with a new key from now on and returns its ``kid``. Older keys stay published: what they signed still holds.

    Raises UnusableKey when the present key can't be opened: then the master key is most likely another than the service runs
    with, and a key made with it would stop all signing. ``lost`` says that the old master key is gone for good.
    """
    people.get_tenant(session, tenant)
    lock(session, _key_lock(tenant))
    if not lost:
        check_keys(session, tenant, master_key=master_key)
    store.retire_keys(session, tenant, now=now)
    return _make_key(session, tenant, master_key=master_key, now=now).thumbprint()


def public_keys(session: Session) -> list[dict[str, Any]]:
    """The published keys of all tenants, oldest first: the members of a JWK Set."""
    return [key.public_jwk for key in store.all_keys(session, _tenant_ids(session))]


def known_keys(session: Session) -> dict[str, keys.PublicKey]:
    """The keys of this installation, to verify with. Raises Invalid when there are none."""
    return keys.key_ring(public_keys(session))


def check_keys(session: Session, tenant: str, *, master_key: Secret) -> None:
    """Every key that the tenant signs with can be opened. Raises UnusableKey that says what to do."""
    for key in store.all_keys(session, [tenant]):
        if key.retired_at is None:
            keys.unseal(key.sealed, master_key=master_key, tenant=tenant, kid=key.kid)


def signing_key(session: Session, tenant: str, *, master_key: Secret, now: datetime) -> ECKey:
    """The key that the tenant signs with, opened; makes the first one. Raises UnusableKey."""
    stored = store.current_key(session, tenant)
    if stored is None:
        people.get_tenant(session, tenant)
        lock(session, _key_lock(tenant))  # another process may be making the first key too
        stored = store.current_key(session, tenant)
    if stored is None:
        return _make_key(session, tenant, master_key=master_key, now=now)
    return keys.unseal(stored.sealed, master_key=master_key, tenant=tenant, kid=stored.kid)


def _make_key(session: Session, tenant: str, *, master_key: Secret, now: datetime) -> ECKey:
    key = ECKey.generate_key(keys.CURVE)
    kid = key.thumbprint()
    sealed = keys.seal(key, master_key=master_key, tenant=tenant, nonce=secrets.token_bytes(keys.NONCE_BYTES))
    public = keys.public_jwk(key, tenant=tenant)
    store.add_key(session, store.StoredKey(tenant, kid, keys.ALGORITHM, public, sealed, now, None))
    audit.record(session, tenant, audit.AuditEvent(now, rules.SYSTEM, "key.create", f"key:{kid}"))
    return key


def _key_lock(tenant: str) -> str:
    return f"key:{tenant}"


def _tenant_ids(session: Session) -> list[str]:
    return [tenant.tenant for tenant in people.tenants(session)]


# Decisions


def sign_record(
    session: Session,
    tenant: str,
    record_id: UUID,
    *,
    actor_id: UUID,
    comment: str | None,
    now: datetime,
    master_key: Secret,
    public_url: str,
    seen_revision: int | None = None,
    login: Login | None = None,
) -> UUID:
    """Signs a sent record as its supervisor or advisor and attests it; the attestation's id.

    ``seen_revision`` is the record's revision that the signer looked at. Raises NotFound, Forbidden (own work, no relation today,
    sent to somebody else), Conflict (not sent, signed by another meanwhile, changed since seen), UnusableKey.
    """
    comment = rules.parse_comment(comment)
    role = _authorise(session, tenant, record_id, Action.SIGN_RECORD, actor_id=actor_id, seen_revision=seen_revision, now=now)
    signer = people.get_person(session, tenant, actor_id)
    record = plans.apply_event(
        session, tenant, record_id, Event.SIGN, actor_id=actor_id, actor_role=role, comment=comment, now=now
    )
    decision = Decision(Person(signer.person_id, signer.name), role, None, now, comment, login)
    issue = _Issue(master_key, public_url, now)
    return _attest(session, tenant, [(record, decision)], issue)[0]


def return_record(
    session: Session,
    tenant: str,
    record_id: UUID,
    *,
    actor_id: UUID,
    comment: str | None,
    now: datetime,
    seen_revision: int | None = None,
) -> None:
    """Gives a sent record back to the resident with a comment, which is required. Raises as ``sign_record`` does, and Invalid."""
    comment = rules.parse_comment(comment, required=True)
    role = _authorise(session, tenant, record_id, Action.RETURN_RECORD, actor_id=actor_id, seen_revision=seen_revision, now=now)
    plans.apply_event(session, tenant, record_id, Event.RETURN, actor_id=actor_id, actor_role=role, comment=comment, now=now)


def uphold_record(
    session: Session,
    tenant: str,
    record_id: UUID,
    *,
    actor_id: UUID,
    comment: str | None,
    now: datetime,
    seen_revision: int | None = None,
) -> None:
    """Lets a contested record's signature stand, with the reason, which is required. Raises as ``return_record`` does."""
    comment = rules.parse_comment(comment, required=True)
    record = _visible(session, tenant, record_id, actor_id=actor_id, now=now)
    role = _role(session, tenant, record, Action.UPHOLD_RECORD, actor_id=actor_id, now=now)
    rules.check_unchanged(record, seen_revision)
    plans.apply_event(session, tenant, record_id, Event.UPHOLD, actor_id=actor_id, actor_role=role, comment=comment, now=now)


def visible_record(session: Session, tenant: str, record_id: UUID, *, actor_id: UUID, now: datetime) -> Record:
    """The record with its evidence, for somebody who may see it. Raises NotFound for everybody else: they may not know of it."""
    record = plans.get_record(session, tenant, record_id)
    if not people.may(session, tenant, actor_id, Action.VIEW_EVIDENCE, record.person_id, now):
        raise NotFound("there is no such activity record, or it is not for you to see")
    return record


def _visible(session: Session, tenant: str, record_id: UUID, *, actor_id: UUID, now: datetime) -> Record:
    plans.lock_record(session, tenant, record_id)
    return visible_record(session, tenant, record_id, actor_id=actor_id, now=now)


def _role(session: Session, tenant: str, record: Record, action: Action, *, actor_id: UUID, now: datetime) -> str:
    if not people.may(session, tenant, actor_id, action, record.person_id, now):
        raise Forbidden("this is for the resident's own supervisors and advisors, never for the resident")
    return rules.acting_role(people.role_towards(session, tenant, actor_id, record.person_id, now))


def _authorise(
    session: Session,
    tenant: str,
    record_id: UUID,
    action: Action,
    *,
    actor_id: UUID,
    seen_revision: int | None,
    now: datetime,
) -> str:
    """The role in which the actor may decide on a sent record, which stays locked so that only one of two deciders wins."""
    record = _visible(session, tenant, record_id, actor_id=actor_id, now=now)
    role = _role(session, tenant, record, action, actor_id=actor_id, now=now)
    rules.check_sent_to(record, actor_id)
    rules.check_unchanged(record, seen_revision)
    return role


class SystemSigner:
    """Signs in the name of course owners, where a mapping's policy is ``auto``; see ``ports.SystemSigner``."""

    def __init__(self, master_key: Secret, public_url: str) -> None:
        self._master_key = master_key
        self._public_url = public_url

    def sign_due(self, session: Session, tenant: str, due: Sequence[DueSignature], *, now: datetime) -> None:
        """Signs and attests each record.

        Raises Conflict for one that is not done, Forbidden for one that is the course owner's own, and UnusableKey.
        """
        if not due:
            return
        owners = people.persons(session, tenant, {signature.course_owner_id for signature in due})
        decided = []
        for signature in sorted(due, key=lambda each: each.record_id):
            record = self._sign(session, tenant, signature, now=now)
            owner = owners[signature.course_owner_id]
            on_behalf_of = Person(owner.person_id, owner.name)
            decided.append((record, Decision("system", rules.SYSTEM, on_behalf_of, now, None, None)))
        _attest(session, tenant, decided, _Issue(self._master_key, self._public_url, now))

    def _sign(self, session: Session, tenant: str, signature: DueSignature, *, now: datetime) -> Record:
        plans.lock_record(session, tenant, signature.record_id)
        record = plans.get_record(session, tenant, signature.record_id)
        rules.check_due(record)
        rules.check_not_own(record, signature.course_owner_id)
        return plans.apply_event(
            session,
            tenant,
            signature.record_id,
            Event.SIGN,
            actor_id=None,
            actor_role=rules.SYSTEM,
            on_behalf_of=signature.course_owner_id,
            now=now,
        )


# The ledger


@dataclass(frozen=True, slots=True)
class _Issue:
    """By whom and when attestations are issued."""

    master_key: Secret
    public_url: str
    at: datetime


def _attest(session: Session, tenant: str, decided: Sequence[tuple[Record, Decision]], issue: _Issue) -> list[UUID]:
    issuing = Tenant(tenant, people.get_tenant(session, tenant).name)
    facts = [_facts(session, issuing, record, decision) for record, decision in decided]
    key = signing_key(session, tenant, master_key=issue.master_key, now=issue.at)
    kid = key.thumbprint()
    lock(session, _subject(tenant))
    before = head = store.head(session, tenant)
    at = _not_before(head, issue.at)
    entries = []
    for each in facts:
        attestation = attest(each, attestation_id=uuid4(), issuer=issue.public_url, after=head, issued_at=at)
        entries.append(ledger.enter(attestation, key=key, kid=kid))
        head = entries[-1].head
    store.add_entries(session, entries)
    signer = log.Signer(key, issue.public_url, at)
    log.extend(session, tenant, [each.payload_digest for each in entries], after=before.sequence, signer=signer)
    detail = {"sequence": head.sequence, "chain_hash": head.chain_hash, "records": [str(each.record_id) for each in entries]}
    audit.record(session, tenant, audit.AuditEvent(issue.at, rules.SYSTEM, "attestation.issue", _subject(tenant), detail))
    return [entry.attestation_id for entry in entries]


def seal_log(session: Session, tenant: str, *, master_key: Secret, public_url: str, now: datetime) -> None:
    """Signs a checkpoint when the newest entries have none, as those from before there was a log. Raises Unavailable."""
    if store.head(session, tenant).sequence <= log.extent(session, tenant).signed:
        return
    key = signing_key(session, tenant, master_key=master_key, now=now)
    lock(session, _subject(tenant))
    head = store.head(session, tenant)
    log.extend(session, tenant, [], after=head.sequence, signer=log.Signer(key, public_url, _not_before(head, now)))


def _not_before(head: Head, at: datetime) -> datetime:
    """The instant, or that of the newest entry if that is later: requests wait for each other, nodes' clocks differ, and clocks
    are set back, but what comes later in a ledger is not dated earlier. When the signer decided stays as the clock had it.
    """
    return max(at, head.issued_at or at)


def _subject(tenant: str) -> str:
    """The ledger's name, as a lock and in the audit log, where each issue leaves the head that it came to."""
    return f"ledger:{tenant}"


def _facts(session: Session, tenant: Tenant, record: Record, decision: Decision) -> Facts:
    resident = people.get_person(session, tenant.id, record.person_id)
    identifiers = people.identifiers_of(session, tenant.id, record.person_id)
    hpr_number = next((each.value for each in sorted(identifiers) if each.kind is IdentifierKind.HPR_NUMBER), None)
    supersedes = attestations_of(session, tenant.id, [record.supersedes]) if record.supersedes else {}
    return Facts(
        record=record,
        tenant=tenant,
        resident=Resident(resident.person_id, resident.name, hpr_number),
        decision=decision,
        supersedes=next((reference.attestation_id for reference in supersedes.values()), None),
    )


def attestations_of(session: Session, tenant: str, record_ids: Sequence[UUID]) -> dict[UUID, AttestationRef]:
    """Where the attestations of these records are, for those that have one."""
    entries = store.entries_of(session, tenant, record_ids) if record_ids else []
    return {each.record_id: AttestationRef(each.attestation_id, each.sequence, each.issued_at) for each in entries}


class RecordAttestations:
    """Tells rooms below signing which attestation a record has; see ``ports.AttestationIndex``."""

    def attestations_of(self, session: Session, tenant: str, record_ids: Sequence[UUID]) -> dict[UUID, UUID]:
        """Record id to attestation id, for those that have one."""
        return {record: each.attestation_id for record, each in attestations_of(session, tenant, record_ids).items()}


def get_entry(session: Session, attestation_id: UUID) -> Entry:
    """The attestation with this id, whichever tenant issued it: its address alone is what people pass on. Raises NotFound."""
    entry = store.find_entry(session, _tenant_ids(session), attestation_id)
    if entry is None:
        raise NotFound("there is no such attestation")
    return entry


def chain_until(session: Session, attestation_id: UUID, first: int | None = None) -> Chain:
    """The links from ``first`` (else as many as one list takes) to the attestation. Raises NotFound and Invalid."""
    entry = get_entry(session, attestation_id)
    start = max(1, entry.sequence - MAX_LINKS + 1) if first is None else first
    if not 1 <= start <= entry.sequence:
        raise Invalid(f"from must be between 1 and {entry.sequence}", field="from")
    before = store.find_at(session, entry.tenant, start - 1)
    last = min(entry.sequence, start + MAX_LINKS - 1)
    links = store.links(session, entry.tenant, first=start, last=last)
    return chain_of(entry.tenant, before.chain_hash if before else GENESIS, links)


def download(
    session: Session, attestation_id: UUID, evidence_source: EvidenceSource, *, reader: tuple[str, UUID] | None, now: datetime
) -> bytes:
    """The file of an attestation. ``reader`` is the signed-in tenant and person: evidence content is theirs to have if they may
    view the record's evidence today; everybody else gets digests. Raises NotFound.
    """
    entry = get_entry(session, attestation_id)
    contents = _readable(session, entry, evidence_source, reader, now)
    try:
        proof = log.include(session, entry)
    except (NotFound, Unavailable):  # no checkpoint has it yet, or the log was damaged: the signature still proves
        proof = None
    return write_document(entry.jws, entry.payload.encode(), contents, proof)


def _readable(
    session: Session, entry: Entry, evidence_source: EvidenceSource, reader: tuple[str, UUID] | None, now: datetime
) -> dict[tuple[str, str], bytes]:
    if reader is None or reader[0] != entry.tenant:
        return {}
    try:
        record = visible_record(session, entry.tenant, entry.record_id, actor_id=reader[1], now=now)
    except NotFound:
        return {}
    contents = evidence_contents(session, entry.tenant, record, evidence_source)
    return {place: content for place, content in contents.items() if content is not None}


def evidence_contents(
    session: Session, tenant: str, record: Record, evidence_source: EvidenceSource
) -> dict[tuple[str, str], bytes | None]:
    """The stored bytes of a record's evidence by (source, id); None where the source has nothing any more."""
    places = {(piece.source, piece.source_id) for piece in record.evidence if piece.digest is not None}
    return _stored(session, tenant, places, evidence_source)


def inclusion_of(session: Session, attestation_id: UUID) -> Inclusion:
    """Proof that an attestation is in the log of the newest checkpoint. Raises NotFound and Unavailable."""
    return log.include(session, get_entry(session, attestation_id))


# Finding what is wrong


def examine(session: Session, attestation_id: UUID, evidence_source: EvidenceSource) -> Examination:
    """Looks at an attestation as of now, everything recomputed. Raises NotFound."""
    entry = get_entry(session, attestation_id)
    ring, findings = _key_ring(session, entry.tenant)
    attestation, flaws = ledger.check_entry(entry, keys=ring)
    findings += flaws + _neighbours(session, entry, ring)
    place, misplaced = log.place(session, entry, attestation, ring)
    findings += misplaced
    record, _ = _find_record(session, entry)
    if attestation is not None:
        findings += _check_facts(session, entry, attestation, evidence_source)
    return Examination(
        entry=entry,
        attestation=attestation,
        findings=tuple(findings),
        state=record.state if record else None,
        length=store.head(session, entry.tenant).sequence,
        superseded_by=_successor(session, entry.tenant, record),
        place=place,
    )


def check_ledger(session: Session, tenant: str, evidence_source: EvidenceSource) -> list[Finding]:
    """Walks a whole ledger and its log: keys, entries, chain, evidence, records, log, and signed records without an entry."""
    told = _ends_told(session, tenant)  # before the walk: what is issued meanwhile was not removed
    ring, findings = _key_ring(session, tenant)
    head, beside = ledger.EMPTY, Beside(ring)
    for page in store.pages(session, tenant):
        log.load(session, tenant, beside, first=head.sequence + 1, last=page[-1].sequence)
        for entry in page:
            attestation, flaws = ledger.check_entry(entry, keys=ring)
            findings += [*flaws, *ledger.check_succession(head, entry, attestation), *beside.check(entry, attestation)]
            head = ledger.signed_head(entry, attestation)
            if attestation is not None:
                findings += _check_facts(session, entry, attestation, evidence_source)
    findings += ledger.check_end(tenant, head, told)
    return [*findings, *log.check_log(session, tenant, ring), *_unattested(session, tenant)]


def _unattested(session: Session, tenant: str) -> list[Finding]:
    """Records that pass for signed without ever having been."""
    found = []
    for record_ids in plans.record_ids_in(session, tenant, ATTESTED):
        attested = attestations_of(session, tenant, record_ids)
        for record_id in record_ids:
            if record_id not in attested:
                message = "it is marked as signed, but there is no attestation of it"
                found.append(Finding(Flaw.UNATTESTED, f"record:{record_id}", message))
    return found


def _key_ring(session: Session, tenant: str) -> tuple[dict[str, keys.PublicKey], list[Finding]]:
    """The tenant's keys that are as they were made, and a finding for each that is not."""
    ring: dict[str, keys.PublicKey] = {}
    findings = []
    for key in store.all_keys(session, [tenant]):
        try:
            found = keys.key_ring([key.public_jwk])
        except LrsBridgeError as error:
            findings.append(Finding(Flaw.KEY, f"key:{key.kid}", f"the stored public key was altered: {error.message}"))
        else:
            ring |= found
    return ring, findings


def _neighbours(session: Session, entry: Entry, ring: keys.KeyRing) -> list[Finding]:
    """Whether the entry follows from the one before, which is there, and the one after from it."""
    head = Head(max(0, entry.sequence - 2), GENESIS)  # so that a predecessor that is gone is found missing
    findings: list[Finding] = []
    for each in store.entries(session, entry.tenant, first=entry.sequence - 1, last=entry.sequence + 1):
        attestation, _ = ledger.check_entry(each, keys=ring)
        if each.sequence >= entry.sequence:
            findings += ledger.check_succession(head, each, attestation)
        head = ledger.signed_head(each, attestation)
    return findings


def _check_facts(session: Session, entry: Entry, attestation: Attestation, evidence_source: EvidenceSource) -> list[Finding]:
    """Whether evidence and record still are what was signed."""
    places = {(piece.source, piece.id) for piece in attestation.evidence if piece.digest is not None}
    contents = _stored(session, entry.tenant, places, evidence_source)
    record, unreadable = _find_record(session, entry)
    predecessor = attestation.supersedes and store.find_entry(session, [entry.tenant], attestation.supersedes)
    disagreeing = unreadable or check_record(entry, attestation, record, predecessor.record_id if predecessor else None)
    return [*ledger.check_evidence(entry, attestation, contents), *disagreeing]


def _stored(
    session: Session, tenant: str, places: Iterable[tuple[str, str]], evidence_source: EvidenceSource
) -> dict[tuple[str, str], bytes | None]:
    return {place: evidence_source.evidence_bytes(session, tenant, *place) for place in sorted(places)}


def _find_record(session: Session, entry: Entry) -> tuple[Record | None, list[Finding]]:
    """The record if it is there, and a finding if what is there makes no sense: altered rows may hold anything."""
    try:
        return plans.get_record(session, entry.tenant, entry.record_id), []
    except NotFound:
        return None, []
    except (LookupError, ValueError, TypeError, AttributeError):
        return None, [record_finding(entry, UNREADABLE)]


def _successor(session: Session, tenant: str, record: Record | None) -> UUID | None:
    if record is None or record.superseded_by is None:
        return None
    reference = attestations_of(session, tenant, [record.superseded_by]).get(record.superseded_by)
    return reference.attestation_id if reference else None


def _ends_told(session: Session, tenant: str) -> dict[str, int]:
    """How far the ledger came, by who tells: the newest issues in the audit log (their instants are not quite in the ledger's
    order), the transparency log and its checkpoints.
    """
    told = audit.find(session, tenant, subject=_subject(tenant), limit=ISSUES_COMPARED)
    extent = log.extent(session, tenant)
    issued = max((int(event.detail["sequence"]) for event in told), default=0)
    return {"the audit log": issued, "the transparency log": extent.size, "a signed checkpoint": extent.signed}
