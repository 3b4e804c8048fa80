"""What an SCO has set, from its commits: later ones outweigh earlier ones, key by key.

A commit holds the keys that changed since the last one that was acknowledged, so that the newest of a sitting holds all that is
missing of those before it. What content has ended stays so until it begins again, whatever else the player has to say of the
item. Source: our own message (``commit``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from lrs_bridge.scorm.commit import SetValues


@dataclass(frozen=True, slots=True)
class Merged:
    """What an SCO has set, up to commit ``sequence`` of sitting ``session``.

    ``seconds`` is the measured length of its earlier sittings, ``session_seconds`` that of the newest.
    """

    item: str
    cmi: Mapping[str, str]
    session: int
    sequence: int
    seconds: float
    session_seconds: float
    is_terminated: bool


def merged(known: Mapping[str, Merged], commits: Iterable[SetValues]) -> dict[str, Merged]:
    """Every SCO with these commits, which come in order; those that are older than what is known change nothing."""
    found = dict(known)
    for commit in commits:
        before = found.get(commit.sco)
        if before is None:
            found[commit.sco] = _first(commit)
        elif (before.session, before.sequence) < (commit.session, commit.sequence):
            found[commit.sco] = _next(before, commit)
    return found


def _first(commit: SetValues) -> Merged:
    return Merged(commit.sco, dict(commit.cmi), commit.session, commit.sequence, 0.0, commit.seconds, commit.terminated)


def _next(before: Merged, commit: SetValues) -> Merged:
    is_new_sitting = before.session < commit.session
    return replace(
        before,
        cmi={**before.cmi, **commit.cmi},
        session=commit.session,
        sequence=commit.sequence,
        seconds=before.seconds + (before.session_seconds if is_new_sitting else 0.0),
        session_seconds=commit.seconds,
        is_terminated=commit.terminated or (before.is_terminated and not commit.initialized),
    )
