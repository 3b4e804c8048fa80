"""Sessions that nobody ended: a closed lid, a dead battery, a tab that was killed.

SCORM 2004 4th ed. RTE 2.1.1 and 4.2.7, SCORM 1.2 RTE 3.4.4 (cmi.core.entry): what was not ended goes on where it was left. Such a
session is closed as suspended, with what was last known of it, at the time when it was last heard of. A commit that comes later
still counts; the session is then closed again by its own end, or the next time. Left out: how a session is opened again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from lrs_bridge.scorm.attempt import Attempt, ScoState
from lrs_bridge.scorm.manifest.model import Item
from lrs_bridge.scorm.statements.frame import Moment

AFTER: Final = timedelta(hours=6)
"""Longer than a film, a lunch or a night shift's break; whoever comes back earlier goes on in the same session."""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A SCO's session that began and did not end: ``number`` is that of the scorm_session, ``sequence`` that of its last commit.

    ``heard_at`` is when the player was last heard of, and ``seconds`` how long the session was by then. ``is_superseded`` tells
    that the attempt went on in a newer scorm_session.
    """

    attempt: UUID
    number: int
    sequence: int
    sco: str
    heard_at: datetime
    seconds: float
    is_superseded: bool = False


def to_close(sessions: Iterable[OpenSession], *, now: datetime, after: timedelta = AFTER) -> list[OpenSession]:
    """Those to be closed now, the one that is silent longest first: silent for long enough, or gone on elsewhere."""
    due = (session for session in sessions if session.is_superseded or now - session.heard_at >= after)
    return sorted(due, key=lambda session: (session.heard_at, session.attempt, session.number, session.sco))


def closed(state: ScoState) -> ScoState:
    """What the last state of such a session means: what it says stands, and nothing was ended, so it will be resumed.

    ``completed`` and ``passed`` count as they would at any time; ``failed`` was said in the middle and does not.
    """
    return replace(state, terminated=False)


def moment_of(session: OpenSession, attempt: Attempt, item: Item, platform: str) -> Moment:
    """When and where statements of the closing say that it was. A closing that comes again after a late commit is another one."""
    sequence = f"closed {session.sequence}"
    return Moment(attempt, item, session.number, sequence, session.heard_at, session.seconds, platform)
