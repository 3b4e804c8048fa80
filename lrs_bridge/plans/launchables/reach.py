"""How far a person has come with an activity or a plan, in the words that learning platforms are told in."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from lrs_bridge.plans.objective import EvidenceRule, Mode
from lrs_bridge.plans.record import Evidence, Head, State
from lrs_bridge.ports import Reached, Standing

PLAN_PATH = "/plan"
NOT_THEIRS = Standing(Reached.NOT_THEIRS, None, None, is_final=False, path=PLAN_PATH)


def standing_of(head: Head, rule: EvidenceRule, evidence: Iterable[Evidence]) -> Standing:
    """The standing that a current record is, with the best share that its evidence shows."""
    reached = Reached(head.state.value)
    is_final = reached is Reached.SIGNED or (reached is Reached.DONE and rule is EvidenceRule.SELF)
    at = head.closed_at or head.sent_at or head.done_at
    return Standing(reached, at, best_share(evidence), is_final, record_path(head.record_id))


def record_path(record_id: UUID) -> str:
    """Where the person finds the record."""
    return f"{PLAN_PATH}/records/{record_id}"


def best_share(evidence: Iterable[Evidence]) -> float | None:
    """The best score of the evidence that stands, from 0 to 1; None when none of it has one."""
    shares = [piece.outcome.score.share() for piece in evidence if piece.outcome.score and piece.retracted_at is None]
    return max((min(max(share, 0.0), 1.0) for share in shares if share is not None), default=None)


def plan_standing(states: Sequence[tuple[Mode, State]]) -> Standing:
    """The standing that all records of a person are together: planned until the last of them is signed."""
    if not states:
        return NOT_THEIRS
    signed = sum(state is State.SIGNED for _, state in states)
    reached = Reached.SIGNED if signed == len(states) else Reached.PLANNED
    return Standing(reached, None, signed / len(states), reached is Reached.SIGNED, PLAN_PATH)
