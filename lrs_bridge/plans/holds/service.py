"""Implements ``ports.EvidenceHold`` for records: what a signed or sent record rests on stays."""

from collections.abc import Collection
from datetime import datetime

from lrs_bridge.completion import Retraction, SourceKey
from lrs_bridge.db import Session
from lrs_bridge.plans.holds import store
from lrs_bridge.plans.record import State
from lrs_bridge.ports import CompletionSink

ERASED = "what it rested on was erased"

ATTESTED = frozenset({State.SIGNED, State.CONTESTED, State.SUPERSEDED})
"""Signed once: the attestation names each piece of evidence by its digest, also one that was taken back later."""

REASONS = {
    **dict.fromkeys(ATTESTED, "evidence of a signed activity"),
    State.SENT: "evidence of an activity that was sent for signing",
    State.DONE: "evidence of an activity that is done",
    State.RETURNED: "evidence of an activity that was returned",
}
"""Why evidence of a record in each state stays; that of a planned record need not. The weightiest comes first."""


class RecordHold:
    """Holds what records rest on; claims go back through the sink, so that records follow."""

    def __init__(self, sink: CompletionSink) -> None:
        self._sink = sink

    def lock(self, session: Session, tenant: str, source: str, ids: Collection[str]) -> None:
        """Holds off, until the transaction ends, whatever could let a record rest on these from now on."""
        store.lock_claims(session, tenant, [SourceKey(tenant, source, each) for each in ids])

    def held(self, session: Session, tenant: str, source: str, ids: Collection[str], *, by_request: bool) -> dict[str, str]:
        """Those of the ids that must stay, each with the reason in plain words.

        A policy leaves whatever a record rests on. A person's request leaves what was signed, or sent to be (GDPR, article
        17(3)(b)): the rest is the person's own to give up.
        """
        firm = ATTESTED | {State.SENT} if by_request else REASONS.keys()
        found: dict[str, State] = {}
        for source_id, state, retracted in store.find_states_resting_on(session, tenant, source, ids):
            if state in firm and (state in ATTESTED or not retracted):
                found[source_id] = min(state, found.get(source_id, state), key=list(REASONS).index)
        return {source_id: REASONS[state] for source_id, state in found.items()}

    def forget(self, session: Session, tenant: str, source: str, ids: Collection[str], *, now: datetime) -> int:
        """Takes the claims that came by these ids back, and erases them and the evidence that was made of them."""
        keys = [SourceKey(tenant, source, each) for each in ids]
        self._sink.retract(session, [Retraction(key, now, ERASED) for key in keys], now=now)
        return store.delete_claims(session, tenant, source, ids)
