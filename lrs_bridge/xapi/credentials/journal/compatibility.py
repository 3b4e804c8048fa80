"""The compatibility report of a key: what its requests tell of the content and clients behind it, most urgent first.

Source: xAPI 1.0.3, Communication 1.3 (alternate syntax) and 3.3 (versioning); 0.9 and 0.95 are the drafts before 1.0.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from lrs_bridge.xapi.credentials.journal.digest import Count


class Finding(StrEnum):
    """What a report may find."""

    DRAFT = "draft"
    MISSING = "missing"
    FOREIGN = "foreign"
    TEXT_PLAIN = "text_plain"
    ALTERNATE = "alternate"
    EARLY = "early"
    CURRENT = "current"
    NEWEST = "newest"


REFUSED = frozenset({Finding.DRAFT, Finding.MISSING, Finding.FOREIGN})
"""Findings whose requests the LRS refuses; the others it serves."""
_ORDER = list(Finding)


@dataclass(frozen=True, slots=True)
class Use:
    """The requests of one version header and one program in the time that is looked at."""

    version: str
    program: str
    count: Count


@dataclass(frozen=True, slots=True)
class Found:
    """One finding: in how many requests, by which programs, under which version headers."""

    finding: Finding
    requests: int
    programs: tuple[str, ...]
    versions: tuple[str, ...]


def finding_of(version: str) -> Finding:
    """What a version header (empty when missing) tells."""
    if not version:
        return Finding.MISSING
    if version.startswith("0.9"):
        return Finding.DRAFT
    if version.startswith("2.0"):
        return Finding.NEWEST
    if not version.startswith("1.0"):
        return Finding.FOREIGN
    return Finding.EARLY if version in ("1.0", "1.0.0", "1.0.1", "1.0.2") else Finding.CURRENT


def report(uses: Iterable[Use]) -> list[Found]:
    """The findings over all uses, most urgent first."""
    seen: dict[Finding, list[tuple[int, Use]]] = {}
    for use in uses:
        seen.setdefault(finding_of(use.version), []).append((use.count.requests, use))
        plain, others = use.count.alternate_text, use.count.alternate - use.count.alternate_text
        if plain:
            seen.setdefault(Finding.TEXT_PLAIN, []).append((plain, use))
        if others:
            seen.setdefault(Finding.ALTERNATE, []).append((others, use))
    return [_found(finding, seen[finding]) for finding in _ORDER if finding in seen]


def _found(finding: Finding, of: list[tuple[int, Use]]) -> Found:
    programs = tuple(sorted({use.program for _, use in of}))
    versions = tuple(sorted({use.version for _, use in of}))
    return Found(finding, sum(requests for requests, _ in of), programs, versions)
