"""A plan page put together: what a reader asked to see of the plans, and what sources have reported beside them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from lrs_bridge.plans.claim import Claim
from lrs_bridge.plans.mix import DONE, Share, mix_of
from lrs_bridge.plans.objective import Mode, Objective, Plan
from lrs_bridge.plans.record import Record, State


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader filters by; empty parts let everything through."""

    state: State | None = None
    mode: Mode | None = None
    words: str = ""

    @property
    def is_filter(self) -> bool:
        """Whether anything may be left out."""
        return bool(self.state or self.mode or self.words)

    def lets_through(self, record: Record, objective: Objective) -> bool:
        """Whether the record, under this objective, is what the reader asked for."""
        if self.state not in {None, record.state} or self.mode not in {None, record.activity.mode}:
            return False
        text = f"{record.activity.title} {objective.code} {objective.title} {record.course.title if record.course else ''}"
        return all(word in text.casefold() for word in self.words.casefold().split())


def parse_wanted(state: str, mode: str, words: str) -> Wanted:
    """Reads the filter; what is not one of the choices is no filter."""
    return Wanted(
        State(state) if state in set(State) else None,
        Mode(mode) if mode in set(Mode) else None,
        words.strip()[:100],
    )


@dataclass(frozen=True, slots=True)
class ObjectiveView:
    """An objective with those of its records that are wanted, and how many of all are done and signed."""

    objective: Objective
    records: tuple[Record, ...]
    done: int
    signed: int
    total: int


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan with those of its objectives that hold something wanted."""

    plan: Plan
    objectives: tuple[ObjectiveView, ...]


def plan_views(plans: Iterable[Plan], records: Mapping[UUID, Record], wanted: Wanted) -> tuple[PlanView, ...]:
    """The plans as the reader wants to see them; without a filter, everything."""
    return tuple(PlanView(plan, _objectives(plan, records, wanted)) for plan in plans)


def _objectives(plan: Plan, records: Mapping[UUID, Record], wanted: Wanted) -> tuple[ObjectiveView, ...]:
    views = []
    for planned in plan.objectives:
        all_of_it = [records[i] for i in planned.activity_ids if i in records]
        shown = tuple(record for record in all_of_it if wanted.lets_through(record, planned.objective))
        done = sum(record.state in DONE for record in all_of_it)
        signed = sum(record.state is State.SIGNED for record in all_of_it)
        if shown or not wanted.is_filter:
            views.append(ObjectiveView(planned.objective, shown, done, signed, len(all_of_it)))
    return tuple(views)


def mix_of_records(records: Iterable[Record]) -> tuple[Share, ...]:
    """The 70:20:10 shares of the records, each counted once."""
    return mix_of((record.activity.mode, record.state) for record in records)


@dataclass(frozen=True, slots=True)
class SourceLine:
    """What one source system has reported about a person."""

    name: str
    reported: int
    used: int
    retracted: int


def source_lines(claims: Collection[Claim], records: Iterable[Record]) -> tuple[SourceLine, ...]:
    """One line for each system, by name: how many completions, how many of them are evidence, and how many were taken back."""
    used = _evidence_keys(records)
    lines = []
    for name in sorted({claim.asserted_by for claim in claims}):
        own = [claim for claim in claims if claim.asserted_by == name]
        retracted = sum(claim.retracted_at is not None for claim in own)
        counted = sum(_place(claim) in used and claim.retracted_at is None for claim in own)
        lines.append(SourceLine(name, len(own), counted, retracted))
    return tuple(lines)


def outside_plan(claims: Iterable[Claim], records: Iterable[Record]) -> tuple[Claim, ...]:
    """Completions that are evidence for nothing in the plans, and have not been taken back."""
    used = _evidence_keys(records)
    return tuple(claim for claim in claims if _place(claim) not in used and claim.retracted_at is None)


def _evidence_keys(records: Iterable[Record]) -> set[tuple[str, str]]:
    return {(piece.source, piece.source_id) for record in records for piece in record.evidence}


def _place(claim: Claim) -> tuple[str, str]:
    return claim.key.source, claim.key.id
