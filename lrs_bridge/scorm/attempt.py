"""One learner's go at a hosted course, and how far each of its SCOs has come: what outcome, statements and documents are made of.

Source: SCORM 2004 4th ed. RTE 2.1.1 (the temporal model: attempts and sessions). Left out: where all this is kept.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from lrs_bridge.identity import Account
from lrs_bridge.scorm.cmi import Cmi
from lrs_bridge.scorm.durations import parse_time, total_time
from lrs_bridge.scorm.manifest.model import Item, ItemKind, Organization, Version
from lrs_bridge.scorm.status import UNKNOWN, Status, Terms, has_ended, status_of, terms_of


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt and what it is at.

    ``id`` is the xAPI registration; ``course`` is the course's IRI, ``package`` the digest of the package version that is played;
    ``language`` (RFC 5646) is the one that the course's texts are taken to be in.
    """

    tenant: str
    id: UUID
    course: str
    course_title: str
    package: str
    learner: Account
    learner_name: str | None
    version: Version
    edition: str | None
    organization: Organization
    mode: str = "normal"
    credit: str = "credit"
    finish_completes: bool = False
    language: str = "nb"
    course_description: str | None = None

    def terms(self, item: Item) -> Terms:
        """By what a SCO of the course is judged."""
        return terms_of(item, self.version, self.edition, finish_completes=self.finish_completes)

    def status(self, item: Item, state: "ScoState | None") -> Status:
        """What an item has come to. An asset, which can tell nothing, is completed once it was opened."""
        if state is None or (item.kind is not ItemKind.SCO and not self.counts):
            return UNKNOWN
        if item.kind is not ItemKind.SCO:
            return Status(completion=True)
        return status_of(state.cmi, self.terms(item), terminated=state.terminated, mode=self.mode, credit=self.credit)

    @property
    def counts(self) -> bool:
        """Whether the attempt may come to a result: not while somebody browses or reviews, nor for no credit."""
        return self.mode == "normal" and self.credit == "credit"


@dataclass(frozen=True, slots=True)
class ScoState:
    """What is kept of a SCO in an attempt.

    ``terminated`` tells that its last session was ended by the SCO, not cut off; ``spent`` is the time of all its sessions where
    the keeper adds them up itself.
    """

    cmi: Cmi
    terminated: bool = False
    spent: timedelta | None = None

    @property
    def time(self) -> timedelta:
        """The time of all sessions: ``spent``, or else the total time as committed, which leaves out a session still open."""
        if self.spent is not None:
            return self.spent
        total = _time(self.cmi, "total_time") or timedelta()
        return total if self.terminated else total_time(total, _time(self.cmi, "session_time"))


def is_resumed(state: ScoState | None) -> bool:
    """Whether the SCO's next session goes on where the last was left: suspended, or cut off (RTE 4.2.7, 1.2 RTE 3.4.4: entry)."""
    return state is not None and not has_ended(state.cmi, terminated=state.terminated)


def _time(cmi: Cmi, name: str) -> timedelta | None:
    return parse_time(cmi.get(f"cmi.core.{name}") or cmi.get(f"cmi.{name}") or "")
