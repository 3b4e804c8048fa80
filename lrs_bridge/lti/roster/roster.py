"""The roster that teachers see: the platform's members beside what is known of them here.

NRPS 2.0 2.2 (members, their roles and status), Course Groups 1.0 (which groups there are). Left out: members who only teach.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from lrs_bridge.lti.advantage.members import Member
from lrs_bridge.lti.launch.claims import LONGEST_ID
from lrs_bridge.lti.launch.roles import is_learner
from lrs_bridge.ports import Reached, Standing


@dataclass(frozen=True, slots=True)
class Line:
    """One learner. ``standing`` is None while nobody here is known to be that user."""

    subject: str
    name: str | None
    person_id: UUID | None
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class Roster:
    """The lines by name, how many learners there are, and how many have come as far as each."""

    lines: tuple[Line, ...]
    counts: dict[Reached | None, int]


def learners(members: Iterable[Member], group_id: str | None = None) -> list[Member]:
    """Those who learn in the course and are not shut out, in one group if one is named."""
    return [
        member
        for member in members
        if member.is_active
        and is_learner(member.roles)
        and (group_id is None or group_id in member.group_ids)
        and len(member.subject) <= LONGEST_ID
        and "\x00" not in member.subject
    ]


def make_roster(members: Collection[Member], persons: Mapping[str, UUID], standings: Mapping[UUID, Standing]) -> Roster:
    """The roster of these learners; ``persons`` are by the platform's id of the user."""
    lines = [_line(member, persons.get(member.subject), standings) for member in members]
    lines.sort(key=lambda line: ((line.name or "").casefold(), line.subject))
    reached = [line.standing.reached if line.standing else None for line in lines]
    return Roster(tuple(lines), {each: reached.count(each) for each in dict.fromkeys(reached)})


def _line(member: Member, person_id: UUID | None, standings: Mapping[UUID, Standing]) -> Line:
    return Line(member.subject, member.name, person_id, standings.get(person_id) if person_id else None)
