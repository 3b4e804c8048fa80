"""How far a person has come with a hosted course, in the words that learning platforms are told in."""

from collections.abc import Sequence
from uuid import UUID

from lrs_bridge.hosting.hosted import Attempt, Stage
from lrs_bridge.ports import Reached, Standing


def learn_path(hosted_id: UUID) -> str:
    """Where learners find the course."""
    return f"/learn/{hosted_id}"


def standing_of(hosted_id: UUID, attempts: Sequence[Attempt]) -> Standing:
    """The standing of whoever made these attempts: the best of those that are finished. A pass outweighs any score."""
    finished = [attempt for attempt in attempts if attempt.is_finished]
    if not finished:
        return Standing(Reached.PLANNED, None, None, is_final=False, path=learn_path(hosted_id))
    best = max(finished, key=lambda attempt: (attempt.stage is not Stage.FAILED, _share(attempt)))
    return Standing(Reached.DONE, best.changed_at, _share(best), is_final=True, path=learn_path(hosted_id))


def _share(attempt: Attempt) -> float:
    """The score from 0 to 1. Without one, all for who is through, and nothing for who failed."""
    share = attempt.outcome.score.share() if attempt.outcome.score else None
    if share is None:
        return 0.0 if attempt.stage is Stage.FAILED else 1.0
    return min(max(share, 0.0), 1.0)
