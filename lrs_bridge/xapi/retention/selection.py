"""Which statements a policy or a request means.

Age is counted from when the LRS stored a statement, which no sender can set. A statement is a person's when the person is its
actor or its object, also within a SubStatement; one that only mentions the person (as instructor, in a team, among others in a
group) is somebody else's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

from lrs_bridge.errors import Invalid
from lrs_bridge.identity import (
    IFI,
    Account,
    Identifier,
    IdentifierKind,
    Mbox,
    MboxSha1Sum,
    OpenID,
    identifier_of,
    implied_identifiers,
)
from lrs_bridge.xapi.model.formats import is_iri
from lrs_bridge.xapi.model.references import agent_key

SHORTEST_AGE_DAYS = 1
"""A day, so that what is erased was forwarded, matched and looked at."""

LONGEST_AGE_DAYS = 36_525

_IN_STATEMENTS = frozenset({IdentifierKind.MBOX, IdentifierKind.MBOX_SHA1SUM, IdentifierKind.OPENID, IdentifierKind.ACCOUNT})
_PEOPLE = ("Agent", "Group")


class Match(Enum):
    """How a statement stands to a selection. MENTIONED is not erased, but told of."""

    NONE = auto()
    MENTIONED = auto()
    CHOSEN = auto()


@dataclass(frozen=True, slots=True)
class Selection:
    """Statements stored ``before`` an instant (None: all), of a verb, about activities whose IRI begins with ``activity``, and of
    a person who is known by ``identifiers``. What is None, or empty, does not choose.
    """

    before: datetime | None = None
    verb: str | None = None
    activity: str | None = None
    identifiers: frozenset[Identifier] = frozenset()

    def agent_keys(self) -> frozenset[str]:
        """The person's identifiers as ``references.agent_key`` writes them."""
        return frozenset(_agent_key(identifier) for identifier in self.identifiers)

    def texts(self) -> frozenset[str]:
        """What a statement that knows the person must contain, letters' case and JSON's escapes aside: one of these."""
        return frozenset(identifier.value for identifier in self.identifiers)

    def match(self, value: dict[str, Any]) -> Match:
        """How a statement, of the right age, stands to this."""
        if self.verb is not None and value["verb"]["id"] != self.verb:
            return Match.NONE
        if self.activity is not None and not _activity_id(value["object"]).startswith(self.activity):
            return Match.NONE
        return self._match_person(value) if self.identifiers else Match.CHOSEN

    def _match_person(self, value: dict[str, Any]) -> Match:
        if any(self._is_person(agent) for agent in _subjects(value)):
            return Match.CHOSEN
        return Match.MENTIONED if any(self._is_person(agent) for agent in _agents(value)) else Match.NONE

    def _is_person(self, agent: dict[str, Any]) -> bool:
        """A group is the person when all of its members are."""
        ifi = _ifi(agent)
        if ifi is not None:
            return identifier_of(ifi) in self.identifiers
        members = agent.get("member", ())
        return bool(members) and all(self._is_person(member) for member in members)


def check_policy(*, older_than_days: int, verb: str | None, activity: str | None) -> None:
    """Raises Invalid for an age that is not between SHORTEST and LONGEST, a verb that is no IRI, and an empty activity."""
    if not SHORTEST_AGE_DAYS <= older_than_days <= LONGEST_AGE_DAYS:
        raise Invalid("a policy keeps statements for a day to a hundred years", field="older_than_days")
    if verb is not None and not is_iri(verb):
        raise Invalid("the verb must be an absolute IRI", field="verb")
    if activity is not None and (not activity.strip() or "\x00" in activity):
        raise Invalid("the activity is the beginning of an IRI", field="activity")


def known_in_statements(identifiers: Iterator[Identifier] | list[Identifier]) -> frozenset[Identifier]:
    """Those by which statements can know a person, and what follows from them."""
    return frozenset(
        implied for identifier in identifiers if identifier.kind in _IN_STATEMENTS for implied in implied_identifiers(identifier)
    )


def identifiers_of_agent(agent: dict[str, Any]) -> frozenset[Identifier]:
    """By what a valid Agent is known. Raises Invalid for one without an identifier."""
    ifi = _ifi(agent)
    if ifi is None:
        raise Invalid("the agent has no identifier", field="agent")
    return known_in_statements([identifier_of(ifi)])


def _agent_key(identifier: Identifier) -> str:
    if identifier.kind is IdentifierKind.ACCOUNT:
        agent: dict[str, Any] = {"account": {"homePage": identifier.issuer, "name": identifier.value}}
    else:
        agent = {str(identifier.kind): identifier.value}
    return str(agent_key(agent))


def _ifi(agent: dict[str, Any]) -> IFI | None:
    match agent:
        case {"mbox": mbox}:
            return Mbox(mbox)
        case {"mbox_sha1sum": digest}:
            return MboxSha1Sum(digest)
        case {"openid": openid}:
            return OpenID(openid)
        case {"account": {"homePage": home_page, "name": name}}:
            return Account(home_page, name)
    return None


def _activity_id(object_: dict[str, Any]) -> str:
    """The activity that a statement, or the SubStatement in it, is about; empty when it is about something else."""
    if object_.get("objectType") == "SubStatement":
        object_ = object_["object"]
    return str(object_["id"]) if object_.get("objectType", "Activity") == "Activity" else ""


def _subjects(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Whose the statement is: actor and object, here and in a SubStatement."""
    object_ = value["object"]
    yield value["actor"]
    if object_.get("objectType") in _PEOPLE:
        yield object_
    elif object_.get("objectType") == "SubStatement":
        yield from _subjects(object_)


def _agents(value: Any) -> Iterator[dict[str, Any]]:
    """Everything in the statement, except in its extensions, that has the shape of an agent, members of groups included."""
    if type(value) is list:
        for each in value:
            yield from _agents(each)
    elif type(value) is dict:
        if _ifi(value) is not None:
            yield value
        for name, each in value.items():
            if name not in ("extensions", "authority"):
                yield from _agents(each)
