"""Erases attempts at hosted courses, in hosting, ``scorm`` and ``cmi5``; implements ``ports.KeptAttempts``.

What a signed or sent record rests on are the bytes whose digest an attestation names: a result of a SCORM attempt, the Satisfied
statement of a cmi5 registration. They stay, with the attempt that they are of, and who took it. What the course had set, commit
by commit, is no evidence and goes in any case.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from lrs_bridge.cmi5 import service as cmi5
from lrs_bridge.cmi5.outcome import SOURCE as CMI5
from lrs_bridge.db import Session
from lrs_bridge.hosting.attempts import service as attempts
from lrs_bridge.hosting.hosted import Attempt
from lrs_bridge.identity import Identifier
from lrs_bridge.ports import EvidenceHold, Forgotten
from lrs_bridge.scorm import service as scorm
from lrs_bridge.scorm.outcome import SOURCE as SCORM
from lrs_bridge.xapi.credentials.journal import service as journal
from lrs_bridge.xapi.statements.own.naming import own_key

Evidence = Mapping[str, Mapping[str, UUID]]
"""The attempt of each piece of evidence, by its source and its id there."""
Reasons = Mapping[str, Mapping[str, str]]
"""Why pieces of evidence stay, likewise."""


class HostedAttempts:
    """Attempts as a person may have them erased."""

    def __init__(self, hold: EvidenceHold) -> None:
        self._hold = hold

    def find(self, session: Session, tenant: str, identifiers: Collection[Identifier]) -> list[UUID]:
        """The attempts of whoever is known by one of these."""
        return attempts.ids_of(session, tenant, identifiers)

    def foresee(self, session: Session, tenant: str, ids: Collection[UUID]) -> Forgotten:
        """What ``forget`` would do."""
        evidence = _evidence(session, tenant, ids)
        held = _by_attempt(evidence, self._held(session, tenant, evidence))
        return Forgotten(len(ids) - len(held), 0, Counter(held.values()))

    def forget(self, session: Session, tenant: str, ids: Collection[UUID], *, now: datetime) -> Forgotten:
        """Erases the attempts, but for what is held; see the port."""
        self._hold.lock(session, tenant, SCORM, ())  # the directory before attempts, and persons after: as all who play do
        attempts.hold(session, ids)
        cmi5.hold_registrations(session, tenant, ids)
        evidence = _evidence(session, tenant, ids)
        for source, of in evidence.items():
            self._hold.lock(session, tenant, source, of)
        reasons = self._held(session, tenant, evidence)
        going = {source: [each for each in of if each not in reasons[source]] for source, of in evidence.items()}
        claims = sum(self._hold.forget(session, tenant, source, of, now=now) for source, of in going.items())
        held = _by_attempt(evidence, reasons)
        gone = [each for each in ids if each not in held]
        _forget_refusals(session, tenant, ids)
        scorm.forget(session, tenant, ids, kept=held, results=going[SCORM])
        cmi5.forget(session, tenant, gone)
        return Forgotten(attempts.forget(session, tenant, gone), claims, Counter(held.values()))

    def _held(self, session: Session, tenant: str, evidence: Evidence) -> Reasons:
        return {source: self._hold.held(session, tenant, source, of, by_request=True) for source, of in evidence.items()}


def forget_older_previews(session: Session, tenant: str, newest: Attempt) -> None:
    """Erases previews of the course that are too many: each begins anew, and nothing rests on any."""
    ids = attempts.older_previews(session, tenant, newest)
    attempts.hold(session, ids)
    _forget_refusals(session, tenant, ids)
    scorm.forget(session, tenant, ids, kept=(), results=())
    cmi5.forget(session, tenant, ids)
    attempts.forget(session, tenant, ids)


def _forget_refusals(session: Session, tenant: str, ids: Collection[UUID]) -> None:
    journal.forget(session, tenant, [own_key(tenant, each) for each in ids])


def _evidence(session: Session, tenant: str, ids: Collection[UUID]) -> Evidence:
    return {SCORM: scorm.result_ids(session, tenant, ids), CMI5: {str(each): each for each in ids}}


def _by_attempt(evidence: Evidence, reasons: Reasons) -> dict[UUID, str]:
    """A reason for each attempt that stays."""
    return {evidence[source][each]: reason for source, of in reasons.items() for each, reason in of.items()}
