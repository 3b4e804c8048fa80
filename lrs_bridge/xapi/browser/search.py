"""What an administrator looks for among the statements: the form's fields, and what they become once names are looked up.

Everything that is looked for stands in an index (xapi.statements.tables), or is looked for among a bounded number of statements
that an index gives. Days are days in Norway, of when a statement was stored.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from lrs_bridge.errors import Invalid
from lrs_bridge.people.period import OSLO
from lrs_bridge.xapi.browser.verbs import iris_of
from lrs_bridge.xapi.model.formats import is_iri, parse_uuid
from lrs_bridge.xapi.statements.query import confirms
from lrs_bridge.xapi.statements.sequence import LARGEST_NUMBER, first_after

LONGEST_FIELD = 2000
MICROSECOND = timedelta(microseconds=1)


class Voided(StrEnum):
    """Which statements are wanted."""

    ANY = ""
    NO = "no"
    YES = "yes"


@dataclass(frozen=True, slots=True)
class Search:
    """The form as it was filled in. ``since`` and ``until`` are days, both included; ``source`` is a credential's key.

    ``before`` and ``after`` are the statement's number where a page ends or begins; one of them at most.
    """

    person: str = ""
    person_id: UUID | None = None
    course: str = ""
    inside: bool = False
    verb: str = ""
    source: str = ""
    since: date | None = None
    until: date | None = None
    voided: Voided = Voided.ANY
    registration: UUID | None = None
    before: int | None = None
    after: int | None = None

    @property
    def is_filter(self) -> bool:
        """Whether anything is asked for; a place in the list is not."""
        return bool(self.parameters())

    @property
    def narrows(self) -> bool:
        """Whether more is asked for than person, course and verb."""
        return bool(self.source or self.since or self.until or self.voided or self.inside)

    def parameters(self) -> dict[str, str]:
        """What an address says to ask the same again, from the newest on."""
        given = {
            "person": self.person,
            "person_id": _text(self.person_id),
            "course": self.course,
            "inside": "1" if self.inside else "",
            "verb": self.verb,
            "source": self.source,
            "from": _text(self.since),
            "to": _text(self.until),
            "voided": self.voided.value,
            "registration": _text(self.registration),
        }
        return {name: text for name, text in given.items() if text}

    def numbers(self) -> tuple[int, int]:
        """The range of sequence numbers to look in: the least, and the least beyond it."""
        low = 0 if self.since is None else first_after(_midnight(self.since) - MICROSECOND)
        high = LARGEST_NUMBER if self.until is None else first_after(_midnight(self.until + timedelta(days=1)) - MICROSECOND)
        return (low if self.after is None else max(low, self.after + 1)), (
            high if self.before is None else min(high, self.before)
        )


@dataclass(frozen=True, slots=True)
class Value:
    """One value that a statement may be found by: what is hashed, and the texts that the statement must then really hold."""

    key: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Criteria:
    """What statements must meet. Of each tuple one value suffices; None asks for nothing, an empty one is met by none.

    ``inside`` lets a course also be met by statements that name it in their context.
    """

    low: int
    high: int
    agents: tuple[Value, ...] | None = None
    courses: tuple[Value, ...] | None = None
    verbs: tuple[Value, ...] | None = None
    registration: UUID | None = None
    source: str | None = None
    voided: bool | None = None
    inside: bool = False

    @property
    def is_hopeless(self) -> bool:
        """Whether nothing can meet them."""
        return () in (self.agents, self.courses, self.verbs) or self.low >= self.high

    def are_met_by(self, payload: str) -> bool:
        """Whether the values that were looked up by their hashes are really in the stored statement."""
        wanted = (self.agents, self.courses, self.verbs)
        return all(values is None or any(confirms(payload, value.texts) for value in values) for values in wanted)


def parse_search(parameters: Mapping[str, str]) -> Search:
    """The form as it was sent. Raises Invalid naming the field that can't be read."""
    text = {name: _line(parameters.get(name, "")) for name in ("person", "course", "verb", "source")}
    voided = parameters.get("voided", "")
    if voided not in set(Voided):
        raise Invalid("voided is yes, no or nothing", field="voided")
    return Search(
        person=text["person"],
        person_id=_id(parameters, "person_id"),
        course=text["course"],
        inside=parameters.get("inside") == "1",
        verb=text["verb"],
        source=text["source"],
        since=_day(parameters, "from"),
        until=_day(parameters, "to"),
        voided=Voided(voided),
        registration=_id(parameters, "registration"),
        before=_number(parameters, "before"),
        after=_number(parameters, "after"),
    )


def from_the_newest(search: Search) -> Search:
    """The same search at its first page."""
    return replace(search, before=None, after=None)


def criteria_of(search: Search, *, agents: Iterable[Value] | None, courses: Iterable[str] | None) -> Criteria:
    """What statements must meet. ``agents`` and ``courses`` (IRIs) are what the form's words stand for, None without words."""
    low, high = search.numbers()
    verbs = _verbs(search.verb) if search.verb else None
    return Criteria(
        low=low,
        high=high,
        agents=None if agents is None else tuple(dict.fromkeys(agents)),
        courses=None if courses is None else tuple(Value(iri, (iri,)) for iri in dict.fromkeys(courses)),
        verbs=None if verbs is None else tuple(Value(iri, (iri,)) for iri in verbs),
        registration=search.registration,
        source=search.source or None,
        voided=None if search.voided is Voided.ANY else search.voided is Voided.YES,
        inside=search.inside,
    )


def _verbs(words: str) -> tuple[str, ...]:
    return (words,) if is_iri(words) else iris_of(words)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), OSLO).astimezone(UTC)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _line(text: str) -> str:
    return " ".join(text.replace("\0", " ").split())[:LONGEST_FIELD]


def _id(parameters: Mapping[str, str], name: str) -> UUID | None:
    text = parameters.get(name, "").strip()
    found = parse_uuid(text) if text else None
    if text and found is None:
        raise Invalid(f"{name} is a UUID", field=name)
    return found


_DAYS = range(1970, 2200)
"""The years that a sequence number and a local midnight can both be told for."""


def _day(parameters: Mapping[str, str], name: str) -> date | None:
    text = parameters.get(name, "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"{name} is a day: year-month-day", field=name) from error
    if day.year not in _DAYS:
        raise Invalid(f"{name} is a day from {_DAYS.start} to {_DAYS.stop - 1}", field=name)
    return day


def _number(parameters: Mapping[str, str], name: str) -> int | None:
    text = parameters.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(LARGEST_NUMBER)) or int(text) > LARGEST_NUMBER:
        raise Invalid(f"{name} is a statement's number", field=name)
    return int(text)
