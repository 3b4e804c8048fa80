"""What a run of a policy or a request did, or would do, in numbers; never what the statements said."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

SHOWN = 20
"""How many verbs, and how many activities, are listed by name."""


@dataclass(slots=True)
class Tally:
    """Counts of statements. ``held`` is by reason; ``mentioned`` are other people's statements that name the person."""

    verbs: Counter[str] = field(default_factory=Counter)
    activities: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    mentioned: int = 0
    claims: int = 0
    documents: int = 0

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

    def add(self, other: "Tally") -> None:
        """Takes another's counts in."""
        self.verbs.update(other.verbs)
        self.activities.update(other.activities)
        self.held.update(other.held)
        self.mentioned += other.mentioned
        self.claims += other.claims
        self.documents += other.documents

    def totals(self) -> dict[str, int]:
        """What is kept of the run."""
        return {"erased": self.erased, "held": self.held.total(), "claims": self.claims, "documents": self.documents}


def report(tally: Tally, *, dry_run: bool) -> Iterator[str]:
    """The run in lines for a person to read."""
    will = "would be" if dry_run else "were"
    yield f"{tally.erased} statements {will} erased."
    yield from _listed("by verb", tally.verbs)
    yield from _listed("by activity", tally.activities)
    if tally.documents:
        yield f"{tally.documents} documents of the person {will} erased."
    if not dry_run:
        yield f"{tally.claims} completions that came of the statements were erased."
    for reason, count in sorted(tally.held.items()):
        yield f"{count} statements stay whole, names included: {reason}."
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
