"""What a run of a policy or a request did, or would do, in numbers; never what the statements said."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lrs_bridge.ports import Forgotten

SHOWN = 20
"""How many verbs, and how many activities, are listed by name."""


@dataclass(slots=True)
class Tally:
    """Counts of statements. ``held`` is by reason; ``mentioned`` are other people's statements that name the person.

    ``attempts`` and ``held_attempts`` are the same of attempts at hosted courses; ``claims`` came of both.
    """

    verbs: Counter[str] = field(default_factory=Counter)
    activities: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    mentioned: int = 0
    claims: int = 0
    documents: int = 0
    attempts: int = 0
    held_attempts: Counter[str] = field(default_factory=Counter)

    @property
    def erased(self) -> int:
        """How many statements go."""
        return self.verbs.total()

    def count(self, value: dict[str, Any]) -> None:
        """One more statement that goes."""
        object_ = value["object"]
        kind = object_.get("objectType", "Activity")
        self.verbs[value["verb"]["id"]] += 1
        self.activities[object_["id"] if kind == "Activity" else f"({kind})"] += 1

    def count_attempts(self, forgotten: Forgotten) -> None:
        """Some attempts more."""
        self.attempts += forgotten.gone
        self.claims += forgotten.claims
        self.held_attempts.update(forgotten.held)

    def add(self, other: "Tally") -> None:
        """Takes another's counts in."""
        self.verbs.update(other.verbs)
        self.activities.update(other.activities)
        self.held.update(other.held)
        self.mentioned += other.mentioned
        self.claims += other.claims
        self.documents += other.documents
        self.attempts += other.attempts
        self.held_attempts.update(other.held_attempts)

    def totals(self) -> dict[str, int]:
        """What is kept of the run, of statements and what hangs on them."""
        return {"erased": self.erased, "held": self.held.total(), "claims": self.claims, "documents": self.documents}


def report(tally: Tally, *, dry_run: bool) -> Iterator[str]:
    """The run in lines for a person to read."""
    will = "would be" if dry_run else "were"
    yield f"{tally.erased} statements {will} erased."
    yield from _listed("by verb", tally.verbs)
    yield from _listed("by activity", tally.activities)
    if tally.documents:
        yield f"{tally.documents} documents of the person {will} erased."
    if tally.attempts:
        yield f"{tally.attempts} attempts at hosted courses {will} erased, with all that the courses had set."
    if not dry_run:
        yield f"{tally.claims} completions that came of them were erased."
    for reason, count in sorted(tally.held.items()):
        yield f"{count} statements stay whole, names included: {reason}."
    for reason, count in sorted(tally.held_attempts.items()):
        yield f"{count} attempts at hosted courses stay, without what the courses had set: {reason}."
    if tally.mentioned:
        yield f"{tally.mentioned} statements of others mention the person and stay."


def _listed(title: str, counts: Counter[str]) -> Iterator[str]:
    if not counts:
        return
    yield f"  {title}:"
    for name, count in counts.most_common(SHOWN):
        yield f"    {count:>9}  {name}"
    if len(counts) > SHOWN:
        yield f"    {sum(counts.values()) - sum(n for _, n in counts.most_common(SHOWN)):>9}  (others)"
