"""Which statements a forwarding or a pull is about.

A filter has four lists; a statement fits when it meets each list that is not empty, by any of its entries. What is compared
stands in the statement as received: its verb, the Activity that is its object, its actor, and the Activities of its context's
category, which is where a statement names the profile that it follows (xAPI 1.0.3, Data 2.4.6.2).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lrs_bridge.errors import Invalid
from lrs_bridge.xapi.model.formats import is_iri
from lrs_bridge.xapi.model.rules import VOIDED

MAX_ENTRIES = 100
MAX_LENGTH = 2000
PREFIX = "*"
NAMES = ("verbs", "activities", "actors", "profiles")


@dataclass(frozen=True, slots=True)
class Filter:
    """IRIs; one of ``activities`` or ``actors`` that ends with ``*`` stands for all that begin so.

    ``actors`` are account home pages, or mailbox domains that begin with ``@``.
    """

    verbs: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is left out at all."""
        return bool(self.verbs or self.activities or self.actors or self.profiles)

    def fits(self, value: dict[str, Any]) -> bool:
        """Whether a valid statement meets every list. One that voids is judged by what it voids, which the caller finds."""
        return (
            (not self.verbs or value["verb"]["id"] in self.verbs)
            and (not self.activities or _named(_activity(value), self.activities))
            and (not self.profiles or any(iri in self.profiles for iri in _categories(value)))
            and (not self.actors or any(_is_of(agent, self.actors) for agent in _agents(value["actor"])))
        )

    def to_json(self) -> dict[str, list[str]]:
        """The lists that are not empty, by name."""
        lists: dict[str, tuple[str, ...]] = {name: getattr(self, name) for name in NAMES}
        return {name: list(entries) for name, entries in lists.items() if entries}


def from_json(kept: Mapping[str, Iterable[str]]) -> Filter:
    """The filter that ``to_json`` was made of."""
    return Filter(**{name: tuple(entries) for name, entries in kept.items()})


def parse_filter(lists: Mapping[str, Iterable[str]]) -> Filter:
    """A filter from what somebody wrote: blank entries are passed over. Raises Invalid naming the list with a wrong entry."""
    parsed = {name: _entries(name, lists.get(name, ())) for name in NAMES}
    return Filter(**parsed)


def voided_id(value: dict[str, Any]) -> str | None:
    """The id of the statement that a valid statement voids, None when it voids none (Data 2.3.2)."""
    target = value["object"]
    if value["verb"]["id"] != VOIDED or target.get("objectType") != "StatementRef":
        return None
    return str(target["id"]).lower()


def _entries(name: str, written: Iterable[str]) -> tuple[str, ...]:
    entries = tuple(dict.fromkeys(entry.strip() for entry in written if entry.strip()))
    if len(entries) > MAX_ENTRIES:
        raise Invalid(f"a filter has at most {MAX_ENTRIES} entries in each list", field=name)
    wrong = next((entry for entry in entries if not _is_entry(name, entry)), None)
    if wrong is not None:
        raise Invalid(f"{wrong[:200]} is not a whole address (IRI)", field=name)
    return entries


def _is_entry(name: str, entry: str) -> bool:
    if len(entry) > MAX_LENGTH or "\x00" in entry:
        return False
    if name == "actors" and entry.startswith("@"):
        return len(entry) > 1 and " " not in entry
    return is_iri(entry.removesuffix(PREFIX) if name in ("activities", "actors") else entry)


def _named(iri: str | None, entries: Iterable[str]) -> bool:
    return iri is not None and any(iri.startswith(entry[:-1]) if entry.endswith(PREFIX) else iri == entry for entry in entries)


def _activity(value: dict[str, Any]) -> str | None:
    target = value["object"]
    return str(target["id"]) if target.get("objectType", "Activity") == "Activity" else None


def _categories(value: dict[str, Any]) -> list[str]:
    found = value.get("context", {}).get("contextActivities", {}).get("category", [])
    return [activity["id"] for activity in ([found] if type(found) is dict else found)]


def _agents(actor: dict[str, Any]) -> list[dict[str, Any]]:
    return [actor, *actor.get("member", ())]


def _is_of(agent: dict[str, Any], entries: Iterable[str]) -> bool:
    if "account" in agent:
        return _named(agent["account"]["homePage"], entries)
    domain = "@" + str(agent.get("mbox", "")).rpartition("@")[2].lower()
    return "mbox" in agent and any(entry.lower() == domain for entry in entries if entry.startswith("@"))
